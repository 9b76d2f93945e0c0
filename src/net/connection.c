/* The bytes of one connection: which protocol they speak, TLS, what is queued, how it ends, and the
 * limits of time. */
#include "net/connection.h"

#include "base/error.h"
#include "base/memory.h"
#include "wire/h2.h"

#include <string.h>

enum {
    /* After our FIN the client has this long for its own. Closing a socket with unread input would
     * make the kernel send a reset, which can destroy the answer before the client has read it. */
    LINGER_MS = 2000,
    BODY_PACE = 1024,      /* bytes of a body in each header_timeout */
    WRITE_PACE = 16 << 10, /* bytes of answers in each second, when memory is short */
};

uint64_t hearth_connection_now(const struct hearth_connection *connection)
{
    return hearth_loop_now_ms(connection->server->loop);
}

size_t hearth_connection_queued(const struct hearth_connection *connection)
{
    return connection->out.length + connection->sealed.length +
           hearth_stream_queued(connection->stream);
}

/* When all connections together hold too much, nobody may have anything queued: a client that reads
 * everything at once is served on, one that leaves something unread gets nothing new. */
size_t hearth_connection_queue_max(const struct hearth_connection *connection)
{
    const struct hearth_server *server = connection->server;
    return hearth_server_is_pressed(server) ? 0 : server->options.write_buffer_max;
}

/* The server's sum is kept by differences, so that adding up all connections is never needed.
 * `held` is what of this connection is in the sum. */
void hearth_connection_count(struct hearth_connection *connection)
{
    size_t held = connection->out.length + connection->sealed.length + connection->pending.length +
                  connection->rest_held +
                  (connection->stream ? hearth_stream_held(connection->stream) : 0);
    if (connection->protocol)
        held += connection->protocol->held(connection);
    connection->server->held += held - connection->held;
    connection->held = held;
}

static bool has_rest(const struct hearth_connection *connection)
{
    return connection->protocol && connection->protocol->has_rest &&
           connection->protocol->has_rest(connection);
}

/* Most connections are idle most of the time: a large buffer is not kept for the next answer. */
static void release_when_large(struct hearth_buf *buf)
{
    if (buf->capacity > HEARTH_OUT_KEEP_MAX)
        hearth_buf_finish(buf);
    else
        hearth_buf_clear(buf);
}

/* A buffer that failed has lost bytes, and the client would take what follows for them: the
 * connection is over. */
static void send_buf(struct hearth_connection *connection, struct hearth_buf *buf)
{
    if (buf->failed)
        connection->dead = true;
    if (buf->length == 0)
        return;
    connection->sent_bytes += buf->length;
    hearth_stream_write(connection->stream, buf->bytes, buf->length);
    release_when_large(buf);
}

void hearth_connection_send_in_place(struct hearth_connection *connection, const char *bytes,
                                     size_t length, void *owned)
{
    struct hearth_buf *out = &connection->out;
    connection->dead = connection->dead || out->failed;
    connection->sent_bytes += out->length + length;
    hearth_stream_write_in_place(connection->stream, out->bytes, out->length, bytes, length, owned);
    release_when_large(out);
}

/* Plain text stays in `out` until the handshake is over. `sealed` is sent in any case: the
 * handshake's own messages and alerts are in it. */
void hearth_connection_flush(struct hearth_connection *connection)
{
    if (!connection->tls) {
        send_buf(connection, &connection->out);
        return;
    }
    if (connection->out.length && hearth_tls_ready(connection->tls)) {
        if (hearth_tls_send(connection->tls, connection->out.bytes, connection->out.length))
            connection->dead = true;
        release_when_large(&connection->out);
    }
    send_buf(connection, &connection->sealed);
}

void hearth_connection_pause_reading(struct hearth_connection *connection, bool paused)
{
    if (connection->reading_paused == paused || connection->dead)
        return;
    connection->reading_paused = paused;
    hearth_stream_pause(connection->stream, paused);
}

/* Which protocol */

/* A connection is of one protocol for its whole life. */
static void open_protocol(struct hearth_connection *connection,
                          const struct hearth_protocol *protocol)
{
    connection->protocol = protocol;
    if (protocol->open(connection)) {
        connection->protocol = NULL;
        connection->dead = true;
    }
}

