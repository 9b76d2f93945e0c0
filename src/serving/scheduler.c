#include "serving/scheduler.h"

#include "backend/probe.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/memory.h"
#include "loop/loop.h"
#include "loop/pool.h"
#include "serving/dead_letters.h"
#include "serving/scheduler_private.h"

#include <string.h>

enum {
    LANE_THREADS = 2,
    LANE_QUEUE_MAX = 1024,
    DEAD_LETTERS_MAX = 256,
    DEAD_LETTER_BYTES_MAX = 16 << 20
};

bool hearth_scheduler_has_engine(const struct hearth_scheduler *scheduler, const char *engine)
{
    return hearth_engine_present(scheduler->engines_path, engine);
}

struct served_model *hearth_served_find(const struct hearth_scheduler *scheduler, const char *id)
{
    for (struct served_model *model = scheduler->models; model; model = model->next)
        if (strcmp(model->entry->id, id) == 0)
            return model;
    return NULL;
}

/* An entry whose settings cannot be read was checked when it was written: it has none then. */
static void read_settings(struct served_model *model)
{
    const struct hearth_scheduler_options *options = &model->scheduler->options;
    const struct hearth_settings server = {
        .context = options->context,
        .slots = options->slots,
        .batch = options->batch,
        .threads = options->threads,
        .replicas = options->replicas,
        .affinity = options->affinity,
        .queue_max = (int64_t)options->queue_max,
        .queue_tokens_max = (int64_t)options->queue_tokens_max,
        .idle_unload = options->idle_unload_ms,
        .request_timeout = options->request_timeout_ms,
        .load_timeout = options->load_timeout_ms,
        .breaker_failures = options->breaker_failures ? options->breaker_failures : 1,
        .breaker_rest = options->breaker_rest_ms,
    };
    struct hearth_error error;
    hearth_arena_destroy(model->settings_arena);
    model->settings_arena = hearth_arena_create(4 << 20);
    if (hearth_model_settings_read(model->entry->settings_json, &server, model->settings_arena,
                                   &model->settings, &error))
        hearth_model_settings_read("{}", &server, model->settings_arena, &model->settings, &error);
    if (options->forces_shape) {
        model->settings.replicas = options->replicas;
        model->settings.threads = options->threads;
    }
    hearth_breaker_limit(&model->breaker, (uint32_t)model->settings.breaker_failures,
                         model->settings.breaker_rest);
    const struct hearth_queue_limits limits = {.requests_max = (size_t)model->settings.queue_max,
                                               .cost_max =
                                                   (uint64_t)model->settings.queue_tokens_max};
    hearth_queue_limit(model->queue, &limits);
}

static struct served_model *create_model(struct hearth_scheduler *scheduler,
                                         const struct hearth_catalog_entry *entry)
{
    const struct hearth_scheduler_options *options = &scheduler->options;
    struct served_model *model = hearth_calloc(1, sizeof(*model));
    model->scheduler = scheduler;
    model->entry = hearth_catalog_entry_keep(entry);
    model->queue = hearth_queue_create(&(struct hearth_queue_limits){0});
    read_settings(model);
    hearth_reuse_renew(model);
    model->since_ms = (uint64_t)hearth_clock_wall_ms();
    model->life = hearth_timer_create(options->loop, hearth_served_life_time, model);
    model->due = hearth_timer_create(options->loop, hearth_dispatch_due_time, model);
    struct served_model **end = &scheduler->models;
    while (*end)
        end = &(*end)->next;
    *end = model;
    model->serial = ++scheduler->last_serial;
    hearth_scheduler_forget_soon(scheduler);
    return model;
}

void hearth_served_destroy(struct served_model *model)
{
    hearth_served_abandon(model);
    hearth_targets_orphan(model);
    hearth_timer_destroy(model->life);
    hearth_timer_destroy(model->due);
    hearth_queue_destroy(model->queue);
    hearth_catalog_entry_release(model->entry);
    hearth_arena_destroy(model->settings_arena);
    hearth_free(model->flights);
    hearth_free(model->path);
    hearth_free(model);
}

/* Another version has the name of one that was removed: nothing of the old one may answer for it.
 * What was asked of the old one fails, from the timer, because a request is being submitted. */
static void supersede(struct served_model *model)
{
    struct hearth_error error;
    hearth_error_set(&error, HEARTH_ENOMODEL, "model '%s' was removed", model->entry->id);
    for (struct hearth_inference *inference = model->inferences; inference;
         inference = inference->next)
        inference->failure = error;
    if (model->inferences)
        hearth_dispatch_due(model, hearth_loop_now_ms(model->scheduler->options.loop));
    hearth_served_stop(model, true);
    model->breaker = (struct hearth_breaker){0}; /* the new settings limit it */
}

