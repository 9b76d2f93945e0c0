/* From a header to a list of pieces, before a byte of weights is read. Tensors are found and
 * checked in weights_tensors.c; one that nobody asked for is refused here. */
#include "base/error.h"
#include "base/memory.h"
#include "network/weights_plan.h"
#include "network/weights_tensors.h"

#include <string.h>

enum { LINE = 64 }; /* of the cache */

/* Pieces lie in the order in which a pass reads them, each on a line of the cache. */
static struct hearth_piece *add_piece(struct hearth_describing *d, const struct hearth_piece *piece)
{
    struct hearth_weights_plan *plan = d->weights->plan;
    if (plan->count == plan->capacity) {
        plan->capacity = plan->capacity * 2 + 64;
        plan->pieces = hearth_realloc(plan->pieces, plan->capacity * sizeof(*plan->pieces));
    }
    struct hearth_piece *added = &plan->pieces[plan->count++];
    *added = *piece;
    added->offset = plan->bytes;
    plan->bytes += (piece->bytes + LINE - 1) / LINE * LINE;
    return added;
}

/* A vector whose items lie apart (a norm for each head): the first piece has room for all, and the
 * others lie in it. */
static void add_items(struct hearth_describing *d, enum hearth_part part,
                      struct hearth_piece *piece)
{
    uint64_t extents[HEARTH_GGUF_DIMENSIONS_MAX], bytes = piece->bytes;
    hearth_describing_extents(d->network, part, extents);
    uint64_t items = extents[0] * extents[1] / piece->count;
    piece->bytes = items * bytes;
    uint64_t offset = add_piece(d, piece)->offset;
    piece->vector = NULL;
    piece->bytes = 0;
    for (d->item = 1; d->rc == 0 && d->item < items; d->item++) {
        if (hearth_describing_find(d, part, &piece->source[0]))
            add_piece(d, piece)->offset = offset + d->item * bytes;
        else
            hearth_describing_fail(d, part, HEARTH_EMODEL, "is missing");
    }
    d->item = 0;
}

/* Where the vector will lie is known only at load; until then the pointer is NULL. */
static void add_vector(struct hearth_describing *d, enum hearth_part part, const float **vector)
{
    struct hearth_checkpoint_tensor tensor;
    *vector = NULL;
    if (!hearth_describing_find(d, part, &tensor)) {
        if ((d->network->required & HEARTH_PART_BIT(part)) != 0)
            hearth_describing_fail(d, part, HEARTH_EMODEL, "is missing");
        return;
    }
    bool norm = (HEARTH_PARTS_OF_NORMS & HEARTH_PART_BIT(part)) != 0;
    uint64_t count = tensor.extents[0] * tensor.extents[1];
    struct hearth_piece piece = {.kind = HEARTH_PIECE_VECTOR,
                                 .source = {tensor},
                                 .bytes = count * sizeof(float),
                                 .count = count,
                                 .add_one = norm && d->network->norms_add_one,
                                 .divides = part >= HEARTH_PART_ROTARY_FACTORS &&
                                            part <= HEARTH_PART_ROTARY_FACTORS_LONG,
                                 .vector = vector};
    if (tensor.is_item)
        add_items(d, part, &piece);
    else
        add_piece(d, &piece);
}

/* What a matrix becomes: of a float type what was asked for, where its rows are whole blocks of
 * that; else what it is. */
static enum hearth_quant made_type(const struct hearth_describing *d,
                                   const struct hearth_checkpoint_tensor *tensor)
{
    bool is_float = tensor->type == HEARTH_QUANT_F32 || tensor->type == HEARTH_QUANT_F16 ||
                    tensor->type == HEARTH_QUANT_BF16;
    const struct hearth_weights_quantize *quantize = d->quantize;
    if (!is_float || !quantize->wanted ||
        hearth_quant_bytes(quantize->type, (size_t)tensor->extents[0]) == 0)
        return (enum hearth_quant)tensor->type;
    return quantize->type;
}

/* One or two matrices of one shape and type; `outputs` rows from `first_output` on of each. Rows
 * are whole blocks, so a part of a fused tensor begins at a whole row and is read in place. */
static void add_panels(struct hearth_describing *d, struct hearth_panels *panels,
                       enum hearth_quant type,
                       const struct hearth_checkpoint_tensor *const *sources,
                       const uint64_t *first_outputs, unsigned parts, uint64_t outputs)
{
    if (d->rc != 0)
        return;
    struct hearth_piece piece = {.kind = HEARTH_PIECE_PANELS, .panels = panels};
    size_t inputs = (size_t)sources[0]->extents[0];
    d->rc = hearth_panels_init(panels, type, (size_t)outputs, inputs, parts, d->error);
    if (d->rc != 0)
        return;
    for (unsigned i = 0; i < parts; i++) {
        piece.source[i] = *sources[i];
        piece.source_offset[i] = first_outputs[i] * hearth_quant_bytes(sources[i]->type, inputs);
    }
    piece.bytes = hearth_panels_bytes(panels);
    add_piece(d, &piece);
}

