/* Reads multipart/form-data (RFC 7578, RFC 2046 5.1) as it comes: pieces of a body in, parts and
 * their bytes out. It holds no more than a delimiter and the head of one part at a time, so a part
 * may be of any size. Pure; not thread-safe.
 *
 * A part without a name, a head over HEARTH_MULTIPART_HEAD_MAX, more than
 * HEARTH_MULTIPART_PARTS_MAX parts and a delimiter with something else behind it are faults:
 * HEARTH_EPARSE with a reason, and from then on every verb answers that. */
#ifndef HEARTH_WIRE_MULTIPART_H
#define HEARTH_WIRE_MULTIPART_H

#include "base/buf.h"
#include "hearth/error.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    HEARTH_MULTIPART_HEAD_MAX = 8 << 10,
    HEARTH_MULTIPART_PARTS_MAX = 64,
    HEARTH_MULTIPART_BOUNDARY_MAX = 70, /* RFC 2046 5.1.1 */
};

/* A text is valid while on_part runs. A result other than 0 stops with that code. */
struct hearth_multipart_events {
    int (*on_part)(void *argument, const char *name, const char *filename /* or NULL */);
    int (*on_bytes)(void *argument, const char *bytes, size_t length); /* of the part begun last */
    int (*on_part_end)(void *argument);
};

struct hearth_multipart {
    const struct hearth_multipart_events *events;
    void *argument;
    struct hearth_buf pending; /* what is not decided yet */
    char delimiter[HEARTH_MULTIPART_BOUNDARY_MAX + 5];
    size_t delimiter_length;
    int parts;
    int failed;
    enum {
        HEARTH_MULTIPART_BEFORE, /* up to the first delimiter */
        HEARTH_MULTIPART_BEHIND, /* a delimiter: its rest */
        HEARTH_MULTIPART_HEAD,
        HEARTH_MULTIPART_BODY,
        HEARTH_MULTIPART_OVER,
    } state;
};

/* `content_type` is the header's value: HEARTH_EMEDIA when it is not multipart/form-data with a
 * boundary. */
int hearth_multipart_init(struct hearth_multipart *parser, const char *content_type,
                          const struct hearth_multipart_events *events, void *argument,
                          struct hearth_error *error);
void hearth_multipart_finish(struct hearth_multipart *parser);
int hearth_multipart_feed(struct hearth_multipart *parser, const char *bytes, size_t length,
                          struct hearth_error *error);
/* The body is whole: HEARTH_EPARSE when its last delimiter has not come. */
int hearth_multipart_end(struct hearth_multipart *parser, struct hearth_error *error);

#endif
