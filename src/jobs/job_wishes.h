/* What other gateways on the database wish of jobs that wait here. A job that runs is written down
 * every second and so meets the wish in its row; one that waits is not. */
#ifndef HEARTH_JOBS_JOB_WISHES_H
#define HEARTH_JOBS_JOB_WISHES_H

struct hearth_jobs;

/* At each tick: now and then the rows of what waits are read, where others can write them. Loop
 * thread only. */
void hearth_jobs_look_for_wishes(struct hearth_jobs *jobs);

#endif
