/* HTTP/1 on a connection: one exchange at a time; requests behind it wait in `pending`, and when
 * there is more of those than a head may have, the client is not read any further. */
#include "net/connection.h"

#include "base/error.h"
#include "wire/http1.h"

#include <stdio.h>
#include <string.h>

enum { SKIP_BODY_MAX = 64 << 10 }; /* of a body that the answer did not wait for, to keep going */

static struct hearth_http1 *parser_of(const struct hearth_connection *connection)
{
    return connection->session;
}

static void on_head(void *argument, const struct hearth_http_head *head)
{
    struct hearth_connection *connection = argument;
    struct hearth_exchange *exchange = hearth_exchange_create(connection, head);
    if (!exchange) {
        connection->dead = true;
        return;
    }
    hearth_exchange_start(exchange);
}

/* After a take-over the bytes go past the parser (see parse); what it still gives is of the
 * request. */
static void on_body(void *argument, const char *bytes, size_t length)
{
    struct hearth_connection *connection = argument;
    struct hearth_exchange *exchange = connection->exchanges;
    if (exchange && exchange->framing != HEARTH_FRAMING_RAW)
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
    connection->session = hearth_http1_create(&limits, &parser_events, connection);
    return 0;
}

static void close_connection(struct hearth_connection *connection)
{
    hearth_http1_destroy(parser_of(connection));
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
    if (exchange->request != HEARTH_REQUEST_WHOLE)
        hearth_exchange_move_request(exchange, HEARTH_REQUEST_WHOLE);
    hearth_exchange_fail(exchange, code, detail);
}

/* Sends on what is left of an answer. In plain text the stream takes it from where it lies; under
 * TLS the client gets a piece whenever it has taken the one before. */
static void send_rest(struct hearth_connection *connection)
{
    struct hearth_exchange *exchange = connection->exchanges;
    struct hearth_rest *rest = exchange ? &exchange->rest : NULL;
    if (!rest || !rest->length)
        return;
    if (!connection->tls) {
        hearth_connection_send_in_place(connection, rest->bytes, rest->length, rest->owned);
        rest->owned = NULL; /* it is the stream's */
        hearth_exchange_drop_rest(exchange);
    }
    while (rest->length && !connection->dead &&
           hearth_connection_queued(connection) < HEARTH_OUT_PIECE) {
        size_t piece = rest->length < HEARTH_OUT_PIECE ? rest->length : HEARTH_OUT_PIECE;
        hearth_buf_append(&connection->out, rest->bytes, piece);
        hearth_exchange_take_rest(exchange, piece);
        hearth_connection_flush(connection);
    }
}

static bool has_rest(const struct hearth_connection *connection)
{
    return connection->exchanges && connection->exchanges->rest.length;
}

/* Frees an exchange that is over. False: it is not, or the connection ends with it. */
static bool next_exchange(struct hearth_connection *connection)
{
    struct hearth_exchange *exchange = connection->exchanges;
    if (!exchange)
        return !connection->closing;
    if (!hearth_answer_is_over(exchange) || has_rest(connection))
        return false;
    bool close =
        exchange->closes || exchange->framing == HEARTH_FRAMING_RAW || connection->server->draining;
    if (!close && !hearth_http1_complete(parser_of(connection)))
        return false;
    hearth_exchange_destroy(exchange);
    connection->closing = connection->closing || close;
    if (!connection->closing)
        hearth_http1_next(parser_of(connection));
    return !connection->closing;
}

/* Whether the next request may be begun: not while the client leaves too much of the answers before
 * it unread. What waits then leaves the stream's queue at some time, and settle comes again. */
static bool may_begin(struct hearth_connection *connection)
{
    size_t max = hearth_connection_queue_max(connection);
    if (connection->exchanges || hearth_http1_in_head(parser_of(connection)))
        return true;
    if (hearth_connection_queued(connection) > max || connection->out.length >= HEARTH_OUT_PIECE)
        hearth_connection_flush(connection);
    return hearth_connection_queued(connection) <= max;
}

/* Returns how many bytes were taken. Pipelining: the parser stops behind each message, and what
 * follows is looked at only once the answer to the request before it is over and its client reads.
 * After a take-over there are no messages any more, and the bytes go to the handler as they are. */
