/* One piece of memory for all that a pass writes, cut into buffers. hearth_workspace_lay_out runs
 * without memory for the plan and with it for the decoder, so that what was promised is what is
 * taken. Sizes come from a header and from settings; both are bounded before this. */
#include "network/cutting.h"
#include "network/decoder_adapters.h"
#include "network/decoder_experts.h"
#include "network/decoder_private.h"

#include <string.h>

static float *cut_floats(struct hearth_cutting *cutting, size_t rows, size_t width)
{
    return hearth_cut(cutting, rows * width, sizeof(float));
}

/* Memory of one set is used again in every layer, so it is as large as the widest reader needs, and
 * has each packing that some layer reads. */
void hearth_packed_memory_want(struct hearth_packed_memory *memory,
                               const struct hearth_panels *reader)
{
    if (reader->outputs == 0)
        return;
    memory->wanted[hearth_packing_of(reader->form)] = true;
    if (reader->inputs > memory->inputs)
        memory->inputs = reader->inputs;
}

/* In a layer only those packings are filled that its own weights read. */
void hearth_packed_set_want(struct hearth_packed_set *set, const struct hearth_panels *reader)
{
    if (reader->outputs > 0)
        set->wanted[hearth_packing_of(reader->form)] = true;
}

struct hearth_packed_set hearth_packed_set_over(const struct hearth_packed_memory *memory,
                                                size_t rows, size_t inputs)
{
    struct hearth_packed_set set = {0};
    for (int i = 0; i < HEARTH_PACKINGS; i++)
        if (memory->wanted[i])
            hearth_packed_rows_init(&set.rows[i], (enum hearth_packing)i, rows, inputs,
                                    memory->memory[i]);
    return set;
}

void hearth_packed_set_rows(const struct hearth_packed_set *set,
                            const struct hearth_decoder_kernels *kernels, size_t row, size_t rows,
                            const float *x, size_t stride)
{
    for (int i = 0; i < HEARTH_PACKINGS; i++)
        if (set->wanted[i])
            hearth_pack_rows(kernels, &set->rows[i], row, rows, 0, set->rows[i].inputs, x, stride);
}

static void want_gated(struct hearth_workspace *space, const struct hearth_gated_weights *gated)
{
    hearth_packed_memory_want(&space->stream, &gated->both);
    hearth_packed_memory_want(&space->stream, &gated->gate);
    hearth_packed_memory_want(&space->stream, &gated->up);
    hearth_packed_memory_want(&space->feed, &gated->down);
}

/* What kinds of packed rows the weights read. */
static void want_packings(struct hearth_decoder *decoder)
{
    struct hearth_workspace *space = &decoder->space;
    hearth_packed_memory_want(&space->stream, &decoder->weights.head);
    for (uint32_t i = 0; i < decoder->network.layers; i++) {
        const struct hearth_layer_weights *layer = &decoder->weights.layers[i];
        hearth_packed_memory_want(&space->stream, &layer->query);
        hearth_packed_memory_want(&space->stream, &layer->key);
        hearth_packed_memory_want(&space->stream, &layer->value);
        hearth_packed_memory_want(&space->stream, &layer->router);
        hearth_packed_memory_want(&space->heads, &layer->attention_out);
        want_gated(space, &layer->feed);
    }
}

static void cut_packed(struct hearth_cutting *cutting, struct hearth_packed_memory *memory,
                       size_t rows)
{
    for (int i = 0; i < HEARTH_PACKINGS; i++)
        if (memory->wanted[i])
            memory->memory[i] = hearth_cut(
                cutting, hearth_packed_rows_bytes((enum hearth_packing)i, rows, memory->inputs), 1);
}

/* Whether some feed-forward part has its gate and up in different types. */
static bool any_apart(const struct hearth_decoder *decoder)
{
    for (uint32_t i = 0; i < decoder->network.layers; i++) {
        const struct hearth_gated_weights *feed = &decoder->weights.layers[i].feed;
        if (!feed->interleaved && feed->gate.outputs > 0)
            return true;
    }
    return false;
}

