/* The rows of a job's data as tokens, in memory, and the batches that are made of them. The order
 * of an epoch is drawn from the seed and the epoch's number alone, so that a job that goes on from
 * a checkpoint sees the rows that it would have seen. One thread. */
#ifndef HEARTH_TRAIN_JOB_ROWS_H
#define HEARTH_TRAIN_JOB_ROWS_H

#include "dataset/learnt.h"
#include "domain/training_parameters.h"
#include "train/batch.h"

/* The most tokens of all rows together: 1.25 GiB of memory. */
#define HEARTH_JOB_TOKENS_MAX (UINT64_C(1) << 28)

struct hearth_job_rows {
    int32_t *tokens;  /* of all rows, one behind the other */
    bool *counts;     /* whether a token is learnt */
    uint64_t *starts; /* [rows + 1] */
    uint32_t *order;  /* [rows]: of the epoch under way */
    uint64_t count, capacity, token_capacity;
    uint64_t learnt, cut, dropped; /* tokens that are learnt; rows that were cut or left out */
    uint32_t longest;
    struct hearth_dataset_facts facts;
};

struct hearth_job_rows_source {
    const char *path, *sha256; /* "": any */
    const struct hearth_words *words;
    const struct hearth_training_parameters *parameters;
    uint32_t context; /* tokens of a row at most */
    bool (*is_canceled)(void *argument);
    void *argument;
};

/* HEARTH_EINVAL says what is wrong with the data: no usable row, a row that is too long where that
 * is refused, other bytes than the digest's (HEARTH_ECONFLICT); HEARTH_ETOOLARGE. */
int hearth_job_rows_read(const struct hearth_job_rows_source *source,
                         struct hearth_job_rows *ret_rows, struct hearth_error *error);
void hearth_job_rows_finish(struct hearth_job_rows *rows); /* all zeros is allowed */
/* Moves the last rows of a drawn order into `ret_part`, which has none; at least one stays. */
int hearth_job_rows_split(struct hearth_job_rows *rows, double share, uint64_t seed,
                          struct hearth_job_rows *ret_part, struct hearth_error *error);
void hearth_job_rows_shuffle(struct hearth_job_rows *rows, uint64_t seed, uint64_t epoch);

/* hearth_token_lengths_json of the rows; the caller's. */
json_t *hearth_job_rows_lengths(const struct hearth_job_rows *rows);

struct hearth_job_batch {
    struct hearth_train_batch batch;
    int32_t *tokens, *labels;
    uint32_t *starts;
    uint64_t learnt;
};

/* Room for `rows` rows of `tokens` tokens together. HEARTH_ENOMEM. */
int hearth_job_batch_create(struct hearth_job_batch *batch, uint32_t rows, uint64_t tokens,
                            struct hearth_error *error);
void hearth_job_batch_destroy(struct hearth_job_batch *batch); /* all zeros is allowed */
/* Rows `first` … `first + count − 1` of the epoch's order. */
void hearth_job_batch_fill(struct hearth_job_batch *batch, const struct hearth_job_rows *rows,
                           uint64_t first, uint32_t count, uint32_t number);
/* The most tokens that `count` rows have together. */
uint64_t hearth_job_rows_most(const struct hearth_job_rows *rows, uint32_t count);

#endif
