#include "serving/inference.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "loop/loop.h"
#include "serving/scheduler_private.h"

#include <string.h>

enum {
    OUTPUT_GUESS = 256, /* tokens of an answer whose length nobody bounded */
    BYTES_PER_TOKEN = 4,
    FRAME_MARGIN = 64 << 10, /* of a request's frame, beside the input */
};

uint64_t hearth_clock_us(void)
{
    return hearth_clock_monotonic_ns() / 1000;
}

static uint64_t cost_of(const struct hearth_input *input)
{
    uint64_t tokens = input->token_count + (input->length + input->pair_length) / BYTES_PER_TOKEN;
    if (input->task == HEARTH_TASK_GENERATE)
        tokens += input->sampling && input->sampling->max_tokens ? input->sampling->max_tokens
                                                                 : OUTPUT_GUESS;
    return tokens ? tokens : 1;
}

void hearth_walk_begin(struct walk *walk, struct served_model *model)
{
    *walk = (struct walk){.model = model, .next = model->inferences, .outer = model->walks};
    model->walks = walk;
}

struct hearth_inference *hearth_walk_next(struct walk *walk)
{
    struct hearth_inference *inference = walk->next;
    if (inference)
        walk->next = inference->next;
    else
        walk->model->walks = walk->outer;
    return inference;
}

static void link_to(struct served_model *model, struct hearth_inference *inference)
{
    inference->model = model;
    inference->next = model->inferences;
    if (inference->next)
        inference->next->previous = inference;
    model->inferences = inference;
}

static void unlink_from(struct served_model *model, struct hearth_inference *inference)
{
    for (struct walk *walk = model->walks; walk; walk = walk->outer)
        if (walk->next == inference)
            walk->next = inference->next;
    if (inference->next)
        inference->next->previous = inference->previous;
    *(inference->previous ? &inference->previous->next : &model->inferences) = inference->next;
}

static struct request_caller *caller_create(const struct hearth_inference_request *request)
{
    struct request_caller *caller = hearth_calloc(1, sizeof(*caller));
    caller->uses = 1;
    caller->client = hearth_strdup(request->client ? request->client : "");
    caller->traceparent = hearth_strdup(request->traceparent);
    caller->request_id = hearth_strdup(request->request_id);
    return caller;
}

static void caller_release(struct request_caller *caller)
{
    if (--caller->uses)
        return;
    hearth_free(caller->client);
    hearth_free(caller->traceparent);
    hearth_free(caller->request_id);
    hearth_free(caller);
}

static void release(struct hearth_inference *inference)
{
    if (inference->gone)
        *inference->gone = true;
    hearth_shared_input_release(inference->shared);
    caller_release(inference->caller);
    hearth_free(inference);
}

void hearth_inference_drop(struct hearth_inference *inference)
{
    struct served_model *model = inference->model;
    hearth_reuse_forget(inference);
    if (inference->in_queue)
        hearth_queue_remove(model->queue, &inference->queued);
    for (size_t i = 0; i < model->flight_count; i++)
        if (model->flights[i].inference == inference)
            model->flights[i].inference = NULL;
    unlink_from(model, inference);
    model->counts.tokens_in += inference->tokens_in;
    model->counts.tokens_out += inference->tokens_out;
    model->last_use_ms = (uint64_t)hearth_clock_wall_ms();
    model->used_ms = hearth_loop_now_ms(model->scheduler->options.loop);
    release(inference);
    hearth_served_rest(model);
}

static void observe_end(struct hearth_inference *inference, int code)
{
    const struct hearth_scheduler_observer *observer =
        inference->model->scheduler->options.observer;
    if (observer && observer->on_end)
        observer->on_end(observer->argument, inference->model->entry->id, code,
                         inference->tokens_in, inference->tokens_out);
}

