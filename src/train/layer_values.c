#include "base/error.h"
#include "base/memory.h"
#include "train/layer.h"

struct place {
    hearth_number **place;
    size_t width; /* 0: there is none */
};

static int reserve(const struct place *places, size_t count, size_t rows, hearth_number **memory,
                   struct hearth_error *error)
{
    size_t width = 0;
    for (size_t i = 0; i < count; i++)
        width += places[i].width;
    *memory = hearth_try_calloc(rows, width * sizeof(**memory));
    if (*memory == NULL)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for a batch of %zu tokens", rows);
    hearth_number *next = *memory;
    for (size_t i = 0; i < count; i++) {
        *places[i].place = places[i].width > 0 ? next : NULL;
        next += places[i].width * rows;
    }
    return 0;
}

#define PLACES(list) (list), sizeof(list) / sizeof((list)[0])

int hearth_layer_values_create(struct hearth_layer_values *values,
                               const struct hearth_train_base *base, uint32_t rank, size_t rows,
                               struct hearth_error *error)
{
    const struct hearth_network *network = hearth_train_base_network(base);
    size_t width = network->width, queries = (size_t)network->heads * network->head_size;
    size_t keys = (size_t)network->key_heads * network->head_size, feed = network->feed;
    bool norms_q = hearth_train_base_vector(base, HEARTH_PART_QUERY_NORM, 0) != NULL;
    bool norms_k = hearth_train_base_vector(base, HEARTH_PART_KEY_NORM, 0) != NULL;
    bool norms_out = hearth_train_base_vector(base, HEARTH_PART_ATTENTION_POST_NORM, 0) != NULL;
    bool norms_down = hearth_train_base_vector(base, HEARTH_PART_FEED_POST_NORM, 0) != NULL;
    struct place all[11 + HEARTH_MODULES] = {
        {&values->q, queries},
        {&values->k, keys},
        {&values->v, keys},
        {&values->plain_q, norms_q ? queries : 0},
        {&values->plain_k, norms_k ? keys : 0},
        {&values->attended, queries},
        {&values->out, norms_out ? width : 0},
        {&values->middle, width},
        {&values->gate, feed},
        {&values->up, feed},
        {&values->down, norms_down ? width : 0},
    };
    for (enum hearth_module module = 0; module < HEARTH_MODULES; module++)
        all[11 + module] = (struct place){&values->low[module], rank};
    int rc = reserve(PLACES(all), rows, &values->memory, error);
    values->plain_q = norms_q ? values->plain_q : values->q;
    values->plain_k = norms_k ? values->plain_k : values->k;
    return rc;
}

void hearth_layer_values_destroy(struct hearth_layer_values *values)
{
    hearth_free(values->memory);
    *values = (struct hearth_layer_values){0};
}

int hearth_layer_scratch_create(struct hearth_layer_scratch *scratch,
                                const struct hearth_network *network, size_t rows,
                                struct hearth_error *error)
{
    size_t width = network->width, queries = (size_t)network->heads * network->head_size;
    size_t keys = (size_t)network->key_heads * network->head_size, feed = network->feed;
    const struct place all[] = {
        {&scratch->normed, width},
        {&scratch->normed_back, width},
        {&scratch->joined, width},
        {&scratch->joined_back, width},
        {&scratch->gated, feed},
        {&scratch->gate_back, feed},
        {&scratch->up_back, feed},
        {&scratch->q_back, queries},
        {&scratch->k_back, keys},
        {&scratch->v_back, keys},
        {&scratch->attended_back, queries},
        {&scratch->plain_back, queries},
    };
    return reserve(PLACES(all), rows, &scratch->memory, error);
}

void hearth_layer_scratch_destroy(struct hearth_layer_scratch *scratch)
{
    hearth_free(scratch->memory);
    *scratch = (struct hearth_layer_scratch){0};
}
