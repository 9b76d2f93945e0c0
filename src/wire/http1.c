/* HTTP/1 over llhttp: its callbacks gather the head, and what could be read in two ways is
 * refused. */
#include "wire/http1.h"

#include "base/memory.h"

#include <assert.h>
#include <llhttp.h>
#include <string.h>

/* The most framing that a body may have: 64 KiB for chunk extensions and trailers, and eight bytes
 * for each byte of the body. A chunk of one byte needs five ("1" and two line ends). */
enum { FRAMING_SLACK = 65536, FRAMING_PER_BYTE = 8 };

struct hearth_http1 {
    llhttp_t parser;
    struct hearth_http_builder builder;
    struct hearth_http_limits limits;
    const struct hearth_http1_events *events;
    void *argument;
    struct hearth_error fault; /* set by a callback; llhttp only learns that there is one */
    uint64_t head_bytes;
    uint64_t raw_bytes; /* of the body, with its framing */
    uint64_t body_bytes;
    uint32_t name_offset, value_offset;
    bool target_done, head_done, complete;
};

static struct hearth_http1 *self(llhttp_t *parser)
{
    return parser->data;
}

/* llhttp takes a number for an answer and no text, so the fault waits here for translate. */
static int fail(struct hearth_http1 *http1, int code, const char *message)
{
    hearth_error_set(&http1->fault, code, "%s", message);
    return -1;
}

static int append(struct hearth_http1 *http1, const char *bytes, size_t length)
{
    if (hearth_buf_append(&http1->builder.text, bytes, length))
        return fail(http1, HEARTH_EHEADERS, "the header fields are too long");
    return 0;
}

/* Strings of the head end with a NUL, which the peer did not send. */
static int terminate(struct hearth_http1 *http1)
{
    return append(http1, "", 1);
}

/* Called for each piece that arrives, so the length is checked as it grows. */
static int on_url(llhttp_t *parser, const char *bytes, size_t length)
{
    struct hearth_http1 *http1 = self(parser);
    struct hearth_http_builder *builder = &http1->builder;
    if (builder->target == HEARTH_HTTP_ABSENT)
        builder->target = (uint32_t)builder->text.length;
    if (builder->text.length - builder->target + length > builder->target_max)
        return fail(http1, HEARTH_EURILONG, "the request target is too long");
    return append(http1, bytes, length);
}

static int on_url_complete(llhttp_t *parser)
{
    self(parser)->target_done = true;
    return terminate(self(parser));
}

/* Fields of a trailer section are counted as framing and dropped (RFC 9110 6.5.1 allows it). */
static int on_field(llhttp_t *parser, const char *bytes, size_t length)
{
    struct hearth_http1 *http1 = self(parser);
    if (http1->head_done)
        return 0;
    if (http1->name_offset == HEARTH_HTTP_ABSENT)
        http1->name_offset = (uint32_t)http1->builder.text.length;
    return append(http1, bytes, length);
}

static int on_field_complete(llhttp_t *parser)
{
    struct hearth_http1 *http1 = self(parser);
    if (http1->head_done)
        return 0;
    if (http1->name_offset == HEARTH_HTTP_ABSENT)
        return fail(http1, HEARTH_EPARSE, "a header field has no name");
    int rc = terminate(http1);
    http1->value_offset = (uint32_t)http1->builder.text.length;
    return rc;
}

static int on_value(llhttp_t *parser, const char *bytes, size_t length)
{
    return self(parser)->head_done ? 0 : append(self(parser), bytes, length);
}

/* RFC 9110 5.5: whitespace around a value is not part of it. llhttp has skipped that before it. */
static int on_value_complete(llhttp_t *parser)
{
    struct hearth_http1 *http1 = self(parser);
    struct hearth_buf *text = &http1->builder.text;
    if (http1->head_done)
        return 0;
    while (text->length > http1->value_offset &&
           (text->bytes[text->length - 1] == ' ' || text->bytes[text->length - 1] == '\t'))
        text->length--;
    if (text->bytes &&
        memchr(text->bytes + http1->value_offset, '\0', text->length - http1->value_offset))
        return fail(http1, HEARTH_EPARSE, "a header field holds a control character");
    if (terminate(http1))
        return -1;
    uint32_t name = http1->name_offset;
    http1->name_offset = HEARTH_HTTP_ABSENT;
    return hearth_http_builder_field(&http1->builder, name, http1->value_offset, &http1->fault) ? -1
                                                                                                : 0;
}

