/* Tells whoever keeps a record of training (track/listener.h) what happens to a job. Private to
 * src/jobs; nothing happens when nobody listens. Loop thread only. */
#ifndef HEARTH_JOBS_JOB_TRACK_H
#define HEARTH_JOBS_JOB_TRACK_H

#include "base/json.h"

struct hearth_training_job;

void hearth_job_track_state(const struct hearth_training_job *job);
void hearth_job_track_event(const struct hearth_training_job *job, const json_t *event);
/* It has become a version. */
void hearth_job_track_version(const struct hearth_training_job *job);

#endif
