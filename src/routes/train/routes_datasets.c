/* /datasets: what is registered, and a look into it. Registering is in routes_datasets_create.c. */
#include "base/error.h"
#include "base/text.h"
#include "config/settings.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "gateway/query_reader.h"
#include "jobs/datasets.h"
#include "jobs/jobs.h"
#include "routes/train/train_routes.gen.h"
#include "task/store_job.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { PREVIEW_DEFAULT = 5 };

/* Read on the loop, used on the store's lane: all of it lies in the job's arena. */
struct list_query {
    struct hearth_dataset_filter filter;
    const struct hearth_home *home;
    int64_t page, limit;
};

static bool is_one_of(const char *word, const char *const *known)
{
    while (*known && strcmp(word, *known) != 0)
        known++;
    return *known != NULL;
}

static void read_query(struct hearth_query_reader *reader, struct hearth_arena *arena,
                       struct list_query *query)
{
    static const char *const shapes[] = {"messages", "prompt", "text", "alpaca", "sharegpt", NULL};
    static const char *const formats[] = {"jsonl", "json", "csv", NULL};
    struct hearth_dataset_filter *filter = &query->filter;
    filter->name = hearth_arena_strdup(arena, hearth_query_read_text(reader, "name"));
    filter->shape = hearth_arena_strdup(arena, hearth_query_read_text(reader, "shape"));
    filter->format = hearth_arena_strdup(arena, hearth_query_read_text(reader, "format"));
    if (filter->shape && !is_one_of(filter->shape, shapes))
        hearth_query_fault(reader, "shape", "messages, prompt, text, alpaca or sharegpt",
                           filter->shape);
    if (filter->format && !is_one_of(filter->format, formats))
        hearth_query_fault(reader, "format", "jsonl, json or csv", filter->format);
    hearth_query_read_page(reader, &query->page, &query->limit);
}

static int list(struct hearth_store *store, struct hearth_store_job *job)
{
    const struct list_query *query = job->input;
    struct hearth_dataset *datasets;
    size_t count, first = (size_t)((query->page - 1) * query->limit);
    int rc = hearth_dataset_list(store, &query->filter, job->arena, &datasets, &count, &job->error);
    if (rc)
        return rc;
    json_t *rows = json_array();
    for (size_t i = first; i < count && i - first < (size_t)query->limit; i++)
        json_array_append_new(rows, hearth_dataset_json(&datasets[i], query->home));
    json_int_t total = (json_int_t)count;
    job->result = json_pack("{s:o, s:I, s:I, s:I, s:I}", "datasets", rows, "total", total, "page",
                            (json_int_t)query->page, "limit", (json_int_t)query->limit, "pages",
                            (total + query->limit - 1) / query->limit);
    return 0;
}

void hearth_route_datasets_list(struct hearth_call *call)
{
    static const char *const known[] = {"name", "shape", "format", "page", "limit", NULL};
    struct hearth_store_job *job = hearth_store_job_create(call);
    struct list_query *query = hearth_arena_alloc(job->arena, sizeof(*query));
    struct hearth_query_reader reader;
    hearth_query_reader_init(&reader, call, known);
    read_query(&reader, job->arena, query);
    query->filter.limit = call->gateway->settings->datasets_max;
    query->home = call->gateway->home;
    job->input = query;
    job->work = list;
    hearth_store_job_start_query(job, &reader);
}

static int show(struct hearth_store *store, struct hearth_store_job *job)
{
    struct hearth_dataset dataset;
    int rc = hearth_dataset_find(store, job->params[0], job->arena, &dataset, &job->error);
    if (!rc)
        job->result = hearth_dataset_json(&dataset, job->input);
    return rc;
}

void hearth_route_datasets_show(struct hearth_call *call)
{
    struct hearth_store_job *job = hearth_store_job_create(call);
    job->work = show;
    job->input = call->gateway->home;
    hearth_store_job_start(job);
}

/* The record first: bytes without one are nobody's, a record without bytes would be a promise. */
static int delete (struct hearth_store *store, struct hearth_store_job *job)
{
    struct hearth_dataset dataset;
    int rc = hearth_dataset_delete(store, job->params[0], job->arena, &dataset, &job->error);
    if (rc)
        return rc;
    if (dataset.origin == HEARTH_DATASET_OF_UPLOAD)
        unlink(dataset.path);
    job->result =
        json_pack("{s:b, s:s, s:s}", "deleted", 1, "id", dataset.id, "name", dataset.name);
    return 0;
}

void hearth_route_datasets_delete(struct hearth_call *call)
{
    struct hearth_store_job *job = hearth_store_job_create(call);
    job->work = delete;
    hearth_store_job_start(job);
}

/* A look into it: the call is held until the reading has ended. */

static void on_gone(struct hearth_call *call, int reason)
{
    (void)reason;
    if (call->work)
        hearth_dataset_work_cancel(call->work);
}

static void on_previewed(void *argument, const struct hearth_dataset *dataset, json_t *rows,
                         bool more, const struct hearth_error *error)
{
    struct hearth_call *call = argument;
    call->work = NULL;
    if (call->exchange && error)
        hearth_answer_error(call, error, NULL);
    else if (call->exchange)
        hearth_answer_json(call, 200,
                           json_pack("{s:s, s:s, s:O, s:b}", "id", dataset->id, "name",
                                     dataset->name, "rows", rows, "more", more));
    hearth_call_drop(call);
}

/* How long its rows are: counted and kept also when the client has gone. */

static void on_counting_gone(struct hearth_call *call, int reason)
{
    (void)call, (void)reason;
}

static void on_counted(void *argument, json_t *measure, const struct hearth_error *error)
{
    struct hearth_call *call = argument;
    if (call->exchange && error)
        hearth_answer_error(call, error, NULL);
    else if (call->exchange)
        hearth_answer_json(call, 200, json_incref(measure));
    json_decref(measure);
    hearth_call_drop(call);
}

void hearth_route_datasets_tokens(struct hearth_call *call)
{
    static const struct hearth_call_events events = {.on_gone = on_counting_gone};
    static const char *const known[] = {"base", NULL};
    struct hearth_query_reader reader;
    hearth_query_reader_init(&reader, call, known);
    const char *base = hearth_query_read_text(&reader, "base");
    if (!reader.faults.count && !base)
        hearth_query_fault(&reader, "base", "a model of the registry", "");
    if (reader.faults.count) {
        hearth_answer_faults(call, &reader.faults);
        return;
    }
    hearth_call_hold(call);
    call->events = &events;
    hearth_jobs_measure(call->gateway->jobs, call->principal, call->params[0], base, on_counted,
                        call);
}

void hearth_route_datasets_preview(struct hearth_call *call)
{
    static const struct hearth_call_events events = {.on_gone = on_gone};
    static const char *const known[] = {"rows", NULL};
    struct hearth_query_reader reader;
    int64_t rows = PREVIEW_DEFAULT;
    hearth_query_reader_init(&reader, call, known);
    hearth_query_read_number(&reader, "rows", HEARTH_DATASETS_PREVIEW_MAX, "a number from 1 to 100",
                             &rows);
    if (reader.faults.count) {
        hearth_answer_faults(call, &reader.faults);
        return;
    }
    hearth_call_hold(call);
    call->events = &events;
    call->work = hearth_datasets_preview(call->gateway->datasets, call->params[0], (size_t)rows,
                                         on_previewed, call);
}
