/* Is there memory for a job beside the models and the other jobs? Looks at the machine and at what
 * they hold, asks domain/job_policy.h, and has idle models unloaded when that makes room. Private
 * to src/jobs; loop thread only. */
#ifndef HEARTH_JOBS_JOB_ROOM_H
#define HEARTH_JOBS_JOB_ROOM_H

#include "domain/job_policy.h"
#include "hearth/error.h"

#include <stdbool.h>
#include <stdint.h>

struct hearth_job_room_seek;
struct hearth_jobs;

/* Bytes of memory of the jobs that run. */
struct hearth_jobs_memory {
    uint64_t promised; /* planned and not taken yet */
    uint64_t held;     /* by plan, or more when that is what was taken */
};

/* FITS, WAIT, REFUSE or NEVER; the last three with the numbers in words. EVICT only when nothing
 * was to be unloaded. */
typedef void hearth_on_room(void *argument, enum hearth_job_room_answer answer,
                            const struct hearth_error *error);

/* `needs` bytes. `evicts`: idle models may go. `on_room` comes later, exactly once, unless it is
 * cancelled. */
struct hearth_job_room_seek *hearth_job_room_seek(struct hearth_jobs *jobs, uint64_t needs,
                                                  bool evicts, hearth_on_room *on_room,
                                                  void *argument);
/* NULL is allowed. Models that were told to unload go all the same. */
void hearth_job_room_cancel(struct hearth_job_room_seek *seek);

#endif
