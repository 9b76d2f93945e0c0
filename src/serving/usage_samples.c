#include "serving/usage_samples.h"

#include "base/memory.h"
#include "loop/loop.h"
#include "loop/pool.h"

#include <stdbool.h>

enum { FRESH_MS = 1000 };

struct hearth_usage_list {
    struct hearth_usage_row *rows;
    size_t count, capacity; /* as many as there are workers */
};

struct waiter {
    void (*on_done)(void *argument);
    void *argument;
    struct waiter *next;
};

/* `list` belongs to the lane while `sampling`. */
struct hearth_usage_samples {
    struct hearth_loop *loop;
    struct hearth_lane *lane;
    const struct hearth_usage_ops *ops;
    void *owner;
    struct hearth_usage_list list; /* of the last sample, or of the one that is being taken */
    uint64_t taken_ms;
    bool is_taken;  /* the list holds a sample */
    bool sampling;  /* the lane has it */
    bool deferred;  /* `tell_later` will come, and looks whether it is destroyed */
    bool destroyed; /* then `tell_later` frees it */
    struct waiter *waiters, **last;
};

void hearth_usage_list_add(struct hearth_usage_list *list, uint64_t serial, pid_t pid)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? 2 * list->capacity : 16;
        list->rows = hearth_realloc(list->rows, list->capacity * sizeof(*list->rows));
    }
    list->rows[list->count++] = (struct hearth_usage_row){.serial = serial, .pid = pid};
}

struct hearth_usage_samples *hearth_usage_samples_create(struct hearth_loop *loop,
                                                         struct hearth_lane *lane,
                                                         const struct hearth_usage_ops *ops,
                                                         void *owner)
{
    struct hearth_usage_samples *samples = hearth_calloc(1, sizeof(*samples));
    samples->loop = loop;
    samples->lane = lane;
    samples->ops = ops;
    samples->owner = owner;
    samples->last = &samples->waiters;
    return samples;
}

/* Who asks again from its callback waits for the next one. */
static void tell_all(struct hearth_usage_samples *samples)
{
    struct waiter *one = samples->waiters;
    samples->waiters = NULL;
    samples->last = &samples->waiters;
    while (one) {
        struct waiter *next = one->next;
        one->on_done(one->argument);
        hearth_free(one);
        one = next;
    }
}

void hearth_usage_samples_destroy(struct hearth_usage_samples *samples)
{
    if (!samples)
        return;
    samples->destroyed = true;
    tell_all(samples);
    hearth_free(samples->list.rows);
    if (!samples->deferred)
        hearth_free(samples);
}

static void tell_later(void *argument)
{
    struct hearth_usage_samples *samples = argument;
    samples->deferred = false;
    if (samples->destroyed)
        hearth_free(samples);
    else
        tell_all(samples);
}

static void defer(struct hearth_usage_samples *samples)
{
    if (!samples->deferred)
        hearth_loop_defer(samples->loop, tell_later, samples);
    samples->deferred = true;
}

/* On the lane: only numbers cross to it and back. */
static void read_all(void *argument)
{
    struct hearth_usage_samples *samples = argument;
    for (size_t i = 0; i < samples->list.count; i++)
        samples->ops->read(samples->list.rows[i].pid, &samples->list.rows[i].usage);
}

static void has_read(void *argument, bool dropped)
{
    struct hearth_usage_samples *samples = argument;
    samples->sampling = false;
    samples->is_taken = !dropped;
    samples->taken_ms = hearth_loop_now_ms(samples->loop);
    if (!dropped)
        samples->ops->on_sample(samples->owner, samples->list.rows, samples->list.count);
    tell_all(samples);
}

/* A process that has started since has no figures yet, so a sample of others is not fresh. */
static bool is_fresh(const struct hearth_usage_samples *samples,
                     const struct hearth_usage_list *now)
{
    const struct hearth_usage_list *then = &samples->list;
    if (!samples->is_taken || then->count != now->count ||
        hearth_loop_now_ms(samples->loop) - samples->taken_ms >= FRESH_MS)
        return false;
    for (size_t i = 0; i < now->count; i++)
        if (then->rows[i].pid != now->rows[i].pid || then->rows[i].serial != now->rows[i].serial)
            return false;
    return true;
}

static void begin(struct hearth_usage_samples *samples)
{
    struct hearth_usage_list now = {.rows = NULL};
    samples->ops->list(samples->owner, &now);
    if (is_fresh(samples, &now)) {
        hearth_free(now.rows);
        defer(samples);
        return;
    }
    hearth_free(samples->list.rows);
    samples->list = now;
    samples->is_taken = false;
    samples->sampling =
        now.count && hearth_lane_submit(samples->lane, read_all, has_read, samples) == 0;
    if (!samples->sampling)
        defer(samples);
}

void hearth_usage_samples_ask(struct hearth_usage_samples *samples, void (*on_done)(void *argument),
                              void *argument)
{
    struct waiter *waiter = hearth_calloc(1, sizeof(*waiter));
    waiter->on_done = on_done;
    waiter->argument = argument;
    *samples->last = waiter;
    samples->last = &waiter->next;
    if (!samples->sampling && !samples->deferred)
        begin(samples);
}
