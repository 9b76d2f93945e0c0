/* What an adapter's files say, before anything of it is computed with: pairs of matrices by which
 * the weights of a network change (LoRA: Hu et al., arXiv 2106.09685),
 *
 *     W' = W + scale · B · A,   A [rank × inputs], B [outputs × rank].
 *
 * Two formats, told apart by what lies at the path: a GGUF file as llama.cpp's
 * convert_lora_to_gguf.py writes it, and a folder as the Python library PEFT does
 * (adapter_config.json, adapter_model.safetensors).
 *
 * Every name, type and shape is checked against the network before a value is read; what an adapter
 * has that this code does not compute is refused by name, since a part left out would give other
 * answers than its maker's without a word. Values that are not finite are found when they are read.
 *
 * Lifecycle: open, read what is wanted, close. Immutable in between; any thread. */
#ifndef HEARTH_NETWORK_ADAPTER_FILE_H
#define HEARTH_NETWORK_ADAPTER_FILE_H

#include "compute/quant.h"
#include "network/network.h"

enum {
    HEARTH_ADAPTER_RANK_MAX = 512,
    HEARTH_ADAPTER_NAME_MAX = 64, /* of the name in messages and lists, with its NUL */
};

struct hearth_adapter_matrix {
    enum hearth_quant type;
    const void *bytes; /* row-major, maybe unaligned; NULL: there is none */
    uint32_t rows, columns;
};

struct hearth_adapter_pair {
    enum hearth_part part;
    uint32_t layer;
    float scale;
    struct hearth_adapter_matrix a, b;
    enum hearth_rotary rotation; /* the order of B's rows, if they are of Q and K */
};

struct hearth_adapter_file;

/* HEARTH_EMODEL says what is wrong, HEARTH_ENOTIMPL what is not computed; both name the adapter. */
int hearth_adapter_file_open(const char *path, const struct hearth_network *network,
                             struct hearth_adapter_file **ret_file, struct hearth_error *error);
/* A whole GGUF file in memory, which must stay until close; `name` is what messages call it. */
int hearth_adapter_file_parse(const char *name, const void *bytes, size_t length,
                              const struct hearth_network *network,
                              struct hearth_adapter_file **ret_file, struct hearth_error *error);
void hearth_adapter_file_close(struct hearth_adapter_file *file); /* NULL is allowed */

/* The last part of its path, without the ending of a GGUF file. */
const char *hearth_adapter_file_name(const struct hearth_adapter_file *file);
size_t hearth_adapter_file_count(const struct hearth_adapter_file *file); /* at least 1 */
const struct hearth_adapter_pair *hearth_adapter_file_at(const struct hearth_adapter_file *file,
                                                         size_t index);

/* Rows `first` … `first + count − 1` of A or B in f32; those of B in the network's order and times
 * the scale. HEARTH_EMODEL when a value is not finite. */
int hearth_adapter_read_a(const struct hearth_adapter_file *file,
                          const struct hearth_adapter_pair *pair, uint32_t first, uint32_t count,
                          float *y, struct hearth_error *error);
int hearth_adapter_read_b(const struct hearth_adapter_file *file,
                          const struct hearth_adapter_pair *pair, uint32_t first, uint32_t count,
                          float *y, struct hearth_error *error);

#endif
