/* The numbers that training computes with, and their matrix products. Everything in src/train/ is
 * written for one element type: f32 in the program, and double in a second library that only tests
 * link, so that gradients can be held against finite differences without rounding in between.
 *
 * Matrices are row-major. Products are OpenBLAS's, each on the thread that asks for it (crew.h):
 * the same one gives the same bits each time, and with them everything here does. */
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
struct hearth_product {
    size_t rows, columns, inner;
    struct hearth_operand a, b;
    hearth_number scale, keep;
    hearth_number *y;
    size_t y_stride;
};

void hearth_multiply(const struct hearth_product *product);

bool hearth_numbers_are_finite(const hearth_number *x, size_t count);

#endif
