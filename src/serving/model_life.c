#include "serving/model_life.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "catalog/catalog.h"
#include "domain/blame.h"
#include "domain/residency.h"
#include "loop/loop.h"
#include "serving/model_crashes.h"

#include <assert.h>

/* Between two looks whether adapters still are in a process that is idle but for them. */
enum { GUESTS_MS = 1000 };

struct counts {
    uint64_t loads, unloads;
};

struct hearth_model_life {
    const struct hearth_model_identity *identity;
    struct hearth_model_requests *requests;
    struct hearth_model_dispatch *dispatch;
    struct hearth_model_load *load;
    const struct hearth_life_ops *ops;
    void *argument;
    enum hearth_model_state state;
    uint64_t since_ms; /* wall clock */
    bool pinned, draining;
    bool keep_given; /* a request said how long it is to stay loaded behind it */
    uint64_t keep_ms;
    struct hearth_timer
        *timer; /* of the present state: the limit of a load, a rest, the idle time */
    struct hearth_model_crashes crashes;
    struct hearth_model_waiter *load_waiters, *stop_waiters;
    struct counts counts;
};

static uint64_t now_ms(const struct hearth_model_life *life)
{
    return hearth_loop_now_ms(life->identity->loop);
}

static const char *id_of(const struct hearth_model_life *life)
{
    return life->identity->entry->id;
}

/* The one place where the state changes. A model that has come to rest may have nothing left to be
 * there for, which is looked at later. */
static void move(struct hearth_model_life *life, enum hearth_model_state next)
{
    assert(hearth_model_state_may_follow(life->state, next));
    HEARTH_LOG(HEARTH_LOG_INFO, "model.state", HEARTH_TEXT("model", id_of(life)),
               HEARTH_TEXT("from", hearth_model_state_name(life->state)),
               HEARTH_TEXT("to", hearth_model_state_name(next)));
    life->state = next;
    life->since_ms = (uint64_t)hearth_clock_wall_ms();
    const struct hearth_scheduler_observer *observer = life->identity->observer;
    if (observer && observer->on_state)
        observer->on_state(observer->argument, id_of(life), next);
    if (next == HEARTH_MODEL_UNLOADED || next == HEARTH_MODEL_FAILED)
        life->ops->on_idle(life->argument);
}

void hearth_life_tell_load(struct hearth_model_life *life, const struct hearth_error *error)
{
    hearth_model_waiters_tell(&life->load_waiters, error);
}

void hearth_life_tell_stop(struct hearth_model_life *life, const struct hearth_error *error)
{
    hearth_model_waiters_tell(&life->stop_waiters, error);
}

/* Loading */

static bool is_wanted(const struct hearth_model_life *life)
{
    return hearth_requests_any_queued(life->requests) || life->load_waiters;
}

/* The time for a load is one for all of its steps: the search for its files, the wait for its turn
 * and for room, and the load itself. */
static void begin(struct hearth_model_life *life)
{
    move(life, HEARTH_MODEL_PLANNING);
    hearth_timer_start(life->timer, life->identity->settings.load_timeout, 0);
    hearth_load_begin(life->load);
}

void hearth_life_want(struct hearth_model_life *life)
{
    if (life->state == HEARTH_MODEL_UNLOADED || life->state == HEARTH_MODEL_FAILED)
        begin(life);
}

void hearth_life_want_and_tell(struct hearth_model_life *life, hearth_on_model on_done,
                               void *argument)
{
    hearth_model_waiters_add(&life->load_waiters, on_done, argument);
    hearth_life_want(life);
}

void hearth_life_forgive(struct hearth_model_life *life)
{
    hearth_crashes_forgive_failures(&life->crashes);
}

void hearth_life_pin(struct hearth_model_life *life)
{
    life->pinned = true;
}

void hearth_life_on_loading(struct hearth_model_life *life)
{
    move(life, HEARTH_MODEL_LOADING);
    hearth_requests_tell_loading(life->requests, 0);
}

/* A context that the server wishes for all models is more than this one can. */
static void log_capped_context(const struct hearth_model_life *life)
{
    const struct hearth_model_facts *facts = hearth_load_facts(life->load);
    if (life->identity->settings.context > (int64_t)facts->context)
        HEARTH_LOG(HEARTH_LOG_INFO, "model.context_capped", HEARTH_TEXT("model", id_of(life)),
                   HEARTH_INT("asked", life->identity->settings.context),
                   HEARTH_INT("context", facts->context));
}

/* Requests are sent before anybody who waits for the load is told, so that one who sends a request
 * from that callback comes after those who have waited longer. */
