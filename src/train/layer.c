#include "train/layer.h"

#include "train/full.h"

#include <string.h>

/* Something that is done to each row by itself. */
struct row_call {
    const struct hearth_layer_frame *frame;
    const hearth_number *x, *weight, *back;
    hearth_number *y, *weight_gradient;
    size_t width, heads; /* of one head, where rows have several */
    float *cosines, *sines;
    int direction;
    hearth_number scale;
};

static void share(const struct hearth_layer_frame *frame, hearth_crew_work *work,
                  struct row_call *call)
{
    call->frame = frame;
    hearth_crew_share(frame->crew, frame->rows, 1, work, call);
}

static void norm_rows(void *argument, size_t first, size_t end, unsigned member)
{
    const struct row_call *call = argument;
    hearth_number epsilon = (hearth_number)call->frame->attention.network->norm_epsilon;
    (void)member;
    for (size_t i = first * call->heads; i < end * call->heads; i++)
        call->frame->rows_of->norm(call->x + i * call->width, call->weight, epsilon, call->width,
                                   call->y + i * call->width);
}

static void norm_rows_back(void *argument, size_t first, size_t end, unsigned member)
{
    const struct row_call *call = argument;
    hearth_number epsilon = (hearth_number)call->frame->attention.network->norm_epsilon;
    (void)member;
    for (size_t i = first * call->heads; i < end * call->heads; i++)
        call->frame->rows_of->norm_back(call->x + i * call->width, call->weight, epsilon,
                                        call->width, call->back + i * call->width,
                                        call->y + i * call->width, call->weight_gradient);
}

/* Rows of `heads` vectors of `width`, each normed by itself. */
static void norm(const struct hearth_layer_frame *frame, enum hearth_part part, uint32_t layer,
                 size_t heads, size_t width, const hearth_number *x, hearth_number *y)
{
    struct row_call call = {.x = x,
                            .y = y,
                            .weight = hearth_train_base_vector(frame->base, part, layer),
                            .heads = heads,
                            .width = width};
    share(frame, norm_rows, &call);
}

/* x_gradient += … */
static void norm_back(const struct hearth_layer_frame *frame, enum hearth_part part, uint32_t layer,
                      size_t heads, size_t width, const hearth_number *x,
                      const hearth_number *y_gradient, hearth_number *x_gradient)
{
    struct row_call call = {.x = x,
                            .y = x_gradient,
                            .back = y_gradient,
                            .weight = hearth_train_base_vector(frame->base, part, layer),
                            .weight_gradient =
                                hearth_full_at(frame->linear.lora, part, layer).gradient,
                            .heads = heads,
                            .width = width};
    if (call.weight_gradient == NULL) {
        share(frame, norm_rows_back, &call);
        return;
    }
    /* All rows add to the same numbers. */
    call.frame = frame;
    norm_rows_back(&call, 0, frame->rows, 0);
}

static void turn_rows(void *argument, size_t first, size_t end, unsigned member)
{
    const struct row_call *call = argument;
    const struct hearth_network *network = call->frame->attention.network;
    size_t half = network->rotary_size / 2, row_size = call->heads * network->head_size;
    (void)member;
    for (size_t row = first; row < end; row++) {
        struct hearth_turn by = {network->rotation, call->cosines + row * half,
                                 call->sines + row * half, network->rotary_size, call->direction};
        hearth_turn_row(&by, call->y + row * row_size, call->heads, network->head_size);
    }
}

static void turn(const struct hearth_layer_frame *frame, uint32_t layer, hearth_number *x,
                 size_t heads, int direction)
{
    bool windowed = frame->attention.network->windowed[layer];
    struct row_call call = {.y = x,
                            .heads = heads,
                            .cosines = frame->cosines[windowed],
                            .sines = frame->sines[windowed],
                            .direction = direction};
    share(frame, turn_rows, &call);
}

static void add_rows(void *argument, size_t first, size_t end, unsigned member)
{
    const struct row_call *call = argument;
    size_t width = call->width;
    (void)member;
    call->frame->rows_of->add(call->scale, call->y + first * width, 1, call->x + first * width,
                              (end - first) * width);
}

static void gate_rows(void *argument, size_t first, size_t end, unsigned member)
{
    const struct row_call *call = argument;
    size_t width = call->width;
    (void)member;
    call->frame->rows_of->gate(call->frame->curve, call->x + first * width,
                               call->back + first * width, (end - first) * width,
                               call->y + first * width);
}

static void gate(const struct hearth_layer_frame *frame, const struct hearth_layer_values *values)
{
    struct row_call call = {.x = values->gate,
                            .back = values->up,
                            .y = frame->scratch.gated,
                            .width = frame->attention.network->feed};
    share(frame, gate_rows, &call);
}

