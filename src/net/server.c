/* The server's own part: listeners, the list of connections, limits that hold for all of them
 * together, and draining. */
#include "net/server.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"
#include "net/connection.h"

#include <assert.h>
#include <string.h>

enum {
    /* The clock of all time limits; see tick_ms. */
    TICK_MIN_MS = 10,
    TICK_MAX_MS = 500,
    REFUSALS_MAX = 64, /* connections over the limit that still get a 503 at the same time */
    BUCKETS = sizeof(((struct hearth_server *)0)->buckets) / sizeof(struct hearth_connection *),
};

/* Every answer has a Date, and it changes once in a second: the text is kept until then. */
const char *hearth_server_date(struct hearth_server *server)
{
    int64_t second = hearth_clock_wall_ms() / 1000;
    if (second != server->date_second) {
        server->date_second = second;
        hearth_http_date(second, server->date);
    }
    return server->date;
}

/* Random bytes are fetched for twenty ids at a time, since each fetch is a system call. An id is
 * handed out once: it only has to be hard to guess, not secret. */
void hearth_server_request_id(struct hearth_server *server, char ret_id[29])
{
    enum { ID_BYTES = 12 };
    if (server->random_left < ID_BYTES) {
        hearth_random_bytes(server->random, sizeof(server->random));
        server->random_left = sizeof(server->random);
    }
    server->random_left -= ID_BYTES;
    memcpy(ret_id, "req_", 4);
    hearth_hex(server->random + server->random_left, ID_BYTES, ret_id + 4);
}

/* Work at the end of a turn */

/* Settling may mark others dirty, or the same one again, hence a list that is taken from the front
 * rather than a walk. `dirty` is cleared before the call so that the connection can be put back. */
static void settle_dirty(struct hearth_server *server)
{
    while (server->dirty) {
        struct hearth_connection *connection = server->dirty;
        server->dirty = connection->dirty_next;
        connection->dirty = false;
        hearth_connection_settle(connection);
    }
}

/* The loop cannot take a deferred call back, so what it holds is a handle that outlives us. */
static void on_deferred(void *argument)
{
    struct hearth_server_deferral *deferral = argument;
    deferral->pending = false;
    if (deferral->server)
        settle_dirty(deferral->server);
    else
        hearth_free(deferral);
}

static void make_dirty(struct hearth_connection *connection)
{
    struct hearth_server *server = connection->server;
    if (connection->dirty)
        return;
    connection->dirty = true;
    connection->dirty_next = server->dirty;
    server->dirty = connection;
}

/* A busy connection settles at the end of its present callback anyway. */
void hearth_server_mark_dirty(struct hearth_connection *connection)
{
    struct hearth_server *server = connection->server;
    if (connection->busy)
        return;
    make_dirty(connection);
    if (!server->deferral->pending) {
        server->deferral->pending = true;
        hearth_loop_defer(server->loop, on_deferred, server->deferral);
    }
}

/* A timer of 0 ms runs in the next turn of the loop. A deferred call would still run in this one,
 * and one busy client could keep the loop for itself. */
void hearth_server_next_turn(struct hearth_connection *connection)
{
    make_dirty(connection);
    hearth_timer_start(connection->server->turn, 0, 0);
}

/* At most once: the callback usually destroys the server, so it is forgotten before it is
 * called. */
static void tell_drained(struct hearth_server *server)
{
    void (*on_drained)(void *) = server->on_drained;
    server->on_drained = NULL;
    if (on_drained)
        on_drained(server->drained_argument);
}

static void on_turn(void *argument)
{
    struct hearth_server *server = argument;
    settle_dirty(server);
    if (server->all_drained)
        tell_drained(server);
}

/* Memory */

bool hearth_server_is_pressed(const struct hearth_server *server)
{
    return server->held > server->options.buffers_max;
}

/* Room is made before nothing is left, so that those who read are served meanwhile. */
static bool is_tight(const struct hearth_server *server)
{
    return server->held > server->options.buffers_max / 4 * 3;
}

/* A client that reads, slowly or not, keeps its connection; one that leaves its answers where they
 * are, or piles requests up behind the present one, is what there is to close. */
static bool is_to_close(const struct hearth_connection *connection)
{
    return connection->held && (connection->slow || connection->pending.length);
}

/* Closes every such connection that holds at least the mean of them. False when there is none to
 * close; otherwise one or more are closed, since somebody always holds the mean or more, and the
 * loop in relieve comes to its end. */
static bool close_largest(struct hearth_server *server)
{
    uint64_t held = 0, count = 0;
    for (const struct hearth_connection *at = server->connections; at; at = at->next) {
        held += is_to_close(at) ? at->held : 0;
        count += is_to_close(at);
    }
    for (struct hearth_connection *at = server->connections, *next; at && is_tight(server);
         at = next) {
        next = at->next;
        if (!is_to_close(at) || at->held < held / count)
            continue;
        server->counts.closed_for_memory++;
        hearth_connection_destroy(at, HEARTH_ETIMEOUT);
    }
    return count > 0;
}

