/* What HTTP/1.1 and HTTP/2 have in common: the head of a request as both codecs produce it, and the
 * checks on it that do not depend on how it was framed. Pure (no socket, no clock); not
 * thread-safe.
 *
 * Sources: RFC 9110 (semantics), 9112 (HTTP/1.1), 9113 (HTTP/2), 8441 (extended CONNECT). */
#ifndef HEARTH_WIRE_HTTP_H
#define HEARTH_WIRE_HTTP_H

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hearth_header {
    const char *name; /* lower case */
    const char *value;
};

struct hearth_http_limits {
    uint32_t header_bytes_max; /* request line and fields together */
    uint32_t header_count_max;
};

enum { HEARTH_HTTP_TARGET_MAX = 8192 }; /* or header_bytes_max, if that is less */

/* Strings are offsets into `text`, each NUL-terminated, so that a copy of the text needs no other
 * change. HEARTH_HTTP_ABSENT is no string. */
#define HEARTH_HTTP_ABSENT UINT32_MAX

struct hearth_http_field {
    uint32_t name; /* lower case */
    uint32_t value;
};

struct hearth_http_head {
    const char *text;
    size_t text_length;
    uint32_t method;
    uint32_t path;      /* percent-decoded; starts with '/', or is "*" for OPTIONS */
    uint32_t query;     /* undecoded, without '?'; may be empty */
    uint32_t authority; /* absent only in HTTP/1.0 */
    uint32_t protocol;  /* of an extended CONNECT, else absent */
    const struct hearth_http_field *fields;
    size_t field_count;
    int64_t content_length; /* -1: no body, or one of unknown length */
    bool has_body;
    bool keep_alive;
    bool expect_continue;
    uint8_t major;
    uint8_t minor;
};

/* Gathers a head. Over a limit, verbs return HEARTH_EHEADERS or HEARTH_EURILONG. */
struct hearth_http_builder {
    struct hearth_buf text;
    struct hearth_buf fields; /* of struct hearth_http_field */
    uint32_t target_max;
    uint32_t method, target, authority, host, protocol, scheme;
    int64_t content_length;
    size_t host_count;
    bool transfer_encoding;
    bool expect_continue;
};

void hearth_http_builder_init(struct hearth_http_builder *builder,
                              const struct hearth_http_limits *limits);
void hearth_http_builder_finish(struct hearth_http_builder *builder);
/* Empty again; memory over a page is given back. */
void hearth_http_builder_clear(struct hearth_http_builder *builder);
/* A whole string, its offset in `ret_offset`. */
int hearth_http_builder_text(struct hearth_http_builder *builder, const char *bytes, size_t length,
                             uint32_t *ret_offset);
/* A field whose name (in any case) and value lie in the text already. */
int hearth_http_builder_field(struct hearth_http_builder *builder, uint32_t name, uint32_t value,
                              struct hearth_error *error);
/* Splits and decodes the target, settles the authority; every rule broken is HEARTH_EPARSE. The
 * head points into the builder. The framing (has_body, keep_alive, version) is the caller's. */
int hearth_http_builder_head(struct hearth_http_builder *builder, bool authority_needed,
                             struct hearth_http_head *ret_head, struct hearth_error *error);

/* "Not Found"; "" for a status without a phrase. */
const char *hearth_http_status_text(int status);
/* Decodes %XX (and '+' as a space if `plus`) in place; false on a bad escape or a NUL. */
bool hearth_http_percent_decode(char *text, bool plus);
/* Whether a list like "br;q=1, gzip;q=0.5, *;q=0" takes this coding with q over 0 (RFC
 * 9110 12.5.3). NULL is an absent header: no. */
bool hearth_http_accepts_coding(const char *accept_encoding, const char *coding);
/* "Sun, 06 Nov 1994 08:49:37 GMT"; takes 30 bytes. */
void hearth_http_date(int64_t unix_seconds, char ret_text[30]);

#endif