static void add_matrix(struct hearth_describing *d, struct hearth_panels *panels,
                       const struct hearth_checkpoint_tensor *source, uint64_t first_output,
                       uint64_t outputs)
{
    if (d->rc == 0)
        add_panels(d, panels, made_type(d, source), &source, &first_output, 1, outputs);
}

static void add_whole(struct hearth_describing *d, enum hearth_part part,
                      struct hearth_panels *panels)
{
    struct hearth_checkpoint_tensor tensor;
    hearth_describing_need(d, part, &tensor);
    if (d->rc == 0)
        add_matrix(d, panels, &tensor, 0, tensor.extents[1]);
}

/* Three biases that lie one behind the other: those of queries, of keys, of values. */
static bool add_fused_bias(struct hearth_describing *d, struct hearth_layer_weights *layer,
                           uint64_t queries, uint64_t keys)
{
    struct hearth_checkpoint_tensor tensor;
    if (!hearth_describing_find(d, HEARTH_PART_QKV_BIAS, &tensor))
        return false;
    const float **vectors[3] = {&layer->query_bias, &layer->key_bias, &layer->value_bias};
    const uint64_t counts[3] = {queries, keys, keys};
    uint64_t first = 0;
    for (size_t i = 0; i < 3; i++) {
        struct hearth_piece piece = {.kind = HEARTH_PIECE_VECTOR,
                                     .source = {tensor},
                                     .source_offset = {hearth_quant_bytes(tensor.type, first)},
                                     .bytes = counts[i] * sizeof(float),
                                     .count = counts[i],
                                     .vector = vectors[i]};
        add_piece(d, &piece);
        first += counts[i];
    }
    return true;
}

/* The fused tensor has the rows of Q above those of K above those of V. It becomes three matrices,
 * so that everything behind this knows only one case. */
static void describe_qkv(struct hearth_describing *d, struct hearth_layer_weights *layer)
{
    uint64_t queries = hearth_network_extent(d->network, HEARTH_EXTENT_QUERIES);
    uint64_t keys = hearth_network_extent(d->network, HEARTH_EXTENT_KEYS);
    struct hearth_checkpoint_tensor fused;
    bool biased = false;
    if (hearth_describing_find(d, HEARTH_PART_QKV, &fused)) {
        add_matrix(d, &layer->query, &fused, 0, queries);
        add_matrix(d, &layer->key, &fused, queries, keys);
        add_matrix(d, &layer->value, &fused, queries + keys, keys);
        biased = add_fused_bias(d, layer, queries, keys);
    } else {
        add_whole(d, HEARTH_PART_QUERY, &layer->query);
        add_whole(d, HEARTH_PART_KEY, &layer->key);
        add_whole(d, HEARTH_PART_VALUE, &layer->value);
    }
    if (!biased) {
        add_vector(d, HEARTH_PART_QUERY_BIAS, &layer->query_bias);
        add_vector(d, HEARTH_PART_KEY_BIAS, &layer->key_bias);
        add_vector(d, HEARTH_PART_VALUE_BIAS, &layer->value_bias);
    }
    add_vector(d, HEARTH_PART_QUERY_NORM, &layer->query_norm);
    add_vector(d, HEARTH_PART_KEY_NORM, &layer->key_norm);
}

/* `gate` and `up` are `outputs` rows of tensors that hold maybe more: the halves of a fused one, or
 * one expert of all. Of one type they are interleaved, see panel.h. */
static void add_gated(struct hearth_describing *d, struct hearth_gated_weights *gated,
                      const struct hearth_checkpoint_tensor *gate, uint64_t gate_first,
                      const struct hearth_checkpoint_tensor *up, uint64_t up_first,
                      uint64_t outputs)
{
    if (d->rc != 0)
        return;
    gated->interleaved = made_type(d, gate) == made_type(d, up);
    if (gated->interleaved) {
        const struct hearth_checkpoint_tensor *const sources[2] = {gate, up};
        const uint64_t firsts[2] = {gate_first, up_first};
        add_panels(d, &gated->both, made_type(d, gate), sources, firsts, 2, outputs);
        return;
    }
    add_matrix(d, &gated->gate, gate, gate_first, outputs);
    add_matrix(d, &gated->up, up, up_first, outputs);
}

