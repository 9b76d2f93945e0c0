/* A client's connection inside the server: transport, output, timeouts, and the exchanges on it.
 * Private to src/net: server.c owns connections, connection.c moves bytes, http1_connection.c and
 * h2_connection.c speak the protocols, exchange.c and answer.c are the face towards handlers. Loop
 * thread only.
 *
 * Bytes written are gathered in `out` and leave at the end of the present callback, or of the
 * loop's turn (mark_dirty). Nothing is freed while a handler may be on the stack: exchanges and
 * connections go in hearth_connection_settle, which only callbacks of the loop call. */
#ifndef HEARTH_NET_CONNECTION_H
#define HEARTH_NET_CONNECTION_H

#include "loop/loop.h"
#include "loop/stream.h"
#include "net/server.h"
#include "net/tls.h"
#include "wire/gzip.h"

enum {
    HEARTH_ANSWER_HEADERS_MAX = 48, /* that a handler may set */
    HEARTH_OUT_KEEP_MAX = 2048,     /* larger buffers are given back when they are empty */
};

struct hearth_exchange {
    struct hearth_connection *connection;
    const struct hearth_handler *handler; /* NULL once it must not be called any more */
    void *handler_state;
    struct hearth_request_head head;
    struct hearth_exchange *next, *previous;
    struct hearth_arena *arena;
    struct hearth_header *answer_headers; /* in the arena */
    size_t answer_header_count;
    struct hearth_header *trailers; /* in the arena */
    size_t trailer_count;
    const char *id;
    uint64_t body_max, body_received, bytes_sent, started_ms;
    uint64_t window_since_ms, window_received; /* for the pace of the request's body */
    uint64_t stalled_since_ms;                 /* HTTP/2: nothing of `out` was pulled since */
    uint64_t unconsumed;                       /* HTTP/2: body bytes held back while paused */
    struct hearth_buf out;                     /* HTTP/2: waits for the stream's window */
    size_t out_at;
    int status;
    int32_t stream;
    bool has_body, keep_alive, expects_continue;
    bool request_complete, begun, finished, bodyless, chunked, sized;
    bool taken_over, blocked, body_paused, close_after;
    bool plain;        /* the answer is not to be compressed */
    bool break_at_end; /* HTTP/2: reset once `out` is sent */
};

/* What differs between the protocols. */
struct hearth_protocol {
    int (*open)(struct hearth_connection *connection);
    void (*feed)(struct hearth_connection *connection, const char *bytes, size_t length);
    /* Frees exchanges that are over, goes on with input that had to wait, makes output. */
    void (*settle)(struct hearth_connection *connection);
    void (*close)(struct hearth_connection *connection);
    void (*drain)(struct hearth_connection *connection);
    bool (*in_head)(const struct hearth_connection *connection);
    void (*head_timeout)(struct hearth_connection *connection);
    void (*begin)(struct hearth_exchange *exchange, int status, struct hearth_header *headers,
                  size_t count, bool body);
    void (*write)(struct hearth_exchange *exchange, const char *bytes, size_t length);
    void (*finish)(struct hearth_exchange *exchange);
    void (*reset)(struct hearth_exchange *exchange);
    void (*pause_body)(struct hearth_exchange *exchange, bool paused);
    void (*send_continue)(struct hearth_exchange *exchange);
    bool (*is_blocked)(const struct hearth_exchange *exchange);
};

extern const struct hearth_protocol hearth_protocol_http1, hearth_protocol_h2;

struct hearth_connection {
    struct hearth_server *server;
    struct hearth_stream *stream;
    struct hearth_tls *tls;                 /* NULL on plain text */
    const struct hearth_protocol *protocol; /* NULL before it is known */
    union {
        struct hearth_http1 *http1;
        struct hearth_h2 *h2;
    } codec;
    struct hearth_exchange *exchanges;
    struct hearth_connection *next, *previous, *bucket_next;
    struct hearth_connection *dirty_next;
    struct hearth_buf out;     /* plain text on its way out */
    struct hearth_buf sealed;  /* the same under TLS */
    struct hearth_buf pending; /* input that waits for the exchange before it */
    size_t waiting_bytes;      /* HTTP/2: in the `out` of all exchanges */
    uint64_t accepted_ms, idle_since_ms, head_since_ms;
    uint64_t sent_bytes, progress_bytes, progress_ms; /* for the write timeout */
    uint64_t linger_until_ms;
    uint32_t bucket;
    bool dirty, busy; /* busy: a callback of ours settles at its end */
    bool closing;     /* flush, FIN, then wait a little for the client's */
    bool shut, dead;  /* FIN is sent; close at the next settle */
    bool reading_paused, handshake_begun, refused;
};

