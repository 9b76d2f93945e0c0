/* Training jobs: what is asked for is checked, kept in the store (kind HEARTH_TRAINING_JOB), run in
 * its turn by a process of its own, and becomes a version of a model.
 *
 * First come, first served, `training_active_max` at once. A job whose process or gateway is gone
 * goes on from its checkpoint, `training_attempts_max` times. A job belongs to the home where it
 * was asked for, since its files lie there: several gateways on one database show each other's jobs
 * and run their own. Loop thread only. */
#ifndef HEARTH_JOBS_JOBS_H
#define HEARTH_JOBS_JOBS_H

#include "base/json.h"
#include "hearth/error.h"
#include "jobs/job_facts.h"
#include "store/record.h"

#include <stdbool.h>
#include <stdint.h>

struct hearth_catalog;
struct hearth_home;
struct hearth_job_logs;
struct hearth_jobs;
struct hearth_loop;
struct hearth_registry;
struct hearth_scheduler;
struct hearth_settings;
struct hearth_store;
struct hearth_track_listener;

/* All of it outlives the jobs. */
struct hearth_jobs_options {
    struct hearth_loop *loop;
    struct hearth_store *store;
    struct hearth_registry *registry;
    struct hearth_catalog *catalog;
    struct hearth_scheduler *scheduler;
    const struct hearth_settings *settings;
    struct hearth_home *home;
};

/* Makes the folder HOME/jobs. */
int hearth_jobs_create(const struct hearth_jobs_options *options, struct hearth_jobs **ret_jobs,
                       struct hearth_error *error);
/* Who is told of runs, metrics and versions; NULL: nobody. Before start. */
void hearth_jobs_track(struct hearth_jobs *jobs, const struct hearth_track_listener *listener);
/* Takes up what the last server left; once the catalogue is there. */
void hearth_jobs_start(struct hearth_jobs *jobs);
/* Nothing is begun any more; what runs saves a checkpoint and ends, and is `interrupted`. */
void hearth_jobs_stop(struct hearth_jobs *jobs); /* NULL is allowed; any number of times */
/* Has everything ended that stop has to wait for? */
bool hearth_jobs_idle(const struct hearth_jobs *jobs);
/* Kills what still runs. After the store is closed. NULL is allowed. */
void hearth_jobs_destroy(struct hearth_jobs *jobs);

/* What is asked for. Texts may be NULL where something may be left out. */
struct hearth_job_request {
    const char *principal;
    const char *model;              /* whose version it will be; made when it is not there */
    const char *base;               /* NULL: the base_model of the model */
    const char *dataset;            /* id or name */
    const char *evaluation_dataset; /* likewise, or NULL */
    const char *label;              /* of the version, or NULL */
    const json_t *parameters;       /* an object, or NULL */
    const json_t *client;           /* kept beside the job for the API that asks; or NULL */
    bool dry_run;
    bool measures; /* hearth_jobs_measure */
};
/* Checks the request, with a trainer that reads its base and data; then the job is kept. Tells the
 * job as a client sees it, or of a dry run {"plan": …, "preview": …}; the callee's. Errors are of
 * the request's kind (HEARTH_EFIELDS, HEARTH_ENOMODEL, HEARTH_ENOTFOUND, HEARTH_ECONFLICT,
 * HEARTH_EMEMORY, HEARTH_EQUEUEFULL …) or the store's. The request is copied. */
typedef void hearth_on_job(void *argument, json_t *job, const struct hearth_error *error);
void hearth_jobs_submit(struct hearth_jobs *jobs, const struct hearth_job_request *request,
                        hearth_on_job *on_done, void *argument);

/* How long the rows of a data set (id or name) are in tokens of a base, as dataset_measures.h has
 * it, with the "id" and "name" of the data set. Counted by a trainer, within
 * training_check_timeout, if it is not known yet. Errors as those of a dry run. */
void hearth_jobs_measure(struct hearth_jobs *jobs, const char *principal, const char *dataset,
                         const char *base, hearth_on_job *on_done, void *argument);

/* As a client sees it: of one that is alive here what is true now, of others what the record says.
 * The caller's. */
json_t *hearth_jobs_json(const struct hearth_jobs *jobs, const struct hearth_record *record);

/* HEARTH_ENOTFOUND; HEARTH_ECONFLICT names the state in which it cannot. One that runs is told, and
 * is cancelled once its process has ended. */
void hearth_jobs_cancel(struct hearth_jobs *jobs, const char *id, hearth_on_job *on_done,
                        void *argument);
/* It waits until somebody resumes it, also over a restart, and gives back its turn and its memory:
 * one that runs is told, and is paused once its process has saved a checkpoint and ended. */
void hearth_jobs_pause(struct hearth_jobs *jobs, const char *id, hearth_on_job *on_done,
                       void *argument);
/* A failed or interrupted one is queued again, with all its attempts; a paused one goes on, in the
 * place that it had. */
void hearth_jobs_resume(struct hearth_jobs *jobs, const char *id, hearth_on_job *on_done,
                        void *argument);

/* What the jobs of this home have said (job_log.h). */
struct hearth_job_logs *hearth_jobs_logs(struct hearth_jobs *jobs);

/* Those of this home that are not over, for the metrics; facts are valid during the visit. */
void hearth_jobs_each(const struct hearth_jobs *jobs,
                      void (*visit)(void *argument, enum hearth_job_state state,
                                    const json_t *facts),
                      void *argument);

#endif
