/* How a job is asked for: rows are read, the base is found, a trainer looks at base, data and
 * parameters as it would for the job itself, and the job is kept. One trainer looks at a time. */
#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/memory.h"
#include "catalog/catalog.h"
#include "config/settings.h"
#include "domain/reference.h"
#include "domain/training_parameters.h"
#include "jobs/dataset_measures.h"
#include "jobs/job_keep.h"
#include "jobs/jobs_private.h"
#include "jobs/trainer_process.h"
#include "loop/loop.h"
#include "serving/locate.h"
#include "store/store_work.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WAITING_MAX = 64, MEASURES_MAX = 16 };

struct hearth_submission {
    struct hearth_jobs *jobs;
    struct hearth_submission *next;
    struct hearth_job_ask *ask; /* what is asked, and the rows of it */
    hearth_on_job *on_done;
    void *argument;
    const struct hearth_catalog_entry *base;
    struct hearth_locating *locating;
    char base_path[4096];
    json_t *facts;
    bool measures;  /* tokens are counted, and no job is asked for */
    bool is_ready;  /* for the trainer, in its turn */
    bool is_stored; /* the store has it, and it comes back by itself */
    struct hearth_trainer *trainer;
    struct hearth_timer *limit;
    json_t *plan;
    struct hearth_job_room_seek *seek;
};

static void look_at_next(struct hearth_jobs *jobs);

static void free_submission(struct hearth_submission *submission)
{
    struct hearth_jobs *jobs = submission->jobs;
    struct hearth_submission **at = &jobs->submissions;
    while (*at != submission)
        at = &(*at)->next;
    *at = submission->next;
    hearth_trainer_destroy(submission->trainer);
    hearth_locate_cancel(submission->locating);
    hearth_job_room_cancel(submission->seek);
    if (submission->limit)
        hearth_timer_destroy(submission->limit);
    hearth_catalog_entry_release(submission->base);
    hearth_job_ask_free(submission->ask);
    json_decref(submission->facts);
    json_decref(submission->plan);
    hearth_free(submission);
    look_at_next(jobs);
}

/* `job` is taken over. */
static void answer(struct hearth_submission *submission, json_t *job,
                   const struct hearth_error *error)
{
    submission->on_done(submission->argument, job, error);
    free_submission(submission);
}

/* Keeping it */

static void on_kept(void *argument, const struct hearth_record *record,
                    const struct hearth_error *error)
{
    struct hearth_submission *submission = argument;
    struct hearth_jobs *jobs = submission->jobs;
    jobs->away--;
    submission->ask = NULL; /* it goes with its work */
    if (error) {
        answer(submission, NULL, error);
        return;
    }
    if (!jobs->is_stopped) {
        struct hearth_training_job *job = hearth_jobs_adopt(jobs, record);
        json_t *event = json_pack("{s:s, s:s}", "type", "state", "state", "queued");
        hearth_job_log_append(job->log, event);
        json_decref(event);
    }
    answer(submission, hearth_jobs_json(jobs, record), NULL);
    hearth_jobs_go_on(jobs);
}

static void keep(struct hearth_submission *submission)
{
    submission->jobs->away++;
    submission->is_stored = true;
    hearth_job_ask_keep(submission->ask, submission->facts,
                        submission->jobs->work.settings->training_jobs_max, submission->base->task,
                        on_kept, submission);
}

/* A job that can never have its memory, or that may not wait for it, is refused now. */
static void on_room(void *argument, enum hearth_job_room_answer what,
                    const struct hearth_error *error)
{
    struct hearth_submission *submission = argument;
    submission->seek = NULL;
    if (what == HEARTH_JOB_ROOM_REFUSE || what == HEARTH_JOB_ROOM_NEVER)
        answer(submission, NULL, error);
    else
        keep(submission);
}

static void ask_room(struct hearth_submission *submission)
{
    uint64_t needs = hearth_job_facts_planned(submission->facts);
    if (needs)
        submission->seek =
            hearth_job_room_seek(submission->jobs, needs, false, on_room, submission);
    else
        keep(submission);
}

