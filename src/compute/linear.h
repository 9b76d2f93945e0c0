/* A linear layer y = activation(x·Wᵀ + b) with its weights packed once for a kernel table and a
 * precision. Immutable after creation, so any number of passes may share it. */
#ifndef HEARTH_COMPUTE_LINEAR_H
#define HEARTH_COMPUTE_LINEAR_H

#include "compute/kernels.h"
#include "compute/team.h"

struct hearth_linear;

/* Packs the weights of a layer, [out, in]. They may come as several matrices of `part_out` rows
 * each, which are put one below the other: query, key and value are one layer. `biases` may be
 * NULL, as may each `biases[i]`. Everything is copied. Returns NULL when there is no memory or the
 * table has no kernel of this precision. */
struct hearth_linear *hearth_linear_create(const struct hearth_kernels *kernels,
                                           enum hearth_precision precision,
                                           const float *const *weights, const float *const *biases,
                                           size_t part_count, size_t part_out, size_t in);
void hearth_linear_destroy(struct hearth_linear *linear); /* NULL is allowed */
size_t hearth_linear_bytes(const struct hearth_linear *linear);
size_t hearth_linear_out(const struct hearth_linear *linear);

/* Room for the codes of an input of at most `rows` × `in`, shared by all layers of a pass. */
struct hearth_codes {
    void *codes;
    float *scales;
    int32_t *zeros;
    size_t row_bytes;
};
/* 0, or HEARTH_ENOMEM. */
int hearth_codes_init(struct hearth_codes *codes, size_t rows, size_t in);
void hearth_codes_finish(struct hearth_codes *codes);
/* The same room from row `first` on. It borrows the memory of `codes`, so only that is finished. */
struct hearth_codes hearth_codes_from(const struct hearth_codes *codes, size_t first);

/* Computes y[rows, out] of x[rows, in]; rows of y are `y_stride` floats apart. Every member of the
 * team calls it with the same arguments and computes a share. Ends with a barrier. */
void hearth_linear_run(const struct hearth_linear *linear, struct hearth_member *member,
                       struct hearth_codes *codes, const float *x, size_t rows, float *y,
                       size_t y_stride, enum hearth_activation activation);

#endif
