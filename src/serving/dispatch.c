#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "loop/loop.h"
#include "serving/dead_letters.h"
#include "serving/scheduler_private.h"

#include <assert.h>

/* Workers that may end under a request that has sent nothing. An answer that is generated is worth
 * two: it may take long. */
enum { CRASHES_MAX = 3, CRASHES_GENERATING_MAX = 2 };
#define RATE_WEIGHT 0.2 /* of the newest gap between two completions */

static uint64_t now_ms(const struct served_model *model)
{
    return hearth_loop_now_ms(model->scheduler->options.loop);
}

static struct hearth_look_ahead look_ahead(const struct served_model *model)
{
    return (struct hearth_look_ahead){
        .slots = model->slots,
        .batch = model->batch,
        .workers = model->workers,
        .whole = !(model->facts.tasks & HEARTH_TASK_GENERATE) &&
                 model->facts.tasks & (HEARTH_TASK_EMBED | HEARTH_TASK_SCORE),
        .probing = model->breaker.state == HEARTH_BREAKER_HALF_OPEN,
    };
}

void hearth_dispatch_resize(struct served_model *model)
{
    struct hearth_look_ahead policy = look_ahead(model);
    policy.probing = false;
    policy.workers = model->replicas;
    model->flights_max = hearth_look_ahead_most(&policy, true);
    model->flights = hearth_realloc(model->flights, model->flights_max * sizeof(*model->flights));
}

static struct flight *flight_of(struct served_model *model, uint32_t stream)
{
    for (size_t i = 0; i < model->flight_count; i++)
        if (model->flights[i].stream == stream)
            return &model->flights[i];
    return NULL;
}

static void end_flight(struct served_model *model, struct flight *flight)
{
    model->flight_cost -= flight->cost;
    *flight = model->flights[--model->flight_count];
}

/* Deadlines, and failures that may not be told from inside submit */

void hearth_dispatch_due(struct served_model *model, uint64_t time_ms)
{
    if (time_ms == 0 || (model->due_ms && model->due_ms <= time_ms))
        return;
    uint64_t now = now_ms(model);
    model->due_ms = time_ms;
    hearth_timer_start(model->due, time_ms > now ? time_ms - now : 0, 0);
}

static void time_out(struct hearth_inference *inference)
{
    struct served_model *model = inference->model;
    struct hearth_error error;
    hearth_error_set(&error, HEARTH_ETIMEOUT, "the request's time ended while %s",
                     inference->stream                    ? "it was computed"
                     : model->state == HEARTH_MODEL_READY ? "it waited in the queue"
                                                          : "the model was being loaded");
    hearth_reuse_pass_on(inference);
    if (inference->stream && model->backend)
        hearth_backend_cancel(model->backend, inference->stream);
    hearth_inference_fail(inference, &error,
                          1000 * hearth_queue_retry_after_s(model->queue, model->completed_per_s));
}

static bool is_due(const struct hearth_inference *inference, uint64_t now)
{
    return inference->failure.code || inference->ready ||
           (inference->queued.deadline_ms && inference->queued.deadline_ms <= now);
}

void hearth_dispatch_due_time(void *argument)
{
    struct served_model *model = argument;
    uint64_t now = now_ms(model), next = 0;
    model->due_ms = 0;
    struct walk walk;
    hearth_walk_begin(&walk, model);
    for (struct hearth_inference *inference; (inference = hearth_walk_next(&walk));) {
        uint64_t deadline = inference->queued.deadline_ms;
        if (!is_due(inference, now)) {
            next = deadline && (!next || deadline < next) ? deadline : next;
        } else if (inference->ready) {
            hearth_reuse_deliver(inference);
        } else if (inference->failure.code) {
            struct hearth_error failure = inference->failure;
            hearth_inference_fail(inference, &failure, inference->failure_retry_ms);
        } else {
            time_out(inference);
        }
    }
    hearth_dispatch_due(model, next);
    hearth_dispatch(model);
    hearth_served_rest(model);
}

/* Queue → worker */

static void observe_wait(const struct hearth_inference *inference)
{
    const struct served_model *model = inference->model;
    const struct hearth_scheduler_observer *observer = model->scheduler->options.observer;
    if (observer && observer->on_queue_wait)
        observer->on_queue_wait(observer->argument, model->entry->id,
                                (inference->sent_us - inference->submitted_us) / 1000);
}

