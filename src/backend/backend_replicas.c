/* Several workers for one model that look like one backend: each stream goes to the ready worker
 * with the least to do. The first worker alone plans and loads; the others follow when it is ready.
 * A worker that ends is started again after a back-off, behind a breaker of its own, and its
 * streams are told as lost; only when no other one is ready or on its way does the whole backend
 * end. */
#include "backend/backend.h"
#include "backend/backend_spec.h"

#include "backend/supervisor.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "domain/blame.h"
#include "domain/placement.h"
#include "domain/restart.h"
#include "loop/loop.h"

#include <stdio.h>
#include <string.h>

struct replica {
    struct replica_set *set;
    struct hearth_backend *backend; /* NULL: none runs */
    bool ready;
    uint32_t crashes;
    uint64_t restart_ms; /* loop's clock; 0: not waiting */
    struct hearth_restart restart;
    uint64_t counters[HEARTH_COUNTER_COUNT];
};

struct replica_set {
    struct hearth_backend backend;   /* first */
    struct hearth_backend_spec spec; /* kept: workers are started again from it */
    struct hearth_timer *again;
    struct hearth_placement *placement; /* a worker's number is its replica's index */
    bool planned, ready, stopping, ended;
    uint32_t count;
    struct replica replicas[];
};

static struct replica_set *set_of(struct hearth_backend *backend)
{
    return (struct replica_set *)backend;
}

static uint64_t now_ms(const struct replica_set *set)
{
    return hearth_loop_now_ms(set->spec.loop);
}

static uint32_t index_of(const struct replica *replica)
{
    return (uint32_t)(replica - replica->set->replicas);
}

static struct hearth_worker_load load_of(const struct replica *replica)
{
    return hearth_placement_load(replica->set->placement, index_of(replica));
}

/* What the choice of a worker goes by; whenever one becomes ready, ends, or shows that it lives. */
static void stand(const struct replica *replica)
{
    enum hearth_worker_standing standing = HEARTH_WORKER_AWAY;
    if (replica->ready)
        standing = hearth_restart_is_on_trial(&replica->restart) ? HEARTH_WORKER_ON_TRIAL
                                                                 : HEARTH_WORKER_READY;
    hearth_placement_stand(replica->set->placement, index_of(replica), standing);
}

/* Starting */

static int start_replica(struct replica *replica, struct hearth_error *error);

/* A timer for all of them; it looks at each and finds the next time itself. */
static void restart_later(struct replica *replica)
{
    struct replica_set *set = replica->set;
    uint64_t now = now_ms(set);
    replica->restart_ms = now + hearth_restart_after_end(&replica->restart, now);
    hearth_timer_start(set->again, 0, 0);
}

/* What keeps a process from starting (no memory, no more processes) is treated as if it had ended
 * at once. */
static void start_or_later(struct replica *replica)
{
    struct hearth_error error;
    replica->restart_ms = 0;
    if (start_replica(replica, &error) == 0)
        return;
    HEARTH_LOG(HEARTH_LOG_WARNING, "replica.failed", HEARTH_TEXT("model", replica->set->spec.model),
               HEARTH_INT("replica", index_of(replica)), HEARTH_TEXT("error", error.message));
    restart_later(replica);
}

/* A worker whose breaker does not admit it yet keeps its time, and is looked at again a millisecond
 * later: the two clocks agree to within one. */
static void on_again(void *argument)
{
    struct replica_set *set = argument;
    uint64_t now = now_ms(set), next = 0;
    if (set->stopping || set->ended)
        return;
    for (uint32_t i = 0; i < set->count; i++) {
        struct replica *replica = &set->replicas[i];
        if (replica->restart_ms && replica->restart_ms <= now &&
            hearth_restart_admits(&replica->restart, now))
            start_or_later(replica);
        if (replica->restart_ms && (!next || replica->restart_ms < next))
            next = replica->restart_ms;
    }
    if (next)
        hearth_timer_start(set->again, next > now ? next - now : 1, 0);
}

/* Events of one worker */

/* Saturates far below the largest number, so that sums of plans stay sums. */
static uint64_t times(uint64_t bytes, uint32_t count)
{
    return bytes > UINT64_MAX / 8 / count ? UINT64_MAX / 8 : bytes * count;
}

