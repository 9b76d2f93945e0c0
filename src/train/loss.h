/* Cross-entropy of the tokens that should follow, over labeled rows only and a tile of them at a
 * time: logits of all rows would be by far the largest matrix of a pass. One thread. */
#ifndef HEARTH_TRAIN_LOSS_H
#define HEARTH_TRAIN_LOSS_H

#include "train/base.h"
#include "train/batch.h"

enum { HEARTH_LOSS_TILE = 64 }; /* rows */

struct hearth_loss_tile {
    hearth_number *states; /* [HEARTH_LOSS_TILE × width] */
    hearth_number *logits; /* [HEARTH_LOSS_TILE × vocabulary] */
};

/* The sum of −ln p(label) over labeled rows of `states` [tokens × width]. With a `gradient` (of the
 * same shape, all zeros) also weight · its derivative by the states. */
double hearth_loss_sum(struct hearth_train_base *base, const struct hearth_train_batch *batch,
                       const struct hearth_loss_tile *tile, const hearth_number *states,
                       double weight, hearth_number *gradient);

#endif
