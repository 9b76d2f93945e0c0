/* The tensors of a GGUF model, added up over its parts: "NAME-00001-of-00003.gguf" stands for all
 * three, which lie in one folder. The header of every part is read and checked, so that libllama
 * sees only files that are sound and belong together. Blocks; any thread. */
#ifndef HEARTH_LLAMA_WEIGHTS_H
#define HEARTH_LLAMA_WEIGHTS_H

#include "format/gguf.h"

#define HEARTH_LLAMA_TENSOR_TYPES_MAX 64u

struct hearth_llama_weights {
    uint64_t tensor_count, parameter_count, bytes;
    uint64_t bytes_of_type[HEARTH_LLAMA_TENSOR_TYPES_MAX]; /* the last one: of unknown types too */
    uint64_t embedding_bytes;                              /* of the token embeddings */
    bool has_output;                                       /* a head apart from the embeddings */
};

/* `first` is the header of the file at `path`. HEARTH_EMODEL names the part and what is wrong. */
int hearth_llama_weights_read(const char *path, const struct hearth_gguf *first,
                              struct hearth_llama_weights *ret_weights, struct hearth_error *error);

#endif
