/* /training/jobs: asking for a job, looking at jobs, cancelling, pausing, resuming. */
#include "base/error.h"
#include "config/settings.h"
#include "domain/training_parameters.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "gateway/query_reader.h"
#include "jobs/jobs.h"
#include "routes/train/job_row.h"
#include "routes/train/train_routes.gen.h"
#include "task/store_job.h"

#include <string.h>

/* Lists */

struct list_query {
    const char *state, *model;
    int64_t page, limit, most;
};

static bool is_of(const struct hearth_record *record, const struct list_query *query)
{
    if (!query->model)
        return true;
    json_t *facts = hearth_json_parse(record->facts_json, strlen(record->facts_json), NULL);
    bool is_of = strcmp(hearth_json_text(facts, "model", ""), query->model) == 0;
    json_decref(facts);
    return is_of;
}

/* What is alive is shown as it is now, so the loop makes the answer of the rows. */
struct list_rows {
    struct list_query query;
    struct hearth_record *records;
    size_t count;
};

static int list(struct hearth_store *store, struct hearth_store_job *job)
{
    struct list_rows *rows = job->input;
    const struct hearth_record_filter filter = {
        .kind = HEARTH_TRAINING_JOB, .label = rows->query.state, .limit = rows->query.most};
    size_t count = 0, kept = 0;
    int rc =
        hearth_store_record_list(store, &filter, job->arena, &rows->records, &count, &job->error);
    for (size_t i = 0; !rc && i < count; i++)
        if (is_of(&rows->records[i], &rows->query))
            rows->records[kept++] = rows->records[i];
    rows->count = kept;
    return rc;
}

static void answer_list(struct hearth_store_job *job)
{
    const struct list_rows *rows = job->input;
    const struct list_query *query = &rows->query;
    size_t first = (size_t)((query->page - 1) * query->limit);
    json_int_t total = (json_int_t)rows->count;
    json_t *jobs = json_array();
    for (size_t i = first; i < rows->count && i - first < (size_t)query->limit; i++)
        json_array_append_new(jobs, hearth_jobs_json(job->call->gateway->jobs, &rows->records[i]));
    hearth_answer_json(job->call, 200,
                       json_pack("{s:o, s:I, s:I, s:I, s:I}", "jobs", jobs, "total", total, "page",
                                 (json_int_t)query->page, "limit", (json_int_t)query->limit,
                                 "pages", (total + query->limit - 1) / query->limit));
}

static void read_query(struct hearth_query_reader *reader, struct hearth_arena *arena,
                       struct list_query *query)
{
    query->state = hearth_arena_strdup(arena, hearth_query_read_text(reader, "state"));
    query->model = hearth_arena_strdup(arena, hearth_query_read_text(reader, "model"));
    if (query->state && hearth_job_state_parse(query->state) < 0)
        hearth_query_fault(reader, "state",
                           "queued, running, completed, failed, cancelled, interrupted or paused",
                           query->state);
    hearth_query_read_page(reader, &query->page, &query->limit);
}

void hearth_route_jobs_list(struct hearth_call *call)
{
    static const char *const known[] = {"state", "model", "page", "limit", NULL};
    struct hearth_store_job *job = hearth_store_job_create(call);
    struct list_rows *rows = hearth_arena_alloc(job->arena, sizeof(*rows));
    struct hearth_query_reader reader;
    hearth_query_reader_init(&reader, call, known);
    read_query(&reader, job->arena, &rows->query);
    rows->query.most = call->gateway->settings->training_jobs_max;
    job->input = rows;
    job->work = list;
    job->on_done = answer_list;
    hearth_store_job_start_query(job, &reader);
}

/* One */

static int read_one(struct hearth_store *store, struct hearth_store_job *job)
{
    struct hearth_record *record = NULL;
    int rc = hearth_job_row_read(store, job, &record);
    job->input = record;
    return rc;
}

