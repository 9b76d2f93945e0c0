/* One linear module with what an adapter adds to it, forwards and backwards (the formula stands in
 * lora.h). The frozen matrix has no gradient, so that its backward half is one product.
 *
 * Lifecycle: init, use, finish. Shared by rows; for the leader of a crew. */
#ifndef HEARTH_TRAIN_LINEAR_H
#define HEARTH_TRAIN_LINEAR_H

#include "hearth/error.h"
#include "train/base.h"
#include "train/crew.h"
#include "train/lora.h"
#include "train/rows.h"

struct hearth_linear {
    struct hearth_train_base *base;
    struct hearth_lora *lora;
    struct hearth_crew *crew;
    const struct hearth_train_rows *rows;
    hearth_number *dropped;  /* [rows × the most inputs]: rows with inputs left out, if any are */
    hearth_number *low_back; /* [rows × rank] */
    uint32_t batch_number;   /* of the batch that is under way (batch.h) */
    size_t first_row;        /* in that batch, of the rows that are under way */
    bool drops;              /* leaves inputs out: in training, not in evaluation */
};

/* One module of one layer, and its rows. */
struct hearth_linear_use {
    uint32_t layer;
    enum hearth_module module;
    size_t rows;
    const hearth_number *x; /* [rows × inputs] */
    hearth_number *low;     /* [rows × rank]: x · Aᵀ, kept from forwards to backwards */
};

/* For up to `rows` rows. HEARTH_ENOMEM. */
int hearth_linear_init(struct hearth_linear *linear, struct hearth_train_base *base,
                       struct hearth_lora *lora, struct hearth_crew *crew, size_t rows,
                       struct hearth_error *error);
void hearth_linear_finish(struct hearth_linear *linear);

/* y [rows × outputs] */
void hearth_linear_forward(struct hearth_linear *linear, const struct hearth_linear_use *use,
                           hearth_number *y);
/* x_gradient = keep · x_gradient + …; the gradients of A and B += …. */
void hearth_linear_backward(struct hearth_linear *linear, const struct hearth_linear_use *use,
                            const hearth_number *y_gradient, hearth_number keep,
                            hearth_number *x_gradient);

#endif
