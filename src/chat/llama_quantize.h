/* Quantizes the weights of a GGUF model with libllama's own quantizer. It trusts a model's bytes
 * more than they deserve and may end the process: only for one that is there for it. */
#ifndef HEARTH_LLAMA_QUANTIZE_H
#define HEARTH_LLAMA_QUANTIZE_H

#include "hearth/error.h"

#include <stdbool.h>
#include <stdint.h>

struct hearth_llama_quantizing {
    const char *from, *to; /* files; `from` may be the first of several, `to` is one */
    int file_type;         /* enum llama_ftype */
    bool is_second;        /* weights that are quantized already are taken too */
    uint32_t threads;
    /* On the calling thread, before each tensor; may be NULL. */
    void (*on_tensor)(void *argument, uint32_t done, uint32_t count);
    void *argument;
};

/* The most bytes that it takes for its own data: it keeps no more of a tensor in memory. */
enum { HEARTH_LLAMA_QUANTIZING_BYTES = 1 << 30 };

/* Blocks for as long as it takes. What it leaves behind when it fails, or when the disk is full,
 * which it need not notice, is no whole file: read its header. */
int hearth_llama_quantize(const struct hearth_llama_quantizing *quantizing,
                          struct hearth_error *error);

#endif
