/* HTTP/2 on a connection: many exchanges, each with its own output that the codec pulls when the
 * client's windows allow. */
#include "net/connection.h"

#include "base/error.h"
#include "wire/h2.h"

#include <string.h>

enum { OUT_MAX = 64 << 10, STREAM_OUT_MAX = 64 << 10 };

static void *on_head(void *argument, int32_t stream, const struct hearth_http_head *head,
                     const struct hearth_error *fault)
{
    struct hearth_connection *connection = argument;
    struct hearth_exchange *exchange = hearth_exchange_create(connection, head);
    if (!exchange)
        return NULL;
    exchange->stream = stream;
    exchange->head.http_major = 2;
    if (!head) {
        exchange->request_complete = true;
        hearth_exchange_fail(exchange, fault->code, fault->message);
        return exchange;
    }
    exchange->request_complete = !head->has_body;
    hearth_exchange_start(exchange);
    return exchange;
}

static void on_body(void *argument, void *stream_state, const char *bytes, size_t length)
{
    struct hearth_connection *connection = argument;
    struct hearth_exchange *exchange = stream_state;
    hearth_exchange_receive(exchange, bytes, length);
    if (exchange->body_paused)
        exchange->unconsumed += length;
    else
        hearth_h2_consume(connection->codec.h2, exchange->stream, length);
}

static void on_end(void *argument, void *stream_state)
{
    struct hearth_exchange *exchange = stream_state;
    (void)argument;
    if (exchange->taken_over && !exchange->finished) {
        hearth_exchange_abort(exchange, HEARTH_ECANCELED);
        hearth_exchange_finish(exchange, NULL, 0);
    }
    hearth_exchange_receive_end(exchange);
}

static size_t on_pull(void *argument, void *stream_state, char *to, size_t size,
                      struct hearth_h2_pulled *ret_pulled)
{
    struct hearth_connection *connection = argument;
    struct hearth_exchange *exchange = stream_state;
    size_t waiting = exchange->out.length - exchange->out_at;
    size_t length = waiting < size ? waiting : size;
    if (length) {
        memcpy(to, exchange->out.bytes + exchange->out_at, length);
        exchange->stalled_since_ms = hearth_connection_now(connection);
    }
    exchange->out_at += length;
    connection->waiting_bytes -= length;
    if (exchange->out_at == exchange->out.length) {
        exchange->out_at = 0;
        if (exchange->out.capacity > HEARTH_OUT_KEEP_MAX)
            hearth_buf_finish(&exchange->out);
        else
            hearth_buf_clear(&exchange->out);
        if (exchange->break_at_end)
            hearth_h2_reset(connection->codec.h2, exchange->stream);
        ret_pulled->end = exchange->finished && !exchange->break_at_end;
        ret_pulled->trailers = exchange->trailers;
        ret_pulled->trailer_count = exchange->finished ? exchange->trailer_count : 0;
    }
    return length;
}

static void on_close(void *argument, void *stream_state)
{
    struct hearth_connection *connection = argument;
    struct hearth_exchange *exchange = stream_state;
    hearth_exchange_abort(exchange, HEARTH_ECANCELED);
    /* What a paused handler never took still counts against the connection's window. */
    if (exchange->unconsumed)
        hearth_h2_consume(connection->codec.h2, exchange->stream, (size_t)exchange->unconsumed);
    hearth_exchange_destroy(exchange);
}

static const struct hearth_h2_events session_events = {.on_head = on_head,
                                                       .on_body = on_body,
                                                       .on_end = on_end,
                                                       .on_pull = on_pull,
                                                       .on_close = on_close};

static int open_connection(struct hearth_connection *connection)
{
    const struct hearth_server_options *options = &connection->server->options;
    const struct hearth_http_limits limits = {.header_bytes_max = options->header_bytes_max,
                                              .header_count_max = options->header_count_max};
    connection->codec.h2 =
        hearth_h2_create(&limits, options->streams_max, &session_events, connection);
    if (connection->codec.h2 && connection->server->draining)
        hearth_h2_go_away(connection->codec.h2);
    return connection->codec.h2 ? 0 : HEARTH_ENOMEM;
}

static void close_connection(struct hearth_connection *connection)
{
    hearth_h2_destroy(connection->codec.h2);
}

