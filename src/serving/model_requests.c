#include "serving/model_requests.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"
#include "domain/look_ahead.h"
#include "domain/promises.h"
#include "loop/loop.h"
#include "serving/model_identity.h"
#include "wire/ipc_event.h"

#include <string.h>

struct counts {
    uint64_t requests, cancels, tokens_in, tokens_out, cache_hits, dedup_hits;
};

struct hearth_model_requests {
    const struct hearth_model_identity *identity;
    struct hearth_reuse *reuse;
    struct hearth_flights *flights;
    const struct hearth_requests_ops *ops;
    void *argument;
    struct hearth_queue *queue;
    struct hearth_promises promises; /* to clients that it refused */
    struct hearth_request_list list; /* queued and running */
    struct hearth_timer *due;
    uint64_t due_ms;      /* when `due` fires; 0: not running */
    uint64_t used_ms;     /* loop's clock */
    uint64_t last_use_ms; /* wall clock, for people */
    struct counts counts;
};

static uint64_t now_ms(const struct hearth_model_requests *requests)
{
    return hearth_loop_now_ms(requests->identity->loop);
}

/* Cleared before the owner is called, which sets the next time. A time that has passed must not
 * keep a later call of hearth_requests_due from starting the timer. */
static void on_due_time(void *argument)
{
    struct hearth_model_requests *requests = argument;
    requests->due_ms = 0;
    requests->ops->on_due(requests->argument);
}

struct hearth_model_requests *hearth_requests_create(const struct hearth_model_identity *identity,
                                                     struct hearth_reuse *reuse,
                                                     struct hearth_flights *flights,
                                                     const struct hearth_requests_ops *ops,
                                                     void *argument)
{
    struct hearth_model_requests *requests = hearth_calloc(1, sizeof(*requests));
    requests->identity = identity;
    requests->reuse = reuse;
    requests->flights = flights;
    requests->ops = ops;
    requests->argument = argument;
    requests->queue = hearth_queue_create(&(struct hearth_queue_limits){0}, identity->queues);
    requests->due = hearth_timer_create(identity->loop, on_due_time, requests);
    hearth_requests_limit(requests);
    return requests;
}

void hearth_requests_destroy(struct hearth_model_requests *requests)
{
    hearth_timer_destroy(requests->due);
    hearth_queue_destroy(requests->queue);
    hearth_free(requests);
}

void hearth_requests_limit(struct hearth_model_requests *requests)
{
    const struct hearth_model_settings *settings = &requests->identity->settings;
    const struct hearth_queue_limits limits = {.requests_max = (size_t)settings->queue_max,
                                               .cost_max = (uint64_t)settings->queue_tokens_max};
    hearth_queue_limit(requests->queue, &limits);
}

/* In */

static void use(struct hearth_model_requests *requests, const struct hearth_inference *inference)
{
    if (inference->asked.is_probe)
        return;
    requests->last_use_ms = (uint64_t)hearth_clock_wall_ms();
    requests->used_ms = now_ms(requests);
}

/* From here on the request has a place in all books, and every way out goes through `drop`. */
static void add(struct hearth_model_requests *requests, struct hearth_inference *inference)
{
    hearth_request_list_add(&requests->list, inference);
    requests->counts.requests++;
    use(requests, inference);
    hearth_requests_due(requests, inference->asked.deadline_ms);
}

static void tell_soon(struct hearth_inference *inference)
{
    hearth_requests_due(inference->requests, now_ms(inference->requests));
}

/* A vector that is there, or on its way to somebody else, needs neither a place in the queue nor a
 * loaded model: such a request is never refused. What is told later may be told at once, but not
 * from inside submit. */
enum hearth_share_start hearth_requests_reuse(struct hearth_model_requests *requests,
                                              struct hearth_inference *inference)
{
    inference->requests = requests;
    enum hearth_share_start start = hearth_share_begin(
        requests->reuse, &inference->share, &requests->identity->maker, &inference->asked.input);
    if (start == HEARTH_SHARE_COMPUTES)
        return start;
    add(requests, inference);
    if (start == HEARTH_SHARE_FOLLOWS) {
        requests->counts.dedup_hits++;
    } else {
        requests->counts.cache_hits++;
        tell_soon(inference);
    }
    return start;
}

static uint32_t client_of(const struct hearth_inference *inference)
{
    const char *client = inference->asked.caller->client;
    return hearth_hash32(HEARTH_HASH32_START, client, strlen(client));
}

