#include "serving/model_dispatch.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "catalog/catalog.h"
#include "domain/blame.h"
#include "domain/climate.h"
#include "domain/look_ahead.h"
#include "domain/pace.h"
#include "loop/loop.h"
#include "serving/dead_letters.h"
#include "serving/model_identity.h"

struct hearth_model_dispatch {
    struct hearth_model_requests *requests;
    struct hearth_flights *flights;
    struct hearth_dead_letters *letters;
    const struct hearth_dispatch_ops *ops;
    void *argument;
    struct hearth_backend *backend; /* belongs to the load; NULL: closed */
    struct hearth_timer *pause;     /* its end */
    bool held, on_trial, paused;
    bool whole; /* the model's inputs are not cut */
    uint32_t slots, batch, workers, replicas;
    uint64_t retries;
    struct hearth_pace pace;
};

static uint64_t now_us(void)
{
    return hearth_clock_monotonic_ns() / 1000;
}

static void on_pause_over(void *argument)
{
    struct hearth_model_dispatch *dispatch = argument;
    dispatch->paused = false;
    hearth_dispatch_next(dispatch);
}

struct hearth_model_dispatch *hearth_dispatch_create(struct hearth_model_requests *requests,
                                                     struct hearth_flights *flights,
                                                     struct hearth_dead_letters *letters,
                                                     const struct hearth_dispatch_ops *ops,
                                                     void *argument)
{
    struct hearth_model_dispatch *dispatch = hearth_calloc(1, sizeof(*dispatch));
    dispatch->requests = requests;
    dispatch->flights = flights;
    dispatch->letters = letters;
    dispatch->ops = ops;
    dispatch->argument = argument;
    dispatch->pause =
        hearth_timer_create(hearth_requests_identity(requests)->loop, on_pause_over, dispatch);
    return dispatch;
}

void hearth_dispatch_destroy(struct hearth_model_dispatch *dispatch)
{
    hearth_timer_destroy(dispatch->pause);
    hearth_free(dispatch);
}

/* Opening and closing */

/* Of what it could compute at once, as much as the heat of the machine allows; one in any case. */
static uint32_t slots_now(const struct hearth_model_dispatch *dispatch)
{
    const struct hearth_climate *climate = hearth_requests_identity(dispatch->requests)->climate;
    uint32_t slots = climate ? dispatch->slots / climate->slow : dispatch->slots;
    return slots ? slots : 1;
}

static struct hearth_look_ahead look_ahead(const struct hearth_model_dispatch *dispatch)
{
    return (struct hearth_look_ahead){
        .slots = slots_now(dispatch),
        .batch = dispatch->batch,
        .workers = dispatch->workers,
        .whole = dispatch->whole,
        .probing = dispatch->on_trial,
    };
}

/* The most that may be under way once all workers are ready and none is on trial. */
static size_t most_flights(const struct hearth_model_dispatch *dispatch)
{
    struct hearth_look_ahead policy = look_ahead(dispatch);
    policy.probing = false;
    policy.slots = dispatch->slots;
    policy.workers = dispatch->replicas;
    return hearth_look_ahead_most(&policy, true);
}

/* Room is made for as many flights as all workers may ever have, so that nothing is allocated while
 * requests run. The first worker is ready now; the others say so one by one, each with on_workers.
 */
void hearth_dispatch_open(struct hearth_model_dispatch *dispatch, struct hearth_backend *backend,
                          const struct hearth_model_facts *facts, uint32_t replicas, bool on_trial)
{
    dispatch->backend = backend;
    dispatch->held = dispatch->paused = false;
    dispatch->on_trial = on_trial;
    /* Attention over the whole input: it cannot be computed in pieces (domain/batch.h). */
    dispatch->whole = !(facts->tasks & HEARTH_TASK_GENERATE) &&
                      facts->tasks & (HEARTH_TASK_EMBED | HEARTH_TASK_SCORE);
    dispatch->slots = facts->slots ? facts->slots : 1;
    dispatch->batch = facts->batch ? facts->batch : 1;
    dispatch->replicas = replicas;
    dispatch->workers = 1; /* the others come one by one */
    hearth_flights_open(dispatch->flights, most_flights(dispatch));
    hearth_requests_model_is_ready(dispatch->requests);
    hearth_dispatch_next(dispatch);
}

