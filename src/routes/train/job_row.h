/* The record of the training job that a call names. */
#ifndef HEARTH_ROUTES_TRAIN_JOB_ROW_H
#define HEARTH_ROUTES_TRAIN_JOB_ROW_H

#include "store/record.h"
#include "task/store_job.h"

/* On the store's lane: the job of the first parameter, in the arena of `job`. HEARTH_ENOTFOUND. */
int hearth_job_row_read(struct hearth_store *store, struct hearth_store_job *job,
                        struct hearth_record **ret_record);

#endif
