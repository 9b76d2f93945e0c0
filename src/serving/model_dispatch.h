/* From a model's queue to its workers and back: which request is sent when, and what the workers
 * say of it. Loop thread only.
 *
 * It is *open* from the moment a model is ready until it stops or its last worker ends; while it is
 * open it has a backend. When it is *held*, what is with the workers goes on, and nothing more is
 * sent. */
#ifndef HEARTH_SERVING_MODEL_DISPATCH_H
#define HEARTH_SERVING_MODEL_DISPATCH_H

#include "backend/backend.h"
#include "serving/model_requests.h"

struct hearth_dead_letters;
struct hearth_model_dispatch;

struct hearth_dispatch_ops {
    /* A worker has finished a request, which shows that it works. */
    void (*on_worked)(void *argument);
    /* One worker of several has ended; the model goes on. */
    void (*on_worker_lost)(void *argument, const struct hearth_error *error);
};

/* `requests`, `flights` and `letters` outlive it. */
struct hearth_model_dispatch *hearth_dispatch_create(struct hearth_model_requests *requests,
                                                     struct hearth_flights *flights,
                                                     struct hearth_dead_letters *letters,
                                                     const struct hearth_dispatch_ops *ops,
                                                     void *argument);
void hearth_dispatch_destroy(struct hearth_model_dispatch *dispatch);

/* The model is ready, with these facts as it was loaded, on `replicas` workers. With `on_trial` it
 * gets one request at a time until one of them has been finished. Sends what waits. */
void hearth_dispatch_open(struct hearth_model_dispatch *dispatch, struct hearth_backend *backend,
                          const struct hearth_model_facts *facts, uint32_t replicas, bool on_trial);
void hearth_dispatch_hold(struct hearth_model_dispatch *dispatch);
/* Nothing more is sent for `ms` milliseconds, so that it becomes idle; again: from now on. What
 * runs goes on. */
void hearth_dispatch_pause(struct hearth_model_dispatch *dispatch, uint64_t ms);
bool hearth_dispatch_is_paused(const struct hearth_model_dispatch *dispatch);
/* The backend is being destroyed; close follows, once the books of the load are done. */
void hearth_dispatch_detach(struct hearth_model_dispatch *dispatch);
/* The backend is gone: what has sent nothing yet goes back to the queue if `may_retry` and the
 * crash budget allow it, the others end with the error. */
void hearth_dispatch_close(struct hearth_model_dispatch *dispatch, const struct hearth_error *error,
                           bool may_retry);
bool hearth_dispatch_is_open(const struct hearth_model_dispatch *dispatch);
/* Sends as many as the workers may have. */
void hearth_dispatch_next(struct hearth_model_dispatch *dispatch);
/* The client needs it no more: passes its place on, or has the worker stop. The request stays. */
void hearth_dispatch_withdraw(struct hearth_model_dispatch *dispatch,
                              struct hearth_inference *inference);
/* Its stream may send `events` more events. */
void hearth_dispatch_credit(struct hearth_model_dispatch *dispatch,
                            struct hearth_inference *inference, uint32_t events);
/* When a client may try again (domain/pace.h), which gives it a place in the line of those who are
 * told. */
uint32_t hearth_dispatch_retry_after_ms(struct hearth_model_dispatch *dispatch);
/* The same for one that the queue refused: its place is kept (domain/promises.h). `not_before_ms`
 * is how long the model still loads. */
uint32_t hearth_dispatch_refuse(struct hearth_model_dispatch *dispatch,
                                const struct hearth_inference *inference, uint64_t not_before_ms);
/* The model has no request: an idle hour says nothing of how fast it is. */
void hearth_dispatch_forget_rate(struct hearth_model_dispatch *dispatch);

/* What the backend says of streams and workers; slots of struct hearth_backend_events. */
void hearth_dispatch_on_prepared(struct hearth_model_dispatch *dispatch, uint32_t stream,
                                 const struct hearth_ipc_prepared *prepared);
void hearth_dispatch_on_tokens(struct hearth_model_dispatch *dispatch, uint32_t stream,
                               const int32_t *tokens, size_t count);
void hearth_dispatch_on_event(struct hearth_model_dispatch *dispatch, uint32_t stream,
                              const struct hearth_ipc_event *event);
void hearth_dispatch_on_workers(struct hearth_model_dispatch *dispatch, uint32_t ready);
void hearth_dispatch_on_lost(struct hearth_model_dispatch *dispatch,
                             const struct hearth_error *error, const uint32_t *streams,
                             size_t count);

/* Fills in its part of a report. */
void hearth_dispatch_report(const struct hearth_model_dispatch *dispatch,
                            struct hearth_model_report *report);
/* The load of all its workers together. */
uint32_t hearth_dispatch_running(const struct hearth_model_dispatch *dispatch);

#endif
