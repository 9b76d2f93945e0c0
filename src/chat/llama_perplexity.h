/* How well a model foresees a text: its perplexity, e to the mean of −ln p(token). The text is cut
 * into pieces of HEARTH_PERPLEXITY_PIECE tokens, each of which is read by itself, and of each the
 * second half is counted, whose tokens have something to go by. So figures of two models with the
 * same tokens can be compared; those of other programs only where they cut the text alike. */
#ifndef HEARTH_LLAMA_PERPLEXITY_H
#define HEARTH_LLAMA_PERPLEXITY_H

#include "hearth/error.h"

#include <stddef.h>
#include <stdint.h>

enum { HEARTH_PERPLEXITY_PIECE = 512, HEARTH_PERPLEXITY_TOKENS_MIN = 64 };

struct hearth_llama_perplexing {
    const char *path; /* a GGUF model, or the first file of several */
    const char *text;
    size_t length;
    uint32_t threads;
    /* On the calling thread, after each piece; may be NULL. */
    void (*on_piece)(void *argument, uint32_t done, uint32_t count);
    void *argument;
};

/* A bound of the bytes that it takes beside the weights, for a model of so many layers, values of a
 * token between them, and words in its vocabulary. Pure. */
uint64_t hearth_llama_perplexity_bytes(uint64_t layers, uint64_t width, uint64_t words);

/* `ret_tokens` is how many were counted. Blocks. HEARTH_EINVAL when the text has fewer tokens than
 * HEARTH_PERPLEXITY_TOKENS_MIN, HEARTH_EMODEL when what the model computes are no numbers. */
int hearth_llama_perplexity(const struct hearth_llama_perplexing *perplexing,
                            double *ret_perplexity, uint32_t *ret_tokens,
                            struct hearth_error *error);

#endif