void hearth_requests_promise(struct hearth_model_requests *requests,
                             const struct hearth_inference *inference, uint64_t free_ms,
                             uint64_t due_ms)
{
    const struct hearth_promise promise = {
        .client = client_of(inference), .free_ms = free_ms, .due_ms = due_ms};
    if (inference->queued.place == HEARTH_PLACE_NEW)
        hearth_promises_add(&requests->promises, &promise);
}

/* Who comes as it was told to has its place; from all others those are kept that are promised. */
static void keep_promises(struct hearth_model_requests *requests,
                          const struct hearth_inference *inference)
{
    struct hearth_promises *promises = &requests->promises;
    uint64_t now = hearth_clock_monotonic_ms();
    size_t kept = 0;
    if (promises->count && !hearth_promises_take(promises, client_of(inference), now))
        kept = hearth_promises_due(promises, (size_t)requests->identity->settings.queue_max, now);
    hearth_queue_reserve(requests->queue, kept);
}

/* It begins to lead only now: one that the queue refuses must have no followers. */
int hearth_requests_enqueue(struct hearth_model_requests *requests,
                            struct hearth_inference *inference, struct hearth_error *error)
{
    inference->requests = requests;
    keep_promises(requests, inference);
    int rc = hearth_queue_push(requests->queue, &inference->queued, inference->asked.caller->client,
                               now_ms(requests));
    if (rc < 0) {
        const struct hearth_queue_total *all = requests->identity->queues;
        bool total = all && hearth_queue_total_is_full(all, &inference->queued);
        size_t waiting = total ? all->length : hearth_queue_length(requests->queue);
        return hearth_error_set(error, rc, "%s already %s %zu request%s waiting",
                                total ? "all models together" : "the model", total ? "have" : "has",
                                waiting, waiting == 1 ? "" : "s");
    }
    inference->waits.in_queue = true;
    hearth_share_lead(requests->reuse, &inference->share);
    add(requests, inference);
    return 0;
}

/* How many are under way, and what they cost, is what the policy goes by; both are known to the
 * flights. */
struct hearth_inference *hearth_requests_next(struct hearth_model_requests *requests,
                                              const struct hearth_look_ahead *policy)
{
    struct hearth_queued *queued =
        hearth_look_ahead_pop(policy, requests->queue, hearth_flights_count(requests->flights),
                              hearth_flights_cost(requests->flights));
    struct hearth_inference *inference = (struct hearth_inference *)queued;
    if (inference)
        inference->waits.in_queue = false;
    return inference;
}

/* To the head of its client's turn, and free of charge: its turn was paid when it was taken out.
 * This is never refused, because the request was admitted before. */
void hearth_requests_put_back(struct hearth_inference *inference)
{
    inference->waits.in_queue = true;
    hearth_queue_unpop(inference->requests->queue, &inference->queued,
                       inference->asked.caller->client);
}

/* Out */

/* Off all books, and freed. The books of shares, queue, flights and list, in this order, each of
 * which finds the request by its part; then it is freed, and the owner looks whether that was
 * the last one. */
static void drop(struct hearth_inference *inference)
{
    struct hearth_model_requests *requests = inference->requests;
    hearth_share_leave(requests->reuse, &inference->share);
    if (inference->waits.in_queue)
        hearth_queue_remove(requests->queue, &inference->queued);
    hearth_flight_leave(requests->flights, &inference->flight);
    hearth_request_list_remove(&requests->list, inference);
    requests->counts.tokens_in += inference->meter.tokens_in;
    requests->counts.tokens_out += inference->meter.tokens_out;
    use(requests, inference);
    hearth_request_destroy(inference);
    requests->ops->on_left(requests->argument);
}

/* What it failed with is its followers' failure too. */
static void fail_followers(struct hearth_inference *inference, const struct hearth_error *error,
                           uint32_t retry_after_ms)
{
    for (struct hearth_vector_share *one; (one = hearth_share_take_follower(&inference->share));)
        hearth_requests_fail_soon(hearth_request_of_share(one), error, retry_after_ms);
}

/* Its followers first, while it is still there; then its own books; then the callback, which may do
 * anything, also submit again. The error is copied, because callers pass one that lies in the
 * request itself. */
