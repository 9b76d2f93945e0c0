#include "jobs/job_recovery.h"

#include "base/log.h"
#include "jobs/job_owner.h"
#include "jobs/job_tidy.h"
#include "jobs/job_track.h"
#include "jobs/jobs_private.h"
#include "store/store_work.h"
#include "track/open_runs.h"

#include <string.h>

enum { LISTED_MAX = 100000, LEFT_STATES = 4 };

struct recovery {
    struct hearth_store_work work;
    struct hearth_jobs *jobs;
    struct hearth_record *records[LEFT_STATES];
    size_t counts[LEFT_STATES];
    struct hearth_record **untold; /* of those that are over: their end was not told */
    size_t untold_count;
};

/* No job of this server has begun yet, and its rows are written on this lane: what has none is
 * nobody's. */
static int tidy(struct hearth_store *store, struct recovery *recovery)
{
    const struct hearth_record_filter all = {.kind = HEARTH_TRAINING_JOB, .limit = LISTED_MAX};
    struct hearth_record *records;
    size_t count = 0;
    int rc = hearth_store_record_list(store, &all, recovery->work.arena, &records, &count,
                                      &recovery->work.error);
    if (!rc)
        hearth_job_tidy(recovery->jobs->directory, records, count);
    return rc;
}

/* The server was killed between the job's row and what was to be told of its end. */
static int read_untold(struct hearth_store *store, struct recovery *recovery)
{
    struct hearth_store_work *work = &recovery->work;
    const char **runs;
    size_t count = 0;
    int rc = hearth_open_runs_list(store, work->arena, &runs, &count, &work->error);
    if (!rc)
        recovery->untold = hearth_arena_alloc(work->arena, (count + 1) * sizeof(*recovery->untold));
    for (size_t i = 0; !rc && recovery->untold && i < count; i++) {
        struct hearth_record *record;
        rc = hearth_store_record_get(store, HEARTH_TRAINING_JOB, runs[i], NULL, work->arena,
                                     &record, &work->error);
        int state = rc ? -1 : hearth_job_state_parse(record->label);
        if (state >= 0 && hearth_job_state_is_over((enum hearth_job_state)state))
            recovery->untold[recovery->untold_count++] = record;
        rc = rc == HEARTH_ENOTFOUND ? 0 : rc;
    }
    return rc;
}

static int read_left(struct hearth_store *store, struct hearth_store_work *work)
{
    static const enum hearth_job_state states[LEFT_STATES] = {
        HEARTH_JOB_RUNNING, HEARTH_JOB_INTERRUPTED, HEARTH_JOB_QUEUED, HEARTH_JOB_PAUSED};
    struct recovery *recovery = (struct recovery *)work;
    int rc = tidy(store, recovery);
    for (size_t i = 0; !rc && i < LEFT_STATES; i++) {
        const struct hearth_record_filter filter = {.kind = HEARTH_TRAINING_JOB,
                                                    .label = hearth_job_state_name(states[i]),
                                                    .ascending = true,
                                                    .limit = LISTED_MAX};
        rc = hearth_store_record_list(store, &filter, work->arena, &recovery->records[i],
                                      &recovery->counts[i], &work->error);
    }
    return !rc && recovery->jobs->track ? read_untold(store, recovery) : rc;
}

static bool is_ours(const struct hearth_jobs *jobs, const struct hearth_record *record)
{
    json_t *facts = hearth_json_parse(record->facts_json, strlen(record->facts_json), NULL);
    bool is_ours = hearth_job_owner_is(jobs->owner, hearth_job_facts_internal(facts, "home"));
    json_decref(facts);
    return is_ours && !hearth_jobs_find(jobs, record->id);
}

static void tell_end(struct hearth_jobs *jobs, const struct hearth_record *record)
{
    struct hearth_training_job *job = hearth_jobs_adopt(jobs, record);
    HEARTH_LOG(HEARTH_LOG_INFO, "training.end_told_late", HEARTH_TEXT("id", job->id));
    if (job->state == HEARTH_JOB_COMPLETED)
        hearth_job_track_version(job);
    hearth_job_track_state(job);
    hearth_jobs_release(job);
}

/* While the database is away nothing is begun; it is asked again at each tick. */
static void recover(struct hearth_store_work *work)
{
    struct recovery *recovery = (struct recovery *)work;
    struct hearth_jobs *jobs = recovery->jobs;
    jobs->away--;
    jobs->is_recovering = false;
    if (work->rc)
        HEARTH_LOG(HEARTH_LOG_ERROR, "training.not_recovered",
                   HEARTH_TEXT("reason", work->error.message));
    for (size_t i = 0; !work->rc && !jobs->is_stopped && i < LEFT_STATES; i++)
        for (size_t k = 0; k < recovery->counts[i]; k++)
            if (is_ours(jobs, &recovery->records[i][k]))
                hearth_job_recover(hearth_jobs_adopt(jobs, &recovery->records[i][k]));
    for (size_t i = 0; !work->rc && !jobs->is_stopped && i < recovery->untold_count; i++)
        if (is_ours(jobs, recovery->untold[i]))
            tell_end(jobs, recovery->untold[i]);
    jobs->is_started = !work->rc;
    hearth_jobs_go_on(jobs);
    hearth_store_work_free(work);
}

void hearth_jobs_recover(struct hearth_jobs *jobs)
{
    if (jobs->is_recovering || jobs->is_stopped)
        return;
    struct recovery *recovery = hearth_store_work_create(sizeof(*recovery), read_left, recover);
    recovery->jobs = jobs;
    jobs->is_recovering = true;
    jobs->away++;
    hearth_store_work_start(jobs->work.store, &recovery->work);
}