/* phi3 has the gate above up in one tensor, so both come from it, from different rows. */
static void describe_dense(struct hearth_describing *d, struct hearth_layer_weights *layer)
{
    uint64_t required = d->network->required;
    uint64_t feed = d->network->feed;
    struct hearth_checkpoint_tensor gate, up;
    if ((required & HEARTH_PART_BIT(HEARTH_PART_GATE_UP)) != 0) {
        hearth_describing_need(d, HEARTH_PART_GATE_UP, &gate);
        add_gated(d, &layer->feed, &gate, 0, &gate, feed, feed);
    } else if ((required & HEARTH_PART_BIT(HEARTH_PART_GATE)) != 0) {
        hearth_describing_need(d, HEARTH_PART_GATE, &gate);
        hearth_describing_need(d, HEARTH_PART_UP, &up);
        add_gated(d, &layer->feed, &gate, 0, &up, 0, feed);
    } else {
        add_whole(d, HEARTH_PART_UP, &layer->feed.up);
    }
    add_vector(d, HEARTH_PART_GATE_BIAS, &layer->gate_bias);
    add_vector(d, HEARTH_PART_UP_BIAS, &layer->up_bias);
    add_whole(d, HEARTH_PART_DOWN, &layer->feed.down);
    add_vector(d, HEARTH_PART_DOWN_BIAS, &layer->down_bias);
}

/* A router stays as it is. */
static void describe_router(struct hearth_describing *d, struct hearth_layer_weights *layer)
{
    struct hearth_checkpoint_tensor router;
    const struct hearth_checkpoint_tensor *source = &router;
    hearth_describing_need(d, HEARTH_PART_ROUTER, &router);
    if (d->rc == 0)
        add_panels(d, &layer->router, (enum hearth_quant)router.type, &source, (uint64_t[]){0}, 1,
                   router.extents[1]);
}

/* The first row of an expert's matrix of so many rows: in tensors of three dimensions the experts
 * lie one behind the other. */
static uint64_t first_of(const struct hearth_describing *d,
                         const struct hearth_checkpoint_tensor *tensor, uint64_t rows)
{
    return tensor->is_item ? 0 : d->item * rows;
}

/* Different types of gate and up would need a second way through the mixture, for files that nobody
 * makes. */
static void describe_expert(struct hearth_describing *d, struct hearth_gated_weights *expert)
{
    uint64_t feed = d->network->expert_feed, width = d->network->width;
    struct hearth_checkpoint_tensor gate, up, down;
    if (hearth_describing_find(d, HEARTH_PART_GATE_UP_EXPERTS, &gate)) {
        uint64_t first = first_of(d, &gate, 2 * feed);
        add_gated(d, expert, &gate, first, &gate, first + feed, feed);
    } else {
        hearth_describing_need(d, HEARTH_PART_GATE_EXPERTS, &gate);
        hearth_describing_need(d, HEARTH_PART_UP_EXPERTS, &up);
        if (d->rc == 0)
            add_gated(d, expert, &gate, first_of(d, &gate, feed), &up, first_of(d, &up, feed),
                      feed);
    }
    if (!expert->interleaved)
        hearth_describing_fail(d, HEARTH_PART_UP_EXPERTS, HEARTH_ENOTIMPL,
                               "is of another type than the gates");
    hearth_describing_need(d, HEARTH_PART_DOWN_EXPERTS, &down);
    if (d->rc == 0)
        add_matrix(d, &expert->down, &down, first_of(d, &down, width), width);
}

static void describe_experts(struct hearth_describing *d, struct hearth_layer_weights *layer)
{
    uint32_t count = d->network->experts;
    describe_router(d, layer);
    layer->experts = hearth_calloc(count, sizeof(*layer->experts));
    for (d->item = 0; d->rc == 0 && d->item < count; d->item++)
        describe_expert(d, &layer->experts[d->item]);
    d->item = 0;
}

static void describe_layer(struct hearth_describing *d, struct hearth_layer_weights *layer)
{
    add_vector(d, HEARTH_PART_ATTENTION_NORM, &layer->attention_norm);
    add_vector(d, HEARTH_PART_ATTENTION_NORM_BIAS, &layer->attention_norm_bias);
    describe_qkv(d, layer);
    add_whole(d, HEARTH_PART_ATTENTION_OUT, &layer->attention_out);
    add_vector(d, HEARTH_PART_ATTENTION_OUT_BIAS, &layer->attention_out_bias);
    add_vector(d, HEARTH_PART_ATTENTION_POST_NORM, &layer->attention_post_norm);
    add_vector(d, HEARTH_PART_FEED_NORM, &layer->feed_norm);
    add_vector(d, HEARTH_PART_FEED_NORM_BIAS, &layer->feed_norm_bias);
    if (d->network->experts > 0)
        describe_experts(d, layer);
    else
        describe_dense(d, layer);
    add_vector(d, HEARTH_PART_FEED_POST_NORM, &layer->feed_post_norm);
}

