/* Reads the pieces of a GGUF header one behind the other: bounded, and with errors that say where.
 * Private to src/format/gguf*. One thread at a time. */
#ifndef HEARTH_FORMAT_GGUF_CURSOR_H
#define HEARTH_FORMAT_GGUF_CURSOR_H

#include "format/gguf.h"

enum { HEARTH_GGUF_SHOWN_MAX = 80 }; /* characters of a hostile name that a message repeats */

/* Where reading stands. `bytes` is what has been read of a file of `file_bytes`; `length` of them.
 */
struct hearth_gguf_cursor {
    const unsigned char *bytes;
    size_t length;
    uint64_t file_bytes;
    size_t offset;
    bool more; /* a read went past `length` but not past the file */
    struct hearth_error *error;
};

/* A name from the file, safe to print: cut, and without control characters. */
struct hearth_gguf_shown {
    char text[HEARTH_GGUF_SHOWN_MAX + 4];
};
struct hearth_gguf_shown hearth_gguf_show(struct hearth_gguf_text name);

/* HEARTH_EMODEL: what stands here has a fault. */
int hearth_gguf_broken(struct hearth_gguf_cursor *at, const char *what, const char *fault);
/* Whether `size` more bytes are there; `what` is named when they are not. */
int hearth_gguf_need(struct hearth_gguf_cursor *at, uint64_t size, const char *what);
int hearth_gguf_read_u32(struct hearth_gguf_cursor *at, const char *what, uint32_t *ret_value);
int hearth_gguf_read_u64(struct hearth_gguf_cursor *at, const char *what, uint64_t *ret_value);
/* Points into the header's bytes. */
int hearth_gguf_read_text(struct hearth_gguf_cursor *at, const char *what,
                          struct hearth_gguf_text *ret_text);
/* A key or a tensor's name: not empty, bounded, printable. */
int hearth_gguf_read_name(struct hearth_gguf_cursor *at, const char *what, size_t length_max,
                          struct hearth_gguf_text *ret_name);

#endif