/* Measures of data */

static void answer_measure(struct hearth_submission *submission, json_t *measure)
{
    const char *facts = hearth_job_ask_data_facts(submission->ask);
    json_t *dataset = hearth_json_parse(facts, strlen(facts), NULL);
    json_t *told =
        json_pack("{s:s, s:s}", "id", hearth_job_facts_text(submission->facts, "dataset_id"),
                  "name", hearth_json_text(dataset, "name", ""));
    json_object_update(told, measure);
    /* It may have been counted for another version that has the same files. */
    json_object_set_new(told, "base", json_string(submission->base->id));
    json_decref(dataset);
    json_decref(measure);
    answer(submission, told, NULL);
}

struct measuring {
    struct hearth_store_work work; /* first */
    struct hearth_submission *submission;
    const char *dataset, *sha256;
    json_t *measure;
};

static int keep_measure(struct hearth_store *store, struct hearth_store_work *work)
{
    const struct measuring *measuring = (struct measuring *)work;
    return hearth_dataset_measure_keep(store, measuring->dataset, measuring->sha256,
                                       measuring->measure, work->arena, &work->error);
}

/* One that could not be kept is told all the same; it is counted again next time. */
static void measure_kept(struct hearth_store_work *work)
{
    struct measuring *measuring = (struct measuring *)work;
    measuring->submission->jobs->away--;
    answer_measure(measuring->submission, measuring->measure);
    hearth_store_work_free(work);
}

static void take_measure(struct hearth_submission *submission, const json_t *result)
{
    struct measuring *measuring =
        hearth_store_work_create(sizeof(*measuring), keep_measure, measure_kept);
    const char *digest = hearth_job_facts_text(submission->facts, "base_sha256");
    measuring->submission = submission;
    measuring->dataset = hearth_job_facts_text(submission->facts, "dataset_id");
    measuring->sha256 = hearth_job_facts_text(submission->facts, "dataset_sha256");
    measuring->measure = hearth_dataset_measure_make(submission->base->id, digest, result);
    submission->jobs->away++;
    submission->is_stored = true;
    hearth_store_work_start(submission->jobs->work.store, &measuring->work);
}

static bool is_measured(struct hearth_submission *submission)
{
    if (!submission->measures)
        return false;
    json_t *measure =
        hearth_dataset_measure_find(hearth_job_ask_data_facts(submission->ask),
                                    hearth_job_facts_text(submission->facts, "base_sha256"));
    if (measure)
        answer_measure(submission, measure);
    return measure != NULL;
}

/* The trainer's look */

static void on_event(void *argument, const json_t *event)
{
    struct hearth_submission *submission = argument;
    if (strcmp(hearth_json_text(event, "type", ""), "plan") != 0)
        return;
    json_decref(submission->plan);
    submission->plan = json_deep_copy(event);
    hearth_job_facts_event(submission->facts, event);
}

/* What took too long to find out shows when the job runs. */
static void on_trainer_end(void *argument, const struct hearth_trainer_end *end)
{
    struct hearth_submission *submission = argument;
    struct hearth_error error = end->error;
    const struct hearth_job_request *request = hearth_job_ask_request(submission->ask);
    hearth_job_facts_name(submission->facts, submission->base_path, NULL, &error);
    hearth_timer_stop(submission->limit);
    if (error.code == HEARTH_EINVAL) /* what the trainer was given are the request's fields */
        error.code = HEARTH_EFIELDS;
    bool is_slow = !end->result && error.code == HEARTH_ETIMEOUT && !end->told;
    if (!end->result && (!is_slow || request->dry_run))
        answer(submission, NULL, &error);
    else if (submission->measures)
        take_measure(submission, end->result);
    else if (request->dry_run)
        answer(submission,
               json_pack("{s:O?, s:O}", "plan", submission->plan, "preview", end->result), NULL);
    else
        ask_room(submission);
}

