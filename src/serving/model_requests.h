/* All requests of one model: its queue, the list of those that wait or run, and how each of them
 * ends. Loop thread only.
 *
 * A request ends exactly once: with an answer, with a failure, or without a word when its client
 * canceled it. Ending takes it off all books and then calls back. `on_left` tells the owner that
 * one has left, so that a model with nothing to do can rest; `on_due` comes from the timer, when a
 * deadline has come or something is to be told that could not be told from inside a verb. */
#ifndef HEARTH_SERVING_MODEL_REQUESTS_H
#define HEARTH_SERVING_MODEL_REQUESTS_H

#include "serving/reports.h"
#include "serving/request.h"
#include "serving/request_list.h"

struct hearth_ipc_event;
struct hearth_look_ahead;
struct hearth_model_identity;
struct hearth_model_requests;

struct hearth_requests_ops {
    void (*on_left)(void *argument);
    void (*on_due)(void *argument);
};

/* `identity`, `reuse` and `flights` outlive it. */
struct hearth_model_requests *hearth_requests_create(const struct hearth_model_identity *identity,
                                                     struct hearth_reuse *reuse,
                                                     struct hearth_flights *flights,
                                                     const struct hearth_requests_ops *ops,
                                                     void *argument);
void hearth_requests_destroy(struct hearth_model_requests *requests); /* it has none */
/* The settings of the identity have changed: the queue's limits. What waits stays. */
void hearth_requests_limit(struct hearth_model_requests *requests);

/* In. A new request first looks for a vector that is there or on its way; when it returns
 * HEARTH_SHARE_COMPUTES the request needs a place in the queue, else it has been added. */
enum hearth_share_start hearth_requests_reuse(struct hearth_model_requests *requests,
                                              struct hearth_inference *inference);
/* HEARTH_EQUEUEFULL: it was not added. */
int hearth_requests_enqueue(struct hearth_model_requests *requests,
                            struct hearth_inference *inference, struct hearth_error *error);
/* It was refused, and its client told to come again at `due_ms`: from `free_ms` on a place is kept
 * for it. Both on the monotonic clock. */
void hearth_requests_promise(struct hearth_model_requests *requests,
                             const struct hearth_inference *inference, uint64_t free_ms,
                             uint64_t due_ms);
/* The next one off the queue, as `policy` allows; NULL: none. */
struct hearth_inference *hearth_requests_next(struct hearth_model_requests *requests,
                                              const struct hearth_look_ahead *policy);
/* Back to the head of its client's turn. */
void hearth_requests_put_back(struct hearth_inference *inference);

/* Out. Each frees the request and calls back last, but for leave. */
void hearth_requests_fail(struct hearth_inference *inference, const struct hearth_error *error,
                          uint32_t retry_after_ms);
/* Its worker is done with it: answers it and its followers. */
void hearth_requests_complete(struct hearth_inference *inference,
                              const struct hearth_ipc_event *event);
/* Its answer is ready in its share: the vector, then the end. */
void hearth_requests_deliver(struct hearth_inference *inference);
/* It goes away on its own (cancel, deadline): its oldest follower takes its place in the queue or
 * at the worker, if it has one. The request stays, with nobody behind it. */
void hearth_requests_pass_on(struct hearth_inference *inference);
/* Canceled by its client: it is told nothing. */
void hearth_requests_leave(struct hearth_inference *inference);

/* Later. `on_due` comes at this time at the latest; 0 is no time. */
void hearth_requests_due(struct hearth_model_requests *requests, uint64_t time_ms);
/* All of them are to fail, from the timer: no callback comes from inside. */
void hearth_requests_fail_all_soon(struct hearth_model_requests *requests,
                                   const struct hearth_error *error);
void hearth_requests_fail_soon(struct hearth_inference *inference, const struct hearth_error *error,
                               uint32_t retry_after_ms);
/* All that wait in the queue, now. */
void hearth_requests_fail_queued(struct hearth_model_requests *requests,
                                 const struct hearth_error *error, uint32_t retry_after_ms);
void hearth_requests_fail_all(struct hearth_model_requests *requests,
                              const struct hearth_error *error);

/* All that wait hear how far the load is, and when it is over. */
void hearth_requests_tell_loading(struct hearth_model_requests *requests, float fraction);
void hearth_requests_model_is_ready(struct hearth_model_requests *requests);

/* Begins a walk over all of them (request_list.h). */
void hearth_requests_walk(struct hearth_model_requests *requests, struct hearth_walk *walk);
const struct hearth_model_identity *
hearth_requests_identity(const struct hearth_model_requests *requests);
bool hearth_requests_any(const struct hearth_model_requests *requests);
/* Of the clients that were told to come again, the share that did not. */
double hearth_requests_no_shows(const struct hearth_model_requests *requests);
bool hearth_requests_any_queued(const struct hearth_model_requests *requests);
bool hearth_requests_are_walked(const struct hearth_model_requests *requests);
/* When one came or left last, on the loop's clock. A load is a use too. */
uint64_t hearth_requests_used_ms(const struct hearth_model_requests *requests);
void hearth_requests_touch(struct hearth_model_requests *requests);
/* Somebody may have to look whether the model has nothing to do. */
void hearth_requests_look_idle(struct hearth_model_requests *requests);
/* Fills in its part of a report. */
void hearth_requests_report(const struct hearth_model_requests *requests,
                            struct hearth_model_report *report);

#endif
