/* Gathers bytes in memory that grows, up to a maximum that everybody who makes one must name.
 *
 * `hearth_buf_init` takes the most bytes that it may ever hold; an append past that, or without
 * memory, returns HEARTH_ETOOLARGE or HEARTH_ENOMEM and marks the buffer failed, so that a writer
 * may check once at the end. Zeroed memory is not a valid buffer. Not thread-safe. */
#ifndef HEARTH_BASE_BUF_H
#define HEARTH_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hearth_buf {
    char *bytes; /* NULL until the first append; never NUL-terminated by itself */
    size_t length;
    size_t capacity;
    size_t max;
    int failed; /* 0, or the first error */
};

void hearth_buf_init(struct hearth_buf *buf, size_t max);
void hearth_buf_finish(struct hearth_buf *buf); /* frees; the buffer may be initialised again */
void hearth_buf_clear(struct hearth_buf *buf);  /* length 0, no failure; keeps the memory */

/* Makes room for `extra` bytes more, so that the appends that need them cannot fail. The others
 * append; a failed append adds nothing. */
int hearth_buf_reserve(struct hearth_buf *buf, size_t extra);
int hearth_buf_append(struct hearth_buf *buf, const void *bytes, size_t length);
int hearth_buf_text(struct hearth_buf *buf, const char *text);
int hearth_buf_char(struct hearth_buf *buf, char c);
int hearth_buf_printf(struct hearth_buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Drops the first `length` bytes. */
void hearth_buf_consume(struct hearth_buf *buf, size_t length);

/* The content as a NUL-terminated heap string that the caller frees; the buffer is left empty.
 * NULL when the buffer had failed. */
char *hearth_buf_take(struct hearth_buf *buf);

/* The content with a NUL behind it (not counted in length), or NULL when that does not fit. */
const char *hearth_buf_cstr(struct hearth_buf *buf);

#endif
