/* A call: one request on its way through a route, from the head of the request to its answer.
 *
 * The router makes it, reads the body, checks it against the route's schema and runs the handler.
 * The handler ends it with exactly one verb of answers.h, or through sse.h. A handler that is not
 * done when it returns sets `events`, through which it learns that the client is gone. The call is
 * freed when it has ended and nobody holds it any more. Loop thread only; a lane that works for a
 * call holds it and reads only what stays unchanged meanwhile (its body and JSON). */
#ifndef HEARTH_GATEWAY_CALL_H
#define HEARTH_GATEWAY_CALL_H

#include "base/buf.h"
#include "base/json.h"
#include "domain/queue.h"
#include "gateway/router.h"
#include "net/exchange.h"

#include <stdbool.h>
#include <stdint.h>

struct hearth_call;
struct hearth_gateway;

struct hearth_call_events {
    /* The client is gone, or the server stops hard: cancel, forget the call. With HEARTH_EDRAINING
     * an answer that has begun may still be written to, to say why. */
    void (*on_gone)(struct hearth_call *call, int reason);
    /* What was written has left; optional. */
    void (*on_writable)(struct hearth_call *call);
    /* Of routes of the kind upload, which get the body as it comes, in place of json and body:
     * their handler runs before it, and sets these two. */
    void (*on_body)(struct hearth_call *call, const char *bytes, size_t length);
    void (*on_body_end)(struct hearth_call *call);
};

/* How far the generation of a call has come, for whoever shows it while the call runs. Zeroed is
 * one of a call that generates nothing, or does not yet. */
struct hearth_call_progress {
    bool generates;
    uint64_t tokens;     /* of the answer, in all its choices */
    uint64_t tokens_max; /* that may come at most; 0: nobody has set a bound */
};

struct hearth_call {
    struct hearth_gateway *gateway;
    struct hearth_exchange *exchange; /* NULL once the call has ended or the client is gone */
    const struct hearth_route *route;
    const char *params[HEARTH_ROUTE_PARAMS_MAX];
    const char *principal; /* "local" or "key" */
    const char *model; /* "name:version" for metrics and log: from hearth_metrics_model, or NULL */
    struct hearth_buf body;
    json_t *json;        /* the body, checked; NULL when the route reads none */
    uint64_t json_bytes; /* how much it takes of the room for bodies */
    const struct hearth_call_events *events;
    void *work; /* the handler's own, for events */
    uint64_t started_us;
    uint64_t deadline_ms; /* what the client set, on the loop's clock; 0: none (time_limit.h) */
    struct hearth_call_progress *progress; /* its owner's, who outlives the exchange; or NULL */
    unsigned holds;
    enum hearth_class class_floor; /* its inferences are in no better class than this */
    bool is_detached;              /* no client waits for it (detached_call.h) */
    bool is_large;                 /* its JSON was read on the pool */
};

/* Takes over an exchange whose route is known and allowed. The call is the caller's to look at
 * until the exchange has its first event. */
struct hearth_call *hearth_call_start(struct hearth_gateway *gateway,
                                      struct hearth_exchange *exchange,
                                      const struct hearth_route_match *match,
                                      const char *principal);
/* The call has ended with this status (0: without an answer); counts it and lets go. Called by
 * answers.h and sse.h only. */
void hearth_call_end(struct hearth_call *call, int status);

/* Runs the handler of a call that `takes` of the gateway has taken over and gives back; its body's
 * text is freed. */
void hearth_call_handle(struct hearth_call *call);

/* Keeps the memory while another thread works on it. */
void hearth_call_hold(struct hearth_call *call);
void hearth_call_drop(struct hearth_call *call);

/* Frees body and JSON early, for calls that stream long. */
void hearth_call_forget_body(struct hearth_call *call);

/* A body that has left its call, with what it takes of the room for bodies: for work that reads it
 * on the pool, where it may outlive the call. Zeroed is one without. */
struct hearth_call_body {
    json_t *json;
    uint64_t bytes;
    bool is_large;
};
struct hearth_call_body hearth_call_take_body(struct hearth_call *call);
void hearth_call_body_free(const struct hearth_gateway *gateway, struct hearth_call_body body);

struct hearth_arena *hearth_call_arena(struct hearth_call *call);

#endif
