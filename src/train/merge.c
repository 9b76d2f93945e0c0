#include "train/merge.h"

#include "base/error.h"
#include "base/memory.h"
#include "network/adapter_file.h"
#include "network/checkpoint.h"

#include <string.h>

enum { ADDENDS_MAX = 4 }; /* of a matrix: itself or its parts, Q, K and V */

/* What one pair of the adapter adds to some rows of a tensor. */
struct addend {
    const struct hearth_adapter_pair *pair;
    uint32_t first, count; /* rows of the tensor */
    uint32_t pair_first;   /* the pair's row for the first of them */
};

struct merging {
    const struct hearth_network *network;
    const struct hearth_adapter_file *adapter;
    /* Of the tensor that is written. */
    struct addend addends[ADDENDS_MAX];
    size_t count;
    float *a[ADDENDS_MAX], *b; /* A whole, read when its first row comes; a row of B */
};

/* Where `part` lies among the rows of `whole`; false: it is no part of it. */
static bool place_in(const struct hearth_network *network, enum hearth_part whole,
                     enum hearth_part part, uint32_t *ret_first)
{
    uint32_t queries = network->heads * network->head_size;
    uint32_t keys = network->key_heads * network->head_size;
    *ret_first = 0;
    if (part == whole)
        return true;
    if (whole == HEARTH_PART_QKV) {
        *ret_first = part == HEARTH_PART_KEY     ? queries
                     : part == HEARTH_PART_VALUE ? queries + keys
                                                 : 0;
        return part == HEARTH_PART_QUERY || part == HEARTH_PART_KEY || part == HEARTH_PART_VALUE;
    }
    *ret_first = part == HEARTH_PART_UP ? network->feed : 0;
    return whole == HEARTH_PART_GATE_UP && (part == HEARTH_PART_GATE || part == HEARTH_PART_UP);
}

static uint32_t outputs_of(const struct hearth_network *network, enum hearth_part part)
{
    return (uint32_t)hearth_network_extent(network, hearth_part_row(part)->extent[1]);
}

static void forget(struct merging *merging)
{
    for (size_t i = 0; i < ADDENDS_MAX; i++) {
        hearth_free(merging->a[i]);
        merging->a[i] = NULL;
    }
    merging->count = 0;
}

static void add(struct merging *merging, const struct hearth_adapter_pair *pair,
                enum hearth_part part)
{
    struct addend made = {.pair = pair};
    if (place_in(merging->network, part, pair->part, &made.first))
        made.count = pair->b.rows;
    else if (place_in(merging->network, pair->part, part, &made.pair_first))
        made.count = outputs_of(merging->network, part);
    if (made.count > 0 && merging->count < ADDENDS_MAX)
        merging->addends[merging->count++] = made;
}

static bool begin(void *argument, enum hearth_part part, uint32_t layer)
{
    struct merging *merging = argument;
    forget(merging);
    if (!hearth_part_row(part)->is_matrix || !hearth_part_row(part)->in_layer)
        return false;
    for (size_t i = 0; i < hearth_adapter_file_count(merging->adapter); i++) {
        const struct hearth_adapter_pair *pair = hearth_adapter_file_at(merging->adapter, i);
        if (pair->layer == layer)
            add(merging, pair, part);
    }
    return merging->count > 0;
}

static int read_a(struct merging *merging, size_t index, struct hearth_error *error)
{
    const struct hearth_adapter_pair *pair = merging->addends[index].pair;
    merging->a[index] = hearth_try_calloc(pair->a.rows, pair->a.columns * sizeof(float));
    if (merging->a[index] == NULL)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for a matrix of the adapter");
    return hearth_adapter_read_a(merging->adapter, pair, 0, pair->a.rows, merging->a[index], error);
}

static int row(void *argument, enum hearth_part part, uint32_t layer, uint32_t row, float *values,
               struct hearth_error *error)
{
    struct merging *merging = argument;
    int rc = 0;
    (void)part;
    (void)layer;
    for (size_t i = 0; rc == 0 && i < merging->count; i++) {
        const struct addend *addend = &merging->addends[i];
        const struct hearth_adapter_pair *pair = addend->pair;
        if (row < addend->first || row - addend->first >= addend->count)
            continue;
        if (merging->a[i] == NULL)
            rc = read_a(merging, i, error);
        if (rc == 0)
            rc = hearth_adapter_read_b(merging->adapter, pair,
                                       row - addend->first + addend->pair_first, 1, merging->b,
                                       error);
        for (uint32_t k = 0; rc == 0 && k < pair->a.rows; k++) {
            const float *a = merging->a[i] + (size_t)k * pair->a.columns;
            for (uint32_t j = 0; j < pair->a.columns; j++)
                values[j] += merging->b[k] * a[j];
        }
    }
    return rc;
}