static size_t parse(struct hearth_connection *connection, const char *bytes, size_t length)
{
    size_t total = 0;
    while (total < length && !connection->dead && !connection->closing) {
        struct hearth_error error = {0};
        struct hearth_exchange *exchange = connection->exchanges;
        size_t used = 0;
        if (exchange && hearth_http1_complete(parser_of(connection))) {
            if (exchange->framing == HEARTH_FRAMING_RAW && hearth_answer_is_open(exchange)) {
                hearth_exchange_receive(exchange, bytes + total, length - total);
                return length;
            }
            if (!next_exchange(connection))
                break;
        }
        if (!may_begin(connection))
            break;
        int rc =
            hearth_http1_feed(parser_of(connection), bytes + total, length - total, &used, &error);
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

/* The client is not read on while a handler pauses its body, while enough requests wait behind the
 * present one, and while they wait because it does not read their answers. */
static void hold_back(struct hearth_connection *connection)
{
    const struct hearth_exchange *exchange = connection->exchanges;
    bool full = connection->pending.length > connection->server->options.header_bytes_max;
    bool body_paused = exchange && exchange->request == HEARTH_REQUEST_PAUSED;
    bool unread = !exchange && connection->pending.length;
    hearth_connection_pause_reading(connection,
                                    !connection->closing && (full || body_paused || unread));
}

/* What already waits comes first, so new bytes go behind it; `pending` is bounded, and reading
 * stops well before it is full. */
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

/* Draining `pending` may complete several small requests in one go; a round that takes nothing
 * means that the next one has to wait. */
static void settle(struct hearth_connection *connection)
{
    struct hearth_buf *pending = &connection->pending;
    send_rest(connection);
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

/* A request that has begun is still answered; its head will say "Connection: close". */
static void drain(struct hearth_connection *connection)
{
    if (!connection->exchanges && !hearth_http1_in_head(parser_of(connection)))
        connection->closing = true;
}

static bool in_head(const struct hearth_connection *connection)
{
    return hearth_http1_in_head(parser_of(connection));
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
    if (exchange->closes || exchange->connection->server->draining)
        return false;
    if (exchange->request == HEARTH_REQUEST_BARE || exchange->request == HEARTH_REQUEST_WHOLE)
        return true;
    return exchange->request != HEARTH_REQUEST_EXPECTED && head->content_length >= 0 &&
           (uint64_t)head->content_length - exchange->body_received <= SKIP_BODY_MAX;
}

/* HTTP/1.0: no chunks, and a connection is kept only when both sides say so. */
static bool is_old(const struct hearth_exchange *exchange)
{
    return exchange->head.http_minor == 0;
}

static bool is_chunked(const struct hearth_exchange *exchange)
{
    return exchange->framing == HEARTH_FRAMING_PIECES && !is_old(exchange);
}

/* The end of the body must be known from the head: a length, chunks, or the end of the
 * connection. */
static void begin(struct hearth_exchange *exchange, int status, struct hearth_header *headers,
                  size_t count, bool body)
{
    (void)body;
    if (is_chunked(exchange))
        headers[count++] = (struct hearth_header){"transfer-encoding", "chunked"};
    if (exchange->framing == HEARTH_FRAMING_RAW) {
        headers[count++] = (struct hearth_header){"connection", "Upgrade"};
    } else {
        /* Without chunks only the end of the connection tells where the body ends. */
        bool endless = exchange->framing == HEARTH_FRAMING_PIECES && is_old(exchange);
        exchange->closes = endless || !keeps_alive(exchange);
        if (exchange->closes)
            headers[count++] = (struct hearth_header){"connection", "close"};
        else if (is_old(exchange))
            headers[count++] = (struct hearth_header){"connection", "keep-alive"};
    }
    hearth_http1_write_head(&exchange->connection->out, status, headers, count);
}

static void write_piece(struct hearth_exchange *exchange, const char *bytes, size_t length)
{
    struct hearth_connection *connection = exchange->connection;
    if (is_chunked(exchange))
        hearth_http1_write_chunk(&connection->out, bytes, length);
    else
        hearth_buf_append(&connection->out, bytes, length);
    if (connection->out.length >= HEARTH_OUT_PIECE)
        hearth_connection_flush(connection);
}

/* The producer was told to pause long before; see HEARTH_WRITE_BEYOND_MAX. */
static void write_body(struct hearth_exchange *exchange, const char *bytes, size_t length)
{
    struct hearth_connection *connection = exchange->connection;
    size_t max = (size_t)connection->server->options.write_buffer_max + HEARTH_WRITE_BEYOND_MAX;
    if (hearth_connection_queued(connection) > max)
        connection->dead = true;
    for (size_t at = 0; at < length && !connection->dead;) {
        size_t piece = length - at < HEARTH_OUT_PIECE ? length - at : HEARTH_OUT_PIECE;
        write_piece(exchange, bytes + at, piece);
        at += piece;
    }
}

/* An answer that is CUT gets no last chunk: that is how the client sees that it is not whole. */
static void finish(struct hearth_exchange *exchange)
{
    if (exchange->answer == HEARTH_ANSWER_ENDED && is_chunked(exchange))
        hearth_http1_write_last_chunk(&exchange->connection->out, exchange->trailers,
                                      exchange->trailer_count);
    send_rest(exchange->connection);
}

/* The connection ends without the last chunk, or short of its length. */
static void reset(struct hearth_exchange *exchange)
{
    exchange->closes = true;
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
    size_t queued = hearth_connection_queued(exchange->connection);
    /* Once over the mark the producer waits until everything has left. */
    return exchange->answer == HEARTH_ANSWER_BLOCKED
               ? queued > 0
               : queued > hearth_connection_queue_max(exchange->connection);
}

/* Of a body that the stream has taken the memory is counted there. */
static size_t held(const struct hearth_connection *connection)
{
    (void)connection;
    return 0;
}

const struct hearth_protocol hearth_protocol_http1 = {
    .exchange_size = sizeof(struct hearth_exchange),
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
    .held = held,
    .has_rest = has_rest,
};
