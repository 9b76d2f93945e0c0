#include "wire/multipart.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { SLICE = 16 << 10, NAME_MAX_BYTES = 512 };

static int fail(struct hearth_multipart *parser, const char *what, struct hearth_error *error)
{
    parser->failed = HEARTH_EPARSE;
    return hearth_error_set(error, HEARTH_EPARSE, "the multipart body cannot be read: %s", what);
}

/* A code of the events, which have said why themselves. */
static int stop(struct hearth_multipart *parser, int rc, struct hearth_error *error)
{
    parser->failed = rc;
    error->code = rc;
    return rc;
}

/* bchars of RFC 2046, without the space. */
static bool is_boundary(const char *text, size_t length)
{
    static const char plain[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "'()+_,-./:=?";
    for (size_t i = 0; i < length; i++)
        if (!text[i] || !strchr(plain, text[i]))
            return false;
    return length > 0 && length <= HEARTH_MULTIPART_BOUNDARY_MAX;
}

/* The value of a parameter ("boundary=x", "name=\"x\"") of a header; quotes are taken off, and a
 * backslash before a quote. False when it is absent or does not fit. */
static bool parameter(const char *header, const char *key, char *ret_value, size_t size)
{
    size_t key_length = strlen(key), used = 0;
    const char *at = header;
    for (; (at = strcasestr(at, key)); at++)
        if (at > header && strchr("; \t", at[-1]) && at[key_length] == '=')
            break;
    if (!at)
        return false;
    at += key_length + 1;
    bool quoted = *at == '"';
    at += quoted;
    for (; *at && (quoted ? *at != '"' : !strchr("; \t", *at)); at++) {
        at += quoted && *at == '\\' && (at[1] == '"' || at[1] == '\\');
        if (used + 1 == size)
            return false;
        ret_value[used++] = *at;
    }
    ret_value[used] = '\0';
    return !quoted || *at == '"';
}

int hearth_multipart_init(struct hearth_multipart *parser, const char *content_type,
                          const struct hearth_multipart_events *events, void *argument,
                          struct hearth_error *error)
{
    char boundary[HEARTH_MULTIPART_BOUNDARY_MAX + 1];
    const char *type = content_type ? content_type : "";
    if (strncasecmp(type, "multipart/form-data", 19) != 0 ||
        !parameter(type, "boundary", boundary, sizeof(boundary)) ||
        !is_boundary(boundary, strlen(boundary)))
        return hearth_error_set(error, HEARTH_EMEDIA,
                                "a file is uploaded as multipart/form-data with a boundary, not as "
                                "%.100s",
                                *type ? type : "a body without a Content-Type");
    *parser = (struct hearth_multipart){.events = events, .argument = argument};
    hearth_buf_init(&parser->pending, SLICE + HEARTH_MULTIPART_HEAD_MAX + 512);
    parser->delimiter_length =
        (size_t)snprintf(parser->delimiter, sizeof(parser->delimiter), "\r\n--%s", boundary);
    /* The first delimiter may stand at the very beginning, without a line before it. */
    return hearth_buf_text(&parser->pending, "\r\n");
}

void hearth_multipart_finish(struct hearth_multipart *parser)
{
    hearth_buf_finish(&parser->pending);
}

/* The lines of a part's head lie in `head`, NUL-terminated; only the one that names it counts. */
static int tell_part(struct hearth_multipart *parser, char *head, struct hearth_error *error)
{
    static const char wanted[] = "content-disposition:";
    char name[NAME_MAX_BYTES], filename[NAME_MAX_BYTES];
    char *line = head;
    while (line && strncasecmp(line, wanted, sizeof(wanted) - 1) != 0) {
        line = strstr(line, "\r\n");
        line = line ? line + 2 : NULL;
    }
    char *end = line ? strstr(line, "\r\n") : NULL;
    if (end)
        *end = '\0';
    if (!line || !parameter(line, "name", name, sizeof(name)))
        return fail(parser, "a part has no name", error);
    bool has_file = parameter(line, "filename", filename, sizeof(filename));
    if (++parser->parts > HEARTH_MULTIPART_PARTS_MAX)
        return fail(parser, "it has too many parts", error);
    int rc = parser->events->on_part(parser->argument, name, has_file ? filename : NULL);
    return rc ? stop(parser, rc, error) : 0;
}

/* Each step consumes what it can decide; 1: go on, 0: more must come, or an error. */

/* What may be the beginning of a delimiter stays. */
static int pass_body(struct hearth_multipart *parser, struct hearth_error *error)
{
    struct hearth_buf *pending = &parser->pending;
    const char *found = pending->length ? memmem(pending->bytes, pending->length, parser->delimiter,
                                                 parser->delimiter_length)
                                        : NULL;
    size_t keep = parser->delimiter_length - 1;
    size_t length = found                    ? (size_t)(found - pending->bytes)
                    : pending->length > keep ? pending->length - keep
                                             : 0;
    bool is_body = parser->state == HEARTH_MULTIPART_BODY;
    int rc = 0;
    if (is_body && length)
        rc = parser->events->on_bytes(parser->argument, pending->bytes, length);
    if (!rc && is_body && found)
        rc = parser->events->on_part_end(parser->argument);
    if (rc)
        return stop(parser, rc, error);
    hearth_buf_consume(pending, length + (found ? parser->delimiter_length : 0));
    if (found)
        parser->state = HEARTH_MULTIPART_BEHIND;
    return found != NULL;
}

/* "--" ends it all; else white space and the end of the line. */
static int pass_delimiter(struct hearth_multipart *parser, struct hearth_error *error)
{
    struct hearth_buf *pending = &parser->pending;
    size_t blank = 0;
    while (blank < pending->length && strchr(" \t", pending->bytes[blank]) && pending->bytes[blank])
        blank++;
    if (pending->length - blank < 2)
        return blank > 256 ? fail(parser, "a delimiter has a long tail", error) : 0;
    const char *at = pending->bytes + blank;
    if (blank == 0 && at[0] == '-' && at[1] == '-')
        parser->state = HEARTH_MULTIPART_OVER;
    else if (at[0] == '\r' && at[1] == '\n')
        parser->state = HEARTH_MULTIPART_HEAD;
    else
        return fail(parser, "something stands behind a delimiter", error);
    hearth_buf_consume(pending, blank + 2);
    return 1;
}

static int pass_head(struct hearth_multipart *parser, struct hearth_error *error)
{
    struct hearth_buf *pending = &parser->pending;
    const char *end =
        pending->length ? memmem(pending->bytes, pending->length, "\r\n\r\n", 4) : NULL;
    char head[HEARTH_MULTIPART_HEAD_MAX + 1];
    size_t length = end ? (size_t)(end - pending->bytes) : pending->length;
    if (length > HEARTH_MULTIPART_HEAD_MAX)
        return fail(parser, "the head of a part is too long", error);
    if (!end)
        return 0;
    memcpy(head, pending->bytes, length);
    head[length] = '\0';
    int rc = tell_part(parser, head, error);
    if (rc)
        return rc;
    hearth_buf_consume(pending, length + 4);
    parser->state = HEARTH_MULTIPART_BODY;
    return 1;
}

static int pass(struct hearth_multipart *parser, struct hearth_error *error)
{
    switch (parser->state) {
    case HEARTH_MULTIPART_BEFORE:
    case HEARTH_MULTIPART_BODY:
        return pass_body(parser, error);
    case HEARTH_MULTIPART_BEHIND:
        return pass_delimiter(parser, error);
    case HEARTH_MULTIPART_HEAD:
        return pass_head(parser, error);
    default: /* an epilogue means nothing */
        hearth_buf_clear(&parser->pending);
        return 0;
    }
}

int hearth_multipart_feed(struct hearth_multipart *parser, const char *bytes, size_t length,
                          struct hearth_error *error)
{
    if (parser->failed)
        return hearth_error_set(error, parser->failed, "the multipart body cannot be read");
    while (length) {
        size_t slice = length < SLICE ? length : SLICE;
        int rc = hearth_buf_append(&parser->pending, bytes, slice);
        if (rc) {
            parser->failed = rc;
            return hearth_error_set(error, rc, "no memory for the multipart body");
        }
        while ((rc = pass(parser, error)) > 0) {
        }
        if (rc < 0)
            return rc;
        bytes += slice;
        length -= slice;
    }
    return 0;
}

int hearth_multipart_end(struct hearth_multipart *parser, struct hearth_error *error)
{
    if (parser->failed)
        return hearth_error_set(error, parser->failed, "the multipart body cannot be read");
    return parser->state == HEARTH_MULTIPART_OVER ? 0 : fail(parser, "its end is missing", error);
}
