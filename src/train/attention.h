/* Causal attention within the documents of a batch, forwards and backwards, for some queries at a
 * time. Probabilities are computed again on the way back, so that nothing of size tokens² is kept.
 *
 * Shapes: q and out [tokens × heads · head size], k and v [tokens × key heads · head size]; q and k
 * are turned by their positions already. Shared by documents and heads. */
#ifndef HEARTH_TRAIN_ATTENTION_H
#define HEARTH_TRAIN_ATTENTION_H

#include "network/network.h"
#include "train/batch.h"
#include "train/crew.h"
#include "train/rows.h"

enum { HEARTH_ATTENTION_BLOCK = 64 }; /* queries */

struct hearth_attention {
    const struct hearth_network *network;
    const struct hearth_train_batch *batch;
    const struct hearth_train_rows *rows;
    struct hearth_crew *crew;
    size_t longest;        /* document */
    hearth_number *scores; /* [hearth_train_attention_scratch] */
};

size_t hearth_train_attention_scratch(unsigned threads, size_t longest);

void hearth_attention_forward(const struct hearth_attention *attention, uint32_t layer,
                              const hearth_number *q, const hearth_number *k,
                              const hearth_number *v, hearth_number *out);
/* Adds to the gradients by k and v, and writes that by q. */
void hearth_attention_backward(const struct hearth_attention *attention, uint32_t layer,
                               const hearth_number *q, const hearth_number *k,
                               const hearth_number *v, const hearth_number *out_gradient,
                               hearth_number *q_gradient, hearth_number *k_gradient,
                               hearth_number *v_gradient);

#endif
