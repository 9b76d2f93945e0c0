/* Reads the header of a GGUF file, version 2 or 3: metadata and the table of tensors.
 *
 * Every byte is hostile: counts, lengths and offsets are checked against the file before they are
 * used, so that time and memory are bounded by the header's size, which is at most
 * HEARTH_GGUF_HEADER_MAX. An error names the key or tensor at fault and the byte where it stands.
 * Nothing is read but the header; the tensors' bytes are only proved to lie inside the file.
 *
 * A parsed header is immutable: any thread. What accessors return lives as long as it.
 *
 * Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md */
#ifndef HEARTH_FORMAT_GGUF_H
#define HEARTH_FORMAT_GGUF_H

#include "hearth/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEARTH_GGUF_HEADER_MAX (256u << 20)
#define HEARTH_GGUF_DIMENSIONS_MAX 4
#define HEARTH_GGUF_TENSOR_NAME_MAX 63

/* "gguf_metadata_value_type" of the specification. */
enum hearth_gguf_type {
    HEARTH_GGUF_UINT8,
    HEARTH_GGUF_INT8,
    HEARTH_GGUF_UINT16,
    HEARTH_GGUF_INT16,
    HEARTH_GGUF_UINT32,
    HEARTH_GGUF_INT32,
    HEARTH_GGUF_FLOAT32,
    HEARTH_GGUF_BOOL,
    HEARTH_GGUF_STRING,
    HEARTH_GGUF_ARRAY,
    HEARTH_GGUF_UINT64,
    HEARTH_GGUF_INT64,
    HEARTH_GGUF_FLOAT64,
};

/* Not NUL-terminated; may hold any byte. */
struct hearth_gguf_text {
    const char *bytes;
    size_t length;
};

struct hearth_gguf_entry {
    struct hearth_gguf_text key;
    enum hearth_gguf_type type; /* of an element, when it is an array */
    bool is_array;
    uint64_t count;             /* elements; 1 when it is no array */
    const unsigned char *bytes; /* little-endian values, one after the other */
};

struct hearth_gguf_tensor {
    struct hearth_gguf_text name;
    uint32_t type; /* ggml's number */
    uint32_t dimension_count;
    uint64_t dimensions[HEARTH_GGUF_DIMENSIONS_MAX]; /* the innermost first; 1 where absent */
    uint64_t element_count;
    uint64_t offset; /* from the start of the file */
    uint64_t size_bytes;
};

struct hearth_gguf;

/* Reads the header of a regular file. HEARTH_ENOTFOUND, HEARTH_EIO; HEARTH_EMODEL names what is
 * broken; HEARTH_ENOTIMPL a version or a tensor type that this reader does not know. */
int hearth_gguf_open(const char *path, struct hearth_gguf **ret_gguf, struct hearth_error *error);
/* The same of the first bytes of a file of `file_bytes`; they must outlive the result. */
int hearth_gguf_parse(const void *bytes, size_t length, uint64_t file_bytes,
                      struct hearth_gguf **ret_gguf, struct hearth_error *error);
void hearth_gguf_destroy(struct hearth_gguf *gguf); /* NULL is allowed */

/* What the header says of itself. Indices count from 0 in the order of the file; NULL beyond the
 * last. */
uint32_t hearth_gguf_version(const struct hearth_gguf *gguf);
uint64_t hearth_gguf_file_bytes(const struct hearth_gguf *gguf);
size_t hearth_gguf_entry_count(const struct hearth_gguf *gguf);
const struct hearth_gguf_entry *hearth_gguf_entry(const struct hearth_gguf *gguf, size_t index);
size_t hearth_gguf_tensor_count(const struct hearth_gguf *gguf);
const struct hearth_gguf_tensor *hearth_gguf_tensor(const struct hearth_gguf *gguf, size_t index);

/* NULL when there is none. */
const struct hearth_gguf_entry *hearth_gguf_find(const struct hearth_gguf *gguf, const char *key);
const struct hearth_gguf_tensor *hearth_gguf_find_tensor(const struct hearth_gguf *gguf,
                                                         const char *name);

/* The value of a key, or the fallback when it is absent, an array, or of another kind. Integers of
 * any width are taken; one beyond INT64_MAX gives the fallback. */
int64_t hearth_gguf_integer(const struct hearth_gguf *gguf, const char *key, int64_t fallback);
double hearth_gguf_number(const struct hearth_gguf *gguf, const char *key, double fallback);
bool hearth_gguf_truth(const struct hearth_gguf *gguf, const char *key, bool fallback);
/* `bytes` is NULL when the key is absent or no string. */
struct hearth_gguf_text hearth_gguf_text(const struct hearth_gguf *gguf, const char *key);
/* Element `index` of an integer array; of a plain integer for any index. */
int64_t hearth_gguf_integer_at(const struct hearth_gguf_entry *entry, uint64_t index,
                               int64_t fallback);

/* The strings of an array one after the other: `offset` begins at 0 and is moved along. At most
 * `entry->count` times. */
struct hearth_gguf_text hearth_gguf_next_text(const struct hearth_gguf_entry *entry,
                                              size_t *offset);

/* "f16", "q4_K"; NULL for a number that this reader does not know. */
const char *hearth_gguf_tensor_type_name(uint32_t type);
/* Bytes of `element_count` elements; a partial block counts as whole. 0 for an unknown type. */
uint64_t hearth_gguf_tensor_type_bytes(uint32_t type, uint64_t element_count);

#endif
