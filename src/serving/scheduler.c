#include "serving/scheduler.h"

#include "backend/backend.h"
#include "backend/supervisor.h"
#include "base/error.h"
#include "base/memory.h"
#include "config/settings.h"
#include "loop/loop.h"
#include "loop/machine_climate.h"
#include "loop/pool.h"
#include "serving/prefix_folders.h"
#include "serving/scheduler_private.h"

#include <stdio.h>

enum {
    FILES_THREADS = 2,     /* models whose files are looked for, or read again, at once */
    LANE_QUEUE_MAX = 1024, /* models that wait for that */
    WATCH_MS = 2000,       /* between two looks at pressure and heat */
    DEAD_LETTERS_MAX = 256,
    DEAD_LETTER_BYTES_MAX = 16 << 20,
};

static void on_forget_time(void *argument)
{
    hearth_scheduler_forget(argument);
}

/* Drain */

/* A callback may cancel other requests or close targets, but it cannot add models any more: the
 * scheduler takes nothing new. */
static void end_requests(struct hearth_scheduler *scheduler)
{
    struct hearth_error error;
    hearth_scheduler_check_open(scheduler, &error);
    for (struct hearth_served_model *model = scheduler->models; model; model = model->next) {
        hearth_requests_fail_all(model->requests, &error);
        hearth_life_tell_load(model->life, &error);
    }
}

/* Twice at most: when the deadline comes, and when the last thing has ended. A drain that is over
 * in time never sees the first. */
static void on_drain_time(void *argument)
{
    struct hearth_scheduler *scheduler = argument;
    if (hearth_scheduler_is_still(scheduler)) {
        void (*on_drained)(void *drained_argument) = scheduler->on_drained;
        scheduler->on_drained = NULL;
        if (on_drained)
            on_drained(scheduler->drained_argument);
        return;
    }
    /* The deadline: what still runs has had its time. */
    end_requests(scheduler);
    for (struct hearth_served_model *model = scheduler->models; model; model = model->next)
        hearth_life_unload(model->life, true);
    hearth_scheduler_settle(scheduler);
}

void hearth_scheduler_drain(struct hearth_scheduler *scheduler, uint64_t deadline_ms,
                            void (*on_drained)(void *argument), void *argument)
{
    uint64_t now_ms = hearth_loop_now_ms(scheduler->options.loop);
    scheduler->draining = true;
    scheduler->on_drained = on_drained;
    scheduler->drained_argument = argument;
    hearth_timer_start(scheduler->drain_timer, deadline_ms > now_ms ? deadline_ms - now_ms : 0, 0);
    struct hearth_error error;
    hearth_scheduler_check_open(scheduler, &error);
    for (struct hearth_served_model *model = scheduler->models; model; model = model->next) {
        hearth_life_tell_load(model->life, &error);
        hearth_life_drain(model->life);
    }
    hearth_scheduler_settle(scheduler);
}

/* Life */

/* What lies beside this program is found by /proc/self/exe, and the folder of engines is listed:
 * blocking, and done before anything is served. */
static int find_programs(struct hearth_scheduler *scheduler, struct hearth_error *error)
{
    const struct hearth_scheduler_options *options = &scheduler->options;
    int rc = hearth_engine_set_read(options->settings->engines, &scheduler->engines, error);
    if (rc < 0)
        return rc;
    /* Once, and not at each start of a process: /proc is not read on the loop. */
    if (options->worker_path)
        snprintf(scheduler->worker_path, sizeof(scheduler->worker_path), "%s",
                 options->worker_path);
    else if (hearth_child_program(HEARTH_PROCESS_WORKER, scheduler->worker_path,
                                  sizeof(scheduler->worker_path)) < 0)
        return hearth_error_set(error, HEARTH_EIO, "cannot find the program hearth-worker");
    return 0;
}

