#include "routes/train/fine_tuning_row.h"

#include "base/clock.h"
#include "base/error.h"
#include "deferred/kept_files.h"
#include "domain/job_state.h"
#include "jobs/jobs.h"
#include "routes/train/fine_tuning_json.h"
#include "routes/train/job_row.h"

#include <string.h>

int hearth_fine_tuning_row_fill(struct hearth_store *store, struct hearth_store_job *job,
                                struct hearth_record *record,
                                struct hearth_fine_tuning_row *ret_row)
{
    struct hearth_record *whole = record, *file;
    int rc = 0;
    *ret_row = (struct hearth_fine_tuning_row){.record = record};
    ret_row->lacks_results =
        !record->body_length &&
        strcmp(record->label, hearth_job_state_name(HEARTH_JOB_COMPLETED)) == 0;
    if (!record->body_length)
        return 0;
    if (!record->body)
        rc = hearth_store_record_get(store, HEARTH_TRAINING_JOB, record->id, NULL, job->arena,
                                     &whole, &job->error);
    if (rc)
        return rc;
    const char *id = hearth_arena_strndup(job->arena, whole->body, whole->body_length);
    rc = hearth_store_record_get(store, HEARTH_KEPT_FILE, id, NULL, job->arena, &file, &job->error);
    if (!rc)
        ret_row->result_file = id;
    return rc == HEARTH_ENOTFOUND ? 0 : rc;
}

int hearth_fine_tuning_row_read(struct hearth_store *store, struct hearth_store_job *job,
                                struct hearth_fine_tuning_row *ret_row)
{
    struct hearth_record *record;
    int rc = hearth_job_row_read(store, job, &record);
    return rc ? rc : hearth_fine_tuning_row_fill(store, job, record, ret_row);
}

json_t *hearth_fine_tuning_row_json(const struct hearth_jobs *jobs,
                                    const struct hearth_fine_tuning_row *row)
{
    json_t *job = hearth_jobs_json(jobs, row->record);
    json_t *shown = hearth_fine_tuning_job_json(job, row->result_file, hearth_clock_wall_ms());
    json_decref(job);
    return shown;
}
