/* The decoder's products beside what the machine can do, all in one run:
 *
 *     bench_decoder_kernels [TYPE | attention | rows …]
 *         HEARTH_BENCH_THREADS (2), HEARTH_BENCH_ISA (the best), HEARTH_BENCH_MS for each figure
 * (60)
 *
 * Weights have the shapes of SmolLM2-135M, so many copies of each that no cache holds them. A
 * figure is the median of five. GOP/s counts a multiplication and an addition for each weight and
 * row. */
#include "base/memory.h"
#include "compute/decoder_table.h"
#include "compute/finish.h"
#include "compute/matmul.h"

#include <immintrin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { ROUNDS = 5, COLD_BYTES = 160 << 20, READ_BYTES = 512 << 20, ROWS_MOST = 512 };

static struct hearth_team *team;
static const struct hearth_decoder_kernels *kernels;
static double least_seconds;

static double now(void)
{
    struct timespec time;
    clock_gettime(getenv("HEARTH_BENCH_CPU_TIME") ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC,
                  &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void *huge_pages(size_t bytes)
{
    enum { HUGE = 2 << 20 };
    bytes = (bytes + HUGE - 1) / HUGE * HUGE;
    void *memory = hearth_aligned_alloc(HUGE, bytes);
    madvise(memory, bytes, MADV_HUGEPAGE);
    memset(memory, 1, bytes);
    return memory;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Seconds of one call: the median of ROUNDS, each repeated until it has taken long enough. */
static double seconds_of(void (*work)(struct hearth_member *member, void *argument), void *argument)
{
    double seconds[ROUNDS];
    hearth_team_run(team, work, argument);
    for (int round = 0; round < ROUNDS; round++) {
        double started = now(), passed;
        int calls = 0;
        do {
            hearth_team_run(team, work, argument);
            calls++;
        } while ((passed = now() - started) < least_seconds / ROUNDS);
        seconds[round] = passed / calls;
    }
    qsort(seconds, ROUNDS, sizeof(*seconds), by_size);
    return seconds[ROUNDS / 2];
}

enum { PIECE = 1 << 20 };

__attribute__((target("avx2"))) static void read_piece(const char *piece)
{
    __m256i sums[4] = {0};
    for (size_t i = 0; i < PIECE; i += sizeof(sums))
        for (size_t j = 0; j < 4; j++)
            sums[j] |= *(const __m256i *)(piece + i + j * sizeof(sums[0]));
    for (size_t j = 0; j < 4; j++)
        __asm__ volatile("" ::"x"(sums[j]));
}

static void read_all(struct hearth_member *member, void *argument)
{
    size_t piece;
    while ((piece = hearth_member_take(member)) < READ_BYTES / PIECE)
        read_piece((const char *)argument + piece * PIECE);
}

/* Dot products alone, the activations broadcast from memory: 12 chains hide the latency. */
enum { PEAK_LOOPS = 1 << 16, PEAK_CHAINS = 12 };

#define DOT(i) "vpdpbusd " #i "(%0)%{1to16%}, %%zmm15, %%zmm" #i "\n"

__attribute__((target("avx512f,avx512vnni"))) static void dot_512(struct hearth_member *member,
                                                                  void *argument)
{
    (void)member;
    for (int i = 0; i < PEAK_LOOPS; i++)
        __asm__ volatile(DOT(0) DOT(1) DOT(2) DOT(3) DOT(4) DOT(5) DOT(6) DOT(7) DOT(8) DOT(9)
                             DOT(10) DOT(11)::"r"(argument)
                         : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
                           "xmm9", "xmm10", "xmm11");
}

struct load {
    struct hearth_panels *copies;
    size_t count;
    struct hearth_packed_rows rows;
    struct hearth_finish_store store;
};

static void multiply_all(struct hearth_member *member, void *argument)
{
    struct load *load = argument;
    for (size_t i = 0; i < load->count; i++) {
        struct hearth_product product = {.weights = &load->copies[i],
                                         .rows = &load->rows,
                                         .strip = 64,
                                         .finish = hearth_finish_store,
                                         .argument = &load->store};
        hearth_products_run(member, kernels, &product, 1);
        hearth_member_barrier(member);
    }
}

static void multiply_once(struct hearth_member *member, void *argument)
{
    struct load *load = argument;
    struct load one = *load;
    one.count = 1;
    multiply_all(member, &one);
}

struct shape {
    size_t outputs, inputs;
};

/* Random codes with a scale of 1/64 everywhere. */
static void *source_of(enum hearth_quant type, struct shape shape)
{
    float *x = hearth_alloc(shape.inputs * sizeof(*x));
    size_t row = hearth_quant_bytes(type, shape.inputs);
    uint8_t *bytes = hearth_calloc(shape.outputs, row);
    for (size_t i = 0; i < shape.inputs; i++)
        x[i] = (float)(i * 37 % 101) / 101 - 0.5f;
    for (size_t o = 0; o < shape.outputs && hearth_quant_can_be_made(type); o++)
        hearth_quantize(type, x, shape.inputs, bytes + o * row);
    hearth_free(x);
    return bytes;
}

struct repack {
    struct hearth_panels panels;
    const void *source;
};

static void repack_all(struct hearth_member *member, void *argument)
{
    enum { PANELS = 32 };
    struct repack *repack = argument;
    size_t first, all = repack->panels.panel_count;
    while ((first = hearth_member_take(member) * PANELS) < all)
        hearth_panels_repack(&repack->panels, &repack->source, first,
                             all - first < PANELS ? all - first : PANELS, NULL);
}

static void bench_repack(enum hearth_quant type)
{
    struct shape shape = {49152, 512};
    struct repack repack = {.source = source_of(type, shape)};
    hearth_panels_init(&repack.panels, type, shape.outputs, shape.inputs, 1, NULL);
    repack.panels.memory = huge_pages(hearth_panels_bytes(&repack.panels));
    double s = seconds_of(repack_all, &repack);
    printf("%-6s repacking: %.0f million weights a second\n", hearth_quant_type(type)->name,
           1e-6 * (double)(shape.outputs * shape.inputs) / s);
    hearth_free(repack.panels.memory);
    hearth_free((void *)repack.source);
}

static void bench_shape(enum hearth_quant type, struct shape shape, double read_gb, double peak)
{
    static const size_t rows[] = {1, 2, 4, 8, 12, 32, 512};
    struct hearth_panels panels;
    if (hearth_panels_init(&panels, type, shape.outputs, shape.inputs, 1, NULL))
        return;
    size_t bytes = hearth_panels_bytes(&panels), count = COLD_BYTES / bytes + 1;
    struct load load = {.count = count};
    load.copies = hearth_calloc(count, sizeof(panels));
    char *memory = huge_pages(count * bytes);
    const void *source = source_of(type, shape);
    for (size_t i = 0; i < count; i++) {
        load.copies[i] = panels;
        load.copies[i].memory = memory + i * bytes;
        if (i)
            memcpy(load.copies[i].memory, memory, bytes);
        else
            hearth_panels_repack(&load.copies[0], &source, 0, panels.panel_count, NULL);
    }
    printf("%-6s %5zu x %-5zu", hearth_quant_type(type)->name, shape.outputs, shape.inputs);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum hearth_packing packing = hearth_packing_of(panels.form);
        void *packed = huge_pages(hearth_packed_rows_bytes(packing, rows[i], shape.inputs));
        float *x = hearth_calloc(shape.inputs, sizeof(float));
        for (size_t k = 0; k < shape.inputs; k++)
            x[k] = (float)(k % 17) - 8;
        hearth_packed_rows_init(&load.rows, packing, rows[i], shape.inputs, packed);
        for (size_t r = 0; r < rows[i]; r++)
            hearth_pack_row(kernels, &load.rows, r, x);
        load.store = (struct hearth_finish_store){
            .y = hearth_alloc(rows[i] * shape.outputs * sizeof(float)), .stride = shape.outputs};
        bool whole = rows[i] <= 32;
        double s = whole ? seconds_of(multiply_all, &load) / (double)count
                         : seconds_of(multiply_once, &load);
        double gops = 2e-9 * (double)rows[i] * (double)(shape.outputs * shape.inputs) / s;
        double gb = (double)bytes / 1e9 / s;
        if (rows[i] <= 2)
            printf("  %zu: %4.0f GOP/s %4.1f GB/s %3.0f %%", rows[i], gops, gb, 100 * gb / read_gb);
        else
            printf("  %zu: %4.0f %3.0f %%", rows[i], gops, 100 * gops / peak);
        fflush(stdout);
        hearth_free(load.store.y);
        hearth_free(x);
        hearth_free(packed);
    }
    printf("\n");
    hearth_free(load.copies);
    hearth_free(memory);
    hearth_free((void *)source);
}

static void bench_type(const char *name, double read_gb, double peak)
{
    static const struct shape shapes[] = {{576, 576},  {192, 576},   {1536, 576},
                                          {576, 1536}, {49152, 576}, {2048, 8192}};
    for (uint32_t type = 0; type < HEARTH_QUANT_END; type++) {
        const struct hearth_quant_type *facts = hearth_quant_type(type);
        if (!facts || strcmp(facts->name, name) != 0)
            continue;
        bench_repack((enum hearth_quant)type);
        for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
            struct shape shape = shapes[i];
            if (shape.inputs % facts->block_values)
                shape.inputs = shape.inputs / facts->block_values * facts->block_values;
            bench_shape((enum hearth_quant)type, shape, read_gb, peak);
        }
    }
}

struct attention_load {
    struct hearth_paged_attention attention;
    struct hearth_kv_layout layout;
    size_t bytes; /* of keys and values that are read */
    double operations;
};

static void finish_nothing(void *argument, size_t row, size_t head, float *values)
{
    (void)argument, (void)row, (void)head, (void)values;
}

static void attend_all(struct hearth_member *member, void *argument)
{
    struct attention_load *load = argument;
    hearth_paged_attention_run(member, kernels, &load->attention);
    hearth_member_barrier(member);
}

/* SmolLM2-135M's heads: 9 of 64, 3 of them for keys and values. */
enum { HEADS = 9, KV_HEADS = 3, HEAD_WIDTH = 64, CONTEXT = 512, SEQUENCES_MOST = 256 };

/* `count` queries at the end of a context, for each of `sequences`. */
static void bench_attention(enum hearth_kv_type type, size_t sequences, size_t count,
                            double read_gb, double peak)
{
    struct attention_load load = {0};
    hearth_kv_layout_init(&load.layout, type, KV_HEADS, HEAD_WIDTH, HEAD_WIDTH);
    size_t pages = CONTEXT / HEARTH_KV_PAGE_TOKENS;
    uint8_t *pool = huge_pages(sequences * pages * load.layout.page_bytes);
    uint32_t *numbers = hearth_alloc(sequences * pages * sizeof(*numbers));
    struct hearth_attention_queries *queries = hearth_calloc(sequences, sizeof(*queries));
    float *row = hearth_calloc(HEAD_WIDTH, sizeof(float));
    float *q = hearth_calloc(sequences * count * HEADS * HEAD_WIDTH, sizeof(float));
    for (size_t i = 0; i < sequences * count * HEADS * HEAD_WIDTH; i++)
        q[i] = (float)(i * 37 % 101) / 101 - 0.5f;
    for (size_t i = 0; i < sequences * pages; i++)
        numbers[i] = (uint32_t)i;
    for (size_t t = 0; t < sequences * CONTEXT; t++)
        for (size_t head = 0; head < KV_HEADS; head++) {
            uint8_t *page = pool + t / HEARTH_KV_PAGE_TOKENS * load.layout.page_bytes;
            for (size_t i = 0; i < HEAD_WIDTH; i++)
                row[i] = (float)((t + i) * 53 % 97) / 97 - 0.5f;
            hearth_kv_store_key(kernels, &load.layout, page, head, t % HEARTH_KV_PAGE_TOKENS, row);
            hearth_kv_store_value(kernels, &load.layout, page, head, t % HEARTH_KV_PAGE_TOKENS,
                                  row);
        }
    for (size_t s = 0; s < sequences; s++)
        queries[s] = (struct hearth_attention_queries){.pages = numbers + s * pages,
                                                       .first_position = CONTEXT - count,
                                                       .count = count,
                                                       .first_row = s * count};
    size_t scratch = hearth_team_size(team) * hearth_paged_attention_scratch(&load.layout);
    load.attention = (struct hearth_paged_attention){.layout = &load.layout,
                                                     .pool = pool,
                                                     .page_stride = load.layout.page_bytes,
                                                     .q = q,
                                                     .q_stride = HEADS * HEAD_WIDTH,
                                                     .heads = HEADS,
                                                     .scale = 0.125f,
                                                     .queries = queries,
                                                     .query_count = sequences,
                                                     .scratch = huge_pages(scratch),
                                                     .finish = finish_nothing};
    double s = seconds_of(attend_all, &load), keys = (double)(CONTEXT - count) + (double)count / 2;
    double operations = (double)(sequences * count * HEADS) * keys * 4 * HEAD_WIDTH;
    double bytes = (double)(sequences * pages * load.layout.page_bytes);
    printf("attention %-5s %3zu sequences x %3zu queries: %6.1f us, %4.0f GOP/s %3.0f %%",
           hearth_kv_type_name(type), sequences, count, 1e6 * s, 1e-9 * operations / s,
           100e-9 * operations / s / peak);
    printf(count == 1 ? ", %4.1f GB/s %3.0f %%\n" : "\n", 1e-9 * bytes / s,
           100e-9 * bytes / s / read_gb);
    hearth_free(load.attention.scratch);
    hearth_free(queries);
    hearth_free(numbers);
    hearth_free(pool);
    hearth_free(row);
    hearth_free(q);
}

enum { ROW_WIDTH = 576 };

struct row_load {
    float *x, *weight;
    struct hearth_packed_rows packed;
    struct hearth_kv_layout layout;
    uint8_t *pages;
};

static void norm_and_pack(struct hearth_member *member, void *argument)
{
    struct row_load *load = argument;
    float y[ROW_WIDTH];
    size_t group;
    while ((group = hearth_member_take(member)) < ROWS_MOST / HEARTH_ROW_GROUP)
        for (size_t r = group * HEARTH_ROW_GROUP; r < (group + 1) * HEARTH_ROW_GROUP; r++) {
            hearth_row_ops(kernels)->rms_norm(load->x + r * ROW_WIDTH, load->weight, 1e-5f,
                                              ROW_WIDTH, y);
            hearth_pack_row(kernels, &load->packed, r, y);
        }
}

static void rotate_and_store(struct hearth_member *member, void *argument)
{
    struct row_load *load = argument;
    size_t row;
    while ((row = hearth_member_take(member)) < ROWS_MOST) {
        uint8_t *page = load->pages + row / HEARTH_KV_PAGE_TOKENS * load->layout.page_bytes;
        for (size_t head = 0; head < KV_HEADS; head++) {
            float *x = load->x + row * ROW_WIDTH + head * HEAD_WIDTH;
            hearth_row_ops(kernels)->rotate(x, HEARTH_ROTARY_ADJACENT, load->weight,
                                            load->weight + HEAD_WIDTH, HEAD_WIDTH);
            hearth_kv_store_key(kernels, &load->layout, page, head, row % HEARTH_KV_PAGE_TOKENS, x);
            hearth_kv_store_value(kernels, &load->layout, page, head, row % HEARTH_KV_PAGE_TOKENS,
                                  x);
        }
    }
}

static void bench_rows(void)
{
    struct row_load load = {.x = hearth_calloc(ROWS_MOST * ROW_WIDTH, sizeof(float)),
                            .weight = hearth_calloc(ROW_WIDTH, sizeof(float))};
    for (size_t i = 0; i < ROWS_MOST * ROW_WIDTH; i++)
        load.x[i] = (float)(i * 37 % 101) / 101 - 0.5f;
    for (size_t i = 0; i < ROW_WIDTH; i++)
        load.weight[i] = 0.7f;
    for (int packing = HEARTH_PACKING_S8; packing <= HEARTH_PACKING_F32; packing++) {
        void *memory = huge_pages(
            hearth_packed_rows_bytes((enum hearth_packing)packing, ROWS_MOST, ROW_WIDTH));
        hearth_packed_rows_init(&load.packed, (enum hearth_packing)packing, ROWS_MOST, ROW_WIDTH,
                                memory);
        printf("norm and packing %d of %d x %d: %.1f us\n", packing, ROWS_MOST, ROW_WIDTH,
               1e6 * seconds_of(norm_and_pack, &load));
        hearth_free(memory);
    }
    for (int type = 0; type < HEARTH_KV_TYPE_COUNT; type++) {
        hearth_kv_layout_init(&load.layout, (enum hearth_kv_type)type, KV_HEADS, HEAD_WIDTH,
                              HEAD_WIDTH);
        load.pages = huge_pages(ROWS_MOST / HEARTH_KV_PAGE_TOKENS * load.layout.page_bytes);
        printf("rotation and store %s of %d: %.1f us\n",
               hearth_kv_type_name((enum hearth_kv_type)type), ROWS_MOST,
               1e6 * seconds_of(rotate_and_store, &load));
        hearth_free(load.pages);
    }
    hearth_free(load.x);
    hearth_free(load.weight);
}

static void bench_named(const char *name, double read_gb, double peak)
{
    if (strcmp(name, "rows") == 0)
        bench_rows();
    else if (strcmp(name, "attention") != 0)
        bench_type(name, read_gb, peak);
    else
        for (int type = 0; type < HEARTH_KV_TYPE_COUNT; type++) {
            bench_attention((enum hearth_kv_type)type, 1, CONTEXT, read_gb, peak);
            bench_attention((enum hearth_kv_type)type, 1, 1, read_gb, peak);
            bench_attention((enum hearth_kv_type)type, SEQUENCES_MOST, 1, read_gb, peak);
        }
}

static long setting(const char *name, long otherwise)
{
    const char *text = getenv(name);
    return text ? strtol(text, NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
    static const char *const usual[] = {"attention", "rows", "q4_0", "q4_1",
                                        "q8_0",      "q4_K", "q6_K", "bf16"};
    static int32_t words[16];
    enum hearth_isa isa = hearth_isa_best();
    unsigned threads = (unsigned)setting("HEARTH_BENCH_THREADS", 2);
    least_seconds = (double)setting("HEARTH_BENCH_MS", 60) / 1e3;
    if (getenv("HEARTH_BENCH_ISA") && !hearth_isa_named(getenv("HEARTH_BENCH_ISA"), &isa))
        return 2;
    kernels = hearth_decoder_kernels_for(isa);
    team = hearth_team_create(threads);
    void *memory = huge_pages(READ_BYTES);
    double read_gb = READ_BYTES / 1e9 / seconds_of(read_all, memory), peak = 1;
    if (hearth_isa_usable(HEARTH_ISA_AVX512_VNNI))
        peak = 1e-9 * threads * PEAK_LOOPS * PEAK_CHAINS * 128 / seconds_of(dot_512, words);
    hearth_free(memory);
    printf("%s, %u threads: reads %.1f GB/s, dot products alone %.0f GOP/s\n",
           hearth_decoder_kernels_name(kernels), threads, read_gb, peak);
    for (int i = 1; i < argc; i++)
        bench_named(argv[i], read_gb, peak);
    for (size_t i = 0; argc < 2 && i < sizeof(usual) / sizeof(usual[0]); i++)
        bench_named(usual[i], read_gb, peak);
    hearth_team_destroy(team);
    return 0;
}