bool hearth_dispatch_is_open(const struct hearth_model_dispatch *dispatch)
{
    return dispatch->backend && !dispatch->held;
}

/* Only sending stops. Credits and cancels still go to the backend, because streams still run. */
void hearth_dispatch_hold(struct hearth_model_dispatch *dispatch)
{
    dispatch->held = true;
}

void hearth_dispatch_pause(struct hearth_model_dispatch *dispatch, uint64_t ms)
{
    dispatch->paused = true;
    hearth_timer_start(dispatch->pause, ms, 0);
}

bool hearth_dispatch_is_paused(const struct hearth_model_dispatch *dispatch)
{
    return dispatch->paused;
}

void hearth_dispatch_detach(struct hearth_model_dispatch *dispatch)
{
    dispatch->backend = NULL;
}

/* Kept for a person: it may be the input that ends every worker, and worth looking at. */
static void bury(const struct hearth_model_dispatch *dispatch,
                 const struct hearth_inference *inference, const struct hearth_error *error)
{
    const struct hearth_request_asked *asked = &inference->asked;
    const struct hearth_dead_letter letter = {
        .model = (char *)hearth_requests_identity(dispatch->requests)->entry->id,
        .client = asked->caller->client,
        .request_id = asked->caller->request_id,
        .shared = asked->shared,
        .seed_offset = asked->seed_offset,
        .class_ = inference->queued.class_,
        .attempts = inference->flight.budget.crashes,
        .died_ms = (uint64_t)hearth_clock_wall_ms(),
        .error = *error,
    };
    hearth_dead_letters_add(dispatch->letters, &letter);
}

/* Its worker ended. Three ways on. Its vector is here already; or it may be tried again; or it
 * ends, and if too many workers have ended under it, it is kept for a person to look at. */
static void lose(struct hearth_model_dispatch *dispatch, struct hearth_inference *inference,
                 const struct hearth_error *error, bool may_retry)
{
    /* Its vector is here: only the word that this was all is missing. */
    if (inference->share.collected) {
        const struct hearth_ipc_event end = {
            .event = {.kind = HEARTH_EVENT_DONE,
                      .finish = HEARTH_FINISH_STOP,
                      .prompt_tokens = (uint32_t)inference->meter.tokens_in}};
        hearth_requests_complete(inference, &end);
        return;
    }
    enum hearth_crash_verdict verdict =
        may_retry ? hearth_flight_lost(&inference->flight, hearth_request_generates(inference))
                  : HEARTH_CRASH_CUT_OFF;
    if (verdict == HEARTH_CRASH_TRY_AGAIN) {
        hearth_requests_put_back(inference);
        dispatch->retries++;
        return;
    }
    if (verdict == HEARTH_CRASH_GIVE_UP)
        bury(dispatch, inference, error);
    hearth_requests_fail(inference, error, 0);
}

/* All flights are gone with the backend, so the books of flights are emptied at once; which
 * requests were with it is still written in each of them. */
void hearth_dispatch_close(struct hearth_model_dispatch *dispatch, const struct hearth_error *error,
                           bool may_retry)
{
    dispatch->backend = NULL;
    hearth_flights_lose_all(dispatch->flights);
    struct hearth_walk walk;
    hearth_requests_walk(dispatch->requests, &walk);
    for (struct hearth_inference *one; (one = hearth_walk_next(&walk));)
        if (one->flight.stream)
            lose(dispatch, one, error, may_retry);
}

/* Queue → worker */

static void send_one(struct hearth_model_dispatch *dispatch, struct hearth_inference *inference)
{
    const struct hearth_backend_request request = {
        .stream = hearth_flights_next_stream(dispatch->flights),
        .input = &inference->asked.input,
        .credit = inference->asked.credit,
        .cost = inference->queued.cost,
        .class_ = inference->queued.class_,
        .traceparent = inference->asked.caller->traceparent,
    };
    struct hearth_error error;
    if (hearth_backend_send(dispatch->backend, &request, &error) < 0) {
        /* We may be inside its submit: it is told from the timer. */
        hearth_requests_fail_soon(inference, &error, 0);
        return;
    }
    hearth_flights_begin(dispatch->flights, &inference->flight, inference->queued.cost);
    hearth_meter_sent(&inference->meter, hearth_requests_identity(dispatch->requests));
}

