/* What is measured for the jobs that run, on a lane, each second: how the machine fares, and how
 * much of its planned memory each trainer has taken. What a trainer is still to take is promised to
 * it: neither other jobs nor models that load count it as free. Private to src/jobs; loop thread
 * only. */
#ifndef HEARTH_JOBS_JOB_SAMPLES_H
#define HEARTH_JOBS_JOB_SAMPLES_H

#include "jobs/job_room.h"

struct hearth_jobs;

/* Measures, when something runs and the last measurement is done. */
void hearth_jobs_sample(struct hearth_jobs *jobs);
/* Of all that run here. A trainer that tells no plan is promised nothing. */
struct hearth_jobs_memory hearth_jobs_memory(const struct hearth_jobs *jobs);
/* Tells the scheduler of the models. */
void hearth_jobs_promise(const struct hearth_jobs *jobs);

#endif
