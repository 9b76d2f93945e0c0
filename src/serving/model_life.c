#include "backend/supervisor.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "domain/backoff.h"
#include "domain/residency.h"
#include "loop/loop.h"
#include "serving/model_state.h"
#include "serving/scheduler_private.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const struct hearth_backoff restart_backoff = {.first_ms = 250, .max_ms = 10000};

static uint64_t now_ms(const struct served_model *model)
{
    return hearth_loop_now_ms(model->scheduler->options.loop);
}

void hearth_served_move(struct served_model *model, enum hearth_model_state next)
{
    assert(hearth_model_state_may_follow(model->state, next));
    HEARTH_LOG(HEARTH_LOG_INFO, "model.state", HEARTH_TEXT("model", model->entry->id),
               HEARTH_TEXT("from", hearth_model_state_name(model->state)),
               HEARTH_TEXT("to", hearth_model_state_name(next)));
    model->state = next;
    model->since_ms = (uint64_t)hearth_clock_wall_ms();
    const struct hearth_scheduler_observer *observer = model->scheduler->options.observer;
    if (observer && observer->on_state)
        observer->on_state(observer->argument, model->entry->id, next);
    if (next == HEARTH_MODEL_UNLOADED || next == HEARTH_MODEL_FAILED)
        hearth_scheduler_forget_soon(model->scheduler);
}

void hearth_served_tell(struct model_waiter **waiters, const struct hearth_error *error)
{
    struct model_waiter *waiter = *waiters;
    *waiters = NULL;
    while (waiter) {
        struct model_waiter *next = waiter->next;
        if (waiter->on_done)
            waiter->on_done(waiter->argument, error);
        hearth_free(waiter);
        waiter = next;
    }
}

bool hearth_served_wanted(const struct served_model *model)
{
    return hearth_queue_length(model->queue) > 0 || model->load_waiters;
}

/* Endings of a try */

/* Why a model cannot be loaded is never the fault of who asks it something, whatever the code would
 * mean of a request: it lies with the model's files or settings. */
static bool blames_request(int code)
{
    static const int codes[] = {HEARTH_EINVAL,    HEARTH_EPARSE,    HEARTH_EPATH,  HEARTH_ECONTEXT,
                                HEARTH_ENOTFOUND, HEARTH_ETOOLARGE, HEARTH_EFIELDS};
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (codes[i] == code)
            return true;
    return false;
}

void hearth_served_fail_load(struct served_model *model, const struct hearth_error *failure)
{
    struct hearth_error error = *failure;
    if (blames_request(error.code))
        error.code = HEARTH_EMODEL;
    hearth_timer_stop(model->life);
    model->seeks_room = false;
    model->last_error = error;
    model->counts.failures++;
    HEARTH_LOG(HEARTH_LOG_WARNING, "model.failed", HEARTH_TEXT("model", model->entry->id),
               HEARTH_TEXT("error", error.message));
    hearth_served_move(model, HEARTH_MODEL_FAILED);
    hearth_served_leave_gate(model);
    hearth_dispatch_fail_queued(model, &error, 0);
    hearth_served_tell(&model->load_waiters, &error);
    hearth_scheduler_settle(model->scheduler);
}

static void become_unloaded(struct served_model *model)
{
    hearth_timer_stop(model->life);
    hearth_served_move(model, HEARTH_MODEL_UNLOADED);
    model->counts.unloads++;
    hearth_served_tell(&model->stop_waiters, NULL);
    if (hearth_served_wanted(model))
        hearth_served_want(model);
    hearth_scheduler_settle(model->scheduler);
}

static void open_breaker(struct served_model *model, const struct hearth_error *cause)
{
    struct hearth_error error;
    uint64_t rest_ms = hearth_breaker_retry_after_ms(&model->breaker, now_ms(model));
    hearth_error_set(&error, HEARTH_EBREAKER, "model '%s' crashed %u times in a row and rests: %s",
                     model->entry->id, model->breaker.failures, cause->message);
    hearth_dispatch_fail_queued(model, &error, (uint32_t)rest_ms);
    hearth_served_tell(&model->load_waiters, &error);
}

static void crash(struct served_model *model, const struct hearth_error *failure)
{
    struct hearth_error error = *failure;
    struct hearth_scheduler *scheduler = model->scheduler;
    model->last_error = error;
    model->counts.crashes++;
    hearth_breaker_failure(&model->breaker, now_ms(model));
    scheduler->random = scheduler->random * 1664525u + 1013904223u;
    uint64_t wait_ms =
        hearth_backoff_ms(&restart_backoff, model->breaker.failures, scheduler->random >> 8);
    uint64_t rest_ms = hearth_breaker_retry_after_ms(&model->breaker, now_ms(model));
    hearth_served_move(model, HEARTH_MODEL_RESTING);
    hearth_timer_start(model->life, rest_ms > wait_ms ? rest_ms : wait_ms, 0);
    hearth_served_leave_gate(model);
    hearth_dispatch_worker_lost(model, &error, true);
    if (model->breaker.state == HEARTH_BREAKER_OPEN)
        open_breaker(model, &error);
    hearth_scheduler_settle(scheduler);
}

