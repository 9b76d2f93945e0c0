/* /models: reading and changing what is registered. Making models is in routes_models_create.c,
 * versions and aliases are in routes_versions.c. */
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "config/definition.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "gateway/query_reader.h"
#include "registry/model_json.h"
#include "registry/settings_fit.h"
#include "routes/hub/hub_artifacts.h"
#include "routes/hub/hub_input.h"
#include "routes/hub/hub_routes.gen.h"
#include "routes/hub/hub_tracked.h"
#include "serving/scheduler.h"
#include "store/store.h"
#include "task/installs.h"
#include "task/removal.h"
#include "task/store_job.h"

#include <string.h>

/* Read on the loop, used on the store's lane: all of it lies in the job's arena. */
struct list_query {
    struct hearth_model_filter filter;
    int64_t page;
};

static bool is_sort(const char *sort)
{
    static const char *const known[] = {"name", "created", "updated", NULL};
    for (const char *const *one = known; *one; one++)
        if (strcmp(sort + (*sort == '-'), *one) == 0)
            return true;
    return false;
}

/* `arena` is the job's: the call's may be gone when the query is used. */
static void read_query(struct hearth_query_reader *reader, struct hearth_arena *arena,
                       struct list_query *query)
{
    static const struct {
        const char *name;
        size_t offset;
    } texts[] = {
        {"task", offsetof(struct hearth_model_filter, task)},
        {"tag", offsetof(struct hearth_model_filter, tag)},
        {"device", offsetof(struct hearth_model_filter, device)},
        {"state", offsetof(struct hearth_model_filter, state)},
        {"name", offsetof(struct hearth_model_filter, name)},
        {"sort", offsetof(struct hearth_model_filter, sort)},
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const char *text = hearth_query_read_text(reader, texts[i].name);
        *(const char **)((char *)&query->filter + texts[i].offset) =
            hearth_arena_strdup(arena, text);
    }
    struct hearth_model_filter *filter = &query->filter;
    if (filter->state && hearth_version_state_parse(filter->state) < 0)
        hearth_query_fault(reader, "state", "registered, installing, ready, failed or deprecated",
                           filter->state);
    if (filter->sort && !is_sort(filter->sort))
        hearth_query_fault(reader, "sort",
                           "name, created or updated, with a - before it for the other way round",
                           filter->sort);
    hearth_query_read_page(reader, &query->page, &filter->limit);
    filter->offset = (query->page - 1) * filter->limit;
}

/* The last page may be shorter, so the number of pages is rounded up. */
static int list_models(struct hearth_store *store, struct hearth_store_job *job)
{
    const struct list_query *query = job->input;
    struct hearth_model *rows;
    size_t count;
    int64_t total;
    int rc = hearth_store_model_list(store, &query->filter, job->arena, &rows, &count, &total,
                                     &job->error);
    if (rc)
        return rc;
    json_t *list = json_array();
    for (size_t i = 0; i < count && !rc; i++) {
        json_t *model;
        rc = hearth_hub_model_json(store, job, &rows[i], &model);
        if (!rc)
            json_array_append_new(list, model);
    }
    json_int_t limit = query->filter.limit;
    job->result = json_pack("{s:o, s:I, s:I, s:I, s:I}", "models", list, "total", (json_int_t)total,
                            "page", (json_int_t)query->page, "limit", limit, "pages",
                            (json_int_t)((total + limit - 1) / limit));
    return rc;
}

/* Of a version that is loaded its process knows better what computes it. */
static void show_loaded(const struct hearth_scheduler *scheduler, struct hearth_arena *arena,
                        json_t *model)
{
    size_t i;
    json_t *version;
    json_array_foreach(json_object_get(model, "versions"), i, version)
    {
        struct hearth_model_facts facts;
        const char *id = hearth_arena_format(arena, "%s:%lld", hearth_json_text(model, "name", ""),
                                             (long long)hearth_json_integer(version, "version", 0));
        if (id && hearth_scheduler_copy_facts(scheduler, id, &facts) && facts.compute[0])
            json_object_set_new(version, "compute", json_string(facts.compute));
    }
}

/* Progress of installs and what is loaded are in memory only: what the store says is completed
 * here, on the loop. */
static void complete(struct hearth_store_job *job, json_t *model)
{
    struct hearth_gateway *gateway = job->call->gateway;
    hearth_installs_show(gateway->installs, model);
    show_loaded(gateway->scheduler, job->arena, model);
    hearth_hub_complete_tracked(gateway, model);
}

static void show_list(struct hearth_store_job *job)
{
    struct hearth_call *call = job->call;
    size_t i;
    json_t *model;
    json_array_foreach(json_object_get(job->result, "models"), i, model) complete(job, model);
    hearth_answer_json(call, 200, json_incref(job->result));
}

/* The job is made before the query is read, because its arena takes the query; a faulty query
 * cancels it. */
