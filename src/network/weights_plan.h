/* The pieces that weights consist of, in the order of their use: the private middle between
 * describe (weights_describe.c) and load (weights_load.c). */
#ifndef HEARTH_NETWORK_WEIGHTS_PLAN_H
#define HEARTH_NETWORK_WEIGHTS_PLAN_H

#include "network/weights.h"

enum hearth_piece_kind {
    HEARTH_PIECE_PANELS,
    HEARTH_PIECE_VECTOR, /* becomes f32 */
    HEARTH_PIECE_RAW,    /* rows that stay rows */
};

struct hearth_piece {
    enum hearth_piece_kind kind;
    struct hearth_checkpoint_tensor source[2];
    uint64_t source_offset[2]; /* bytes from the tensor's first */
    uint64_t offset, bytes;    /* in the weights' memory */
    uint64_t count;            /* values of a vector; rows of a raw piece */
    enum hearth_quant type;    /* of a raw piece: what its rows become */
    uint64_t inputs;           /* and their values */
    bool add_one;              /* to each value of a vector */
    bool divides;              /* a vector that others are divided by */
    struct hearth_panels *panels;
    const float **vector; /* NULL: a later part of a vector */
    const void **raw;
};

struct hearth_weights_plan {
    struct hearth_piece *pieces;
    size_t count, capacity;
    uint64_t bytes;
};

#endif
