/* What a decoder does to single rows of f32 between its products. No state, no allocation, any
 * thread; `y` may be `x` where both are given. Widths are arbitrary.
 *
 * Sums are taken in 16 lanes, of which lane l adds the elements l, l + 16, …, each by a fused
 * multiply-add. The lanes are then added in halves: l and l + 8, what came of it l and l + 4, and
 * so on to one number. This order is the same for all instruction sets. */
#ifndef HEARTH_COMPUTE_ROWS_H
#define HEARTH_COMPUTE_ROWS_H

#include "compute/decoder_kernels.h"

#include <stdbool.h>

/* Which components of a head a rotation turns together. */
enum hearth_rotary {
    HEARTH_ROTARY_NONE,
    HEARTH_ROTARY_ADJACENT, /* 2i and 2i + 1: GGUF's Llama files */
    HEARTH_ROTARY_HALVES,   /* i and i + width/2: most others ("neox") */
};

struct hearth_row_ops {
    /* y = x / √(mean(x²) + ε) · weight; no weight: NULL. */
    void (*rms_norm)(const float *x, const float *weight, float epsilon, size_t width, float *y);
    /* y = (x − mean)/√(variance + ε) · weight + bias; either may be NULL. */
    void (*layer_norm)(const float *x, const float *weight, const float *bias, float epsilon,
                       size_t width, float *y);
    /* y += scale · (x + bias); bias may be NULL. */
    void (*add)(float *y, const float *x, const float *bias, float scale, size_t width);
    /* y = x · scale (+ bias); bias may be NULL. */
    void (*scale)(const float *x, float scale, const float *bias, size_t width, float *y);
    /* y = activation(x) */
    void (*activate)(const float *x, enum hearth_activation activation, size_t width, float *y);
    /* y = activation(gate) · up */
    void (*gate)(const float *gate, const float *up, enum hearth_activation activation,
                 size_t width, float *y);
    /* y = cap · tanh(x / cap) */
    void (*soft_cap)(const float *x, float cap, size_t width, float *y);
    /* Turns the first `width` components (even) of one head in place by hearth_rotary_angles'
     * cosines and sines [width/2]; the components behind stay. */
    void (*rotate)(float *head, enum hearth_rotary kind, const float *cosines, const float *sines,
                   size_t width);
};

const struct hearth_row_ops *hearth_row_ops(const struct hearth_decoder_kernels *kernels);

/* cos and sin of position · inverse_frequency[i], times `magnitude` (yarn's attention factor; 1
 * for most): once for each row of a step, for all layers. `inverse_frequencies` holds what scaling
 * the network has (linear, llama3, yarn … are only other frequencies). In double inside, so that
 * long contexts lose nothing. */
void hearth_rotary_angles(uint32_t position, const float *inverse_frequencies, size_t count,
                          float magnitude, float *ret_cosines, float *ret_sines);

#endif
