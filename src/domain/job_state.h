/* The states of a training job: which may follow which is a table, and so is what becomes of a job
 * whose process has ended. Pure.
 *
 *     queued ──▶ running ──▶ completed | failed | cancelled
 *       ▲           │
 *       │           ▼
 *       └────── interrupted          its process or gateway is gone
 *       ▲
 *       └────── failed               only when somebody asks for it
 *               queued, interrupted ──▶ failed | cancelled
 *
 *     queued, running, interrupted ──▶ paused ──▶ queued | cancelled
 *
 * `interrupted`: it has a checkpoint or can begin anew, and no process. It is queued again by
 * itself while it has attempts left. `paused`: the same, but a person wants it so, and it is queued
 * again only when a person says so. */
#ifndef HEARTH_DOMAIN_JOB_STATE_H
#define HEARTH_DOMAIN_JOB_STATE_H

#include <stdbool.h>
#include <stdint.h>

/* The kind of the records of jobs in the store; their label is the state. */
#define HEARTH_TRAINING_JOB "training_job"

enum hearth_job_state {
    HEARTH_JOB_QUEUED,
    HEARTH_JOB_RUNNING,
    HEARTH_JOB_COMPLETED,
    HEARTH_JOB_FAILED,
    HEARTH_JOB_CANCELLED,
    HEARTH_JOB_INTERRUPTED,
    HEARTH_JOB_PAUSED,
};
#define HEARTH_JOB_STATES 7

/* "queued" …; and back, negative when it is none of them. */
const char *hearth_job_state_name(enum hearth_job_state state);
int hearth_job_state_parse(const char *name);
bool hearth_job_state_may_follow(enum hearth_job_state from, enum hearth_job_state to);
/* Nothing happens to it any more unless somebody asks for it: its stream of events ends. */
bool hearth_job_state_is_over(enum hearth_job_state state);
/* May a person have it go on? Not what is queued or runs already, and not what cannot. */
bool hearth_job_state_is_resumable(enum hearth_job_state state);
/* Its dataset, base and target model must stay. A failed job holds nothing: its data may be
 * deleted, and then it cannot be resumed. */
bool hearth_job_state_holds(enum hearth_job_state state);

/* Why a job has no process any more. */
enum hearth_job_end {
    HEARTH_JOB_END_DONE,         /* its files are there */
    HEARTH_JOB_END_TOLD,         /* the trainer named an error, which it would meet again */
    HEARTH_JOB_END_CRASHED,      /* it ended without a word, said nonsense or fell silent */
    HEARTH_JOB_END_GATEWAY_LOST, /* found at start, or its claim had run out */
    HEARTH_JOB_END_STOPPED,      /* the gateway ends in order; not the job's fault */
    HEARTH_JOB_END_CANCELLED,
    HEARTH_JOB_END_TIMED_OUT,
    HEARTH_JOB_END_PAUSED, /* a person wants it to wait */
};
#define HEARTH_JOB_ENDS 8

/* Of a running job that was begun `attempts` times, of which `attempts_max` (at least 1) are
 * allowed. The result always may follow HEARTH_JOB_RUNNING. */
enum hearth_job_state hearth_job_state_after_end(enum hearth_job_end end, uint32_t attempts,
                                                 uint32_t attempts_max);
/* Was the attempt the job's own? What a stop of the gateway or a pause cut short is not counted. */
bool hearth_job_end_counts(enum hearth_job_end end);

#endif
