/* Causal attention within the documents of a batch, forwards and backwards. Probabilities are
 * computed again on the way back, so that nothing of size tokens² is kept for a layer.
 *
 * Shapes: q and out [tokens × heads · head size], k and v [tokens × key heads · head size]; q and k
 * are turned by their positions already. One thread. */
#ifndef HEARTH_TRAIN_ATTENTION_H
#define HEARTH_TRAIN_ATTENTION_H

#include "network/network.h"
#include "train/batch.h"
#include "train/number.h"

struct hearth_attention {
    const struct hearth_network *network;
    const struct hearth_train_batch *batch;
    hearth_number *scores, *scores_back; /* each [longest document]² */
};

void hearth_attention_forward(const struct hearth_attention *attention, const hearth_number *q,
                              const hearth_number *k, const hearth_number *v, hearth_number *out);
/* Adds to the gradients by q, k and v. */
void hearth_attention_backward(const struct hearth_attention *attention, const hearth_number *q,
                               const hearth_number *k, const hearth_number *v,
                               const hearth_number *out_gradient, hearth_number *q_gradient,
                               hearth_number *k_gradient, hearth_number *v_gradient);

#endif
