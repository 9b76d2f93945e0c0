#include "train/layer.h"

#include "base/error.h"
#include "base/memory.h"
#include "train/rows.h"

#include <string.h>

int hearth_layer_values_create(struct hearth_layer_values *values,
                               const struct hearth_network *network, size_t rows,
                               struct hearth_error *error)
{
    size_t width = network->width, queries = (size_t)network->heads * network->head_size;
    size_t keys = (size_t)network->key_heads * network->head_size, feed = network->feed;
    struct {
        hearth_number **place;
        size_t width;
    } all[] = {
        {&values->normed, width},
        {&values->q, queries},
        {&values->k, keys},
        {&values->v, keys},
        {&values->attended, queries},
        {&values->middle, width},
        {&values->feed_normed, width},
        {&values->gate, feed},
        {&values->up, feed},
        {&values->gated, feed},
    };
    values->count = 0;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        values->count += all[i].width * rows;
    values->memory = hearth_try_calloc(values->count, sizeof(*values->memory));
    if (values->memory == NULL)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for a batch of %zu tokens", rows);
    hearth_number *next = values->memory;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        *all[i].place = next;
        next += all[i].width * rows;
    }
    return 0;
}

void hearth_layer_values_destroy(struct hearth_layer_values *values)
{
    hearth_free(values->memory);
    *values = (struct hearth_layer_values){0};
}

static void turn(const struct hearth_layer_frame *frame, hearth_number *q, hearth_number *k,
                 int direction)
{
    const struct hearth_network *network = frame->attention.network;
    size_t size = network->head_size, half = network->rotary_size / 2;
    for (size_t row = 0; row < frame->rows; row++) {
        struct hearth_turn by = {network->rotation, frame->cosines + row * half,
                                 frame->sines + row * half, network->rotary_size, direction};
        hearth_turn_row(&by, q + row * network->heads * size, network->heads, size);
        hearth_turn_row(&by, k + row * network->key_heads * size, network->key_heads, size);
    }
}

static void add(hearth_number *y, const hearth_number *x, size_t count)
{
    for (size_t i = 0; i < count; i++)
        y[i] += x[i];
}

static void norm(const struct hearth_layer_frame *frame, enum hearth_train_norm which,
                 uint32_t layer, const hearth_number *x, hearth_number *y)
{
    const struct hearth_network *network = frame->attention.network;
    hearth_norm_forward(x, hearth_train_base_norm(frame->base, which, layer), network->norm_epsilon,
                        frame->rows, network->width, y);
}

static void norm_back(const struct hearth_layer_frame *frame, enum hearth_train_norm which,
                      uint32_t layer, const hearth_number *x, const hearth_number *y_gradient,
                      hearth_number *x_gradient)
{
    const struct hearth_network *network = frame->attention.network;
    hearth_norm_backward(x, hearth_train_base_norm(frame->base, which, layer),
                         network->norm_epsilon, frame->rows, network->width, y_gradient,
                         x_gradient);
}

void hearth_layer_forward(struct hearth_layer_frame *frame, uint32_t layer,
                          const hearth_number *input, const struct hearth_layer_values *values,
                          hearth_number *output)
{
    const struct hearth_network *network = frame->attention.network;
    struct hearth_linear *linear = &frame->linear;
    size_t rows = frame->rows, count = rows * network->width;
    norm(frame, HEARTH_TRAIN_ATTENTION_NORM, layer, input, values->normed);
    hearth_linear_forward(linear, layer, HEARTH_MODULE_QUERY, rows, values->normed, values->q);
    hearth_linear_forward(linear, layer, HEARTH_MODULE_KEY, rows, values->normed, values->k);
    hearth_linear_forward(linear, layer, HEARTH_MODULE_VALUE, rows, values->normed, values->v);
    turn(frame, values->q, values->k, 1);
    hearth_attention_forward(&frame->attention, values->q, values->k, values->v, values->attended);
    hearth_linear_forward(linear, layer, HEARTH_MODULE_OUT, rows, values->attended, values->middle);
    add(values->middle, input, count);
    norm(frame, HEARTH_TRAIN_FEED_NORM, layer, values->middle, values->feed_normed);
    hearth_linear_forward(linear, layer, HEARTH_MODULE_GATE, rows, values->feed_normed,
                          values->gate);
    hearth_linear_forward(linear, layer, HEARTH_MODULE_UP, rows, values->feed_normed, values->up);
    hearth_gate_forward(values->gate, values->up, rows * network->feed, values->gated);
    hearth_linear_forward(linear, layer, HEARTH_MODULE_DOWN, rows, values->gated, output);
    add(output, values->middle, count);
}

/* From the gradient by z to that by y, in place. */
static void feed_backward(struct hearth_layer_frame *frame, uint32_t layer,
                          const struct hearth_layer_values *values, hearth_number *gradient)
{
    struct hearth_linear *linear = &frame->linear;
    const struct hearth_layer_values *back = &frame->gradients;
    size_t rows = frame->rows, feed = rows * frame->attention.network->feed;
    hearth_linear_backward(linear, layer, HEARTH_MODULE_DOWN, rows, values->gated, gradient,
                           back->gated);
    hearth_gate_backward(values->gate, values->up, feed, back->gated, back->up);
    hearth_linear_backward(linear, layer, HEARTH_MODULE_GATE, rows, values->feed_normed,
                           back->gated, back->feed_normed);
    hearth_linear_backward(linear, layer, HEARTH_MODULE_UP, rows, values->feed_normed, back->up,
                           back->feed_normed);
    norm_back(frame, HEARTH_TRAIN_FEED_NORM, layer, values->middle, back->feed_normed, gradient);
}

/* From the gradient by y to that by x, in place. */
static void attention_backward(struct hearth_layer_frame *frame, uint32_t layer,
                               const hearth_number *input, const struct hearth_layer_values *values,
                               hearth_number *gradient)
{
    struct hearth_linear *linear = &frame->linear;
    const struct hearth_layer_values *back = &frame->gradients;
    size_t rows = frame->rows;
    hearth_linear_backward(linear, layer, HEARTH_MODULE_OUT, rows, values->attended, gradient,
                           back->attended);
    hearth_attention_backward(&frame->attention, values->q, values->k, values->v, back->attended,
                              back->q, back->k, back->v);
    turn(frame, back->q, back->k, -1);
    hearth_linear_backward(linear, layer, HEARTH_MODULE_QUERY, rows, values->normed, back->q,
                           back->normed);
    hearth_linear_backward(linear, layer, HEARTH_MODULE_KEY, rows, values->normed, back->k,
                           back->normed);
    hearth_linear_backward(linear, layer, HEARTH_MODULE_VALUE, rows, values->normed, back->v,
                           back->normed);
    norm_back(frame, HEARTH_TRAIN_ATTENTION_NORM, layer, input, back->normed, gradient);
}

void hearth_layer_backward(struct hearth_layer_frame *frame, uint32_t layer,
                           const hearth_number *input, const struct hearth_layer_values *values,
                           hearth_number *gradient)
{
    memset(frame->gradients.memory, 0, frame->gradients.count * sizeof(*frame->gradients.memory));
    feed_backward(frame, layer, values, gradient);
    attention_backward(frame, layer, input, values, gradient);
}
