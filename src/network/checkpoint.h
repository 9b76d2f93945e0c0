/* A model's tensors by name, whatever files they lie in.
 *
 * Lifecycle: open reads headers only; after everything is found sound (weights.h), map makes the
 * bytes readable; unmap when they are repacked. Immutable between these calls; any thread. */
#ifndef HEARTH_NETWORK_CHECKPOINT_H
#define HEARTH_NETWORK_CHECKPOINT_H

#include "format/gguf.h"

struct hearth_checkpoint;

struct hearth_checkpoint_tensor {
    size_t index;                                 /* below hearth_checkpoint_count */
    uint32_t type;                                /* ggml's number */
    uint64_t extents[HEARTH_GGUF_DIMENSIONS_MAX]; /* the innermost first; 1 where absent */
    uint64_t offset, size_bytes;                  /* in its file */
};

/* A GGUF file. HEARTH_ENOTIMPL when it is one of several. */
int hearth_checkpoint_open(const char *path, struct hearth_checkpoint **ret_checkpoint,
                           struct hearth_error *error);
void hearth_checkpoint_close(struct hearth_checkpoint *checkpoint); /* NULL is allowed */

const struct hearth_gguf *hearth_checkpoint_header(const struct hearth_checkpoint *checkpoint);
size_t hearth_checkpoint_count(const struct hearth_checkpoint *checkpoint);
bool hearth_checkpoint_find(const struct hearth_checkpoint *checkpoint, const char *name,
                            struct hearth_checkpoint_tensor *ret_tensor);
/* For messages: the name of tensor number `index`, shortened and without control characters. */
void hearth_checkpoint_name(const struct hearth_checkpoint *checkpoint, size_t index,
                            char *ret_name, size_t size);

int hearth_checkpoint_map(struct hearth_checkpoint *checkpoint, struct hearth_error *error);
void hearth_checkpoint_unmap(struct hearth_checkpoint *checkpoint);
/* Between map and unmap; `size_bytes` of them, maybe unaligned. */
const void *hearth_checkpoint_bytes(const struct hearth_checkpoint *checkpoint,
                                    const struct hearth_checkpoint_tensor *tensor);

#endif
