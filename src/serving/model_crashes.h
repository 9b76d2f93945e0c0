/* What has gone wrong with one model: its crashes, its loads that failed, and whether it may be
 * tried again (domain/restart.h). Loop thread only. */
#ifndef HEARTH_SERVING_MODEL_CRASHES_H
#define HEARTH_SERVING_MODEL_CRASHES_H

#include "domain/restart.h"
#include "hearth/error.h"
#include "serving/reports.h"

struct hearth_model_identity;

/* Only model_crashes.c changes it. */
struct hearth_model_crashes {
    const struct hearth_model_identity *identity;
    struct hearth_restart restart;
    struct hearth_error last_error; /* code 0: none yet */
    uint64_t crashes, failures;
    uint32_t failures_in_row; /* of loads */
    uint64_t try_again_ms;    /* loop's clock: no request has it loaded before that; 0: at once */
};

void hearth_crashes_init(struct hearth_model_crashes *crashes,
                         const struct hearth_model_identity *identity);
/* Another version has the name now: what the old one did says nothing of the new one. */
void hearth_crashes_forget(struct hearth_model_crashes *crashes);
/* The settings of the identity have changed. */
void hearth_crashes_limit(struct hearth_model_crashes *crashes);

/* Its process ended by itself: how long to wait before the next try. */
uint64_t hearth_crashes_add(struct hearth_model_crashes *crashes, const struct hearth_error *error);
/* One of several workers did, and the others go on. */
void hearth_crashes_add_worker(struct hearth_model_crashes *crashes,
                               const struct hearth_error *error);
/* It cannot be loaded: no crash, and no reason for the breaker. The first request after that tries
 * again; if that fails too, there is a wait that doubles from one second to a minute, so that
 * requests do not have a broken file read again and again. */
void hearth_crashes_add_failure(struct hearth_model_crashes *crashes,
                                const struct hearth_error *error);
void hearth_crashes_loaded(struct hearth_model_crashes *crashes);
/* A person wants it tried now. */
void hearth_crashes_forgive_failures(struct hearth_model_crashes *crashes);
/* May a request have it loaded? Else what went wrong the last time, and when it may. */
int hearth_crashes_admit_load(const struct hearth_model_crashes *crashes,
                              uint32_t *ret_retry_after_ms, struct hearth_error *error);
/* How long it waits before it is loaded again without a request; at least a second. */
uint64_t hearth_crashes_reload_ms(const struct hearth_model_crashes *crashes);
void hearth_crashes_worked(struct hearth_model_crashes *crashes);

bool hearth_crashes_is_resting(const struct hearth_model_crashes *crashes);
bool hearth_crashes_is_on_trial(const struct hearth_model_crashes *crashes);
/* May it be tried again, or work be sent to it? HEARTH_EBREAKER in words, with the time after which
 * it may. */
int hearth_crashes_admit(struct hearth_model_crashes *crashes, uint32_t *ret_retry_after_ms,
                         struct hearth_error *error);
/* Fills in its part of a report. */
void hearth_crashes_report(const struct hearth_model_crashes *crashes,
                           struct hearth_model_report *report);

#endif
