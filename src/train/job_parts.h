/* A job under way, shared by the files of job.h. Private to them. */
#ifndef HEARTH_TRAIN_JOB_PARTS_H
#define HEARTH_TRAIN_JOB_PARTS_H

#include "train/job.h"
#include "train/job_rows.h"
#include "train/pass.h"
#include "train/saved_state.h"

#include <limits.h>

struct hearth_job {
    const struct hearth_job_order *order;
    const struct hearth_words *words;
    const struct hearth_job_listener *listener;
    struct hearth_train_base *base;
    struct hearth_job_rows rows, evaluation;
    struct hearth_lora *lora;
    struct hearth_optimizer *optimizer;
    struct hearth_train_pass *pass;
    struct hearth_job_batch batch;
    hearth_number *best; /* [the adapter's count]; NULL: nothing is measured */
    struct hearth_job_progress progress;
    uint64_t steps, steps_per_epoch, batches_per_epoch;
    uint64_t shuffled; /* the epoch whose order the rows have, + 1; 0: none yet */
    uint64_t resumed_from, started_tokens;
    double started, evaluation_loss; /* seconds; NAN: not measured yet */
    bool is_over;                    /* early */
    char checkpoint[PATH_MAX], artifacts[PATH_MAX];
    char identity[HEARTH_SHA256_HEX]; /* the order's, with the digests of the data as it was read */
};

/* job_data.c: base, rows and the plan. */
int hearth_job_open(struct hearth_job *job, struct hearth_error *error);
void hearth_job_close(struct hearth_job *job);
/* What the listener says of it. */
int hearth_job_tell_plan(const struct hearth_job *job, struct hearth_error *error);
/* job_steps.c: all steps that are left. */
int hearth_job_steps(struct hearth_job *job, struct hearth_error *error);

#endif
