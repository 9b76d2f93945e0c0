/* One layer of a Llama-class decoder, forwards and backwards:
 *
 *     y = x + out(attention(turn(query(h)), turn(key(h)), value(h))),  h = norm(x)
 *     z = y + down(silu(gate(g)) · up(g)),                             g = norm(y)
 *
 * Lifecycle of the values: layer_values_create for some rows, any number of passes, destroy. One
 * thread. */
#ifndef HEARTH_TRAIN_LAYER_H
#define HEARTH_TRAIN_LAYER_H

#include "train/attention.h"
#include "train/linear.h"

/* What is between a layer's input and output, by the letters above; a row for each token. The way
 * back needs all of them; the gradients by them have the same shape. */
struct hearth_layer_values {
    hearth_number *normed, *q, *k, *v, *attended; /* h … */
    hearth_number *middle, *feed_normed;          /* y, g */
    hearth_number *gate, *up, *gated;
    hearth_number *memory;
    size_t count; /* of all of them */
};

struct hearth_layer_frame {
    struct hearth_train_base *base;
    struct hearth_linear linear;
    struct hearth_attention attention;
    float *cosines, *sines;               /* [rows][rotary size / 2] */
    struct hearth_layer_values gradients; /* scratch of the way back */
    size_t rows;                          /* of the batch under way */
};

/* HEARTH_ENOMEM. */
int hearth_layer_values_create(struct hearth_layer_values *values,
                               const struct hearth_network *network, size_t rows,
                               struct hearth_error *error);
void hearth_layer_values_destroy(struct hearth_layer_values *values); /* all zeros is allowed */

/* Writes values and `output` [rows × width] of `input`. */
void hearth_layer_forward(struct hearth_layer_frame *frame, uint32_t layer,
                          const hearth_number *input, const struct hearth_layer_values *values,
                          hearth_number *output);
/* `gradient` is that by the output, and becomes that by the input. */
void hearth_layer_backward(struct hearth_layer_frame *frame, uint32_t layer,
                           const hearth_number *input, const struct hearth_layer_values *values,
                           hearth_number *gradient);

#endif