/* Only the first worker's plan is told, for all of them: weights that several processes map from
 * one file are counted for each, because a plan is an upper bound. */
static void on_planned(void *argument, const struct hearth_ipc_started *started)
{
    struct replica_set *set = ((struct replica *)argument)->set;
    if (set->planned)
        return;
    set->planned = true;
    struct hearth_ipc_started *all = hearth_alloc(sizeof(*all));
    *all = *started;
    all->plan.weights = times(all->plan.weights, set->count);
    all->plan.cache = times(all->plan.cache, set->count);
    all->plan.scratch = times(all->plan.scratch, set->count);
    all->plan.process = times(all->plan.process, set->count);
    set->spec.events->on_planned(set->spec.argument, all);
    hearth_free(all);
}

static void on_progress(void *argument, float fraction)
{
    struct replica_set *set = ((struct replica *)argument)->set;
    if (!set->ready)
        set->spec.events->on_progress(set->spec.argument, fraction);
}

static void tell_workers(struct replica_set *set)
{
    if (set->spec.events->on_workers)
        set->spec.events->on_workers(set->spec.argument, hearth_placement_ready(set->placement));
}

/* The first that is ready makes the model ready, and only then are the others started: a file that
 * cannot be loaded, or does not fit, is found out once and not by all of them. */
static void on_ready(void *argument, const struct hearth_model_facts *facts)
{
    struct replica *replica = argument;
    struct replica_set *set = replica->set;
    replica->ready = true;
    stand(replica);
    if (set->ready) {
        tell_workers(set);
        return;
    }
    set->ready = true;
    for (uint32_t i = 0; i < set->count && !set->stopping; i++)
        if (!set->replicas[i].backend)
            start_or_later(&set->replicas[i]);
    set->spec.events->on_ready(set->spec.argument, facts);
}

/* After the model is ready, one worker that cannot load again is a matter of the log: it ends, and
 * is tried again later. */
static void on_failed(void *argument, const struct hearth_error *error)
{
    struct replica *replica = argument;
    struct replica_set *set = replica->set;
    if (!set->ready) {
        set->spec.events->on_failed(set->spec.argument, error);
        return;
    }
    HEARTH_LOG(HEARTH_LOG_WARNING, "replica.failed", HEARTH_TEXT("model", set->spec.model),
               HEARTH_INT("replica", index_of(replica)), HEARTH_TEXT("error", error->message));
}

static void on_counters(void *argument, const uint64_t counters[HEARTH_COUNTER_COUNT])
{
    struct replica *replica = argument;
    struct replica_set *set = replica->set;
    uint64_t sum[HEARTH_COUNTER_COUNT] = {0};
    memcpy(replica->counters, counters, sizeof(replica->counters));
    for (uint32_t i = 0; i < set->count; i++)
        for (int k = 0; k < HEARTH_COUNTER_COUNT; k++)
            sum[k] += set->replicas[i].counters[k];
    set->spec.events->on_counters(set->spec.argument, sum);
}

static void on_prepared(void *argument, uint32_t stream, const struct hearth_ipc_prepared *prepared)
{
    struct replica_set *set = ((struct replica *)argument)->set;
    set->spec.events->on_prepared(set->spec.argument, stream, prepared);
}

static void on_tokens(void *argument, uint32_t stream, const int32_t *tokens, size_t count)
{
    struct replica_set *set = ((struct replica *)argument)->set;
    set->spec.events->on_tokens(set->spec.argument, stream, tokens, count);
}

static void on_event(void *argument, uint32_t stream, const struct hearth_ipc_event *event)
{
    struct replica *replica = argument;
    struct replica_set *set = replica->set;
    bool ends = event->event.kind == HEARTH_EVENT_DONE || event->event.kind == HEARTH_EVENT_ERROR;
    if (hearth_placement_worker(set->placement, stream) != index_of(replica))
        return;
    if (ends) { /* before the callback, which may send the next one */
        hearth_placement_leave(set->placement, stream);
        bool failed = event->event.kind == HEARTH_EVENT_ERROR;
        if (hearth_end_proves_life(failed ? event->failure.code : 0))
            hearth_restart_worked(&replica->restart);
        stand(replica);
    }
    set->spec.events->on_event(set->spec.argument, stream, event);
}

