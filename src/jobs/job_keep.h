/* A request for a job with its rows in the store: the model that it is for, its datasets, and other
 * jobs that it must not meet. Private to src/jobs; loop thread only. */
#ifndef HEARTH_JOBS_JOB_KEEP_H
#define HEARTH_JOBS_JOB_KEEP_H

#include "jobs/jobs.h"

struct hearth_job_ask;

/* Copies the request and reads its rows. HEARTH_ENOTFOUND names the dataset, HEARTH_EFIELDS what is
 * missing. `*ret_ask` is set before `on_read` comes, and the caller's; after an error it is gone.
 */
void hearth_job_ask_read(struct hearth_store *store, const struct hearth_job_request *request,
                         void (*on_read)(void *argument, const struct hearth_error *error),
                         void *argument, struct hearth_job_ask **ret_ask);
const struct hearth_job_request *hearth_job_ask_request(const struct hearth_job_ask *ask);
/* The base that was named, or that the model has. */
const char *hearth_job_ask_base(const struct hearth_job_ask *ask);
/* The facts of the dataset's record. */
const char *hearth_job_ask_data_facts(const struct hearth_job_ask *ask);
/* What the rows say; texts are the ask's. */
void hearth_job_ask_fill(const struct hearth_job_ask *ask, struct hearth_job_fresh *fresh);
/* Makes the model when it is not there, and the record. HEARTH_ECONFLICT names the job or the
 * version that is in the way. The ask is gone afterwards. */
void hearth_job_ask_keep(struct hearth_job_ask *ask, json_t *facts, int64_t count_max,
                         const char *task,
                         void (*on_kept)(void *argument, const struct hearth_record *record,
                                         const struct hearth_error *error),
                         void *argument);
void hearth_job_ask_free(struct hearth_job_ask *ask); /* NULL is allowed */

#endif