void hearth_life_on_ready(struct hearth_model_life *life)
{
    log_capped_context(life);
    life->counts.loads++;
    hearth_crashes_loaded(&life->crashes);
    hearth_requests_touch(life->requests);
    hearth_timer_stop(life->timer);
    move(life, HEARTH_MODEL_READY);
    hearth_load_open(life->load, hearth_crashes_is_on_trial(&life->crashes));
    hearth_model_waiters_tell(&life->load_waiters, NULL);
    hearth_life_look_idle(life);
}

/* Endings of a try */

/* All who wait are told. What is wrong with a file stays wrong, so the next try is the next
 * request's, behind a wait that grows; only what is pinned, and may have failed for the moment, is
 * tried again by itself. This does not count as a crash, and opens no breaker. */
void hearth_life_on_failed(struct hearth_model_life *life, const struct hearth_error *failure)
{
    struct hearth_error error = *failure;
    error.code = hearth_blame_load(error.code);
    hearth_timer_stop(life->timer);
    hearth_crashes_add_failure(&life->crashes, &error);
    HEARTH_LOG(HEARTH_LOG_WARNING, "model.failed", HEARTH_TEXT("model", id_of(life)),
               HEARTH_TEXT("error", error.message));
    move(life, HEARTH_MODEL_FAILED);
    hearth_requests_fail_queued(life->requests, &error, 0);
    hearth_model_waiters_tell(&life->load_waiters, &error);
    if (life->state == HEARTH_MODEL_FAILED && life->pinned && !life->draining &&
        hearth_error_row(error.code)->retry)
        hearth_timer_start(life->timer, hearth_crashes_reload_ms(&life->crashes), 0);
    life->ops->on_settled(life->argument);
}

/* Those who wait for the stop hear it before anything is loaded again. */
static void become_unloaded(struct hearth_model_life *life)
{
    hearth_timer_stop(life->timer);
    life->keep_given = false; /* said of what was loaded */
    move(life, HEARTH_MODEL_UNLOADED);
    life->counts.unloads++;
    hearth_model_waiters_tell(&life->stop_waiters, NULL);
    /* What came while it stopped was not refused, and has waited for this. */
    if (is_wanted(life))
        hearth_life_want(life);
    life->ops->on_settled(life->argument);
}

/* Told now, with the time after which a try makes sense, instead of timing out one by one. */
static void refuse_queued(struct hearth_model_life *life)
{
    struct hearth_error error;
    uint32_t retry_after_ms = 0;
    if (hearth_crashes_admit(&life->crashes, &retry_after_ms, &error) == 0)
        return;
    hearth_requests_fail_queued(life->requests, &error, retry_after_ms);
    hearth_model_waiters_tell(&life->load_waiters, &error);
}

/* A crash is tried again by itself, after a wait that grows (domain/restart.h). What waits in the
 * queue goes on waiting, until a number of crashes in a row has opened the breaker: then its
 * clients had better be told than be kept waiting. */
static void crash(struct hearth_model_life *life, const struct hearth_error *error)
{
    uint64_t wait_ms = hearth_crashes_add(&life->crashes, error);
    move(life, HEARTH_MODEL_RESTING);
    hearth_timer_start(life->timer, wait_ms, 0);
    hearth_dispatch_close(life->dispatch, error, true);
    if (hearth_crashes_is_resting(&life->crashes))
        refuse_queued(life);
    life->ops->on_settled(life->argument);
}

/* What was still with the worker when its time was over has no answer any more, and is not tried
 * again: the model was stopped because somebody wanted that. */
static void finish_drain(struct hearth_model_life *life)
{
    struct hearth_error error;
    hearth_error_set(&error, HEARTH_EDRAINING, "model '%s' was stopped before this was finished",
                     id_of(life));
    hearth_dispatch_close(life->dispatch, &error, false);
    become_unloaded(life);
}

/* The process was another model's, which was unloaded: no fault of this one. What runs is tried
 * again where that is possible, which has its base loaded again. */
static void lose_host(struct hearth_model_life *life, const struct hearth_error *error)
{
    move(life, HEARTH_MODEL_DRAINING);
    hearth_dispatch_close(life->dispatch, error, true);
    become_unloaded(life);
}

void hearth_life_on_ended(struct hearth_model_life *life, const struct hearth_error *error)
{
    if (life->state == HEARTH_MODEL_DRAINING)
        finish_drain(life);
    else if (error->code == HEARTH_EDRAINING)
        lose_host(life, error);
    else
        crash(life, error);
}