/* RFC 9112 6.1: both at once is how requests are smuggled past a proxy, and chunks in HTTP/1.0 are
 * framed in a way that only some understand. */
static int check_framing(struct hearth_http1 *http1, const struct hearth_http_head *head)
{
    if (!http1->builder.transfer_encoding)
        return 0;
    if (head->content_length >= 0)
        return fail(http1, HEARTH_EPARSE, "Content-Length and Transfer-Encoding together");
    if (head->minor == 0)
        return fail(http1, HEARTH_EPARSE, "Transfer-Encoding in HTTP/1.0");
    return 0;
}

/* llhttp calls this before the first byte of the body; returning 0 makes it read on. Keep-alive is
 * llhttp's to judge, by version and Connection field. */
static int on_head_complete(llhttp_t *parser)
{
    struct hearth_http1 *http1 = self(parser);
    struct hearth_http_builder *builder = &http1->builder;
    struct hearth_http_head head;
    const char *method = llhttp_method_name(parser->method);
    if (parser->http_major != 1)
        return fail(http1, HEARTH_EHTTPVERSION,
                    "this version of HTTP is not allowed here; allowed: 1.0, 1.1, 2");
    if (parser->method == HTTP_CONNECT)
        return fail(http1, HEARTH_EMETHOD, "CONNECT is not allowed here: this server is no proxy");
    if (hearth_http_builder_text(builder, method, strlen(method), &builder->method))
        return fail(http1, HEARTH_EHEADERS, "the header fields are too long");
    if (hearth_http_builder_head(builder, parser->http_minor == 1, &head, &http1->fault))
        return -1;
    head.major = 1;
    head.minor = parser->http_minor;
    if (check_framing(http1, &head))
        return -1;
    head.has_body = builder->transfer_encoding || head.content_length > 0;
    head.expect_continue = head.expect_continue && head.minor == 1 && head.has_body;
    head.keep_alive = llhttp_should_keep_alive(parser);
    http1->head_done = true;
    http1->events->on_head(http1->argument, &head);
    return 0;
}

static int on_body(llhttp_t *parser, const char *bytes, size_t length)
{
    struct hearth_http1 *http1 = self(parser);
    http1->body_bytes += length;
    http1->events->on_body(http1->argument, bytes, length);
    return 0;
}

/* What none of our counters could hold needs no waiting for. */
static int on_chunk_header(llhttp_t *parser)
{
    struct hearth_http1 *http1 = self(parser);
    if (parser->content_length > INT64_MAX)
        return fail(http1, HEARTH_EPARSE, "a chunk that is too long for any body");
    if (http1->events->on_chunk)
        http1->events->on_chunk(http1->argument, parser->content_length);
    return 0;
}

/* Pausing stops llhttp behind the last byte of this message, so that a pipelined request stays
 * unread. */
