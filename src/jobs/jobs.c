#include "jobs/jobs.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "config/home.h"
#include "config/settings.h"
#include "jobs/environment.h"
#include "jobs/job_files.h"
#include "jobs/job_owner.h"
#include "jobs/job_recovery.h"
#include "jobs/job_samples.h"
#include "jobs/job_wishes.h"
#include "jobs/jobs_private.h"
#include "loop/loop.h"
#include "loop/pool.h"
#include "store/store_work.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TICK_MS = 1000, LANE_QUEUE_MAX = 1024, TURNS_MAX = 4096, ROOM_AGAIN_MS = 2000 };

struct hearth_training_job *hearth_jobs_find(const struct hearth_jobs *jobs, const char *id)
{
    struct hearth_training_job *job = jobs->first;
    while (job && strcmp(job->id, id) != 0)
        job = job->next;
    return job;
}

struct hearth_training_job *hearth_jobs_adopt(struct hearth_jobs *jobs,
                                              const struct hearth_record *record)
{
    struct hearth_training_job *job = hearth_calloc(1, sizeof(*job));
    struct hearth_training_job **end = &jobs->first;
    job->all = jobs;
    job->facts = hearth_json_parse(record->facts_json, strlen(record->facts_json), NULL);
    job->principal = strcmp(record->principal, "key") == 0 ? "key" : "local";
    job->created_ms = record->created_ms;
    job->revision = record->revision;
    job->state = (enum hearth_job_state)hearth_job_state_parse(record->label);
    job->is_cancelled = hearth_job_facts_internal_integer(job->facts, "cancel_asked") != 0;
    job->is_paused = hearth_job_facts_internal_integer(job->facts, "pause_asked") != 0;
    snprintf(job->id, sizeof(job->id), "%s", record->id);
    job->log = hearth_job_log_open(jobs->logs, job->id);
    while (*end)
        end = &(*end)->next;
    *end = job;
    hearth_timer_start(jobs->tick, TICK_MS, TICK_MS);
    return job;
}

void hearth_jobs_forget_turn(struct hearth_training_job *job)
{
    struct hearth_jobs *jobs = job->all;
    if (jobs->seeking != job)
        return;
    hearth_job_room_cancel(jobs->seek);
    jobs->seek = NULL;
    jobs->seeking = NULL;
}

void hearth_jobs_release(struct hearth_training_job *job)
{
    hearth_jobs_forget_turn(job);
    struct hearth_training_job **at = &job->all->first;
    while (*at != job)
        at = &(*at)->next;
    *at = job->next;
    hearth_job_log_close(job->log);
    json_decref(job->facts);
    hearth_free(job);
}

/* Whose turn it is */

static struct hearth_training_job *next_in_turn(const struct hearth_jobs *jobs)
{
    struct hearth_job_turn turns[TURNS_MAX];
    struct hearth_training_job *by_turn[TURNS_MAX];
    size_t count = 0;
    for (struct hearth_training_job *job = jobs->first; job && count < TURNS_MAX; job = job->next) {
        by_turn[count] = job;
        turns[count++] = (struct hearth_job_turn){
            .state = job->attempt ? HEARTH_JOB_RUNNING : job->state,
            .queued_ms = (uint64_t)hearth_job_facts_internal_integer(job->facts, "queued_ms"),
            .not_before_ms = job->not_before_ms,
            .target = hearth_job_facts_text(job->facts, "model"),
        };
    }
    int next = hearth_job_next(turns, count, (uint32_t)jobs->work.settings->training_active_max,
                               hearth_loop_now_ms(jobs->work.loop));
    return next < 0 ? NULL : by_turn[next];
}

