/* Reads requests of HTTP/1.0 and 1.1 (llhttp in its strict mode does the parsing), and writes
 * answers.
 *
 * The parser stops behind each message until hearth_http1_next, so that a pipelined request waits
 * while the one before it is answered. Whatever two programs could understand differently (the
 * ground of request smuggling) is an error. Pure; not thread-safe. */
#ifndef HEARTH_WIRE_HTTP1_H
#define HEARTH_WIRE_HTTP1_H

#include "wire/http.h"

struct hearth_http1;

struct hearth_http1_events {
    /* The head lives during the call. */
    void (*on_head)(void *argument, const struct hearth_http_head *head);
    /* optional: a chunk of `length` bytes follows */
    void (*on_chunk)(void *argument, uint64_t length);
    void (*on_body)(void *argument, const char *bytes, size_t length);
    void (*on_end)(void *argument);
};

/* The events must outlive the parser. */
struct hearth_http1 *hearth_http1_create(const struct hearth_http_limits *limits,
                                         const struct hearth_http1_events *events, void *argument);
void hearth_http1_destroy(struct hearth_http1 *http1); /* NULL is allowed */

/* Takes bytes up to the end of the present message; `ret_used` says how many. Errors are
 * HEARTH_EPARSE (400), HEARTH_EHEADERS (431), HEARTH_EURILONG (414), HEARTH_EHTTPVERSION (505); no
 * more may be fed after one. */
int hearth_http1_feed(struct hearth_http1 *http1, const char *bytes, size_t length,
                      size_t *ret_used, struct hearth_error *error);
/* Whether a message is whole, and the next is waited for. */
bool hearth_http1_complete(const struct hearth_http1 *http1);
/* Whether some of a head, but not all, has arrived. */
bool hearth_http1_in_head(const struct hearth_http1 *http1);
void hearth_http1_next(struct hearth_http1 *http1);

/* Status line, fields (given in lower case, written as "Content-Type") and the empty line. */
int hearth_http1_write_head(struct hearth_buf *buf, int status, const struct hearth_header *headers,
                            size_t count);
/* One chunk; nothing at all for no bytes, which would end the body. */
int hearth_http1_write_chunk(struct hearth_buf *buf, const void *bytes, size_t length);
int hearth_http1_write_last_chunk(struct hearth_buf *buf, const struct hearth_header *trailers,
                                  size_t count);

#endif