static int on_message_complete(llhttp_t *parser)
{
    self(parser)->complete = true;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_url = on_url,
    .on_url_complete = on_url_complete,
    .on_header_field = on_field,
    .on_header_field_complete = on_field_complete,
    .on_header_value = on_value,
    .on_header_value_complete = on_value_complete,
    .on_headers_complete = on_head_complete,
    .on_chunk_header = on_chunk_header,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

struct hearth_http1 *hearth_http1_create(const struct hearth_http_limits *limits,
                                         const struct hearth_http1_events *events, void *argument)
{
    struct hearth_http1 *http1 = hearth_calloc(1, sizeof(*http1));
    http1->limits = *limits;
    http1->events = events;
    http1->argument = argument;
    http1->name_offset = HEARTH_HTTP_ABSENT;
    hearth_http_builder_init(&http1->builder, limits);
    llhttp_init(&http1->parser, HTTP_REQUEST, &settings);
    http1->parser.data = http1;
    return http1;
}

void hearth_http1_destroy(struct hearth_http1 *http1)
{
    if (!http1)
        return;
    hearth_http_builder_finish(&http1->builder);
    hearth_free(http1);
}

bool hearth_http1_complete(const struct hearth_http1 *http1)
{
    return http1->complete;
}

bool hearth_http1_in_head(const struct hearth_http1 *http1)
{
    return http1->head_bytes > 0 && !http1->head_done;
}

void hearth_http1_next(struct hearth_http1 *http1)
{
    llhttp_reset(&http1->parser);
    hearth_http_builder_clear(&http1->builder);
    http1->head_bytes = http1->raw_bytes = http1->body_bytes = 0;
    http1->name_offset = HEARTH_HTTP_ABSENT;
    http1->target_done = http1->head_done = http1->complete = false;
}

/* What a fault of llhttp means to whoever sent the request. Its own words speak of its parser. */
static const struct {
    llhttp_errno_t fault;
    const char *text;
} parse_faults[] = {
    {HPE_INVALID_METHOD, "the method is not one of HTTP's"},
    {HPE_INVALID_URL, "the request target is not a valid path"},
    {HPE_INVALID_CONSTANT, "the request line does not name HTTP as its protocol"},
    {HPE_INVALID_VERSION, "the version of HTTP must stand at the end of the request line"},
    {HPE_INVALID_HEADER_TOKEN, "a header field has a character that is not allowed there"},
    {HPE_INVALID_CONTENT_LENGTH, "Content-Length is not a number, or stands there twice"},
    {HPE_UNEXPECTED_CONTENT_LENGTH, "Content-Length does not go with Transfer-Encoding"},
    {HPE_INVALID_TRANSFER_ENCODING, "Transfer-Encoding must end with chunked"},
    {HPE_INVALID_CHUNK_SIZE, "the size of a chunk is not a hexadecimal number"},
    {HPE_CR_EXPECTED, "a line must end with CR LF"},
    {HPE_LF_EXPECTED, "a line must end with CR LF"},
    {HPE_STRICT, "a line must end with CR LF"},
    {HPE_CLOSED_CONNECTION, "more came behind a request that asked to close the connection"},
    {HPE_INVALID_EOF_STATE, "the connection ended within a request"},
};

static const char *parse_fault_text(llhttp_errno_t fault)
{
    for (size_t i = 0; i < sizeof(parse_faults) / sizeof(parse_faults[0]); i++)
        if (parse_faults[i].fault == fault)
            return parse_faults[i].text;
    return "it does not follow the rules of HTTP/1.1";
}

/* Our own fault comes first: llhttp's words for it would be "a callback failed". */
static int translate(const struct hearth_http1 *http1, llhttp_errno_t rc,
                     struct hearth_error *error)
{
    if (http1->fault.code) {
        if (error)
            *error = http1->fault;
        return http1->fault.code;
    }
    /* llhttp says the same of a good version without CR LF behind it. */
    bool spoken = http1->parser.http_major == 1 && http1->parser.http_minor <= 1;
    if (rc == HPE_INVALID_VERSION && !spoken)
        return hearth_error_set(error, HEARTH_EHTTPVERSION,
                                "this version of HTTP is not allowed here; allowed: 1.0, 1.1, 2");
    return hearth_error_set(error, HEARTH_EPARSE, "the request cannot be read: %s",
                            parse_fault_text(rc));
}

/* Whitespace and line ends that llhttp skips count as well, so the cap is on what goes in. */
static int head_overflow(const struct hearth_http1 *http1, struct hearth_error *error)
{
    if (!http1->target_done && http1->builder.target != HEARTH_HTTP_ABSENT)
        return hearth_error_set(error, HEARTH_EURILONG, "the request target is too long");
    return hearth_error_set(error, HEARTH_EHEADERS, "the header fields are over %u bytes",
                            http1->limits.header_bytes_max);
}

/* Feeds no further than the cap of the head, or to the end of the message. */
static int step(struct hearth_http1 *http1, const char *bytes, size_t length, size_t *ret_used,
                struct hearth_error *error)
{
    bool in_head = !http1->head_done;
    uint64_t room = http1->limits.header_bytes_max - http1->head_bytes;
    if (in_head && room == 0)
        return head_overflow(http1, error);
    if (in_head && length > room)
        length = (size_t)room;
    uint64_t body_before = http1->body_bytes;
    llhttp_errno_t rc = llhttp_execute(&http1->parser, bytes, length);
    if (rc == HPE_PAUSED || rc == HPE_PAUSED_UPGRADE)
        *ret_used = (size_t)(llhttp_get_error_pos(&http1->parser) - bytes);
    else
        *ret_used = length;
    if (rc != HPE_OK && !http1->complete)
        return translate(http1, rc, error);
    if (in_head)
        http1->head_bytes += *ret_used;
    else
        http1->raw_bytes += *ret_used - (http1->body_bytes - body_before);
    /* Chunk extensions, trailers and one-byte chunks: more framing than anyone needs. */
    if (http1->raw_bytes > FRAMING_SLACK + FRAMING_PER_BYTE * http1->body_bytes)
        return hearth_error_set(error, HEARTH_EPARSE, "too much chunk framing");
    return 0;
}

/* The body's end is told here rather than in the callback, where the parser must not be reset.
 * After an error the parser stays in it: the same bytes could be read differently the second
 * time. */
int hearth_http1_feed(struct hearth_http1 *http1, const char *bytes, size_t length,
                      size_t *ret_used, struct hearth_error *error)
{
    size_t total = 0;
    int rc = http1->fault.code;
    while (!rc && total < length && !http1->complete) {
        size_t used = 0;
        rc = step(http1, bytes + total, length - total, &used, error);
        total += used;
    }
    *ret_used = total;
    if (!rc && http1->complete)
        http1->events->on_end(http1->argument);
    if (rc)
        http1->fault.code = rc;
    return rc;
}

/* "content-type" as "Content-Type": some clients and people compare by eye. */
static void write_name(struct hearth_buf *buf, const char *name)
{
    size_t length = strlen(name);
    if (hearth_buf_reserve(buf, length))
        return;
    char *to = buf->bytes + buf->length;
    for (size_t i = 0; i < length; i++) {
        bool first = i == 0 || name[i - 1] == '-';
        to[i] = first && name[i] >= 'a' && name[i] <= 'z' ? (char)(name[i] & ~0x20) : name[i];
    }
    buf->length += length;
}

static void write_fields(struct hearth_buf *buf, const struct hearth_header *headers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        write_name(buf, headers[i].name);
        hearth_buf_append(buf, ": ", 2);
        hearth_buf_text(buf, headers[i].value);
        hearth_buf_append(buf, "\r\n", 2);
    }
    hearth_buf_append(buf, "\r\n", 2);
}

