/* A GGUF model, in one file or several, as a checkpoint. The header's parser (format/gguf.h) has
 * checked that every tensor lies within its file, so nothing here judges an offset again; what may
 * change between that check and the reading is a file's length, which map looks at once more. */
#include "network/checkpoint_ops.h"

#include "base/error.h"
#include "base/memory.h"
#include "format/file_map.h"
#include "format/gguf_parts.h"

#include <stdio.h>
#include <string.h>

/* Files are opened twice: once for their headers, when a plan is made, and once to be mapped, when
 * there is memory for the weights. The mappings belong to the checkpoint. Tensors are numbered
 * through all parts. */
struct gguf_model {
    struct hearth_checkpoint head;
    struct hearth_gguf_parts parts;
    struct hearth_file_map *maps; /* [parts] */
};

static const struct gguf_model *self(const struct hearth_checkpoint *checkpoint)
{
    return (const struct gguf_model *)checkpoint;
}

static int network(const struct hearth_checkpoint *checkpoint,
                   const struct hearth_network_overrides *overrides,
                   struct hearth_network *ret_network, struct hearth_error *error)
{
    return hearth_network_read(self(checkpoint)->parts.parts[0].gguf, overrides, ret_network,
                               error);
}

static size_t count(const struct hearth_checkpoint *checkpoint)
{
    const struct hearth_gguf_parts *parts = &self(checkpoint)->parts;
    size_t sum = 0;
    for (size_t i = 0; i < parts->count; i++)
        sum += hearth_gguf_tensor_count(parts->parts[i].gguf);
    return sum;
}

/* All items of a part are one tensor here. */
static bool find(const struct hearth_checkpoint *checkpoint, enum hearth_part part, uint32_t layer,
                 uint32_t item, struct hearth_checkpoint_tensor *ret_tensor)
{
    const struct hearth_gguf_parts *parts = &self(checkpoint)->parts;
    const struct hearth_gguf_tensor *tensor = NULL;
    size_t first = 0, file = 0;
    char name[HEARTH_GGUF_TENSOR_NAME_MAX + 1];
    (void)item;
    hearth_part_name(part, layer, name, sizeof(name));
    for (; file < parts->count; file++) {
        tensor = hearth_gguf_find_tensor(parts->parts[file].gguf, name);
        if (tensor != NULL)
            break;
        first += hearth_gguf_tensor_count(parts->parts[file].gguf);
    }
    if (tensor == NULL)
        return false;
    *ret_tensor = (struct hearth_checkpoint_tensor){
        .index = first + (size_t)(tensor - hearth_gguf_tensor(parts->parts[file].gguf, 0)),
        .file = (uint32_t)file,
        .type = tensor->type,
        .offset = tensor->offset,
        .size_bytes = tensor->size_bytes,
    };
    memcpy(ret_tensor->extents, tensor->dimensions, sizeof(ret_tensor->extents));
    return true;
}

static void part_name(const struct hearth_checkpoint *checkpoint, enum hearth_part part,
                      uint32_t layer, uint32_t item, char *ret_name, size_t size)
{
    (void)checkpoint;
    (void)item;
    hearth_part_name(part, layer, ret_name, size);
}

static const char *name_of(const struct hearth_checkpoint *checkpoint, size_t index,
                           size_t *ret_length)
{
    const struct hearth_gguf_part *part = self(checkpoint)->parts.parts;
    for (; index >= hearth_gguf_tensor_count(part->gguf); part++)
        index -= hearth_gguf_tensor_count(part->gguf);
    const struct hearth_gguf_tensor *tensor = hearth_gguf_tensor(part->gguf, index);
    *ret_length = tensor->name.length;
    return tensor->name.bytes;
}

static void unmap(struct hearth_checkpoint *checkpoint)
{
    struct gguf_model *model = (struct gguf_model *)checkpoint;
    for (size_t i = 0; i < model->parts.count; i++)
        hearth_file_map_close(&model->maps[i]);
}

static int map(struct hearth_checkpoint *checkpoint, struct hearth_error *error)
{
    /* A read behind the end of a mapped file ends the process (SIGBUS). Hence the comparison with
     * the length that the header's offsets were checked against. */
    struct gguf_model *model = (struct gguf_model *)checkpoint;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < model->parts.count; i++) {
        const struct hearth_gguf_part *part = &model->parts.parts[i];
        rc = hearth_file_map_open(part->path, &model->maps[i], error);
        if (rc == 0 && model->maps[i].length < hearth_gguf_file_bytes(part->gguf))
            rc = hearth_error_set(error, HEARTH_EMODEL, "the file has become shorter meanwhile");
    }
    if (rc != 0)
        unmap(checkpoint);
    return rc;
}

static const void *bytes(const struct hearth_checkpoint *checkpoint,
                         const struct hearth_checkpoint_tensor *tensor)
{
    return (const char *)self(checkpoint)->maps[tensor->file].bytes + tensor->offset;
}

static void close_model(struct hearth_checkpoint *checkpoint)
{
    struct gguf_model *model = (struct gguf_model *)checkpoint;
    hearth_gguf_parts_close(&model->parts);
    hearth_free(model->maps);
    hearth_free(model);
}

static const struct hearth_checkpoint_ops ops = {
    .network = network,
    .count = count,
    .find = find,
    .part_name = part_name,
    .name = name_of,
    .map = map,
    .unmap = unmap,
    .bytes = bytes,
    .close = close_model,
};

int hearth_checkpoint_open_gguf(const char *path, struct hearth_checkpoint **ret_checkpoint,
                                struct hearth_error *error)
{
    struct hearth_gguf_parts parts;
    int rc = hearth_gguf_parts_open(path, &parts, error);
    if (rc != 0)
        return rc;
    struct gguf_model *model = hearth_calloc(1, sizeof(*model));
    model->head.ops = &ops;
    model->parts = parts;
    model->maps = hearth_calloc(parts.count, sizeof(*model->maps));
    *ret_checkpoint = &model->head;
    return 0;
}
