/* Between two barriers each member writes h of the tasks that it took, or inputs of its own rows,
 * as everywhere in a pass. */
#include "network/decoder_adapters.h"

#include "compute/low_rank.h"
#include "network/cutting.h"

#include <string.h>

enum {
    TASK_PANELS = 4, /* of A, that one member multiplies a group of rows by */
};

static size_t groups_of(size_t rows)
{
    return (rows + HEARTH_ROW_GROUP - 1) / HEARTH_ROW_GROUP;
}

static size_t widest_input(const struct hearth_network *network)
{
    size_t widest = network->width, queries = (size_t)network->heads * network->head_size;
    widest = queries > widest ? queries : widest;
    return network->feed > widest ? network->feed : widest;
}

static size_t ranks_of(const struct hearth_decoder *decoder, int place, uint32_t count)
{
    size_t ranks = 0;
    for (uint32_t i = 0; i < count; i++)
        ranks += decoder->adapters[i].ranks[place];
    return ranks;
}

/* Q, K and V, or gate and up, read the same rows. */
static size_t spare_ranks(const struct hearth_decoder *decoder, int place)
{
    static const size_t matrices[HEARTH_ADAPTER_PLACES] = {
        [HEARTH_ADAPTER_ATTENTION_IN] = 3,
        [HEARTH_ADAPTER_ATTENTION_OUT] = 1,
        [HEARTH_ADAPTER_FEED_IN] = 2,
        [HEARTH_ADAPTER_FEED_OUT] = 1,
    };
    return matrices[place] * HEARTH_ADAPTER_SPARE_RANK * decoder->params.adapter_places;
}

bool hearth_adapters_fit(const struct hearth_decoder *decoder)
{
    for (int place = 0; place < HEARTH_ADAPTER_PLACES; place++)
        if (ranks_of(decoder, place, decoder->params.adapter_count) >
            decoder->space.adapters->ranks_max[place])
            return false;
    return true;
}

/* Runs twice, without memory to count and with it to cut. */
static size_t lay_out(const struct hearth_decoder *decoder, struct hearth_adapter_space *space,
                      char *memory)
{
    struct hearth_cutting cutting = {.base = memory};
    uint32_t count = decoder->params.adapter_count;
    size_t rows = decoder->params.batch, groups = groups_of(rows);
    space->input_stride = widest_input(&decoder->network);
    space->packed_bytes =
        hearth_packed_rows_bytes(HEARTH_PACKING_F32, HEARTH_ROW_GROUP, space->input_stride);
    space->scales = hearth_cut(&cutting, rows, sizeof(*space->scales));
    space->masks = hearth_cut(&cutting, groups * count, sizeof(*space->masks));
    space->active = hearth_cut(&cutting, count, sizeof(*space->active));
    space->inputs = hearth_cut(&cutting, rows * space->input_stride, sizeof(*space->inputs));
    space->packed = hearth_cut(&cutting, decoder->params.threads, space->packed_bytes);
    for (int place = 0; place < HEARTH_ADAPTER_PLACES; place++) {
        space->ranks_max[place] = ranks_of(decoder, place, count) + spare_ranks(decoder, place);
        space->inner[place] = hearth_cut(
            &cutting, groups * HEARTH_ROW_GROUP * space->ranks_max[place], sizeof(float));
    }
    return cutting.used;
}

size_t hearth_adapter_space_bytes(const struct hearth_decoder *decoder)
{
    struct hearth_adapter_space none;
    return lay_out(decoder, &none, NULL);
}

void hearth_adapter_space_lay_out(const struct hearth_decoder *decoder,
                                  struct hearth_adapter_space *space, char *memory)
{
    lay_out(decoder, space, memory);
}

