/* The usual ways to finish a tile of a product (matmul.h): each function is a `finish`, each struct
 * its argument. Immutable while a product runs; any number of members may use one. */
#ifndef HEARTH_COMPUTE_FINISH_H
#define HEARTH_COMPUTE_FINISH_H

#include "compute/matmul.h"

/* y[row, output] = value (+ bias[output]); what is stored is f32. */
struct hearth_finish_store {
    float *y;
    size_t stride;     /* floats from row to row of y */
    const float *bias; /* [outputs] or NULL */
};
void hearth_finish_store(void *argument, const struct hearth_tile *tile);

/* y[row, output] += scale · (value + bias[output]): the residual. */
struct hearth_finish_add {
    float *y;
    size_t stride;
    const float *bias; /* or NULL */
    float scale;       /* 1 for most networks */
};
void hearth_finish_add(void *argument, const struct hearth_tile *tile);

/* Of two interleaved parts: activation(first + bias) · (second + bias), packed for the next
 * product. The strip is a multiple of 64, so that parts of rows are whole. */
struct hearth_finish_gate {
    enum hearth_activation activation;
    const float *bias[2]; /* or NULL */
    const struct hearth_packed_rows *to;
};
void hearth_finish_gate(void *argument, const struct hearth_tile *tile);

/* Of one part: activation(value + bias), packed for the next product; strip a multiple of 32. */
struct hearth_finish_activate {
    enum hearth_activation activation;
    const float *bias; /* or NULL */
    const struct hearth_packed_rows *to;
};
void hearth_finish_activate(void *argument, const struct hearth_tile *tile);

#endif
