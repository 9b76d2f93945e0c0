/* One GGUF file as a checkpoint. The header's parser (format/gguf.h) has checked that every tensor
 * lies within the file, so nothing here judges an offset again; what may change between that check
 * and the reading is the file's length, which map looks at once more. */
#include "network/checkpoint_ops.h"

#include "base/error.h"
#include "base/memory.h"
#include "format/file_map.h"

#include <stdio.h>
#include <string.h>

/* The path is kept because the file is opened twice: once for its header, when a plan is made, and
 * once to be mapped, when there is memory for the weights. The mapping belongs to the
 * checkpoint. */
struct gguf_file {
    struct hearth_checkpoint head;
    char *path;
    struct hearth_gguf *gguf;
    struct hearth_file_map map;
};

static const struct gguf_file *self(const struct hearth_checkpoint *checkpoint)
{
    return (const struct gguf_file *)checkpoint;
}

static int network(const struct hearth_checkpoint *checkpoint,
                   const struct hearth_network_overrides *overrides,
                   struct hearth_network *ret_network, struct hearth_error *error)
{
    return hearth_network_read(self(checkpoint)->gguf, overrides, ret_network, error);
}

static size_t count(const struct hearth_checkpoint *checkpoint)
{
    return hearth_gguf_tensor_count(self(checkpoint)->gguf);
}

/* All items of a part are one tensor here. */
static bool find(const struct hearth_checkpoint *checkpoint, enum hearth_part part, uint32_t layer,
                 uint32_t item, struct hearth_checkpoint_tensor *ret_tensor)
{
    const struct hearth_gguf *gguf = self(checkpoint)->gguf;
    char name[HEARTH_GGUF_TENSOR_NAME_MAX + 1];
    (void)item;
    hearth_part_name(part, layer, name, sizeof(name));
    const struct hearth_gguf_tensor *tensor = hearth_gguf_find_tensor(gguf, name);
    if (tensor == NULL)
        return false;
    *ret_tensor = (struct hearth_checkpoint_tensor){
        .index = (size_t)(tensor - hearth_gguf_tensor(gguf, 0)),
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
    const struct hearth_gguf_tensor *tensor = hearth_gguf_tensor(self(checkpoint)->gguf, index);
    *ret_length = tensor->name.length;
    return tensor->name.bytes;
}

static void unmap(struct hearth_checkpoint *checkpoint)
{
    hearth_file_map_close(&((struct gguf_file *)checkpoint)->map);
}

static int map(struct hearth_checkpoint *checkpoint, struct hearth_error *error)
{
    /* A read behind the end of a mapped file ends the process (SIGBUS). Hence the comparison with
     * the length that the header's offsets were checked against. */
    struct gguf_file *file = (struct gguf_file *)checkpoint;
    int rc = hearth_file_map_open(file->path, &file->map, error);
    if (rc == 0 && file->map.length < hearth_gguf_file_bytes(file->gguf)) {
        unmap(checkpoint);
        rc = hearth_error_set(error, HEARTH_EMODEL, "the file has become shorter meanwhile");
    }
    return rc;
}

static const void *bytes(const struct hearth_checkpoint *checkpoint,
                         const struct hearth_checkpoint_tensor *tensor)
{
    return (const char *)self(checkpoint)->map.bytes + tensor->offset;
}

static void close_file(struct hearth_checkpoint *checkpoint)
{
    struct gguf_file *file = (struct gguf_file *)checkpoint;
    hearth_gguf_destroy(file->gguf);
    hearth_free(file->path);
    hearth_free(file);
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
    .close = close_file,
};

int hearth_checkpoint_open_gguf(const char *path, struct hearth_checkpoint **ret_checkpoint,
                                struct hearth_error *error)
{
    struct hearth_gguf *gguf = NULL;
    int rc = hearth_gguf_open(path, &gguf, error);
    if (rc != 0)
        return rc;
    /* Before anything else: the tensors of the other files would only be reported as missing. */
    if (hearth_gguf_integer(gguf, "split.count", 1) > 1) {
        hearth_gguf_destroy(gguf);
        return hearth_error_set(error, HEARTH_ENOTIMPL, "a model in several GGUF files");
    }
    struct gguf_file *file = hearth_calloc(1, sizeof(*file));
    file->head.ops = &ops;
    file->path = hearth_strdup(path);
    file->gguf = gguf;
    *ret_checkpoint = &file->head;
    return 0;
}