void hearth_inference_fail(struct hearth_inference *inference, const struct hearth_error *error,
                           uint32_t retry_after_ms)
{
    const struct hearth_inference_events events = inference->events;
    void *argument = inference->argument;
    hearth_reuse_fail(inference, error, retry_after_ms);
    observe_end(inference, error->code);
    hearth_inference_drop(inference);
    events.on_error(argument, error, retry_after_ms);
}

void hearth_inference_answer(struct hearth_inference *inference,
                             const struct hearth_inference_done *done)
{
    const struct hearth_inference_events events = inference->events;
    void *argument = inference->argument;
    observe_end(inference, 0);
    hearth_inference_drop(inference);
    events.on_done(argument, done);
}

void hearth_inference_complete(struct hearth_inference *inference,
                               const struct hearth_ipc_event *event)
{
    uint64_t started_us = inference->ready_us > inference->submitted_us ? inference->ready_us
                                                                        : inference->submitted_us;
    const struct hearth_inference_done done = {
        .finish = event->event.finish,
        .prompt_tokens = event->event.prompt_tokens,
        .cached_tokens = event->event.cached_tokens,
        .completion_tokens = event->event.completion_tokens,
        .truncated_tokens = inference->truncated,
        .queued_us = inference->sent_us - started_us + event->times.queued_us,
        .load_us = started_us - inference->submitted_us,
        .prefill_us = event->times.prefill_us,
        .decode_us = event->times.decode_us,
    };
    const struct hearth_scheduler_observer *observer =
        inference->model->scheduler->options.observer;
    if (observer && observer->on_computed)
        observer->on_computed(observer->argument, inference->model->entry->id,
                              done.prefill_us + done.decode_us);
    inference->tokens_in = done.prompt_tokens;
    inference->tokens_out = done.completion_tokens;
    hearth_reuse_complete(inference, done.prompt_tokens);
    if (inference->owed)
        hearth_reuse_deliver_owed(inference);
    else
        hearth_inference_answer(inference, &done);
}

static uint64_t deadline_of(const struct hearth_inference_target *target)
{
    uint64_t timeout_ms = target->model->settings.request_timeout;
    uint64_t now_ms = hearth_loop_now_ms(target->model->scheduler->options.loop);
    uint64_t limit = timeout_ms ? now_ms + timeout_ms : 0;
    if (target->deadline_ms == 0 || (limit && limit < target->deadline_ms))
        return limit;
    return target->deadline_ms;
}

static struct hearth_inference *create(const struct hearth_inference_target *target,
                                       const struct hearth_inference_part *part,
                                       const struct hearth_inference_events *events, void *argument)
{
    struct hearth_inference *inference = hearth_calloc(1, sizeof(*inference));
    inference->model = target->model;
    inference->shared = hearth_shared_input_keep(part->input);
    inference->input = *hearth_shared_input_view(part->input);
    if (inference->input.sampling) {
        inference->sampling = *inference->input.sampling;
        inference->sampling.seed += part->seed_offset;
        inference->input.sampling = &inference->sampling;
    }
    inference->seed_offset = part->seed_offset;
    inference->events = *events;
    inference->argument = argument;
    inference->caller = target->caller;
    inference->caller->uses++;
    inference->credit = target->credit;
    inference->submitted_us = hearth_clock_us();
    inference->queued.class_ = target->class_;
    inference->queued.place = part->place;
    inference->queued.cost = cost_of(&inference->input);
    inference->queued.deadline_ms = deadline_of(target);
    return inference;
}

/* A frame has a maximum, and nothing is copied that does not fit into one. */
static int check_size(const struct hearth_input *input, struct hearth_error *error)
{
    uint64_t bytes = (uint64_t)input->length + input->pair_length;
    if (bytes > HEARTH_IPC_PAYLOAD_MAX || input->token_count > HEARTH_IPC_PAYLOAD_MAX / 4 ||
        bytes + 4 * (uint64_t)input->token_count > HEARTH_IPC_PAYLOAD_MAX - FRAME_MARGIN)
        return hearth_error_set(error, HEARTH_ETOOLARGE, "the input is too large for one request");
    return 0;
}

