/* Cross-entropy of the tokens that should follow, over labeled rows only and a tile of them at a
 * time: logits of all rows would be by far the largest matrix of a pass. For the leader of a crew.
 */
#ifndef HEARTH_TRAIN_LOSS_H
#define HEARTH_TRAIN_LOSS_H

#include "train/base.h"
#include "train/batch.h"
#include "train/lora.h"
#include "train/rows.h"

struct hearth_loss_tile {
    const struct hearth_train_rows *rows_of;
    struct hearth_crew *crew;
    const struct hearth_lora *lora; /* whose gradients the head's may be (full.h); or NULL */
    size_t most;                    /* rows of a tile */
    hearth_number *states;          /* [most × width] */
    hearth_number *logits;          /* [most × vocabulary] */
    hearth_number *capped;          /* [threads × vocabulary]; only where logits are capped */
    uint32_t *rows;                 /* [most]: of the batch */
    double *losses;                 /* [most] */
};

/* For batches of up to `tokens`, within about `bytes`. HEARTH_ENOMEM. */
int hearth_loss_tile_init(struct hearth_loss_tile *tile, const struct hearth_network *network,
                          struct hearth_crew *crew, size_t tokens, size_t bytes,
                          struct hearth_error *error);
void hearth_loss_tile_finish(struct hearth_loss_tile *tile); /* all zeros is allowed */

/* The sum of −ln p(label) over labeled rows of `states` [tokens × width]. With a `gradient` (of the
 * same shape, all zeros) also weight · its derivative by the states. */
double hearth_loss_sum(struct hearth_train_base *base, const struct hearth_train_batch *batch,
                       const struct hearth_loss_tile *tile, const hearth_number *states,
                       double weight, hearth_number *gradient);

#endif