/* A scale of 0 is no adapter, so that such a row has the bits of the base alone. */
void hearth_adapters_sort(struct hearth_pass *pass)
{
    const struct hearth_decoder *decoder = pass->decoder;
    struct hearth_adapter_space *space = decoder->space.adapters;
    uint32_t count = decoder->params.adapter_count;
    pass->adapted = false;
    if (count == 0)
        return;
    memset(space->masks, 0, groups_of(pass->rows) * count * sizeof(*space->masks));
    memset(space->active, 0, count * sizeof(*space->active));
    for (size_t row = 0; row < pass->rows; row++)
        for (uint32_t i = 0; i < count; i++) {
            if (space->scales[row][i] == 0)
                continue;
            space->masks[row / HEARTH_ROW_GROUP * count + i] |=
                (uint8_t)(1u << row % HEARTH_ROW_GROUP);
            space->active[i] = pass->adapted = true;
        }
}

static unsigned mask_of(const struct hearth_decoder *decoder, size_t group, uint32_t adapter)
{
    return decoder->space.adapters->masks[group * decoder->params.adapter_count + adapter];
}

bool hearth_adapters_read(const struct hearth_pass *pass, uint32_t layer,
                          enum hearth_adapter_place place)
{
    const struct hearth_decoder *decoder = pass->decoder;
    for (uint32_t i = 0; pass->adapted && i < decoder->params.adapter_count; i++)
        if (decoder->space.adapters->active[i] &&
            decoder->adapters[i].layers[layer].a[place].outputs > 0)
            return true;
    return false;
}

void hearth_adapters_keep(const struct hearth_pass *pass, size_t row, size_t first, size_t count,
                          const float *values)
{
    const struct hearth_adapter_space *space = pass->decoder->space.adapters;
    bool any = false;
    for (uint32_t i = 0; i < pass->decoder->params.adapter_count; i++)
        any =
            any || mask_of(pass->decoder, row / HEARTH_ROW_GROUP, i) >> row % HEARTH_ROW_GROUP & 1;
    if (any)
        memcpy(space->inputs + row * space->input_stride + first, values, count * sizeof(*values));
}

/* h of one adapter for the rows of one group that use it. */
static float *inner_at(const struct hearth_decoder *decoder, int place, uint32_t adapter,
                       size_t group)
{
    size_t groups = groups_of(decoder->params.batch);
    size_t before = ranks_of(decoder, place, adapter),
           ranks = decoder->adapters[adapter].ranks[place];
    return decoder->space.adapters->inner[place] +
           (before * groups + ranks * group) * HEARTH_ROW_GROUP;
}

struct reduction {
    const struct hearth_decoder *decoder;
    const struct hearth_panels *a;
    enum hearth_adapter_place place;
    uint32_t adapter;
};

static void reduce_group(struct hearth_member *member, const struct reduction *reduction,
                         size_t group, size_t first_panel)
{
    const struct hearth_decoder *decoder = reduction->decoder;
    const struct hearth_adapter_space *space = decoder->space.adapters;
    unsigned mask = mask_of(decoder, group, reduction->adapter);
    float scales[HEARTH_ROW_GROUP];
    struct hearth_packed_rows packed;
    size_t n = 0;
    hearth_packed_rows_init(
        &packed, HEARTH_PACKING_F32, (size_t)__builtin_popcount(mask), reduction->a->inputs,
        (char *)space->packed + hearth_member_index(member) * space->packed_bytes);
    for (unsigned left = mask; left != 0; left &= left - 1, n++) {
        size_t row = group * HEARTH_ROW_GROUP + (size_t)__builtin_ctz(left);
        scales[n] = space->scales[row][reduction->adapter];
        hearth_pack_row(decoder->kernels, &packed, n, space->inputs + row * space->input_stride);
    }
    hearth_low_rank_reduce(decoder->kernels, reduction->a, first_panel, TASK_PANELS, &packed,
                           scales, inner_at(decoder, reduction->place, reduction->adapter, group));
}

/* Tasks are numbered through over adapters, groups and parts of A; those of a group that does not
 * use the adapter are empty. */
