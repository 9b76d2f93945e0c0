/* A client's connection inside the server: the bytes both ways, TLS, time limits, and the exchanges
 * that run on it. Private to src/net; loop thread only.
 *
 * Who does what: server.c owns the list of connections; connection.c moves the bytes and keeps the
 * time; http1_connection.c and h2_connection.c speak the two protocols; exchange.c and answer.c are
 * what handlers see.
 *
 * What is written is gathered in `out`, and goes to the kernel at the end of the present callback
 * or, when no callback of this connection is running, at the end of the loop's turn
 * (hearth_server_mark_dirty). Exchanges and
 * connections are freed only by callbacks of the loop itself (a read, a settle, a tick), never by
 * what a handler calls, so that nothing is freed while a handler that uses it is still running. */
#ifndef HEARTH_NET_CONNECTION_H
#define HEARTH_NET_CONNECTION_H

#include "loop/loop.h"
#include "loop/stream.h"
#include "net/exchange_state.h"
#include "net/server.h"
#include "net/tls.h"
#include "wire/gzip.h"

enum {
    HEARTH_ANSWER_HEADERS_MAX = 48,   /* that a handler may set */
    HEARTH_OUT_KEEP_MAX = 2048,       /* larger buffers are given back when they are empty */
    HEARTH_ANSWER_RESERVE = 16 << 10, /* a request in progress counts as this, for its answer */
    HEARTH_OUT_PIECE = 64 << 10,      /* `out` goes to the kernel when it holds this much */
    /* A producer that was told to pause may have this much more on its way, from a worker's credits
     * or a last word; one that writes beyond is broken off. */
    HEARTH_WRITE_BEYOND_MAX = 16 << 20,
};

/* What is left of an answer that was given whole. */
struct hearth_rest {
    const char *bytes;
    size_t length;
    void *owned; /* the heap memory that they lie in; NULL: they are static */
    size_t held; /* bytes of `owned` */
};

/* What an exchange is in every protocol; one that needs more has a struct of its own whose first
 * member this is (exchange_size). */
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
    const struct hearth_answer_tap *tap; /* NULL: nobody, or it has been told the end */
    void *tap_argument;
    const char *id;
    uint64_t body_max, body_received, bytes_sent, started_ms;
    uint64_t window_since_ms, window_received; /* for the pace of the request's body */
    size_t reserved; /* bytes of the server's sum, for the answer that is still to come */
    struct hearth_rest rest;
    enum hearth_request_state request;
    enum hearth_answer_state answer;
    enum hearth_framing framing;
    int status;
    bool closes; /* HTTP/1: the connection ends behind this answer */
    bool plain;  /* the answer is not to be compressed */
};

/* What differs between the protocols. */
struct hearth_protocol {
    size_t exchange_size; /* of the protocol's own struct for an exchange */
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
    /* Bytes of memory that the protocol holds for the client, beside the connection's buffers. */
    size_t (*held)(const struct hearth_connection *connection);
    /* optional: whether answers that are over still have bytes that are not in `out` yet; the
     * connection is not ended before they are. */
    bool (*has_rest)(const struct hearth_connection *connection);
    /* optional: whether the client has taken nothing of this exchange for too long */
    bool (*is_stalled)(struct hearth_exchange *exchange, uint64_t now_ms);
    /* optional: frees what the protocol's own struct holds */
    void (*release)(struct hearth_exchange *exchange);
};

extern const struct hearth_protocol hearth_protocol_http1, hearth_protocol_h2;

