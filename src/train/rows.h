/* What a layer does to rows beside its products, forwards and backwards. Pure; any thread.
 * Derivatives are those of the formulas that stand at each verb, by the chain rule; "gradient" is
 * that of the loss by the value of that name. */
#ifndef HEARTH_TRAIN_ROWS_H
#define HEARTH_TRAIN_ROWS_H

#include "compute/rows.h"
#include "train/number.h"

/* y = x / √(mean(x²) + ε) · weight, row by row */
void hearth_norm_forward(const hearth_number *x, const hearth_number *weight, float epsilon,
                         size_t rows, size_t width, hearth_number *y);
/* x_gradient += … */
void hearth_norm_backward(const hearth_number *x, const hearth_number *weight, float epsilon,
                          size_t rows, size_t width, const hearth_number *y_gradient,
                          hearth_number *x_gradient);

/* y = silu(gate) · up, silu(x) = x / (1 + e^−x) */
void hearth_gate_forward(const hearth_number *gate, const hearth_number *up, size_t count,
                         hearth_number *y);
/* Writes the gradient by `up` and puts that by `gate` in the place of that by y. */
void hearth_gate_backward(const hearth_number *gate, const hearth_number *up, size_t count,
                          hearth_number *gradient, hearth_number *up_gradient);

/* Turns all heads of one row in place; a direction of −1 turns them back, which is the derivative
 * of a turn. */
struct hearth_turn {
    enum hearth_rotary kind;
    const float *cosines, *sines; /* [size / 2] */
    size_t size;                  /* components of a head that are turned */
    int direction;
};
void hearth_turn_row(const struct hearth_turn *turn, hearth_number *row, size_t heads,
                     size_t head_size);

#endif
