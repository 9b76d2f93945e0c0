/* How many requests of a model's queue its workers may have at a time. Pure policy; not
 * thread-safe.
 *
 * What a worker has can no longer be reordered, so it gets what keeps it busy and no more. A model
 * that generates takes one request for each slot, and one more whose input is prepared meanwhile.
 * An encoder takes each input whole, and a step may take all that is there: so it gets twice as
 * many as slots, to have the second step ready when the first ends, as long as all of them together
 * are not more tokens than HEARTH_LOOK_AHEAD_STEPS steps. Interactive requests have as many places
 * again, for themselves, because the worker takes them into its next step whatever else it has. */
#ifndef HEARTH_DOMAIN_LOOK_AHEAD_H
#define HEARTH_DOMAIN_LOOK_AHEAD_H

#include "domain/queue.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEARTH_LOOK_AHEAD_STEPS 3u

struct hearth_look_ahead {
    uint32_t slots, batch; /* of each worker, as loaded; at least 1 */
    uint32_t workers;      /* that are ready */
    bool whole;            /* inputs are not cut */
    bool probing;          /* the worker has to show that it lives: one request */
};

/* Requests that may be with the workers when they are `interactive`, or not. */
size_t hearth_look_ahead_most(const struct hearth_look_ahead *policy, bool interactive);
/* The next one off the queue, or NULL when the workers have enough: `count` requests of `cost`
 * tokens in all. */
struct hearth_queued *hearth_look_ahead_pop(const struct hearth_look_ahead *policy,
                                            struct hearth_queue *queue, size_t count,
                                            uint64_t cost);

#endif
