#include "train/loss.h"

#include <string.h>
#include <tgmath.h>

/* −ln softmax(logits)[label]; logits become weight · (softmax − one at the label). */
static double row_loss(hearth_number *logits, size_t count, int32_t label, double weight)
{
    hearth_number most = logits[0];
    double sum = 0, own = (double)logits[label];
    for (size_t i = 1; i < count; i++)
        most = logits[i] > most ? logits[i] : most;
    for (size_t i = 0; i < count; i++) {
        logits[i] = exp(logits[i] - most);
        sum += (double)logits[i];
    }
    hearth_number factor = (hearth_number)(weight / sum);
    for (size_t i = 0; i < count; i++)
        logits[i] *= factor;
    logits[label] -= (hearth_number)weight;
    return log(sum) + (double)most - own;
}

struct tile_rows {
    uint32_t rows[HEARTH_LOSS_TILE];
    size_t count;
};

static double tile_loss(const hearth_number *head, const struct hearth_network *network,
                        const struct hearth_train_batch *batch, const struct hearth_loss_tile *tile,
                        const struct tile_rows *taken, double weight, hearth_number *gradient)
{
    size_t width = network->width, vocabulary = network->vocabulary;
    double sum = 0;
    hearth_product(taken->count, vocabulary, width, 1,
                   (struct hearth_operand){tile->states, width, false},
                   (struct hearth_operand){head, width, true}, 0, tile->logits, vocabulary);
    for (size_t i = 0; i < taken->count; i++)
        sum += row_loss(tile->logits + i * vocabulary, vocabulary, batch->labels[taken->rows[i]],
                        weight);
    if (gradient == NULL)
        return sum;
    hearth_product(taken->count, width, vocabulary, 1,
                   (struct hearth_operand){tile->logits, vocabulary, false},
                   (struct hearth_operand){head, width, false}, 0, tile->states, width);
    for (size_t i = 0; i < taken->count; i++)
        memcpy(gradient + taken->rows[i] * width, tile->states + i * width,
               width * sizeof(*gradient));
    return sum;
}

double hearth_loss_sum(struct hearth_train_base *base, const struct hearth_train_batch *batch,
                       const struct hearth_loss_tile *tile, const hearth_number *states,
                       double weight, hearth_number *gradient)
{
    const struct hearth_network *network = hearth_train_base_network(base);
    const hearth_number *head = hearth_train_base_head(base);
    uint32_t tokens = batch->starts[batch->documents];
    struct tile_rows taken = {.count = 0};
    double sum = 0;
    for (uint32_t row = 0; row < tokens; row++) {
        if (batch->labels[row] != HEARTH_TRAIN_UNLABELED) {
            memcpy(tile->states + taken.count * network->width,
                   states + (size_t)row * network->width, network->width * sizeof(*states));
            taken.rows[taken.count++] = row;
        }
        if (taken.count == HEARTH_LOSS_TILE || (row + 1 == tokens && taken.count > 0)) {
            sum += tile_loss(head, network, batch, tile, &taken, weight, gradient);
            taken.count = 0;
        }
    }
    return sum;
}
