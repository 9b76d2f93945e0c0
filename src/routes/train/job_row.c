#include "routes/train/job_row.h"

#include "base/error.h"
#include "jobs/job_facts.h"

int hearth_job_row_read(struct hearth_store *store, struct hearth_store_job *job,
                        struct hearth_record **ret_record)
{
    const char *id = job->params[0];
    int rc = hearth_store_record_get(store, HEARTH_TRAINING_JOB, id, NULL, job->arena, ret_record,
                                     &job->error);
    return rc == HEARTH_ENOTFOUND
               ? hearth_error_set(&job->error, rc, "there is no training job '%.64s'", id)
               : rc;
}