/* Asked for one at a time, because sending one changes what may be sent next. When a suspect is
 * next, it waits until nothing else is under way; and while it is under way, everything else waits
 * for it. That is slow, and happens only after two workers have ended. */
void hearth_dispatch_next(struct hearth_model_dispatch *dispatch)
{
    while (hearth_dispatch_is_open(dispatch) && !dispatch->paused &&
           hearth_flights_room(dispatch->flights)) {
        const struct hearth_look_ahead policy = look_ahead(dispatch);
        struct hearth_inference *next = hearth_requests_next(dispatch->requests, &policy);
        if (!next)
            return;
        const struct hearth_request_flight *first = hearth_flights_first(dispatch->flights);
        if (!hearth_crash_budget_may_join(&next->flight.budget,
                                          hearth_flights_count(dispatch->flights),
                                          first ? &first->budget : NULL)) {
            hearth_requests_put_back(next);
            return;
        }
        send_one(dispatch, next);
    }
}

void hearth_dispatch_withdraw(struct hearth_model_dispatch *dispatch,
                              struct hearth_inference *inference)
{
    hearth_requests_pass_on(inference);
    /* With an heir it has no stream any more. */
    if (inference->flight.stream && dispatch->backend)
        hearth_backend_cancel(dispatch->backend, inference->flight.stream);
}

/* Kept as a sum too: one that waits is sent with all that it was given meanwhile, and so is one
 * that is sent again. */
void hearth_dispatch_credit(struct hearth_model_dispatch *dispatch,
                            struct hearth_inference *inference, uint32_t events)
{
    hearth_request_add_credit(inference, events);
    if (inference->flight.stream && dispatch->backend)
        hearth_backend_credit(dispatch->backend, inference->flight.stream, events);
}

/* Worker → request */

/* The request of a stream; NULL when it was canceled, or the stream ended before the worker knew.
 */
static struct hearth_inference *request_of(const struct hearth_model_dispatch *dispatch,
                                           uint32_t stream)
{
    struct hearth_request_flight *part;
    hearth_flights_find(dispatch->flights, stream, &part);
    return part ? hearth_request_of_flight(part) : NULL;
}

void hearth_dispatch_on_prepared(struct hearth_model_dispatch *dispatch, uint32_t stream,
                                 const struct hearth_ipc_prepared *prepared)
{
    struct hearth_inference *inference = request_of(dispatch, stream);
    if (!inference || inference->flight.prepared)
        return;
    /* What a generating request costs is known only with its answer. */
    if (!hearth_request_generates(inference))
        hearth_flights_price(dispatch->flights, stream, prepared->token_count);
    hearth_flight_is_prepared(&inference->flight);
    hearth_meter_prepared(&inference->meter, hearth_requests_identity(dispatch->requests),
                          prepared);
    if (inference->asked.events.on_prepared)
        inference->asked.events.on_prepared(inference->asked.argument, prepared->token_count,
                                            prepared->truncated_count);
}

void hearth_dispatch_on_tokens(struct hearth_model_dispatch *dispatch, uint32_t stream,
                               const int32_t *tokens, size_t count)
{
    struct hearth_inference *inference = request_of(dispatch, stream);
    if (!inference)
        return;
    hearth_flight_has_begun(&inference->flight);
    if (inference->asked.events.on_tokens)
        inference->asked.events.on_tokens(inference->asked.argument, tokens, count);
}

void hearth_dispatch_forget_rate(struct hearth_model_dispatch *dispatch)
{
    hearth_pace_is_idle(&dispatch->pace);
}

/* The flight is over before anything else happens: the next request goes to the worker while the
 * answer to this one is still being written. */