void hearth_requests_fail(struct hearth_inference *inference, const struct hearth_error *error,
                          uint32_t retry_after_ms)
{
    const struct hearth_inference_events events = inference->asked.events;
    void *argument = inference->asked.argument;
    const struct hearth_error copy = *error; /* it may lie in what is freed */
    fail_followers(inference, &copy, retry_after_ms);
    hearth_meter_ended(&inference->meter, inference->requests->identity, copy.code);
    drop(inference);
    events.on_error(argument, &copy, retry_after_ms);
}

static void answer(struct hearth_inference *inference, const struct hearth_inference_done *done)
{
    const struct hearth_inference_events events = inference->asked.events;
    void *argument = inference->asked.argument;
    hearth_meter_ended(&inference->meter, inference->requests->identity, 0);
    drop(inference);
    events.on_done(argument, done);
}

/* False when a callback has ended the request. */
static bool tell_vector(struct hearth_inference *inference,
                        const struct hearth_shared_vector *vector)
{
    const struct hearth_inference_events events = inference->asked.events;
    void *argument = inference->asked.argument;
    bool gone = false;
    inference->gone = &gone;
    if (events.on_prepared && !inference->flight.prepared)
        events.on_prepared(argument, vector->prompt_tokens, vector->truncated_tokens);
    const struct hearth_event event = {
        .kind = HEARTH_EVENT_VECTOR, .values = vector->values, .value_count = vector->count};
    if (!gone && vector->count && events.on_event)
        events.on_event(argument, &event);
    if (!gone)
        inference->gone = NULL;
    return !gone;
}

/* The vector stays in our hands until both callbacks are over: the first of them may cancel the
 * request, which would free what its share holds. */
void hearth_requests_deliver(struct hearth_inference *inference)
{
    struct hearth_shared_vector *vector = hearth_share_take_answer(&inference->share);
    if (tell_vector(inference, vector))
        answer(inference,
               &(struct hearth_inference_done){.finish = HEARTH_FINISH_STOP,
                                               .prompt_tokens = vector->prompt_tokens,
                                               .truncated_tokens = vector->truncated_tokens});
    hearth_shared_vector_release(vector);
}

/* Followers are answered from the timer and not from here, so that a list of many equal texts does
 * not call back from within one event. A request that inherited its place after the vector had come
 * was not told of that vector: it is owed it, and gets it before its end. */
void hearth_requests_complete(struct hearth_inference *inference,
                              const struct hearth_ipc_event *event)
{
    struct hearth_model_requests *requests = inference->requests;
    struct hearth_inference_done done;
    hearth_meter_done(&inference->meter, requests->identity, event, &done);
    if (hearth_share_complete(requests->reuse, &inference->share, &requests->identity->maker,
                              done.prompt_tokens, done.truncated_tokens) < 0) {
        struct hearth_error error;
        hearth_error_set(&error, HEARTH_ENOMEM, "no memory for the vector");
        fail_followers(inference, &error, 0);
    }
    for (struct hearth_vector_share *one; (one = hearth_share_take_follower(&inference->share));) {
        hearth_share_hand_out(&inference->share, one);
        tell_soon(hearth_request_of_share(one));
    }
    if (inference->share.owed)
        hearth_requests_deliver(inference);
    else
        answer(inference, &done);
}

void hearth_requests_pass_on(struct hearth_inference *inference)
{
    struct hearth_model_requests *requests = inference->requests;
    struct hearth_vector_share *share = hearth_share_pass_on(requests->reuse, &inference->share);
    if (!share)
        return;
    struct hearth_inference *heir = hearth_request_of_share(share);
    if (inference->waits.in_queue) {
        inference->waits.in_queue = false;
        hearth_queue_remove(requests->queue, &inference->queued);
        hearth_requests_put_back(heir);
    }
    hearth_flight_hand_over(requests->flights, &inference->flight, &heir->flight);
    hearth_meter_hand_over(&inference->meter, &heir->meter);
    /* A failure that has not been told yet was about the place, not about who had it. */
    if (inference->waits.failure.code)
        hearth_requests_fail_soon(heir, &inference->waits.failure, inference->waits.retry_after_ms);
}

void hearth_requests_leave(struct hearth_inference *inference)
{
    inference->requests->counts.cancels++;
    hearth_meter_ended(&inference->meter, inference->requests->identity, HEARTH_ECANCELED);
    drop(inference);
}

/* Later, and all at once */

/* One timer for all of them. It runs for the earliest time that was asked for; if that request goes
 * first, the timer comes in vain and finds the next time. */
