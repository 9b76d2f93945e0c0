/* The verbs with which a handler answers: heads, whole bodies (compressed where it helps), pieces.
 */
#include "net/connection.h"

#include "base/arena.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
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

static char *copy_name(struct hearth_arena *arena, const char *name)
{
    char *copy = hearth_arena_strdup(arena, name);
    for (char *c = copy; c && *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c | 0x20);
    return copy;
}

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

/* Sends the head; `length` < 0 is an answer in pieces. */
static void send_head(struct hearth_exchange *exchange, int status, const char *type,
                      int64_t length)
{
    struct hearth_header headers[HEARTH_ANSWER_HEADERS_MAX + OWN_HEADERS];
    struct hearth_server *server = exchange->connection->server;
    size_t count = 0;
    char digits[24];
    bool none = status < 200 || status == 204 || status == 304;
    const char *declared = answer_header(exchange, "content-length");
    if (type && !answer_header(exchange, "content-type"))
        headers[count++] = (struct hearth_header){"content-type", type};
    if (length >= 0 && !none && !declared) {
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
    exchange->begun = true;
    exchange->sized = length >= 0 || declared;
    exchange->bodyless = none || strcmp(exchange->head.method, "HEAD") == 0;
    exchange->connection->protocol->begin(exchange, status, headers, count,
                                          exchange->taken_over ||
                                              (!exchange->bodyless && length != 0));
}

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

/* Puts the compressed body into `ret_body`; false: it goes out as it is. */
static bool compress(struct hearth_exchange *exchange, const void *body, size_t length,
                     struct hearth_buf *ret_body)
{
    struct hearth_server *server = exchange->connection->server;
    if (!hearth_exchange_takes_gzip(exchange))
        return false;
    if (!server->gzip)
        server->gzip = hearth_gzip_create();
    return server->gzip && !hearth_gzip_append(server->gzip, ret_body, body, length) &&
           ret_body->length < length;
}

void hearth_exchange_answer(struct hearth_exchange *exchange, int status, const char *type,
                            const void *body, size_t length)
{
    struct hearth_buf packed;
    if (exchange->begun || exchange->finished)
        return;
    hearth_buf_init(&packed, 2 * GZIP_MAX);
    if (exchange->connection->server->options.gzip && !exchange->plain && length > GZIP_MIN &&
        length <= GZIP_MAX && compressible(type) && !answer_header(exchange, "content-encoding")) {
        if (compress(exchange, body, length, &packed)) {
            hearth_exchange_set_coding(exchange, "gzip");
            body = packed.bytes;
            length = packed.length;
        } else {
            add_vary(exchange);
        }
    }
    send_head(exchange, status, type, (int64_t)length);
    if (length)
        hearth_exchange_write(exchange, body, length);
    hearth_exchange_finish(exchange, NULL, 0);
    hearth_buf_finish(&packed);
}

void hearth_exchange_begin(struct hearth_exchange *exchange, int status, const char *type)
{
    if (!exchange->begun && !exchange->finished)
        send_head(exchange, status, type, -1);
}

bool hearth_exchange_write(struct hearth_exchange *exchange, const void *bytes, size_t length)
{
    assert(exchange->begun);
    if (exchange->finished || exchange->connection->dead || exchange->bodyless || length == 0)
        return true;
    exchange->bytes_sent += length;
    exchange->connection->protocol->write(exchange, bytes, length);
    exchange->blocked = exchange->connection->protocol->is_blocked(exchange);
    hearth_server_mark_dirty(exchange->connection);
    return !exchange->blocked;
}

bool hearth_exchange_begun(const struct hearth_exchange *exchange)
{
    return exchange->begun;
}

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

void hearth_exchange_finish(struct hearth_exchange *exchange, const struct hearth_header *trailers,
                            size_t trailer_count)
{
    assert(exchange->begun);
    if (exchange->finished)
        return;
    if (trailer_count)
        keep_trailers(exchange, trailers, trailer_count);
    exchange->finished = true;
    exchange->handler = NULL;
    if (exchange->body_paused)
        hearth_exchange_pause_body(exchange, false);
    if (!exchange->connection->dead)
        exchange->connection->protocol->finish(exchange);
    hearth_server_mark_dirty(exchange->connection);
}

void hearth_exchange_reset(struct hearth_exchange *exchange)
{
    if (exchange->finished)
        return;
    exchange->finished = true;
    exchange->handler = NULL;
    if (!exchange->connection->dead)
        exchange->connection->protocol->reset(exchange);
    hearth_server_mark_dirty(exchange->connection);
}

void hearth_exchange_pause_body(struct hearth_exchange *exchange, bool paused)
{
    if (exchange->body_paused == paused)
        return;
    exchange->body_paused = paused;
    exchange->window_since_ms = hearth_connection_now(exchange->connection);
    exchange->window_received = exchange->body_received;
    if (!exchange->connection->dead)
        exchange->connection->protocol->pause_body(exchange, paused);
}

void hearth_exchange_take_over(struct hearth_exchange *exchange, int status)
{
    if (exchange->begun || exchange->finished)
        return;
    exchange->taken_over = true;
    send_head(exchange, exchange->head.http_major == 2 && status == 101 ? 200 : status, NULL, -1);
    exchange->bodyless = false;
    hearth_server_mark_dirty(exchange->connection);
}
