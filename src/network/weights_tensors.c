/* Everything that could be wrong with a tensor is found here: that it is missing, has another shape
 * or type than the network wants. What load does later can then rely on every size. */
#include "network/weights_tensors.h"

#include "base/error.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NAME_MAX_LENGTH = 192 };

void hearth_describing_fail(struct hearth_describing *d, enum hearth_part part, int code,
                            const char *what)
{
    char name[NAME_MAX_LENGTH];
    if (d->rc != 0)
        return;
    hearth_checkpoint_part_name(d->checkpoint, part, d->layer, d->item, name, sizeof(name));
    d->rc = hearth_error_set(d->error, code, "tensor '%s' %s", name, what);
}

void hearth_describing_extents(const struct hearth_network *network, enum hearth_part part,
                               uint64_t ret_extents[HEARTH_GGUF_DIMENSIONS_MAX])
{
    const struct hearth_part_row *row = hearth_part_row(part);
    for (size_t i = 0; i < HEARTH_GGUF_DIMENSIONS_MAX; i++)
        ret_extents[i] = i < 3 ? hearth_network_extent(network, row->extent[i]) : 1;
    if (part != HEARTH_PART_QUERY_NORM && part != HEARTH_PART_KEY_NORM)
        return;
    uint64_t heads = part == HEARTH_PART_QUERY_NORM ? network->heads : network->key_heads;
    if (network->architecture->head_norm == HEARTH_HEAD_NORM_EACH)
        ret_extents[1] = heads;
    else if (network->architecture->head_norm == HEARTH_HEAD_NORM_WHOLE)
        ret_extents[0] = heads * network->head_size;
}

/* Of one item where the items lie apart: heads are counted by the second extent of a norm, experts
 * by the third of a matrix. */
static void item_extents(enum hearth_part part, uint64_t extents[HEARTH_GGUF_DIMENSIONS_MAX])
{
    bool norm = part == HEARTH_PART_QUERY_NORM || part == HEARTH_PART_KEY_NORM;
    extents[norm ? 1 : 2] = 1;
}

/* Once, though experts and the parts of fused tensors find theirs again and again. */
static void count_in(struct hearth_describing *d, const struct hearth_checkpoint_tensor *tensor)
{
    struct hearth_weights *weights = d->weights;
    if (d->used[tensor->index])
        return;
    uint64_t *bytes = &d->bytes_of_type[tensor->type];
    *bytes += tensor->size_bytes;
    weights->source_bytes += tensor->size_bytes;
    weights->parameter_count += tensor->extents[0] * tensor->extents[1] * tensor->extents[2];
    if (*bytes > d->bytes_of_type[weights->source_type])
        weights->source_type = tensor->type;
}

bool hearth_describing_find(struct hearth_describing *d, enum hearth_part part,
                            struct hearth_checkpoint_tensor *ret_tensor)
{
    char shape[128];
    uint64_t extents[HEARTH_GGUF_DIMENSIONS_MAX];
    const struct hearth_network *network = d->network;
    if (((network->required | network->permitted) & HEARTH_PART_BIT(part)) == 0)
        return false;
    if (!hearth_checkpoint_find(d->checkpoint, part, d->layer, d->item, ret_tensor))
        return false;
    hearth_describing_extents(network, part, extents);
    if (ret_tensor->is_item)
        item_extents(part, extents);
    const uint64_t *is = ret_tensor->extents;
    if (memcmp(is, extents, sizeof(extents)) != 0) {
        snprintf(shape, sizeof(shape),
                 "has the shape %" PRIu64 " × %" PRIu64 " × %" PRIu64 ", not %" PRIu64 " × %" PRIu64
                 " × %" PRIu64,
                 is[0], is[1], is[2], extents[0], extents[1], extents[2]);
        hearth_describing_fail(d, part, HEARTH_EMODEL, shape);
        return false;
    }
    /* The type is a number from the file: no table is indexed with it before it is known to be one
     * of ours. Extents equal the network's, which are bounded, so that the products do not
     * overflow; a tensor whose bytes are not those of its shape would otherwise be read beyond its
     * end. */
    size_t row_bytes = hearth_quant_bytes(ret_tensor->type, (size_t)extents[0]);
    bool plain = ret_tensor->type == HEARTH_QUANT_F32 || ret_tensor->type == HEARTH_QUANT_F16 ||
                 ret_tensor->type == HEARTH_QUANT_BF16;
    if (hearth_quant_type(ret_tensor->type) == NULL ||
        (!hearth_part_row(part)->is_matrix && !plain)) {
        const char *type = hearth_gguf_tensor_type_name(ret_tensor->type);
        snprintf(shape, sizeof(shape), "is of a type without kernels%s%s%s",
                 type != NULL ? " (" : "", type != NULL ? type : "", type != NULL ? ")" : "");
        hearth_describing_fail(d, part, HEARTH_ENOTIMPL, shape);
        return false;
    }
    if (row_bytes == 0 || ret_tensor->size_bytes != row_bytes * extents[1] * extents[2]) {
        hearth_describing_fail(d, part, HEARTH_EMODEL, "does not consist of whole blocks");
        return false;
    }
    count_in(d, ret_tensor);
    d->used[ret_tensor->index] = true;
    return true;
}

void hearth_describing_need(struct hearth_describing *d, enum hearth_part part,
                            struct hearth_checkpoint_tensor *ret)
{
    if (!hearth_describing_find(d, part, ret))
        hearth_describing_fail(d, part, HEARTH_EMODEL, "is missing");
}