/* Loading */

void hearth_served_want(struct served_model *model)
{
    /* In any other state it is on its way, or comes back by itself. */
    if (model->state == HEARTH_MODEL_UNLOADED || model->state == HEARTH_MODEL_FAILED)
        hearth_served_plan(model);
}

static void on_planned(void *argument, const struct hearth_ipc_started *started)
{
    struct served_model *model = argument;
    if (model->state != HEARTH_MODEL_PLANNING)
        return;
    model->plan = started->plan;
    model->facts = started->facts;
    model->sandbox = started->sandbox;
    snprintf(model->engine_version, sizeof(model->engine_version), "%s", started->engine_version);
    if (hearth_memory_check(&model->plan, &model->room, &model->load_error) < 0) {
        hearth_error_prefix(&model->load_error, "model '%s' does not fit into memory",
                            model->entry->id);
        model->seeks_room = hearth_served_seek_room(model);
        hearth_backend_kill(model->backend, NULL);
        return;
    }
    hearth_served_move(model, HEARTH_MODEL_LOADING);
    hearth_served_leave_gate(model);
    hearth_dispatch_tell_loading(model);
}

static void on_progress(void *argument, float fraction)
{
    struct served_model *model = argument;
    if (model->state != HEARTH_MODEL_LOADING)
        return;
    model->load_fraction = fraction;
    hearth_dispatch_tell_loading(model);
}

/* A context that the server wishes for all models is more than this one can. */
static void log_capped_context(const struct served_model *model)
{
    if (model->settings.context > (int64_t)model->context)
        HEARTH_LOG(HEARTH_LOG_INFO, "model.context_capped", HEARTH_TEXT("model", model->entry->id),
                   HEARTH_INT("asked", model->settings.context),
                   HEARTH_INT("context", model->context));
}

static void on_ready(void *argument, const struct hearth_model_facts *facts)
{
    struct served_model *model = argument;
    if (model->state != HEARTH_MODEL_LOADING)
        return;
    model->facts = *facts;
    model->context = facts->context;
    model->slots = facts->slots ? facts->slots : 1;
    model->batch = facts->batch ? facts->batch : 1;
    model->workers = 1;
    log_capped_context(model);
    hearth_dispatch_resize(model);
    model->load_fraction = 1;
    model->counts.loads++;
    model->used_ms = model->ready_ms = now_ms(model);
    hearth_timer_stop(model->life);
    hearth_served_move(model, HEARTH_MODEL_READY);
    hearth_dispatch_ready(model);
    hearth_served_tell(&model->load_waiters, NULL);
    hearth_served_rest(model);
}

/* The process ends by itself; when it does not, it is helped. */
static void on_failed(void *argument, const struct hearth_error *error)
{
    struct served_model *model = argument;
    if (!model->load_error.code)
        model->load_error = *error;
    hearth_backend_stop(model->backend, model->scheduler->options.stop_timeout_ms);
}

static void on_counters(void *argument, const uint64_t counters[HEARTH_COUNTER_COUNT])
{
    struct served_model *model = argument;
    memcpy(model->counters, counters, sizeof(model->counters));
}

static void finish_drain(struct served_model *model)
{
    struct hearth_error error;
    hearth_error_set(&error, HEARTH_EDRAINING, "model '%s' was stopped before this was finished",
                     model->entry->id);
    hearth_dispatch_worker_lost(model, &error, false);
    become_unloaded(model);
}

static void on_end(void *argument, const struct hearth_child_end *end)
{
    struct served_model *model = argument;
    struct hearth_error error = end->error;
    hearth_backend_destroy(model->backend);
    model->backend = NULL;
    model->files_seen++;
    hearth_reuse_renew(model);
    model->memory_bytes = model->cpu_ms = 0;
    if (!error.code)
        hearth_error_set(&error, HEARTH_ECRASHED, "the worker ended by itself");
    switch (model->state) {
    case HEARTH_MODEL_PLANNING:
    case HEARTH_MODEL_LOADING:
        if (model->seeks_room)
            hearth_served_wait_for_room(model);
        else if (model->load_error.code)
            hearth_served_fail_load(model, &model->load_error);
        else
            crash(model, &error);
        break;
    case HEARTH_MODEL_READY:
        crash(model, &error);
        break;
    default:
        finish_drain(model);
    }
}

