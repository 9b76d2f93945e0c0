/* What changes of a job goes to the store, one save at a time. */
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "config/settings.h"
#include "jobs/jobs_private.h"
#include "store/store_work.h"

#include <string.h>

enum { FACTS_MAX = 1 << 20 };

struct saving {
    struct hearth_store_work work;
    struct hearth_training_job *job;
    struct hearth_record record;
    bool asks_cancel, asks_pause; /* another gateway has written it down */
};

static const char *facts_text(const json_t *facts, struct hearth_arena *arena)
{
    struct hearth_buf text;
    hearth_buf_init(&text, FACTS_MAX);
    hearth_json_dump(&text, facts);
    const char *copy = hearth_buf_cstr(&text);
    copy = hearth_arena_strdup(arena, copy ? copy : "{}");
    hearth_buf_finish(&text);
    return copy;
}

/* The wish stays in the row until it is fulfilled: we may be killed before that. */
static void keep_wishes(struct saving *saving)
{
    json_t *facts =
        hearth_json_parse(saving->record.facts_json, strlen(saving->record.facts_json), NULL);
    if (facts && saving->asks_cancel)
        hearth_job_facts_set_internal(facts, "cancel_asked", json_integer(1));
    if (facts && saving->asks_pause)
        hearth_job_facts_set_internal(facts, "pause_asked", json_integer(1));
    if (facts)
        saving->record.facts_json = facts_text(facts, saving->work.arena);
    json_decref(facts);
}

/* The row has another revision when a gateway of another home was asked to cancel or pause the job:
 * it notes that and nothing else. */
static int write_save(struct hearth_store *store, struct hearth_store_work *work)
{
    struct saving *saving = (struct saving *)work;
    struct hearth_record *stored;
    int rc = hearth_store_record_update(store, &saving->record, &work->error);
    if (rc != HEARTH_ECONFLICT)
        return rc;
    rc = hearth_store_record_get(store, HEARTH_TRAINING_JOB, saving->record.id, NULL, work->arena,
                                 &stored, &work->error);
    if (rc)
        return rc;
    json_t *facts = hearth_json_parse(stored->facts_json, strlen(stored->facts_json), NULL);
    saving->asks_cancel = hearth_job_facts_internal_integer(facts, "cancel_asked") != 0;
    saving->asks_pause = hearth_job_facts_internal_integer(facts, "pause_asked") != 0;
    json_decref(facts);
    keep_wishes(saving);
    saving->record.revision = stored->revision;
    return hearth_store_record_update(store, &saving->record, &work->error);
}

/* What is over and saved is gone from here, and once the server stops also what waits, so that
 * whoever follows its log is let go; what a full disk or a lost database has kept from being
 * saved is tried again at the next tick. */
static void after_save(struct hearth_store_work *work)
{
    struct saving *saving = (struct saving *)work;
    struct hearth_training_job *job = saving->job;
    struct hearth_jobs *jobs = job->all;
    bool is_gone = work->rc == HEARTH_ENOTFOUND;
    job->is_saving = false;
    jobs->away--;
    if (work->rc)
        HEARTH_LOG(HEARTH_LOG_ERROR, "training.not_saved", HEARTH_TEXT("id", job->id),
                   HEARTH_TEXT("reason", work->error.message));
    else
        job->revision = saving->record.revision + 1;
    if (work->rc && !is_gone)
        job->is_dirty = true;
    else if (job->is_dirty)
        hearth_job_save(job);
    else if ((hearth_job_state_is_over(job->state) || jobs->is_stopped) && !job->attempt)
        hearth_jobs_release(job), job = NULL;
    if (job && saving->asks_cancel)
        hearth_jobs_cancel(jobs, job->id, NULL, NULL);
    else if (job && saving->asks_pause)
        hearth_jobs_pause(jobs, job->id, NULL, NULL);
    hearth_store_work_free(work);
}

void hearth_job_save(struct hearth_training_job *job)
{
    job->is_dirty = job->is_saving;
    if (job->is_saving)
        return;
    struct saving *saving = hearth_store_work_create(sizeof(*saving), write_save, after_save);
    struct hearth_arena *arena = saving->work.arena;
    job->is_saving = true;
    job->all->away++;
    saving->job = job;
    saving->record = (struct hearth_record){
        .kind = HEARTH_TRAINING_JOB,
        .id = hearth_arena_strdup(arena, job->id),
        .principal = job->principal,
        .label = hearth_job_state_name(job->state),
        .facts_json = facts_text(job->facts, arena),
        .created_ms = job->created_ms,
        .revision = job->revision,
    };
    hearth_store_work_start(job->all->work.store, &saving->work);
}
