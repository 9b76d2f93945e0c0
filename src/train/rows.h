/* What training does to single rows beside its products, forwards and backwards, in one table of
 * loops for each instruction set. Pure; any thread. Derivatives are those of the formulas that
 * stand at each verb, by the chain rule; "gradient" is that of the loss by the value of that name.
 *
 * Sums are taken in the order that the vectors of an instruction set suggest: on one machine it is
 * always the same. */
#ifndef HEARTH_TRAIN_ROWS_H
#define HEARTH_TRAIN_ROWS_H

#include "compute/rows.h"
#include "train/number.h"

/* A gate is x · σ(z) with z = x · (slope + cubic · x²): SiLU with 1 and 0, the tanh form of GELU
 * (Hendrycks and Gimpel, arXiv 1606.08415) with 2√(2/π) and 0.044715 of that, as
 * (1 + tanh u)/2 = σ(2u). */
struct hearth_gate_curve {
    hearth_number slope, cubic;
};

/* Of one step of AdamW (optimizer.h). */
struct hearth_adam_step {
    hearth_number beta_1, beta_2, epsilon, shrink; /* gradients are multiplied by that first */
    hearth_number unbias_1, unbias_2;              /* 1 / (1 − βᵗ) */
    hearth_number rate, decay;
};

struct hearth_train_rows {
    /* y = x / √(mean(x²) + ε) · weight */
    void (*norm)(const hearth_number *x, const hearth_number *weight, hearth_number epsilon,
                 size_t width, hearth_number *y);
    /* x_gradient += …; weight_gradient likewise, or NULL. */
    void (*norm_back)(const hearth_number *x, const hearth_number *weight, hearth_number epsilon,
                      size_t width, const hearth_number *y_gradient, hearth_number *x_gradient,
                      hearth_number *weight_gradient);
    /* y = gate(x) · up */
    void (*gate)(struct hearth_gate_curve curve, const hearth_number *x, const hearth_number *up,
                 size_t width, hearth_number *y);
    /* Writes the gradient by `up` and puts that by x in the place of that by y. */
    void (*gate_back)(struct hearth_gate_curve curve, const hearth_number *x,
                      const hearth_number *up, size_t width, hearth_number *gradient,
                      hearth_number *up_gradient);
    /* The softmax of a row, in place. */
    void (*soften)(hearth_number *row, size_t count);
    /* From the gradient by probabilities to that by scores, in place: p · (g − Σ p · g). */
    void (*soften_back)(const hearth_number *p, size_t count, hearth_number *gradient);
    /* x becomes e^(x − most), where `most` is the largest; returns ln Σ e^x. */
    double (*exponents)(hearth_number *x, size_t count, double *ret_sum);
    /* x = cap · tanh(x / cap) */
    void (*cap)(hearth_number *x, hearth_number cap, size_t count);
    /* gradient · (1 − (y / cap)²), in place, for the capped y. */
    void (*cap_back)(const hearth_number *y, hearth_number cap, size_t count,
                     hearth_number *gradient);
    /* y = keep · y + scale · x */
    void (*add)(hearth_number keep, hearth_number *y, hearth_number scale, const hearth_number *x,
                size_t count);
    double (*square_sum)(const hearth_number *x, size_t count);
    /* Values, and both moments, by their gradients. */
    void (*adam)(const struct hearth_adam_step *step, size_t count, const hearth_number *gradient,
                 hearth_number *first, hearth_number *second, hearth_number *value);
};

/* The best for this machine. */
const struct hearth_train_rows *hearth_train_rows(void);

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
