/* Which instruction sets this machine has, and their tables of kernels. */
#include "compute/kernels.h"

#include <cpuid.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

extern const struct hearth_kernels kernels_plain, kernels_avx2, kernels_avx_vnni, kernels_avx512,
    kernels_avx512_vnni, kernels_avx512_bf16;

/* Each table is compiled in a file of its own, with that instruction set's flags. */
static const struct hearth_kernels *const tables[HEARTH_ISA_COUNT] = {
    [HEARTH_ISA_PLAIN] = &kernels_plain,
    [HEARTH_ISA_AVX2] = &kernels_avx2,
    [HEARTH_ISA_AVX_VNNI] = &kernels_avx_vnni,
    [HEARTH_ISA_AVX512] = &kernels_avx512,
    [HEARTH_ISA_AVX512_VNNI] = &kernels_avx512_vnni,
    [HEARTH_ISA_AVX512_BF16] = &kernels_avx512_bf16,
    [HEARTH_ISA_AMX] = &kernels_avx512_bf16, /* an encoder has no use for tiles yet */
};

/* As the setting instruction_set has them. */
static const char *const names[HEARTH_ISA_COUNT] = {
    [HEARTH_ISA_PLAIN] = "plain",
    [HEARTH_ISA_AVX2] = "avx2",
    [HEARTH_ISA_AVX_VNNI] = "avx_vnni",
    [HEARTH_ISA_AVX512] = "avx512",
    [HEARTH_ISA_AVX512_VNNI] = "avx512_vnni",
    [HEARTH_ISA_AVX512_BF16] = "avx512_bf16",
    [HEARTH_ISA_AMX] = "amx",
};

/* Leaf 7, sub-leaf 1, EAX bit 4: GCC 12's __builtin_cpu_supports does not know it. */
static int has_avx_vnni(void)
{
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    return __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) && (eax & 1u << 4);
}

/* Leaf 7, EDX: bit 22 AMX-BF16, 24 tiles. Linux gives a process the 8 KiB of tile
 * registers only when it asks (arch_prctl(2), ARCH_REQ_XCOMP_PERM for component 18); all its
 * threads have them then, and to ask again does no harm. */
static int has_amx(void)
{
    enum { TILES = 1 << 22 | 1 << 24, ARCH_REQ_XCOMP_PERM = 0x1023, XTILE_DATA = 18 };
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && (edx & TILES) == TILES &&
           syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XTILE_DATA) == 0;
}

/* Leaf 1, ECX bit 29: clang 14's __builtin_cpu_supports does not know it. */
static int has_f16c(void)
{
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    return __get_cpuid(1, &eax, &ebx, &ecx, &edx) && (ecx & 1u << 29);
}

int hearth_isa_usable(enum hearth_isa isa)
{
    /* __builtin_cpu_supports asks the system too whether it saves the wide registers (cpuid leaf 1
     * OSXSAVE, XGETBV). */
    int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && has_f16c();
    int avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                 __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    switch (isa) {
    case HEARTH_ISA_PLAIN:
        return 1;
    case HEARTH_ISA_AVX2:
        return avx2;
    case HEARTH_ISA_AVX_VNNI:
        return avx2 && has_avx_vnni();
    case HEARTH_ISA_AVX512:
        return avx512;
    case HEARTH_ISA_AVX512_VNNI:
        return avx512 && __builtin_cpu_supports("avx512vnni");
    case HEARTH_ISA_AVX512_BF16:
        return avx512 && __builtin_cpu_supports("avx512vnni") &&
               __builtin_cpu_supports("avx512bf16");
    case HEARTH_ISA_AMX:
        return hearth_isa_usable(HEARTH_ISA_AVX512_BF16) && has_amx();
    case HEARTH_ISA_COUNT:
        break;
    }
    return 0;
}

/* The sets stand in order of what they can: the last one that is usable is the best. */
enum hearth_isa hearth_isa_best(void)
{
    enum hearth_isa best = HEARTH_ISA_PLAIN;
    for (int isa = HEARTH_ISA_PLAIN; isa < HEARTH_ISA_COUNT; isa++)
        if (hearth_isa_usable((enum hearth_isa)isa))
            best = (enum hearth_isa)isa;
    return best;
}

int hearth_isa_named(const char *name, enum hearth_isa *ret_isa)
{
    for (int isa = HEARTH_ISA_PLAIN; isa < HEARTH_ISA_COUNT; isa++)
        if (strcmp(name, names[isa]) == 0) {
            *ret_isa = (enum hearth_isa)isa;
            return 1;
        }
    return 0;
}

const struct hearth_kernels *hearth_kernels_for(enum hearth_isa isa)
{
    return tables[isa];
}

size_t hearth_attention_scratch(size_t length, size_t dim)
{
    /* For the widest vectors, 16 lanes, so that it is enough for each of the tables; what the four
     * parts are stands in kernels_attention.inc.h. */
    size_t keys = (length + 15) / 16 * 16, wide = (dim + 15) / 16 * 16;
    return dim * keys + length * wide + HEARTH_QUERY_BLOCK * (keys + wide);
}
