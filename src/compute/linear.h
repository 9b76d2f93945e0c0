/* A linear layer y = activation(x·Wᵀ + b) with its weights packed once for a kernel table and a
 * precision. Immutable after creation, so any number of passes may share it. */
#ifndef HEARTH_COMPUTE_LINEAR_H
#define HEARTH_COMPUTE_LINEAR_H

#include "compute/kernels.h"
#include "compute/team.h"

struct hearth_linear;

/* `weights` is [out, in] in parts: `part_count` matrices of `part_out` rows each, one below the
 * other (query, key and value make one layer); `biases[i]` may be NULL, as may `biases`. NULL when
 * there is no memory or the table has no such precision. Nothing is kept of the arguments. */
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
/* The room of the rows from `first` on; it is not finished. */
struct hearth_codes hearth_codes_from(const struct hearth_codes *codes, size_t first);

/* By all members of a team alike; x[rows, in], y[rows, out], rows of y `y_stride` floats apart.
 * Ends with a barrier. */
void hearth_linear_run(const struct hearth_linear *linear, struct hearth_member *member,
                       struct hearth_codes *codes, const float *x, size_t rows, float *y,
                       size_t y_stride, enum hearth_activation activation);

#endif