/* One without memory is not overtaken: it would never come to its turn beside smaller ones. */
static void on_room(void *argument, enum hearth_job_room_answer what,
                    const struct hearth_error *error)
{
    struct hearth_jobs *jobs = argument;
    struct hearth_training_job *job = jobs->seeking;
    jobs->seek = NULL;
    jobs->seeking = NULL;
    if (jobs->is_stopped)
        return;
    json_object_set_new(job->facts, "waiting", json_null());
    if (what == HEARTH_JOB_ROOM_FITS) {
        hearth_job_begin(job);
    } else if (what == HEARTH_JOB_ROOM_WAIT) {
        json_object_set_new(job->facts, "waiting", json_string(error->message));
        jobs->room_again_ms = hearth_loop_now_ms(jobs->work.loop) + ROOM_AGAIN_MS;
    } else {
        hearth_job_refuse(job, error);
    }
    hearth_jobs_go_on(jobs);
}

/* A job whose check was cut short has told no plan: what it needs shows when it runs. */
void hearth_jobs_go_on(struct hearth_jobs *jobs)
{
    struct hearth_training_job *job;
    uint64_t now_ms = hearth_loop_now_ms(jobs->work.loop);
    while (jobs->is_started && jobs->environment && !jobs->is_stopped && !jobs->seeking &&
           now_ms >= jobs->room_again_ms && (job = next_in_turn(jobs))) {
        uint64_t needs = hearth_job_facts_planned(job->facts);
        if (!needs) {
            hearth_job_begin(job);
            continue;
        }
        jobs->seeking = job;
        jobs->seek = hearth_job_room_seek(jobs, needs, true, on_room, jobs);
    }
    hearth_jobs_promise(jobs);
}

static void on_tick(void *argument)
{
    struct hearth_jobs *jobs = argument;
    if (!jobs->is_started)
        hearth_jobs_recover(jobs);
    else if (!jobs->first)
        hearth_timer_stop(jobs->tick);
    for (struct hearth_training_job *job = jobs->first; job; job = job->next)
        hearth_job_look(job);
    hearth_jobs_sample(jobs);
    hearth_jobs_look_for_wishes(jobs);
    hearth_jobs_go_on(jobs);
}

/* What clients see */

/* Of two that came together the first in the list goes first. */
static size_t place_of(const struct hearth_training_job *job)
{
    int64_t queued_ms = hearth_job_facts_internal_integer(job->facts, "queued_ms");
    size_t place = 1;
    bool is_behind = false;
    for (const struct hearth_training_job *other = job->all->first; other; other = other->next) {
        int64_t others_ms = hearth_job_facts_internal_integer(other->facts, "queued_ms");
        is_behind = is_behind || other == job;
        if (other != job && other->state == HEARTH_JOB_QUEUED)
            place += others_ms < queued_ms || (others_ms == queued_ms && !is_behind);
    }
    return place;
}

static json_t *show(const struct hearth_training_job *job)
{
    json_t *shown = hearth_job_facts_shown(job->facts, job->all->work.home);
    if (job->state == HEARTH_JOB_QUEUED)
        json_object_set_new(shown, "queue_position", json_integer((json_int_t)place_of(job)));
    return shown;
}

/* That it is over is told once the store has it: who hears it may delete what it held. */
json_t *hearth_jobs_json(const struct hearth_jobs *jobs, const struct hearth_record *record)
{
    const struct hearth_training_job *job = hearth_jobs_find(jobs, record->id);
    if (job && !hearth_job_state_is_over(job->state))
        return show(job);
    json_t *facts = hearth_json_parse(record->facts_json, strlen(record->facts_json), NULL);
    json_t *shown = hearth_job_facts_shown(facts, jobs->work.home);
    json_decref(facts);
    return shown;
}

struct hearth_job_logs *hearth_jobs_logs(struct hearth_jobs *jobs)
{
    return jobs->logs;
}

void hearth_jobs_each(const struct hearth_jobs *jobs,
                      void (*visit)(void *argument, enum hearth_job_state state,
                                    const json_t *facts),
                      void *argument)
{
    for (const struct hearth_training_job *job = jobs->first; job; job = job->next)
        visit(argument, job->state, job->facts);
}

void hearth_jobs_track(struct hearth_jobs *jobs, const struct hearth_track_listener *listener)
{
    jobs->track = listener;
}

