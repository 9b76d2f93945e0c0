/* Lanes: queues of jobs, the threads that work on them, and the way back to the loop. */
#include "loop/pool.h"

#include "base/error.h"
#include "base/memory.h"
#include "loop/loop_private.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>

struct job {
    struct job *next;
    void (*work)(void *argument);
    void (*done)(void *argument, bool dropped);
    void *argument;
};

struct job_list {
    struct job *first, **last;
};

/* The life of a job: waiting → in a thread → finished → told on the loop thread → freed. `posted`
 * says that a post of tell_finished is under way, so that many finished jobs share one. */
struct hearth_lane {
    struct hearth_loop *loop;
    size_t queue_max;
    unsigned thread_count;
    pthread_t *threads;
    bool destroyed; /* loop thread only: the pending post frees the lane */

    pthread_mutex_t lock; /* guards the members below */
    pthread_cond_t work_came;
    struct job_list waiting, finished;
    size_t waiting_count;
    bool stopping, posted;
};

static void jobs_init(struct job_list *list)
{
    list->first = NULL;
    list->last = &list->first;
}

static void jobs_add(struct job_list *list, struct job *job)
{
    job->next = NULL;
    *list->last = job;
    list->last = &job->next;
}

static struct job *jobs_pop(struct job_list *list)
{
    struct job *job = list->first;
    if (job && !(list->first = job->next))
        list->last = &list->first;
    return job;
}

static void lane_free(struct hearth_lane *lane)
{
    pthread_mutex_destroy(&lane->lock);
    pthread_cond_destroy(&lane->work_came);
    hearth_free(lane->threads);
    hearth_free(lane);
}

/* The hold was taken when the job was accepted; it is given back before `done`, which may end the
 * loop. */
static void tell(struct hearth_lane *lane, struct job *job, bool dropped)
{
    hearth_loop_release(lane->loop);
    job->done(job->argument, dropped);
    hearth_free(job);
}

static void tell_finished(void *argument)
{
    struct hearth_lane *lane = argument;
    pthread_mutex_lock(&lane->lock);
    lane->posted = false;
    pthread_mutex_unlock(&lane->lock);
    if (lane->destroyed) {
        lane_free(lane);
        return;
    }
    /* One at a time: a `done` may destroy the lane, which then stays in memory for the post. */
    pthread_mutex_lock(&lane->lock);
    struct job *job = jobs_pop(&lane->finished);
    if (lane->finished.first && !lane->posted) {
        lane->posted = true;
        hearth_loop_post(lane->loop, tell_finished, lane);
    }
    pthread_mutex_unlock(&lane->lock);
    if (job)
        tell(lane, job, false);
}

/* The lock is held everywhere but during the work itself. */
static void *lane_run(void *argument)
{
    struct hearth_lane *lane = argument;
    pthread_mutex_lock(&lane->lock);
    for (;;) {
        while (!lane->stopping && !lane->waiting.first)
            pthread_cond_wait(&lane->work_came, &lane->lock);
        if (lane->stopping)
            break;
        struct job *job = jobs_pop(&lane->waiting);
        lane->waiting_count--;
        pthread_mutex_unlock(&lane->lock);
        job->work(job->argument);
        pthread_mutex_lock(&lane->lock);
        jobs_add(&lane->finished, job);
        if (!lane->posted) {
            lane->posted = true;
            hearth_loop_post(lane->loop, tell_finished, lane);
        }
    }
    pthread_mutex_unlock(&lane->lock);
    return NULL;
}

/* ~x */
int hearth_thread_start(pthread_t *ret_thread, void *(*run)(void *argument), void *argument)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, HEARTH_THREAD_STACK_BYTES);
    int rc = pthread_create(ret_thread, &attributes, run, argument);
    pthread_attr_destroy(&attributes);
    return rc ? HEARTH_ENOMEM : 0;
}

struct hearth_lane *hearth_lane_create(struct hearth_loop *loop, const char *name, unsigned threads,
                                       size_t queue_max)
{
    assert(threads > 0 && queue_max > 0);
    struct hearth_lane *lane = hearth_calloc(1, sizeof(*lane));
    lane->loop = loop;
    lane->queue_max = queue_max;
    lane->thread_count = threads;
    lane->threads = hearth_calloc(threads, sizeof(*lane->threads));
    pthread_mutex_init(&lane->lock, NULL);
    pthread_cond_init(&lane->work_came, NULL);
    jobs_init(&lane->waiting);
    jobs_init(&lane->finished);
    for (unsigned i = 0; i < threads; i++) {
        int rc = hearth_thread_start(&lane->threads[i], lane_run, lane);
        assert(rc == 0);
        char thread_name[16];
        snprintf(thread_name, sizeof(thread_name), "%s", name);
        pthread_setname_np(lane->threads[i], thread_name);
    }
    return lane;
}

/* Jobs that run are waited for; those that wait are told as dropped, so that every accepted job is
 * told exactly once. A post that is under way still names the lane: then tell_finished frees it. */
void hearth_lane_destroy(struct hearth_lane *lane)
{
    if (!lane)
        return;
    assert(!lane->destroyed);
    pthread_mutex_lock(&lane->lock);
    lane->stopping = true;
    pthread_cond_broadcast(&lane->work_came);
    pthread_mutex_unlock(&lane->lock);
    for (unsigned i = 0; i < lane->thread_count; i++)
        pthread_join(lane->threads[i], NULL);
    struct job *job;
    while ((job = jobs_pop(&lane->finished)))
        tell(lane, job, false);
    while ((job = jobs_pop(&lane->waiting)))
        tell(lane, job, true);
    lane->destroyed = true;
    if (!lane->posted)
        lane_free(lane);
}

/* Loop thread only, which is why the hold may follow the unlock: `done` cannot run before this
 * returns. */
int hearth_lane_submit(struct hearth_lane *lane, void (*work)(void *argument),
                       void (*done)(void *argument, bool dropped), void *argument)
{
    int rc = 0;
    struct job *job = hearth_alloc(sizeof(*job));
    *job = (struct job){.work = work, .done = done, .argument = argument};
    pthread_mutex_lock(&lane->lock);
    if (lane->stopping || lane->waiting_count >= lane->queue_max) {
        rc = HEARTH_EQUEUEFULL;
    } else {
        jobs_add(&lane->waiting, job);
        lane->waiting_count++;
        pthread_cond_signal(&lane->work_came);
    }
    pthread_mutex_unlock(&lane->lock);
    if (rc)
        hearth_free(job);
    else
        hearth_loop_hold(lane->loop);
    return rc;
}
