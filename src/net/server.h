/* The HTTP server: it listens, speaks TLS, HTTP/1.1 and HTTP/2, and hands each request to a handler
 * as exchange.h describes. Every limit is an option; 0 means the default that stands beside it.
 * Loop thread only: everything here, and every callback.
 *
 * The sums of memory (buffers_max, write_buffer_max) count what the server keeps for clients:
 * output that they have not taken, input that waits for its turn. What handlers allocate is theirs
 * to bound. */
#ifndef HEARTH_NET_SERVER_H
#define HEARTH_NET_SERVER_H

#include "hearth/error.h"
#include "net/exchange.h"

struct hearth_loop;
struct hearth_server;

struct hearth_server_options {
    uint32_t header_bytes_max;            /* request line and fields together; 64 KiB */
    uint32_t header_count_max;            /* 100 */
    uint64_t body_bytes_max;              /* before a route says otherwise; 10 MB */
    uint32_t connections_max;             /* 10,000 */
    uint32_t connections_per_address_max; /* 0: no limit of its own */
    uint32_t header_timeout_ms; /* from the first byte, or accept, to a whole head; also between the
                                   bytes of a body: a client that drips is cut; 10 s */
    uint32_t idle_timeout_ms;   /* of a kept connection without a request; 75 s */
    uint32_t write_timeout_ms;  /* a client that takes nothing for this time is cut; 30 s */
    uint32_t write_buffer_max;  /* bytes queued for one connection before the handler is paused, and
                                   before its next request is begun; 256 KiB */
    uint64_t buffers_max; /* bytes that wait for all connections together, before requests get a 503
                             and the clients that take nothing are closed; 128 MiB */
    uint32_t streams_max; /* concurrent HTTP/2 streams of a connection; 128 */
    bool gzip;
    const char *tls_certificate; /* PEM paths, or NULL for plain text */
    const char *tls_key;
    const char *version; /* of Hearth-Version */
    /* Called with the head; must call hearth_exchange_handle or answer. */
    void (*route)(void *argument, struct hearth_exchange *exchange);
    /* After each answer or abort: for access log and metrics. status 0: none was sent. A request
     * that could not be read has the path "". */
    void (*on_finished)(void *argument, struct hearth_exchange *exchange, int status,
                        uint64_t bytes_sent);
    /* Optional. The body of an answer that the server makes itself (limits, malformed requests), as
     * JSON; false leaves the common shape. `detail` is a sentence for a person. */
    bool (*render_error)(void *argument, struct hearth_exchange *exchange, int code,
                         const char *detail, struct hearth_buf *ret_body);
    void *argument;
};

struct hearth_server_counts {
    uint64_t accepted, refused, active, requests_active;
    uint64_t held_bytes;        /* memory for what clients have not taken, or wait to have read */
    uint64_t closed_for_memory; /* connections, because of buffers_max */
};

/* The options are copied, but not what `argument` points to. Fails only for a certificate or key
 * that cannot be used; nothing listens yet. */
int hearth_server_create(struct hearth_loop *loop, const struct hearth_server_options *options,
                         struct hearth_server **ret_server, struct hearth_error *error);
/* Opens one more listener; any number may be open. Port 0 takes a free one, which `*ret_port` (NULL
 * is allowed) tells. HEARTH_EINUSE when another program has the address. */
int hearth_server_listen_tcp(struct hearth_server *server, const char *address, uint16_t port,
                             uint16_t *ret_port, struct hearth_error *error);
/* Likewise for a Unix socket, whose file is readable by its owner alone (mode 0600). */
int hearth_server_listen_unix(struct hearth_server *server, const char *path,
                              struct hearth_error *error);
/* Totals since the start; `active`, `requests_active` and `held_bytes` are as of now. */
struct hearth_server_counts hearth_server_counts(const struct hearth_server *server);

/* Stops accepting, tells kept connections to close (Connection: close, GOAWAY); `on_drained` comes
 * when the last exchange has ended and its answer has left for the kernel. NULL is allowed. */
void hearth_server_drain(struct hearth_server *server, void (*on_drained)(void *argument),
                         void *argument);
/* Aborts what is left with HEARTH_EDRAINING; on_drained of an earlier drain still comes. */
void hearth_server_abort(struct hearth_server *server);
/* Closes everything at once; handlers that are left get on_abort. NULL is allowed. */
void hearth_server_destroy(struct hearth_server *server);

#endif
