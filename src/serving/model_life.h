/* The life of one served model: its states (model_state.h), who waits for which of them, and when
 * it is loaded, given up, tried again, left to rest or unloaded. Loop thread only. */
#ifndef HEARTH_SERVING_MODEL_LIFE_H
#define HEARTH_SERVING_MODEL_LIFE_H

#include "serving/model_load.h"
#include "serving/model_requests.h"
#include "serving/model_state.h"
#include "serving/model_waiters.h"

struct hearth_model_life;

struct hearth_life_ops {
    /* Something has ended: a drain may be complete. */
    void (*on_settled)(void *argument);
    /* It has nothing to do and nothing loaded: it may be superfluous. */
    void (*on_idle)(void *argument);
};

/* The parts outlive it; it makes none of them. */
struct hearth_model_life *hearth_life_create(const struct hearth_model_identity *identity,
                                             struct hearth_model_requests *requests,
                                             struct hearth_model_dispatch *dispatch,
                                             struct hearth_model_load *load,
                                             const struct hearth_life_ops *ops, void *argument);
void hearth_life_destroy(struct hearth_model_life *life); /* nobody waits any more */

/* Wishes */

/* Something waits for it: loads it, unless it is on its way or comes back by itself. */
void hearth_life_want(struct hearth_model_life *life);
/* The same; `on_done` (or NULL) comes when it is ready or has failed. It is not ready now. */
void hearth_life_want_and_tell(struct hearth_model_life *life, hearth_on_model on_done,
                               void *argument);
/* A person wants it tried now, however often its load has failed. */
void hearth_life_forgive(struct hearth_model_life *life);
void hearth_life_pin(struct hearth_model_life *life); /* it is not unloaded when it is idle */
/* How long it stays loaded without requests, in place of the setting idle_unload, until it is
 * unloaded or another time is said (domain/residency.h). */
void hearth_life_keep(struct hearth_model_life *life, uint64_t keep_ms);
/* `force` kills; else what runs may finish. False: it has stopped already. Else `on_done` comes. */
bool hearth_life_stop(struct hearth_model_life *life, bool force, hearth_on_model on_done,
                      void *argument);
/* The same when nobody waits for the end. */
void hearth_life_unload(struct hearth_model_life *life, bool force);
/* Those who wait for a load or for a stop hear this now; `error` NULL: it is done. */
void hearth_life_tell_load(struct hearth_model_life *life, const struct hearth_error *error);
void hearth_life_tell_stop(struct hearth_model_life *life, const struct hearth_error *error);
/* The server shuts down: it is unloaded as soon as it has no request. */
void hearth_life_drain(struct hearth_model_life *life);
/* A request has left: arms the idle timer, or unloads when the server drains. */
void hearth_life_look_idle(struct hearth_model_life *life);

/* May work come, or does it rest after crashes, or wait after loads that failed? As
 * hearth_crashes_admit and hearth_crashes_admit_load. */
int hearth_life_admit(struct hearth_model_life *life, uint32_t *ret_retry_after_ms,
                      struct hearth_error *error);
/* The settings of the identity have changed; what another version of the same name did before says
 * nothing of this one. */
void hearth_life_renew(struct hearth_model_life *life, bool is_other_version);

/* What happens to it: for the ops of load and dispatch. */
void hearth_life_on_loading(struct hearth_model_life *life);
void hearth_life_on_ready(struct hearth_model_life *life);
void hearth_life_on_failed(struct hearth_model_life *life, const struct hearth_error *error);
void hearth_life_on_ended(struct hearth_model_life *life, const struct hearth_error *error);
void hearth_life_on_worked(struct hearth_model_life *life);
void hearth_life_on_worker_lost(struct hearth_model_life *life, const struct hearth_error *error);

enum hearth_model_state hearth_life_state(const struct hearth_model_life *life);
bool hearth_life_is_pinned(const struct hearth_model_life *life);
bool hearth_life_is_awaited(const struct hearth_model_life *life); /* for a load or a stop */
/* Fills in its part of a report. */
void hearth_life_report(const struct hearth_model_life *life, struct hearth_model_report *report);

#endif
