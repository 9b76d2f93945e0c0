/* One way for all routes that need the store, with the two things that are easy to get wrong: a
 * client that leaves, and a catalogue that is late. */
#include "task/store_job.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "catalog/catalog.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "loop/pool.h"
#include "store/store.h"

/* A page of 500 models with their versions is a few megabytes. */
enum { ARENA_MAX = 64 << 20 };

struct hearth_store_job *hearth_store_job_create(struct hearth_call *call)
{
    struct hearth_store_job *job = hearth_calloc(1, sizeof(*job));
    hearth_call_hold(call);
    job->call = call;
    job->arena = hearth_arena_create(ARENA_MAX);
    job->status = 200;
    /* They went with the client. */
    for (int i = 0; call->exchange && i < HEARTH_ROUTE_PARAMS_MAX; i++)
        job->params[i] = hearth_arena_strdup(job->arena, call->params[i]);
    return job;
}

static void destroy(struct hearth_store_job *job)
{
    json_decref(job->result);
    hearth_catalog_rows_release(job->rows);
    hearth_arena_destroy(job->arena);
    hearth_call_drop(job->call);
    hearth_free(job);
}

/* Of a server that ends, what an install needs is gone before its store is. */
static bool goes_on(const struct hearth_store_job *job)
{
    return job->call->exchange || (job->outlives_client && !job->call->gateway->draining);
}

static void tell_age(struct hearth_store_job *job)
{
    char text[25];
    hearth_clock_iso8601(job->rows->read_ms, text);
    hearth_exchange_set_header(job->call->exchange, "hearth-as-of", text);
}

static void answer(struct hearth_store_job *job)
{
    struct hearth_call *call = job->call;
    if (job->rows && call->exchange)
        tell_age(job);
    if (!job->rc && job->on_done && goes_on(job)) {
        job->on_done(job);
    } else if (job->rc && call->exchange) {
        hearth_answer_error(call, &job->error, NULL);
    } else if (call->exchange) {
        json_t *result = job->result;
        job->result = NULL;
        hearth_answer_json(call, job->status, result);
    }
    destroy(job);
}

static void on_refreshed(void *argument, const struct hearth_error *error)
{
    /* What was written is written; a catalogue that is late does not change the answer. */
    (void)error;
    answer(argument);
}

/* On the store's thread: reads the job and the held call's body, and touches no exchange. */
static void on_lane(struct hearth_store *store, void *argument)
{
    struct hearth_store_job *job = argument;
    job->rc = job->work(store, job);
}

static void recall_on_lane(void *argument)
{
    struct hearth_store_job *job = argument;
    job->rc = job->work(job->rows->store, job);
}

static void recalled(void *argument, bool dropped)
{
    struct hearth_store_job *job = argument;
    if (dropped)
        job->rc = hearth_error_set(&job->error, HEARTH_EDRAINING, "the server is shutting down");
    answer(job);
}

/* False: there is nothing to recall, and the job is as it was. */
static bool recall(struct hearth_store_job *job)
{
    struct hearth_gateway *gateway = job->call->gateway;
    if (!job->recalls || gateway->draining)
        return false;
    job->rows = hearth_catalog_rows_acquire(gateway->catalog);
    if (!job->rows)
        return false;
    json_decref(job->result); /* before the lane has the job */
    job->result = NULL;
    if (!hearth_lane_submit(gateway->lane, recall_on_lane, recalled, job))
        return true;
    hearth_catalog_rows_release(job->rows);
    job->rows = NULL;
    return false;
}

/* A store that cannot write makes /health fail; the next verb that succeeds makes it well again. */
static void after_lane(void *argument)
{
    struct hearth_store_job *job = argument;
    struct hearth_gateway *gateway = job->call->gateway;
    gateway->store_failed = job->rc == HEARTH_EIO || job->rc == HEARTH_ENOSPACE;
    if (job->rc == HEARTH_EDATABASE && recall(job))
        return;
    /* At the end of a server its catalogue is gone before its store. */
    if (job->writes && !job->rc && !gateway->draining)
        hearth_catalog_refresh(gateway->catalog, on_refreshed, job);
    else
        answer(job);
}

void hearth_store_job_cancel(struct hearth_store_job *job)
{
    destroy(job);
}

/* Of a store that is known to be away nobody waits to hear it again. */
void hearth_store_job_start(struct hearth_store_job *job)
{
    if (hearth_catalog_fault(job->call->gateway->catalog) == HEARTH_EDATABASE && recall(job))
        return;
    int rc = hearth_store_submit(job->call->gateway->store, on_lane, after_lane, job);
    if (!rc)
        return;
    if (job->call->exchange)
        hearth_answer_message(job->call, rc, NULL, "too many requests to the registry at once");
    destroy(job);
}

void hearth_store_job_start_query(struct hearth_store_job *job,
                                  const struct hearth_query_reader *reader)
{
    struct hearth_call *call = job->call;
    if (!reader->faults.count) {
        hearth_store_job_start(job);
        return;
    }
    hearth_store_job_cancel(job);
    hearth_answer_faults(call, &reader->faults);
}