void hearth_life_on_worked(struct hearth_model_life *life)
{
    hearth_crashes_worked(&life->crashes);
}

void hearth_life_on_worker_lost(struct hearth_model_life *life, const struct hearth_error *error)
{
    hearth_crashes_add_worker(&life->crashes, error);
}

/* Stopping */

static void stop_unready(struct hearth_model_life *life)
{
    if (!hearth_load_abort(life->load)) {
        become_unloaded(life);
        return;
    }
    move(life, HEARTH_MODEL_DRAINING);
}

static void stop_ready(struct hearth_model_life *life, bool force)
{
    if (life->state == HEARTH_MODEL_READY)
        move(life, HEARTH_MODEL_DRAINING);
    hearth_dispatch_hold(life->dispatch);
    hearth_load_stop(life->load, force);
}

/* Every state has its own way out. A model that is still being loaded has nothing that could
 * finish, so its process is killed; one that is ready may finish what runs. */
void hearth_life_unload(struct hearth_model_life *life, bool force)
{
    hearth_timer_stop(life->timer);
    switch (life->state) {
    case HEARTH_MODEL_UNLOADED:
        break;
    case HEARTH_MODEL_FAILED:
    case HEARTH_MODEL_RESTING:
        move(life, HEARTH_MODEL_UNLOADED);
        break;
    case HEARTH_MODEL_PLANNING:
    case HEARTH_MODEL_LOADING:
        stop_unready(life);
        break;
    case HEARTH_MODEL_DRAINING: /* it stops already; now it is to be quick about it */
        if (force)
            stop_ready(life, force);
        break;
    case HEARTH_MODEL_READY: /* nobody has asked that what runs there under other names ends */
        stop_ready(life, force && !hearth_load_has_busy_guests(life->load));
        break;
    }
}

/* Requests that run are left to the process; those that wait would only have it loaded again. */
bool hearth_life_stop(struct hearth_model_life *life, bool force, hearth_on_model on_done,
                      void *argument)
{
    struct hearth_error error;
    hearth_error_set(&error, HEARTH_EDRAINING, "model '%s' is being stopped", id_of(life));
    /* First, or what waits would have it loaded again. */
    hearth_requests_fail_queued(life->requests, &error, 1000);
    hearth_model_waiters_tell(&life->load_waiters, &error);
    hearth_life_unload(life, force);
    if (life->state != HEARTH_MODEL_DRAINING)
        return false;
    hearth_model_waiters_add(&life->stop_waiters, on_done, argument);
    return true;
}

void hearth_life_drain(struct hearth_model_life *life)
{
    life->draining = true;
    if (life->state == HEARTH_MODEL_FAILED)
        hearth_timer_stop(life->timer); /* it is not tried again */
    if (!hearth_requests_any(life->requests))
        hearth_life_unload(life, false);
}

static struct hearth_residency policy_of(const struct hearth_model_life *life)
{
    return (struct hearth_residency){.idle_unload_ms = life->identity->settings.idle_unload,
                                     .keep_max_ms = life->identity->server->keep_alive_max};
}

static struct hearth_resident resident_of(const struct hearth_model_life *life)
{
    return (struct hearth_resident){.last_use_ms = hearth_requests_used_ms(life->requests),
                                    .pinned = life->pinned,
                                    .keep_given = life->keep_given,
                                    .keep_ms = life->keep_ms};
}

/* After every request that leaves. The timer of the state is free in READY, so it serves for the
 * time of idling. */
void hearth_life_look_idle(struct hearth_model_life *life)
{
    bool busy = hearth_requests_any(life->requests);
    if (!busy)
        hearth_dispatch_forget_rate(life->dispatch);
    if (busy || life->state != HEARTH_MODEL_READY) {
        if (!busy && !hearth_load_is_busy(life->load))
            life->ops->on_idle(life->argument);
        life->ops->on_settled(life->argument);
        return;
    }
    const struct hearth_residency policy = policy_of(life);
    const struct hearth_resident resident = resident_of(life);
    uint64_t due_ms = hearth_residency_idle_due(&policy, &resident), now = now_ms(life);
    if (life->draining)
        hearth_life_unload(life, false);
    else if (due_ms)
        hearth_timer_start(life->timer, due_ms > now ? due_ms - now : 0, 0);
    else
        hearth_timer_stop(life->timer); /* a longer keep than before */
}

void hearth_life_keep(struct hearth_model_life *life, uint64_t keep_ms)
{
    life->keep_given = true;
    life->keep_ms = keep_ms;
    hearth_requests_touch(life->requests); /* the time counts from now */
    hearth_life_look_idle(life);
}

