/* The life of one job: it is begun, says how it goes, rests, ends, and is begun again. */
#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/out_file.h"
#include "config/home.h"
#include "config/settings.h"
#include "jobs/job_track.h"
#include "jobs/jobs_private.h"
#include "loop/loop.h"
#include "loop/pool.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void log_event(struct hearth_training_job *job, json_t *event)
{
    hearth_job_log_append(job->log, event);
    json_decref(event);
}

/* The state that ends it tells what it became: who follows the events needs nothing else. */
static void log_state(struct hearth_training_job *job)
{
    json_t *event =
        json_pack("{s:s, s:s}", "type", "state", "state", hearth_job_state_name(job->state));
    if (job->state == HEARTH_JOB_COMPLETED)
        json_object_set(event, "version", json_object_get(job->facts, "version"));
    if (json_is_object(json_object_get(job->facts, "error")))
        json_object_set(event, "error", json_object_get(job->facts, "error"));
    log_event(job, event);
}

static void remove_folder(void *argument)
{
    hearth_folder_remove(argument);
}

static void folder_removed(void *argument, bool dropped)
{
    (void)dropped;
    hearth_free(argument);
}

/* It cannot go on, so nobody needs its checkpoint. What is left here is tidied at the next start.
 */
static void discard_folder(const struct hearth_training_job *job)
{
    char *folder = hearth_format("%s/%s", job->all->directory, job->id);
    if (hearth_lane_submit(job->all->work.lane, remove_folder, folder_removed, folder))
        hearth_free(folder);
}

void hearth_job_move(struct hearth_training_job *job, enum hearth_job_state state)
{
    assert(hearth_job_state_may_follow(job->state, state));
    job->state = state;
    hearth_job_facts_move(job->facts, state, hearth_clock_wall_ms());
    HEARTH_LOG(HEARTH_LOG_INFO, "training.state", HEARTH_TEXT("id", job->id),
               HEARTH_TEXT("to", hearth_job_state_name(state)));
    log_state(job);
    hearth_job_track_state(job);
    if (state == HEARTH_JOB_CANCELLED)
        discard_folder(job);
    hearth_job_save(job);
}

static uint32_t attempts_of(const struct hearth_training_job *job)
{
    return (uint32_t)hearth_json_integer(job->facts, "attempts", 0);
}

static void keep_time(struct hearth_training_job *job)
{
    uint64_t ran_ms = hearth_job_watch_ran_ms(&job->watch, hearth_loop_now_ms(job->all->work.loop));
    hearth_job_facts_set_internal(job->facts, "ran_ms", json_integer((json_int_t)ran_ms));
}

/* The trainer speaks */

static void on_event(void *argument, const json_t *event)
{
    struct hearth_training_job *job = argument;
    double epoch = hearth_json_number(event, "epoch", job->epoch);
    job->epoch_over = job->epoch_over || floor(epoch) > floor(job->epoch);
    job->epoch = epoch;
    hearth_job_facts_event(job->facts, event);
    hearth_job_log_append(job->log, event);
    hearth_job_track_event(job, event);
    job->is_dirty = true; /* saved at a tick: steps may be many in a second */
}

/* The end of an attempt */

/* Clients read it as long as the job is known, and so does who follows its events. */
static void note_error(struct hearth_training_job *job, const struct hearth_error *error)
{
    const struct hearth_error_row *row = hearth_error_row(error->code);
    struct hearth_error told = *error;
    hearth_home_hide(job->all->work.home, &told);
    hearth_job_facts_error(job->facts, row->code, told.message);
    log_event(job, json_pack("{s:s, s:s, s:s}", "type", "log", "level", "error", "message",
                             told.message));
}

static void describe(const struct hearth_training_job *job, const struct hearth_attempt_end *end,
                     struct hearth_error *ret_error)
{
    *ret_error = end->error;
    if (end->end == HEARTH_JOB_END_TIMED_OUT)
        hearth_error_set(ret_error, HEARTH_ETIMEOUT,
                         "the job ran longer than training_time_limit allows (%.0f s)",
                         (double)job->all->work.settings->training_time_limit / 1000);
    else if (!ret_error->code)
        hearth_error_set(ret_error, HEARTH_ECRASHED, "the job's process could not be run");
}

/* Again, after a wait that grows. */
static void queue_again(struct hearth_training_job *job)
{
    uint32_t random;
    hearth_random_bytes(&random, sizeof(random));
    job->not_before_ms =
        hearth_loop_now_ms(job->all->work.loop) + hearth_job_wait_ms(attempts_of(job), random);
    hearth_job_move(job, HEARTH_JOB_QUEUED);
}

static void settle(struct hearth_training_job *job, const struct hearth_attempt_end *end)
{
    const struct hearth_settings *settings = job->all->work.settings;
    struct hearth_error error;
    enum hearth_job_state state = hearth_job_state_after_end(
        end->end, attempts_of(job), (uint32_t)settings->training_attempts_max);
    if (!hearth_job_end_counts(end->end) && attempts_of(job))
        json_object_set_new(job->facts, "attempts", json_integer(attempts_of(job) - 1));
    if (end->end == HEARTH_JOB_END_DONE) {
        hearth_job_facts_error(job->facts, NULL, NULL);
        hearth_job_facts_done(job->facts, end->result, end->version_number, end->artifact_path);
        hearth_job_track_version(job);
    } else if (state == HEARTH_JOB_FAILED || end->end == HEARTH_JOB_END_CRASHED) {
        describe(job, end, &error);
        note_error(job, &error);
    }
    hearth_job_move(job, state);
    if (state == HEARTH_JOB_INTERRUPTED && job->is_paused)
        hearth_job_move(job, HEARTH_JOB_PAUSED);
    else if (state == HEARTH_JOB_INTERRUPTED && end->end != HEARTH_JOB_END_STOPPED)
        queue_again(job);
    else if (state == HEARTH_JOB_PAUSED && !job->is_paused) /* resumed while its process ended */
        hearth_job_move(job, HEARTH_JOB_QUEUED);
}

