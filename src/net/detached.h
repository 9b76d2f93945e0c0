/* An exchange without a client: a request that the server makes to itself, so that every handler
 * can run for something that was stored (an asynchronous request, a line of a batch, a callback).
 *
 * Life: create makes the exchange with its head; the caller gives it a handler (as a route would),
 * then send brings the body. The answer is gathered, up to a maximum. `on_end` comes once, when the
 * answer has ended or was broken off, never from within a verb that the handler calls; what it is
 * given is valid while it runs. cancel instead ends all at once, tells the handler that its client
 * is gone, and no on_end comes; it must not be called from within an event of the exchange. All
 * must have ended before the server is destroyed. Such an exchange is not among the server's
 * connections: stopping the server does not wait for it. Loop thread only. */
#ifndef HEARTH_NET_DETACHED_H
#define HEARTH_NET_DETACHED_H

#include "hearth/error.h"
#include "net/answer_record.h"
#include "net/exchange.h"

struct hearth_detached;
struct hearth_server;

struct hearth_detached_head {
    const char *method, *path;           /* decoded */
    const char *query;                   /* undecoded, or "" */
    const struct hearth_header *headers; /* lower-case names */
    size_t header_count;
    size_t body_length;
};

/* The texts are copied. `answer_max`: bytes of the body that are kept. HEARTH_ENOMEM. */
int hearth_detached_create(struct hearth_server *server, const struct hearth_detached_head *head,
                           size_t answer_max,
                           void (*on_end)(void *argument,
                                          const struct hearth_answer_record *answer),
                           void *argument, struct hearth_detached **ret_detached);
struct hearth_exchange *hearth_detached_exchange(struct hearth_detached *detached);
/* The whole body; the handler's on_end follows at once. */
void hearth_detached_send(struct hearth_detached *detached, const void *body, size_t length);
/* Bytes of the answer so far. */
size_t hearth_detached_received(const struct hearth_detached *detached);
void hearth_detached_cancel(struct hearth_detached *detached);

#endif
