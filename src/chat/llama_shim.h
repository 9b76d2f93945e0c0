/* The calls of libllama that may throw, as C functions over a thin layer of C++. No exception
 * leaves it: each becomes an error in our words, and the library's words go to standard error. Any
 * thread, unless it is said otherwise. */
#ifndef HEARTH_LLAMA_SHIM_H
#define HEARTH_LLAMA_SHIM_H

#include "base/buf.h"
#include "hearth/error.h"

#include <llama.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum hearth_llama_family {
    HEARTH_LLAMA_UNKNOWN,   /* an architecture that libllama does not have */
    HEARTH_LLAMA_ATTENTION, /* a KV cache that can be cut at any token */
    HEARTH_LLAMA_RECURRENT, /* a state that only goes forward */
    HEARTH_LLAMA_HYBRID,
    HEARTH_LLAMA_DIFFUSION,
};

/* `architecture` as in general.architecture. */
enum hearth_llama_family hearth_llama_family_of(const char *architecture);

/* The tokens of a text, in memory that the caller frees (hearth_free). */
int hearth_llama_tokenize(const struct llama_vocab *vocab, const char *text, size_t length,
                          bool add_special, bool parse_special, int32_t **ret_tokens,
                          uint32_t *ret_count, struct hearth_error *error);
/* Appends the bytes of a token; `special` shows control tokens as text. */
int hearth_llama_piece(const struct llama_vocab *vocab, int32_t token, bool special,
                       struct hearth_buf *buf);

/* NULL on failure, with the reason in the error. */
struct llama_model *hearth_llama_load(const char *path, const struct llama_model_params *params,
                                      struct hearth_error *error);
struct llama_context *hearth_llama_context(struct llama_model *model,
                                           const struct llama_context_params *params,
                                           struct hearth_error *error);
/* An adapter out of a whole GGUF file that is read from its beginning; it lives as long as the
 * model. NULL on failure, with the reason in the error. */
struct llama_adapter_lora *hearth_llama_adapter(struct llama_model *model, FILE *file,
                                                struct hearth_error *error);
/* The adapters of the context's next steps. */
int hearth_llama_adapt(struct llama_context *context, struct llama_adapter_lora **adapters,
                       size_t count, float *scales, struct hearth_error *error);
/* llama_decode's result; -100 stands for an exception. */
int hearth_llama_decode(struct llama_context *context, const struct llama_batch *batch);

#endif
