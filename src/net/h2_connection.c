/* HTTP/2 on a connection: many exchanges, each with its own output that the codec pulls when the
 * client's windows allow.
 *
 * The client opens as many streams as it may, so a request is held, not begun, while it leaves too
 * much of its other answers unread. The connection is read on meanwhile, for its window updates;
 * the body of a held request waits here, and the windows bound it. */
#include "net/connection.h"

#include "base/error.h"
#include "base/memory.h"
#include "wire/h2.h"

#include <string.h>

enum {
    /* `out` is filled up to here and then waits for the kernel; the rest stays with the streams, so
     * that the frames of several streams alternate on the wire. */
    OUT_MAX = 64 << 10,
    STREAM_OUT_MAX = 64 << 10,
    EARLY_MAX = HEARTH_H2_STREAM_WINDOW, /* of a body that is held; no client may send more */
};

/* An exchange, and what only HTTP/2 needs for it. */
struct stream {
    struct hearth_exchange exchange; /* first */
    int32_t id;
    uint64_t stalled_since_ms; /* nothing of what waits was pulled since */
    uint64_t unconsumed;       /* body bytes that the client has no window back for */
    struct hearth_buf out;     /* written by the handler, waits for the stream's window */
    size_t out_at;
    struct hearth_buf early; /* the body of a held request */
    bool is_held;            /* no handler knows of it yet */
    bool early_end;          /* and it is whole already */
};

struct session {
    struct hearth_h2 *codec;
    size_t waiting; /* bytes in `out` and `early` of all streams */
    size_t held_streams;
};

static struct stream *stream_of(struct hearth_exchange *exchange)
{
    return (struct stream *)exchange;
}

static struct session *session_of(const struct hearth_connection *connection)
{
    return connection->session;
}

static struct hearth_h2 *codec_of(const struct hearth_exchange *exchange)
{
    return session_of(exchange->connection)->codec;
}

static size_t out_waiting(const struct stream *stream)
{
    return stream->out.length - stream->out_at;
}

/* Everything that waits for this client counts: in the kernel's queue, in its streams' buffers, in
 * the rests of answers that were given whole. */
static bool may_begin(const struct hearth_connection *connection)
{
    size_t waiting = hearth_connection_queued(connection) + session_of(connection)->waiting +
                     connection->rest_waiting;
    return waiting <= hearth_connection_queue_max(connection);
}

/* Once one request is held, those after it are held too, or the first might never get its turn. */
static void *on_head(void *argument, int32_t id, const struct hearth_http_head *head,
                     const struct hearth_error *fault)
{
    struct hearth_connection *connection = argument;
    struct session *session = session_of(connection);
    struct hearth_exchange *exchange = hearth_exchange_create(connection, head);
    if (!exchange)
        return NULL;
    struct stream *stream = stream_of(exchange);
    stream->id = id;
    stream->stalled_since_ms = exchange->started_ms;
    size_t out_max = STREAM_OUT_MAX + HEARTH_WRITE_BEYOND_MAX;
    hearth_buf_init(&stream->out, out_max);
    hearth_buf_init(&stream->early, EARLY_MAX);
    exchange->head.http_major = 2;
    if (!head) {
        hearth_exchange_fail(exchange, fault->code, fault->message);
    } else if (may_begin(connection) && !session->held_streams) {
        hearth_exchange_start(exchange);
    } else {
        stream->is_held = true;
        session->held_streams++;
    }
    return exchange;
}

/* The window is given back when the handler has taken the bytes; while it pauses, not at all: that
 * is what makes the client stop sending. */
static void receive(struct stream *stream, const char *bytes, size_t length)
{
    struct hearth_exchange *exchange = &stream->exchange;
    hearth_exchange_receive(exchange, bytes, length);
    if (exchange->request == HEARTH_REQUEST_PAUSED)
        stream->unconsumed += length;
    else
        hearth_h2_consume(codec_of(exchange), stream->id, length);
}

/* A held stream's window is not given back, so a client that keeps the rules cannot exceed
 * EARLY_MAX; one that does not is reset. */
static void on_body(void *argument, void *stream_state, const char *bytes, size_t length)
{
    struct hearth_connection *connection = argument;
    struct stream *stream = stream_state;
    if (!stream->is_held)
        receive(stream, bytes, length);
    else if (hearth_buf_append(&stream->early, bytes, length))
        hearth_h2_reset(session_of(connection)->codec, stream->id);
    else
        session_of(connection)->waiting += length;
}

static void give_back_window(struct stream *stream)
{
    if (stream->unconsumed)
        hearth_h2_consume(codec_of(&stream->exchange), stream->id, (size_t)stream->unconsumed);
    stream->unconsumed = 0;
}

/* After a take-over the client's END_STREAM means that it leaves. */
static void receive_end(struct stream *stream)
{
    struct hearth_exchange *exchange = &stream->exchange;
    if (exchange->framing == HEARTH_FRAMING_RAW && hearth_answer_is_open(exchange)) {
        hearth_exchange_abort(exchange, HEARTH_ECANCELED);
        hearth_exchange_finish(exchange, NULL, 0);
    }
    hearth_exchange_receive_end(exchange);
    give_back_window(stream);
}