int hearth_http1_write_head(struct hearth_buf *buf, int status, const struct hearth_header *headers,
                            size_t count)
{
    assert(status >= 100 && status <= 999);
    char line[] = "HTTP/1.1 000 ";
    line[9] = (char)('0' + status / 100);
    line[10] = (char)('0' + status / 10 % 10);
    line[11] = (char)('0' + status % 10);
    hearth_buf_append(buf, line, sizeof(line) - 1);
    hearth_buf_text(buf, hearth_http_status_text(status));
    hearth_buf_append(buf, "\r\n", 2);
    write_fields(buf, headers, count);
    return buf->failed;
}

/* RFC 9112 7.1: the size in hexadecimal digits, a line end, the bytes, a line end. */
int hearth_http1_write_chunk(struct hearth_buf *buf, const void *bytes, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    char head[18];
    size_t at = sizeof(head);
    if (length == 0)
        return buf->failed;
    head[--at] = '\n';
    head[--at] = '\r';
    for (size_t rest = length; rest; rest >>= 4)
        head[--at] = digits[rest & 15];
    if (hearth_buf_reserve(buf, sizeof(head) - at + length + 2))
        return buf->failed;
    hearth_buf_append(buf, head + at, sizeof(head) - at);
    hearth_buf_append(buf, bytes, length);
    return hearth_buf_append(buf, "\r\n", 2);
}

/* A chunk of size 0, the trailer fields, and an empty line end the body. */
int hearth_http1_write_last_chunk(struct hearth_buf *buf, const struct hearth_header *trailers,
                                  size_t count)
{
    hearth_buf_append(buf, "0\r\n", 3);
    write_fields(buf, trailers, count);
    return buf->failed;
}
