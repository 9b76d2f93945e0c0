/* The tensors of a GGUF model, added up over its parts (format/gguf_parts.h). Any thread. */
#ifndef HEARTH_LLAMA_WEIGHTS_H
#define HEARTH_LLAMA_WEIGHTS_H

#include "format/gguf_parts.h"

#include <stdbool.h>

#define HEARTH_LLAMA_TENSOR_TYPES_MAX 64u

struct hearth_llama_weights {
    uint64_t tensor_count, parameter_count, bytes;
    uint64_t bytes_of_type[HEARTH_LLAMA_TENSOR_TYPES_MAX]; /* the last one: of unknown types too */
};

/* Whether libllama lays any of them out anew for this machine's processor (its "repack"), where it
 * may: 8 or more rows of a matrix become one, side by side, as large as before. */
bool hearth_llama_weights_repacked(const struct hearth_llama_weights *weights);

/* HEARTH_EMODEL when there are none. */
int hearth_llama_weights_read(const struct hearth_gguf_parts *parts,
                              struct hearth_llama_weights *ret_weights, struct hearth_error *error);

#endif