static void relieve(struct hearth_server *server)
{
    while (is_tight(server) && close_largest(server))
        ;
}

/* Time */

static void on_tick(void *argument)
{
    struct hearth_server *server = argument;
    uint64_t now_ms = hearth_loop_now_ms(server->loop);
    for (struct hearth_connection *connection = server->connections, *next; connection;
         connection = next) {
        next = connection->next;
        hearth_connection_tick(connection, now_ms);
    }
    relieve(server);
}

/* A quarter of the shortest limit: a client is cut at most a quarter late, and no connection needs
 * a timer of its own. */
static uint64_t tick_ms(const struct hearth_server_options *options)
{
    uint64_t least = options->header_timeout_ms;
    if (options->idle_timeout_ms < least)
        least = options->idle_timeout_ms;
    if (options->write_timeout_ms < least)
        least = options->write_timeout_ms;
    least /= 4;
    return least < TICK_MIN_MS ? TICK_MIN_MS : least > TICK_MAX_MS ? TICK_MAX_MS : least;
}

static void start_tick(struct hearth_server *server)
{
    if (server->ticking)
        return;
    uint64_t every_ms = tick_ms(&server->options);
    server->ticking = true;
    hearth_timer_start(server->tick, every_ms, every_ms);
}

/* Connections */

/* Connections are found by address through a fixed table, so that counting those of one client does
 * not walk all 10,000. */
static uint32_t bucket_of(const char *peer)
{
    return hearth_hash32(HEARTH_HASH32_START, peer, strlen(peer)) % BUCKETS;
}

/* Clients of the Unix socket all have the same name and are on this machine: no limit for them. */
static bool address_full(const struct hearth_server *server, uint32_t bucket, const char *peer)
{
    uint32_t max = server->options.connections_per_address_max;
    uint32_t count = 0;
    if (max == 0 || strcmp(peer, "unix") == 0)
        return false;
    for (const struct hearth_connection *other = server->buckets[bucket]; other;
         other = other->bucket_next)
        count += !other->refused && strcmp(hearth_stream_peer(other->stream), peer) == 0;
    return count >= max;
}

static void link_connection(struct hearth_server *server, struct hearth_connection *connection,
                            uint32_t bucket)
{
    connection->next = server->connections;
    if (connection->next)
        connection->next->previous = connection;
    server->connections = connection;
    connection->bucket = bucket;
    connection->bucket_next = server->buckets[bucket];
    server->buckets[bucket] = connection;
    server->counts.active++;
    start_tick(server);
}

/* A connection may be destroyed (by its tick, or for its memory) while it waits to be settled. */
static void unlink_dirty(struct hearth_server *server, struct hearth_connection *connection)
{
    struct hearth_connection **at = &server->dirty;
    if (!connection->dirty)
        return;
    while (*at != connection)
        at = &(*at)->dirty_next;
    *at = connection->dirty_next;
}

void hearth_server_forget(struct hearth_server *server, struct hearth_connection *connection)
{
    struct hearth_connection **at = &server->buckets[connection->bucket];
    while (*at != connection)
        at = &(*at)->bucket_next;
    *at = connection->bucket_next;
    if (connection->next)
        connection->next->previous = connection->previous;
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        server->connections = connection->next;
    unlink_dirty(server, connection);
    server->counts.active--;
    server->refusing -= connection->refused;
    if (!server->connections && server->ticking) {
        server->ticking = false;
        hearth_timer_stop(server->tick);
    }
}

/* A client over the limit gets a 503 rather than a closed door, as far as that is cheap: not under
 * TLS, where a handshake would come first, and not for more than REFUSALS_MAX at a time. */
static void on_accept(void *argument, struct hearth_stream *stream)
{
    struct hearth_server *server = argument;
    const char *peer = hearth_stream_peer(stream);
    uint32_t bucket = bucket_of(peer);
    bool full = server->counts.active - server->refusing >= server->options.connections_max ||
                address_full(server, bucket, peer);
    server->counts.accepted++;
    server->counts.refused += full;
    if (full && (server->tls || server->refusing >= REFUSALS_MAX)) {
        hearth_stream_close(stream);
        return;
    }
    struct hearth_connection *connection = hearth_connection_create(server, stream);
    link_connection(server, connection, bucket);
    if (full) {
        server->refusing++;
        hearth_connection_refuse(connection);
    }
}

/* Life */

static void default_to(uint32_t *value, uint32_t fallback)
{
    if (*value == 0)
        *value = fallback;
}

static void fill_options(struct hearth_server_options *options)
{
    default_to(&options->header_bytes_max, 64 << 10);
    default_to(&options->header_count_max, 100);
    default_to(&options->connections_max, 10000);
    default_to(&options->header_timeout_ms, 10000);
    default_to(&options->idle_timeout_ms, 75000);
    default_to(&options->write_timeout_ms, 30000);
    default_to(&options->write_buffer_max, 256 << 10);
    default_to(&options->streams_max, 128);
    if (options->buffers_max == 0)
        options->buffers_max = 128 << 20;
    if (options->body_bytes_max == 0)
        options->body_bytes_max = 10000000;
}

