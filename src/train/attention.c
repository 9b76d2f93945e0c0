#include "train/attention.h"

#include <string.h>

enum { MATRICES = 3 }; /* of a block's scores, for each thread */

struct attention_call {
    const struct hearth_attention *attention;
    uint32_t layer;
    const hearth_number *q, *k, *v;
    hearth_number *out;
    const hearth_number *out_gradient;
    hearth_number *q_gradient, *k_gradient, *v_gradient;
};

/* Some queries of one head of one document, and the keys that any of them sees. */
struct block {
    size_t query, key; /* offsets of the first number */
    size_t query_stride, key_stride;
    size_t queries, keys, size;
    size_t first_query, first_key; /* in the document */
    size_t window;                 /* keys that a query sees at most; 0: any */
    hearth_number *scores, *scores_back;
    hearth_number *capped; /* scores before the softmax; only where they are capped */
};

size_t hearth_train_attention_scratch(unsigned threads, size_t longest)
{
    return (size_t)threads * MATRICES * HEARTH_ATTENTION_BLOCK * longest;
}

static struct block block_at(const struct attention_call *call, uint32_t document, uint32_t head,
                             size_t first, unsigned member)
{
    const struct hearth_attention *attention = call->attention;
    const struct hearth_network *network = attention->network;
    const uint32_t *starts = attention->batch->starts;
    size_t count = starts[document + 1] - starts[document], own = HEARTH_ATTENTION_BLOCK;
    struct block block = {.size = network->head_size, .first_query = first};
    block.window = network->windowed[call->layer] ? network->window : 0;
    block.queries = count - first < own ? count - first : own;
    if (block.window > 0 && first + 1 > block.window)
        block.first_key = first + 1 - block.window;
    block.keys = first + block.queries - block.first_key;
    block.query_stride = (size_t)network->heads * block.size;
    block.key_stride = (size_t)network->key_heads * block.size;
    block.query = (starts[document] + first) * block.query_stride + head * block.size;
    uint32_t group = network->heads / network->key_heads;
    block.key = (starts[document] + block.first_key) * block.key_stride + head / group * block.size;
    size_t matrix = HEARTH_ATTENTION_BLOCK * attention->longest;
    block.scores = attention->scores + member * MATRICES * matrix;
    block.scores_back = block.scores + matrix;
    block.capped = block.scores_back + matrix;
    return block;
}

/* The keys of the block that query number `i` of it sees: from *ret_first, so many. */
static size_t seen(const struct block *block, size_t i, size_t *ret_first)
{
    size_t end = block->first_query + i + 1;
    size_t first = block->window > 0 && end > block->window ? end - block->window : 0;
    *ret_first = first > block->first_key ? first - block->first_key : 0;
    return end - block->first_key - *ret_first;
}

static struct hearth_operand plain(const hearth_number *values, size_t stride)
{
    return (struct hearth_operand){values, stride, false};
}

static struct hearth_operand turned(const hearth_number *values, size_t stride)
{
    return (struct hearth_operand){values, stride, true};
}

static void probabilities(const struct attention_call *call, const struct block *block)
{
    const struct hearth_train_rows *rows = call->attention->rows;
    const struct hearth_network *network = call->attention->network;
    size_t keys = block->keys, first;
    hearth_multiply(&(struct hearth_product){
        block->queries, keys, block->size, plain(call->q + block->query, block->query_stride),
        turned(call->k + block->key, block->key_stride), (hearth_number)network->attention_scale, 0,
        block->scores, keys});
    for (size_t i = 0; i < block->queries; i++) {
        hearth_number *row = block->scores + i * keys;
        size_t count = seen(block, i, &first);
        if (network->attention_cap > 0) {
            rows->cap(row + first, (hearth_number)network->attention_cap, count);
            memcpy(block->capped + i * keys + first, row + first, count * sizeof(*row));
        }
        rows->soften(row + first, count);
        memset(row, 0, first * sizeof(*row));
        memset(row + first + count, 0, (keys - first - count) * sizeof(*row));
    }
}

static void forward(void *argument, size_t first, size_t end, unsigned member)
{
    const struct attention_call *call = argument;
    const struct hearth_attention *attention = call->attention;
    const uint32_t *starts = attention->batch->starts;
    for (size_t item = first; item < end; item++) {
        uint32_t document = (uint32_t)(item / attention->network->heads);
        uint32_t head = (uint32_t)(item % attention->network->heads);
        size_t count = starts[document + 1] - starts[document];
        for (size_t query = 0; query < count; query += HEARTH_ATTENTION_BLOCK) {
            struct block block = block_at(call, document, head, query, member);
            probabilities(call, &block);
            hearth_multiply(&(struct hearth_product){
                block.queries, block.size, block.keys, plain(block.scores, block.keys),
                plain(call->v + block.key, block.key_stride), 1, 0, call->out + block.query,
                block.query_stride});
        }
    }
}

