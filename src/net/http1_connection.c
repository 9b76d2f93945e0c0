/* HTTP/1 on a connection: one exchange at a time; requests behind it wait in `pending`, and when
 * there is more of those than a head may have, the client is not read any further. */
#include "net/connection.h"

#include "base/error.h"
#include "wire/http1.h"

#include <stdio.h>
#include <string.h>

enum {
    SKIP_BODY_MAX = 64 << 10, /* of a body that the answer did not wait for, to keep a connection */
    FLUSH_AT = 64 << 10,
};

static void on_head(void *argument, const struct hearth_http_head *head)
{
    struct hearth_connection *connection = argument;
    struct hearth_exchange *exchange = hearth_exchange_create(connection, head);
    if (!exchange) {
        connection->dead = true;
        return;
    }
    exchange->request_complete = !head->has_body;
    hearth_exchange_start(exchange);
    exchange->request_complete = false; /* on_end says so */
}

static void on_body(void *argument, const char *bytes, size_t length)
{
    struct hearth_connection *connection = argument;
    struct hearth_exchange *exchange = connection->exchanges;
    if (exchange && !exchange->taken_over)
        hearth_exchange_receive(exchange, bytes, length);
}

static void on_chunk(void *argument, uint64_t length)
{
    struct hearth_connection *connection = argument;
    if (connection->exchanges)
        hearth_exchange_announce(connection->exchanges, length);
}

static void on_message_end(void *argument)
{
    struct hearth_connection *connection = argument;
    if (connection->exchanges)
        hearth_exchange_receive_end(connection->exchanges);
}

static const struct hearth_http1_events parser_events = {
    .on_head = on_head, .on_chunk = on_chunk, .on_body = on_body, .on_end = on_message_end};

static int open_connection(struct hearth_connection *connection)
{
    const struct hearth_server_options *options = &connection->server->options;
    const struct hearth_http_limits limits = {.header_bytes_max = options->header_bytes_max,
                                              .header_count_max = options->header_count_max};
    connection->codec.http1 = hearth_http1_create(&limits, &parser_events, connection);
    return 0;
}

static void close_connection(struct hearth_connection *connection)
{
    hearth_http1_destroy(connection->codec.http1);
}

/* A request that cannot be read is answered like any other, then the connection ends. */
static void refuse(struct hearth_connection *connection, int code, const char *detail)
{
    struct hearth_exchange *exchange = connection->exchanges;
    if (!exchange)
        exchange = hearth_exchange_create(connection, NULL);
    connection->closing = true;
    if (!exchange)
        return;
    exchange->request_complete = true;
    hearth_exchange_fail(exchange, code, detail);
}

/* Frees an exchange that is over. False: it is not, or the connection ends with it. */
static bool next_exchange(struct hearth_connection *connection)
{
    struct hearth_exchange *exchange = connection->exchanges;
    if (!exchange)
        return !connection->closing;
    if (!exchange->finished)
        return false;
    bool close = exchange->close_after || exchange->taken_over || connection->server->draining;
    if (!close && !hearth_http1_complete(connection->codec.http1))
        return false;
    hearth_exchange_destroy(exchange);
    connection->closing = connection->closing || close;
    if (!connection->closing)
        hearth_http1_next(connection->codec.http1);
    return !connection->closing;
}

/* Returns how many bytes were taken. */
static size_t parse(struct hearth_connection *connection, const char *bytes, size_t length)
{
    size_t total = 0;
    while (total < length && !connection->dead && !connection->closing) {
        struct hearth_error error = {0};
        struct hearth_exchange *exchange = connection->exchanges;
        size_t used = 0;
        if (exchange && hearth_http1_complete(connection->codec.http1)) {
            if (exchange->taken_over && !exchange->finished) {
                hearth_exchange_receive(exchange, bytes + total, length - total);
                return length;
            }
            if (!next_exchange(connection))
                break;
        }
        int rc = hearth_http1_feed(connection->codec.http1, bytes + total, length - total, &used,
                                   &error);
        total += used;
        if (rc) {
            refuse(connection, rc, error.message);
            break;
        }
    }
    if (!connection->dead && connection->exchanges)
        next_exchange(connection);
    return total;
}

static void hold_back(struct hearth_connection *connection)
{
    const struct hearth_exchange *exchange = connection->exchanges;
    bool full = connection->pending.length > connection->server->options.header_bytes_max;
    bool body_paused = exchange && exchange->body_paused;
    hearth_connection_pause_reading(connection, !connection->closing && (full || body_paused));
}

