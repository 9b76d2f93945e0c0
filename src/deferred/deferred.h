/* All that the server keeps and runs for clients that do not wait: asynchronous requests, answers
 * for idempotency keys, callbacks, uploaded files, batches. This object owns them and sees to their
 * common life: start once the catalogue is there; stop when the server begins to stop (nothing new
 * is begun, what runs goes back into its queue); destroy after the store is closed, since work that
 * was accepted comes back until then. Loop thread only. */
#ifndef HEARTH_DEFERRED_DEFERRED_H
#define HEARTH_DEFERRED_DEFERRED_H

#include <stdbool.h>

struct hearth_batches;
struct hearth_call;
struct hearth_callbacks;
struct hearth_gateway;
struct hearth_idempotency;
struct hearth_kept_files;
struct hearth_kept_requests;
struct hearth_timer;

/* The kind of stored answers, whose API makes and reads them; that they go when their time is over
 * is seen to here, as for all that is kept. */
#define HEARTH_KEPT_RESPONSE "response"

struct hearth_deferred {
    struct hearth_gateway *gateway;
    struct hearth_callbacks *callbacks;
    struct hearth_kept_requests *requests;
    struct hearth_idempotency *idempotency;
    struct hearth_kept_files *files;
    struct hearth_batches *batches;
    struct hearth_timer *expiry;
    bool is_stopped;
};

/* Sets gateway->deferred and gateway->takes. */
struct hearth_deferred *hearth_deferred_create(struct hearth_gateway *gateway);
void hearth_deferred_start(struct hearth_deferred *deferred);
void hearth_deferred_stop(
    struct hearth_deferred *deferred); /* NULL is allowed; any number of times */
void hearth_deferred_destroy(struct hearth_deferred *deferred); /* NULL is allowed */

/* Takes calls with `?async=true` and with an Idempotency-Key; gateway_state.h says when it is
 * asked.
 */
bool hearth_deferred_takes(struct hearth_call *call);

#endif