void hearth_jobs_start(struct hearth_jobs *jobs)
{
    hearth_timer_start(jobs->tick, TICK_MS, TICK_MS);
    hearth_jobs_recover(jobs);
}

/* Life of all */

/* Reads a whole program, which is nothing for the loop. No job is begun before it is there. */
static void describe_environment(void *argument)
{
    struct hearth_jobs *jobs = argument;
    jobs->described = hearth_environment_describe();
}

static void environment_described(void *argument, bool dropped)
{
    struct hearth_jobs *jobs = argument;
    jobs->environment = dropped ? NULL : jobs->described;
    hearth_jobs_go_on(jobs);
}

static int make_folder(struct hearth_jobs *jobs, const struct hearth_jobs_options *options,
                       struct hearth_error *error)
{
    char directory[4096];
    int rc = hearth_home_path(options->home, "jobs", directory, sizeof(directory));
    if (rc)
        return hearth_error_set(error, rc, "the path of the home is too long");
    jobs->directory = hearth_strdup(directory);
    rc = hearth_job_folder_make(directory, error);
    jobs->owner = hearth_job_owner_read(directory, hearth_home_directory(options->home));
    return rc;
}

int hearth_jobs_create(const struct hearth_jobs_options *options, struct hearth_jobs **ret_jobs,
                       struct hearth_error *error)
{
    struct hearth_jobs *jobs = hearth_calloc(1, sizeof(*jobs));
    int rc = make_folder(jobs, options, error);
    if (rc) {
        hearth_jobs_destroy(jobs);
        return rc;
    }
    jobs->work = (struct hearth_job_work){
        .loop = options->loop,
        .lane = hearth_lane_create(options->loop, "training", 1, LANE_QUEUE_MAX),
        .store = options->store,
        .registry = options->registry,
        .catalog = options->catalog,
        .scheduler = options->scheduler,
        .settings = options->settings,
        .home = options->home,
        .directory = jobs->directory,
    };
    jobs->climate = (struct hearth_machine_climate){NAN, NAN};
    jobs->climate_lane = hearth_lane_create(options->loop, "climate", 1, 4);
    jobs->logs = hearth_job_logs_create(options->loop, jobs->directory);
    jobs->tick = hearth_timer_create(options->loop, on_tick, jobs);
    hearth_lane_submit(jobs->work.lane, describe_environment, environment_described, jobs);
    *ret_jobs = jobs;
    return 0;
}

void hearth_jobs_stop(struct hearth_jobs *jobs)
{
    if (!jobs || jobs->is_stopped)
        return;
    jobs->is_stopped = true;
    hearth_submissions_stop(jobs);
    for (struct hearth_training_job *job = jobs->first, *next; job; job = next) {
        next = job->next;
        if (job->attempt)
            hearth_job_attempt_stop(job->attempt, HEARTH_JOB_END_STOPPED);
        else if (!job->is_saving && !job->is_dirty)
            hearth_jobs_release(job);
    }
}

bool hearth_jobs_idle(const struct hearth_jobs *jobs)
{
    for (const struct hearth_training_job *job = jobs ? jobs->first : NULL; job; job = job->next)
        if (job->attempt || job->is_saving)
            return false;
    return !jobs || (jobs->away == 0 && !jobs->submissions);
}

void hearth_jobs_destroy(struct hearth_jobs *jobs)
{
    if (!jobs)
        return;
    hearth_job_room_cancel(jobs->seek);
    while (jobs->first)
        hearth_jobs_release(jobs->first);
    hearth_lane_destroy(jobs->work.lane);
    hearth_lane_destroy(jobs->climate_lane);
    hearth_job_logs_destroy(jobs->logs);
    if (jobs->tick)
        hearth_timer_destroy(jobs->tick);
    json_decref(jobs->environment);
    hearth_free(jobs->directory);
    hearth_free(jobs->owner);
    hearth_free(jobs);
}
