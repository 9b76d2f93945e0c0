/* The attention half of a layer. Where a head is a strip of a product, the product finishes it: the
 * bias, the norm of heads, the rotation, and for keys and values the place in their page. Otherwise
 * rows are stored as they come and finished in a phase of their own. */
#include "network/decoder_private.h"

#include <string.h>

struct heads {
    const struct hearth_pass *pass;
    const struct hearth_decoder *decoder;
    const struct hearth_layer_weights *weights;
    uint32_t layer;
    const float *cosines, *sines;
    struct hearth_packed_set *to; /* what attention gives, for the product that reads it */
};

static void add_bias(float *values, const float *bias, size_t count)
{
    for (size_t i = 0; bias != NULL && i < count; i++)
        values[i] += bias[i];
}

static void norm_values(const struct hearth_decoder *decoder, const float *weight, size_t width,
                        float *values)
{
    const struct hearth_network *network = &decoder->network;
    if (network->architecture->norm == HEARTH_NORM_RMS)
        decoder->ops->rms_norm(values, weight, network->norm_epsilon, width, values);
    else
        decoder->ops->layer_norm(values, weight, NULL, network->norm_epsilon, width, values);
}

/* Norm and rotation of one head of Q or K. */
static void turn_head(const struct heads *heads, size_t row, size_t head, const float *norm,
                      float *values)
{
    const struct hearth_decoder *decoder = heads->decoder;
    const struct hearth_network *network = &decoder->network;
    enum hearth_head_norm kind = network->architecture->head_norm;
    size_t size = network->head_size, angles = network->rotary_size / 2;
    if (norm != NULL && kind != HEARTH_HEAD_NORM_WHOLE)
        norm_values(decoder, kind == HEARTH_HEAD_NORM_EACH ? norm + head * size : norm, size,
                    values);
    decoder->ops->rotate(values, network->architecture->rotary, heads->cosines + row * angles,
                         heads->sines + row * angles, network->rotary_size);
}

static void *page_of(const struct heads *heads, const struct hearth_pass_row *row)
{
    return hearth_kv_cache_page(&heads->decoder->cache, row->page, heads->layer);
}

static void put_query(const struct heads *heads, size_t row, size_t head, float *values)
{
    const struct hearth_network *network = &heads->decoder->network;
    size_t size = network->head_size;
    float *to = heads->decoder->space.query + (row * network->heads + head) * size;
    turn_head(heads, row, head, heads->weights->query_norm, values);
    if (to != values)
        memcpy(to, values, size * sizeof(*to));
}

static void put_key(const struct heads *heads, size_t row, size_t head, float *values)
{
    const struct hearth_decoder *decoder = heads->decoder;
    const struct hearth_pass_row *at = &decoder->space.rows[row];
    turn_head(heads, row, head, heads->weights->key_norm, values);
    hearth_kv_store_key(decoder->kernels, &decoder->cache.layout, page_of(heads, at), head,
                        at->position % HEARTH_KV_PAGE_TOKENS, values);
}

static void put_value(const struct heads *heads, size_t row, size_t head, const float *values)
{
    const struct hearth_decoder *decoder = heads->decoder;
    const struct hearth_pass_row *at = &decoder->space.rows[row];
    hearth_kv_store_value(decoder->kernels, &decoder->cache.layout, page_of(heads, at), head,
                          at->position % HEARTH_KV_PAGE_TOKENS, values);
}

static const float *bias_at(const float *bias, size_t output)
{
    return bias != NULL ? bias + output : NULL;
}

static void finish_query(void *argument, const struct hearth_tile *tile)
{
    const struct heads *heads = argument;
    size_t size = heads->decoder->network.head_size;
    for (size_t i = 0; i < tile->rows; i++) {
        float *values = tile->values + i * tile->stride;
        add_bias(values, bias_at(heads->weights->query_bias, tile->first_output), size);
        put_query(heads, tile->first_row + i, tile->first_output / size, values);
    }
}

static void finish_key(void *argument, const struct hearth_tile *tile)
{
    const struct heads *heads = argument;
    size_t size = heads->decoder->network.head_size;
    for (size_t i = 0; i < tile->rows; i++) {
        float *values = tile->values + i * tile->stride;
        add_bias(values, bias_at(heads->weights->key_bias, tile->first_output), size);
        put_key(heads, tile->first_row + i, tile->first_output / size, values);
    }
}