/* The timer of the state */

/* Told in words that name the setting's value, because raising it is what helps. */
static void give_load_up(struct hearth_model_life *life)
{
    struct hearth_error error;
    hearth_error_set(&error, HEARTH_ETIMEOUT, "model '%s' was not loaded within %.1f s",
                     id_of(life), (double)life->identity->settings.load_timeout / 1000);
    hearth_load_give_up(life->load, &error);
}

/* Its rest is over: it is loaded if somebody still wants it. */
static void rise(struct hearth_model_life *life)
{
    bool wanted = is_wanted(life) || (life->pinned && !life->draining);
    uint32_t retry_after_ms;
    if (hearth_crashes_admit(&life->crashes, &retry_after_ms, NULL) == 0 && wanted)
        begin(life);
    else
        move(life, HEARTH_MODEL_UNLOADED);
}

/* Which time has come depends on the state: the timer is started anew by every move that needs one,
 * and stopped by the others. */
static void on_time(void *argument)
{
    struct hearth_model_life *life = argument;
    if (life->state == HEARTH_MODEL_PLANNING || life->state == HEARTH_MODEL_LOADING)
        give_load_up(life);
    else if (life->state == HEARTH_MODEL_RESTING)
        rise(life);
    else if (life->state == HEARTH_MODEL_FAILED)
        begin(life);
    else if (life->state == HEARTH_MODEL_READY && hearth_load_has_guests(life->load))
        hearth_timer_start(life->timer, GUESTS_MS, 0); /* they have idle times of their own */
    else if (life->state == HEARTH_MODEL_READY && !hearth_requests_any(life->requests))
        hearth_life_unload(life, false);
}

struct hearth_model_life *hearth_life_create(const struct hearth_model_identity *identity,
                                             struct hearth_model_requests *requests,
                                             struct hearth_model_dispatch *dispatch,
                                             struct hearth_model_load *load,
                                             const struct hearth_life_ops *ops, void *argument)
{
    struct hearth_model_life *life = hearth_calloc(1, sizeof(*life));
    life->identity = identity;
    life->requests = requests;
    life->dispatch = dispatch;
    life->load = load;
    life->ops = ops;
    life->argument = argument;
    life->since_ms = (uint64_t)hearth_clock_wall_ms();
    life->timer = hearth_timer_create(identity->loop, on_time, life);
    hearth_crashes_init(&life->crashes, identity);
    return life;
}

void hearth_life_destroy(struct hearth_model_life *life)
{
    assert(!life->load_waiters && !life->stop_waiters);
    hearth_timer_destroy(life->timer);
    hearth_free(life);
}

/* What others ask */

int hearth_life_admit(struct hearth_model_life *life, uint32_t *ret_retry_after_ms,
                      struct hearth_error *error)
{
    int rc = hearth_crashes_admit(&life->crashes, ret_retry_after_ms, error);
    if (rc == 0 && life->state == HEARTH_MODEL_FAILED)
        rc = hearth_crashes_admit_load(&life->crashes, ret_retry_after_ms, error);
    return rc;
}

void hearth_life_renew(struct hearth_model_life *life, bool is_other_version)
{
    if (is_other_version)
        hearth_crashes_forget(&life->crashes);
    hearth_crashes_limit(&life->crashes);
}

enum hearth_model_state hearth_life_state(const struct hearth_model_life *life)
{
    return life->state;
}

bool hearth_life_is_pinned(const struct hearth_model_life *life)
{
    return life->pinned;
}

bool hearth_life_is_awaited(const struct hearth_model_life *life)
{
    return life->load_waiters || life->stop_waiters;
}

/* As if it were used no more from now on. */
static uint64_t expires_ms(const struct hearth_model_life *life)
{
    const struct hearth_residency policy = policy_of(life);
    const struct hearth_resident resident = resident_of(life);
    uint64_t due_ms = hearth_residency_idle_due(&policy, &resident), now = now_ms(life);
    uint64_t left_ms = due_ms > now ? due_ms - now : 0;
    return due_ms ? (uint64_t)hearth_clock_wall_ms() + left_ms : 0;
}

void hearth_life_report(const struct hearth_model_life *life, struct hearth_model_report *report)
{
    report->state = life->state;
    report->since_ms = life->since_ms;
    report->loads = life->counts.loads;
    report->unloads = life->counts.unloads;
    hearth_crashes_report(&life->crashes, report);
    report->pinned = life->pinned;
    report->expires_ms = expires_ms(life);
}