static void on_end(void *argument, const struct hearth_attempt_end *end)
{
    struct hearth_training_job *job = argument;
    struct hearth_jobs *jobs = job->all;
    keep_time(job);
    job->attempt = NULL;
    job->rest = (struct hearth_job_rest){0};
    settle(job, end);
    hearth_jobs_go_on(jobs);
}

void hearth_job_begin(struct hearth_training_job *job)
{
    static const struct hearth_attempt_events events = {.on_event = on_event, .on_end = on_end};
    struct hearth_jobs *jobs = job->all;
    char folder[4200];
    snprintf(folder, sizeof(folder), "%s/%s", jobs->directory, job->id);
    json_object_set_new(job->facts, "attempts", json_integer(attempts_of(job) + 1));
    hearth_job_facts_error(job->facts, NULL, NULL);
    json_object_set_new(job->facts, "lineage",
                        hearth_job_facts_lineage(job->facts, jobs->environment));
    hearth_job_watch_start(&job->watch,
                           (uint64_t)hearth_job_facts_internal_integer(job->facts, "ran_ms"),
                           hearth_loop_now_ms(jobs->work.loop));
    const struct hearth_attempt_options options = {
        .work = &jobs->work,
        .facts = job->facts,
        .environment = jobs->environment,
        .folder = folder,
        .events = &events,
        .argument = job,
    };
    job->taken_bytes = 0;
    job->attempt = hearth_job_attempt_begin(&options);
    hearth_job_move(job, HEARTH_JOB_RUNNING);
}

void hearth_job_refuse(struct hearth_training_job *job, const struct hearth_error *error)
{
    note_error(job, error);
    hearth_job_move(job, HEARTH_JOB_FAILED);
}

/* What a server leaves behind */

void hearth_job_recover(struct hearth_training_job *job)
{
    const struct hearth_settings *settings = job->all->work.settings;
    struct hearth_error error;
    if (job->is_cancelled) {
        hearth_job_move(job, HEARTH_JOB_CANCELLED);
        return;
    }
    if (job->is_paused) {
        if (job->state != HEARTH_JOB_PAUSED)
            hearth_job_move(job, HEARTH_JOB_PAUSED);
        return;
    }
    if (job->state == HEARTH_JOB_RUNNING) {
        enum hearth_job_state state =
            hearth_job_state_after_end(HEARTH_JOB_END_GATEWAY_LOST, attempts_of(job),
                                       (uint32_t)settings->training_attempts_max);
        hearth_error_set(&error, HEARTH_ECRASHED, "the server ended while the job ran");
        note_error(job, &error);
        hearth_job_move(job, state);
    }
    if (job->state == HEARTH_JOB_INTERRUPTED || job->state == HEARTH_JOB_PAUSED)
        hearth_job_move(job, HEARTH_JOB_QUEUED);
}

/* Each second */

#define CALM_MS 10000

static void look_at_climate(struct hearth_training_job *job, uint64_t now_ms)
{
    const struct hearth_settings *settings = job->all->work.settings;
    const struct hearth_job_rest_limits limits = {
        .pressure_max = (double)settings->training_pressure_max,
        .temperature_max = (double)settings->training_temperature_max,
        .calm_ms = CALM_MS,
        .cool_down_most_ms = settings->training_cool_down,
    };
    const struct hearth_job_climate climate = {
        .pressure = job->all->climate.memory_pressure,
        .temperature = job->all->climate.temperature,
        .epoch_over = job->epoch_over,
    };
    enum hearth_job_rest_reason before = job->rest.reason;
    enum hearth_job_rest_reason now = hearth_job_rest_look(&job->rest, &limits, &climate, now_ms);
    job->epoch_over = false;
    if (now == before)
        return;
    json_object_set_new(job->facts, "resting",
                        now ? json_string(hearth_job_rest_name(now)) : json_null());
    log_event(job, json_pack("{s:s, s:s, s:o}", "type", "log", "level", "info", "message",
                             now ? json_sprintf("rests: %s", hearth_job_rest_name(now))
                                 : json_string("goes on")));
    hearth_job_attempt_rest(job->attempt, now != HEARTH_JOB_RESTS_NOT);
    if (now && !before)
        hearth_job_watch_rest(&job->watch, now_ms);
    else if (!now)
        hearth_job_watch_go_on(&job->watch, now_ms);
    hearth_job_save(job);
}

void hearth_job_look(struct hearth_training_job *job)
{
    const struct hearth_settings *settings = job->all->work.settings;
    uint64_t now_ms = hearth_loop_now_ms(job->all->work.loop);
    if (job->is_dirty && !job->is_saving)
        hearth_job_save(job);
    if (!job->attempt)
        return;
    keep_time(job);
    look_at_climate(job, now_ms);
    if (hearth_job_watch_is_over_time(&job->watch, settings->training_time_limit, now_ms))
        hearth_job_attempt_stop(job->attempt, HEARTH_JOB_END_TIMED_OUT);
}