/* A tied head: the embeddings serve as the head and, read back row by row out of the panels, as
 * embeddings. A head of its own leaves the embeddings as rows of the file, since only single rows
 * of them are ever read. */
static void describe_ends(struct hearth_describing *d)
{
    struct hearth_weights *weights = d->weights;
    struct hearth_checkpoint_tensor embedding, head, classifier;
    add_vector(d, HEARTH_PART_FINAL_NORM, &weights->final_norm);
    add_vector(d, HEARTH_PART_FINAL_NORM_BIAS, &weights->final_norm_bias);
    hearth_describing_need(d, HEARTH_PART_EMBEDDING, &embedding);
    weights->tied = d->network->tied || !hearth_describing_find(d, HEARTH_PART_HEAD, &head);
    if (d->rc != 0)
        return;
    if (weights->tied && !d->network->tied &&
        (d->network->required & HEARTH_PART_BIT(HEARTH_PART_HEAD)) != 0)
        hearth_describing_fail(d, HEARTH_PART_HEAD, HEARTH_EMODEL, "is missing");
    add_matrix(d, &weights->head, weights->tied ? &embedding : &head, 0, d->network->vocabulary);
    add_vector(d, HEARTH_PART_HEAD_BIAS, &weights->head_bias);
    weights->classifies = hearth_describing_find(d, HEARTH_PART_CLASSIFIER, &classifier);
    add_vector(d, HEARTH_PART_CLASSIFIER, &weights->classifier);
    if (weights->tied || d->rc != 0)
        return;
    weights->embedding_type = made_type(d, &embedding);
    weights->embedding_row_bytes = hearth_quant_bytes(weights->embedding_type, d->network->width);
    struct hearth_piece piece = {.kind = HEARTH_PIECE_RAW,
                                 .source = {embedding},
                                 .bytes = weights->embedding_row_bytes * embedding.extents[1],
                                 .count = embedding.extents[1],
                                 .type = weights->embedding_type,
                                 .inputs = embedding.extents[0],
                                 .raw = &weights->embedding};
    add_piece(d, &piece);
}

/* The name is the file's own, hence hearth_checkpoint_name, which makes it harmless. */
static void check_none_left(struct hearth_describing *d)
{
    char name[HEARTH_GGUF_TENSOR_NAME_MAX + 1];
    for (size_t i = 0; d->rc == 0 && i < hearth_checkpoint_count(d->checkpoint); i++) {
        if (d->used[i] || hearth_checkpoint_is_beside(d->checkpoint, i))
            continue;
        hearth_checkpoint_name(d->checkpoint, i, name, sizeof(name));
        d->rc = hearth_error_set(d->error, HEARTH_ENOTIMPL,
                                 "tensor '%s', which the row of '%s' does not know", name,
                                 d->network->architecture->name);
    }
}

int hearth_weights_describe(const struct hearth_network *network,
                            const struct hearth_checkpoint *checkpoint,
                            const struct hearth_weights_quantize *quantize,
                            struct hearth_weights *weights, struct hearth_error *error)
{
    *weights = (struct hearth_weights){.layer_count = network->layers, .width = network->width};
    weights->layers = hearth_calloc(network->layers, sizeof(*weights->layers));
    weights->plan = hearth_calloc(1, sizeof(*weights->plan));
    struct hearth_describing d = {.network = network,
                                  .checkpoint = checkpoint,
                                  .quantize = quantize,
                                  .weights = weights,
                                  .used = hearth_calloc(hearth_checkpoint_count(checkpoint) + 1, 1),
                                  .error = error};
    /* llama3's factors and longrope's; without such tensors all three stay NULL. */
    add_vector(&d, HEARTH_PART_ROTARY_FACTORS, &weights->rotary_factors);
    add_vector(&d, HEARTH_PART_ROTARY_FACTORS_SHORT, &weights->rotary_factors_short);
    add_vector(&d, HEARTH_PART_ROTARY_FACTORS_LONG, &weights->rotary_factors_long);
    for (; d.rc == 0 && d.layer < network->layers; d.layer++)
        describe_layer(&d, &weights->layers[d.layer]);
    d.layer = 0;
    describe_ends(&d);
    check_none_left(&d);
    hearth_free(d.used);
    weights->bytes = weights->plan->bytes;
    if (d.rc != 0)
        hearth_weights_finish(weights);
    return d.rc;
}
