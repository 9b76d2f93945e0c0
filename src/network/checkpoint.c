#include "network/checkpoint_ops.h"

#include <sys/stat.h>

int hearth_checkpoint_open(const char *path, struct hearth_checkpoint **ret_checkpoint,
                           struct hearth_error *error)
{
    struct stat status;
    bool folder = stat(path, &status) == 0 && S_ISDIR(status.st_mode);
    return folder ? hearth_checkpoint_open_folder(path, ret_checkpoint, error)
                  : hearth_checkpoint_open_gguf(path, ret_checkpoint, error);
}

void hearth_checkpoint_close(struct hearth_checkpoint *checkpoint)
{
    if (checkpoint == NULL)
        return;
    hearth_checkpoint_unmap(checkpoint);
    checkpoint->ops->close(checkpoint);
}

int hearth_checkpoint_network(const struct hearth_checkpoint *checkpoint,
                              const struct hearth_network_overrides *overrides,
                              struct hearth_network *ret_network, struct hearth_error *error)
{
    return checkpoint->ops->network(checkpoint, overrides, ret_network, error);
}

size_t hearth_checkpoint_count(const struct hearth_checkpoint *checkpoint)
{
    return checkpoint->ops->count(checkpoint);
}

bool hearth_checkpoint_find(const struct hearth_checkpoint *checkpoint, enum hearth_part part,
                            uint32_t layer, uint32_t item,
                            struct hearth_checkpoint_tensor *ret_tensor)
{
    return checkpoint->ops->find(checkpoint, part, layer, item, ret_tensor);
}

void hearth_checkpoint_part_name(const struct hearth_checkpoint *checkpoint, enum hearth_part part,
                                 uint32_t layer, uint32_t item, char *ret_name, size_t size)
{
    checkpoint->ops->part_name(checkpoint, part, layer, item, ret_name, size);
}

/* Names come from strangers and end up in logs and on terminals, so nothing but printable ASCII
 * passes. */
void hearth_checkpoint_name(const struct hearth_checkpoint *checkpoint, size_t index,
                            char *ret_name, size_t size)
{
    size_t length = 0;
    const char *name = checkpoint->ops->name(checkpoint, index, &length);
    length = length < size - 1 ? length : size - 1;
    for (size_t i = 0; i < length; i++)
        ret_name[i] = name[i] > ' ' && name[i] <= '~' ? name[i] : '?';
    ret_name[length] = '\0';
}

bool hearth_checkpoint_is_beside(const struct hearth_checkpoint *checkpoint, size_t index)
{
    return checkpoint->ops->is_beside != NULL && checkpoint->ops->is_beside(checkpoint, index);
}

int hearth_checkpoint_map(struct hearth_checkpoint *checkpoint, struct hearth_error *error)
{
    return checkpoint->ops->map(checkpoint, error);
}

void hearth_checkpoint_unmap(struct hearth_checkpoint *checkpoint)
{
    checkpoint->ops->unmap(checkpoint);
}

const void *hearth_checkpoint_bytes(const struct hearth_checkpoint *checkpoint,
                                    const struct hearth_checkpoint_tensor *tensor)
{
    return checkpoint->ops->bytes(checkpoint, tensor);
}