/* On plain text HTTP/2 is known by its preface; the first byte that differs means HTTP/1. */
static void sniff(struct hearth_connection *connection, const char *bytes, size_t length)
{
    struct hearth_buf *pending = &connection->pending;
    size_t have = pending->length;
    size_t fresh =
        HEARTH_H2_PREFACE_LENGTH - have < length ? HEARTH_H2_PREFACE_LENGTH - have : length;
    if (memcmp(hearth_h2_preface + have, bytes, fresh) != 0)
        open_protocol(connection, &hearth_protocol_http1);
    else if (have + fresh == HEARTH_H2_PREFACE_LENGTH)
        open_protocol(connection, &hearth_protocol_h2);
    if (connection->protocol && have) {
        char first[HEARTH_H2_PREFACE_LENGTH];
        memcpy(first, pending->bytes, have);
        hearth_buf_finish(pending);
        connection->protocol->feed(connection, first, have);
    }
    if (connection->protocol)
        connection->protocol->feed(connection, bytes, length);
    else if (!connection->dead)
        hearth_buf_append(pending, bytes, length);
}

/* Under TLS the protocol was agreed on in the handshake (ALPN), which is over when the first plain
 * bytes come; in plain text the bytes must tell. */
static bool on_plain(void *argument, const char *bytes, size_t length)
{
    struct hearth_connection *connection = argument;
    if (connection->dead || connection->closing)
        return !connection->dead;
    if (!connection->protocol && connection->tls)
        open_protocol(connection, hearth_tls_h2(connection->tls) ? &hearth_protocol_h2
                                                                 : &hearth_protocol_http1);
    if (connection->protocol)
        connection->protocol->feed(connection, bytes, length);
    else if (!connection->dead)
        sniff(connection, bytes, length);
    return !connection->dead;
}

/* A person who forgot the "s" of https gets a sentence instead of a broken connection. */
static bool is_plain_request_on_tls(struct hearth_connection *connection, const char *bytes)
{
    if (connection->handshake_begun || bytes[0] < 'A' || bytes[0] > 'Z')
        return false;
    hearth_tls_destroy(connection->tls);
    connection->tls = NULL;
    open_protocol(connection, &hearth_protocol_http1);
    struct hearth_exchange *exchange =
        connection->protocol ? hearth_exchange_create(connection, NULL) : NULL;
    if (exchange)
        hearth_exchange_fail(exchange, HEARTH_EPARSE, "this port speaks HTTPS");
    connection->closing = true;
    return true;
}

/* Whether answers wait, and all of them are over. */
static bool only_reads(const struct hearth_connection *connection)
{
    return (!connection->exchanges || has_rest(connection)) && hearth_connection_queued(connection);
}

/* A half-closed client that only waits for the rest of its answer gets it. */
static void peer_ended(struct hearth_connection *connection, bool broken)
{
    if (!broken && only_reads(connection))
        connection->closing = true;
    else
        connection->dead = true;
}

static void on_read(void *argument, const char *bytes, size_t length)
{
    struct hearth_connection *connection = argument;
    struct hearth_error error = {0};
    connection->busy = true;
    if (connection->closing && !connection->tls) {
        /* Lingering: the rest of what the client had sent is read and dropped. */
    } else if (!connection->tls) {
        on_plain(connection, bytes, length);
    } else if (!is_plain_request_on_tls(connection, bytes)) {
        connection->handshake_begun = true;
        int rc = hearth_tls_receive(connection->tls, bytes, length, on_plain, connection, &error);
        if (rc) {
            hearth_connection_flush(connection); /* the alert that says why */
            peer_ended(connection, rc < 0);
        }
    }
    connection->busy = false;
    hearth_connection_settle(connection);
}

/* A failing write can tell the end while a callback of ours is running, which must not find its
 * connection freed. */
static void on_end(void *argument, int error)
{
    struct hearth_connection *connection = argument;
    peer_ended(connection, error != 0);
    if (connection->busy)
        hearth_server_mark_dirty(connection);
    else
        hearth_connection_settle(connection);
}

static void on_drained(void *argument)
{
    hearth_connection_settle(argument);
}

static const struct hearth_stream_events stream_events = {
    .on_read = on_read, .on_end = on_end, .on_drained = on_drained};

/* Life */

/* `out` is sent when it holds a piece, and grows by one piece and one head before that is seen; a
 * head may say back what the request's fields said. `sealed` is `out` under TLS, or a handshake
 * with its certificates. `pending` holds what may wait, and what one more read brings before
 * reading is paused: under TLS with a record that had begun before. */
static void init_buffers(struct hearth_connection *connection)
{
    enum { HEAD_MAX = 64 << 10, HANDSHAKE_MAX = 256 << 10 };
    size_t fields_max = connection->server->options.header_bytes_max;
    size_t out_max = 2 * HEARTH_OUT_PIECE + HEAD_MAX + 2 * fields_max;
    hearth_buf_init(&connection->out, out_max);
    hearth_buf_init(&connection->sealed, out_max + HANDSHAKE_MAX);
    hearth_buf_init(&connection->pending, fields_max + 2 * HEARTH_LOOP_READ_MAX);
}

