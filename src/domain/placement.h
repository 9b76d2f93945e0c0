/* Which worker of a model has which stream, how much each has to do, and which gets the next one.
 *
 * A stream is with one worker at a time. The next stream goes to the ready worker with the least
 * cost to do, then with the fewest streams, then with the lowest number. A worker on trial has to
 * show that it lives (domain/restart.h): it gets one stream, and more only when there is nobody
 * else.
 *
 * Pure: no clock; not thread-safe. Costs are estimated tokens. What it holds grows with the streams
 * that are placed, which their caller bounds (domain/look_ahead.h). */
#ifndef HEARTH_DOMAIN_PLACEMENT_H
#define HEARTH_DOMAIN_PLACEMENT_H

#include <stddef.h>
#include <stdint.h>

struct hearth_worker_load {
    uint32_t streams;
    uint64_t cost; /* of its streams */
};

enum hearth_worker_standing {
    HEARTH_WORKER_AWAY, /* not there, or not loaded yet: it gets nothing */
    HEARTH_WORKER_READY,
    HEARTH_WORKER_ON_TRIAL,
};

struct hearth_placement;

/* All workers are away at first. */
struct hearth_placement *hearth_placement_create(uint32_t workers);
void hearth_placement_destroy(struct hearth_placement *placement); /* NULL is allowed */

/* Streams that it has stay with it. */
void hearth_placement_stand(struct hearth_placement *placement, uint32_t worker,
                            enum hearth_worker_standing standing);
/* The worker for the next stream; -1 when all are away. */
int64_t hearth_placement_choose(const struct hearth_placement *placement);
void hearth_placement_take(struct hearth_placement *placement, uint32_t worker, uint32_t stream,
                           uint64_t cost);
/* The worker that has the stream; -1 when none has. */
int64_t hearth_placement_worker(const struct hearth_placement *placement, uint32_t stream);
/* Nothing happens when no worker has it. */
void hearth_placement_leave(struct hearth_placement *placement, uint32_t stream);
/* Takes all streams from a worker; `ret_streams` has room for as many as its load says. */
size_t hearth_placement_leave_all(struct hearth_placement *placement, uint32_t worker,
                                  uint32_t *ret_streams);
struct hearth_worker_load hearth_placement_load(const struct hearth_placement *placement,
                                                uint32_t worker);
/* How many are not away. */
uint32_t hearth_placement_ready(const struct hearth_placement *placement);

#endif
