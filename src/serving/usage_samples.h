/* What worker processes use, read from /proc on a lane: that costs milliseconds for each large
 * process, so whoever asks while a sample is being taken, or soon after one of the same processes,
 * shares it. Loop thread only; no callback comes from inside ask.
 *
 * As many may wait as ask: who asks is one exchange each, and the server bounds those. */
#ifndef HEARTH_SERVING_USAGE_SAMPLES_H
#define HEARTH_SERVING_USAGE_SAMPLES_H

#include "loop/process_usage.h"

#include <stddef.h>

struct hearth_lane;
struct hearth_loop;
struct hearth_usage_list;
struct hearth_usage_samples;

/* One process. `serial` is its owner's: by the time the sample is there the model may be gone, and
 * another one may have its place. */
struct hearth_usage_row {
    uint64_t serial;
    pid_t pid;
    struct hearth_process_usage usage;
};

struct hearth_usage_ops {
    /* Which processes are there now: calls hearth_usage_list_add for each. */
    void (*list)(void *owner, struct hearth_usage_list *list);
    /* On the lane: hearth_process_usage, but for tests. */
    void (*read)(pid_t pid, struct hearth_process_usage *ret_usage);
    /* A sample is there; the rows are good for the duration of the call. */
    void (*on_sample)(void *owner, const struct hearth_usage_row *rows, size_t count);
};

/* `lane` is destroyed before it, everything else outlives it. */
struct hearth_usage_samples *hearth_usage_samples_create(struct hearth_loop *loop,
                                                         struct hearth_lane *lane,
                                                         const struct hearth_usage_ops *ops,
                                                         void *owner);
/* Whoever still waits is told, and does not ask again. NULL is allowed. */
void hearth_usage_samples_destroy(struct hearth_usage_samples *samples);

/* `on_done` comes when there is a sample that is at most a second old, or when none can be taken
 * because the lane has too much to do: then the last one stays. */
void hearth_usage_samples_ask(struct hearth_usage_samples *samples, void (*on_done)(void *argument),
                              void *argument);

void hearth_usage_list_add(struct hearth_usage_list *list, uint64_t serial, pid_t pid);

#endif