void hearth_attention_forward(const struct hearth_attention *attention, uint32_t layer,
                              const hearth_number *q, const hearth_number *k,
                              const hearth_number *v, hearth_number *out)
{
    struct attention_call call = {
        .attention = attention, .layer = layer, .q = q, .k = k, .v = v, .out = out};
    hearth_crew_share(attention->crew,
                      (size_t)attention->batch->documents * attention->network->heads, 1, forward,
                      &call);
}

/* From the gradient by probabilities to that by scores, in place. */
static void scores_back(const struct attention_call *call, const struct block *block)
{
    const struct hearth_train_rows *rows = call->attention->rows;
    hearth_number limit = (hearth_number)call->attention->network->attention_cap;
    for (size_t i = 0; i < block->queries; i++) {
        hearth_number *row = block->scores_back + i * block->keys;
        size_t first, count = seen(block, i, &first), at = i * block->keys + first;
        rows->soften_back(block->scores + at, count, row + first);
        if (limit > 0)
            rows->cap_back(block->capped + at, limit, count, row + first);
        memset(row, 0, first * sizeof(*row));
        memset(row + first + count, 0, (block->keys - first - count) * sizeof(*row));
    }
}

/* dV += Pᵀ · dO; dP = dO · Vᵀ; dQ = scale · dS · K; dK += scale · dSᵀ · Q. */
static void block_back(const struct attention_call *call, const struct block *block)
{
    size_t queries = block->queries, keys = block->keys, size = block->size;
    hearth_number scale = (hearth_number)call->attention->network->attention_scale;
    struct hearth_operand out_back = plain(call->out_gradient + block->query, block->query_stride);
    probabilities(call, block);
    hearth_multiply(&(struct hearth_product){keys, size, queries, turned(block->scores, keys),
                                             out_back, 1, 1, call->v_gradient + block->key,
                                             block->key_stride});
    hearth_multiply(&(struct hearth_product){queries, keys, size, out_back,
                                             turned(call->v + block->key, block->key_stride), 1, 0,
                                             block->scores_back, keys});
    scores_back(call, block);
    hearth_multiply(&(struct hearth_product){queries, size, keys, plain(block->scores_back, keys),
                                             plain(call->k + block->key, block->key_stride), scale,
                                             0, call->q_gradient + block->query,
                                             block->query_stride});
    hearth_multiply(&(struct hearth_product){keys, size, queries, turned(block->scores_back, keys),
                                             plain(call->q + block->query, block->query_stride),
                                             scale, 1, call->k_gradient + block->key,
                                             block->key_stride});
}

/* Heads that share their keys are one item: they add to the same gradients. */
static void backward(void *argument, size_t first, size_t end, unsigned member)
{
    const struct attention_call *call = argument;
    const struct hearth_attention *attention = call->attention;
    const uint32_t *starts = attention->batch->starts;
    uint32_t key_heads = attention->network->key_heads;
    uint32_t group = attention->network->heads / key_heads;
    for (size_t item = first; item < end; item++) {
        uint32_t document = (uint32_t)(item / key_heads);
        size_t count = starts[document + 1] - starts[document];
        for (uint32_t i = 0; i < group; i++)
            for (size_t query = 0; query < count; query += HEARTH_ATTENTION_BLOCK) {
                uint32_t head = (uint32_t)(item % key_heads) * group + i;
                struct block block = block_at(call, document, head, query, member);
                block_back(call, &block);
            }
    }
}

void hearth_attention_backward(const struct hearth_attention *attention, uint32_t layer,
                               const hearth_number *q, const hearth_number *k,
                               const hearth_number *v, const hearth_number *out_gradient,
                               hearth_number *q_gradient, hearth_number *k_gradient,
                               hearth_number *v_gradient)
{
    struct attention_call call = {.attention = attention,
                                  .layer = layer,
                                  .q = q,
                                  .k = k,
                                  .v = v,
                                  .out_gradient = out_gradient,
                                  .q_gradient = q_gradient,
                                  .k_gradient = k_gradient,
                                  .v_gradient = v_gradient};
    hearth_crew_share(attention->crew,
                      (size_t)attention->batch->documents * attention->network->key_heads, 1,
                      backward, &call);
}
