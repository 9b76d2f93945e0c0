/* How long the rows of a data set are in tokens of a base: counted by a trainer (train/job.h,
 * hearth_job_measure), and kept with the data set for each base's digest, so that who asks again
 * waits for nothing. Of the bases the newest few are kept.
 *
 * A measure is {"base", "base_sha256", "tokens", "learnt_tokens", "context", "over_context",
 * "faulty"}; a data set's facts have them as "measured". */
#ifndef HEARTH_JOBS_DATASET_MEASURES_H
#define HEARTH_JOBS_DATASET_MEASURES_H

#include "base/arena.h"
#include "base/json.h"
#include "store/record.h"

enum { HEARTH_DATASET_MEASURES_MAX = 4 };

/* Of what a trainer told; the caller's. */
json_t *hearth_dataset_measure_make(const char *base, const char *base_sha256,
                                    const json_t *result);
/* The one that is kept for this base, the caller's; NULL: there is none. */
json_t *hearth_dataset_measure_find(const char *facts_json, const char *base_sha256);
/* Keeps it, on the store's lane, unless the data set has other bytes by now than those of `sha256`.
 * HEARTH_ENOTFOUND: it is gone. */
int hearth_dataset_measure_keep(struct hearth_store *store, const char *dataset_id,
                                const char *sha256, const json_t *measure,
                                struct hearth_arena *arena, struct hearth_error *error);

#endif
