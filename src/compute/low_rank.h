/* The two products of a low-rank change of a matrix, y += B · (scale · A · x), for a few rows at
 * once: what an adapter (LoRA) adds beside the base's own product. A and B are panels of f32.
 *
 * h[j] = scale · Σ_i A[j, i] · x[i], then y[o] + Σ_j B[o, j] · h[j], each sum in the order of its
 * index by fused multiply-adds: the bits of a row depend on neither the other rows nor on how many
 * there are, nor on the instruction set.
 *
 * No state, any thread; the memory is the caller's. */
#ifndef HEARTH_COMPUTE_LOW_RANK_H
#define HEARTH_COMPUTE_LOW_RANK_H

#include "compute/packed_rows.h"

/* Rows `16 × first` … of A, `count` panels of them, times at most HEARTH_ROW_GROUP rows that are
 * packed as f32. scales[rows]; h[rank][rows], the rank being A's outputs. */
void hearth_low_rank_reduce(const struct hearth_decoder_kernels *kernels,
                            const struct hearth_panels *a, size_t first, size_t count,
                            const struct hearth_packed_rows *x, const float *scales, float *h);

/* Where `expand` adds to. Bit r of `mask` says that row r of `values` is one of h's rows, which
 * come in the same order. */
struct hearth_low_rank_sum {
    float *values;
    size_t stride;         /* floats from row to row of values */
    size_t first, outputs; /* of B; first is a multiple of 16 */
    size_t panel_stride;   /* floats from 16 outputs to the next: 16, or 32 where two matrices are
                            * interleaved */
    unsigned mask;
};
/* h is [B's inputs][bits of the mask]. */
void hearth_low_rank_expand(const struct hearth_decoder_kernels *kernels,
                            const struct hearth_panels *b, const float *h,
                            const struct hearth_low_rank_sum *sum);

#endif