struct hearth_connection *hearth_connection_create(struct hearth_server *server,
                                                   struct hearth_stream *stream)
{
    struct hearth_connection *connection = hearth_calloc(1, sizeof(*connection));
    connection->server = server;
    connection->stream = stream;
    connection->accepted_ms = connection->idle_since_ms = hearth_connection_now(connection);
    connection->progress_ms = connection->accepted_ms;
    init_buffers(connection);
    if (server->tls) {
        connection->tls = hearth_tls_create(server->tls, &connection->sealed);
        connection->dead = !connection->tls;
    }
    hearth_stream_start(stream, &stream_events, connection);
    return connection;
}

void hearth_connection_refuse(struct hearth_connection *connection)
{
    connection->refused = true;
    open_protocol(connection, &hearth_protocol_http1);
    struct hearth_exchange *exchange = hearth_exchange_create(connection, NULL);
    if (exchange)
        hearth_exchange_fail(exchange, HEARTH_EQUEUEFULL, "too many connections");
    connection->closing = true;
    hearth_server_mark_dirty(connection);
}

/* Handlers hear of the end while the connection still stands, although dead: they may ask for a
 * head or an id, and what they write goes nowhere. */
void hearth_connection_destroy(struct hearth_connection *connection, int reason)
{
    struct hearth_server *server = connection->server;
    connection->dead = true;
    for (struct hearth_exchange *exchange = connection->exchanges; exchange;
         exchange = exchange->next)
        hearth_exchange_abort(exchange, reason);
    while (connection->exchanges)
        hearth_exchange_destroy(connection->exchanges);
    if (connection->protocol)
        connection->protocol->close(connection);
    hearth_stream_close(connection->stream);
    hearth_tls_destroy(connection->tls);
    hearth_buf_finish(&connection->out);
    hearth_buf_finish(&connection->sealed);
    hearth_buf_finish(&connection->pending);
    server->held -= connection->held;
    hearth_server_forget(server, connection);
    hearth_free(connection);
    hearth_server_check_drained(server);
}

/* Reading goes on, to see the client's FIN and to take what it was still sending. Under TLS the
 * proper end comes before the FIN, or the client could not tell it from a cut. */
static void shut(struct hearth_connection *connection)
{
    if (connection->tls)
        hearth_tls_end(connection->tls);
    hearth_connection_flush(connection);
    hearth_connection_pause_reading(connection, false);
    hearth_stream_shutdown(connection->stream);
    connection->shut = true;
}

/* A handler that was blocked may finish within the call, hence `next`. */
static void wake_writers(struct hearth_connection *connection)
{
    bool again = false;
    for (struct hearth_exchange *exchange = connection->exchanges, *next; exchange;
         exchange = next) {
        next = exchange->next;
        if (exchange->answer == HEARTH_ANSWER_BLOCKED &&
            !connection->protocol->is_blocked(exchange)) {
            hearth_exchange_writable(exchange);
            again = true;
        }
    }
    /* Not in this turn: a client that reads as fast as we write must not hold the others up. */
    if (again)
        hearth_server_next_turn(connection);
}

/* The order matters: the protocol goes on with what waited and makes output; the output goes off;
 * only then does it show which handlers may write again, and whether there is nothing left and the
 * connection can end. Memory is counted when all this is done. */
void hearth_connection_settle(struct hearth_connection *connection)
{
    connection->busy = true;
    if (!connection->dead && connection->protocol)
        connection->protocol->settle(connection);
    if (!connection->dead)
        hearth_connection_flush(connection);
    if (!connection->dead && connection->protocol && connection->exchanges)
        wake_writers(connection);
    if (!connection->dead && connection->closing && !connection->shut && !has_rest(connection))
        shut(connection);
    hearth_connection_count(connection);
    connection->busy = false;
    if (connection->dead)
        hearth_connection_destroy(connection, HEARTH_ECANCELED);
    else if (connection->server->draining)
        hearth_server_check_drained(connection->server);
}

/* Time */

/* The clock of a head runs from its first byte; of the first head, from the accept, so that a
 * client that says nothing at all (or never finishes its TLS handshake) does not stay. */
static bool head_overdue(const struct hearth_connection *connection, uint64_t now_ms)
{
    const struct hearth_server_options *options = &connection->server->options;
    if (connection->head_since_ms)
        return now_ms - connection->head_since_ms > options->header_timeout_ms;
    return !connection->protocol && now_ms - connection->accepted_ms > options->header_timeout_ms;
}