static void take_end(struct hearth_model_dispatch *dispatch, uint32_t stream,
                     const struct hearth_ipc_event *event)
{
    struct hearth_inference *inference = request_of(dispatch, stream);
    hearth_flights_end(dispatch->flights, stream);
    hearth_pace_finished(&dispatch->pace, now_us());
    bool failed = event->event.kind == HEARTH_EVENT_ERROR;
    /* A canceled one proves nothing. */
    if (inference && hearth_end_proves_life(failed ? event->failure.code : 0)) {
        dispatch->on_trial = false;
        dispatch->ops->on_worked(dispatch->argument);
    }
    hearth_dispatch_next(dispatch); /* before the callback: the free slot does not wait for it */
    if (!inference)
        hearth_requests_look_idle(dispatch->requests);
    else if (event->event.kind == HEARTH_EVENT_DONE)
        hearth_requests_complete(inference, event);
    else
        hearth_requests_fail(inference, &event->failure, 0);
}

static void take_output(const struct hearth_model_dispatch *dispatch,
                        struct hearth_inference *inference, const struct hearth_event *event)
{
    const struct hearth_model_identity *identity = hearth_requests_identity(dispatch->requests);
    /* How far a prompt is read is no output yet: another worker may still begin it anew. */
    if (event->kind != HEARTH_EVENT_PROGRESS) {
        hearth_flight_has_begun(&inference->flight);
        hearth_meter_event(&inference->meter, identity, event);
    }
    hearth_share_collect(&inference->share, &identity->maker, event);
    if (inference->asked.events.on_event)
        inference->asked.events.on_event(inference->asked.argument, event);
}

void hearth_dispatch_on_event(struct hearth_model_dispatch *dispatch, uint32_t stream,
                              const struct hearth_ipc_event *event)
{
    struct hearth_request_flight *part;
    if (!hearth_flights_find(dispatch->flights, stream, &part))
        return; /* it ended before, and the worker did not know yet */
    if (event->event.kind == HEARTH_EVENT_DONE || event->event.kind == HEARTH_EVENT_ERROR)
        take_end(dispatch, stream, event);
    else if (part)
        take_output(dispatch, hearth_request_of_flight(part), &event->event);
}

void hearth_dispatch_on_workers(struct hearth_model_dispatch *dispatch, uint32_t ready)
{
    dispatch->workers = ready;
    hearth_dispatch_next(dispatch);
}

/* The other workers go on, so that only the requests of this one are looked at. Some may have been
 * canceled, and their flights have no request. */
void hearth_dispatch_on_lost(struct hearth_model_dispatch *dispatch,
                             const struct hearth_error *error, const uint32_t *streams,
                             size_t count)
{
    dispatch->ops->on_worker_lost(dispatch->argument, error);
    for (size_t i = 0; i < count; i++) {
        struct hearth_request_flight *part;
        if (!hearth_flights_find(dispatch->flights, streams[i], &part))
            continue;
        hearth_flights_end(dispatch->flights, streams[i]);
        if (part)
            lose(dispatch, hearth_request_of_flight(part), error, true);
    }
    hearth_dispatch_next(dispatch);
    hearth_requests_look_idle(dispatch->requests);
}

/* What others ask */

static uint32_t retry_after_ms(struct hearth_model_dispatch *dispatch, uint64_t not_before_ms)
{
    return hearth_pace_retry_after_ms(&dispatch->pace, hearth_requests_no_shows(dispatch->requests),
                                      not_before_ms, now_us());
}

uint32_t hearth_dispatch_retry_after_ms(struct hearth_model_dispatch *dispatch)
{
    return retry_after_ms(dispatch, 0);
}

uint32_t hearth_dispatch_refuse(struct hearth_model_dispatch *dispatch,
                                const struct hearth_inference *inference, uint64_t not_before_ms)
{
    uint32_t after_ms = retry_after_ms(dispatch, not_before_ms);
    hearth_requests_promise(dispatch->requests, inference, dispatch->pace.line_ms,
                            now_us() / 1000 + after_ms);
    return after_ms;
}

uint32_t hearth_dispatch_running(const struct hearth_model_dispatch *dispatch)
{
    return (uint32_t)hearth_flights_count(dispatch->flights);
}

void hearth_dispatch_report(const struct hearth_model_dispatch *dispatch,
                            struct hearth_model_report *report)
{
    uint32_t running = hearth_dispatch_running(dispatch);
    bool open = hearth_dispatch_is_open(dispatch);
    report->workers = open ? dispatch->workers : 0;
    report->slots = dispatch->slots * (open ? dispatch->workers : 1);
    report->running = running;
    report->slots_busy = running < report->slots ? running : report->slots;
    report->retries = dispatch->retries;
}
