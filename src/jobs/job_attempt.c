#include "jobs/job_attempt.h"

#include "base/error.h"
#include "base/memory.h"
#include "catalog/catalog.h"
#include "config/settings.h"
#include "jobs/job_facts.h"
#include "jobs/job_files.h"
#include "jobs/trainer_process.h"
#include "loop/loop.h"
#include "loop/pool.h"
#include "registry/adopt.h"
#include "serving/locate.h"

#include <stdio.h>
#include <string.h>

enum { ADOPT_AGAIN_MS = 2000 };

struct hearth_job_attempt {
    struct hearth_attempt_options options;
    char folder[4096], base_path[4096];
    const struct hearth_catalog_entry *base;
    struct hearth_locating *locating;
    struct hearth_trainer *trainer;
    bool is_stopped, is_on_lane;
    enum hearth_job_end stop_end;
    bool rests;
    json_t *result;
    struct hearth_job_adoption adoption;
    struct hearth_timer *again; /* NULL until an adoption had to be put off */
};

static void end_attempt(struct hearth_job_attempt *attempt, enum hearth_job_end how,
                        const struct hearth_error *error)
{
    struct hearth_attempt_end end = {.end = how, .result = attempt->result};
    if (error) {
        end.error = *error;
        hearth_job_facts_name(attempt->options.facts, attempt->base_path, attempt->folder,
                              &end.error);
    }
    end.version_number = attempt->adoption.version_number;
    end.artifact_path = attempt->adoption.artifact_path;
    attempt->options.events->on_end(attempt->options.argument, &end);
    hearth_trainer_destroy(attempt->trainer);
    hearth_locate_cancel(attempt->locating);
    hearth_catalog_entry_release(attempt->base);
    hearth_job_adoption_finish(&attempt->adoption);
    if (attempt->again)
        hearth_timer_destroy(attempt->again);
    json_decref(attempt->result);
    hearth_free(attempt);
}

static void end_stopped(struct hearth_job_attempt *attempt)
{
    struct hearth_error error;
    hearth_error_set(&error, HEARTH_ECANCELED, "the job was interrupted");
    end_attempt(attempt, attempt->stop_end, &error);
}

/* The version */

static void adopt_on_lane(void *argument)
{
    struct hearth_job_attempt *attempt = argument;
    hearth_job_adoption_run(&attempt->adoption);
}

static void on_refreshed(void *argument, const struct hearth_error *error)
{
    struct hearth_job_attempt *attempt = argument;
    (void)error; /* the version is there; an old catalogue finds it at its next look */
    end_attempt(attempt, HEARTH_JOB_END_DONE, NULL);
}

static void submit_adoption(struct hearth_job_attempt *attempt);

static void adopt_again(void *argument)
{
    struct hearth_job_attempt *attempt = argument;
    attempt->adoption.error = (struct hearth_error){.code = 0};
    if (attempt->is_stopped)
        end_stopped(attempt);
    else
        submit_adoption(attempt);
}

/* What took hours to learn is not thrown away because the database is away at its end. */
static void put_off(struct hearth_job_attempt *attempt)
{
    struct hearth_loop *loop = attempt->options.work->loop;
    if (!attempt->again)
        attempt->again = hearth_timer_create(loop, adopt_again, attempt);
    hearth_timer_start(attempt->again, ADOPT_AGAIN_MS, 0);
}

/* Whoever hears that the job is done finds the version. */
static void adopted(void *argument, bool dropped)
{
    struct hearth_job_attempt *attempt = argument;
    attempt->is_on_lane = false;
    if (dropped)
        end_attempt(attempt, HEARTH_JOB_END_STOPPED, NULL);
    else if (attempt->adoption.rc == HEARTH_EDATABASE && !attempt->is_stopped)
        put_off(attempt);
    else if (attempt->adoption.rc == HEARTH_EDATABASE)
        end_stopped(attempt);
    else if (attempt->adoption.rc)
        end_attempt(attempt, HEARTH_JOB_END_TOLD, &attempt->adoption.error);
    else
        hearth_catalog_refresh(attempt->options.work->catalog, on_refreshed, attempt);
}

static void submit_adoption(struct hearth_job_attempt *attempt)
{
    struct hearth_error error;
    int rc = hearth_lane_submit(attempt->options.work->lane, adopt_on_lane, adopted, attempt);
    attempt->is_on_lane = rc == 0;
    if (rc == HEARTH_EQUEUEFULL)
        hearth_error_set(&error, rc, "there is too much to do at once");
    if (rc)
        end_attempt(attempt, HEARTH_JOB_END_TOLD, &error);
}

static void adopt(struct hearth_job_attempt *attempt)
{
    struct hearth_error error;
    json_t *lineage =
        hearth_job_facts_lineage(attempt->options.facts, attempt->options.environment);
    const struct hearth_job_adoption_request request = {
        .registry = attempt->options.work->registry,
        .folder = attempt->folder,
        .model = hearth_job_facts_text(attempt->options.facts, "model"),
        .model_id = hearth_json_integer(attempt->options.facts, "model_id", 0),
        .job = hearth_job_facts_text(attempt->options.facts, "id"),
        .label = hearth_job_facts_text(attempt->options.facts, "label"),
        .base = attempt->base,
        .is_whole = strcmp(hearth_json_text(json_object_get(attempt->options.facts, "parameters"),
                                            "method", "lora"),
                           "full") == 0,
        .result = attempt->result,
        .lineage = lineage,
    };
    int rc = hearth_job_adoption_init(&attempt->adoption, &request, &error);
    json_decref(lineage);
    if (rc)
        end_attempt(attempt, HEARTH_JOB_END_TOLD, &error);
    else
        submit_adoption(attempt);
}

