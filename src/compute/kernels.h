/* Declares the inner loops of a transformer encoder, one table of them for each instruction set.
 *
 * kernels.inc.h is compiled once for each instruction set of enum hearth_isa; every kernel is
 * tested against the plain table. Any thread: nothing here has state.
 *
 * Matrices are row-major. A weight matrix W[out, in] is packed (linear.c) into panels of
 * `panel_width` outputs, so that the micro-kernel reads it in a straight line. The last panel is
 * filled up with zeroes. */
#ifndef HEARTH_COMPUTE_KERNELS_H
#define HEARTH_COMPUTE_KERNELS_H

#include <stddef.h>
#include <stdint.h>

enum hearth_isa {
    HEARTH_ISA_PLAIN, /* what the compiler's baseline has */
    HEARTH_ISA_AVX2,  /* AVX2, FMA and F16C */
    HEARTH_ISA_AVX_VNNI,
    HEARTH_ISA_AVX512, /* F, BW, DQ, VL */
    HEARTH_ISA_AVX512_VNNI,
    HEARTH_ISA_AVX512_BF16, /* and VNNI */
    HEARTH_ISA_AMX,         /* all of it, and tile registers for bf16 */
    HEARTH_ISA_COUNT,
};

enum hearth_precision {
    HEARTH_PRECISION_F32,
    HEARTH_PRECISION_BF16,
    HEARTH_PRECISION_INT16,
    HEARTH_PRECISION_INT8,
    HEARTH_PRECISION_COUNT,
};

/* How a linear layer's result is finished before it is stored. */
enum hearth_activation {
    HEARTH_ACTIVATION_NONE,
    HEARTH_ACTIVATION_GELU, /* x·Φ(x) with erf, Abramowitz & Stegun 7.1.26: |error| ≤ 1.5e-7 */
    HEARTH_ACTIVATION_GELU_TANH, /* Hendrycks & Gimpel's tanh form */
    HEARTH_ACTIVATION_RELU,
    HEARTH_ACTIVATION_TANH,
    HEARTH_ACTIVATION_SILU,
};

/* One tile of C = activation(A · Wᵀ + bias): at most row_block rows by one panel. */
struct hearth_gemm_tile {
    const void *a;         /* rows of f32, bf16, s16 or u8, by precision */
    size_t a_stride;       /* elements from row to row */
    const float *a_scale;  /* by row; integers only */
    const int32_t *a_zero; /* zero point by row; int8 only */
    const void *panel;
    const float *w_scale; /* by column of the panel; integers only */
    const int32_t *w_sum; /* sum of the column's codes; int8 only */
    const float *bias;    /* by column of the panel */
    size_t depth;         /* inputs, padded to depth_step */
    float *c;
    size_t c_stride;
    size_t rows, columns; /* valid ones */
    enum hearth_activation activation;
};

struct hearth_gemm_shape {
    size_t row_block;   /* 0: this instruction set has no such kernel */
    size_t panel_width; /* outputs in a panel */
    size_t depth_step;  /* inputs are padded to a multiple of it and lie in groups of it */
    int weight_max;     /* largest code of a weight; integers only */
    int input_max;      /* largest code of an input */
};

struct hearth_kernels {
    const char *name;
    struct hearth_gemm_shape shape[HEARTH_PRECISION_COUNT];
    void (*gemm[HEARTH_PRECISION_COUNT])(const struct hearth_gemm_tile *tile);

    /* y = (z − mean(z))/√(var(z) + ε)·weight + bias for each row, z = x + residual; residual and
     * bias may be NULL; y may be x. */
    void (*layer_norm)(const float *x, const float *residual, const float *weight,
                       const float *bias, float epsilon, size_t rows, size_t width, float *y);
    /* One row to codes, zeros behind `width` up to `padded`. u8: x ≈ (code − zero)·scale. */
    void (*to_u8)(const float *x, size_t width, size_t padded, int code_max, uint8_t *codes,
                  float *ret_scale, int32_t *ret_zero);
    void (*to_s16)(const float *x, size_t width, size_t padded, int code_max, int16_t *codes,
                   float *ret_scale);
    void (*to_bf16)(const float *x, size_t width, size_t padded, uint16_t *y);
    /* One head of one sequence: o[length, dim] = softmax(q·kᵀ·scale + bias)·v. Rows of q, k and v
     * are `stride` floats apart, those of o `o_stride`; `bias` is [length, length] or NULL; a query
     * sees keys at most `window` away (0: all). `scratch`: hearth_attention_scratch floats. */
    void (*attention)(const float *q, const float *k, const float *v, size_t length, size_t dim,
                      size_t stride, float scale, const float *bias, size_t window, float *scratch,
                      float *o, size_t o_stride);
    /* x = gate-activated product of the GLU forms: y[i] = activation(x[i])·x[width + i]. */
    void (*gate)(const float *x, size_t rows, size_t width, enum hearth_activation activation,
                 float *y);
};

enum { HEARTH_QUERY_BLOCK = 16 }; /* queries that attention takes at once */
/* Floats that one call of `attention` needs as scratch, for a sequence of `length` tokens and heads
 * of `dim`. */
size_t hearth_attention_scratch(size_t length, size_t dim);

/* The best that this CPU (and the system) has. */
enum hearth_isa hearth_isa_best(void);
/* Whether this CPU runs it. */
int hearth_isa_usable(enum hearth_isa isa);
/* "plain", "avx2", "avx_vnni", "avx512", "avx512_vnni", "avx512_bf16"; 0 when it is none. */
int hearth_isa_named(const char *name, enum hearth_isa *ret_isa);
const struct hearth_kernels *hearth_kernels_for(enum hearth_isa isa);

#endif
