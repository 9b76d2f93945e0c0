/* The numbers that training computes with, and their matrix products. Everything in src/train/ is
 * written for one element type: f32 in the program, and double in a second library that only tests
 * link, so that gradients can be held against finite differences without rounding in between.
 *
 * Matrices are row-major. Products are OpenBLAS's: for one number of its threads they give the same
 * bits each time, and with them everything here does. */
#ifndef HEARTH_TRAIN_NUMBER_H
#define HEARTH_TRAIN_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

#ifdef HEARTH_TRAIN_DOUBLE
typedef double hearth_number;
#else
typedef float hearth_number;
#endif

struct hearth_operand {
    const hearth_number *values;
    size_t stride; /* from one stored row to the next */
    bool transposed;
};

/* y [rows × columns] = keep · y + scale · a · b, where the inner size is `inner`. */
void hearth_product(size_t rows, size_t columns, size_t inner, hearth_number scale,
                    struct hearth_operand a, struct hearth_operand b, hearth_number keep,
                    hearth_number *y, size_t y_stride);

bool hearth_numbers_are_finite(const hearth_number *x, size_t count);

#endif
