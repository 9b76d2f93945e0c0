/* Products of packed rows with panels of weights, as tasks of a team.
 *
 * One call computes a list of products: query, key and value with the same rows, or the experts of
 * a mixture each with its own. Every product says in how wide strips of outputs it is finished: a
 * task multiplies a few rows by a strip into a small tile of f32 and hands it to `finish` while it
 * is still in the nearest cache. There a bias, rotary positions, the residual, the gate, or the
 * packing for the next product is done; finish.h has the usual ones.
 *
 *     y[row, output] = Σ_blocks (x_scale · w_scale) · Σ_32 x·w   in the order of the inputs
 *
 * in 32-bit integers within a block and one fused multiply-add for each block; a minimum adds
 * another. So the bits of a row depend on neither the other rows nor the tasks nor the threads.
 *
 * Limits: rows and outputs as memory allows; a strip is at most HEARTH_STRIP_MAX wide. */
#ifndef HEARTH_COMPUTE_MATMUL_H
#define HEARTH_COMPUTE_MATMUL_H

#include "compute/packed_rows.h"
#include "compute/team.h"

enum { HEARTH_STRIP_MAX = 512 };

/* Results that a task has just computed; `values` is the task's own and may be written over. */
struct hearth_tile {
    const struct hearth_decoder_kernels *kernels;
    float *values;                /* [rows, stride] */
    size_t stride;                /* floats from row to row */
    size_t first_row, rows;       /* of the product's rows; at most HEARTH_ROW_GROUP */
    size_t first_output, outputs; /* of one part of the weights; columns behind them are 0 */
};
/* With two interleaved parts, columns 32i … 32i + 15 are outputs 16i … of the first part, columns
 * 32i + 16 … 32i + 31 the same outputs of the second. */

struct hearth_product {
    const struct hearth_panels *weights;
    const struct hearth_packed_rows *rows; /* packing_of(weights->form), weights->inputs wide */
    /* Columns that are finished together, of all parts: a multiple of 16 × parts, at most
     * HEARTH_STRIP_MAX. The head's size suits rotary positions; 64 suits most. A strip begins at
     * every multiple of it; the last one may be narrower. */
    size_t strip;
    /* Called once for each strip and each group of rows, by any member, several at the same time
     * for different tiles. */
    void (*finish)(void *argument, const struct hearth_tile *tile);
    void *argument;
};

/* By all members alike. Takes pieces of the present phase from 0 on until none is left, so nothing
 * else may be taken in it; returns without a barrier. The list and what it names must be the same
 * for all members. */
void hearth_products_run(struct hearth_member *member, const struct hearth_decoder_kernels *kernels,
                         const struct hearth_product *products, size_t count);

#endif