/* Whether one of the base's tensors takes what the pair adds; all of its rows then do. */
static bool is_taken(const struct hearth_network *network,
                     const struct hearth_checkpoint *checkpoint,
                     const struct hearth_adapter_pair *pair)
{
    struct hearth_checkpoint_tensor tensor;
    uint32_t first;
    for (enum hearth_part part = 0; part < HEARTH_PART_COUNT; part++) {
        if (((network->required | network->permitted) & HEARTH_PART_BIT(part)) == 0 ||
            !hearth_part_row(part)->is_matrix ||
            (!place_in(network, part, pair->part, &first) &&
             !place_in(network, pair->part, part, &first)))
            continue;
        uint64_t inputs = hearth_network_extent(network, hearth_part_row(part)->extent[0]);
        if (hearth_checkpoint_find(checkpoint, part, pair->layer, 0, &tensor) && !tensor.is_item &&
            tensor.extents[0] == inputs && tensor.extents[1] == outputs_of(network, part))
            return true;
    }
    return false;
}

/* An adapter of which a part found no place would be another adapter without a word. */
static int check_places(const struct merging *merging, const struct hearth_checkpoint *checkpoint,
                        struct hearth_error *error)
{
    char name[96];
    for (size_t i = 0; i < hearth_adapter_file_count(merging->adapter); i++) {
        const struct hearth_adapter_pair *pair = hearth_adapter_file_at(merging->adapter, i);
        if (is_taken(merging->network, checkpoint, pair))
            continue;
        hearth_part_name(pair->part, pair->layer, name, sizeof(name));
        return hearth_error_set(error, HEARTH_ENOTIMPL,
                                "the base has no matrix '%s' that the adapter could be added to",
                                name);
    }
    return 0;
}

static int check(struct merging *merging, const char *base, const char *path,
                 struct hearth_network *network, struct hearth_adapter_file **ret_adapter,
                 struct hearth_error *error)
{
    struct hearth_checkpoint *checkpoint = NULL;
    int rc = hearth_checkpoint_open(base, &checkpoint, error);
    if (rc == 0)
        rc = hearth_checkpoint_network(checkpoint, NULL, network, error);
    if (rc == 0)
        rc = hearth_adapter_file_open(path, network, ret_adapter, error);
    if (rc == 0) {
        merging->adapter = *ret_adapter;
        rc = check_places(merging, checkpoint, error);
    }
    hearth_checkpoint_close(checkpoint);
    return rc;
}

/* The adapter's files, and A of the largest matrix and all that is added to it. */
static uint64_t memory_of(const struct hearth_adapter_file *adapter)
{
    uint64_t mapped = 0, most = 0;
    for (size_t i = 0; i < hearth_adapter_file_count(adapter); i++) {
        const struct hearth_adapter_pair *pair = hearth_adapter_file_at(adapter, i);
        uint64_t a = (uint64_t)pair->a.rows * pair->a.columns * sizeof(float);
        uint64_t b = (uint64_t)pair->b.rows * pair->b.columns * sizeof(float);
        mapped += a + b;
        most = a > most ? a : most;
    }
    return mapped + ADDENDS_MAX * most;
}

int hearth_merge(const char *base, const char *adapter, enum hearth_rewrite_type type,
                 const char *folder, const struct hearth_rewrite_watch *watch,
                 struct hearth_error *error)
{
    float b[HEARTH_ADAPTER_RANK_MAX];
    struct hearth_network *network = hearth_calloc(1, sizeof(*network));
    struct hearth_adapter_file *file = NULL;
    struct merging merging = {.network = network, .b = b};
    struct hearth_rewrite_source source = {
        .begin = begin, .row = row, .argument = &merging, .watch = watch};
    int rc = check(&merging, base, adapter, network, &file, error);
    if (rc == 0)
        source.memory_bytes = memory_of(file);
    if (rc == 0)
        rc = hearth_rewrite(base, &source, type, folder, error);
    forget(&merging);
    hearth_adapter_file_close(file);
    hearth_free(network);
    return rc;
}