/* A body must come at a pace of 1 KiB in each header_timeout; a handler that has begun its answer
 * talks both ways at once and is left alone. */
static void check_body_pace(struct hearth_exchange *exchange, uint64_t now_ms)
{
    const struct hearth_server_options *options = &exchange->connection->server->options;
    bool is_ours = exchange->handler || hearth_answer_is_over(exchange);
    if (!is_ours || !hearth_request_is_arriving(exchange) || hearth_answer_is_open(exchange) ||
        now_ms - exchange->window_since_ms <= options->header_timeout_ms)
        return;
    if (exchange->body_received - exchange->window_received < BODY_PACE) {
        if (hearth_answer_is_over(exchange))
            exchange->connection->closing = true;
        hearth_exchange_fail(exchange, HEARTH_ESLOWHEAD, "the request's body came too slowly");
        return;
    }
    exchange->window_since_ms = now_ms;
    exchange->window_received = exchange->body_received;
}

/* Whether so little is taken in each second that the connection is one to close when memory runs
 * short (hearth_server's relieve). */
static void check_pace(struct hearth_connection *connection, uint64_t now_ms)
{
    size_t queued = hearth_stream_queued(connection->stream);
    uint64_t taken = connection->sent_bytes - queued;
    if (now_ms - connection->pace_since_ms < 1000)
        return;
    connection->slow =
        connection->held && connection->held_before && taken - connection->pace_bytes < WRITE_PACE;
    connection->held_before = connection->held;
    connection->pace_bytes = taken;
    connection->pace_since_ms = now_ms;
}

/* Whether the peer has taken nothing of what waits for it, for too long. */
static bool write_stalled(struct hearth_connection *connection, uint64_t now_ms)
{
    size_t queued = hearth_stream_queued(connection->stream);
    uint64_t progress = connection->sent_bytes - queued;
    if (queued == 0 || progress != connection->progress_bytes) {
        connection->progress_bytes = progress;
        connection->progress_ms = now_ms;
    }
    return now_ms - connection->progress_ms > connection->server->options.write_timeout_ms;
}

/* Either check may end the exchange. */
static void check_exchanges(struct hearth_connection *connection, uint64_t now_ms)
{
    const struct hearth_protocol *protocol = connection->protocol;
    for (struct hearth_exchange *exchange = connection->exchanges, *next; exchange;
         exchange = next) {
        next = exchange->next;
        check_body_pace(exchange, now_ms);
        if (protocol->is_stalled && protocol->is_stalled(exchange, now_ms))
            hearth_exchange_break(exchange, HEARTH_ETIMEOUT);
    }
}

/* Nothing was asked that is not answered: also no request that waits for its client to read. */
static bool is_idle(const struct hearth_connection *connection)
{
    return !connection->exchanges && !connection->head_since_ms && !connection->pending.length;
}

/* The two seconds begin when the last byte has left for the kernel. */
static void linger(struct hearth_connection *connection, uint64_t now_ms)
{
    if (hearth_stream_queued(connection->stream))
        return;
    if (!connection->linger_until_ms)
        connection->linger_until_ms = now_ms + LINGER_MS;
    connection->dead = now_ms >= connection->linger_until_ms;
}

/* At most one thing is done in a tick, the most urgent first; what else is due is done in the next.
 * A client whose input is paused is asked for with poll, since a paused stream hears of no end: a
 * handler that waits for it would otherwise compute for nobody. */
void hearth_connection_tick(struct hearth_connection *connection, uint64_t now_ms)
{
    const struct hearth_server_options *options = &connection->server->options;
    connection->busy = true;
    if (connection->protocol && connection->protocol->in_head(connection)) {
        if (!connection->head_since_ms)
            connection->head_since_ms = now_ms;
    } else {
        connection->head_since_ms = 0;
    }
    check_pace(connection, now_ms);
    if (write_stalled(connection, now_ms)) {
        hearth_connection_destroy(connection, HEARTH_ETIMEOUT);
        return;
    }
    if (connection->shut)
        linger(connection, now_ms);
    else if (connection->reading_paused && !only_reads(connection) &&
             hearth_stream_peer_closed(connection->stream))
        connection->dead = true;
    else if (head_overdue(connection, now_ms) && connection->protocol)
        connection->protocol->head_timeout(connection);
    else if (head_overdue(connection, now_ms))
        connection->dead = true;
    else if (is_idle(connection) && now_ms - connection->idle_since_ms > options->idle_timeout_ms)
        connection->closing = true;
    else
        check_exchanges(connection, now_ms);
    connection->busy = false;
    if (connection->dead || connection->closing || connection->exchanges)
        hearth_connection_settle(connection);
}
