/* What sampling does with all logits of a vocabulary at once: a pass over them in blocks, whose
 * largest and whose sums then say where to look closer. No state, no allocation, any thread.
 *
 * The sums of a block are taken in f64 in one fixed order, which is the same for all instruction
 * sets. A logit that is not a number counts as -∞ everywhere. */
#ifndef HEARTH_COMPUTE_LOGITS_H
#define HEARTH_COMPUTE_LOGITS_H

#include "compute/decoder_kernels.h"

/* The last block of an array may be shorter. */
enum { HEARTH_LOGIT_BLOCK = 64 };

static inline size_t hearth_logit_blocks(size_t count)
{
    return (count + HEARTH_LOGIT_BLOCK - 1) / HEARTH_LOGIT_BLOCK;
}

struct hearth_logit_moments {
    double count, sum, squares; /* of the logits above -∞ */
};

struct hearth_logit_ops {
    /* most[b] is the largest of block b. */
    void (*largest)(const float *logits, size_t count, float *most);
    /* weights[i] = e^((logits[i] − top) · scale), 0 where that is below e^−87; sums[b] is the sum
     * of block b. No logit is above `top`, which is finite. */
    void (*weigh)(const float *logits, size_t count, float top, float scale, float *weights,
                  double *sums);
    void (*moments)(const float *logits, size_t count, struct hearth_logit_moments *ret_moments);
};

const struct hearth_logit_ops *hearth_logit_ops(const struct hearth_decoder_kernels *kernels);

#endif
