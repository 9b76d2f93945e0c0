#include "train/pass.h"

#include "base/error.h"
#include "base/memory.h"
#include "train/full.h"
#include "train/layer.h"
#include "train/loss.h"
#include "train/rows.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum {
    TOKENS_TOGETHER = 512,       /* of a batch, unless one document has more */
    TILE_BYTES = 64 << 20,       /* of logits */
    SMALL_TILE_BYTES = 32 << 20, /* where memory is dear */
};

struct hearth_train_pass {
    struct hearth_train_pass_params params;
    size_t together; /* tokens that go through the layers at once */
    const struct hearth_network *network;
    struct hearth_crew *crew;
    struct hearth_layer_frame frame;
    struct hearth_layer_values *kept; /* of each layer, or one for all in turn */
    uint32_t kept_count;
    hearth_number *states; /* [layers + 1][together × width]: layers' inputs, the last output */
    hearth_number *normed, *normed_gradient, *gradient; /* [together × width] */
    struct hearth_loss_tile tile;
};

static hearth_number *states_of(const struct hearth_train_pass *pass, uint32_t layer)
{
    return pass->states + (size_t)layer * pass->together * pass->network->width;
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
    size_t tokens = pass->together, row = network->width * sizeof(hearth_number);
    size_t angles = network->rotary_size / 2 * sizeof(float) + 1;
    size_t scores =
        hearth_train_attention_scratch(hearth_crew_size(pass->crew), pass->params.document_tokens);
    struct {
        void *place;
        size_t count, size;
    } all[] = {
        {&pass->states, (network->layers + 1) * tokens, row},
        {&pass->normed, tokens, row},
        {&pass->normed_gradient, tokens, row},
        {&pass->gradient, tokens, row},
        {&frame->cosines[0], tokens, angles},
        {&frame->sines[0], tokens, angles},
        {&frame->cosines[1], tokens, angles},
        {&frame->sines[1], tokens, angles},
        {&frame->attention.scores, scores, sizeof(hearth_number)},
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

/* Everything that has its own way to be made. */
static int make_parts(struct hearth_train_pass *pass, struct hearth_train_base *base,
                      struct hearth_lora *lora, struct hearth_error *error)
{
    size_t together = pass->together;
    size_t tile = pass->params.checkpoints ? SMALL_TILE_BYTES : TILE_BYTES;
    int rc = reserve(pass, error);
    if (rc == 0)
        rc = hearth_linear_init(&pass->frame.linear, base, lora, pass->crew, together, error);
    if (rc == 0)
        rc = hearth_loss_tile_init(&pass->tile, pass->network, pass->crew, together, tile, error);
    if (rc == 0)
        pass->tile.lora = lora;
    if (rc == 0)
        rc = hearth_layer_scratch_create(&pass->frame.scratch, pass->network, together, error);
    for (uint32_t i = 0; rc == 0 && i < pass->kept_count; i++)
        rc = hearth_layer_values_create(&pass->kept[i], base, lora->params.rank, together, error);
    return rc;
}

static struct hearth_gate_curve curve_of(const struct hearth_network *network)
{
    const hearth_number slope = (hearth_number)1.5957691216057308; /* 2√(2/π) */
    if (network->architecture->activation == HEARTH_ACTIVATION_SILU)
        return (struct hearth_gate_curve){1, 0};
    return (struct hearth_gate_curve){slope, slope * (hearth_number)0.044715};
}

int hearth_train_pass_create(struct hearth_train_base *base, struct hearth_lora *lora,
                             const struct hearth_train_pass_params *params,
                             struct hearth_train_pass **ret_pass, struct hearth_error *error)
{
    struct hearth_train_pass *pass = hearth_calloc(1, sizeof(*pass));
    struct hearth_layer_frame *frame = &pass->frame;
    pass->params = *params;
    pass->together = params->tokens < TOKENS_TOGETHER ? params->tokens : TOKENS_TOGETHER;
    if (pass->together < params->document_tokens)
        pass->together = params->document_tokens;
    pass->network = hearth_train_base_network(base);
    pass->kept_count = params->checkpoints ? 1 : pass->network->layers;
    pass->kept = hearth_calloc(pass->kept_count, sizeof(*pass->kept));
    int rc = hearth_crew_create(params->threads, &pass->crew, error);
    if (rc == 0) {
        frame->base = base;
        frame->crew = pass->crew;
        frame->rows_of = hearth_train_rows();
        frame->curve = curve_of(pass->network);
        frame->attention = (struct hearth_attention){.network = pass->network,
                                                     .rows = frame->rows_of,
                                                     .crew = pass->crew,
                                                     .longest = params->document_tokens};
        rc = make_parts(pass, base, lora, error);
    }
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
    hearth_layer_scratch_destroy(&pass->frame.scratch);
    hearth_linear_finish(&pass->frame.linear);
    hearth_loss_tile_finish(&pass->tile);
    hearth_free(pass->kept);
    hearth_free(pass->states);
    hearth_free(pass->normed);
    hearth_free(pass->normed_gradient);
    hearth_free(pass->gradient);
    for (int i = 0; i < 2; i++) {
        hearth_free(pass->frame.cosines[i]);
        hearth_free(pass->frame.sines[i]);
    }
    hearth_free(pass->frame.attention.scores);
    hearth_crew_destroy(pass->crew);
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

/* Angles of both kinds of layers for all rows. */
static void turn_by(struct hearth_train_pass *pass, const struct hearth_train_batch *batch)
{
    struct hearth_layer_frame *frame = &pass->frame;
    const struct hearth_network *network = pass->network;
    size_t half = network->rotary_size / 2;
    for (int windowed = 0; windowed < 2; windowed++) {
        const float *frequencies = hearth_train_base_frequencies(frame->base, windowed);
        float magnitude = windowed ? network->windowed_rotary.magnitude : network->rotary.magnitude;
        for (uint32_t document = 0; document < batch->documents; document++)
            for (uint32_t row = batch->starts[document]; row < batch->starts[document + 1]; row++)
                hearth_rotary_angles(row - batch->starts[document], frequencies, half, magnitude,
                                     frame->cosines[windowed] + row * half,
                                     frame->sines[windowed] + row * half);
    }
}

static void begin(struct hearth_train_pass *pass, const struct hearth_train_batch *batch,
                  size_t first_row, bool learns)
{
    struct hearth_layer_frame *frame = &pass->frame;
    frame->rows = batch->starts[batch->documents];
    frame->attention.batch = batch;
    frame->linear.batch_number = batch->number;
    frame->linear.first_row = first_row;
    frame->linear.drops = learns;
    turn_by(pass, batch);
    for (uint32_t row = 0; row < frame->rows; row++)
        hearth_train_base_embedding(frame->base, batch->tokens[row],
                                    states_of(pass, 0) + row * pass->network->width);
}

struct final_norm {
    const struct hearth_train_pass *pass;
    const hearth_number *x, *weight;
    hearth_number *weight_gradient;
};

static void final_norm_rows(void *argument, size_t first, size_t end, unsigned member)
{
    const struct final_norm *norm = argument;
    size_t width = norm->pass->network->width;
    (void)member;
    for (size_t i = first; i < end; i++)
        norm->pass->frame.rows_of->norm(norm->x + i * width, norm->weight,
                                        (hearth_number)norm->pass->network->norm_epsilon, width,
                                        norm->pass->normed + i * width);
}

static void final_norm_back(void *argument, size_t first, size_t end, unsigned member)
{
    const struct final_norm *norm = argument;
    size_t width = norm->pass->network->width;
    (void)member;
    for (size_t i = first; i < end; i++)
        norm->pass->frame.rows_of->norm_back(
            norm->x + i * width, norm->weight, (hearth_number)norm->pass->network->norm_epsilon,
            width, norm->pass->normed_gradient + i * width, norm->pass->gradient + i * width,
            norm->weight_gradient);
}

static void final_norm(struct hearth_train_pass *pass, hearth_crew_work *work, bool alone)
{
    struct final_norm norm = {
        pass, states_of(pass, pass->network->layers),
        hearth_train_base_vector(pass->frame.base, HEARTH_PART_FINAL_NORM, 0),
        hearth_full_at(pass->frame.linear.lora, HEARTH_PART_FINAL_NORM, 0).gradient};
    if (alone && norm.weight_gradient != NULL)
        work(&norm, 0, pass->frame.rows, 0);
    else
        hearth_crew_share(pass->crew, pass->frame.rows, 1, work, &norm);
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
    final_norm(pass, final_norm_rows, false);
    return 0;
}

/* Where the embeddings are trained: rows of the same token add to the same numbers. */
static void embedding_back(struct hearth_train_pass *pass)
{
    const struct hearth_train_batch *batch = pass->frame.attention.batch;
    size_t width = pass->network->width;
    struct hearth_full_tensor embedding =
        hearth_full_at(pass->frame.linear.lora, HEARTH_PART_EMBEDDING, 0);
    for (size_t i = 0; embedding.gradient != NULL && i < pass->frame.rows; i++)
        pass->frame.rows_of->add(1, embedding.gradient + (size_t)batch->tokens[i] * width,
                                 (hearth_number)pass->network->embedding_scale,
                                 pass->gradient + i * width, width);
}

/* From the gradient by the normed states down through all layers. */
static void backward(struct hearth_train_pass *pass)
{
    const struct hearth_network *network = pass->network;
    struct hearth_layer_frame *frame = &pass->frame;
    memset(pass->gradient, 0, frame->rows * network->width * sizeof(*pass->gradient));
    final_norm(pass, final_norm_back, true);
    for (uint32_t layer = network->layers; layer-- > 0;) {
        if (pass->params.checkpoints)
            hearth_layer_forward(frame, layer, states_of(pass, layer), kept_of(pass, layer),
                                 states_of(pass, layer + 1));
        hearth_layer_backward(frame, layer, states_of(pass, layer), kept_of(pass, layer),
                              pass->gradient);
    }
    embedding_back(pass);
}

/* Some documents of a batch, as a batch: what was said there of the whole holds here. */
static int run_some(struct hearth_train_pass *pass, const struct hearth_train_batch *batch,
                    size_t first_row, bool learns, double weight, double *ret_loss,
                    struct hearth_error *error)
{
    begin(pass, batch, first_row, learns);
    int rc = forward(pass, error);
    if (rc != 0)
        return rc;
    size_t bytes = pass->frame.rows * pass->network->width * sizeof(*pass->normed_gradient);
    memset(pass->normed_gradient, 0, bytes);
    double loss = hearth_loss_sum(pass->frame.base, batch, &pass->tile, pass->normed, weight,
                                  learns ? pass->normed_gradient : NULL);
    if (!isfinite(loss))
        return hearth_error_set(error, HEARTH_EINTERNAL, "the loss is not finite");
    if (learns)
        backward(pass);
    *ret_loss = loss;
    return 0;
}

struct run {
    struct hearth_train_pass *pass;
    const struct hearth_train_batch *batch;
    bool learns;
    double weight, loss;
    struct hearth_error *error;
    int rc;
};

/* As many documents at a time as fit; gradients add up. */
static void lead(void *argument)
{
    struct run *run = argument;
    struct hearth_train_pass *pass = run->pass;
    const struct hearth_train_batch *batch = run->batch;
    uint32_t *starts = hearth_calloc((size_t)batch->documents + 1, sizeof(*starts)), end;
    for (uint32_t first = 0; run->rc == 0 && first < batch->documents; first = end) {
        uint32_t row = batch->starts[first];
        end = first;
        do {
            end++;
            starts[end - first] = batch->starts[end] - row;
        } while (end < batch->documents && batch->starts[end + 1] - row <= pass->together);
        struct hearth_train_batch some = {batch->tokens + row, batch->labels + row, starts,
                                          end - first, batch->number};
        double loss = 0;
        run->rc = run_some(pass, &some, row, run->learns, run->weight, &loss, run->error);
        run->loss += loss;
    }
    hearth_free(starts);
}

static int run(struct hearth_train_pass *pass, const struct hearth_train_batch *batch, bool learns,
               double weight, double *ret_loss, struct hearth_error *error)
{
    int rc = check_batch(pass, batch, error);
    if (rc != 0)
        return rc;
    struct run run = {pass, batch, learns, weight, 0, error, 0};
    hearth_crew_run(pass->crew, lead, &run);
    rc = run.rc;
    if (rc == 0 && learns)
        rc = hearth_lora_check(pass->frame.linear.lora, error);
    if (rc == 0)
        *ret_loss = run.loss;
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