static struct hearth_machine_watch *watch_machine(struct hearth_scheduler *scheduler)
{
    const struct hearth_scheduler_options *options = &scheduler->options;
    const struct hearth_watch_ops ops = {
        .period_ms = options->watch_ms ? options->watch_ms : WATCH_MS,
        .read = options->read_climate ? options->read_climate : hearth_machine_climate_read,
        .on_pressure = hearth_scheduler_on_pressure,
        .on_slow = hearth_scheduler_on_slow,
    };
    return hearth_machine_watch_create(
        options->loop, scheduler->place.short_lane,
        &(struct hearth_climate_limits){
            .pressure_max = (double)options->settings->memory_pressure_max,
            .temperature_max = (double)options->settings->temperature_max},
        &ops, scheduler);
}

int hearth_scheduler_create(const struct hearth_scheduler_options *options,
                            struct hearth_scheduler **ret_scheduler, struct hearth_error *error)
{
    struct hearth_scheduler *scheduler = hearth_calloc(1, sizeof(*scheduler));
    struct hearth_loop *loop = options->loop;
    scheduler->options = *options;
    int rc = find_programs(scheduler, error);
    if (rc < 0) {
        hearth_free(scheduler);
        return rc;
    }
    scheduler->place = (struct hearth_load_place){
        .catalog = options->catalog,
        .registry = options->registry,
        .files_lane = hearth_lane_create(loop, "models", FILES_THREADS, LANE_QUEUE_MAX),
        /* A look at /proc must not wait behind the digest of a file of many gigabytes. */
        .short_lane = hearth_lane_create(loop, "machine", 1, LANE_QUEUE_MAX),
        .gate = hearth_load_gate_create(),
        .engines = &scheduler->engines,
        .worker_path = scheduler->worker_path,
        .lock_path = options->lock_path,
        .prefixes_path = options->prefixes_path,
        .backend = options->backend ? options->backend : &hearth_backend_local,
    };
    scheduler->queues.limits = (struct hearth_queue_limits){
        .requests_max = (size_t)options->settings->queue_total_max,
        .cost_max = (uint64_t)options->settings->queue_total_tokens_max};
    scheduler->reuse = hearth_reuse_create(options->settings->embedding_cache_bytes,
                                           options->settings->embedding_dedup);
    scheduler->letters = hearth_dead_letters_create(DEAD_LETTERS_MAX, DEAD_LETTER_BYTES_MAX);
    scheduler->usage = hearth_usage_samples_create(loop, scheduler->place.short_lane,
                                                   &hearth_scheduler_usage_ops, scheduler);
    scheduler->watch = watch_machine(scheduler);
    scheduler->prefix_folders =
        hearth_prefix_folders_create(loop, scheduler->place.short_lane, options->catalog,
                                     options->settings, options->prefixes_path);
    scheduler->drain_timer = hearth_timer_create(loop, on_drain_time, scheduler);
    scheduler->forget_timer = hearth_timer_create(loop, on_forget_time, scheduler);
    hearth_scheduler_probe(scheduler);
    *ret_scheduler = scheduler;
    return 0;
}

/* Requests end first, while everything that their callbacks may touch is still there; then those
 * who wait for a stop, whose processes die with the models; the lanes go last, and what comes back
 * from them finds nobody who listens. */
void hearth_scheduler_destroy(struct hearth_scheduler *scheduler)
{
    if (!scheduler)
        return;
    scheduler->draining = true;
    scheduler->on_drained = NULL;
    end_requests(scheduler);
    for (struct hearth_served_model *model = scheduler->models; model; model = model->next)
        hearth_life_tell_stop(model->life, NULL);
    while (scheduler->models) {
        struct hearth_served_model *model = scheduler->models;
        scheduler->models = model->next;
        hearth_served_destroy(model);
    }
    hearth_dead_letters_destroy(scheduler->letters);
    hearth_reuse_destroy(scheduler->reuse);
    hearth_lane_destroy(scheduler->place.files_lane);
    hearth_lane_destroy(scheduler->place.short_lane);
    hearth_usage_samples_destroy(scheduler->usage);
    hearth_machine_watch_destroy(scheduler->watch);
    hearth_prefix_folders_destroy(scheduler->prefix_folders);
    hearth_load_gate_destroy(scheduler->place.gate);
    hearth_scheduler_stop_probes(scheduler);
    hearth_timer_destroy(scheduler->drain_timer);
    hearth_timer_destroy(scheduler->forget_timer);
    hearth_free(scheduler);
}