/* A member's own rows serve the norms and whatever else needs rows for a moment. */
static size_t widest_row(const struct hearth_network *network)
{
    size_t widest = network->width;
    size_t queries = (size_t)network->heads * network->head_size;
    if (queries > widest)
        widest = queries;
    return network->feed > widest ? network->feed : widest;
}

/* What a network does not use has no rows and takes no memory; its pointer is then NULL, so that a
 * wrong use is seen at once. */
static void cut_heads(struct hearth_cutting *cutting, struct hearth_decoder *decoder, size_t rows)
{
    struct hearth_workspace *space = &decoder->space;
    const struct hearth_network *network = &decoder->network;
    size_t queries = (size_t)network->heads * network->head_size;
    size_t keys = (size_t)network->key_heads * network->head_size;
    space->query = cut_floats(cutting, rows, queries);
    space->key = cut_floats(cutting, decoder->whole_heads ? 0 : rows, keys);
    space->value = cut_floats(cutting, decoder->whole_heads ? 0 : rows, keys);
    space->attended = cut_floats(cutting, decoder->packed_heads ? 0 : rows, queries);
    size_t angles = network->rotary_size / 2, other = decoder->windowed_angles ? rows : 0;
    space->cosines = cut_floats(cutting, rows, angles);
    space->sines = cut_floats(cutting, rows, angles);
    space->windowed_cosines = cut_floats(cutting, other, angles);
    space->windowed_sines = cut_floats(cutting, other, angles);
    space->attention_scratch_bytes = hearth_paged_attention_scratch(&decoder->cache.layout);
    space->attention_scratch =
        hearth_cut(cutting, decoder->params.threads, space->attention_scratch_bytes);
}

size_t hearth_workspace_lay_out(struct hearth_decoder *decoder, char *base)
{
    struct hearth_cutting cutting = {.base = base};
    struct hearth_workspace *space = &decoder->space;
    const struct hearth_decoder_params *params = &decoder->params;
    const struct hearth_network *network = &decoder->network;
    size_t rows = params->batch, width = network->width;
    size_t logits = (size_t)params->outputs * network->vocabulary;
    size_t states = (size_t)params->states * width;
    /* A step gives either logits or states, so the two share one buffer, as large as the larger. */
    size_t results = params->outputs > params->states ? params->outputs : params->states;
    /* Both runs begin from nothing: `wanted` would otherwise remember the first. */
    memset(space, 0, sizeof(*space));
    want_packings(decoder);
    space->widest = widest_row(network);
    space->rows = hearth_cut(&cutting, rows, sizeof(*space->rows));
    space->output_rows = hearth_cut(&cutting, results, sizeof(*space->output_rows));
    space->queries = hearth_cut(&cutting, params->sequences, sizeof(*space->queries));
    space->x = cut_floats(&cutting, rows, width);
    space->branch = cut_floats(&cutting, decoder->waits_for_norm ? rows : 0, width);
    space->member_rows =
        cut_floats(&cutting, (size_t)params->threads * HEARTH_ROW_GROUP, space->widest);
    cut_heads(&cutting, decoder, rows);
    size_t apart = any_apart(decoder) ? rows : 0;
    space->gate = cut_floats(&cutting, apart, network->feed);
    space->up = cut_floats(&cutting, apart, network->feed);
    space->results = cut_floats(&cutting, 1, logits > states ? logits : states);
    cut_packed(&cutting, &space->stream, rows > params->outputs ? rows : params->outputs);
    cut_packed(&cutting, &space->heads, rows);
    cut_packed(&cutting, &space->feed, rows);
    if (network->experts > 0) {
        space->normed = cut_floats(&cutting, rows, width);
        space->experts = hearth_cut(&cutting, 1, sizeof(*space->experts));
        size_t bytes = hearth_expert_space_bytes(decoder);
        char *memory = hearth_cut(&cutting, bytes, 1);
        if (base != NULL)
            hearth_expert_space_lay_out(decoder, space->experts, memory);
    }
    if (params->adapter_count > 0) {
        space->adapters = hearth_cut(&cutting, 1, sizeof(*space->adapters));
        char *memory = hearth_cut(&cutting, hearth_adapter_space_bytes(decoder), 1);
        if (base != NULL)
            hearth_adapter_space_lay_out(decoder, space->adapters, memory);
    }
    return cutting.used;
}
