/* What a route asks of the scheduler, and what comes back: the one way to a model.
 *
 * One input goes with hearth_inference_submit. A call with many inputs, or with several answers to
 * one, opens a *target* first: the model is resolved, the engine looked for and the client's name
 * copied once, and then each input is a *part* that is submitted to the target.
 *
 * Submit admits the request to its model's queue, has the model loaded when it is not, sends it to
 * a worker and brings the events back. Loop thread only. If submit returns an error, no callback
 * ever comes; else the callbacks come after submit has returned, and none comes after on_done,
 * on_error or cancel. Any callback may cancel this or any other request, and may submit new ones.
 *
 * *Credit* is what bounds the events that are under way to a client that does not read: each event
 * takes one away, hearth_inference_credit gives more. */
#ifndef HEARTH_SERVING_INFERENCE_H
#define HEARTH_SERVING_INFERENCE_H

#include "domain/queue.h"
#include "hearth/engine.h"
#include "hearth/error.h"

struct hearth_inference;
struct hearth_inference_target;
struct hearth_scheduler;
struct hearth_shared_input;

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
    bool is_probe;           /* it is no use of the model: the model is as idle as before */
};

struct hearth_inference_done {
    enum hearth_finish finish;
    uint32_t stop; /* the stop string of its sampling that ended it, from 1; 0: none of these */
    uint32_t prompt_tokens, cached_tokens, completion_tokens, truncated_tokens;
    uint32_t drafted_tokens, accepted_tokens; /* of speculative decoding */
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
 * HEARTH_ETOOLARGE, HEARTH_ENOMEM. `ret_retry_after_ms` may be NULL; 0 is no advice. */
int hearth_inference_submit(struct hearth_scheduler *scheduler,
                            const struct hearth_inference_request *request,
                            const struct hearth_inference_events *events, void *argument,
                            struct hearth_inference **ret_inference, uint32_t *ret_retry_after_ms,
                            struct hearth_error *error);

/* Takes model, client, class, deadline, ids and credit from the request; its input and place are
 * not looked at. All parts go to the version that the name means now, also when it means another
 * one later. The target is the caller's; it may be closed before its parts have ended, and it may
 * outlive the scheduler. HEARTH_ENOMODEL, HEARTH_ENOTIMPL, HEARTH_EDRAINING. */
int hearth_inference_target_open(struct hearth_scheduler *scheduler,
                                 const struct hearth_inference_request *request,
                                 struct hearth_inference_target **ret_target,
                                 struct hearth_error *error);
void hearth_inference_target_close(struct hearth_inference_target *target); /* NULL is allowed */
/* "name:version"; valid until the target is closed. */
const char *hearth_inference_target_model(const struct hearth_inference_target *target);

/* One input of a target. */
struct hearth_inference_part {
    struct hearth_shared_input *input; /* the request keeps it too; the caller lets go of its own */
    uint64_t seed_offset; /* added to the sampling's seed: choices of one input differ by it */
    enum hearth_queue_place place;
};
/* As hearth_inference_submit; HEARTH_ENOMODEL also when the version was removed meanwhile. */
int hearth_inference_submit_part(struct hearth_inference_target *target,
                                 const struct hearth_inference_part *part,
                                 const struct hearth_inference_events *events, void *argument,
                                 struct hearth_inference **ret_inference,
                                 uint32_t *ret_retry_after_ms, struct hearth_error *error);

/* Leaves the queue or the batch at once and frees the request. */
void hearth_inference_cancel(struct hearth_inference *inference);
/* Allows `events` more events to be sent. A client that does not read gives none; then its own
 * sequence waits, and no other one. */
void hearth_inference_credit(struct hearth_inference *inference, uint32_t events);
/* "name:version" that it was resolved to; valid from submit until its end. */
const char *hearth_inference_model(const struct hearth_inference *inference);
/* How many numbers of a vector its model, as loaded, wants in an answer that does not say; 0: all
 * of them, or not known because it is not loaded. */
uint32_t hearth_inference_default_dimensions(const struct hearth_inference *inference);
/* Of the model as loaded (fingerprint.h); from its on_prepared or first event until its end. */
const char *hearth_inference_fingerprint(const struct hearth_inference *inference);
/* The maker of its vector (hearth_scheduler_maker), now or when it was put into the cache; from its
 * VECTOR event until its end. */
struct hearth_vector_digest;
const struct hearth_vector_digest *hearth_inference_maker(const struct hearth_inference *inference);

#endif
