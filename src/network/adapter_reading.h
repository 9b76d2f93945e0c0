/* Between the readers of the two formats and what they have in common: the private middle of
 * adapter_file.c, adapter_gguf.c and adapter_peft.c. */
#ifndef HEARTH_NETWORK_ADAPTER_READING_H
#define HEARTH_NETWORK_ADAPTER_READING_H

#include "format/file_map.h"
#include "format/safetensors.h"
#include "network/adapter_file.h"

struct hearth_adapter_file {
    const struct hearth_network *network; /* while it is opened and read */
    char name[HEARTH_ADAPTER_NAME_MAX];
    struct hearth_adapter_pair *pairs;
    size_t count, capacity;
    /* The owner of the bytes: one of the two. */
    struct hearth_gguf *gguf;
    struct hearth_file_map map;
    bool borrows; /* `map` is the caller's memory */
    struct hearth_safetensors *safetensors;
};

/* Half of a pair: matrix A or B of a part of a layer. Checks that the network has the part, the
 * rank, the shape, and that there is no such half yet. `tensor` is what the file calls it. */
struct hearth_adapter_half {
    const char *tensor;
    enum hearth_part part;
    uint32_t layer;
    bool is_b;
    enum hearth_rotary rotation;
    uint64_t rows, columns;
    uint32_t type; /* ggml's number */
    const void *bytes;
    uint64_t length;
};
int hearth_adapter_add_half(struct hearth_adapter_file *file,
                            const struct hearth_adapter_half *half, struct hearth_error *error);

/* A name out of a file, shortened and without control characters, for a message. */
const char *hearth_adapter_shown(const char *bytes, size_t length, char *buffer, size_t size);

int hearth_adapter_read_gguf(struct hearth_adapter_file *file, const char *path,
                             struct hearth_error *error);
/* The same where `map` has the whole file already. */
int hearth_adapter_parse_gguf(struct hearth_adapter_file *file, struct hearth_error *error);
int hearth_adapter_read_peft(struct hearth_adapter_file *file, const char *path,
                             struct hearth_error *error);

#endif