static void gate_rows_back(void *argument, size_t first, size_t end, unsigned member)
{
    const struct row_call *call = argument;
    size_t width = call->width, at = first * width;
    const struct hearth_layer_scratch *scratch = &call->frame->scratch;
    (void)member;
    call->frame->rows_of->gate_back(call->frame->curve, call->x + at, call->back + at,
                                    (end - first) * width, scratch->gate_back + at,
                                    scratch->up_back + at);
}

static void gate_back(const struct hearth_layer_frame *frame,
                      const struct hearth_layer_values *values)
{
    struct row_call call = {
        .x = values->gate, .back = values->up, .width = frame->attention.network->feed};
    share(frame, gate_rows_back, &call);
}

static struct hearth_linear_use use_of(const struct hearth_layer_frame *frame, uint32_t layer,
                                       const struct hearth_layer_values *values,
                                       enum hearth_module module, const hearth_number *x)
{
    return (struct hearth_linear_use){layer, module, frame->rows, x, values->low[module]};
}

static void linear(struct hearth_layer_frame *frame, uint32_t layer,
                   const struct hearth_layer_values *values, enum hearth_module module,
                   const hearth_number *x, hearth_number *y)
{
    struct hearth_linear_use use = use_of(frame, layer, values, module, x);
    hearth_linear_forward(&frame->linear, &use, y);
}

static void linear_back(struct hearth_layer_frame *frame, uint32_t layer,
                        const struct hearth_layer_values *values, enum hearth_module module,
                        const hearth_number *x, const hearth_number *y_gradient, hearth_number keep,
                        hearth_number *x_gradient)
{
    struct hearth_linear_use use = use_of(frame, layer, values, module, x);
    hearth_linear_backward(&frame->linear, &use, y_gradient, keep, x_gradient);
}

/* y = x + scale · norm(module(input)); `kept` is what the norm takes, or NULL without one. */
static void join(struct hearth_layer_frame *frame, uint32_t layer,
                 const struct hearth_layer_values *values, enum hearth_module module,
                 enum hearth_part post_norm, const hearth_number *input, hearth_number *kept,
                 const hearth_number *x, hearth_number *y)
{
    const struct hearth_network *network = frame->attention.network;
    linear(frame, layer, values, module, input, kept != NULL ? kept : y);
    if (kept != NULL)
        norm(frame, post_norm, layer, 1, network->width, kept, y);
    struct row_call call = {
        .x = x, .y = y, .width = network->width, .scale = (hearth_number)network->residual_scale};
    share(frame, add_rows, &call);
}

/* The gradient by what a module gives that joins the residual stream. */
static const hearth_number *join_back(struct hearth_layer_frame *frame, uint32_t layer,
                                      enum hearth_part post_norm, const hearth_number *kept,
                                      const hearth_number *gradient)
{
    const struct hearth_network *network = frame->attention.network;
    struct hearth_layer_scratch *scratch = &frame->scratch;
    size_t count = frame->rows * network->width;
    const hearth_number *back = gradient;
    if (network->residual_scale != 1) {
        memset(scratch->joined, 0, count * sizeof(*scratch->joined));
        frame->rows_of->add(0, scratch->joined, (hearth_number)network->residual_scale, gradient,
                            count);
        back = scratch->joined;
    }
    if (kept == NULL)
        return back;
    memset(scratch->joined_back, 0, count * sizeof(*scratch->joined_back));
    norm_back(frame, post_norm, layer, 1, network->width, kept, back, scratch->joined_back);
    return scratch->joined_back;
}

static void prepare_heads(const struct hearth_layer_frame *frame, uint32_t layer,
                          const struct hearth_layer_values *values)
{
    const struct hearth_network *network = frame->attention.network;
    size_t size = network->head_size;
    if (values->plain_q != values->q)
        norm(frame, HEARTH_PART_QUERY_NORM, layer, network->heads, size, values->plain_q,
             values->q);
    if (values->plain_k != values->k)
        norm(frame, HEARTH_PART_KEY_NORM, layer, network->key_heads, size, values->plain_k,
             values->k);
    turn(frame, layer, values->q, network->heads, 1);
    turn(frame, layer, values->k, network->key_heads, 1);
}

void hearth_layer_forward(struct hearth_layer_frame *frame, uint32_t layer,
                          const hearth_number *input, const struct hearth_layer_values *values,
                          hearth_number *output)
{
    const struct hearth_network *network = frame->attention.network;
    hearth_number *normed = frame->scratch.normed;
    norm(frame, HEARTH_PART_ATTENTION_NORM, layer, 1, network->width, input, normed);
    linear(frame, layer, values, HEARTH_MODULE_QUERY, normed, values->plain_q);
    linear(frame, layer, values, HEARTH_MODULE_KEY, normed, values->plain_k);
    linear(frame, layer, values, HEARTH_MODULE_VALUE, normed, values->v);
    prepare_heads(frame, layer, values);
    hearth_attention_forward(&frame->attention, layer, values->q, values->k, values->v,
                             values->attended);
    join(frame, layer, values, HEARTH_MODULE_OUT, HEARTH_PART_ATTENTION_POST_NORM, values->attended,
         values->out, input, values->middle);
    norm(frame, HEARTH_PART_FEED_NORM, layer, 1, network->width, values->middle, normed);
    linear(frame, layer, values, HEARTH_MODULE_GATE, normed, values->gate);
    linear(frame, layer, values, HEARTH_MODULE_UP, normed, values->up);
    gate(frame, values);
    join(frame, layer, values, HEARTH_MODULE_DOWN, HEARTH_PART_FEED_POST_NORM, frame->scratch.gated,
         values->down, values->middle, output);
}

