/* Cancelling, pausing and resuming, of jobs that are alive here and of those that only the store
 * knows. */
#include "base/clock.h"
#include "base/error.h"
#include "jobs/job_clash.h"
#include "jobs/job_owner.h"
#include "jobs/jobs_private.h"
#include "store/store_work.h"

#include <string.h>

struct control {
    struct hearth_store_work work;
    struct hearth_jobs *jobs;
    const char *id, *owner;
    enum hearth_job_state wanted; /* cancelled, paused or queued */
    struct hearth_record *record;
    hearth_on_job *on_done;
    void *argument;
};

enum { FACTS_MAX = 1 << 20 };

static void tell(hearth_on_job *on_done, void *argument, json_t *job,
                 const struct hearth_error *error)
{
    if (on_done)
        on_done(argument, job, error);
    else
        json_decref(job);
}

static int refuse(struct hearth_error *error, const char *id, const char *state, const char *what)
{
    return hearth_error_set(error, HEARTH_ECONFLICT, "job %.64s is %s: it cannot be %s", id, state,
                            what);
}

/* Of the store */

static int read_job(struct hearth_store *store, struct control *control)
{
    int rc = hearth_store_record_get(store, HEARTH_TRAINING_JOB, control->id, NULL,
                                     control->work.arena, &control->record, &control->work.error);
    return rc == HEARTH_ENOTFOUND
               ? hearth_error_set(&control->work.error, rc, "there is no training job '%.64s'",
                                  control->id)
               : rc;
}

static int write_job(struct hearth_store *store, struct control *control, const json_t *facts)
{
    struct hearth_buf text;
    hearth_buf_init(&text, FACTS_MAX);
    hearth_json_dump(&text, facts);
    const char *copy = hearth_buf_cstr(&text);
    if (copy)
        control->record->facts_json = hearth_arena_strdup(control->work.arena, copy);
    hearth_buf_finish(&text);
    int rc = hearth_store_record_update(store, control->record, &control->work.error);
    control->record->revision += !rc;
    return rc;
}

static json_t *facts_of(const struct control *control)
{
    const char *text = control->record->facts_json;
    return hearth_json_parse(text, strlen(text), NULL);
}

static const char *key_of(enum hearth_job_state wanted)
{
    return wanted == HEARTH_JOB_PAUSED ? "pause_asked" : "cancel_asked";
}

/* The gateway whose job it is finds the wish at its next save. */
static int note_wish(struct hearth_store *store, struct hearth_store_work *work)
{
    struct control *control = (struct control *)work;
    int rc = read_job(store, control);
    if (rc)
        return rc;
    int state = hearth_job_state_parse(control->record->label);
    if (state < 0 || !hearth_job_state_may_follow((enum hearth_job_state)state, control->wanted))
        return refuse(&work->error, control->id, control->record->label,
                      hearth_job_state_name(control->wanted));
    json_t *facts = facts_of(control);
    hearth_job_facts_set_internal(facts, key_of(control->wanted), json_integer(1));
    rc = write_job(store, control, facts);
    json_decref(facts);
    return rc;
}

static int find_model(struct hearth_store *store, struct control *control, const json_t *facts)
{
    struct hearth_model *model;
    int rc = hearth_store_model_get_id(store, hearth_json_integer(facts, "model_id", 0),
                                       control->work.arena, &model, &control->work.error);
    return rc == HEARTH_ENOTFOUND || rc == HEARTH_ENOMODEL
               ? hearth_error_set(&control->work.error, HEARTH_ECONFLICT,
                                  "the model %s of job %.64s is not there any more",
                                  hearth_job_facts_text(facts, "model"), control->id)
               : rc;
}

static int queue_again(struct hearth_store *store, struct hearth_store_work *work)
{
    struct control *control = (struct control *)work;
    int rc = read_job(store, control);
    if (rc)
        return rc;
    int state = hearth_job_state_parse(control->record->label);
    if (state < 0 || !hearth_job_state_is_resumable((enum hearth_job_state)state))
        return refuse(&work->error, control->id, control->record->label, "resumed");
    json_t *facts = facts_of(control);
    const char *owner = hearth_job_facts_internal(facts, "home");
    if (!hearth_job_owner_is(control->owner, owner)) {
        rc = hearth_error_set(&work->error, HEARTH_ECONFLICT,
                              "job %.64s belongs to another server, on %.*s: only that one can "
                              "resume it",
                              control->id, (int)strcspn(owner, ":"), owner);
    } else if (!(rc = find_model(store, control, facts)) &&
               !(rc = hearth_job_clash(store, facts, work->arena, &work->error))) {
        hearth_job_facts_move(facts, HEARTH_JOB_QUEUED, hearth_clock_wall_ms());
        hearth_job_facts_error(facts, NULL, NULL);
        json_object_set_new(facts, "attempts", json_integer(0));
        hearth_job_facts_set_internal(facts, "ran_ms", json_integer(0));
        hearth_job_facts_set_internal(facts, "cancel_asked", json_integer(0));
        hearth_job_facts_set_internal(facts, "pause_asked", json_integer(0));
        control->record->label = hearth_job_state_name(HEARTH_JOB_QUEUED);
        rc = write_job(store, control, facts);
    }
    json_decref(facts);
    return rc;
}

