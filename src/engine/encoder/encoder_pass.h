/* Runs one pass over packed sequences, step by step. Every member of the team that computes the
 * pass calls each step; all steps but the last end with a barrier. */
#ifndef HEARTH_ENGINE_ENCODER_PASS_H
#define HEARTH_ENGINE_ENCODER_PASS_H

#include "engine/encoder/encoder_workspace.h"

struct encoder_pass {
    const struct encoder_model *model;
    struct encoder_workspace *work;
    const struct encoder_sequence *sequences;
    size_t sequence_count, rows;
    const size_t *starts; /* first row of each sequence in the whole batch, and the end */
    const _Atomic int *abort;
    _Atomic int *aborted;
};

/* The first row of a sequence within the pass. */
static inline size_t encoder_pass_row(const struct encoder_pass *pass, size_t sequence)
{
    return pass->starts[sequence] - pass->starts[0];
}

/* encoder_layers.c */
void encoder_pass_embed(const struct encoder_pass *pass, struct hearth_member *member);
/* y = norm(x + residual); without a norm (ModernBERT's first layer) y = x. */
void encoder_pass_normalize(const struct encoder_pass *pass, struct hearth_member *member,
                            const struct encoder_norm *norm, const float *x, const float *residual,
                            float *y);
void encoder_pass_layer(const struct encoder_pass *pass, struct hearth_member *member,
                        size_t index);

/* encoder_pool.c: pools the rows of each sequence into one, sends that through the dense layers or
 * the classifier, and writes it where the sequence wants its vector. It uses the buffers of the
 * layers again, which hold nothing that is still needed. */
void encoder_pass_finish(const struct encoder_pass *pass, struct hearth_member *member);

#endif
