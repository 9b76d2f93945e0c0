/* The safetensors of a Hugging Face folder: model.safetensors, or the files that
 * model.safetensors.index.json names. Every file lies in the folder itself and has exactly the
 * tensors that the index says. Immutable after open; any thread. */
#ifndef HEARTH_NETWORK_SHARDS_H
#define HEARTH_NETWORK_SHARDS_H

#include "compute/quant.h"
#include "format/safetensors.h"

#include <stdbool.h>

enum { HEARTH_SHARDS_MAX = 999 };

/* Tensors of all files are numbered through. */
struct hearth_shard_tensor {
    const struct hearth_tensor *tensor;
    size_t index, file;
};

struct hearth_shards {
    struct hearth_safetensors **files; /* [count] */
    size_t count;
    struct hearth_shard_tensor *tensors; /* [tensor_count], in their files' order */
    struct hearth_shard_tensor *by_name; /* the same, sorted */
    size_t tensor_count;
};

/* HEARTH_EMODEL names the file and what is wrong. */
int hearth_shards_open(const char *directory, struct hearth_shards *ret_shards,
                       struct hearth_error *error);
void hearth_shards_close(struct hearth_shards *shards); /* one that is all zeros is allowed */

/* The type in ggml's list that a type of safetensors is; HEARTH_QUANT_END: none that is read. */
enum hearth_quant hearth_shards_quant(enum hearth_dtype dtype);

/* Both: NULL when there is none. */
const struct hearth_tensor *hearth_shards_at(const struct hearth_shards *shards, size_t index);
const struct hearth_shard_tensor *hearth_shards_find(const struct hearth_shards *shards,
                                                     const char *name);

#endif
