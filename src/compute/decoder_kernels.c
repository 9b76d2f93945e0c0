/* Which table belongs to which instruction set, and the angles, which are computed once for each
 * row of a step and so need no vectors. */
#include "compute/decoder_table.h"

#include <math.h>

extern const struct hearth_decoder_kernels decoder_plain, decoder_avx2, decoder_avx_vnni,
    decoder_avx512, decoder_avx512_vnni, decoder_avx512_bf16, decoder_amx;

static const struct hearth_decoder_kernels *const tables[HEARTH_ISA_COUNT] = {
    [HEARTH_ISA_PLAIN] = &decoder_plain,
    [HEARTH_ISA_AVX2] = &decoder_avx2,
    [HEARTH_ISA_AVX_VNNI] = &decoder_avx_vnni,
    [HEARTH_ISA_AVX512] = &decoder_avx512,
    [HEARTH_ISA_AVX512_VNNI] = &decoder_avx512_vnni,
    [HEARTH_ISA_AVX512_BF16] = &decoder_avx512_bf16,
    [HEARTH_ISA_AMX] = &decoder_amx,
};

const struct hearth_decoder_kernels *hearth_decoder_kernels_for(enum hearth_isa isa)
{
    return tables[isa];
}

const char *hearth_decoder_kernels_name(const struct hearth_decoder_kernels *kernels)
{
    return kernels->name;
}

const struct hearth_row_ops *hearth_row_ops(const struct hearth_decoder_kernels *kernels)
{
    return &kernels->rows;
}

const struct hearth_logit_ops *hearth_logit_ops(const struct hearth_decoder_kernels *kernels)
{
    return &kernels->logits;
}

/* θ_i = position · frequency_i (Su et al., arXiv 2104.09864). In double up to the last rounding:
 * f32 would lose the angle's fraction at positions of 2^20 and more. */
void hearth_rotary_angles(uint32_t position, const float *inverse_frequencies, size_t count,
                          float magnitude, float *ret_cosines, float *ret_sines)
{
    for (size_t i = 0; i < count; i++) {
        double angle = (double)position * (double)inverse_frequencies[i];
        ret_cosines[i] = (float)(cos(angle) * (double)magnitude);
        ret_sines[i] = (float)(sin(angle) * (double)magnitude);
    }
}