struct hearth_connection {
    struct hearth_server *server;
    struct hearth_stream *stream;           /* NULL for one without a client (detached.c) */
    struct hearth_tls *tls;                 /* NULL on plain text */
    const struct hearth_protocol *protocol; /* NULL before it is known */
    void *session;                          /* the protocol's own */
    struct hearth_exchange *exchanges;
    struct hearth_connection *next, *previous, *bucket_next;
    struct hearth_connection *dirty_next;
    struct hearth_buf out;     /* plain text on its way out */
    struct hearth_buf sealed;  /* the same under TLS */
    struct hearth_buf pending; /* input that waits for the exchange before it */
    size_t rest_waiting;       /* bytes in the rests of its exchanges */
    size_t rest_held;          /* bytes of memory of these */
    size_t held_before;        /* `held`, a second ago */
    size_t held;               /* bytes of memory, as they were last added up for the server */
    uint64_t accepted_ms, idle_since_ms, head_since_ms;
    uint64_t sent_bytes, progress_bytes, progress_ms; /* for the write timeout */
    uint64_t pace_bytes, pace_since_ms;               /* what was taken in the present second */
    uint64_t linger_until_ms;
    uint32_t bucket;
    bool dirty, busy; /* busy: a callback of ours settles at its end */
    bool closing;     /* flush, FIN, then wait a little for the client's */
    bool shut, dead;  /* FIN is sent; close at the next settle */
    bool reading_paused, handshake_begun, refused;
    bool slow; /* in the last second the client took hardly anything of what waits for it */
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
    uint64_t held;     /* bytes of memory that connections hold for what was not taken yet, and
                          what is reserved for answers to come */
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
/* Whether all connections together hold more than they may (buffers_max): then no request is begun
 * for a client that has left something unread, and others are told to come back. */
bool hearth_server_is_pressed(const struct hearth_server *server);

/* connection.c */
struct hearth_connection *hearth_connection_create(struct hearth_server *server,
                                                   struct hearth_stream *stream);
/* 503, and the end. */
void hearth_connection_refuse(struct hearth_connection *connection);
void hearth_connection_settle(struct hearth_connection *connection);
/* Closes at once; exchanges are aborted with `reason`. */
void hearth_connection_destroy(struct hearth_connection *connection, int reason);
void hearth_connection_flush(struct hearth_connection *connection);
/* In plain text: what is in `out`, and these bytes behind it, which are not copied; `owned` is
 * freed with them. */
void hearth_connection_send_in_place(struct hearth_connection *connection, const char *bytes,
                                     size_t length, void *owned);
void hearth_connection_tick(struct hearth_connection *connection, uint64_t now_ms);
void hearth_connection_pause_reading(struct hearth_connection *connection, bool paused);
/* Bytes on their way out that the kernel has not taken. */
size_t hearth_connection_queued(const struct hearth_connection *connection);
/* Adds up the memory that the connection holds now, for the server's sum. */
void hearth_connection_count(struct hearth_connection *connection);
/* The most bytes that may wait for this client before it gets more to answer. */
size_t hearth_connection_queue_max(const struct hearth_connection *connection);
uint64_t hearth_connection_now(const struct hearth_connection *connection);

/* exchange.c: towards the protocols */
/* NULL without memory. A NULL head makes one for an answer to a request that could not be read. */
struct hearth_exchange *hearth_exchange_create(struct hearth_connection *connection,
                                               const struct hearth_http_head *head);
void hearth_exchange_destroy(struct hearth_exchange *exchange);
void hearth_exchange_start(struct hearth_exchange *exchange);
/* Says that `length` bytes of the body follow: too many are refused before they come. */
void hearth_exchange_announce(struct hearth_exchange *exchange, uint64_t length);
void hearth_exchange_receive(struct hearth_exchange *exchange, const char *bytes, size_t length);
void hearth_exchange_receive_end(struct hearth_exchange *exchange);
void hearth_exchange_writable(struct hearth_exchange *exchange);
/* Answers from the error table where no answer has begun, else breaks off; then tells the handler.
 */
void hearth_exchange_fail(struct hearth_exchange *exchange, int code, const char *detail);
/* Only tells the handler: nothing more can be sent. */
void hearth_exchange_abort(struct hearth_exchange *exchange, int reason);
/* Tells the handler and breaks off, also what was given whole and is not taken. */
void hearth_exchange_break(struct hearth_exchange *exchange, int reason);
/* Counts the answer to come among what all connections hold, until it is over. */
void hearth_exchange_reserve(struct hearth_exchange *exchange);
void hearth_exchange_unreserve(struct hearth_exchange *exchange);
/* The tap, where there is one, hears no more. */
void hearth_exchange_end_tap(struct hearth_exchange *exchange, bool whole);
/* What is left of an answer is on its way, or is not wanted. */
void hearth_exchange_take_rest(struct hearth_exchange *exchange, size_t length);
void hearth_exchange_drop_rest(struct hearth_exchange *exchange);
/* Gives the memory back that only making the answer took, once it is over and its head is sent. */
void hearth_exchange_slim(struct hearth_exchange *exchange);

/* The server is stopping: 503, or a last word of the handler and a broken end. */
void hearth_exchange_drain(struct hearth_exchange *exchange);

#endif
