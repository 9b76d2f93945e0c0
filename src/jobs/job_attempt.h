/* One attempt at a training job: finds the files of its base, has a trainer work, and makes a
 * version of what it wrote. Afterwards nothing of it runs any more; what it has written into the
 * job's folder stays for the next attempt, or is deleted once the version is there.
 *
 * A kill at any moment leaves no version, or a whole one. Loop thread only. */
#ifndef HEARTH_JOBS_JOB_ATTEMPT_H
#define HEARTH_JOBS_JOB_ATTEMPT_H

#include "base/json.h"
#include "domain/job_state.h"
#include "hearth/error.h"
#include "jobs/job_work.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct hearth_job_attempt;

struct hearth_attempt_end {
    enum hearth_job_end end;
    struct hearth_error error; /* code 0 when it is done */
    const json_t *result;      /* the trainer's, when it is done */
    int64_t version_number;    /* that it became */
    const char *artifact_path; /* where its files lie for an engine */
};

struct hearth_attempt_events {
    void (*on_event)(void *argument, const json_t *event); /* the trainer's */
    /* Exactly once, not from within begin. The attempt is gone afterwards. */
    void (*on_end)(void *argument, const struct hearth_attempt_end *end);
};

struct hearth_attempt_options {
    const struct hearth_job_work *work;
    const json_t *facts;       /* of the job; kept until the end, changed only by its owner */
    const json_t *environment; /* for the lineage */
    const char *folder;        /* the job's own, absolute; made when it is missing */
    const struct hearth_attempt_events *events;
    void *argument;
};

struct hearth_job_attempt *hearth_job_attempt_begin(const struct hearth_attempt_options *options);
/* It saves a checkpoint and ends with `end` (stopped, cancelled, timed out, paused), unless it
 * is done before. Any number of times: the first counts, unless a later one cancels. */
void hearth_job_attempt_stop(struct hearth_job_attempt *attempt, enum hearth_job_end end);
/* Of its trainer; 0: there is none yet. */
pid_t hearth_job_attempt_pid(const struct hearth_job_attempt *attempt);
/* The trainer waits between batches. */
void hearth_job_attempt_rest(struct hearth_job_attempt *attempt, bool rests);

#endif
