/* Keeps the buffers of a forward pass. Each has one row for every token of a batch, so that a
 * thread which computes a part of the batch alone uses those rows of each. One pass at a time. */
#ifndef HEARTH_ENGINE_ENCODER_WORKSPACE_H
#define HEARTH_ENGINE_ENCODER_WORKSPACE_H

#include "engine/encoder/encoder.h"

struct encoder_workspace {
    const struct encoder_model *model;
    size_t rows_max, rows; /* allowed; allocated */
    size_t longest;        /* sequence that the scratch is made for */
    unsigned threads;
    size_t pooled_width, wide_width; /* floats of a row of normed and mixed; of wide */
    float *hidden, *normed, *mixed, *projected, *wide, *gated;
    float **scratch; /* one a thread */
    float *bias;     /* [heads, 2 · longest] of MPNet's relative positions */
    float *cosines;  /* [2 kinds][longest, head_dim/2] cos, then sin */
    struct hearth_codes codes;
};

/* 0, or HEARTH_ENOMEM. What the buffers hold is lost. */
int encoder_workspace_grow(struct encoder_workspace *work, size_t rows, size_t longest);
/* The rows from `first` on, for the thread `thread` alone; it owns nothing. */
struct encoder_workspace encoder_workspace_from(const struct encoder_workspace *work, size_t first,
                                                unsigned thread);

#endif
