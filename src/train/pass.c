#include "train/pass.h"

#include "base/error.h"
#include "base/memory.h"
#include "train/layer.h"
#include "train/loss.h"
#include "train/rows.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

struct hearth_train_pass {
    struct hearth_train_pass_params params;
    const struct hearth_network *network;
    struct hearth_layer_frame frame;
    struct hearth_layer_values *kept; /* of each layer, or one for all in turn */
    uint32_t kept_count;
    hearth_number *states; /* [layers + 1][tokens × width]: each layer's input, the last output */
    hearth_number *normed, *normed_gradient, *gradient; /* [tokens × width] */
    struct hearth_loss_tile tile;
};

static hearth_number *states_of(const struct hearth_train_pass *pass, uint32_t layer)
{
    return pass->states + (size_t)layer * pass->params.tokens * pass->network->width;
}

static const struct hearth_layer_values *kept_of(const struct hearth_train_pass *pass,
                                                 uint32_t layer)
{
    return &pass->kept[layer % pass->kept_count];
}

static int reserve(struct hearth_train_pass *pass, struct hearth_error *error)
{
    const struct hearth_network *network = pass->network;
    struct hearth_layer_frame *frame = &pass->frame;
    size_t tokens = pass->params.tokens, longest = pass->params.document_tokens;
    size_t row = network->width * sizeof(hearth_number);
    size_t angles = network->rotary_size / 2 * sizeof(float) + 1;
    struct {
        void *place;
        size_t count, size;
    } all[] = {
        {&pass->states, (network->layers + 1) * tokens, row},
        {&pass->normed, tokens, row},
        {&pass->normed_gradient, tokens, row},
        {&pass->gradient, tokens, row},
        {&pass->tile.states, HEARTH_LOSS_TILE, row},
        {&pass->tile.logits, HEARTH_LOSS_TILE, network->vocabulary * sizeof(hearth_number)},
        {&frame->cosines, tokens, angles},
        {&frame->sines, tokens, angles},
        {&frame->attention.scores, longest, longest * sizeof(hearth_number)},
        {&frame->attention.scores_back, longest, longest * sizeof(hearth_number)},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        void *memory = hearth_try_calloc(all[i].count, all[i].size);
        if (memory == NULL)
            return hearth_error_set(error, HEARTH_ENOMEM, "no memory for a batch of %zu tokens",
                                    tokens);
        memcpy(all[i].place, &memory, sizeof(memory));
    }
    return 0;
}

int hearth_train_pass_create(struct hearth_train_base *base, struct hearth_lora *lora,
                             const struct hearth_train_pass_params *params,
                             struct hearth_train_pass **ret_pass, struct hearth_error *error)
{
    struct hearth_train_pass *pass = hearth_calloc(1, sizeof(*pass));
    pass->params = *params;
    pass->network = hearth_train_base_network(base);
    pass->frame.base = base;
    pass->frame.attention.network = pass->network;
    pass->kept_count = params->checkpoints ? 1 : pass->network->layers;
    pass->kept = hearth_calloc(pass->kept_count, sizeof(*pass->kept));
    int rc = reserve(pass, error);
    if (rc == 0)
        rc = hearth_linear_init(&pass->frame.linear, base, lora, params->tokens, error);
    if (rc == 0)
        rc = hearth_layer_values_create(&pass->frame.gradients, pass->network, params->tokens,
                                        error);
    for (uint32_t i = 0; rc == 0 && i < pass->kept_count; i++)
        rc = hearth_layer_values_create(&pass->kept[i], pass->network, params->tokens, error);
    if (rc == 0)
        *ret_pass = pass;
    else
        hearth_train_pass_destroy(pass);
    return rc;
}

void hearth_train_pass_destroy(struct hearth_train_pass *pass)
{
    if (pass == NULL)
        return;
    for (uint32_t i = 0; i < pass->kept_count; i++)
        hearth_layer_values_destroy(&pass->kept[i]);
    hearth_layer_values_destroy(&pass->frame.gradients);
    hearth_linear_finish(&pass->frame.linear);
    hearth_free(pass->kept);
    hearth_free(pass->states);
    hearth_free(pass->normed);
    hearth_free(pass->normed_gradient);
    hearth_free(pass->gradient);
    hearth_free(pass->tile.states);
    hearth_free(pass->tile.logits);
    hearth_free(pass->frame.cosines);
    hearth_free(pass->frame.sines);
    hearth_free(pass->frame.attention.scores);
    hearth_free(pass->frame.attention.scores_back);
    hearth_free(pass);
}