int hearth_server_create(struct hearth_loop *loop, const struct hearth_server_options *options,
                         struct hearth_server **ret_server, struct hearth_error *error)
{
    struct hearth_server *server = hearth_calloc(1, sizeof(*server));
    assert(options->route);
    server->loop = loop;
    server->options = *options;
    server->version = hearth_strdup(options->version);
    fill_options(&server->options);
    server->deferral = hearth_calloc(1, sizeof(*server->deferral));
    server->deferral->server = server;
    server->tick = hearth_timer_create(loop, on_tick, server);
    server->turn = hearth_timer_create(loop, on_turn, server);
    if (options->tls_certificate && *options->tls_certificate) {
        int rc = hearth_tls_context_create(options->tls_certificate, options->tls_key, &server->tls,
                                           error);
        if (rc) {
            hearth_server_destroy(server);
            return rc;
        }
    }
    *ret_server = server;
    return 0;
}

static void add_listener(struct hearth_server *server, struct hearth_listener *listener)
{
    server->listeners = hearth_realloc(server->listeners, (server->listener_count + 1) *
                                                              sizeof(struct hearth_listener *));
    server->listeners[server->listener_count++] = listener;
}

int hearth_server_listen_tcp(struct hearth_server *server, const char *address, uint16_t port,
                             uint16_t *ret_port, struct hearth_error *error)
{
    struct hearth_listener *listener = NULL;
    int rc = hearth_listen_tcp(server->loop, address, port, on_accept, server, &listener, error);
    if (rc)
        return rc;
    add_listener(server, listener);
    if (ret_port)
        *ret_port = hearth_listener_port(listener);
    return 0;
}

int hearth_server_listen_unix(struct hearth_server *server, const char *path,
                              struct hearth_error *error)
{
    struct hearth_listener *listener = NULL;
    int rc = hearth_listen_unix(server->loop, path, on_accept, server, &listener, error);
    if (!rc)
        add_listener(server, listener);
    return rc;
}

struct hearth_server_counts hearth_server_counts(const struct hearth_server *server)
{
    struct hearth_server_counts counts = server->counts;
    counts.held_bytes = server->held;
    return counts;
}

static void stop_listening(struct hearth_server *server)
{
    for (size_t i = 0; i < server->listener_count; i++)
        hearth_listener_destroy(server->listeners[i]);
    hearth_free(server->listeners);
    server->listeners = NULL;
    server->listener_count = 0;
}

/* Connections that only wait for the client's FIN hold nobody up. */
void hearth_server_check_drained(struct hearth_server *server)
{
    if (!server->draining || !server->on_drained || server->all_drained)
        return;
    for (const struct hearth_connection *connection = server->connections; connection;
         connection = connection->next)
        if (!connection->shut || hearth_connection_queued(connection))
            return;
    server->all_drained = true;
    hearth_timer_start(server->turn, 0, 0);
}

/* New connections are refused at once; kept ones that are idle end now, others after their present
 * answer. */
void hearth_server_drain(struct hearth_server *server, void (*on_drained)(void *argument),
                         void *argument)
{
    server->draining = true;
    server->on_drained = on_drained;
    server->drained_argument = argument;
    stop_listening(server);
    for (struct hearth_connection *connection = server->connections; connection;
         connection = connection->next) {
        if (connection->protocol)
            connection->protocol->drain(connection);
        else
            connection->closing = true;
        hearth_server_mark_dirty(connection);
    }
    hearth_server_check_drained(server);
}

/* Exchanges are only told here; their connections settle at the end of the turn, since a handler
 * may be the one who called. */
void hearth_server_abort(struct hearth_server *server)
{
    for (struct hearth_connection *connection = server->connections; connection;
         connection = connection->next) {
        for (struct hearth_exchange *exchange = connection->exchanges; exchange;
             exchange = exchange->next)
            hearth_exchange_drain(exchange);
        hearth_server_mark_dirty(connection);
    }
}

/* on_drained is dropped first: whoever destroys the server does not want to hear from it. */
void hearth_server_destroy(struct hearth_server *server)
{
    if (!server)
        return;
    server->on_drained = NULL;
    stop_listening(server);
    while (server->connections)
        hearth_connection_destroy(server->connections, HEARTH_EDRAINING);
    if (server->deferral->pending)
        server->deferral->server = NULL;
    else
        hearth_free(server->deferral);
    hearth_timer_destroy(server->tick);
    hearth_timer_destroy(server->turn);
    hearth_tls_context_destroy(server->tls);
    hearth_gzip_destroy(server->gzip);
    hearth_free(server->version);
    hearth_free(server);
}