static void on_end(void *argument, void *stream_state)
{
    struct stream *stream = stream_state;
    (void)argument;
    if (stream->is_held)
        stream->early_end = true;
    else
        receive_end(stream);
}

/* The oldest is the last one of the list. */
static struct stream *oldest_held(const struct hearth_connection *connection)
{
    struct stream *oldest = NULL;
    for (struct hearth_exchange *at = connection->exchanges; at; at = at->next)
        if (stream_of(at)->is_held)
            oldest = stream_of(at);
    return oldest;
}

static void release_early(struct stream *stream)
{
    session_of(stream->exchange.connection)->waiting -= stream->early.length;
    hearth_buf_finish(&stream->early);
}

/* A held request begins, with what came of its body. It may have failed meanwhile (the body came
 * too slowly, the server is stopping): then there is no handler to look for. */
static void begin_held(struct stream *stream)
{
    stream->is_held = false;
    session_of(stream->exchange.connection)->held_streams--;
    if (stream->exchange.answer == HEARTH_ANSWER_DUE)
        hearth_exchange_start(&stream->exchange);
    if (stream->early.length)
        receive(stream, stream->early.bytes, stream->early.length);
    release_early(stream);
    if (stream->early_end)
        receive_end(stream);
}

static void go_on(struct hearth_connection *connection)
{
    bool any = false;
    while (session_of(connection)->held_streams && may_begin(connection)) {
        begin_held(oldest_held(connection));
        any = true;
    }
    /* What they wrote leaves in the next turn, so that other connections have theirs. */
    if (any)
        hearth_server_next_turn(connection);
}

static size_t pull_rest(struct hearth_exchange *exchange, char *to, size_t size)
{
    const struct hearth_rest *rest = &exchange->rest;
    size_t length = rest->length < size ? rest->length : size;
    if (length) {
        memcpy(to, rest->bytes, length);
        hearth_exchange_take_rest(exchange, length);
    }
    return length;
}

/* Bytes are taken from the front by moving `out_at`; the buffer is emptied when it has reached the
 * end, so that nothing is moved about for each frame. */
static size_t pull_written(struct stream *stream, char *to, size_t size)
{
    size_t waiting = out_waiting(stream);
    size_t length = waiting < size ? waiting : size;
    memcpy(to, stream->out.bytes + stream->out_at, length);
    stream->out_at += length;
    session_of(stream->exchange.connection)->waiting -= length;
    if (stream->out_at == stream->out.length) {
        stream->out_at = 0;
        if (stream->out.capacity > HEARTH_OUT_KEEP_MAX)
            hearth_buf_finish(&stream->out);
        else
            hearth_buf_clear(&stream->out);
    }
    return length;
}

/* nghttp2 asks for bytes as far as the client's windows and the frame size allow. 0 without an end
 * parks the stream until hearth_h2_resume. */
static size_t on_pull(void *argument, void *stream_state, char *to, size_t size,
                      struct hearth_h2_pulled *ret_pulled)
{
    struct hearth_connection *connection = argument;
    struct stream *stream = stream_state;
    struct hearth_exchange *exchange = &stream->exchange;
    size_t length =
        out_waiting(stream) ? pull_written(stream, to, size) : pull_rest(exchange, to, size);
    if (length)
        stream->stalled_since_ms = hearth_connection_now(connection);
    if (out_waiting(stream) || exchange->rest.length || !hearth_answer_is_over(exchange))
        return length;
    if (exchange->answer == HEARTH_ANSWER_CUT)
        hearth_h2_reset(session_of(connection)->codec, stream->id);
    ret_pulled->end = exchange->answer == HEARTH_ANSWER_ENDED;
    ret_pulled->trailers = exchange->trailers;
    ret_pulled->trailer_count = exchange->trailer_count;
    return length;
}

static void on_close(void *argument, void *stream_state)
{
    struct stream *stream = stream_state;
    (void)argument;
    hearth_exchange_abort(&stream->exchange, HEARTH_ECANCELED);
    /* What nobody took still counts against the connection's window. */
    stream->unconsumed += stream->early.length;
    give_back_window(stream);
    hearth_exchange_destroy(&stream->exchange);
}

static void release(struct hearth_exchange *exchange)
{
    struct stream *stream = stream_of(exchange);
    struct session *session = session_of(exchange->connection);
    session->held_streams -= stream->is_held;
    session->waiting -= out_waiting(stream);
    release_early(stream);
    hearth_buf_finish(&stream->out);
}

static const struct hearth_h2_events session_events = {.on_head = on_head,
                                                       .on_body = on_body,
                                                       .on_end = on_end,
                                                       .on_pull = on_pull,
                                                       .on_close = on_close};

static void close_connection(struct hearth_connection *connection)
{
    hearth_h2_destroy(session_of(connection)->codec);
    hearth_free(session_of(connection));
    connection->session = NULL;
}