/* The trainer */

static void on_event(void *argument, const json_t *event)
{
    struct hearth_job_attempt *attempt = argument;
    attempt->options.events->on_event(attempt->options.argument, event);
}

static void on_trainer_end(void *argument, const struct hearth_trainer_end *end)
{
    struct hearth_job_attempt *attempt = argument;
    struct hearth_error error = end->error;
    attempt->result = json_incref((json_t *)end->result);
    hearth_trainer_destroy(attempt->trainer);
    attempt->trainer = NULL;
    if (attempt->result)
        adopt(attempt);
    else if (end->told)
        end_attempt(attempt, HEARTH_JOB_END_TOLD, &error);
    else if (attempt->is_stopped)
        end_stopped(attempt);
    else
        end_attempt(attempt, HEARTH_JOB_END_CRASHED, &error);
}

static void train(struct hearth_job_attempt *attempt)
{
    static const struct hearth_trainer_events events = {.on_event = on_event,
                                                        .on_end = on_trainer_end};
    const struct hearth_job_work *work = attempt->options.work;
    json_t *order =
        hearth_job_facts_order(attempt->options.facts, attempt->base_path, attempt->folder);
    const struct hearth_trainer_options options = {
        .loop = work->loop,
        .settings = work->settings,
        .subject = hearth_job_facts_text(attempt->options.facts, "id"),
        .order = order,
        .events = &events,
        .argument = attempt,
    };
    struct hearth_error error;
    int rc = hearth_trainer_start(&options, &attempt->trainer, &error);
    json_decref(order);
    if (rc)
        end_attempt(attempt, HEARTH_JOB_END_CRASHED, &error);
    else if (attempt->rests)
        hearth_trainer_rest(attempt->trainer, true);
}

/* Before it */

static void make_folder(void *argument)
{
    struct hearth_job_attempt *attempt = argument;
    attempt->adoption.rc = hearth_job_folder_make(attempt->folder, &attempt->adoption.error);
}

static void folder_made(void *argument, bool dropped)
{
    struct hearth_job_attempt *attempt = argument;
    attempt->is_on_lane = false;
    if (dropped)
        end_attempt(attempt, HEARTH_JOB_END_STOPPED, NULL);
    else if (attempt->is_stopped)
        end_stopped(attempt);
    else if (attempt->adoption.rc)
        end_attempt(attempt, HEARTH_JOB_END_TOLD, &attempt->adoption.error);
    else
        train(attempt);
}

static void on_located(void *argument, const struct hearth_location *location)
{
    struct hearth_job_attempt *attempt = argument;
    struct hearth_error error = location->error;
    attempt->locating = NULL;
    snprintf(attempt->base_path, sizeof(attempt->base_path), "%s", location->path);
    if (!error.code && strcmp(location->digest, hearth_job_facts_internal(attempt->options.facts,
                                                                          "base_digest")) != 0)
        hearth_error_set(&error, HEARTH_EDIGEST,
                         "the files of %s are not those that the job was ordered with",
                         hearth_job_facts_text(attempt->options.facts, "base_model"));
    if (error.code) {
        end_attempt(attempt, HEARTH_JOB_END_TOLD, &error);
        return;
    }
    attempt->is_on_lane =
        hearth_lane_submit(attempt->options.work->lane, make_folder, folder_made, attempt) == 0;
    if (!attempt->is_on_lane)
        end_attempt(attempt, HEARTH_JOB_END_CRASHED, NULL);
}

static void begin(void *argument)
{
    struct hearth_job_attempt *attempt = argument;
    const struct hearth_job_work *work = attempt->options.work;
    struct hearth_error error;
    if (attempt->is_stopped) {
        end_stopped(attempt);
        return;
    }
    int rc = hearth_catalog_acquire(work->catalog,
                                    hearth_job_facts_text(attempt->options.facts, "base_model"),
                                    &attempt->base, &error);
    if (rc)
        end_attempt(attempt, HEARTH_JOB_END_TOLD, &error);
    else
        attempt->locating = hearth_locate(work->loop, work->lane, work->registry, attempt->base,
                                          false, NULL, on_located, attempt);
}

struct hearth_job_attempt *hearth_job_attempt_begin(const struct hearth_attempt_options *options)
{
    struct hearth_job_attempt *attempt = hearth_calloc(1, sizeof(*attempt));
    attempt->options = *options;
    snprintf(attempt->folder, sizeof(attempt->folder), "%s", options->folder);
    hearth_loop_defer(options->work->loop, begin, attempt);
    return attempt;
}

/* What is on a lane comes back by itself, and what has become a version is not taken back. */
void hearth_job_attempt_stop(struct hearth_job_attempt *attempt, enum hearth_job_end end)
{
    bool was_stopped = attempt->is_stopped;
    if (!was_stopped || end == HEARTH_JOB_END_CANCELLED)
        attempt->stop_end = end;
    attempt->is_stopped = true;
    if (was_stopped)
        return;
    if (attempt->trainer) {
        hearth_trainer_stop(attempt->trainer, attempt->options.work->settings->training_stop);
    } else if (attempt->locating) {
        hearth_locate_cancel(attempt->locating);
        attempt->locating = NULL;
        end_stopped(attempt);
    }
}

void hearth_job_attempt_rest(struct hearth_job_attempt *attempt, bool rests)
{
    attempt->rests = rests;
    if (attempt->trainer)
        hearth_trainer_rest(attempt->trainer, rests);
}

pid_t hearth_job_attempt_pid(const struct hearth_job_attempt *attempt)
{
    return attempt->trainer ? hearth_trainer_pid(attempt->trainer) : 0;
}
