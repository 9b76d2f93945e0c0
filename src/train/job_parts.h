/* A job under way, shared by the files of job.h. Private to them. */
#ifndef HEARTH_TRAIN_JOB_PARTS_H
#define HEARTH_TRAIN_JOB_PARTS_H

#include "train/job.h"
#include "train/job_rows.h"
#include "train/pass.h"
#include "train/saved_state.h"

#include <limits.h>

/* Code, and what the libraries have: what the process has beside what it asked for. */
#define HEARTH_JOB_PROCESS_BYTES (8ull << 20)

struct hearth_job {
    const struct hearth_job_order *order;
    const struct hearth_words *words;
    const struct hearth_job_listener *listener;
    struct hearth_train_base *base;
    struct hearth_job_rows rows, evaluation;
    struct hearth_optimizer *optimizer;
    struct hearth_train_pass *pass;
    struct hearth_job_batch batch;
    struct hearth_lora *lora; /* or the whole model: full.h */
    hearth_number *best;      /* [its count]; NULL: nothing is measured */
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
/* Frees what only steps need: the base's files, which an export reads again, have its place. */
void hearth_job_end_steps(struct hearth_job *job);
/* What the listener says of it. */
int hearth_job_tell_plan(const struct hearth_job *job, struct hearth_error *error);
/* job_steps.c: all steps that are left. */
int hearth_job_steps(struct hearth_job *job, struct hearth_error *error);
/* job_artifacts.c: writes what was trained into `artifacts`, and tells the files' names, an array
 * of the caller's. HEARTH_ECANCELED: a stop came first; no file is half there. */
int hearth_job_write(struct hearth_job *job, json_t **ret_files, struct hearth_error *error);
/* The whole files of a folder, by name; the caller's. HEARTH_EIO. */
int hearth_job_list_files(const char *folder, json_t **ret_files, struct hearth_error *error);

#endif