static void after_wish(struct hearth_store_work *work)
{
    struct control *control = (struct control *)work;
    control->jobs->away--;
    tell(control->on_done, control->argument,
         work->rc ? NULL : hearth_jobs_json(control->jobs, control->record),
         work->rc ? &work->error : NULL);
    hearth_store_work_free(work);
}

static void after_queue(struct hearth_store_work *work)
{
    struct control *control = (struct control *)work;
    struct hearth_jobs *jobs = control->jobs;
    bool is_new = !work->rc && !jobs->is_stopped && !hearth_jobs_find(jobs, control->id);
    jobs->away--;
    if (is_new)
        hearth_jobs_adopt(jobs, control->record);
    tell(control->on_done, control->argument,
         work->rc ? NULL : hearth_jobs_json(jobs, control->record), work->rc ? &work->error : NULL);
    hearth_jobs_go_on(jobs);
    hearth_store_work_free(work);
}

static void start(struct hearth_jobs *jobs, const char *id, enum hearth_job_state wanted,
                  hearth_on_job *on_done, void *argument)
{
    bool is_wish = wanted != HEARTH_JOB_QUEUED;
    struct control *control = hearth_store_work_create(
        sizeof(*control), is_wish ? note_wish : queue_again, is_wish ? after_wish : after_queue);
    control->jobs = jobs;
    control->wanted = wanted;
    control->id = hearth_arena_strdup(control->work.arena, id);
    control->owner = hearth_arena_strdup(control->work.arena, jobs->owner);
    control->on_done = on_done;
    control->argument = argument;
    jobs->away++;
    hearth_store_work_start(jobs->work.store, &control->work);
}

/* Of those that are alive here */

/* Noted before the process has ended: the wish outlives a kill of the server. */
static void end_here(struct hearth_training_job *job, enum hearth_job_state wanted, bool *wish,
                     enum hearth_job_end end)
{
    bool was_asked = *wish;
    *wish = true;
    hearth_job_facts_set_internal(job->facts, key_of(wanted), json_integer(1));
    hearth_jobs_forget_turn(job);
    if (!job->attempt) {
        hearth_job_move(job, wanted);
        return;
    }
    hearth_job_attempt_stop(job->attempt, end);
    if (!was_asked)
        hearth_job_save(job);
}

/* One whose process is still ending goes on when it has ended. */
static void resume_here(struct hearth_training_job *job)
{
    job->is_paused = false;
    job->not_before_ms = 0;
    hearth_job_facts_set_internal(job->facts, key_of(HEARTH_JOB_PAUSED), json_integer(0));
    if (job->attempt)
        hearth_job_save(job);
    else
        hearth_job_move(job, HEARTH_JOB_QUEUED);
    hearth_jobs_go_on(job->all);
}

/* In words why it cannot; NULL: it can. */
static const char *obstacle(const struct hearth_training_job *job, enum hearth_job_state wanted)
{
    const char *name = hearth_job_state_name(job->state);
    if (wanted == HEARTH_JOB_QUEUED) /* one that waits for its next attempt is queued already */
        return job->is_paused && !job->is_cancelled ? NULL : name;
    if (wanted == HEARTH_JOB_PAUSED && job->attempt && job->is_cancelled)
        return "about to be cancelled";
    return hearth_job_state_may_follow(job->state, wanted) ? NULL : name;
}

static void change(struct hearth_jobs *jobs, const char *id, enum hearth_job_state wanted,
                   hearth_on_job *on_done, void *argument)
{
    struct hearth_training_job *job = hearth_jobs_find(jobs, id);
    struct hearth_error error;
    if (!job) {
        start(jobs, id, wanted, on_done, argument);
        return;
    }
    const char *why = obstacle(job, wanted);
    if (why) {
        refuse(&error, id, why,
               wanted == HEARTH_JOB_QUEUED ? "resumed" : hearth_job_state_name(wanted));
        tell(on_done, argument, NULL, &error);
        return;
    }
    if (wanted == HEARTH_JOB_CANCELLED)
        end_here(job, wanted, &job->is_cancelled, HEARTH_JOB_END_CANCELLED);
    else if (wanted == HEARTH_JOB_PAUSED)
        end_here(job, wanted, &job->is_paused, HEARTH_JOB_END_PAUSED);
    else
        resume_here(job);
    tell(on_done, argument, hearth_job_facts_shown(job->facts, job->all->work.home), NULL);
}

void hearth_jobs_cancel(struct hearth_jobs *jobs, const char *id, hearth_on_job *on_done,
                        void *argument)
{
    change(jobs, id, HEARTH_JOB_CANCELLED, on_done, argument);
}

void hearth_jobs_pause(struct hearth_jobs *jobs, const char *id, hearth_on_job *on_done,
                       void *argument)
{
    change(jobs, id, HEARTH_JOB_PAUSED, on_done, argument);
}

void hearth_jobs_resume(struct hearth_jobs *jobs, const char *id, hearth_on_job *on_done,
                        void *argument)
{
    change(jobs, id, HEARTH_JOB_QUEUED, on_done, argument);
}