static void on_limit(void *argument)
{
    struct hearth_submission *submission = argument;
    struct hearth_error error;
    hearth_error_set(&error, HEARTH_ETIMEOUT, "%s took longer than training_check_timeout allows",
                     submission->measures ? "counting the tokens" : "the check of the job");
    hearth_trainer_kill(submission->trainer, &error);
}

static int start_trainer(struct hearth_submission *submission, struct hearth_error *error)
{
    static const struct hearth_trainer_events events = {.on_event = on_event,
                                                        .on_end = on_trainer_end};
    const struct hearth_job_work *work = &submission->jobs->work;
    json_t *order = hearth_job_facts_order(submission->facts, submission->base_path, NULL);
    if (submission->measures)
        json_object_set_new(order, "work", json_string("measure"));
    const struct hearth_trainer_options options = {
        .loop = work->loop,
        .settings = work->settings,
        .subject = hearth_job_facts_text(submission->facts, "id"),
        .order = order,
        .events = &events,
        .argument = submission,
    };
    int rc = hearth_trainer_start(&options, &submission->trainer, error);
    json_decref(order);
    if (!rc) {
        submission->limit = hearth_timer_create(work->loop, on_limit, submission);
        hearth_timer_start(submission->limit, work->settings->training_check_timeout, 0);
    }
    return rc;
}

/* Whoever may only read may have tokens counted: jobs do not wait for that. */
static void look_at_next(struct hearth_jobs *jobs)
{
    struct hearth_submission *next = NULL;
    struct hearth_error error;
    for (struct hearth_submission *each = jobs->submissions; each; each = each->next) {
        if (each->trainer)
            return;
        if (each->is_ready && (!next || (next->measures && !each->measures)))
            next = each;
    }
    if (!next || jobs->is_stopped)
        return;
    next->is_ready = false;
    if (start_trainer(next, &error))
        answer(next, NULL, &error);
}

/* What is known without one */

static int check_base(const struct hearth_submission *submission, struct hearth_error *error)
{
    const struct hearth_catalog_entry *base = submission->base;
    if (!base->version_id)
        return hearth_error_set(error, HEARTH_EFIELDS,
                                "%s is served from a file; install it to train on it", base->id);
    if (base->state != HEARTH_VERSION_READY)
        return hearth_error_set(error, HEARTH_ECONFLICT, "%s is not ready: it is %s", base->id,
                                hearth_version_state_name(base->state));
    if (base->base_version_id)
        return hearth_error_set(error, HEARTH_EFIELDS, "%s is an adapter itself; train on its base",
                                base->id);
    if (strcmp(base->engine, "llama") != 0)
        return hearth_error_set(error, HEARTH_EFIELDS,
                                "%s cannot be trained: only decoders can, and its engine is %s",
                                base->id, *base->engine ? base->engine : "not known");
    return 0;
}

static json_t *parameters_of(const struct hearth_submission *submission, struct hearth_error *error)
{
    const struct hearth_settings *settings = submission->jobs->work.settings;
    struct hearth_training_parameters parameters;
    const json_t *asked = hearth_job_ask_request(submission->ask)->parameters;
    if (hearth_training_parameters_read(asked, &parameters, error))
        return NULL;
    /* Settled now, because the result depends on it. */
    if (!parameters.threads)
        parameters.threads = settings->training_threads;
    if (!parameters.threads)
        parameters.threads = sysconf(_SC_NPROCESSORS_ONLN);
    return hearth_training_parameters_json(&parameters);
}

static int make_facts(struct hearth_submission *submission, const struct hearth_location *location,
                      struct hearth_error *error)
{
    char id[40];
    json_t *parameters = parameters_of(submission, error);
    if (!parameters)
        return HEARTH_EFIELDS;
    struct hearth_job_fresh fresh = {
        .id = id,
        .home = submission->jobs->owner,
        .base = submission->base->id,
        .base_digest = location->digest,
        .base_version_id = submission->base->version_id,
        .parameters = parameters,
        .now_ms = hearth_clock_wall_ms(),
    };
    hearth_record_id("ftjob-", id);
    hearth_job_ask_fill(submission->ask, &fresh);
    submission->facts = hearth_job_facts_create(&fresh);
    json_decref(parameters);
    return 0;
}

