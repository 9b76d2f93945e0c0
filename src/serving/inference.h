/* What a route asks of the scheduler, and what comes back: the one way to a model.
 *
 * Submit resolves the model reference, admits the request to that model's queue, has the model
 * loaded when it is not, sends it to a backend and brings the events back. Loop thread only; the
 * callbacks come after submit has returned, and none comes after on_done, on_error or cancel. */
#ifndef HEARTH_SERVING_INFERENCE_H
#define HEARTH_SERVING_INFERENCE_H

#include "domain/queue.h"
#include "hearth/engine.h"
#include "hearth/error.h"

struct hearth_scheduler;
struct hearth_inference;

struct hearth_inference_request {
    const char *model;         /* "name", "name:version", "name@alias" */
    struct hearth_input input; /* copied by submit, with all that it points to */
    enum hearth_class class_;  /* interactive, normal, batch */
    enum hearth_queue_place place;
    const char *client;   /* for fairness: the principal's name */
    uint64_t deadline_ms; /* on the loop's clock; 0 none */
    const char *request_id;
    const char *traceparent; /* or NULL */
    uint32_t credit;         /* events that may be under way before hearth_inference_credit */
};

struct hearth_inference_done {
    enum hearth_finish finish;
    uint32_t prompt_tokens, cached_tokens, completion_tokens, truncated_tokens;
    uint64_t queued_us, load_us, prefill_us, decode_us;
};

struct hearth_inference_events {
    /* The model is being loaded; fraction in [0,1]; several times, before anything else. */
    void (*on_loading)(void *argument, float fraction);
    /* The input's tokens are counted, and it is admitted; optional. */
    void (*on_prepared)(void *argument, uint32_t token_count, uint32_t truncated_count);
    /* TEXT, VECTOR, TENSOR, BYTES as in engine.h; for tokenise one event with kind 0 and `ids`. */
    void (*on_event)(void *argument, const struct hearth_event *event);
    void (*on_tokens)(void *argument, const int32_t *tokens, size_t count);
    void (*on_done)(void *argument, const struct hearth_inference_done *done);
    /* `retry_after_ms` 0: no advice. */
    void (*on_error)(void *argument, const struct hearth_error *error, uint32_t retry_after_ms);
};

/* Faults that are known at once come back from here, without a callback: HEARTH_ENOMODEL,
 * HEARTH_ENOTIMPL (no engine for it), HEARTH_EQUEUEFULL, HEARTH_EDRAINING, HEARTH_EBREAKER,
 * HEARTH_EMEMORY. */
int hearth_inference_submit(struct hearth_scheduler *scheduler,
                            const struct hearth_inference_request *request,
                            const struct hearth_inference_events *events, void *argument,
                            struct hearth_inference **ret_inference, uint32_t *ret_retry_after_ms,
                            struct hearth_error *error);
/* Leaves the queue or the batch at once and frees it. */
void hearth_inference_cancel(struct hearth_inference *inference);
/* So many events more; a client that does not read gives none, and only its own sequence waits. */
void hearth_inference_credit(struct hearth_inference *inference, uint32_t events);
/* "name:version" that it was resolved to; valid from submit on. */
const char *hearth_inference_model(const struct hearth_inference *inference);
/* What computed its vector (hearth_scheduler_maker), now or when it was put into the cache; from
 * its VECTOR event on. */
struct hearth_vector_key;
const struct hearth_vector_key *hearth_inference_maker(const struct hearth_inference *inference);

#endif
