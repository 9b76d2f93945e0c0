#include "train/loss.h"

#include "base/error.h"
#include "base/memory.h"
#include "train/full.h"

#include <string.h>

enum { ROW_STEP = 16 };

struct loss_call {
    const struct hearth_network *network;
    const struct hearth_loss_tile *tile;
    const struct hearth_train_batch *batch;
    const hearth_number *bias; /* of the head, or NULL */
    /* By head and bias; NULL: they are not trained. */
    hearth_number *head_gradient, *bias_gradient;
    double weight;
};

int hearth_loss_tile_init(struct hearth_loss_tile *tile, const struct hearth_network *network,
                          struct hearth_crew *crew, size_t tokens, size_t bytes,
                          struct hearth_error *error)
{
    size_t row = (size_t)network->vocabulary * sizeof(hearth_number);
    size_t most = bytes / row / ROW_STEP * ROW_STEP;
    most = most < ROW_STEP ? ROW_STEP : most;
    *tile = (struct hearth_loss_tile){.rows_of = hearth_train_rows(), .crew = crew};
    tile->most = most < tokens ? most : tokens;
    tile->states = hearth_try_calloc(tile->most, network->width * sizeof(*tile->states));
    tile->logits = hearth_try_calloc(tile->most, row);
    tile->capped = hearth_try_calloc(network->logit_cap > 0 ? hearth_crew_size(crew) : 1, row);
    tile->rows = hearth_try_calloc(tile->most, sizeof(*tile->rows));
    tile->losses = hearth_try_calloc(tile->most, sizeof(*tile->losses));
    if (tile->states != NULL && tile->logits != NULL && tile->capped != NULL &&
        tile->rows != NULL && tile->losses != NULL)
        return 0;
    hearth_loss_tile_finish(tile);
    return hearth_error_set(error, HEARTH_ENOMEM, "no memory for logits of %zu tokens", most);
}

void hearth_loss_tile_finish(struct hearth_loss_tile *tile)
{
    hearth_free(tile->states);
    hearth_free(tile->logits);
    hearth_free(tile->capped);
    hearth_free(tile->rows);
    hearth_free(tile->losses);
    *tile = (struct hearth_loss_tile){0};
}

/* −ln softmax(logits)[label]; logits become weight · (softmax − one at the label). */
static double row_loss(const struct loss_call *call, hearth_number *logits, int32_t label,
                       hearth_number *capped)
{
    const struct hearth_train_rows *rows_of = call->tile->rows_of;
    size_t count = call->network->vocabulary;
    hearth_number limit = (hearth_number)call->network->logit_cap;
    double sum;
    if (call->bias != NULL)
        rows_of->add(1, logits, 1, call->bias, count);
    if (limit > 0) {
        rows_of->cap(logits, limit, count);
        memcpy(capped, logits, count * sizeof(*logits));
    }
    double own = (double)logits[label], whole = rows_of->exponents(logits, count, &sum);
    rows_of->add((hearth_number)(call->weight / sum), logits, 0, logits, count);
    logits[label] -= (hearth_number)call->weight;
    if (limit > 0)
        rows_of->cap_back(capped, limit, count, logits);
    return whole - own;
}

static void rows_loss(void *argument, size_t first, size_t end, unsigned member)
{
    const struct loss_call *call = argument;
    size_t count = call->network->vocabulary;
    for (size_t i = first; i < end; i++) {
        int32_t label = call->batch->labels[call->tile->rows[i]];
        call->tile->losses[i] = row_loss(call, call->tile->logits + i * count, label,
                                         call->tile->capped + member * count);
    }
}

static void head_back(const struct loss_call *call, size_t taken)
{
    const struct hearth_loss_tile *tile = call->tile;
    size_t width = call->network->width, vocabulary = call->network->vocabulary;
    if (call->head_gradient != NULL)
        hearth_crew_product(tile->crew, &(struct hearth_product){
                                            vocabulary, width, taken,
                                            (struct hearth_operand){tile->logits, vocabulary, true},
                                            (struct hearth_operand){tile->states, width, false},
                                            (hearth_number)call->network->logit_scale, 1,
                                            call->head_gradient, width});
    for (size_t i = 0; call->bias_gradient != NULL && i < taken; i++)
        tile->rows_of->add(1, call->bias_gradient, 1, tile->logits + i * vocabulary, vocabulary);
}

static double tile_loss(const struct loss_call *call, const hearth_number *head, size_t taken,
                        hearth_number *gradient)
{
    const struct hearth_loss_tile *tile = call->tile;
    size_t width = call->network->width, vocabulary = call->network->vocabulary;
    hearth_number scale = (hearth_number)call->network->logit_scale;
    double sum = 0;
    hearth_crew_product(
        tile->crew, &(struct hearth_product){taken, vocabulary, width,
                                             (struct hearth_operand){tile->states, width, false},
                                             (struct hearth_operand){head, width, true}, scale, 0,
                                             tile->logits, vocabulary});
    hearth_crew_share(tile->crew, taken, 1, rows_loss, (void *)call);
    for (size_t i = 0; i < taken; i++)
        sum += tile->losses[i];
    if (gradient == NULL)
        return sum;
    head_back(call, taken);
    hearth_crew_product(tile->crew, &(struct hearth_product){
                                        taken, width, vocabulary,
                                        (struct hearth_operand){tile->logits, vocabulary, false},
                                        (struct hearth_operand){head, width, false}, scale, 0,
                                        tile->states, width});
    for (size_t i = 0; i < taken; i++)
        memcpy(gradient + tile->rows[i] * width, tile->states + i * width,
               width * sizeof(*gradient));
    return sum;
}

double hearth_loss_sum(struct hearth_train_base *base, const struct hearth_train_batch *batch,
                       const struct hearth_loss_tile *tile, const hearth_number *states,
                       double weight, hearth_number *gradient)
{
    const struct hearth_network *network = hearth_train_base_network(base);
    const hearth_number *bias = hearth_train_base_vector(base, HEARTH_PART_HEAD_BIAS, 0);
    struct loss_call call = {
        .network = network, .tile = tile, .batch = batch, .bias = bias, .weight = weight};
    if (tile->lora != NULL) {
        enum hearth_part part = hearth_train_base_head_part(base);
        call.head_gradient = hearth_full_at(tile->lora, part, 0).gradient;
        call.bias_gradient = hearth_full_at(tile->lora, HEARTH_PART_HEAD_BIAS, 0).gradient;
    }
    const hearth_number *head = hearth_train_base_head(base, tile->crew);
    uint32_t tokens = batch->starts[batch->documents];
    size_t taken = 0;
    double sum = 0;
    for (uint32_t row = 0; row < tokens; row++) {
        if (batch->labels[row] != HEARTH_TRAIN_UNLABELED) {
            memcpy(tile->states + taken * network->width, states + (size_t)row * network->width,
                   network->width * sizeof(*states));
            tile->rows[taken++] = row;
        }
        if (taken == tile->most || (row + 1 == tokens && taken > 0)) {
            sum += tile_loss(&call, head, taken, gradient);
            taken = 0;
        }
    }
    return sum;
}
