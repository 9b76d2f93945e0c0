/* Full fine-tuning of small models: every tensor of a base is trained, and no adapter beside it.
 *
 * It is a struct hearth_lora without pairs, so that a pass, the optimizer, and whoever saves a
 * job's state need not know which of the two they have: all values lie in one array and all
 * gradients in a second. A base whose tensors are trained reads them from that array.
 *
 * Matrices are [outputs × inputs]; norms are what rows are multiplied by, a 1 that a folder leaves
 * out included. 16 bytes for each parameter, moments included.
 *
 * Lifecycle: create, read, use, hearth_lora_destroy, and then close the base. One thread. */
#ifndef HEARTH_TRAIN_FULL_H
#define HEARTH_TRAIN_FULL_H

#include "train/lora.h"

/* Reserves memory, and touches none: whether it may be had can be asked before it is. HEARTH_ENOMEM
 * says how much it is. The base must outlive it, and has one at a time. */
int hearth_full_create(struct hearth_train_base *base, struct hearth_lora **ret_lora,
                       struct hearth_error *error);

/* Fills it with the base's values; from then on the base is this one, and its files are let go. */
void hearth_full_read(struct hearth_lora *lora);

struct hearth_full_tensor {
    hearth_number *values, *gradient; /* NULL: there is none, or it is not trained */
    size_t count;
};

/* Of an adapter there are none. */
struct hearth_full_tensor hearth_full_at(const struct hearth_lora *lora, enum hearth_part part,
                                         uint32_t layer);

#endif