/* From the gradient by z to that by y, in place. */
static void feed_backward(struct hearth_layer_frame *frame, uint32_t layer,
                          const struct hearth_layer_values *values, hearth_number *gradient)
{
    const struct hearth_layer_scratch *scratch = &frame->scratch;
    size_t width = frame->attention.network->width;
    const hearth_number *back =
        join_back(frame, layer, HEARTH_PART_FEED_POST_NORM, values->down, gradient);
    gate(frame, values);
    linear_back(frame, layer, values, HEARTH_MODULE_DOWN, scratch->gated, back, 0,
                scratch->gate_back);
    gate_back(frame, values);
    norm(frame, HEARTH_PART_FEED_NORM, layer, 1, width, values->middle, scratch->normed);
    linear_back(frame, layer, values, HEARTH_MODULE_GATE, scratch->normed, scratch->gate_back, 0,
                scratch->normed_back);
    linear_back(frame, layer, values, HEARTH_MODULE_UP, scratch->normed, scratch->up_back, 1,
                scratch->normed_back);
    norm_back(frame, HEARTH_PART_FEED_NORM, layer, 1, width, values->middle, scratch->normed_back,
              gradient);
}

/* From the gradient by what attention takes to that by what a module gives. */
static const hearth_number *heads_back(const struct hearth_layer_frame *frame, uint32_t layer,
                                       enum hearth_part part, size_t heads,
                                       const hearth_number *before, bool normed,
                                       hearth_number *gradient)
{
    size_t size = frame->attention.network->head_size;
    hearth_number *back = frame->scratch.plain_back;
    turn(frame, layer, gradient, heads, -1);
    if (!normed)
        return gradient;
    memset(back, 0, frame->rows * heads * size * sizeof(*back));
    norm_back(frame, part, layer, heads, size, before, gradient, back);
    return back;
}

/* From the gradient by y to that by x, in place. */
static void attention_backward(struct hearth_layer_frame *frame, uint32_t layer,
                               const hearth_number *input, const struct hearth_layer_values *values,
                               hearth_number *gradient)
{
    const struct hearth_network *network = frame->attention.network;
    const struct hearth_layer_scratch *scratch = &frame->scratch;
    size_t keys = frame->rows * network->key_heads * network->head_size;
    const hearth_number *back =
        join_back(frame, layer, HEARTH_PART_ATTENTION_POST_NORM, values->out, gradient);
    linear_back(frame, layer, values, HEARTH_MODULE_OUT, values->attended, back, 0,
                scratch->attended_back);
    memset(scratch->k_back, 0, keys * sizeof(*scratch->k_back));
    memset(scratch->v_back, 0, keys * sizeof(*scratch->v_back));
    hearth_attention_backward(&frame->attention, layer, values->q, values->k, values->v,
                              scratch->attended_back, scratch->q_back, scratch->k_back,
                              scratch->v_back);
    norm(frame, HEARTH_PART_ATTENTION_NORM, layer, 1, network->width, input, scratch->normed);
    back = heads_back(frame, layer, HEARTH_PART_QUERY_NORM, network->heads, values->plain_q,
                      values->plain_q != values->q, scratch->q_back);
    linear_back(frame, layer, values, HEARTH_MODULE_QUERY, scratch->normed, back, 0,
                scratch->normed_back);
    back = heads_back(frame, layer, HEARTH_PART_KEY_NORM, network->key_heads, values->plain_k,
                      values->plain_k != values->k, scratch->k_back);
    linear_back(frame, layer, values, HEARTH_MODULE_KEY, scratch->normed, back, 1,
                scratch->normed_back);
    linear_back(frame, layer, values, HEARTH_MODULE_VALUE, scratch->normed, scratch->v_back, 1,
                scratch->normed_back);
    norm_back(frame, HEARTH_PART_ATTENTION_NORM, layer, 1, network->width, input,
              scratch->normed_back, gradient);
}

void hearth_layer_backward(struct hearth_layer_frame *frame, uint32_t layer,
                           const hearth_number *input, const struct hearth_layer_values *values,
                           hearth_number *gradient)
{
    feed_backward(frame, layer, values, gradient);
    attention_backward(frame, layer, input, values, gradient);
}
