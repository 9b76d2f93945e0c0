/* What a source of checkpoints implements; see checkpoint.h for what each verb promises. */
#ifndef HEARTH_NETWORK_CHECKPOINT_OPS_H
#define HEARTH_NETWORK_CHECKPOINT_OPS_H

#include "network/checkpoint.h"

struct hearth_checkpoint_ops {
    int (*network)(const struct hearth_checkpoint *checkpoint,
                   const struct hearth_network_overrides *overrides,
                   struct hearth_network *ret_network, struct hearth_error *error);
    size_t (*count)(const struct hearth_checkpoint *checkpoint);
    bool (*find)(const struct hearth_checkpoint *checkpoint, enum hearth_part part, uint32_t layer,
                 uint32_t item, struct hearth_checkpoint_tensor *ret_tensor);
    void (*part_name)(const struct hearth_checkpoint *checkpoint, enum hearth_part part,
                      uint32_t layer, uint32_t item, char *ret_name, size_t size);
    /* Any bytes, `*ret_length` of them. */
    const char *(*name)(const struct hearth_checkpoint *checkpoint, size_t index,
                        size_t *ret_length);
    int (*map)(struct hearth_checkpoint *checkpoint, struct hearth_error *error);
    void (*unmap)(struct hearth_checkpoint *checkpoint);
    const void *(*bytes)(const struct hearth_checkpoint *checkpoint,
                         const struct hearth_checkpoint_tensor *tensor);
    void (*close)(struct hearth_checkpoint *checkpoint); /* frees it */
    /* optional */
    bool (*is_beside)(const struct hearth_checkpoint *checkpoint, size_t index);
};

/* The head of a source's own struct. */
struct hearth_checkpoint {
    const struct hearth_checkpoint_ops *ops;
};

int hearth_checkpoint_open_gguf(const char *path, struct hearth_checkpoint **ret_checkpoint,
                                struct hearth_error *error);
int hearth_checkpoint_open_folder(const char *path, struct hearth_checkpoint **ret_checkpoint,
                                  struct hearth_error *error);

#endif
