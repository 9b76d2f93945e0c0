/* Tells how the elements of GGUF tensors are stored: how many a block holds, and how many bytes it
 * takes. */
#ifndef HEARTH_FORMAT_GGUF_TYPES_H
#define HEARTH_FORMAT_GGUF_TYPES_H

#include <stdint.h>

struct hearth_gguf_tensor_type {
    const char *name;
    uint32_t block_elements;
    uint32_t block_bytes;
};

/* NULL for a number without a meaning, or one whose meaning was withdrawn. Any thread. */
const struct hearth_gguf_tensor_type *hearth_gguf_tensor_type(uint32_t type);

#endif
