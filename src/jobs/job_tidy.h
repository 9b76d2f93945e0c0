/* What jobs have left in their folder and nobody needs: folders of jobs that are over for good, and
 * folders and logs of jobs whose record is gone. Blocking, for a lane. Private to src/jobs. */
#ifndef HEARTH_JOBS_JOB_TIDY_H
#define HEARTH_JOBS_JOB_TIDY_H

#include "store/record.h"

/* `records` are all jobs that there are, with id and label. */
void hearth_job_tidy(const char *directory, const struct hearth_record *records, size_t count);

#endif
