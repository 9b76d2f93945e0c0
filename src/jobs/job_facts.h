/* What is kept and shown of a training job, as JSON: the facts of its record (kind
 * HEARTH_TRAINING_JOB, its label the state of domain/job_state.h). Texts of the facts live as long
 * as the facts. Pure; a job at a time.
 *
 * Clients see all members but `internal`, which holds what only the manager needs: paths, digests,
 * the home that the job belongs to, what it has used of its time. */
#ifndef HEARTH_JOBS_JOB_FACTS_H
#define HEARTH_JOBS_JOB_FACTS_H

#include "base/json.h"
#include "domain/job_state.h"
#include "hearth/error.h"

#include <stdint.h>

/* A file of rows that a job reads. */
struct hearth_home;

struct hearth_job_dataset {
    const char *id, *path, *sha256; /* id NULL: there is none */
};

struct hearth_job_fresh {
    const char *id;
    const char *home; /* whose files it uses: only the gateway of this home runs it */
    const char *model;
    int64_t model_id;
    const char *base;        /* "name:3" */
    const char *base_digest; /* of its files */
    int64_t base_version_id;
    struct hearth_job_dataset data, evaluation;
    const json_t *parameters; /* all of them */
    const char *label;        /* of the version that it will make; or "" */
    const json_t *client;     /* what the API that made it wants kept; or NULL */
    int64_t now_ms;
};
json_t *hearth_job_facts_create(const struct hearth_job_fresh *fresh);

/* Paths in a message become what the client calls them by: its data, the base, the job's folder.
 * `base_path` and `folder` may be NULL. */
void hearth_job_facts_name(const json_t *facts, const char *base_path, const char *folder,
                           struct hearth_error *error);

/* What clients see: without `internal`, and the artifact's path from the home on. The caller's. */
json_t *hearth_job_facts_shown(const json_t *facts, const struct hearth_home *home);

/* Reading. */
const char *hearth_job_facts_text(const json_t *facts, const char *key); /* "" when absent */
const char *hearth_job_facts_internal(const json_t *facts, const char *key);
int64_t hearth_job_facts_internal_integer(const json_t *facts, const char *key);

/* Bytes that the trainer's plan says; 0: it has told none. */
uint64_t hearth_job_facts_planned(const json_t *facts);

/* Changing. Times are wall clock. */
void hearth_job_facts_set_internal(json_t *facts, const char *key, json_t *value);
void hearth_job_facts_move(json_t *facts, enum hearth_job_state state, int64_t now_ms);
/* Takes over what an event of the trainer says of the whole: its plan, the last metrics. */
void hearth_job_facts_event(json_t *facts, const json_t *event);
/* NULL: no error any more. */
void hearth_job_facts_error(json_t *facts, const char *code, const char *message);
/* It is done: `result` is the trainer's, the version is what became of it. */
void hearth_job_facts_done(json_t *facts, const json_t *result, int64_t version_number,
                           const char *artifact_path);

/* The order for the trainer (train/job_order.h), the caller's. `output` NULL: a preview. */
json_t *hearth_job_facts_order(const json_t *facts, const char *base_path, const char *output);

/* What a version must say to be made again: commit and version of this program, the environment
 * with its digest, dataset, base, parameters. The caller's. */
json_t *hearth_job_facts_lineage(const json_t *facts, const json_t *environment);

#endif
