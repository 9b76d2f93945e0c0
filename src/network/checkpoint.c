/* One GGUF file as a checkpoint. The header's parser (format/gguf.h) has checked that every tensor
 * lies within the file, so nothing here judges an offset again; what may change between that check
 * and the reading is the file's length, which hearth_checkpoint_map looks at once more. */
#include "network/checkpoint.h"

#include "base/error.h"
#include "base/memory.h"
#include "format/file_map.h"

#include <stdio.h>
#include <string.h>

/* The path is kept because the file is opened twice: once for its header, when a plan is made, and
 * once to be mapped, when there is memory for the weights. The mapping belongs to the
 * checkpoint. */
struct hearth_checkpoint {
    char *path;
    struct hearth_gguf *gguf;
    struct hearth_file_map map;
};

int hearth_checkpoint_open(const char *path, struct hearth_checkpoint **ret_checkpoint,
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
    struct hearth_checkpoint *checkpoint = hearth_calloc(1, sizeof(*checkpoint));
    checkpoint->path = hearth_strdup(path);
    checkpoint->gguf = gguf;
    *ret_checkpoint = checkpoint;
    return 0;
}

void hearth_checkpoint_close(struct hearth_checkpoint *checkpoint)
{
    if (checkpoint == NULL)
        return;
    hearth_checkpoint_unmap(checkpoint);
    hearth_gguf_destroy(checkpoint->gguf);
    hearth_free(checkpoint->path);
    hearth_free(checkpoint);
}

const struct hearth_gguf *hearth_checkpoint_header(const struct hearth_checkpoint *checkpoint)
{
    return checkpoint->gguf;
}

size_t hearth_checkpoint_count(const struct hearth_checkpoint *checkpoint)
{
    return hearth_gguf_tensor_count(checkpoint->gguf);
}

bool hearth_checkpoint_find(const struct hearth_checkpoint *checkpoint, const char *name,
                            struct hearth_checkpoint_tensor *ret_tensor)
{
    const struct hearth_gguf_tensor *tensor = hearth_gguf_find_tensor(checkpoint->gguf, name);
    if (tensor == NULL)
        return false;
    *ret_tensor = (struct hearth_checkpoint_tensor){
        .index = (size_t)(tensor - hearth_gguf_tensor(checkpoint->gguf, 0)),
        .type = tensor->type,
        .offset = tensor->offset,
        .size_bytes = tensor->size_bytes,
    };
    memcpy(ret_tensor->extents, tensor->dimensions, sizeof(ret_tensor->extents));
    return true;
}

void hearth_checkpoint_name(const struct hearth_checkpoint *checkpoint, size_t index,
                            char *ret_name, size_t size)
{
    /* Names come from strangers and end up in logs and on terminals, so nothing but printable ASCII
     * passes. */
    const struct hearth_gguf_tensor *tensor = hearth_gguf_tensor(checkpoint->gguf, index);
    size_t length = tensor->name.length < size - 1 ? tensor->name.length : size - 1;
    for (size_t i = 0; i < length; i++) {
        char c = tensor->name.bytes[i];
        ret_name[i] = c > ' ' && c <= '~' ? c : '?';
    }
    ret_name[length] = '\0';
}

int hearth_checkpoint_map(struct hearth_checkpoint *checkpoint, struct hearth_error *error)
{
    /* A read behind the end of a mapped file ends the process (SIGBUS). Hence the comparison with
     * the length that the header's offsets were checked against. */
    int rc = hearth_file_map_open(checkpoint->path, &checkpoint->map, error);
    if (rc == 0 && checkpoint->map.length < hearth_gguf_file_bytes(checkpoint->gguf)) {
        hearth_checkpoint_unmap(checkpoint);
        rc = hearth_error_set(error, HEARTH_EMODEL, "the file has become shorter meanwhile");
    }
    return rc;
}

void hearth_checkpoint_unmap(struct hearth_checkpoint *checkpoint)
{
    hearth_file_map_close(&checkpoint->map);
}

const void *hearth_checkpoint_bytes(const struct hearth_checkpoint *checkpoint,
                                    const struct hearth_checkpoint_tensor *tensor)
{
    return (const char *)checkpoint->map.bytes + tensor->offset;
}