static void answer_one(struct hearth_store_job *job)
{
    hearth_answer_json(job->call, 200, hearth_jobs_json(job->call->gateway->jobs, job->input));
}

void hearth_route_jobs_show(struct hearth_call *call)
{
    struct hearth_store_job *job = hearth_store_job_create(call);
    job->work = read_one;
    job->on_done = answer_one;
    hearth_store_job_start(job);
}

/* Asking: what is asked happens also when the client has gone. */

static void on_gone(struct hearth_call *call, int reason)
{
    (void)call, (void)reason;
}

static void answer_job(struct hearth_call *call, int status, json_t *job,
                       const struct hearth_error *error)
{
    if (call->exchange && error)
        hearth_answer_error(call, error, NULL);
    else if (call->exchange)
        hearth_answer_json(call, status, json_incref(job));
    json_decref(job);
    hearth_call_drop(call);
}

static void on_made(void *argument, json_t *job, const struct hearth_error *error)
{
    answer_job(argument, json_object_get(job, "id") ? 201 : 200, job, error);
}

static void on_changed(void *argument, json_t *job, const struct hearth_error *error)
{
    answer_job(argument, 200, job, error);
}

static void hold(struct hearth_call *call)
{
    static const struct hearth_call_events events = {.on_gone = on_gone};
    hearth_call_hold(call);
    call->events = &events;
}

/* An id may be a number or a text. */
static const char *reference_of(struct hearth_call *call, const char *name_key, const char *id_key)
{
    const json_t *named = json_object_get(call->json, name_key);
    const json_t *value = named ? named : json_object_get(call->json, id_key);
    if (json_is_integer(value))
        return hearth_arena_format(hearth_call_arena(call), "%lld",
                                   (long long)json_integer_value(value));
    return json_string_value(value);
}

/* spec/001 has a few parameters at the top of its payload, under names of its own. */
static json_t *parameters_of(const json_t *body)
{
    static const char *const flat[][2] = {
        {"lora_rank", "rank"}, {"lora_alpha", "alpha"},      {"learning_rate", "learning_rate"},
        {"epochs", "epochs"},  {"batch_size", "batch_size"}, {"seed", "seed"}};
    json_t *parameters = json_deep_copy(json_object_get(body, "parameters"));
    if (!parameters)
        parameters = json_object();
    for (size_t i = 0; i < sizeof(flat) / sizeof(flat[0]); i++) {
        json_t *value = json_object_get(body, flat[i][0]);
        if (value)
            json_object_set(parameters, flat[i][1], value);
    }
    return parameters;
}

void hearth_route_jobs_create(struct hearth_call *call)
{
    json_t *parameters = parameters_of(call->json);
    const struct hearth_job_request request = {
        .principal = call->principal,
        .model = reference_of(call, "model", "model_id"),
        .base = hearth_json_text(call->json, "base_model", NULL),
        .dataset = reference_of(call, "dataset_id", "dataset"),
        .evaluation_dataset = reference_of(call, "evaluation_dataset_id", "evaluation_dataset"),
        .label = hearth_json_text(call->json, "label", NULL),
        .parameters = parameters,
        .dry_run = hearth_json_truth(call->json, "dry_run", false),
    };
    hold(call);
    hearth_jobs_submit(call->gateway->jobs, &request, on_made, call);
    json_decref(parameters);
}

void hearth_route_jobs_cancel(struct hearth_call *call)
{
    hold(call);
    hearth_jobs_cancel(call->gateway->jobs, call->params[0], on_changed, call);
}

void hearth_route_jobs_pause(struct hearth_call *call)
{
    hold(call);
    hearth_jobs_pause(call->gateway->jobs, call->params[0], on_changed, call);
}

void hearth_route_jobs_resume(struct hearth_call *call)
{
    hold(call);
    hearth_jobs_resume(call->gateway->jobs, call->params[0], on_changed, call);
}
