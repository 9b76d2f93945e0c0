/* Rows of activations as the kernels of products read them.
 *
 * Rows stand in groups of 8 (the last group has what is left), and within a group what the rows
 * need at the same time lies together. How a number is stored follows from the form of the weights:
 *
 * - s8: blocks of 32 inputs, each with a scale: code = round(x · 127 / largest), ties to even;
 *   for every quantized form;
 * - bf16, rounded to nearest, ties to even: for bf16 weights;
 * - f32: for f32 and f16 weights.
 *
 * What a row's bytes are depends on that row alone; where they lie depends on the number of rows.
 *
 * **Threading.** Different threads may pack different rows, or different parts of one row, at the
 * same time; a barrier stands between packing and reading (rows of one group share cache lines, so
 * it is quicker when one thread packs all of a group). **Ownership.** The memory is the caller's,
 * hearth_packed_rows_bytes of it, aligned to 64 bytes, and may be used for another packing later.
 */
#ifndef HEARTH_COMPUTE_PACKED_ROWS_H
#define HEARTH_COMPUTE_PACKED_ROWS_H

#include "compute/decoder_kernels.h"
#include "compute/panel.h"

enum hearth_packing {
    HEARTH_PACKING_S8,
    HEARTH_PACKING_BF16,
    HEARTH_PACKING_F32,
};

enum {
    HEARTH_ROW_GROUP = 8,
    HEARTH_ROW_PART = 32, /* inputs; a part of a row is packed at multiples of it */
};

struct hearth_packed_rows {
    enum hearth_packing packing;
    size_t rows, inputs;
    size_t row_bytes; /* a group of n rows takes n of them */
    void *memory;
};

enum hearth_packing hearth_packing_of(enum hearth_form form);

/* For `rows` rows of `inputs`. SIZE_MAX when it overflows. */
size_t hearth_packed_rows_bytes(enum hearth_packing packing, size_t rows, size_t inputs);

/* `memory` has at least hearth_packed_rows_bytes and is not looked at. */
void hearth_packed_rows_init(struct hearth_packed_rows *packed, enum hearth_packing packing,
                             size_t rows, size_t inputs, void *memory);

/* x[count] becomes inputs `first` … `first + count − 1` of a row. `first` is a multiple of
 * HEARTH_ROW_PART; `count` too, unless the part ends the row. */
void hearth_pack_part(const struct hearth_decoder_kernels *kernels,
                      const struct hearth_packed_rows *packed, size_t row, size_t first,
                      size_t count, const float *x);
/* The same of several rows of one group at once, which is quicker: those from `row` on, `stride`
 * floats from each other. */
void hearth_pack_rows(const struct hearth_decoder_kernels *kernels,
                      const struct hearth_packed_rows *packed, size_t row, size_t rows,
                      size_t first, size_t count, const float *x, size_t stride);
/* A whole row. */
void hearth_pack_row(const struct hearth_decoder_kernels *kernels,
                     const struct hearth_packed_rows *packed, size_t row, const float *x);

#endif
