/* Takes up what the last server has left: its jobs go on, and what was not told of those that were
 * over is told. Private to src/jobs; loop thread only. */
#ifndef HEARTH_JOBS_JOB_RECOVERY_H
#define HEARTH_JOBS_JOB_RECOVERY_H

struct hearth_jobs;

/* Nothing while it is under way, or when the jobs are stopped; `is_started` is set at its end. */
void hearth_jobs_recover(struct hearth_jobs *jobs);

#endif