/* The end of one worker */

/* The streams leave the books before anybody hears of it, because the callback sends them again, to
 * the others. One more than there are is allocated, so that there is something to point at when
 * there are none. */
static void lose(struct replica *replica, const struct hearth_error *error)
{
    struct replica_set *set = replica->set;
    uint32_t *streams = hearth_calloc(load_of(replica).streams + 1, sizeof(*streams));
    size_t count = hearth_placement_leave_all(set->placement, index_of(replica), streams);
    replica->crashes++;
    restart_later(replica);
    tell_workers(set);
    if (set->spec.events->on_lost)
        set->spec.events->on_lost(set->spec.argument, error, streams, count);
    hearth_free(streams);
}

/* One that only waits for its next start does not live: nobody could take the requests now. */
static bool others_live(const struct replica *replica)
{
    const struct replica_set *set = replica->set;
    for (uint32_t i = 0; i < set->count; i++)
        if (&set->replicas[i] != replica && set->replicas[i].backend)
            return true;
    return false;
}

/* When no other one lives, the whole model has ended, and the caller decides what to do: one
 * back-off for the model, and not one for each worker. */
static void on_end(void *argument, const struct hearth_child_end *end)
{
    struct replica *replica = argument;
    struct replica_set *set = replica->set;
    const struct hearth_child_end copy = *end;
    hearth_backend_destroy(replica->backend);
    replica->backend = NULL;
    replica->ready = false;
    stand(replica);
    memset(replica->counters, 0, sizeof(replica->counters));
    if (others_live(replica)) {
        struct hearth_error error = copy.error;
        if (!error.code)
            hearth_error_set(&error, HEARTH_ECRASHED, "the worker ended by itself");
        if (!set->stopping)
            lose(replica, &error);
        return;
    }
    set->ended = true;
    set->spec.events->on_end(set->spec.argument, &copy); /* it destroys the set */
}

static const struct hearth_backend_events replica_events = {
    .on_planned = on_planned,
    .on_progress = on_progress,
    .on_ready = on_ready,
    .on_failed = on_failed,
    .on_counters = on_counters,
    .on_prepared = on_prepared,
    .on_tokens = on_tokens,
    .on_event = on_event,
    .on_end = on_end,
};

/* The verbs */

static const struct hearth_backend_ops *each_ops(const struct replica_set *set)
{
    return set->spec.each ? set->spec.each : &hearth_backend_local;
}

static int start_replica(struct replica *replica, struct hearth_error *error)
{
    const struct replica_set *set = replica->set;
    struct hearth_backend_spec *spec = hearth_alloc(sizeof(*spec));
    *spec = set->spec;
    spec->events = &replica_events;
    spec->argument = replica;
    if (set->spec.cpus)
        snprintf(spec->hello.cpus, sizeof(spec->hello.cpus), "%s",
                 set->spec.cpus[index_of(replica)]);
    int rc = each_ops(set)->start(spec, &replica->backend, error);
    hearth_free(spec);
    return rc;
}

static void replicas_destroy(struct hearth_backend *backend)
{
    struct replica_set *set = set_of(backend);
    for (uint32_t i = 0; i < set->count; i++)
        hearth_backend_destroy(set->replicas[i].backend);
    hearth_timer_destroy(set->again);
    hearth_placement_destroy(set->placement);
    hearth_backend_spec_release(&set->spec);
    hearth_free(set);
}

static int replicas_start(const struct hearth_backend_spec *spec,
                          struct hearth_backend **ret_backend, struct hearth_error *error)
{
    uint32_t count = spec->replicas ? spec->replicas : 1;
    struct replica_set *set = hearth_calloc(1, sizeof(*set) + count * sizeof(set->replicas[0]));
    set->backend.ops = &hearth_backend_replicas;
    set->count = count;
    set->placement = hearth_placement_create(count);
    hearth_backend_spec_keep(spec, count, &set->spec);
    set->again = hearth_timer_create(spec->loop, on_again, set);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t seed;
        hearth_random_bytes(&seed, sizeof(seed));
        set->replicas[i].set = set;
        hearth_restart_init(&set->replicas[i].restart, spec->breaker_failures,
                            spec->breaker_rest_ms, seed);
    }
    int rc = start_replica(&set->replicas[0], error);
    if (rc < 0) {
        replicas_destroy(&set->backend);
        return rc;
    }
    *ret_backend = &set->backend;
    return 0;
}