static void finish_value(void *argument, const struct hearth_tile *tile)
{
    const struct heads *heads = argument;
    size_t size = heads->decoder->network.head_size;
    for (size_t i = 0; i < tile->rows; i++) {
        float *values = tile->values + i * tile->stride;
        add_bias(values, bias_at(heads->weights->value_bias, tile->first_output), size);
        put_value(heads, tile->first_row + i, tile->first_output / size, values);
    }
}

static struct hearth_product product_over(const struct hearth_packed_set *set,
                                          const struct hearth_panels *weights, size_t strip,
                                          void (*finish)(void *, const struct hearth_tile *),
                                          void *argument)
{
    return (struct hearth_product){
        .weights = weights,
        .rows = &set->rows[hearth_packing_of(weights->form)],
        .strip = strip,
        .finish = finish,
        .argument = argument,
    };
}

static void run_whole_heads(struct hearth_member *member, struct heads *heads,
                            const struct hearth_packed_set *set)
{
    size_t size = heads->decoder->network.head_size;
    const struct hearth_product products[3] = {
        product_over(set, &heads->weights->query, size, finish_query, heads),
        product_over(set, &heads->weights->key, size, finish_key, heads),
        product_over(set, &heads->weights->value, size, finish_value, heads),
    };
    hearth_products_run(member, heads->decoder->kernels, products, 3);
    hearth_member_barrier(member);
}

/* Heads of a row that was stored whole. */
static void finish_row(const struct heads *heads, size_t row)
{
    const struct hearth_decoder *decoder = heads->decoder;
    const struct hearth_network *network = &decoder->network;
    const struct hearth_workspace *space = &decoder->space;
    size_t size = network->head_size;
    float *query = space->query + row * network->heads * size;
    float *key = space->key + row * network->key_heads * size;
    const float *value = space->value + row * network->key_heads * size;
    if (network->architecture->head_norm == HEARTH_HEAD_NORM_WHOLE) {
        norm_values(decoder, heads->weights->query_norm, network->heads * size, query);
        norm_values(decoder, heads->weights->key_norm, network->key_heads * size, key);
    }
    for (size_t head = 0; head < network->heads; head++)
        put_query(heads, row, head, query + head * size);
    for (size_t head = 0; head < network->key_heads; head++) {
        put_key(heads, row, head, key + head * size);
        put_value(heads, row, head, value + head * size);
    }
}

static void run_stored_heads(struct hearth_member *member, struct heads *heads,
                             const struct hearth_packed_set *set)
{
    const struct hearth_network *network = &heads->decoder->network;
    const struct hearth_workspace *space = &heads->decoder->space;
    size_t queries = (size_t)network->heads * network->head_size;
    size_t keys = (size_t)network->key_heads * network->head_size;
    struct hearth_finish_store stores[3] = {
        {.y = space->query, .stride = queries, .bias = heads->weights->query_bias},
        {.y = space->key, .stride = keys, .bias = heads->weights->key_bias},
        {.y = space->value, .stride = keys, .bias = heads->weights->value_bias},
    };
    const struct hearth_product products[3] = {
        product_over(set, &heads->weights->query, 64, hearth_finish_store, &stores[0]),
        product_over(set, &heads->weights->key, 64, hearth_finish_store, &stores[1]),
        product_over(set, &heads->weights->value, 64, hearth_finish_store, &stores[2]),
    };
    hearth_products_run(member, heads->decoder->kernels, products, 3);
    hearth_member_barrier(member);
    size_t row;
    while ((row = hearth_member_take(member)) < heads->pass->rows)
        finish_row(heads, row);
    hearth_member_barrier(member);
}

static void finish_attended(void *argument, size_t row, size_t head, float *values)
{
    const struct heads *heads = argument;
    const struct hearth_decoder *decoder = heads->decoder;
    size_t size = decoder->network.head_size;
    if (!decoder->packed_heads) {
        memcpy(decoder->space.attended + (row * decoder->network.heads + head) * size, values,
               size * sizeof(*values));
        return;
    }
    for (int i = 0; i < HEARTH_PACKINGS; i++)
        if (heads->to->wanted[i])
            hearth_pack_part(decoder->kernels, &heads->to->rows[i], row, head * size, size, values);
}