static void feed(struct hearth_connection *connection, const char *bytes, size_t length)
{
    size_t used = connection->pending.length ? 0 : parse(connection, bytes, length);
    if (connection->dead || connection->closing)
        return;
    if (used < length)
        hearth_buf_append(&connection->pending, bytes + used, length - used);
    connection->dead = connection->dead || connection->pending.failed;
    hold_back(connection);
}

static void settle(struct hearth_connection *connection)
{
    struct hearth_buf *pending = &connection->pending;
    if (connection->exchanges)
        next_exchange(connection);
    while (pending->length && !connection->dead && !connection->closing) {
        size_t used = parse(connection, pending->bytes, pending->length);
        hearth_buf_consume(pending, used);
        if (used == 0)
            break;
    }
    if (pending->length == 0 && pending->capacity)
        hearth_buf_finish(pending);
    if (!connection->dead)
        hold_back(connection);
}

static void drain(struct hearth_connection *connection)
{
    if (!connection->exchanges && !hearth_http1_in_head(connection->codec.http1))
        connection->closing = true;
}

static bool in_head(const struct hearth_connection *connection)
{
    return hearth_http1_in_head(connection->codec.http1);
}

static void head_timeout(struct hearth_connection *connection)
{
    refuse(connection, HEARTH_ESLOWHEAD, "the request's head did not arrive in time");
}

/* Answers */

/* Whether the connection can go on behind this answer; decided when its head is sent. A body that
 * is still on its way is only skipped when it is known to be small. */
static bool keeps_alive(const struct hearth_exchange *exchange)
{
    const struct hearth_request_head *head = &exchange->head;
    if (!exchange->keep_alive || exchange->close_after || exchange->connection->server->draining)
        return false;
    if (exchange->request_complete)
        return true;
    return !exchange->expects_continue && head->content_length >= 0 &&
           (uint64_t)head->content_length - exchange->body_received <= SKIP_BODY_MAX;
}

static void begin(struct hearth_exchange *exchange, int status, struct hearth_header *headers,
                  size_t count, bool body)
{
    (void)body;
    bool old = exchange->head.http_minor == 0;
    exchange->chunked = !exchange->sized && !exchange->bodyless && !exchange->taken_over && !old;
    if (exchange->chunked)
        headers[count++] = (struct hearth_header){"transfer-encoding", "chunked"};
    if (exchange->taken_over) {
        headers[count++] = (struct hearth_header){"connection", "Upgrade"};
    } else {
        bool endless = !exchange->sized && !exchange->bodyless && old;
        exchange->close_after = endless || !keeps_alive(exchange);
        if (exchange->close_after)
            headers[count++] = (struct hearth_header){"connection", "close"};
        else if (old)
            headers[count++] = (struct hearth_header){"connection", "keep-alive"};
    }
    hearth_http1_write_head(&exchange->connection->out, status, headers, count);
}

static void write_body(struct hearth_exchange *exchange, const char *bytes, size_t length)
{
    struct hearth_connection *connection = exchange->connection;
    if (exchange->chunked)
        hearth_http1_write_chunk(&connection->out, bytes, length);
    else
        hearth_buf_append(&connection->out, bytes, length);
    if (connection->out.length >= FLUSH_AT)
        hearth_connection_flush(connection);
}

static void finish(struct hearth_exchange *exchange)
{
    if (exchange->chunked)
        hearth_http1_write_last_chunk(&exchange->connection->out, exchange->trailers,
                                      exchange->trailer_count);
}

/* The connection ends without the last chunk, or short of its length. */
static void reset(struct hearth_exchange *exchange)
{
    exchange->close_after = true;
}

static void pause_body(struct hearth_exchange *exchange, bool paused)
{
    (void)paused;
    hold_back(exchange->connection);
}

static void send_continue(struct hearth_exchange *exchange)
{
    hearth_buf_text(&exchange->connection->out, "HTTP/1.1 100 Continue\r\n\r\n");
}

static bool is_blocked(const struct hearth_exchange *exchange)
{
    const struct hearth_connection *connection = exchange->connection;
    size_t queued = hearth_connection_queued(connection);
    /* Once over the mark the producer waits until everything has left. */
    return exchange->blocked ? queued > 0 : queued > connection->server->options.write_buffer_max;
}

const struct hearth_protocol hearth_protocol_http1 = {
    .open = open_connection,
    .feed = feed,
    .settle = settle,
    .close = close_connection,
    .drain = drain,
    .in_head = in_head,
    .head_timeout = head_timeout,
    .begin = begin,
    .write = write_body,
    .finish = finish,
    .reset = reset,
    .pause_body = pause_body,
    .send_continue = send_continue,
    .is_blocked = is_blocked,
};