/* The stream is in the books only when the worker has it. */
static int replicas_send(struct hearth_backend *backend,
                         const struct hearth_backend_request *request, struct hearth_error *error)
{
    struct replica_set *set = set_of(backend);
    int64_t worker = hearth_placement_choose(set->placement);
    if (worker < 0)
        return hearth_error_set(error, HEARTH_EBREAKER, "no worker of the model is ready");
    int rc = hearth_backend_send(set->replicas[worker].backend, request, error);
    if (rc == 0)
        hearth_placement_take(set->placement, (uint32_t)worker, request->stream, request->cost);
    return rc;
}

/* NULL when the stream's worker has ended, or the stream has: both are no news to the caller for
 * long. */
static struct hearth_backend *backend_of(struct replica_set *set, uint32_t stream)
{
    int64_t worker = hearth_placement_worker(set->placement, stream);
    return worker < 0 ? NULL : set->replicas[worker].backend;
}

static void replicas_credit(struct hearth_backend *backend, uint32_t stream, uint32_t events)
{
    struct hearth_backend *one = backend_of(set_of(backend), stream);
    if (one)
        hearth_backend_credit(one, stream, events);
}

static void replicas_cancel(struct hearth_backend *backend, uint32_t stream)
{
    struct hearth_backend *one = backend_of(set_of(backend), stream);
    if (one)
        hearth_backend_cancel(one, stream);
}

/* From now on nobody is started again, and ends are as they should be. */
static void replicas_stop(struct hearth_backend *backend, uint64_t deadline_ms)
{
    struct replica_set *set = set_of(backend);
    set->stopping = true;
    for (uint32_t i = 0; i < set->count; i++)
        if (set->replicas[i].backend)
            hearth_backend_stop(set->replicas[i].backend, deadline_ms);
}

static void replicas_kill(struct hearth_backend *backend, const struct hearth_error *error)
{
    struct replica_set *set = set_of(backend);
    set->stopping = true;
    for (uint32_t i = 0; i < set->count; i++)
        if (set->replicas[i].backend)
            hearth_backend_kill(set->replicas[i].backend, error);
}

static pid_t replicas_pid(const struct hearth_backend *backend)
{
    const struct replica_set *set = (const struct replica_set *)backend;
    for (uint32_t i = 0; i < set->count; i++)
        if (set->replicas[i].backend)
            return hearth_backend_pid(set->replicas[i].backend);
    return 0;
}

static void replicas_each_worker(const struct hearth_backend *backend,
                                 void (*visit)(void *argument,
                                               const struct hearth_backend_worker *worker),
                                 void *argument)
{
    const struct replica_set *set = (const struct replica_set *)backend;
    for (uint32_t i = 0; i < set->count; i++) {
        const struct replica *one = &set->replicas[i];
        struct hearth_worker_load load = load_of(one);
        const struct hearth_backend_worker worker = {
            .pid = hearth_backend_pid(one->backend),
            .ready = one->ready,
            .streams = load.streams,
            .cost = load.cost,
            .crashes = one->crashes,
            .breaker = hearth_restart_state_name(&one->restart),
            .cpus = set->spec.cpus ? set->spec.cpus[i] : "",
            .counters = one->counters,
        };
        visit(argument, &worker);
    }
}

const struct hearth_backend_ops hearth_backend_replicas = {
    .name = "replicas",
    .start = replicas_start,
    .send = replicas_send,
    .credit = replicas_credit,
    .cancel = replicas_cancel,
    .stop = replicas_stop,
    .kill = replicas_kill,
    .destroy = replicas_destroy,
    .pid = replicas_pid,
    .each_worker = replicas_each_worker,
};
