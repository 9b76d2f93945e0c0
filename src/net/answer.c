/* The verbs with which a handler answers: heads, whole bodies (compressed where it helps), pieces.
 */
#include "net/connection.h"

#include "base/arena.h"
#include "base/memory.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    COPY_MAX = 16 << 10, /* bytes of a body that are copied behind their head */
    GZIP_MIN = 1024,
    GZIP_MAX = 256 << 10, /* more would hold the loop up for too long */
    OWN_HEADERS = 16,
};

/* No control characters: a value that came from a client must not end the field. */
static char *copy_value(struct hearth_arena *arena, const char *value)
{
    char *copy = hearth_arena_strdup(arena, value);
    for (char *c = copy; c && *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' ';
    return copy;
}

/* HTTP/2 knows lower-case names only; HTTP/1 capitalises them when it writes. */
static char *copy_name(struct hearth_arena *arena, const char *name)
{
    char *copy = hearth_arena_strdup(arena, name);
    for (char *c = copy; c && *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c | 0x20);
    return copy;
}

/* A header that finds no room is left out in silence: the answer is worth more than it. */
void hearth_exchange_set_header(struct hearth_exchange *exchange, const char *name,
                                const char *value)
{
    struct hearth_arena *arena = hearth_exchange_arena(exchange);
    struct hearth_header *headers = exchange->answer_headers;
    size_t at = 0;
    if (!headers)
        headers = hearth_arena_alloc(arena, HEARTH_ANSWER_HEADERS_MAX * sizeof(*headers));
    char *value_copy = copy_value(arena, value);
    if (!headers || !value_copy)
        return;
    exchange->answer_headers = headers;
    while (at < exchange->answer_header_count && strcasecmp(headers[at].name, name) != 0)
        at++;
    if (at == exchange->answer_header_count) {
        char *name_copy = at < HEARTH_ANSWER_HEADERS_MAX ? copy_name(arena, name) : NULL;
        if (!name_copy)
            return;
        headers[at].name = name_copy;
        exchange->answer_header_count++;
    }
    headers[at].value = value_copy;
}

static const char *answer_header(const struct hearth_exchange *exchange, const char *name)
{
    for (size_t i = 0; i < exchange->answer_header_count; i++)
        if (strcmp(exchange->answer_headers[i].name, name) == 0)
            return exchange->answer_headers[i].value;
    return NULL;
}

/* RFC 9110 6.4.1: these statuses never have a body, nor has any answer to HEAD, whatever its length
 * says. */
static enum hearth_framing framing_of(const struct hearth_exchange *exchange, int status,
                                      bool is_sized)
{
    bool never = status < 200 || status == 204 || status == 304;
    if (never || strcmp(exchange->head.method, "HEAD") == 0)
        return HEARTH_FRAMING_NO_BODY;
    return is_sized ? HEARTH_FRAMING_SIZED : HEARTH_FRAMING_PIECES;
}

/* Sends the head; `length` < 0 is an answer in pieces. */
static void send_head(struct hearth_exchange *exchange, int status, const char *type,
                      int64_t length, enum hearth_framing framing)
{
    struct hearth_header headers[HEARTH_ANSWER_HEADERS_MAX + OWN_HEADERS];
    struct hearth_server *server = exchange->connection->server;
    size_t count = 0;
    char digits[24];
    bool none = status < 200 || status == 204 || status == 304;
    if (type && !answer_header(exchange, "content-type"))
        headers[count++] = (struct hearth_header){"content-type", type};
    if (length >= 0 && !none && !answer_header(exchange, "content-length")) {
        snprintf(digits, sizeof(digits), "%lld", (long long)length);
        headers[count++] = (struct hearth_header){"content-length", digits};
    }
    headers[count++] = (struct hearth_header){"date", hearth_server_date(server)};
    headers[count++] = (struct hearth_header){"x-request-id", exchange->id};
    if (server->version)
        headers[count++] = (struct hearth_header){"hearth-version", server->version};
    for (size_t i = 0; i < exchange->answer_header_count; i++)
        headers[count++] = exchange->answer_headers[i];
    exchange->status = status;
    exchange->framing = framing;
    hearth_exchange_move_answer(exchange, HEARTH_ANSWER_OPEN);
    exchange->connection->protocol->begin(exchange, status, headers, count,
                                          framing != HEARTH_FRAMING_NO_BODY && length != 0);
}

/* Event streams are left alone: each event must leave at once, and a compressor holds bytes
 * back. */
static bool compressible(const char *type)
{
    static const char *const types[] = {
        "application/json", "application/javascript", "application/openmetrics-text",
        "image/svg+xml",    "application/x-ndjson",   "application/problem+json"};
    if (!type)
        return false;
    if (strncasecmp(type, "text/", 5) == 0)
        return strncasecmp(type, "text/event-stream", 17) != 0;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (strncasecmp(type, types[i], strlen(types[i])) == 0)
            return true;
    return false;
}

/* Caches must know that the answer depends on Accept-Encoding, also when this one is plain. */
static void add_vary(struct hearth_exchange *exchange)
{
    const char *vary = answer_header(exchange, "vary");
    char both[512];
    snprintf(both, sizeof(both), "%s%sAccept-Encoding", vary ? vary : "", vary ? ", " : "");
    hearth_exchange_set_header(exchange, "vary", both);
}

bool hearth_exchange_takes_gzip(const struct hearth_exchange *exchange)
{
    return exchange->connection->server->options.gzip && !exchange->plain &&
           hearth_http_accepts_coding(hearth_exchange_header(exchange, "accept-encoding"), "gzip");
}

void hearth_exchange_keep_plain(struct hearth_exchange *exchange)
{
    exchange->plain = true;
}

/* A strong ETag promises the same bytes, and these are others than those of the plain body. */
static void tag_variant(struct hearth_exchange *exchange, const char *coding)
{
    const char *tag = answer_header(exchange, "etag");
    size_t length = tag ? strlen(tag) : 0;
    char both[256];
    if (length < 2 || tag[0] != '"' || tag[length - 1] != '"')
        return;
    snprintf(both, sizeof(both), "%.*s-%s\"", (int)length - 1, tag, coding);
    hearth_exchange_set_header(exchange, "etag", both);
}

void hearth_exchange_set_coding(struct hearth_exchange *exchange, const char *coding)
{
    hearth_exchange_set_header(exchange, "content-encoding", coding);
    add_vary(exchange);
    tag_variant(exchange, coding);
}

/* Under a kilobyte the gain is less than one packet. */
static bool may_compress(const struct hearth_exchange *exchange, const char *type, size_t length)
{
    return exchange->connection->server->options.gzip && !exchange->plain && length > GZIP_MIN &&
           length <= GZIP_MAX && compressible(type) && !answer_header(exchange, "content-encoding");
}

/* Whether there is room for the compressed body, and it is the smaller one. */
static bool compress(struct hearth_exchange *exchange, const struct hearth_rest *body,
                     struct hearth_buf *packed)
{
    struct hearth_server *server = exchange->connection->server;
    if (!hearth_exchange_takes_gzip(exchange))
        return false;
    if (!server->gzip)
        server->gzip = hearth_gzip_create();
    return server->gzip && !hearth_gzip_append(server->gzip, packed, body->bytes, body->length) &&
           packed->length < body->length;
}

/* The memory of a buffer goes over to what is sent. */
static struct hearth_rest rest_of(struct hearth_buf *buf)
{
    struct hearth_rest rest = {
        .bytes = buf->bytes, .length = buf->length, .owned = buf->bytes, .held = buf->capacity};
    hearth_buf_init(buf, buf->max);
    return rest;
}

static void compress_if_useful(struct hearth_exchange *exchange, const char *type,
                               struct hearth_rest *body)
{
    struct hearth_buf packed;
    if (!may_compress(exchange, type, body->length))
        return;
    hearth_buf_init(&packed, 2 * GZIP_MAX);
    if (compress(exchange, body, &packed)) {
        hearth_exchange_set_coding(exchange, "gzip");
        hearth_free(body->owned);
        *body = rest_of(&packed);
    } else {
        add_vary(exchange);
    }
    hearth_buf_finish(&packed);
}

static bool write_piece(struct hearth_exchange *exchange, const void *bytes, size_t length);

/* What is answered, as the handler gave it. */
static void tap_begin(const struct hearth_exchange *exchange, int status, const char *type)
{
    if (exchange->tap)
        exchange->tap->on_begin(exchange->tap_argument, status, type, exchange->answer_headers,
                                exchange->answer_header_count);
}

static void tap_bytes(const struct hearth_exchange *exchange, const void *bytes, size_t length)
{
    if (exchange->tap && length)
        exchange->tap->on_bytes(exchange->tap_argument, bytes, length);
}

/* The body is the exchange's from now on. A small one joins its head in one write; a large one
 * stays where it lies, and the protocol takes from it what the client takes. */
static void answer_whole(struct hearth_exchange *exchange, int status, const char *type,
                         struct hearth_rest body)
{
    tap_begin(exchange, status, type);
    tap_bytes(exchange, body.bytes, body.length);
    compress_if_useful(exchange, type, &body);
    enum hearth_framing framing = framing_of(exchange, status, true);
    send_head(exchange, status, type, (int64_t)body.length, framing);
    if (body.length <= COPY_MAX || framing == HEARTH_FRAMING_NO_BODY) {
        write_piece(exchange, body.bytes, body.length);
        hearth_free(body.owned);
    } else {
        exchange->rest = body;
        exchange->bytes_sent += body.length;
        exchange->connection->rest_waiting += body.length;
        exchange->connection->rest_held += body.held;
    }
    hearth_exchange_finish(exchange, NULL, 0);
    hearth_connection_count(exchange->connection);
}

/* A second answer to the same request is ignored: a handler may find a fault after it has
 * answered. */
static bool is_answered(const struct hearth_exchange *exchange)
{
    return exchange->answer != HEARTH_ANSWER_DUE;
}

void hearth_exchange_answer(struct hearth_exchange *exchange, int status, const char *type,
                            const void *body, size_t length)
{
    struct hearth_rest rest = {.bytes = body, .length = length};
    if (is_answered(exchange))
        return;
    if (length > COPY_MAX) {
        rest.owned = hearth_try_alloc(length);
        if (!rest.owned) {
            hearth_exchange_reset(exchange);
            return;
        }
        rest.bytes = memcpy(rest.owned, body, length);
        rest.held = length;
    }
    answer_whole(exchange, status, type, rest);
}

void hearth_exchange_answer_static(struct hearth_exchange *exchange, int status, const char *type,
                                   const void *body, size_t length)
{
    if (!is_answered(exchange))
        answer_whole(exchange, status, type, (struct hearth_rest){.bytes = body, .length = length});
}

void hearth_exchange_answer_buf(struct hearth_exchange *exchange, int status, const char *type,
                                struct hearth_buf *body)
{
    if (!is_answered(exchange))
        answer_whole(exchange, status, type, rest_of(body));
}

/* A handler that knows the length sets it as a header, and then gives the body in pieces. */
void hearth_exchange_begin(struct hearth_exchange *exchange, int status, const char *type)
{
    bool is_sized = answer_header(exchange, "content-length") != NULL;
    if (is_answered(exchange))
        return;
    tap_begin(exchange, status, type);
    send_head(exchange, status, type, -1, framing_of(exchange, status, is_sized));
}

/* Writing to an answer that is over, or to a client that is gone, is no error: the handler hears of
 * it by on_abort, if it has not already. */
static bool write_piece(struct hearth_exchange *exchange, const void *bytes, size_t length)
{
    struct hearth_connection *connection = exchange->connection;
    assert(exchange->answer != HEARTH_ANSWER_DUE);
    if (hearth_answer_is_over(exchange) || connection->dead ||
        exchange->framing == HEARTH_FRAMING_NO_BODY || length == 0)
        return true;
    exchange->bytes_sent += length;
    connection->protocol->write(exchange, bytes, length);
    if (exchange->answer == HEARTH_ANSWER_OPEN && connection->protocol->is_blocked(exchange))
        hearth_exchange_move_answer(exchange, HEARTH_ANSWER_BLOCKED);
    hearth_connection_count(connection);
    hearth_server_mark_dirty(connection);
    return exchange->answer != HEARTH_ANSWER_BLOCKED;
}

bool hearth_exchange_write(struct hearth_exchange *exchange, const void *bytes, size_t length)
{
    if (!hearth_answer_is_over(exchange))
        tap_bytes(exchange, bytes, length);
    return write_piece(exchange, bytes, length);
}

bool hearth_exchange_begun(const struct hearth_exchange *exchange)
{
    return exchange->framing != HEARTH_FRAMING_UNDECIDED;
}

/* Copied: they are sent when the client has taken the body, long after the handler's memory is
 * gone. */
static void keep_trailers(struct hearth_exchange *exchange, const struct hearth_header *trailers,
                          size_t count)
{
    struct hearth_arena *arena = hearth_exchange_arena(exchange);
    exchange->trailers = hearth_arena_alloc(arena, count * sizeof(*trailers));
    for (size_t i = 0; exchange->trailers && i < count; i++) {
        struct hearth_header *trailer = &exchange->trailers[exchange->trailer_count];
        trailer->name = copy_name(arena, trailers[i].name);
        trailer->value = copy_value(arena, trailers[i].value);
        if (trailer->name && trailer->value)
            exchange->trailer_count++;
    }
}

/* A body that was paused is let go, or a kept connection would never get to its next request. */
void hearth_exchange_finish(struct hearth_exchange *exchange, const struct hearth_header *trailers,
                            size_t trailer_count)
{
    assert(exchange->answer != HEARTH_ANSWER_DUE);
    if (hearth_answer_is_over(exchange))
        return;
    if (trailer_count)
        keep_trailers(exchange, trailers, trailer_count);
    exchange->handler = NULL;
    hearth_exchange_move_answer(exchange, HEARTH_ANSWER_ENDED);
    hearth_exchange_end_tap(exchange, true);
    hearth_exchange_pause_body(exchange, false);
    if (!exchange->connection->dead)
        exchange->connection->protocol->finish(exchange);
    hearth_server_mark_dirty(exchange->connection);
}

void hearth_exchange_reset(struct hearth_exchange *exchange)
{
    if (hearth_answer_is_over(exchange))
        return;
    exchange->handler = NULL;
    hearth_exchange_move_answer(exchange, HEARTH_ANSWER_BROKEN);
    if (!exchange->connection->dead)
        exchange->connection->protocol->reset(exchange);
    hearth_server_mark_dirty(exchange->connection);
}

/* The pace of the body is measured afresh, since the time of the pause is ours, not the
 * client's. */
void hearth_exchange_pause_body(struct hearth_exchange *exchange, bool paused)
{
    bool moves =
        paused ? hearth_request_is_arriving(exchange) : exchange->request == HEARTH_REQUEST_PAUSED;
    if (!moves)
        return;
    hearth_exchange_move_request(exchange,
                                 paused ? HEARTH_REQUEST_PAUSED : HEARTH_REQUEST_ARRIVING);
    exchange->window_since_ms = hearth_connection_now(exchange->connection);
    exchange->window_received = exchange->body_received;
    if (!exchange->connection->dead)
        exchange->connection->protocol->pause_body(exchange, paused);
}

/* RFC 8441: what HTTP/1.1 answers with 101, an extended CONNECT of HTTP/2 answers with 200. */
void hearth_exchange_take_over(struct hearth_exchange *exchange, int status)
{
    if (is_answered(exchange))
        return;
    send_head(exchange, exchange->head.http_major == 2 && status == 101 ? 200 : status, NULL, -1,
              HEARTH_FRAMING_RAW);
    hearth_server_mark_dirty(exchange->connection);
}