const struct hearth_backend_events hearth_served_backend_events = {
    .on_planned = on_planned,
    .on_progress = on_progress,
    .on_ready = on_ready,
    .on_failed = on_failed,
    .on_counters = on_counters,
    .on_prepared = hearth_dispatch_prepared,
    .on_tokens = hearth_dispatch_tokens,
    .on_event = hearth_dispatch_event,
    .on_workers = hearth_dispatch_workers,
    .on_lost = hearth_dispatch_lost,
    .on_end = on_end,
};

/* Stopping */

static void stop_unready(struct served_model *model)
{
    hearth_locate_cancel(model->locating);
    model->locating = NULL;
    model->seeks_room = false;
    hearth_served_leave_gate(model);
    if (!model->backend) {
        become_unloaded(model);
        return;
    }
    hearth_served_move(model, HEARTH_MODEL_DRAINING);
    hearth_backend_kill(model->backend, NULL);
}

static void stop_ready(struct served_model *model, bool force)
{
    if (model->state == HEARTH_MODEL_READY)
        hearth_served_move(model, HEARTH_MODEL_DRAINING);
    hearth_timer_stop(model->life);
    if (force)
        hearth_backend_kill(model->backend, NULL);
    else
        hearth_backend_stop(model->backend, model->scheduler->options.stop_timeout_ms);
}

void hearth_served_stop(struct served_model *model, bool force)
{
    hearth_timer_stop(model->life);
    switch (model->state) {
    case HEARTH_MODEL_UNLOADED:
        break;
    case HEARTH_MODEL_FAILED:
    case HEARTH_MODEL_RESTING:
        hearth_served_move(model, HEARTH_MODEL_UNLOADED);
        break;
    case HEARTH_MODEL_PLANNING:
    case HEARTH_MODEL_LOADING:
        stop_unready(model);
        break;
    case HEARTH_MODEL_DRAINING:
        if (force)
            stop_ready(model, force);
        break;
    case HEARTH_MODEL_READY:
        stop_ready(model, force);
        break;
    }
}

void hearth_served_abandon(struct served_model *model)
{
    hearth_locate_cancel(model->locating);
    model->locating = NULL;
    hearth_backend_destroy(model->backend);
    model->backend = NULL;
}

void hearth_served_rest(struct served_model *model)
{
    if (!model->inferences)
        model->completed_us = 0; /* an idle hour says nothing of how fast it is */
    if (model->inferences || model->state != HEARTH_MODEL_READY) {
        if (!model->inferences && !model->backend)
            hearth_scheduler_forget_soon(model->scheduler);
        hearth_scheduler_settle(model->scheduler);
        return;
    }
    const struct hearth_residency policy = {.idle_unload_ms = model->settings.idle_unload};
    const struct hearth_resident resident = {.last_use_ms = model->used_ms,
                                             .pinned = model->pinned};
    uint64_t due_ms = hearth_residency_idle_due(&policy, &resident);
    uint64_t now = now_ms(model);
    if (model->scheduler->draining)
        hearth_served_stop(model, false);
    else if (due_ms)
        hearth_timer_start(model->life, due_ms > now ? due_ms - now : 0, 0);
}

static void give_load_up(struct served_model *model)
{
    struct hearth_error error;
    hearth_error_set(&error, HEARTH_ETIMEOUT, "model '%s' was not loaded within %.1f s",
                     model->entry->id, (double)model->settings.load_timeout / 1000);
    model->seeks_room = false;
    if (model->backend) {
        model->load_error = error;
        hearth_backend_kill(model->backend, NULL);
        return;
    }
    hearth_locate_cancel(model->locating);
    model->locating = NULL;
    hearth_served_fail_load(model, &error);
}

static void rise(struct served_model *model)
{
    if (hearth_breaker_admits(&model->breaker, now_ms(model)) &&
        (hearth_served_wanted(model) || (model->pinned && !model->scheduler->draining))) {
        hearth_served_plan(model);
        return;
    }
    hearth_served_move(model, HEARTH_MODEL_UNLOADED);
}

void hearth_served_life_time(void *argument)
{
    struct served_model *model = argument;
    if (model->state == HEARTH_MODEL_PLANNING || model->state == HEARTH_MODEL_LOADING)
        give_load_up(model);
    else if (model->state == HEARTH_MODEL_RESTING)
        rise(model);
    else if (model->state == HEARTH_MODEL_READY && !model->inferences)
        hearth_served_stop(model, false);
}