static int check_draining(const struct hearth_scheduler *scheduler, struct hearth_error *error)
{
    if (!scheduler || scheduler->draining)
        return hearth_error_set(error, HEARTH_EDRAINING, "the server is shutting down");
    return 0;
}

/* The breaker and the queue's caps. */
static int admit(struct served_model *model, struct hearth_inference *inference,
                 uint32_t *ret_retry_after_ms, struct hearth_error *error)
{
    uint64_t now_ms = hearth_loop_now_ms(model->scheduler->options.loop);
    if (!hearth_breaker_admits(&model->breaker, now_ms)) {
        *ret_retry_after_ms = (uint32_t)hearth_breaker_retry_after_ms(&model->breaker, now_ms);
        return hearth_error_set(
            error, HEARTH_EBREAKER,
            "model '%s' crashed %u times in a row and rests for %.1f s more: %s", model->entry->id,
            model->breaker.failures, *ret_retry_after_ms / 1000.0, model->last_error.message);
    }
    int rc = hearth_queue_push(model->queue, &inference->queued, inference->caller->client, now_ms);
    if (rc == 0)
        return 0;
    *ret_retry_after_ms = 1000 * hearth_queue_retry_after_s(model->queue, model->completed_per_s);
    return hearth_error_set(error, rc, "the model already has %zu request%s waiting",
                            hearth_queue_length(model->queue),
                            hearth_queue_length(model->queue) == 1 ? "" : "s");
}

static int enter(struct hearth_inference *inference, uint32_t *ret_retry_after_ms,
                 struct hearth_error *error)
{
    struct served_model *model = inference->model;
    bool reused = hearth_reuse_take(model, inference);
    int rc = reused ? 0 : admit(model, inference, ret_retry_after_ms, error);
    if (rc < 0)
        return rc;
    inference->in_queue = !reused;
    if (!reused)
        hearth_reuse_lead(inference);
    link_to(model, inference);
    model->counts.requests++;
    model->used_ms = hearth_loop_now_ms(model->scheduler->options.loop);
    hearth_dispatch_due(model, inference->queued.deadline_ms);
    if (!reused) {
        hearth_served_want(model);
        hearth_dispatch(model);
    }
    return 0;
}

int hearth_inference_submit_part(struct hearth_inference_target *target,
                                 const struct hearth_inference_part *part,
                                 const struct hearth_inference_events *events, void *argument,
                                 struct hearth_inference **ret_inference,
                                 uint32_t *ret_retry_after_ms, struct hearth_error *error)
{
    struct served_model *model = target->model;
    uint32_t retry_after_ms = 0;
    int rc = check_draining(model ? model->scheduler : NULL, error);
    if (rc == 0)
        rc = check_size(hearth_shared_input_view(part->input), error);
    if (rc == 0 && !hearth_catalog_entry_is_same(model->entry, target->entry))
        rc = hearth_error_set(error, HEARTH_ENOMODEL, "model '%s' was removed", target->entry->id);
    if (rc == 0) {
        struct hearth_inference *inference = create(target, part, events, argument);
        rc = enter(inference, &retry_after_ms, error);
        if (rc < 0)
            release(inference);
        else
            *ret_inference = inference;
    }
    if (ret_retry_after_ms)
        *ret_retry_after_ms = retry_after_ms;
    return rc;
}

/* Targets */