static void send_one(struct served_model *model, struct hearth_inference *inference)
{
    const struct hearth_backend_request request = {
        .stream = model->last_stream + 1,
        .input = &inference->input,
        .credit = inference->credit,
        .cost = inference->queued.cost,
        .class_ = inference->queued.class_,
        .traceparent = inference->caller->traceparent,
    };
    inference->in_queue = false;
    if (hearth_backend_send(model->backend, &request, &inference->failure) < 0) {
        hearth_dispatch_due(model, now_ms(model));
        return;
    }
    inference->stream = ++model->last_stream;
    inference->sent_us = hearth_clock_us();
    model->flights[model->flight_count++] = (struct flight){
        .stream = inference->stream, .cost = inference->queued.cost, .inference = inference};
    model->flight_cost += inference->queued.cost;
    observe_wait(inference);
}

/* Two workers have ended under it: the third try is alone, so that only the one that is to blame is
 * given up. */
static bool is_suspect(const struct hearth_inference *inference)
{
    return inference && inference->crashes >= CRASHES_MAX - 1;
}

void hearth_dispatch(struct served_model *model)
{
    while (model->state == HEARTH_MODEL_READY && model->flight_count < model->flights_max) {
        const struct hearth_look_ahead policy = look_ahead(model);
        struct hearth_queued *queued =
            hearth_look_ahead_pop(&policy, model->queue, model->flight_count, model->flight_cost);
        if (!queued)
            return;
        struct hearth_inference *inference = (struct hearth_inference *)queued;
        if (model->flight_count &&
            (is_suspect(inference) || is_suspect(model->flights[0].inference))) {
            hearth_queue_unpop(model->queue, queued, inference->caller->client);
            return;
        }
        send_one(model, inference);
    }
}

/* All that wait */

void hearth_dispatch_tell_loading(struct served_model *model)
{
    struct walk walk;
    hearth_walk_begin(&walk, model);
    for (struct hearth_inference *inference; (inference = hearth_walk_next(&walk));) {
        if (inference->events.on_loading && !inference->begun)
            inference->events.on_loading(inference->argument, model->load_fraction);
    }
}

void hearth_dispatch_ready(struct served_model *model)
{
    uint64_t now = hearth_clock_us();
    for (struct hearth_inference *inference = model->inferences; inference;
         inference = inference->next)
        if (!inference->ready_us)
            inference->ready_us = now;
    hearth_dispatch(model);
}

void hearth_dispatch_fail_queued(struct served_model *model, const struct hearth_error *error,
                                 uint32_t retry_after_ms)
{
    struct walk walk;
    hearth_walk_begin(&walk, model);
    for (struct hearth_inference *inference; (inference = hearth_walk_next(&walk));) {
        if (inference->in_queue)
            hearth_inference_fail(inference, error, retry_after_ms);
    }
}

static uint32_t crashes_max(const struct hearth_inference *inference)
{
    return inference->input.task == HEARTH_TASK_GENERATE ? CRASHES_GENERATING_MAX : CRASHES_MAX;
}

static void bury(const struct hearth_inference *inference, const struct hearth_error *error)
{
    const struct hearth_dead_letter letter = {
        .model = (char *)inference->model->entry->id,
        .client = inference->caller->client,
        .request_id = inference->caller->request_id,
        .shared = inference->shared,
        .seed_offset = inference->seed_offset,
        .class_ = inference->queued.class_,
        .attempts = inference->crashes,
        .died_ms = (uint64_t)hearth_clock_wall_ms(),
        .error = *error,
    };
    hearth_dead_letters_add(inference->model->scheduler->dead_letters, &letter);
}

static bool put_back(struct hearth_inference *inference, const struct hearth_error *error)
{
    struct served_model *model = inference->model;
    if (inference->begun)
        return false;
    if (++inference->crashes >= crashes_max(inference)) {
        bury(inference, error);
        return false;
    }
    inference->stream = 0;
    inference->in_queue = true;
    hearth_queue_unpop(model->queue, &inference->queued, inference->caller->client);
    model->counts.retries++;
    return true;
}

static void lose(struct hearth_inference *inference, const struct hearth_error *error,
                 bool may_retry)
{
    if (inference->collected) /* only the word that it was all is missing */
        hearth_inference_complete(
            inference,
            &(struct hearth_ipc_event){.event = {.kind = HEARTH_EVENT_DONE,
                                                 .finish = HEARTH_FINISH_STOP,
                                                 .prompt_tokens = (uint32_t)inference->tokens_in}});
    else if (!may_retry || !put_back(inference, error))
        hearth_inference_fail(inference, error, 0);
}

void hearth_dispatch_lost(void *argument, const struct hearth_error *error, const uint32_t *streams,
                          size_t count)
{
    struct served_model *model = argument;
    model->last_error = *error;
    model->counts.crashes++;
    for (size_t i = 0; i < count; i++) {
        struct flight *flight = flight_of(model, streams[i]);
        struct hearth_inference *inference = flight ? flight->inference : NULL;
        if (flight)
            end_flight(model, flight);
        if (inference)
            lose(inference, error, true);
    }
    hearth_dispatch(model);
    hearth_served_rest(model);
}