/* The entry may have changed since: what the next load takes is the newest. */
static void renew_entry(struct served_model *model, const struct hearth_catalog_entry *entry)
{
    if (model->entry == entry)
        return;
    bool same = hearth_catalog_entry_is_same(model->entry, entry);
    if (!same)
        supersede(model);
    hearth_catalog_entry_release(model->entry);
    model->entry = hearth_catalog_entry_keep(entry);
    read_settings(model);
    if (!same || (!model->backend && !model->locating))
        hearth_reuse_renew(model);
}

int hearth_served_get(struct hearth_scheduler *scheduler, const struct hearth_catalog_entry *entry,
                      struct served_model **ret_model, struct hearth_error *error)
{
    if (entry->engine[0] && !hearth_scheduler_has_engine(scheduler, entry->engine))
        return hearth_error_set(error, HEARTH_ENOTIMPL,
                                "model '%s' needs the engine '%s', which this build does not have",
                                entry->id, entry->engine);
    struct served_model *model = hearth_served_find(scheduler, entry->id);
    if (model)
        renew_entry(model, entry);
    else
        model = create_model(scheduler, entry);
    *ret_model = model;
    return 0;
}

/* Drain */

static bool is_still(const struct hearth_scheduler *scheduler)
{
    for (const struct served_model *model = scheduler->models; model; model = model->next)
        if (model->backend || model->locating || model->inferences)
            return false;
    return true;
}

void hearth_scheduler_settle(struct hearth_scheduler *scheduler)
{
    if (scheduler->draining && scheduler->on_drained && is_still(scheduler))
        hearth_timer_start(scheduler->drain_timer, 0, 0);
}

static void end_requests(struct hearth_scheduler *scheduler)
{
    struct hearth_error error;
    hearth_error_set(&error, HEARTH_EDRAINING, "the server is shutting down");
    for (struct served_model *model = scheduler->models; model; model = model->next) {
        struct walk walk;
        hearth_walk_begin(&walk, model);
        for (struct hearth_inference *inference; (inference = hearth_walk_next(&walk));)
            hearth_inference_fail(inference, &error, 0);
        hearth_served_tell(&model->load_waiters, &error);
    }
}

static void on_drain_time(void *argument)
{
    struct hearth_scheduler *scheduler = argument;
    if (is_still(scheduler)) {
        void (*on_drained)(void *drained_argument) = scheduler->on_drained;
        scheduler->on_drained = NULL;
        if (on_drained)
            on_drained(scheduler->drained_argument);
        return;
    }
    end_requests(scheduler);
    for (struct served_model *model = scheduler->models; model; model = model->next)
        hearth_served_stop(model, true);
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
    hearth_error_set(&error, HEARTH_EDRAINING, "the server is shutting down");
    for (struct served_model *model = scheduler->models; model; model = model->next) {
        hearth_served_tell(&model->load_waiters, &error);
        if (!model->inferences)
            hearth_served_stop(model, false);
    }
    hearth_scheduler_settle(scheduler);
}

/* Life */

int hearth_scheduler_create(const struct hearth_scheduler_options *options,
                            struct hearth_scheduler **ret_scheduler, struct hearth_error *error)
{
    struct hearth_scheduler *scheduler = hearth_calloc(1, sizeof(*scheduler));
    scheduler->options = *options;
    int rc = hearth_engines_path(options->engines_path, scheduler->engines_path,
                                 sizeof(scheduler->engines_path), error);
    if (rc < 0) {
        hearth_free(scheduler);
        return rc;
    }
    scheduler->reuse = hearth_reuse_create(options->vector_cache_bytes, options->vector_dedup);
    scheduler->dead_letters = hearth_dead_letters_create(DEAD_LETTERS_MAX, DEAD_LETTER_BYTES_MAX);
    scheduler->lane = hearth_lane_create(options->loop, "models", LANE_THREADS, LANE_QUEUE_MAX);
    scheduler->drain_timer = hearth_timer_create(options->loop, on_drain_time, scheduler);
    scheduler->room_timer =
        hearth_timer_create(options->loop, hearth_scheduler_room_time, scheduler);
    scheduler->forget_timer =
        hearth_timer_create(options->loop, hearth_scheduler_forget_time, scheduler);
    hearth_random_bytes(&scheduler->random, sizeof(scheduler->random));
    *ret_scheduler = scheduler;
    return 0;
}

void hearth_scheduler_destroy(struct hearth_scheduler *scheduler)
{
    if (!scheduler)
        return;
    scheduler->draining = true;
    scheduler->on_drained = NULL;
    end_requests(scheduler);
    for (struct served_model *model = scheduler->models; model; model = model->next)
        hearth_served_tell(&model->stop_waiters, NULL);
    while (scheduler->models) {
        struct served_model *model = scheduler->models;
        scheduler->models = model->next;
        hearth_served_destroy(model);
    }
    hearth_dead_letters_destroy(scheduler->dead_letters);
    hearth_reuse_destroy(scheduler->reuse);
    hearth_lane_destroy(scheduler->lane);
    hearth_timer_destroy(scheduler->drain_timer);
    hearth_timer_destroy(scheduler->room_timer);
    hearth_timer_destroy(scheduler->forget_timer);
    hearth_free(scheduler);
}
