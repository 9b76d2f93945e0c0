#include "task/answering.h"

#include "base/error.h"
#include "base/memory.h"
#include "gateway/body_room.h"
#include "gateway/gateway_state.h"
#include "gateway/metrics.h"
#include "loop/pool.h"
#include "serving/scheduler.h"
#include "serving/shared_input.h"
#include "task/keep_alive.h"

#include <assert.h>
#include <string.h>

enum {
    CREDIT_BATCH = 16, /* given back together: a frame to the worker for each event costs */
    BUSY_RETRY_MS = 1000,
};

struct hearth_answering_part {
    struct hearth_answering *answering;
    struct hearth_inference *inference; /* NULL before submit and once it has ended */
    uint32_t index;
    uint32_t owed; /* credits that were not given back yet */
    uint64_t room; /* how much its input takes */
    bool taken;    /* a worker has taken it up */
};

/* Events nest (an inference that is submitted by one may fail at once), and any of them may end the
 * work: what is over is freed by the outermost, so that none returns into freed memory. */
static void enter(struct hearth_answering *a)
{
    a->depth++;
}

static void forget_body(struct hearth_answering *a)
{
    hearth_call_body_free(a->gateway, a->body);
    a->body = (struct hearth_call_body){0};
}

static void give_room(struct hearth_answering *a, uint64_t bytes)
{
    hearth_body_room_give(a->gateway->body_room, bytes);
    a->room -= bytes;
}

/* The last part is on its way: what only submitting needs goes early, since answers may take long.
 */
static void forget_inputs(struct hearth_answering *a)
{
    hearth_shared_input_release(a->last);
    a->last = NULL;
    if (!a->keeps_body)
        forget_body(a);
}

static void leave(struct hearth_answering *a)
{
    if (--a->depth || !a->over || a->is_away)
        return;
    forget_inputs(a);
    forget_body(a);
    give_room(a, a->room);
    hearth_inference_target_close(a->target);
    hearth_free(a->parts);
    a->ops->release(a);
}

/* The pointer goes before the cancel, so that whatever that sets off finds no inference here. */
static void cancel_all(struct hearth_answering *a)
{
    a->over = true;
    for (uint32_t i = 0; i < a->next; i++) {
        struct hearth_inference *inference = a->parts[i].inference;
        a->parts[i].inference = NULL;
        if (inference)
            hearth_inference_cancel(inference);
    }
}

struct hearth_call *hearth_answering_end(struct hearth_answering *a)
{
    struct hearth_call *call = a->call;
    assert(call && a->depth); /* outside of events nobody would free it */
    a->call = NULL;
    call->events = NULL;
    cancel_all(a);
    return call;
}

static void fail(struct hearth_answering *a, uint32_t part, const struct hearth_error *error,
                 uint32_t retry_after_ms)
{
    a->ops->on_failed(a, part, error, retry_after_ms);
    assert(a->over);
}

/* One part will bring nothing. Either the answer can do without it, or everything ends here. */
static void miss(struct hearth_answering_part *part, const struct hearth_error *error,
                 uint32_t retry_after_ms)
{
    struct hearth_answering *a = part->answering;
    const struct hearth_error copy = *error; /* it may lie in what is freed now */
    a->time_out = a->time_out || copy.code == HEARTH_ETIMEOUT;
    a->ended++;
    if (!a->ops->on_missed || !a->ops->on_missed(a, part->index, &copy, retry_after_ms))
        fail(a, part->index, &copy, retry_after_ms);
}

static void submit_more(struct hearth_answering *a);

static void on_loading(void *argument, float fraction)
{
    struct hearth_answering *a = ((struct hearth_answering_part *)argument)->answering;
    enter(a);
    if (a->ops->on_loading)
        a->ops->on_loading(a, fraction);
    leave(a);
}

/* A worker has taken it up: there is room in the queue again. */
static void on_prepared(void *argument, uint32_t token_count, uint32_t truncated_count)
{
    struct hearth_answering_part *part = argument;
    struct hearth_answering *a = part->answering;
    enter(a);
    part->taken = true;
    a->taken++;
    if (a->ops->on_prepared)
        a->ops->on_prepared(a, part->index, token_count, truncated_count);
    submit_more(a);
    leave(a);
}

/* While the client does not read, the worker gets no credit for its events: then only this sequence
 * waits, and what has been sent stays within the credit of its start. */
static void pay(struct hearth_answering_part *part)
{
    struct hearth_answering *a = part->answering;
    if (!part->inference || a->paused)
        return;
    hearth_inference_credit(part->inference, part->owed);
    part->owed = 0;
}

static void on_event(void *argument, const struct hearth_event *event)
{
    struct hearth_answering_part *part = argument;
    struct hearth_answering *a = part->answering;
    enter(a);
    part->owed++;
    if (a->ops->on_event)
        a->ops->on_event(a, part->index, event);
    if (part->owed >= CREDIT_BATCH)
        pay(part);
    leave(a);
}