void hearth_dispatch_workers(void *argument, uint32_t ready)
{
    struct served_model *model = argument;
    model->workers = ready;
    hearth_dispatch(model);
}

void hearth_dispatch_worker_lost(struct served_model *model, const struct hearth_error *error,
                                 bool may_retry)
{
    model->flight_count = 0;
    model->flight_cost = 0;
    struct walk walk;
    hearth_walk_begin(&walk, model);
    for (struct hearth_inference *inference; (inference = hearth_walk_next(&walk));) {
        if (inference->stream)
            lose(inference, error, may_retry);
    }
}

/* Worker → request */

void hearth_dispatch_prepared(void *argument, uint32_t stream,
                              const struct hearth_ipc_prepared *prepared)
{
    struct flight *flight = flight_of(argument, stream);
    struct hearth_inference *inference = flight ? flight->inference : NULL;
    struct served_model *model = argument;
    if (!inference || inference->prepared)
        return;
    if (inference->input.task != HEARTH_TASK_GENERATE) { /* that one's answer costs too */
        model->flight_cost += prepared->token_count - flight->cost;
        flight->cost = prepared->token_count;
    }
    inference->prepared = true;
    const struct hearth_scheduler_observer *observer = model->scheduler->options.observer;
    if (observer && observer->on_tokenized && prepared->prepare_us)
        observer->on_tokenized(observer->argument, model->entry->id, prepared->prepare_us);
    inference->tokens_in = prepared->token_count;
    inference->truncated = prepared->truncated_count;
    if (inference->events.on_prepared)
        inference->events.on_prepared(inference->argument, prepared->token_count,
                                      prepared->truncated_count);
}

void hearth_dispatch_tokens(void *argument, uint32_t stream, const int32_t *tokens, size_t count)
{
    struct flight *flight = flight_of(argument, stream);
    struct hearth_inference *inference = flight ? flight->inference : NULL;
    if (!inference)
        return;
    inference->begun = true;
    if (inference->events.on_tokens)
        inference->events.on_tokens(inference->argument, tokens, count);
}

static void observe_event(struct hearth_inference *inference)
{
    const struct served_model *model = inference->model;
    const struct hearth_scheduler_observer *observer = model->scheduler->options.observer;
    uint64_t now = hearth_clock_us();
    uint64_t last = inference->last_event_us;
    inference->last_event_us = now;
    if (!observer)
        return;
    if (last && observer->on_gap)
        observer->on_gap(observer->argument, model->entry->id, now - last);
    if (!last && observer->on_first_event)
        observer->on_first_event(observer->argument, model->entry->id,
                                 now - inference->submitted_us);
}

static void take_output(struct hearth_inference *inference, const struct hearth_ipc_event *event)
{
    inference->begun = true;
    inference->tokens_out += event->event.token_count;
    observe_event(inference);
    hearth_reuse_collect(inference, &event->event);
    if (inference->events.on_event)
        inference->events.on_event(inference->argument, &event->event);
}

static void measure_rate(struct served_model *model)
{
    uint64_t now = hearth_clock_us();
    if (model->completed_us && now > model->completed_us) {
        double rate = 1e6 / (double)(now - model->completed_us);
        model->completed_per_s =
            model->completed_per_s
                ? 1 / ((1 - RATE_WEIGHT) / model->completed_per_s + RATE_WEIGHT / rate)
                : rate;
    }
    model->completed_us = now;
}

static void take_end(struct served_model *model, struct flight *flight,
                     const struct hearth_ipc_event *event)
{
    struct hearth_inference *inference = flight->inference;
    end_flight(model, flight);
    measure_rate(model);
    /* A canceled one proves nothing; one that the model broke at is followed by its worker's end. */
    bool broke = event->event.kind == HEARTH_EVENT_ERROR && event->failure.code == HEARTH_EMODEL;
    if (inference && !broke)
        hearth_breaker_success(&model->breaker);
    hearth_dispatch(model); /* before the callback: the free slot does not wait for it */
    if (!inference)
        hearth_served_rest(model);
    else if (event->event.kind == HEARTH_EVENT_DONE)
        hearth_inference_complete(inference, event);
    else
        hearth_inference_fail(inference, &event->failure, 0);
}

void hearth_dispatch_event(void *argument, uint32_t stream, const struct hearth_ipc_event *event)
{
    struct served_model *model = argument;
    struct flight *flight = flight_of(model, stream);
    if (!flight)
        return; /* it ended before, and the worker did not know yet */
    if (event->event.kind == HEARTH_EVENT_DONE || event->event.kind == HEARTH_EVENT_ERROR)
        take_end(model, flight, event);
    else if (flight->inference)
        take_output(flight->inference, event);
}