static int open_connection(struct hearth_connection *connection)
{
    const struct hearth_server_options *options = &connection->server->options;
    const struct hearth_http_limits limits = {.header_bytes_max = options->header_bytes_max,
                                              .header_count_max = options->header_count_max};
    struct session *session = hearth_calloc(1, sizeof(*session));
    connection->session = session;
    session->codec = hearth_h2_create(&limits, options->streams_max, &session_events, connection);
    if (!session->codec) {
        close_connection(connection);
        return HEARTH_ENOMEM;
    }
    if (connection->server->draining)
        hearth_h2_go_away(session->codec);
    return 0;
}

/* nghttp2's own frames (SETTINGS, PING answers, window updates) come out here as well. */
static void pull_output(struct hearth_connection *connection)
{
    const char *bytes = NULL;
    size_t length;
    while (hearth_connection_queued(connection) < OUT_MAX &&
           (length = hearth_h2_output(session_of(connection)->codec, &bytes)) > 0)
        hearth_buf_append(&connection->out, bytes, length);
}

/* The codec's streams are not closed one by one: the whole session goes with the connection. First
 * every handler is told, then everything is freed. */
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
    if (hearth_h2_feed(session_of(connection)->codec, bytes, length,
                       hearth_connection_now(connection), &error)) {
        pull_output(connection); /* GOAWAY */
        break_off(connection);
    }
}

static void settle(struct hearth_connection *connection)
{
    struct hearth_h2 *h2 = session_of(connection)->codec;
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
    else
        go_on(connection);
    for (struct hearth_exchange *at = connection->exchanges; at; at = at->next)
        hearth_exchange_slim(at);
    /* Who does not read what we answer may not ask for more. */
    size_t queued = hearth_connection_queued(connection);
    hearth_connection_pause_reading(connection, !connection->closing && queued > OUT_MAX);
}

/* GOAWAY names the last stream that is still served, so that the client can safely repeat others
 * elsewhere. */
static void drain(struct hearth_connection *connection)
{
    hearth_h2_go_away(session_of(connection)->codec);
}

static bool in_head(const struct hearth_connection *connection)
{
    return hearth_h2_in_head(session_of(connection)->codec);
}

/* Half a header block cannot be answered: HPACK's state would be lost, and with it all streams. */
static void head_timeout(struct hearth_connection *connection)
{
    connection->dead = true;
}

static void begin(struct hearth_exchange *exchange, int status, struct hearth_header *headers,
                  size_t count, bool body)
{
    if (hearth_h2_answer(codec_of(exchange), stream_of(exchange)->id, status, headers, count, body))
        hearth_h2_reset(codec_of(exchange), stream_of(exchange)->id);
}

static void write_body(struct hearth_exchange *exchange, const char *bytes, size_t length)
{
    struct stream *stream = stream_of(exchange);
    /* A producer that goes on and on although it was told to pause: on_close tells it. */
    if (hearth_buf_append(&stream->out, bytes, length)) {
        hearth_h2_reset(codec_of(exchange), stream->id);
        return;
    }
    session_of(exchange->connection)->waiting += length;
    hearth_h2_resume(codec_of(exchange), stream->id);
}

static void finish(struct hearth_exchange *exchange)
{
    hearth_h2_resume(codec_of(exchange), stream_of(exchange)->id);
}

static void reset(struct hearth_exchange *exchange)
{
    hearth_h2_reset(codec_of(exchange), stream_of(exchange)->id);
}

/* Pausing needs nothing: receive gives no window back while the request is paused. */
static void pause_body(struct hearth_exchange *exchange, bool paused)
{
    if (paused || !stream_of(exchange)->unconsumed)
        return;
    give_back_window(stream_of(exchange));
    hearth_server_mark_dirty(exchange->connection);
}

static void send_continue(struct hearth_exchange *exchange)
{
    hearth_h2_continue(codec_of(exchange), stream_of(exchange)->id);
}

/* A stream over its own mark, or any that waits when the connection as a whole holds too much. The
 * mark is at most half of what the connection may hold, so that one stream whose window is shut
 * does not keep the others from being begun. */
static bool is_blocked(const struct hearth_exchange *exchange)
{
    const struct hearth_connection *connection = exchange->connection;
    size_t waiting = out_waiting((const struct stream *)exchange);
    size_t limit = hearth_connection_queue_max(connection);
    size_t mark = limit / 2 < STREAM_OUT_MAX ? limit / 2 : STREAM_OUT_MAX;
    if (exchange->answer == HEARTH_ANSWER_BLOCKED)
        return waiting > 0;
    return waiting > mark || (waiting > 0 && session_of(connection)->waiting > limit);
}

/* Each stream has its own clock: a client may read one stream quickly and leave another shut. */
static bool is_stalled(struct hearth_exchange *exchange, uint64_t now_ms)
{
    struct stream *stream = stream_of(exchange);
    if (!out_waiting(stream) && !exchange->rest.length)
        stream->stalled_since_ms = now_ms;
    return now_ms - stream->stalled_since_ms >
           exchange->connection->server->options.write_timeout_ms;
}

static size_t held(const struct hearth_connection *connection)
{
    return session_of(connection)->waiting;
}

const struct hearth_protocol hearth_protocol_h2 = {
    .exchange_size = sizeof(struct stream),
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
    .is_stalled = is_stalled,
    .release = release,
};
