/* The pieces that weights consist of, in the order of their use: the private middle between
 * describe (weights_describe.c) and load (weights_load.c). */
#ifndef HEARTH_NETWORK_WEIGHTS_PLAN_H
#define HEARTH_NETWORK_WEIGHTS_PLAN_H

#include "network/weights.h"

enum hearth_piece_kind {
    HEARTH_PIECE_PANELS,
    HEARTH_PIECE_VECTOR, /* becomes f32 */
    HEARTH_PIECE_RAW,    /* stays as it is */
};

struct hearth_piece {
    enum hearth_piece_kind kind;
    struct hearth_checkpoint_tensor source[2];
    uint64_t source_offset[2]; /* bytes from the tensor's first */
    uint64_t offset, bytes;    /* in the weights' memory */
    uint64_t count;            /* values of a vector */
    struct hearth_panels *panels;
    const float **vector;
    const void **raw;
};

struct hearth_weights_plan {
    struct hearth_piece *pieces;
    size_t count, capacity;
    uint64_t bytes;
};

#endif
