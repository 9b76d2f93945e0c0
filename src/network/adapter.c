/* From an adapter's pairs to panels. Everything becomes f32, which is exact for f16 and bf16: an
 * adapter is a few hundredths of its base, and its own rounding would be added to the base's. */
#include "network/adapter.h"

#include "base/big_memory.h"
#include "base/error.h"
#include "base/memory.h"

#include <string.h>

enum { LINE = 64 };

enum hearth_adapter_place hearth_adapter_place_of(enum hearth_adapter_target target)
{
    static const enum hearth_adapter_place places[HEARTH_ADAPTER_TARGETS] = {
        [HEARTH_ADAPTER_QUERY] = HEARTH_ADAPTER_ATTENTION_IN,
        [HEARTH_ADAPTER_KEY] = HEARTH_ADAPTER_ATTENTION_IN,
        [HEARTH_ADAPTER_VALUE] = HEARTH_ADAPTER_ATTENTION_IN,
        [HEARTH_ADAPTER_OUT] = HEARTH_ADAPTER_ATTENTION_OUT,
        [HEARTH_ADAPTER_GATE] = HEARTH_ADAPTER_FEED_IN,
        [HEARTH_ADAPTER_UP] = HEARTH_ADAPTER_FEED_IN,
        [HEARTH_ADAPTER_DOWN] = HEARTH_ADAPTER_FEED_OUT,
    };
    return places[target];
}

/* Which matrices a pair changes: one, or those that a fused matrix consists of, in its order. */
static size_t targets_of(enum hearth_part part, enum hearth_adapter_target ret_targets[3])
{
    switch (part) {
    case HEARTH_PART_QKV:
        ret_targets[0] = HEARTH_ADAPTER_QUERY;
        ret_targets[1] = HEARTH_ADAPTER_KEY;
        ret_targets[2] = HEARTH_ADAPTER_VALUE;
        return 3;
    case HEARTH_PART_GATE_UP:
        ret_targets[0] = HEARTH_ADAPTER_GATE;
        ret_targets[1] = HEARTH_ADAPTER_UP;
        return 2;
    case HEARTH_PART_QUERY:
        ret_targets[0] = HEARTH_ADAPTER_QUERY;
        break;
    case HEARTH_PART_KEY:
        ret_targets[0] = HEARTH_ADAPTER_KEY;
        break;
    case HEARTH_PART_VALUE:
        ret_targets[0] = HEARTH_ADAPTER_VALUE;
        break;
    case HEARTH_PART_ATTENTION_OUT:
        ret_targets[0] = HEARTH_ADAPTER_OUT;
        break;
    case HEARTH_PART_GATE:
        ret_targets[0] = HEARTH_ADAPTER_GATE;
        break;
    case HEARTH_PART_UP:
        ret_targets[0] = HEARTH_ADAPTER_UP;
        break;
    default:
        ret_targets[0] = HEARTH_ADAPTER_DOWN;
        break;
    }
    return 1;
}

static uint32_t outputs_of(const struct hearth_network *network, enum hearth_adapter_target target)
{
    switch (target) {
    case HEARTH_ADAPTER_QUERY:
        return (uint32_t)hearth_network_extent(network, HEARTH_EXTENT_QUERIES);
    case HEARTH_ADAPTER_KEY:
    case HEARTH_ADAPTER_VALUE:
        return (uint32_t)hearth_network_extent(network, HEARTH_EXTENT_KEYS);
    case HEARTH_ADAPTER_GATE:
    case HEARTH_ADAPTER_UP:
        return network->feed;
    default:
        return network->width;
    }
}

static uint64_t in_lines(uint64_t bytes)
{
    return (bytes + LINE - 1) / LINE * LINE;
}

/* Ranks and sizes are bounded by adapter_file.c, so that no sum here overflows. */
static int describe_pair(struct hearth_adapter *adapter, const struct hearth_network *network,
                         const struct hearth_adapter_pair *pair, struct hearth_error *error)
{
    struct hearth_adapter_layer *layer = &adapter->layers[pair->layer];
    enum hearth_adapter_target targets[3];
    size_t count = targets_of(pair->part, targets);
    struct hearth_panels *a = &layer->a[hearth_adapter_place_of(targets[0])];
    for (size_t i = 0; i < count; i++) {
        struct hearth_adapter_change *change = &layer->changes[targets[i]];
        change->first = (uint32_t)a->outputs;
        int rc = hearth_panels_init(&change->b, HEARTH_QUANT_F32, outputs_of(network, targets[i]),
                                    pair->a.rows, 1, error);
        if (rc != 0)
            return rc;
        adapter->bytes += in_lines(hearth_panels_bytes(&change->b));
    }
    /* The A of this place so far, with this one's rows below it. */
    return hearth_panels_init(a, HEARTH_QUANT_F32, a->outputs + pair->a.rows, pair->a.columns, 1,
                              error);
}

static int describe(struct hearth_adapter *adapter, const struct hearth_network *network,
                    struct hearth_error *error)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < hearth_adapter_file_count(adapter->file); i++)
        rc = describe_pair(adapter, network, hearth_adapter_file_at(adapter->file, i), error);
    for (uint32_t i = 0; rc == 0 && i < adapter->layer_count; i++)
        for (int place = 0; place < HEARTH_ADAPTER_PLACES; place++) {
            const struct hearth_panels *a = &adapter->layers[i].a[place];
            if (a->outputs == 0)
                continue;
            adapter->bytes += in_lines(hearth_panels_bytes(a));
            if (a->outputs > adapter->ranks[place])
                adapter->ranks[place] = (uint32_t)a->outputs;
        }
    return rc;
}

