#include "jobs/job_wishes.h"

#include "config/home.h"
#include "jobs/jobs_private.h"
#include "loop/loop.h"
#include "store/store_work.h"

enum { AGAIN_MS = 5000, LISTED_MAX = 10000, WAITING_STATES = 2 };

struct looking {
    struct hearth_store_work work;
    struct hearth_jobs *jobs;
    struct hearth_record *records[WAITING_STATES];
    size_t counts[WAITING_STATES];
};

static int read_waiting(struct hearth_store *store, struct hearth_store_work *work)
{
    static const enum hearth_job_state states[WAITING_STATES] = {HEARTH_JOB_QUEUED,
                                                                 HEARTH_JOB_PAUSED};
    struct looking *looking = (struct looking *)work;
    int rc = 0;
    for (size_t i = 0; !rc && i < WAITING_STATES; i++) {
        const struct hearth_record_filter filter = {.kind = HEARTH_TRAINING_JOB,
                                                    .label = hearth_job_state_name(states[i]),
                                                    .limit = LISTED_MAX};
        rc = hearth_store_record_list(store, &filter, work->arena, &looking->records[i],
                                      &looking->counts[i], &work->error);
    }
    return rc;
}

/* Saving it meets the other revision, and finds the wish. */
static void look_at(struct hearth_jobs *jobs, const struct hearth_record *record)
{
    struct hearth_training_job *job = hearth_jobs_find(jobs, record->id);
    if (job && !job->attempt && !job->is_saving && job->revision != record->revision)
        hearth_job_save(job);
}

/* While the database is away nobody can have written a wish. */
static void after_reading(struct hearth_store_work *work)
{
    struct looking *looking = (struct looking *)work;
    struct hearth_jobs *jobs = looking->jobs;
    jobs->away--;
    jobs->is_looking = false;
    for (size_t i = 0; !work->rc && !jobs->is_stopped && i < WAITING_STATES; i++)
        for (size_t k = 0; k < looking->counts[i]; k++)
            look_at(jobs, &looking->records[i][k]);
    hearth_store_work_free(work);
}

static bool is_any_waiting(const struct hearth_jobs *jobs)
{
    for (const struct hearth_training_job *job = jobs->first; job; job = job->next)
        if (!job->attempt)
            return true;
    return false;
}

void hearth_jobs_look_for_wishes(struct hearth_jobs *jobs)
{
    uint64_t now_ms = hearth_loop_now_ms(jobs->work.loop);
    if (!hearth_home_database_server(jobs->work.home) || !jobs->is_started || jobs->is_stopped ||
        jobs->is_looking || now_ms < jobs->wishes_again_ms || !is_any_waiting(jobs))
        return;
    struct looking *looking =
        hearth_store_work_create(sizeof(*looking), read_waiting, after_reading);
    looking->jobs = jobs;
    jobs->is_looking = true;
    jobs->wishes_again_ms = now_ms + AGAIN_MS;
    jobs->away++;
    hearth_store_work_start(jobs->work.store, &looking->work);
}
