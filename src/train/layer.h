/* One layer of a decoder, forwards and backwards. For one of Llama's kind:
 *
 *     y = x + out(attention(turn(query(h)), turn(key(h)), value(h))),  h = norm(x)
 *     z = y + down(gate(g) · up(g)),                                   g = norm(y)
 *
 * Where the network has them, Q and K are normed by heads before they are turned, what joins the
 * residual stream is normed and scaled before, and linear modules have biases.
 *
 * Lifecycle of the values: layer_values_create for some rows, any number of passes, destroy. For
 * the leader of a crew. */
#ifndef HEARTH_TRAIN_LAYER_H
#define HEARTH_TRAIN_LAYER_H

#include "train/attention.h"
#include "train/linear.h"

/* What of a layer the way back needs, by the letters above; a row for each token. What it can make
 * again by a norm or a gate is not kept. */
struct hearth_layer_values {
    hearth_number *q, *k, *v;         /* as attention takes them */
    hearth_number *plain_q, *plain_k; /* before their norm; the same as q and k if there is none */
    hearth_number *attended, *out;    /* out: before its norm; NULL if there is none */
    hearth_number *middle;            /* y */
    hearth_number *gate, *up, *down;  /* down: likewise */
    hearth_number *low[HEARTH_MODULES];
    hearth_number *memory;
};

/* What is not kept, and the gradients by all of it. */
struct hearth_layer_scratch {
    hearth_number *normed, *gated;       /* [rows × width], [rows × feed] */
    hearth_number *normed_back;          /* [rows × width] */
    hearth_number *joined, *joined_back; /* [rows × width]: what joins the residual stream */
    hearth_number *gate_back, *up_back;  /* [rows × feed] */
    hearth_number *q_back, *k_back, *v_back, *attended_back;
    hearth_number *plain_back; /* [rows × queries]: by q or k before its norm */
    hearth_number *memory;
};

struct hearth_layer_frame {
    struct hearth_train_base *base;
    struct hearth_crew *crew;
    const struct hearth_train_rows *rows_of;
    struct hearth_linear linear;
    struct hearth_attention attention;
    float *cosines[2], *sines[2]; /* [rows][rotary size / 2]; [1]: of layers with a window */
    struct hearth_layer_scratch scratch;
    struct hearth_gate_curve curve;
    size_t rows; /* of the batch under way */
};

/* Both: HEARTH_ENOMEM. */
int hearth_layer_values_create(struct hearth_layer_values *values,
                               const struct hearth_train_base *base, uint32_t rank, size_t rows,
                               struct hearth_error *error);
void hearth_layer_values_destroy(struct hearth_layer_values *values); /* all zeros is allowed */
int hearth_layer_scratch_create(struct hearth_layer_scratch *scratch,
                                const struct hearth_network *network, size_t rows,
                                struct hearth_error *error);
void hearth_layer_scratch_destroy(struct hearth_layer_scratch *scratch); /* likewise */

/* Writes values and `output` [rows × width] of `input`. */
void hearth_layer_forward(struct hearth_layer_frame *frame, uint32_t layer,
                          const hearth_number *input, const struct hearth_layer_values *values,
                          hearth_number *output);
/* `gradient` is that by the output, and becomes that by the input. */
void hearth_layer_backward(struct hearth_layer_frame *frame, uint32_t layer,
                           const hearth_number *input, const struct hearth_layer_values *values,
                           hearth_number *gradient);

#endif
