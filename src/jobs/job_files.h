/* The files of jobs: the folder in which one works, and the version that is made of what it wrote.
 * Blocking, for a lane; an object at a time. */
#ifndef HEARTH_JOBS_JOB_FILES_H
#define HEARTH_JOBS_JOB_FILES_H

#include "base/json.h"
#include "hearth/error.h"

#include <stdbool.h>
#include <stdint.h>

struct hearth_catalog_entry;
struct hearth_registry;

/* Makes it durably; one that is there is right. */
int hearth_job_folder_make(const char *folder, struct hearth_error *error);

struct hearth_job_adoption_request {
    struct hearth_registry *registry;
    const char *folder; /* the job's; files lie in `artifacts` below it */
    const char *model;
    int64_t model_id;
    const char *job, *label;
    const struct hearth_catalog_entry *base;
    bool is_whole;         /* no adapter but a model of its own */
    const json_t *result;  /* the trainer's: "files", "metrics" */
    const json_t *lineage; /* an object */
};

/* Owns what it needs: the request may go once it is made. */
struct hearth_job_adoption {
    struct hearth_job_adoption_request request;
    char *texts[5]; /* of the request */
    char *metrics, *lineage, *facts, *engine;
    const char *files[64];
    size_t file_count;
    json_t *result;
    int rc;
    struct hearth_error error;
    int64_t version_id, version_number;
    char artifact_path[4096];
};

/* On the loop. HEARTH_EPARSE when the trainer's result names no files. */
int hearth_job_adoption_init(struct hearth_job_adoption *adoption,
                             const struct hearth_job_adoption_request *request,
                             struct hearth_error *error);
/* On a lane: `rc`, the version, and where it lies. Then the job's folder is deleted. An adoption
 * that a kill cut off between the version and that is found again by its job: no second version. */
void hearth_job_adoption_run(struct hearth_job_adoption *adoption);
void hearth_job_adoption_finish(struct hearth_job_adoption *adoption); /* zeroed is allowed */

#endif