static void pull_output(struct hearth_connection *connection)
{
    const char *bytes = NULL;
    size_t length;
    while (hearth_connection_queued(connection) < OUT_MAX &&
           (length = hearth_h2_output(connection->codec.h2, &bytes)) > 0)
        hearth_buf_append(&connection->out, bytes, length);
}

static void break_off(struct hearth_connection *connection)
{
    for (struct hearth_exchange *exchange = connection->exchanges; exchange;
         exchange = exchange->next)
        hearth_exchange_abort(exchange, HEARTH_ECANCELED);
    while (connection->exchanges)
        hearth_exchange_destroy(connection->exchanges);
    connection->closing = true;
}

static void feed(struct hearth_connection *connection, const char *bytes, size_t length)
{
    struct hearth_error error = {0};
    if (connection->closing)
        return;
    if (hearth_h2_feed(connection->codec.h2, bytes, length, hearth_connection_now(connection),
                       &error)) {
        pull_output(connection); /* GOAWAY */
        break_off(connection);
    }
}

static void settle(struct hearth_connection *connection)
{
    struct hearth_h2 *h2 = connection->codec.h2;
    if (connection->closing)
        return;
    /* Answers go to the kernel in pieces of OUT_MAX, as long as it takes them. */
    size_t before;
    do {
        before = connection->sent_bytes;
        pull_output(connection);
        hearth_connection_flush(connection);
    } while (!connection->dead && connection->sent_bytes != before &&
             hearth_stream_queued(connection->stream) == 0);
    if (hearth_h2_done(h2))
        break_off(connection);
    else if (connection->server->draining && !connection->exchanges && !hearth_h2_in_head(h2))
        connection->closing = true;
    /* Who does not read what we answer may not ask for more. */
    size_t queued = hearth_connection_queued(connection);
    hearth_connection_pause_reading(connection, !connection->closing && queued > OUT_MAX);
}

static void drain(struct hearth_connection *connection)
{
    hearth_h2_go_away(connection->codec.h2);
}

static bool in_head(const struct hearth_connection *connection)
{
    return hearth_h2_in_head(connection->codec.h2);
}

static void head_timeout(struct hearth_connection *connection)
{
    connection->dead = true;
}

static void begin(struct hearth_exchange *exchange, int status, struct hearth_header *headers,
                  size_t count, bool body)
{
    if (hearth_h2_answer(exchange->connection->codec.h2, exchange->stream, status, headers, count,
                         body))
        hearth_h2_reset(exchange->connection->codec.h2, exchange->stream);
}

static void write_body(struct hearth_exchange *exchange, const char *bytes, size_t length)
{
    if (hearth_buf_append(&exchange->out, bytes, length))
        return;
    exchange->connection->waiting_bytes += length;
    hearth_h2_resume(exchange->connection->codec.h2, exchange->stream);
}

static void finish(struct hearth_exchange *exchange)
{
    hearth_h2_resume(exchange->connection->codec.h2, exchange->stream);
}

static void reset(struct hearth_exchange *exchange)
{
    hearth_h2_reset(exchange->connection->codec.h2, exchange->stream);
}

static void pause_body(struct hearth_exchange *exchange, bool paused)
{
    if (paused || exchange->unconsumed == 0)
        return;
    hearth_h2_consume(exchange->connection->codec.h2, exchange->stream,
                      (size_t)exchange->unconsumed);
    exchange->unconsumed = 0;
    hearth_server_mark_dirty(exchange->connection);
}

static void send_continue(struct hearth_exchange *exchange)
{
    hearth_h2_continue(exchange->connection->codec.h2, exchange->stream);
}

/* A stream of its own mark, or any that waits when the connection as a whole holds too much. */
static bool is_blocked(const struct hearth_exchange *exchange)
{
    const struct hearth_connection *connection = exchange->connection;
    size_t waiting = exchange->out.length - exchange->out_at;
    size_t limit = connection->server->options.write_buffer_max;
    size_t mark = limit < STREAM_OUT_MAX ? limit : STREAM_OUT_MAX;
    if (exchange->blocked)
        return waiting > 0;
    return waiting > mark || (waiting > 0 && connection->waiting_bytes > limit);
}

const struct hearth_protocol hearth_protocol_h2 = {
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