void hearth_requests_due(struct hearth_model_requests *requests, uint64_t time_ms)
{
    if (time_ms == 0 || (requests->due_ms && requests->due_ms <= time_ms))
        return;
    uint64_t now = now_ms(requests);
    requests->due_ms = time_ms;
    hearth_timer_start(requests->due, time_ms > now ? time_ms - now : 0, 0);
}

void hearth_requests_fail_soon(struct hearth_inference *inference, const struct hearth_error *error,
                               uint32_t retry_after_ms)
{
    inference->waits.failure = *error;
    inference->waits.retry_after_ms = retry_after_ms;
    tell_soon(inference);
}

/* A walk is not needed: nothing is called back from here. */
void hearth_requests_fail_all_soon(struct hearth_model_requests *requests,
                                   const struct hearth_error *error)
{
    for (struct hearth_inference *one = requests->list.first; one; one = one->links.next)
        hearth_requests_fail_soon(one, error, 0);
}

/* What is with a worker already is left to it. */
void hearth_requests_fail_queued(struct hearth_model_requests *requests,
                                 const struct hearth_error *error, uint32_t retry_after_ms)
{
    struct hearth_walk walk;
    hearth_walk_begin(&walk, &requests->list);
    for (struct hearth_inference *one; (one = hearth_walk_next(&walk));)
        if (one->waits.in_queue)
            hearth_requests_fail(one, error, retry_after_ms);
}

void hearth_requests_fail_all(struct hearth_model_requests *requests,
                              const struct hearth_error *error)
{
    struct hearth_walk walk;
    hearth_walk_begin(&walk, &requests->list);
    for (struct hearth_inference *one; (one = hearth_walk_next(&walk));)
        hearth_requests_fail(one, error, 0);
}

void hearth_requests_tell_loading(struct hearth_model_requests *requests, float fraction)
{
    struct hearth_walk walk;
    hearth_walk_begin(&walk, &requests->list);
    for (struct hearth_inference *one; (one = hearth_walk_next(&walk));)
        if (one->asked.events.on_loading && !one->flight.budget.begun)
            one->asked.events.on_loading(one->asked.argument, fraction);
}

void hearth_requests_model_is_ready(struct hearth_model_requests *requests)
{
    for (struct hearth_inference *one = requests->list.first; one; one = one->links.next)
        hearth_meter_model_is_ready(&one->meter);
}

/* What others ask */

void hearth_requests_walk(struct hearth_model_requests *requests, struct hearth_walk *walk)
{
    hearth_walk_begin(walk, &requests->list);
}

const struct hearth_model_identity *
hearth_requests_identity(const struct hearth_model_requests *requests)
{
    return requests->identity;
}

bool hearth_requests_any(const struct hearth_model_requests *requests)
{
    return requests->list.first != NULL;
}

bool hearth_requests_any_queued(const struct hearth_model_requests *requests)
{
    return hearth_queue_length(requests->queue) > 0;
}

bool hearth_requests_are_walked(const struct hearth_model_requests *requests)
{
    return requests->list.walks != NULL;
}

uint64_t hearth_requests_used_ms(const struct hearth_model_requests *requests)
{
    return requests->used_ms;
}

void hearth_requests_touch(struct hearth_model_requests *requests)
{
    requests->used_ms = now_ms(requests);
}

void hearth_requests_look_idle(struct hearth_model_requests *requests)
{
    requests->ops->on_left(requests->argument);
}

double hearth_requests_no_shows(const struct hearth_model_requests *requests)
{
    return requests->promises.no_shows;
}

void hearth_requests_report(const struct hearth_model_requests *requests,
                            struct hearth_model_report *report)
{
    const struct counts *counts = &requests->counts;
    report->requests = counts->requests;
    report->cancels = counts->cancels;
    report->tokens_in = counts->tokens_in;
    report->tokens_out = counts->tokens_out;
    report->cache_hits = counts->cache_hits;
    report->dedup_hits = counts->dedup_hits;
    report->last_use_ms = requests->last_use_ms;
    report->queued = hearth_queue_length(requests->queue);
    report->queued_cost = hearth_queue_cost(requests->queue);
    for (int i = 0; i < HEARTH_CLASS_COUNT; i++)
        report->queued_by_class[i] =
            hearth_queue_class_length(requests->queue, (enum hearth_class)i);
}