/* Ids of a text come in pieces and take no credit: all of them are known before the first is sent.
 */
static void on_tokens(void *argument, const int32_t *tokens, size_t count)
{
    struct hearth_answering *a = ((struct hearth_answering_part *)argument)->answering;
    enter(a);
    if (a->ops->on_tokens)
        a->ops->on_tokens(a, tokens, count);
    leave(a);
}

/* Its input may be shared with parts that still run, unless each is submitted in its turn. */
static void forget(struct hearth_answering_part *part)
{
    if (part->answering->waiting_max) {
        give_room(part->answering, part->room);
        part->room = 0;
    }
    part->inference = NULL;
    part->answering->live--;
    part->answering->taken -= part->taken;
}

static void on_done(void *argument, const struct hearth_inference_done *done)
{
    struct hearth_answering_part *part = argument;
    struct hearth_answering *a = part->answering;
    struct hearth_error error;
    enter(a);
    forget(part);
    if (a->ops->on_done && a->ops->on_done(a, part->index, done, &error))
        miss(part, &error, 0);
    else
        a->ended++;
    submit_more(a);
    leave(a);
}

static void on_error(void *argument, const struct hearth_error *error, uint32_t retry_after_ms)
{
    struct hearth_answering_part *part = argument;
    struct hearth_answering *a = part->answering;
    enter(a);
    forget(part);
    miss(part, error, retry_after_ms);
    submit_more(a);
    leave(a);
}

/* A list that was admitted keeps one part in the queue as its place, which is never refused; more
 * of them only fill batches, and leave room for other requests (domain/queue.h). */
static enum hearth_queue_place place_of(const struct hearth_answering *a)
{
    return a->live > a->taken ? HEARTH_PLACE_SPARE : HEARTH_PLACE_KEPT;
}

/* The part's input becomes the last one asked. */
static int take_input(struct hearth_answering_part *part, struct hearth_inference_part *asked,
                      struct hearth_error *error)
{
    struct hearth_answering *a = part->answering;
    struct hearth_shared_input *input = a->ops->ask(a, part->index, &asked->seed_offset);
    if (!input)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for the input");
    uint64_t bytes = input == a->last ? 0 : hearth_shared_input_bytes(input);
    int rc = hearth_body_room_take(a->gateway->body_room, bytes, error);
    part->room = rc ? 0 : bytes;
    a->room += part->room;
    hearth_shared_input_release(a->last);
    a->last = asked->input = input;
    return rc;
}

static int submit(struct hearth_answering_part *part, uint32_t *ret_retry_after_ms,
                  struct hearth_error *error)
{
    static const struct hearth_inference_events events = {.on_loading = on_loading,
                                                          .on_prepared = on_prepared,
                                                          .on_event = on_event,
                                                          .on_tokens = on_tokens,
                                                          .on_done = on_done,
                                                          .on_error = on_error};
    struct hearth_answering *a = part->answering;
    struct hearth_inference_part asked = {
        .place = a->admitted && a->waiting_max ? place_of(a) : HEARTH_PLACE_NEW};
    if (a->time_out)
        return hearth_error_set(error, HEARTH_ETIMEOUT,
                                "the request's time ended before this input's turn came");
    *ret_retry_after_ms = BUSY_RETRY_MS;
    int rc = take_input(part, &asked, error);
    if (rc)
        return rc;
    rc = hearth_inference_submit_part(a->target, &asked, &events, part, &part->inference,
                                      ret_retry_after_ms, error);
    if (rc) { /* it may be asked again, when there is room in the queue */
        give_room(a, part->room);
        part->room = 0;
    }
    return rc;
}

/* False: the next part must wait for room in the queue, or the work is over. */
/* A full queue fails no call that has a part under way: the next end of one makes it try again. */
static bool submit_next(struct hearth_answering *a)
{
    struct hearth_answering_part *part = &a->parts[a->next];
    struct hearth_error error;
    uint32_t retry_after_ms = 0;
    int rc = submit(part, &retry_after_ms, &error);
    if (rc == HEARTH_EQUEUEFULL && a->waiting_max && a->live)
        return false;
    a->next++;
    a->live += !rc;
    a->admitted = a->admitted || !rc;
    if (rc)
        miss(part, &error, retry_after_ms);
    return !a->over;
}

static void submit_more(struct hearth_answering *a)
{
    while (!a->over && a->next < a->count &&
           (!a->waiting_max || a->live - a->taken < a->waiting_max))
        if (!submit_next(a))
            return;
    if (!a->over && a->next == a->count)
        forget_inputs(a);
    if (a->over || a->completed || a->ended < a->count)
        return;
    a->completed = true;
    a->ops->on_complete(a);
}

/* The work may still say why to a client that can hear it; what it says is written before its
 * inferences go. */
static void on_gone(struct hearth_call *call, int reason)
{
    struct hearth_answering *a = call->work;
    enter(a);
    if (a->ops->on_gone)
        a->ops->on_gone(a, reason);
    a->call = NULL;
    cancel_all(a);
    leave(a);
}

