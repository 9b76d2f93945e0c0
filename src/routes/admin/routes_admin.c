/* /admin: what is loaded, loading, unloading. */
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "domain/vector_cache.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "routes/admin/admin_routes.gen.h"
#include "routes/admin/report_json.h"
#include "serving/scheduler.h"

#include <stdio.h>
#include <string.h>

struct listing {
    struct hearth_scheduler *scheduler;
    json_t *rows;
};

static void add_worker(void *argument, const struct hearth_worker_report *worker)
{
    json_array_append_new(
        argument,
        json_pack("{s:i, s:b, s:i, s:i, s:s, s:s, s:I, s:I, s:I}", "pid", (int)worker->pid, "ready",
                  worker->ready, "running", (int)worker->running, "crashes", (int)worker->crashes,
                  "breaker", worker->breaker, "cpus", worker->cpus, "steps",
                  (json_int_t)worker->steps, "step_tokens", (json_int_t)worker->step_tokens,
                  "step_us", (json_int_t)worker->step_us));
}

/* A model may have several worker processes (replicas); each has a row of its own within the
 * model's. */
static void add_report(void *argument, const struct hearth_model_report *report)
{
    const struct listing *listing = argument;
    json_t *row = hearth_report_json(report), *workers = json_array();
    hearth_scheduler_each_worker(listing->scheduler, report->model, add_worker, workers);
    json_object_set_new(row, "workers", workers);
    json_array_append_new(listing->rows, row);
}

/* Called when memory and CPU times have been read; the client may have gone meanwhile. */
static void show_processes(void *argument)
{
    struct hearth_call *call = argument;
    if (call->exchange) {
        struct listing listing = {.scheduler = call->gateway->scheduler, .rows = json_array()};
        hearth_scheduler_each(listing.scheduler, add_report, &listing);
        hearth_answer_json(call, 200, json_pack("{s:o}", "models", listing.rows));
    }
    hearth_call_drop(call);
}

/* What the workers use is read afresh first, off the loop: figures of some seconds ago confuse a
 * person who has just done something. */
void hearth_route_admin_ps(struct hearth_call *call)
{
    hearth_call_hold(call);
    hearth_scheduler_sample(call->gateway->scheduler, show_processes, call);
}

/* A load or unload that a call waits for. The call is held: the change goes on when its client
 * leaves, and only the answer is dropped. */
struct change {
    struct hearth_call *call;
    const char *state;
    char model[200];
    uint64_t started_ms;
};

static void on_changed(void *argument, const struct hearth_error *error)
{
    struct change *change = argument;
    struct hearth_call *call = change->call;
    if (!call->exchange)
        ;
    else if (error)
        hearth_answer_error(call, error, NULL);
    else
        hearth_answer_json(
            call, 200,
            json_pack("{s:s, s:s, s:I}", "model", change->model, "state", change->state, "load_ms",
                      (json_int_t)(hearth_clock_monotonic_ms() - change->started_ms)));
    hearth_call_drop(call);
    hearth_free(change);
}

static struct change *change_create(struct hearth_call *call, const char *state)
{
    struct change *change = hearth_calloc(1, sizeof(*change));
    hearth_call_hold(call);
    change->call = call;
    change->state = state;
    change->started_ms = hearth_clock_monotonic_ms();
    snprintf(change->model, sizeof(change->model), "%s", call->params[0]);
    return change;
}

/* on_changed frees the change, also here, where nothing was begun. */
void hearth_route_admin_load(struct hearth_call *call)
{
    struct change *change = change_create(call, "ready");
    struct hearth_error error;
    if (hearth_scheduler_load(call->gateway->scheduler, call->params[0], on_changed, change,
                              &error))
        on_changed(change, &error);
}

/* Without force, what runs may finish within the stop timeout, so this call can take that long. */
void hearth_route_admin_unload(struct hearth_call *call)
{
    struct change *change = change_create(call, "unloaded");
    const char *force = hearth_exchange_query(call->exchange, "force");
    struct hearth_error error;
    if (hearth_scheduler_stop(call->gateway->scheduler, call->params[0],
                              force && (strcmp(force, "true") == 0 || strcmp(force, "1") == 0),
                              on_changed, change, &error))
        on_changed(change, &error);
}

/* The figures are those before clearing, so that the answer tells what has gone. */
static void show_cache(struct hearth_call *call, bool clear)
{
    struct hearth_scheduler *scheduler = call->gateway->scheduler;
    struct hearth_vector_cache_state state;
    hearth_scheduler_vectors_state(scheduler, &state);
    if (clear)
        hearth_scheduler_forget_vectors(scheduler);
    hearth_answer_json(
        call, 200,
        json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "entries", (json_int_t)state.entries,
                  "bytes", (json_int_t)state.bytes, "bytes_max", (json_int_t)state.bytes_max,
                  "hits", (json_int_t)state.hits, "misses", (json_int_t)state.misses, "evictions",
                  (json_int_t)state.evictions, "clears", (json_int_t)state.clears));
}

void hearth_route_admin_cache(struct hearth_call *call)
{
    show_cache(call, false);
}

void hearth_route_admin_cache_clear(struct hearth_call *call)
{
    show_cache(call, true);
}