int hearth_inference_target_open(struct hearth_scheduler *scheduler,
                                 const struct hearth_inference_request *request,
                                 struct hearth_inference_target **ret_target,
                                 struct hearth_error *error)
{
    const struct hearth_catalog_entry *entry;
    struct served_model *model;
    int rc = check_draining(scheduler, error);
    if (rc == 0)
        rc = hearth_catalog_acquire(scheduler->options.catalog, request->model, &entry, error);
    if (rc < 0)
        return rc;
    rc = hearth_served_get(scheduler, entry, &model, error);
    if (rc < 0) {
        hearth_catalog_entry_release(entry);
        return rc;
    }
    struct hearth_inference_target *target = hearth_calloc(1, sizeof(*target));
    *target = (struct hearth_inference_target){
        .next = model->targets,
        .model = model,
        .entry = entry,
        .caller = caller_create(request),
        .class_ = request->class_,
        .deadline_ms = request->deadline_ms,
        .credit = request->credit,
    };
    if (target->next)
        target->next->previous = target;
    model->targets = target;
    *ret_target = target;
    return 0;
}

static void unlink_target(struct hearth_inference_target *target)
{
    struct served_model *model = target->model;
    if (target->next)
        target->next->previous = target->previous;
    *(target->previous ? &target->previous->next : &model->targets) = target->next;
    target->next = target->previous = NULL;
    target->model = NULL;
}

void hearth_targets_orphan(struct served_model *model)
{
    while (model->targets)
        unlink_target(model->targets);
}

void hearth_inference_target_close(struct hearth_inference_target *target)
{
    if (!target)
        return;
    if (target->model) {
        struct hearth_scheduler *scheduler = target->model->scheduler;
        unlink_target(target);
        hearth_scheduler_forget_soon(scheduler); /* it may have been what kept a removed one */
    }
    hearth_catalog_entry_release(target->entry);
    caller_release(target->caller);
    hearth_free(target);
}

const char *hearth_inference_target_model(const struct hearth_inference_target *target)
{
    return target->entry->id;
}

int hearth_inference_submit(struct hearth_scheduler *scheduler,
                            const struct hearth_inference_request *request,
                            const struct hearth_inference_events *events, void *argument,
                            struct hearth_inference **ret_inference, uint32_t *ret_retry_after_ms,
                            struct hearth_error *error)
{
    struct hearth_inference_target *target;
    if (ret_retry_after_ms)
        *ret_retry_after_ms = 0;
    int rc = check_size(&request->input, error);
    if (rc == 0)
        rc = hearth_inference_target_open(scheduler, request, &target, error);
    if (rc < 0)
        return rc;
    const struct hearth_inference_part part = {.input = hearth_shared_input_create(&request->input),
                                               .place = request->place};
    if (part.input)
        rc = hearth_inference_submit_part(target, &part, events, argument, ret_inference,
                                          ret_retry_after_ms, error);
    else
        rc = hearth_error_set(error, HEARTH_ENOMEM, "no memory for the input");
    hearth_shared_input_release(part.input);
    hearth_inference_target_close(target);
    return rc;
}

void hearth_inference_cancel(struct hearth_inference *inference)
{
    struct served_model *model = inference->model;
    hearth_reuse_pass_on(inference);
    if (inference->stream && model->backend)
        hearth_backend_cancel(model->backend, inference->stream);
    model->counts.cancels++;
    observe_end(inference, HEARTH_ECANCELED);
    hearth_inference_drop(inference);
}

void hearth_inference_credit(struct hearth_inference *inference, uint32_t events)
{
    inference->credit =
        events > UINT32_MAX - inference->credit ? UINT32_MAX : inference->credit + events;
    if (inference->stream && inference->model->backend)
        hearth_backend_credit(inference->model->backend, inference->stream, events);
}

const struct hearth_vector_digest *hearth_inference_maker(const struct hearth_inference *inference)
{
    return &inference->maker;
}

uint32_t hearth_inference_default_dimensions(const struct hearth_inference *inference)
{
    const struct served_model *model = inference->model;
    return model->state == HEARTH_MODEL_READY ? model->facts.default_dimensions : 0;
}

const char *hearth_inference_model(const struct hearth_inference *inference)
{
    return inference->model->entry->id;
}
