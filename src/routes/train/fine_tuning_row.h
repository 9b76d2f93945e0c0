/* A training job with its file of results, as the fine-tuning API reads both. That file's id is the
 * body of the job's record: saves of the job leave a body as it is, so neither writer meets the
 * other, and results that a client has deleted are not made again. */
#ifndef HEARTH_ROUTES_TRAIN_FINE_TUNING_ROW_H
#define HEARTH_ROUTES_TRAIN_FINE_TUNING_ROW_H

#include "base/json.h"
#include "store/record.h"
#include "task/store_job.h"

struct hearth_jobs;

struct hearth_fine_tuning_row {
    struct hearth_record *record;
    const char *result_file; /* NULL: there is none, or not any more */
    bool lacks_results;      /* it has succeeded, and none were made yet */
};

/* On the store's lane; rows lie in the arena of `job`. HEARTH_ENOTFOUND. */
int hearth_fine_tuning_row_read(struct hearth_store *store, struct hearth_store_job *job,
                                struct hearth_fine_tuning_row *ret_row);
/* The same of a record that is there, from a list or whole. */
int hearth_fine_tuning_row_fill(struct hearth_store *store, struct hearth_store_job *job,
                                struct hearth_record *record,
                                struct hearth_fine_tuning_row *ret_row);

/* On the loop: what a client sees; the caller's. */
json_t *hearth_fine_tuning_row_json(const struct hearth_jobs *jobs,
                                    const struct hearth_fine_tuning_row *row);

#endif
