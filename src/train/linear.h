/* One linear module with what an adapter adds to it, forwards and backwards (the formula stands in
 * lora.h). The frozen matrix has no gradient, so that its backward half is one product.
 *
 * Lifecycle: init, use, finish. One thread. */
#ifndef HEARTH_TRAIN_LINEAR_H
#define HEARTH_TRAIN_LINEAR_H

#include "hearth/error.h"
#include "train/base.h"
#include "train/lora.h"

struct hearth_linear {
    struct hearth_train_base *base;
    struct hearth_lora *lora;
    hearth_number *dropped;        /* [rows × the most inputs]: rows with inputs left out */
    hearth_number *low, *low_back; /* [rows × rank] */
    uint32_t batch_number;         /* of the batch that is under way (batch.h) */
    bool drops;                    /* leaves inputs out: in training, not in evaluation */
};

/* For up to `rows` rows. HEARTH_ENOMEM. */
int hearth_linear_init(struct hearth_linear *linear, struct hearth_train_base *base,
                       struct hearth_lora *lora, size_t rows, struct hearth_error *error);
void hearth_linear_finish(struct hearth_linear *linear);

/* y [rows × outputs] of x [rows × inputs] */
void hearth_linear_forward(struct hearth_linear *linear, uint32_t layer, enum hearth_module module,
                           size_t rows, const hearth_number *x, hearth_number *y);
/* x_gradient += …, and the gradients of A and B likewise. */
void hearth_linear_backward(struct hearth_linear *linear, uint32_t layer, enum hearth_module module,
                            size_t rows, const hearth_number *x, const hearth_number *y_gradient,
                            hearth_number *x_gradient);

#endif
