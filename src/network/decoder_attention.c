/* The attention half of a layer (Vaswani et al., arXiv 1706.03762, with rotated Q and K: Su et al.,
 * arXiv 2104.09864, and with several query heads to a key head: arXiv 2305.13245).
 *
 * Where a head is a strip of a product, the product finishes it: the bias, the norm of heads, the
 * rotation, and for keys and values the place in their page. Otherwise rows are stored as they come
 * and finished in a phase of their own.
 *
 * Phases, each ended by a barrier: the rows are normed and packed; Q, K and V are multiplied and
 * finished; attention reads the pages; what it gave is multiplied and joins the stream. All rows of
 * a step store their keys and values before any of its queries reads one, and a query looks at no
 * position behind its own, so that a prompt gives the same bits in one step or in several. */
#include "network/decoder_private.h"

#include <string.h>

/* What the finishing functions need to know; each member has its own, all with the same content. */
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

/* Norm and rotation of one head of Q or K, in this order (Qwen 3, Gemma 3). Where every head has
 * weights of its own, they lie one behind the other. */
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
    decoder->ops->rotate(values, network->rotation, heads->cosines + row * angles,
                         heads->sines + row * angles, network->rotary_size);
}

/* The page's number was looked up when the step began; the pages of all layers have the same
 * one. */
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
    /* A row that was stored whole is finished where it lies. */
    if (to != values)
        memcpy(to, values, size * sizeof(*to));
}

/* Keys are stored rotated: a position never changes while its key is in the cache, and sequences
 * that share a page have it at the same positions. */
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

/* A tile of these three is one head of some rows, because the strip is the head's size: the output
 * that it begins with, divided by the size, is the head's number. The bias comes before norm and
 * rotation, as part of the projection. */
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

/* The packing of the rows follows from the weights: Q, K and V of one layer may be of different
 * types, and then `set` holds the same rows in several packings. */
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

/* One list for all three, so that members who are done with Q go on with K at once. No two tiles
 * write the same head of a row, or the same slot of a page, hence no locks. */
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

/* Two phases, because a norm over the whole row, or a head that is no strip, needs all of the row:
 * products store it, and behind the barrier whoever is free finishes whole rows. */
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

/* One head of one row is ready, and is packed while it is in the nearest cache. Where a head is not
 * whole parts of a packed row, two members would write one part; then it is stored, and attend()
 * packs whole rows behind a barrier. */
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

/* Scores have the scale 1/√(head size) unless the header says other (network.c), then Gemma 2's
 * soft cap. The pool begins at this layer's part of page 0; from page to page it is one stride,
 * which holds all layers. */
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
        hearth_packed_set_rows(heads->to, decoder->kernels, row, 1, space->attended + row * queries,
                               queries);
    hearth_member_barrier(member);
}

/* Back into the stream, x += scale · (W·o + b); or beside it where a norm comes first, which needs
 * the whole row and therefore waits for the next row phase. Every element of the stream is added to
 * by one tile only, so that the order of the sum is fixed. */
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
    /* Sets are cheap descriptions over the workspace's memory: each member makes its own, and all
     * come out alike. Feed-forward parts that run side by side read the rows of this phase too. */
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
    /* Member 0 wrote it before the barrier that ended the row phase, so all members read the
     * same. */
    if (pass->stop)
        return;
    if (decoder->whole_heads)
        run_whole_heads(member, &heads, &in);
    else
        run_stored_heads(member, &heads, &in);
    attend(member, &heads);
    project(member, &heads);
}