static int check_batch(const struct hearth_train_pass *pass, const struct hearth_train_batch *batch,
                       struct hearth_error *error)
{
    int64_t vocabulary = pass->network->vocabulary;
    if (batch->documents < 1 || batch->starts[0] != 0)
        return hearth_error_set(error, HEARTH_EINVAL, "a batch has no document");
    for (uint32_t i = 0; i < batch->documents; i++) {
        uint32_t first = batch->starts[i], end = batch->starts[i + 1];
        if (end <= first || end - first > pass->params.document_tokens || end > pass->params.tokens)
            return hearth_error_set(error, HEARTH_EINVAL,
                                    "document %" PRIu32 " of a batch is empty or too long", i);
    }
    for (uint32_t i = 0; i < batch->starts[batch->documents]; i++)
        if (batch->tokens[i] < 0 || batch->tokens[i] >= vocabulary ||
            batch->labels[i] < HEARTH_TRAIN_UNLABELED || batch->labels[i] >= vocabulary)
            return hearth_error_set(error, HEARTH_EINVAL,
                                    "token %" PRIu32 " of a batch is not in the vocabulary", i);
    return 0;
}

static void begin(struct hearth_train_pass *pass, const struct hearth_train_batch *batch,
                  bool learns)
{
    struct hearth_layer_frame *frame = &pass->frame;
    const struct hearth_network *network = pass->network;
    size_t half = network->rotary_size / 2;
    const float *frequencies = hearth_train_base_frequencies(frame->base);
    frame->rows = batch->starts[batch->documents];
    frame->attention.batch = batch;
    frame->linear.batch_number = batch->number;
    frame->linear.drops = learns;
    for (uint32_t document = 0; document < batch->documents; document++)
        for (uint32_t row = batch->starts[document]; row < batch->starts[document + 1]; row++)
            hearth_rotary_angles(row - batch->starts[document], frequencies, half,
                                 network->rotary.magnitude, frame->cosines + row * half,
                                 frame->sines + row * half);
    for (size_t row = 0; row < frame->rows; row++)
        hearth_train_base_embedding(frame->base, batch->tokens[row],
                                    states_of(pass, 0) + row * network->width);
}

static int forward(struct hearth_train_pass *pass, struct hearth_error *error)
{
    const struct hearth_network *network = pass->network;
    struct hearth_layer_frame *frame = &pass->frame;
    size_t count = frame->rows * network->width;
    for (uint32_t layer = 0; layer < network->layers; layer++) {
        hearth_layer_forward(frame, layer, states_of(pass, layer), kept_of(pass, layer),
                             states_of(pass, layer + 1));
        if (!hearth_numbers_are_finite(states_of(pass, layer + 1), count))
            return hearth_error_set(error, HEARTH_EINTERNAL,
                                    "layer %" PRIu32 ": its result is not finite; a lower "
                                    "learning rate may help",
                                    layer);
    }
    hearth_norm_forward(states_of(pass, network->layers),
                        hearth_train_base_norm(frame->base, HEARTH_TRAIN_FINAL_NORM, 0),
                        network->norm_epsilon, frame->rows, network->width, pass->normed);
    return 0;
}

/* From the gradient by the normed states down through all layers. */
static void backward(struct hearth_train_pass *pass)
{
    const struct hearth_network *network = pass->network;
    struct hearth_layer_frame *frame = &pass->frame;
    memset(pass->gradient, 0, frame->rows * network->width * sizeof(*pass->gradient));
    hearth_norm_backward(states_of(pass, network->layers),
                         hearth_train_base_norm(frame->base, HEARTH_TRAIN_FINAL_NORM, 0),
                         network->norm_epsilon, frame->rows, network->width, pass->normed_gradient,
                         pass->gradient);
    for (uint32_t layer = network->layers; layer-- > 0;) {
        if (pass->params.checkpoints)
            hearth_layer_forward(frame, layer, states_of(pass, layer), kept_of(pass, layer),
                                 states_of(pass, layer + 1));
        hearth_layer_backward(frame, layer, states_of(pass, layer), kept_of(pass, layer),
                              pass->gradient);
    }
}

static int run(struct hearth_train_pass *pass, const struct hearth_train_batch *batch, bool learns,
               double weight, double *ret_loss, struct hearth_error *error)
{
    int rc = check_batch(pass, batch, error);
    if (rc != 0)
        return rc;
    begin(pass, batch, learns);
    if ((rc = forward(pass, error)) != 0)
        return rc;
    size_t bytes = pass->frame.rows * pass->network->width * sizeof(*pass->normed_gradient);
    memset(pass->normed_gradient, 0, bytes);
    double loss = hearth_loss_sum(pass->frame.base, batch, &pass->tile, pass->normed, weight,
                                  learns ? pass->normed_gradient : NULL);
    if (!isfinite(loss))
        return hearth_error_set(error, HEARTH_EINTERNAL, "the loss is not finite");
    if (learns)
        backward(pass);
    rc = learns ? hearth_lora_check(pass->frame.linear.lora, error) : 0;
    if (rc == 0)
        *ret_loss = loss;
    return rc;
}

int hearth_train_pass_evaluate(struct hearth_train_pass *pass,
                               const struct hearth_train_batch *batch, double *ret_loss,
                               struct hearth_error *error)
{
    return run(pass, batch, false, 0, ret_loss, error);
}

int hearth_train_pass_learn(struct hearth_train_pass *pass, const struct hearth_train_batch *batch,
                            double weight, double *ret_loss, struct hearth_error *error)
{
    return run(pass, batch, true, weight, ret_loss, error);
}
