#include "serving/machine_watch.h"

#include "base/log.h"
#include "base/memory.h"
#include "loop/loop.h"
#include "loop/machine_climate.h"
#include "loop/pool.h"

#include <math.h>

/* `measured` belongs to the lane while it is `measuring`. */
struct hearth_machine_watch {
    struct hearth_lane *lane;
    struct hearth_climate_limits limits;
    struct hearth_watch_ops ops;
    void *owner; /* NULL: it is gone, and the lane still has us */
    struct hearth_timer *timer;
    struct hearth_climate climate;
    struct hearth_machine_climate measured;
    bool measuring;
};

/* On the lane. */
static void measure(void *argument)
{
    struct hearth_machine_watch *watch = argument;
    watch->ops.read(&watch->measured);
}

static void tell(struct hearth_machine_watch *watch)
{
    uint32_t slow = watch->climate.slow;
    bool presses =
        hearth_climate_look(&watch->climate, &watch->limits, watch->measured.memory_pressure,
                            watch->measured.temperature);
    if (watch->climate.slow != slow) {
        HEARTH_LOG(HEARTH_LOG_WARNING, "machine.slow", HEARTH_INT("slow", watch->climate.slow),
                   HEARTH_INT("temperature", (int64_t)watch->climate.temperature));
        watch->ops.on_slow(watch->owner, watch->climate.slow);
    }
    if (presses)
        watch->ops.on_pressure(watch->owner);
}

static void measured(void *argument, _Bool dropped)
{
    struct hearth_machine_watch *watch = argument;
    watch->measuring = false;
    if (!watch->owner)
        hearth_free(watch);
    else if (!dropped)
        tell(watch);
}

/* A look that a busy lane cannot take is left out. */
static void look(void *argument)
{
    struct hearth_machine_watch *watch = argument;
    if (!watch->measuring)
        watch->measuring = hearth_lane_submit(watch->lane, measure, measured, watch) == 0;
}

struct hearth_machine_watch *hearth_machine_watch_create(struct hearth_loop *loop,
                                                         struct hearth_lane *lane,
                                                         const struct hearth_climate_limits *limits,
                                                         const struct hearth_watch_ops *ops,
                                                         void *owner)
{
    struct hearth_machine_watch *watch = hearth_calloc(1, sizeof(*watch));
    watch->lane = lane;
    watch->limits = *limits;
    watch->ops = *ops;
    watch->owner = owner;
    watch->climate = (struct hearth_climate){.pressure = NAN, .temperature = NAN, .slow = 1};
    watch->timer = hearth_timer_create(loop, look, watch);
    if (limits->pressure_max > 0 || limits->temperature_max > 0)
        hearth_timer_start(watch->timer, ops->period_ms, ops->period_ms);
    return watch;
}

void hearth_machine_watch_destroy(struct hearth_machine_watch *watch)
{
    if (!watch)
        return;
    hearth_timer_destroy(watch->timer);
    watch->owner = NULL;
    if (!watch->measuring)
        hearth_free(watch);
}

const struct hearth_climate *hearth_machine_watch_climate(const struct hearth_machine_watch *watch)
{
    return &watch->climate;
}
