/* A model's tensors by their part in the network, whatever files they lie in and whatever they are
 * called there.
 *
 * Two sources: a GGUF model, in one file or several (format/gguf_parts.h); a Hugging Face folder
 * with config.json and safetensors, in one file or in several by an index. Lifecycle: open reads
 * headers only; after everything is found sound (weights.h), map makes the bytes readable; unmap
 * when they are repacked. Immutable between these calls; any thread. */
#ifndef HEARTH_NETWORK_CHECKPOINT_H
#define HEARTH_NETWORK_CHECKPOINT_H

#include "network/network.h"

struct hearth_checkpoint;

/* A type that the files have and that has no number in ggml's list. */
#define HEARTH_CHECKPOINT_NO_TYPE UINT32_MAX

struct hearth_checkpoint_tensor {
    size_t index;                                 /* below hearth_checkpoint_count */
    uint32_t type;                                /* ggml's number */
    uint64_t extents[HEARTH_GGUF_DIMENSIONS_MAX]; /* the innermost first; 1 where absent */
    uint64_t offset, size_bytes;                  /* in its file */
    uint32_t file;
    bool is_item; /* one item (an expert, a head) of the part, not all of it */
};

/* By what lies at `path`. HEARTH_ENOTIMPL says what no source reads (a clause); HEARTH_EMODEL what
 * is wrong. */
int hearth_checkpoint_open(const char *path, struct hearth_checkpoint **ret_checkpoint,
                           struct hearth_error *error);
void hearth_checkpoint_close(struct hearth_checkpoint *checkpoint); /* NULL is allowed */

/* As hearth_network_read. */
int hearth_checkpoint_network(const struct hearth_checkpoint *checkpoint,
                              const struct hearth_network_overrides *overrides,
                              struct hearth_network *ret_network, struct hearth_error *error);

size_t hearth_checkpoint_count(const struct hearth_checkpoint *checkpoint);
/* Item number `item` of the part where items lie apart, else the whole part. */
bool hearth_checkpoint_find(const struct hearth_checkpoint *checkpoint, enum hearth_part part,
                            uint32_t layer, uint32_t item,
                            struct hearth_checkpoint_tensor *ret_tensor);
/* For messages: what a part is called here. */
void hearth_checkpoint_part_name(const struct hearth_checkpoint *checkpoint, enum hearth_part part,
                                 uint32_t layer, uint32_t item, char *ret_name, size_t size);
/* The same of tensor number `index`, shortened and without control characters. */
void hearth_checkpoint_name(const struct hearth_checkpoint *checkpoint, size_t index,
                            char *ret_name, size_t size);
/* It is no part of this network, and known to be none: what other networks of the same folder have,
 * or what is computed anyway. */
bool hearth_checkpoint_is_beside(const struct hearth_checkpoint *checkpoint, size_t index);

int hearth_checkpoint_map(struct hearth_checkpoint *checkpoint, struct hearth_error *error);
void hearth_checkpoint_unmap(struct hearth_checkpoint *checkpoint);
/* Between map and unmap; `size_bytes` of them, maybe unaligned. */
const void *hearth_checkpoint_bytes(const struct hearth_checkpoint *checkpoint,
                                    const struct hearth_checkpoint_tensor *tensor);

#endif
