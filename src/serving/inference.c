#include "serving/inference.h"

#include "base/error.h"
#include "base/memory.h"
#include "catalog/catalog.h"
#include "loop/loop.h"
#include "serving/scheduler_private.h"
#include "serving/shared_input.h"

/* Parts */

/* The sooner one of what the client set and what the model's settings allow. */
static uint64_t deadline_of(const struct hearth_inference_target *target)
{
    uint64_t timeout_ms = target->model->identity.settings.request_timeout;
    uint64_t now_ms = hearth_loop_now_ms(target->model->identity.loop);
    uint64_t limit = timeout_ms ? now_ms + timeout_ms : 0;
    if (target->terms.deadline_ms == 0 || (limit && limit < target->terms.deadline_ms))
        return limit;
    return target->terms.deadline_ms;
}

/* The order matters: a vector that is there needs no model; the breaker is asked before the queue,
 * because what waits for a model that rests only fills the queue; and the model is wanted before
 * anything is sent, because a model that is not loaded sends nothing. */
static int enter(struct hearth_served_model *model, struct hearth_inference *inference,
                 uint32_t *ret_retry_after_ms, struct hearth_error *error)
{
    inference->model = model;
    if (hearth_requests_reuse(model->requests, inference) != HEARTH_SHARE_COMPUTES)
        return 0;
    int rc = hearth_life_admit(model->life, ret_retry_after_ms, error);
    if (rc < 0)
        return rc;
    rc = hearth_requests_enqueue(model->requests, inference, error);
    if (rc < 0) {
        *ret_retry_after_ms =
            hearth_dispatch_refuse(model->dispatch, inference, hearth_load_left_ms(model->load));
        return rc;
    }
    hearth_life_want(model->life);
    hearth_dispatch_next(model->dispatch);
    return 0;
}

/* What can have changed since the target was opened: the scheduler is gone or drains, or the
 * version was removed and another one has its name. Parts of one call must not be answered by
 * different models. */
static int check(const struct hearth_inference_target *target,
                 const struct hearth_inference_part *part, struct hearth_error *error)
{
    const struct hearth_catalog_entry *entry = target->entry;
    if (!target->model)
        return hearth_error_set(error, HEARTH_EDRAINING, "the server is shutting down");
    int rc = hearth_scheduler_check_open(target->scheduler, error);
    if (rc == 0)
        rc = hearth_request_check_size(hearth_shared_input_view(part->input), error);
    if (rc == 0 && !hearth_catalog_entry_is_same(target->model->identity.entry, entry))
        rc = hearth_error_set(error, HEARTH_ENOMODEL, "model '%s' was removed", entry->id);
    return rc;
}

int hearth_inference_submit_part(struct hearth_inference_target *target,
                                 const struct hearth_inference_part *part,
                                 const struct hearth_inference_events *events, void *argument,
                                 struct hearth_inference **ret_inference,
                                 uint32_t *ret_retry_after_ms, struct hearth_error *error)
{
    uint32_t retry_after_ms = 0;
    int rc = check(target, part, error);
    if (rc == 0) {
        struct hearth_request_terms terms = target->terms;
        terms.deadline_ms = deadline_of(target);
        struct hearth_inference *inference = hearth_request_create(&terms, part, events, argument);
        rc = enter(target->model, inference, &retry_after_ms, error);
        if (rc < 0)
            hearth_request_destroy(inference);
        else
            *ret_inference = inference;
    }
    if (ret_retry_after_ms)
        *ret_retry_after_ms = retry_after_ms;
    return rc;
}

/* Targets */

/* What costs something for each call is done here once: the name, the engine, the copies of who
 * asks. */
int hearth_inference_target_open(struct hearth_scheduler *scheduler,
                                 const struct hearth_inference_request *request,
                                 struct hearth_inference_target **ret_target,
                                 struct hearth_error *error)
{
    const struct hearth_catalog_entry *entry;
    struct hearth_served_model *model;
    int rc = hearth_scheduler_check_open(scheduler, error);
    if (rc == 0)
        rc = hearth_catalog_acquire(scheduler->options.catalog, request->model, &entry, error);
    if (rc < 0)
        return rc;
    rc = hearth_scheduler_take_over(scheduler, entry, &model, error);
    if (rc == 0) {
        const struct hearth_request_terms terms = {.caller = hearth_caller_create(request),
                                                   .class_ = request->class_,
                                                   .deadline_ms = request->deadline_ms,
                                                   .credit = request->credit,
                                                   .is_probe = request->is_probe};
        struct hearth_inference_target *target =
            hearth_target_create(&model->targets, entry, &terms);
        target->scheduler = scheduler;
        target->model = model;
        *ret_target = target;
    }
    hearth_catalog_entry_release(entry);
    return rc;
}

void hearth_inference_target_close(struct hearth_inference_target *target)
{
    if (!target)
        return;
    /* It may be what keeps a removed model on the books. */
    if (target->scheduler)
        hearth_scheduler_forget_soon(target->scheduler);
    hearth_target_destroy(target);
}

const char *hearth_inference_target_model(const struct hearth_inference_target *target)
{
    return target->entry->id;
}

/* One input is a target with one part. */
int hearth_inference_submit(struct hearth_scheduler *scheduler,
                            const struct hearth_inference_request *request,
                            const struct hearth_inference_events *events, void *argument,
                            struct hearth_inference **ret_inference, uint32_t *ret_retry_after_ms,
                            struct hearth_error *error)
{
    struct hearth_inference_target *target;
    if (ret_retry_after_ms)
        *ret_retry_after_ms = 0;
    int rc = hearth_request_check_size(&request->input, error); /* before it is copied */
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

/* Requests */

/* Somebody else may wait for the same vector: then the place in the queue or at the worker goes to
 * that one, and nothing is canceled there. */
void hearth_inference_cancel(struct hearth_inference *inference)
{
    hearth_dispatch_withdraw(inference->model->dispatch, inference);
    hearth_requests_leave(inference);
}

/* Also before it is sent: then the stream begins with all of it. */
void hearth_inference_credit(struct hearth_inference *inference, uint32_t events)
{
    hearth_dispatch_credit(inference->model->dispatch, inference, events);
}

const char *hearth_inference_model(const struct hearth_inference *inference)
{
    return hearth_requests_identity(inference->requests)->entry->id;
}

uint32_t hearth_inference_default_dimensions(const struct hearth_inference *inference)
{
    const struct hearth_served_model *model = inference->model;
    return hearth_life_state(model->life) == HEARTH_MODEL_READY
               ? hearth_load_facts(model->load)->default_dimensions
               : 0;
}

const char *hearth_inference_fingerprint(const struct hearth_inference *inference)
{
    return hearth_load_fingerprint(inference->model->load);
}

const struct hearth_vector_digest *hearth_inference_maker(const struct hearth_inference *inference)
{
    return &inference->share.maker;
}