struct hearth_server_deferral {
    struct hearth_server *server; /* NULL once it is gone */
    bool pending;
};

struct hearth_server {
    struct hearth_loop *loop;
    struct hearth_server_options options;
    struct hearth_tls_context *tls;
    struct hearth_gzip *gzip; /* made at first use */
    struct hearth_timer *tick, *turn;
    struct hearth_listener **listeners;
    size_t listener_count;
    struct hearth_connection *connections;
    struct hearth_connection *buckets[1024]; /* by peer address */
    struct hearth_connection *dirty;
    struct hearth_server_counts counts;
    void (*on_drained)(void *argument);
    void *drained_argument;
    int64_t date_second;
    char date[30];
    unsigned char random[240];
    size_t random_left;
    char *version;
    uint64_t refusing; /* connections that only get a 503 */
    struct hearth_server_deferral *deferral;
    bool ticking, draining, all_drained;
};

/* server.c */
const char *hearth_server_date(struct hearth_server *server);
/* Writes "req_" and 24 hex digits; takes 29 bytes. */
void hearth_server_request_id(struct hearth_server *server, char ret_id[29]);
void hearth_server_forget(struct hearth_server *server, struct hearth_connection *connection);
/* Settles the connection at the end of this turn of the loop, or in the next one. */
void hearth_server_mark_dirty(struct hearth_connection *connection);
void hearth_server_next_turn(struct hearth_connection *connection);
void hearth_server_check_drained(struct hearth_server *server);

/* connection.c */
struct hearth_connection *hearth_connection_create(struct hearth_server *server,
                                                   struct hearth_stream *stream);
/* 503, and the end. */
void hearth_connection_refuse(struct hearth_connection *connection);
void hearth_connection_settle(struct hearth_connection *connection);
/* Closes at once; exchanges are aborted with `reason`. */
void hearth_connection_destroy(struct hearth_connection *connection, int reason);
void hearth_connection_flush(struct hearth_connection *connection);
void hearth_connection_tick(struct hearth_connection *connection, uint64_t now_ms);
void hearth_connection_pause_reading(struct hearth_connection *connection, bool paused);
size_t hearth_connection_queued(const struct hearth_connection *connection);
uint64_t hearth_connection_now(const struct hearth_connection *connection);

/* exchange.c: towards the protocols */
/* NULL without memory. A NULL head makes one for an answer to a request that could not be read. */
struct hearth_exchange *hearth_exchange_create(struct hearth_connection *connection,
                                               const struct hearth_http_head *head);
void hearth_exchange_destroy(struct hearth_exchange *exchange);
void hearth_exchange_start(struct hearth_exchange *exchange);
/* So many bytes of the body follow: too many are refused before they come. */
void hearth_exchange_announce(struct hearth_exchange *exchange, uint64_t length);
void hearth_exchange_receive(struct hearth_exchange *exchange, const char *bytes, size_t length);
void hearth_exchange_receive_end(struct hearth_exchange *exchange);
void hearth_exchange_writable(struct hearth_exchange *exchange);
/* Answers from the error table where no answer has begun, else breaks off; then tells the handler.
 */
void hearth_exchange_fail(struct hearth_exchange *exchange, int code, const char *detail);
/* Only tells the handler: nothing more can be sent. */
void hearth_exchange_abort(struct hearth_exchange *exchange, int reason);

/* The server is stopping: 503, or a last word of the handler and a broken end. */
void hearth_exchange_drain(struct hearth_exchange *exchange);

#endif