static void on_located(void *argument, const struct hearth_location *location)
{
    struct hearth_submission *submission = argument;
    struct hearth_error error = location->error;
    submission->locating = NULL;
    snprintf(submission->base_path, sizeof(submission->base_path), "%s", location->path);
    if (!error.code)
        make_facts(submission, location, &error);
    if (error.code) {
        answer(submission, NULL, &error);
        return;
    }
    if (is_measured(submission))
        return;
    submission->is_ready = true;
    look_at_next(submission->jobs);
}

static void on_read(void *argument, const struct hearth_error *error)
{
    struct hearth_submission *submission = argument;
    const struct hearth_job_work *work = &submission->jobs->work;
    struct hearth_error why;
    submission->jobs->away--;
    if (error) {
        submission->ask = NULL;
        answer(submission, NULL, error);
        return;
    }
    int rc = submission->jobs->is_stopped
                 ? hearth_error_set(&why, HEARTH_EDRAINING, "the server is shutting down")
                 : hearth_catalog_acquire(work->catalog, hearth_job_ask_base(submission->ask),
                                          &submission->base, &why);
    if (!rc)
        rc = check_base(submission, &why);
    if (rc)
        answer(submission, NULL, &why);
    else
        submission->locating = hearth_locate(work->loop, work->lane, work->registry,
                                             submission->base, false, NULL, on_located, submission);
}

void hearth_jobs_submit(struct hearth_jobs *jobs, const struct hearth_job_request *request,
                        hearth_on_job *on_done, void *argument)
{
    struct hearth_submission **end = &jobs->submissions;
    struct hearth_training_parameters parameters;
    struct hearth_error error;
    size_t waiting = 0;
    for (; *end; end = &(*end)->next)
        waiting += (*end)->measures == request->measures;
    int rc = jobs->is_stopped
                 ? hearth_error_set(&error, HEARTH_EDRAINING, "the server is shutting down")
             : waiting >= (request->measures ? MEASURES_MAX : WAITING_MAX)
                 ? hearth_error_set(&error, HEARTH_EQUEUEFULL, "too many %s at once",
                                    request->measures ? "data sets have their tokens counted"
                                                      : "training jobs are being checked")
                 : hearth_training_parameters_read(request->parameters, &parameters, &error);
    if (rc) {
        on_done(argument, NULL, &error);
        return;
    }
    struct hearth_submission *submission = hearth_calloc(1, sizeof(*submission));
    submission->jobs = jobs;
    submission->measures = request->measures;
    submission->on_done = on_done;
    submission->argument = argument;
    *end = submission;
    jobs->away++;
    hearth_job_ask_read(jobs->work.store, request, on_read, submission, &submission->ask);
}

void hearth_jobs_measure(struct hearth_jobs *jobs, const char *principal, const char *dataset,
                         const char *base, hearth_on_job *on_done, void *argument)
{
    const struct hearth_job_request request = {.principal = principal,
                                               .model = "",
                                               .base = base,
                                               .dataset = dataset,
                                               .dry_run = true,
                                               .measures = true};
    hearth_jobs_submit(jobs, &request, on_done, argument);
}

/* Those that the store has come back by themselves. */
void hearth_submissions_stop(struct hearth_jobs *jobs)
{
    struct hearth_error error;
    hearth_error_set(&error, HEARTH_EDRAINING, "the server is shutting down");
    for (struct hearth_submission *each = jobs->submissions, *next; each; each = next) {
        next = each->next;
        if (!each->is_stored && (each->trainer || each->locating || each->seek || each->is_ready))
            answer(each, NULL, &error);
    }
}