void hearth_route_models_list(struct hearth_call *call)
{
    struct hearth_store_job *job = hearth_store_job_create(call);
    struct list_query *query = hearth_arena_alloc(job->arena, sizeof(*query));
    static const char *const known[] = {"task", "tag",  "device", "state", "name",
                                        "sort", "page", "limit",  NULL};
    struct hearth_query_reader reader;
    hearth_query_reader_init(&reader, call, known);
    read_query(&reader, job->arena, query);
    job->input = query;
    job->work = list_models;
    job->on_done = show_list;
    job->recalls = true;
    hearth_store_job_start_query(job, &reader);
}

static int show_model(struct hearth_store *store, struct hearth_store_job *job)
{
    struct hearth_model *model;
    int rc = hearth_model_find(store, job->params[0], job->arena, &model, &job->error);
    if (!rc)
        rc = hearth_hub_model_json(store, job, model, &job->result);
    if (rc || job->rows) /* what was told is in a record */
        return rc;
    return hearth_hub_add_tracked(job->call->gateway, store, job->result, &job->error);
}

static void show_progress(struct hearth_store_job *job)
{
    complete(job, job->result);
    hearth_answer_json(job->call, job->status, json_incref(job->result));
}

void hearth_route_models_show(struct hearth_call *call)
{
    struct hearth_store_job *job = hearth_store_job_create(call);
    job->work = show_model;
    job->on_done = show_progress;
    job->recalls = true;
    hearth_store_job_start(job);
}

/* The newest first, as people read a history. */
static int show_history(struct hearth_store *store, struct hearth_store_job *job)
{
    struct hearth_model *model;
    struct hearth_version *versions;
    size_t count;
    int rc = hearth_model_find(store, job->params[0], job->arena, &model, &job->error);
    if (!rc)
        rc =
            hearth_store_version_list(store, model->id, job->arena, &versions, &count, &job->error);
    if (rc)
        return rc;
    json_t *list = json_array();
    while (count)
        json_array_append_new(list, hearth_version_json(&versions[--count]));
    hearth_hub_add_artifacts(job->call->gateway, model->name, list);
    job->result = json_pack("{s:s, s:I, s:o}", "model", model->name, "model_id",
                            (json_int_t)model->id, "versions", list);
    return 0;
}

void hearth_route_models_history(struct hearth_call *call)
{
    struct hearth_store_job *job = hearth_store_job_create(call);
    job->work = show_history;
    job->on_done = show_progress;
    job->recalls = true;
    hearth_store_job_start(job);
}

/* What is set must be possible for the version that the bare name means to most: the newest ready
 * one. */
static int check_settings(struct hearth_store *store, struct hearth_store_job *job,
                          const struct hearth_model *model)
{
    struct hearth_version *versions;
    size_t count;
    int rc =
        hearth_store_version_list(store, model->id, job->arena, &versions, &count, &job->error);
    while (!rc && count-- > 0)
        if (versions[count].state == HEARTH_VERSION_READY)
            return hearth_settings_fit(model->settings_json, versions[count].facts_json,
                                       &job->error);
    return rc;
}

/* Members that are absent stay as they are; two writers find each other by the revision. */
static int update_model(struct hearth_store *store, struct hearth_store_job *job)
{
    const json_t *body = job->call->json;
    struct hearth_model *model;
    int rc = hearth_model_find(store, job->params[0], job->arena, &model, &job->error);
    if (rc)
        return rc;
    json_int_t expected = hearth_json_integer(body, "revision", model->revision);
    if (expected != model->revision)
        return hearth_error_set(&job->error, HEARTH_ECONFLICT,
                                "%s has changed since revision %lld; it is at %lld", model->name,
                                (long long)expected, (long long)model->revision);
    const char *task = hearth_json_text(body, "task", hearth_json_text(body, "task_type", NULL));
    if (task)
        model->task = *task ? hearth_task_canonical(task) : "";
    model->description = hearth_json_text(body, "description", model->description);
    model->base_model = hearth_json_text(body, "base_model", model->base_model);
    model->device = hearth_json_text(body, "device", model->device);
    model->tags_json = hearth_hub_object_text(body, "tags", job->arena, model->tags_json);
    model->settings_json = hearth_hub_object_text(
        body, "settings", job->arena,
        hearth_hub_object_text(body, "config", job->arena, model->settings_json));
    rc = check_settings(store, job, model);
    if (rc)
        return rc;
    rc = hearth_store_model_update(store, model, hearth_clock_wall_ms(), &job->error);
    return rc ? rc : show_model(store, job);
}

void hearth_route_models_update(struct hearth_call *call)
{
    struct hearth_store_job *job = hearth_store_job_create(call);
    job->work = update_model;
    job->writes = true;
    hearth_store_job_start(job);
}

void hearth_route_models_delete(struct hearth_call *call)
{
    const struct hearth_removal_request request = {.model = call->params[0],
                                                   .force = hearth_hub_is_forced(call)};
    hearth_removal_start(call, &request);
}
