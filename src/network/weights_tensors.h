/* A description that is being made: how it finds the tensors of a network in a checkpoint and
 * checks each against it. Private to weights_describe.c and weights_tensors.c. */
#ifndef HEARTH_NETWORK_WEIGHTS_TENSORS_H
#define HEARTH_NETWORK_WEIGHTS_TENSORS_H

#include "network/weights.h"

/* `used` is how unknown tensors are found: whatever is not marked at the end, nobody knows. */
struct hearth_describing {
    const struct hearth_network *network;
    const struct hearth_checkpoint *checkpoint;
    const struct hearth_weights_quantize *quantize;
    struct hearth_weights *weights;
    bool *used; /* by tensor of the checkpoint */
    uint32_t layer;
    uint32_t item; /* of a part that has several: an expert, a head */
    uint64_t bytes_of_type[HEARTH_QUANT_END];
    struct hearth_error *error;
    int rc; /* the first failure */
};

/* The first failure is what a person reads; those behind it are often its consequences. */
void hearth_describing_fail(struct hearth_describing *d, enum hearth_part part, int code,
                            const char *what);
/* What a part's extents are in this network. */
void hearth_describing_extents(const struct hearth_network *network, enum hearth_part part,
                               uint64_t ret_extents[HEARTH_GGUF_DIMENSIONS_MAX]);
/* True when the file has the tensor, of the right shape and of a type that is known. Of a part
 * whose items lie apart it is item number d->item. */
bool hearth_describing_find(struct hearth_describing *d, enum hearth_part part,
                            struct hearth_checkpoint_tensor *ret_tensor);
/* The same of a tensor that must be there. */
void hearth_describing_need(struct hearth_describing *d, enum hearth_part part,
                            struct hearth_checkpoint_tensor *ret_tensor);

#endif