void hearth_adapters_reduce(struct hearth_member *member, const struct hearth_pass *pass,
                            uint32_t layer, enum hearth_adapter_place place)
{
    const struct hearth_decoder *decoder = pass->decoder;
    if (!hearth_adapters_read(pass, layer, place))
        return;
    size_t groups = groups_of(pass->rows), before = 0, task = hearth_member_take(member);
    for (uint32_t i = 0; i < decoder->params.adapter_count; i++) {
        if (!decoder->space.adapters->active[i])
            continue;
        const struct reduction reduction = {
            .decoder = decoder,
            .a = &decoder->adapters[i].layers[layer].a[place],
            .place = place,
            .adapter = i,
        };
        if (reduction.a->outputs == 0)
            continue;
        size_t parts = (reduction.a->panel_count + TASK_PANELS - 1) / TASK_PANELS;
        for (; task - before < groups * parts; task = hearth_member_take(member)) {
            size_t group = (task - before) / parts;
            if (mask_of(decoder, group, i) != 0)
                reduce_group(member, &reduction, group, (task - before) % parts * TASK_PANELS);
        }
        before += groups * parts;
    }
    hearth_member_barrier(member);
}

/* What all adapters of a tile's rows add to one part of its columns. */
static void add_changes(const struct hearth_adapted_finish *adapted, unsigned part,
                        const struct hearth_tile *tile)
{
    const struct hearth_decoder *decoder = adapted->pass->decoder;
    enum hearth_adapter_target target = adapted->targets[part];
    size_t group = tile->first_row / HEARTH_ROW_GROUP;
    struct hearth_low_rank_sum sum = {
        .values = tile->values + part * HEARTH_PANEL_OUTPUTS,
        .stride = tile->stride,
        .first = tile->first_output,
        .outputs = tile->outputs,
        .panel_stride = (size_t)adapted->parts * HEARTH_PANEL_OUTPUTS,
    };
    for (uint32_t i = 0; i < decoder->params.adapter_count; i++) {
        sum.mask = mask_of(decoder, group, i);
        if (sum.mask == 0)
            continue;
        const struct hearth_adapter_change *change =
            &decoder->adapters[i].layers[adapted->layer].changes[target];
        if (change->b.outputs == 0)
            continue;
        const float *h = inner_at(decoder, hearth_adapter_place_of(target), i, group) +
                         change->first * (size_t)__builtin_popcount(sum.mask);
        hearth_low_rank_expand(tile->kernels, &change->b, h, &sum);
    }
}

static void finish_adapted(void *argument, const struct hearth_tile *tile)
{
    const struct hearth_adapted_finish *adapted = argument;
    for (unsigned part = 0; part < adapted->parts; part++)
        add_changes(adapted, part, tile);
    adapted->finish(adapted->argument, tile);
    for (size_t r = 0; adapted->keeps && r < tile->rows; r++)
        hearth_adapters_keep(adapted->pass, tile->first_row + r, tile->first_output, tile->outputs,
                             tile->values + r * tile->stride);
}

static bool changes(const struct hearth_pass *pass, uint32_t layer,
                    enum hearth_adapter_target target)
{
    const struct hearth_decoder *decoder = pass->decoder;
    for (uint32_t i = 0; pass->adapted && i < decoder->params.adapter_count; i++)
        if (decoder->space.adapters->active[i] &&
            decoder->adapters[i].layers[layer].changes[target].b.outputs > 0)
            return true;
    return false;
}

struct hearth_product hearth_adapted_product(struct hearth_adapted_finish *adapted,
                                             const struct hearth_pass *pass, uint32_t layer,
                                             const enum hearth_adapter_target *targets,
                                             struct hearth_product product)
{
    *adapted = (struct hearth_adapted_finish){.pass = pass,
                                              .layer = layer,
                                              .parts = product.weights->parts,
                                              .finish = product.finish,
                                              .argument = product.argument};
    bool any = false, ends_in_feed = false;
    for (unsigned part = 0; part < adapted->parts; part++) {
        adapted->targets[part] = targets[part];
        any = any || changes(pass, layer, targets[part]);
        ends_in_feed = targets[part] == HEARTH_ADAPTER_UP;
    }
    adapted->keeps = ends_in_feed && product.finish != hearth_finish_store &&
                     hearth_adapters_read(pass, layer, HEARTH_ADAPTER_FEED_OUT);
    if (any || adapted->keeps) {
        product.finish = finish_adapted;
        product.argument = adapted;
    }
    return product;
}
