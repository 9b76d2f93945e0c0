/* Looks every second or two at how the machine fares, on a lane, and tells what that asks of the
 * models (domain/climate.h). Loop thread only. */
#ifndef HEARTH_SERVING_MACHINE_WATCH_H
#define HEARTH_SERVING_MACHINE_WATCH_H

#include "domain/climate.h"

#include <stdint.h>

struct hearth_lane;
struct hearth_loop;
struct hearth_machine_climate;
struct hearth_machine_watch;

struct hearth_watch_ops {
    uint64_t period_ms;
    /* On the lane: hearth_machine_climate_read, but for tests. */
    void (*read)(struct hearth_machine_climate *ret_climate);
    /* An idle model is to unload, because memory is short. */
    void (*on_pressure)(void *owner);
    /* Each model is to compute 1 / `slow` of its requests at once: told when it changes. */
    void (*on_slow)(void *owner, uint32_t slow);
};

/* Nothing is looked at while both limits are 0. Limits and ops are copied; the lane may be
 * destroyed first. */
struct hearth_machine_watch *hearth_machine_watch_create(struct hearth_loop *loop,
                                                         struct hearth_lane *lane,
                                                         const struct hearth_climate_limits *limits,
                                                         const struct hearth_watch_ops *ops,
                                                         void *owner);
void hearth_machine_watch_destroy(struct hearth_machine_watch *watch); /* NULL is allowed */
const struct hearth_climate *hearth_machine_watch_climate(const struct hearth_machine_watch *watch);

#endif