/* What is owed has been read meanwhile: all of it is given back at once. */
static void on_writable(struct hearth_call *call)
{
    struct hearth_answering *a = call->work;
    enter(a);
    a->paused = false;
    for (uint32_t i = 0; i < a->next; i++)
        if (a->parts[i].owed)
            pay(&a->parts[i]);
    leave(a);
}

/* W3C Trace Context, section 3.2.2: version 00's form. Anything else is not carried on. */
static const char *traceparent_of(struct hearth_exchange *exchange)
{
    static const char form[] = "00-00000000000000000000000000000000-0000000000000000-00";
    const char *given = hearth_exchange_header(exchange, "traceparent");
    if (!given || strlen(given) != sizeof(form) - 1)
        return NULL;
    for (size_t i = 0; form[i]; i++)
        if (form[i] == '-' ? given[i] != '-' : !strchr("0123456789abcdef", given[i]))
            return NULL;
    return given;
}

/* The queue is fair among clients: one is a key at an address. */
struct hearth_inference_request hearth_answering_request(struct hearth_call *call,
                                                         const char *model,
                                                         enum hearth_class class_, uint32_t credit)
{
    const char *peer = hearth_exchange_head(call->exchange)->peer;
    const char *client =
        hearth_arena_format(hearth_call_arena(call), "%s@%s", call->principal, peer ? peer : "");
    return (struct hearth_inference_request){
        .model = model,
        .class_ = class_ > call->class_floor ? class_ : call->class_floor,
        .client = client ? client : call->principal,
        .deadline_ms = call->deadline_ms,
        .request_id = hearth_exchange_id(call->exchange),
        .traceparent = traceparent_of(call->exchange),
        .credit = credit,
    };
}

/* One version answers all parts, and the answer says which. */
static int open_target(struct hearth_answering *a, const struct hearth_inference_request *request,
                       struct hearth_error *error)
{
    int rc = hearth_inference_target_open(a->gateway->scheduler, request, &a->target, error);
    if (rc)
        return rc;
    const char *model = hearth_inference_target_model(a->target);
    a->call->model = hearth_metrics_model(a->gateway->metrics, model);
    hearth_exchange_set_header(a->call->exchange, "hearth-model", model);
    return 0;
}

void hearth_answering_start(struct hearth_answering *a, struct hearth_call *call,
                            const struct hearth_inference_request *request)
{
    static const struct hearth_call_events events = {.on_gone = on_gone,
                                                     .on_writable = on_writable};
    struct hearth_keep_alive keep;
    struct hearth_error error;
    a->call = call;
    a->gateway = call->gateway;
    a->body = hearth_call_take_body(call);
    a->parts = hearth_calloc(a->count, sizeof(*a->parts));
    for (uint32_t i = 0; i < a->count; i++)
        a->parts[i] = (struct hearth_answering_part){.answering = a, .index = i};
    call->work = a;
    call->events = &events;
    enter(a);
    if (hearth_keep_alive_read(a->body.json, &keep, &error) || open_target(a, request, &error)) {
        fail(a, HEARTH_NO_PART, &error, 0);
    } else {
        submit_more(a);
        /* Behind them: 0 would unload a model that has no request yet. */
        if (keep.given)
            hearth_scheduler_keep(a->gateway->scheduler, hearth_inference_target_model(a->target),
                                  keep.ms);
    }
    leave(a);
}

/* On a thread of the pool: the loop touches nothing of the work until `returned`. */
static void run_on_lane(void *argument)
{
    struct hearth_answering *a = argument;
    a->run(a);
}

/* Back on the loop. The client may have gone meanwhile: then `leave` frees what was kept for the
 * pool. */
static void returned(void *argument, bool dropped)
{
    struct hearth_answering *a = argument;
    enter(a);
    a->is_away = false;
    if (!a->over && dropped)
        fail(a, HEARTH_NO_PART, &(struct hearth_error){.code = HEARTH_EDRAINING}, 0);
    else if (!a->over)
        a->then(a);
    leave(a);
}

/* From here until `returned` the flag keeps `leave` from freeing the work, whatever becomes of the
 * client. */
void hearth_answering_elsewhere(struct hearth_answering *a,
                                void (*run)(struct hearth_answering *answering),
                                void (*then)(struct hearth_answering *answering))
{
    a->run = run;
    a->then = then;
    a->is_away = true;
    int rc = hearth_lane_submit(a->gateway->lane, run_on_lane, returned, a);
    if (!rc)
        return;
    a->is_away = false;
    fail(a, HEARTH_NO_PART, &(struct hearth_error){.code = rc}, 0);
}

void hearth_answering_pause(struct hearth_answering *a)
{
    a->paused = true;
}

const struct hearth_inference *hearth_answering_inference(const struct hearth_answering *a,
                                                          uint32_t part)
{
    return a->parts[part].inference;
}
