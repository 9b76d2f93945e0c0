/* Whether a job may be kept, or resumed: what it needs is there, and no other makes the same
 * version. Blocking; on the store's lane, where from the record on all of it is held. Private to
 * src/jobs. */
#ifndef HEARTH_JOBS_JOB_CLASH_H
#define HEARTH_JOBS_JOB_CLASH_H

#include "base/json.h"
#include "store/store.h"

/* HEARTH_ECONFLICT names the job or the version that is in the way, or the data set that has other
 * bytes by now; HEARTH_ENOTFOUND what is missing: base, data or evaluation data. The job itself, by
 * the id of its facts, is in nobody's way. Where the data lie is written into the facts anew. */
int hearth_job_clash(struct hearth_store *store, json_t *facts, struct hearth_arena *arena,
                     struct hearth_error *error);

#endif