/* `rc` is that of the opening of its file. */
static int init(struct hearth_adapter *adapter, int rc, const struct hearth_network *network,
                struct hearth_error *error)
{
    if (rc == 0)
        memcpy(adapter->name, hearth_adapter_file_name(adapter->file), sizeof(adapter->name));
    if (rc == 0)
        rc = describe(adapter, network, error);
    if (rc != 0)
        hearth_adapter_finish(adapter);
    return rc;
}

static void begin(struct hearth_adapter *adapter, const struct hearth_network *network)
{
    *adapter = (struct hearth_adapter){.layer_count = network->layers};
    adapter->layers = hearth_calloc(network->layers, sizeof(*adapter->layers));
}

int hearth_adapter_init(struct hearth_adapter *adapter, const char *path,
                        const struct hearth_network *network, struct hearth_error *error)
{
    begin(adapter, network);
    int rc = hearth_adapter_file_open(path, network, &adapter->file, error);
    return init(adapter, rc, network, error);
}

int hearth_adapter_init_parsed(struct hearth_adapter *adapter, const char *name, const void *bytes,
                               size_t length, const struct hearth_network *network,
                               struct hearth_error *error)
{
    begin(adapter, network);
    int rc = hearth_adapter_file_parse(name, bytes, length, network, &adapter->file, error);
    return init(adapter, rc, network, error);
}

/* Panels of f32 values that lie row by row. */
static int fill(struct hearth_panels *panels, const float *values, char **at,
                struct hearth_error *error)
{
    const void *source = values;
    panels->memory = *at;
    *at += in_lines(hearth_panels_bytes(panels));
    return hearth_panels_repack(panels, &source, 0, panels->panel_count, error);
}

/* A's of a place are gathered first, because panels are filled whole. */
static int load_a(struct hearth_adapter *adapter, uint32_t number, int place, char **at,
                  struct hearth_error *error)
{
    struct hearth_panels *a = &adapter->layers[number].a[place];
    float *values = hearth_try_calloc(a->outputs * a->inputs, sizeof(*values));
    if (values == NULL)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for adapter '%s'", adapter->name);
    int rc = 0;
    size_t row = 0;
    for (size_t i = 0; rc == 0 && i < hearth_adapter_file_count(adapter->file); i++) {
        const struct hearth_adapter_pair *pair = hearth_adapter_file_at(adapter->file, i);
        enum hearth_adapter_target targets[3];
        targets_of(pair->part, targets);
        if (pair->layer != number || hearth_adapter_place_of(targets[0]) != (unsigned)place)
            continue;
        rc = hearth_adapter_read_a(adapter->file, pair, 0, pair->a.rows, values + row * a->inputs,
                                   error);
        row += pair->a.rows;
    }
    if (rc == 0)
        rc = fill(a, values, at, error);
    hearth_free(values);
    return rc;
}

/* The rows of a fused B go to its targets one after the other. */
static int load_b(struct hearth_adapter *adapter, const struct hearth_adapter_pair *pair, char **at,
                  struct hearth_error *error)
{
    enum hearth_adapter_target targets[3];
    size_t count = targets_of(pair->part, targets);
    uint32_t first = 0;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        struct hearth_panels *b = &adapter->layers[pair->layer].changes[targets[i]].b;
        float *values = hearth_try_calloc(b->outputs * b->inputs, sizeof(*values));
        if (values == NULL)
            return hearth_error_set(error, HEARTH_ENOMEM, "no memory for adapter '%s'",
                                    adapter->name);
        rc = hearth_adapter_read_b(adapter->file, pair, first, (uint32_t)b->outputs, values, error);
        if (rc == 0)
            rc = fill(b, values, at, error);
        first += (uint32_t)b->outputs;
        hearth_free(values);
    }
    return rc;
}

int hearth_adapter_load(struct hearth_adapter *adapter, struct hearth_error *error)
{
    adapter->memory = hearth_big_alloc((size_t)adapter->bytes);
    if (adapter->memory == NULL)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for adapter '%s'", adapter->name);
    char *at = adapter->memory;
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < adapter->layer_count; i++)
        for (int place = 0; rc == 0 && place < HEARTH_ADAPTER_PLACES; place++)
            if (adapter->layers[i].a[place].outputs > 0)
                rc = load_a(adapter, i, place, &at, error);
    for (size_t i = 0; rc == 0 && i < hearth_adapter_file_count(adapter->file); i++)
        rc = load_b(adapter, hearth_adapter_file_at(adapter->file, i), &at, error);
    if (rc == 0)
        hearth_sha256_of(adapter->memory, (size_t)adapter->bytes, adapter->digest);
    hearth_adapter_file_close(adapter->file);
    adapter->file = NULL;
    return rc;
}

void hearth_adapter_finish(struct hearth_adapter *adapter)
{
    hearth_adapter_file_close(adapter->file);
    hearth_big_free(adapter->memory, (size_t)adapter->bytes);
    hearth_free(adapter->layers);
    *adapter = (struct hearth_adapter){0};
}