static void attend(struct hearth_member *member, struct heads *heads)
{
    const struct hearth_decoder *decoder = heads->decoder;
    const struct hearth_network *network = &decoder->network;
    const struct hearth_workspace *space = &decoder->space;
    size_t queries = (size_t)network->heads * network->head_size, row;
    const struct hearth_paged_attention attention = {
        .layout = &decoder->cache.layout,
        .pool = hearth_kv_cache_page(&decoder->cache, 0, heads->layer),
        .page_stride = decoder->cache.page_stride,
        .q = space->query,
        .q_stride = queries,
        .heads = network->heads,
        .scale = network->attention_scale,
        .soft_cap = network->attention_cap,
        .window = network->windowed[heads->layer] ? network->window : 0,
        .queries = space->queries,
        .query_count = heads->pass->sequences,
        .scratch = space->attention_scratch,
        .finish = finish_attended,
        .argument = heads,
    };
    hearth_paged_attention_run(member, decoder->kernels, &attention);
    hearth_member_barrier(member);
    if (decoder->packed_heads)
        return;
    while ((row = hearth_member_take(member)) < heads->pass->rows)
        hearth_packed_set_row(heads->to, decoder->kernels, row, space->attended + row * queries);
    hearth_member_barrier(member);
}

/* Back into the stream, or beside it where a norm comes first. */
static void project(struct hearth_member *member, const struct heads *heads)
{
    const struct hearth_decoder *decoder = heads->decoder;
    const struct hearth_layer_weights *weights = heads->weights;
    size_t width = decoder->network.width;
    struct hearth_finish_add add = {.y = decoder->space.x,
                                    .stride = width,
                                    .bias = weights->attention_out_bias,
                                    .scale = decoder->network.residual_scale};
    struct hearth_finish_store store = {
        .y = decoder->space.branch, .stride = width, .bias = weights->attention_out_bias};
    bool waits = decoder->waits_for_norm;
    const struct hearth_product product = product_over(
        heads->to, &weights->attention_out, 64, waits ? hearth_finish_store : hearth_finish_add,
        waits ? (void *)&store : (void *)&add);
    hearth_products_run(member, decoder->kernels, &product, 1);
    hearth_member_barrier(member);
}

void hearth_pass_attention(struct hearth_member *member, struct hearth_pass *pass, uint32_t layer,
                           const float *waiting_norm)
{
    const struct hearth_decoder *decoder = pass->decoder;
    const struct hearth_network *network = &decoder->network;
    const struct hearth_workspace *space = &decoder->space;
    const struct hearth_layer_weights *weights = &decoder->weights.layers[layer];
    struct hearth_packed_set in =
        hearth_packed_set_over(&space->stream, pass->rows, network->width);
    struct hearth_packed_set out = hearth_packed_set_over(
        &space->heads, pass->rows, (size_t)network->heads * network->head_size);
    hearth_packed_set_want(&in, &weights->query);
    hearth_packed_set_want(&in, &weights->key);
    hearth_packed_set_want(&in, &weights->value);
    hearth_packed_set_want(&out, &weights->attention_out);
    if (hearth_feed_reads_attention_rows(decoder, weights))
        hearth_feed_want(&in, weights);
    bool windowed = decoder->windowed_angles && network->windowed[layer];
    struct heads heads = {
        .pass = pass,
        .decoder = decoder,
        .weights = weights,
        .layer = layer,
        .cosines = windowed ? space->windowed_cosines : space->cosines,
        .sines = windowed ? space->windowed_sines : space->sines,
        .to = &out,
    };
    const struct hearth_row_phase phase = {.branch_norm = waiting_norm,
                                           .norm = weights->attention_norm,
                                           .norm_bias = weights->attention_norm_bias,
                                           .to = &in};
    hearth_pass_rows(member, pass, &phase);
    if (pass->stop)
        return;
    if (decoder->whole_heads)
        run_whole_heads(member, &heads, &in);
    else
        run_stored_heads(member, &heads, &in);
    attend(member, &heads);
    project(member, &heads);
}
