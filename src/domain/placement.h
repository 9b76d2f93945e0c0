/* Which worker of a model has which stream, and how much each has to do. Pure: no clock; not
 * thread-safe. A stream is with one worker at a time. */
#ifndef HEARTH_DOMAIN_PLACEMENT_H
#define HEARTH_DOMAIN_PLACEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hearth_worker_load {
    uint32_t streams;
    uint64_t cost; /* of its streams */
};

struct hearth_placement;

struct hearth_placement *hearth_placement_create(uint32_t workers);
void hearth_placement_destroy(struct hearth_placement *placement);

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

#endif
