/* Declares what the parser of a GGUF header fills in and the accessors read. Private to
 * src/format/gguf*. */
#ifndef HEARTH_FORMAT_GGUF_PARSE_H
#define HEARTH_FORMAT_GGUF_PARSE_H

#include "format/gguf.h"

struct hearth_gguf {
    uint32_t version;
    uint64_t file_bytes;
    struct hearth_gguf_entry *entries;
    size_t entry_count;
    size_t *entries_by_key; /* indices, sorted */
    struct hearth_gguf_tensor *tensors;
    size_t tensor_count;
    size_t *tensors_by_name; /* indices, sorted */
    void *owned_bytes;       /* the header, when this object read it itself; at least all of it */
    size_t owned_count;
};

/* As hearth_gguf_parse. When the header goes on behind `length` bytes of a longer file,
 * `ret_more` is set beside the error: with more of its bytes the outcome may be another. */
int hearth_gguf_parse_window(const void *bytes, size_t length, uint64_t file_bytes, bool *ret_more,
                             struct hearth_gguf **ret_gguf, struct hearth_error *error);

/* The order of the indices: by bytes, and of two that begin alike the shorter first. */
int hearth_gguf_text_compare(struct hearth_gguf_text a, struct hearth_gguf_text b);

#endif
