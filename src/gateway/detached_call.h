/* A call that runs without a client: any route that takes a body in one piece, run by the server
 * for somebody who has asked before (an asynchronous request, a line of a batch, a response in the
 * background). The body is checked and answered as if it had come from that client, errors
 * included; what would be sent is gathered (net/detached.h).
 *
 * `on_end` comes once, later than start has returned, unless the call is canceled. Loop thread
 * only. */
#ifndef HEARTH_GATEWAY_DETACHED_CALL_H
#define HEARTH_GATEWAY_DETACHED_CALL_H

#include "domain/queue.h"
#include "hearth/error.h"
#include "net/detached.h"

struct hearth_call_progress;
struct hearth_gateway;

struct hearth_detached_call {
    const char *method;                  /* "POST" when NULL */
    const char *path;                    /* of a route of api/routes.json, decoded */
    const char *query;                   /* or NULL */
    const struct hearth_header *headers; /* lower-case names; "x-request-id" becomes the call's */
    size_t header_count;
    const void *body; /* copied */
    size_t body_length;
    const char *principal;                 /* who has asked; lives as long as the process */
    enum hearth_class class_;              /* no inference of it is in a better class */
    struct hearth_call_progress *progress; /* told while it runs, until it has ended; or NULL */
    size_t answer_max; /* bytes of the answer that are kept; `body.failed` says there were more */
};

/* HEARTH_ENOTFOUND or HEARTH_EMETHOD when no route has that path; HEARTH_ENOMEM. A call that cannot
 * be answered is no error here, but has an error for its answer. */
int hearth_detached_call_start(
    struct hearth_gateway *gateway, const struct hearth_detached_call *request,
    void (*on_end)(void *argument, const struct hearth_answer_record *answer), void *argument,
    struct hearth_detached **ret_detached, struct hearth_error *error);
/* hearth_detached_cancel of net/detached.h stops it. */

#endif
