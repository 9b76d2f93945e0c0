/* The way of a removal: find the row (store's lane), unload (scheduler), remove rows and files
 * (lane), refresh the catalogue, unload again what was loaded meanwhile, answer. */
#include "task/removal.h"

#include "base/error.h"
#include "base/memory.h"
#include "catalog/catalog.h"
#include "domain/job_state.h"
#include "domain/reference.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "loop/pool.h"
#include "registry/install.h"
#include "registry/model_json.h"
#include "serving/scheduler.h"
#include "store/record.h"
#include "task/installs.h"
#include "task/store_job.h"

#include <stdio.h>
#include <string.h>

enum { JOBS_MAX = 100000 };

/* What is carried from step to step. It holds the call, whose client may leave in between. */
struct removal {
    struct hearth_call *call;
    int64_t model_id, number;
    char name[128];
    bool force, unfinished;
    bool is_installing;              /* the version, by its row; or any of the model */
    bool stopped;                    /* an install was under way, and was canceled */
    struct hearth_install_rows rows; /* of that one */
    void (*answer)(struct hearth_call *call);
    int rc;
    struct hearth_error error;
};

static void destroy(struct removal *removal)
{
    hearth_call_drop(removal->call);
    hearth_free(removal);
}

/* What was begun is ended also when the client is gone; then nobody is told. */
static void answer(struct removal *removal)
{
    struct hearth_call *call = removal->call;
    if (!call->exchange)
        ;
    else if (removal->rc)
        hearth_answer_error(call, &removal->error, NULL);
    else if (removal->answer)
        removal->answer(call);
    else
        hearth_answer_json(call, 200,
                           json_pack("{s:b, s:I, s:s}", "deleted", 1, "id",
                                     (json_int_t)removal->model_id, "name", removal->name));
    destroy(removal);
}

static void on_retired(void *argument, const struct hearth_error *error)
{
    (void)error;
    answer(argument);
}

/* A request may have had it loaded while it was being removed. From now on none finds it. */
static void on_refreshed(void *argument, const struct hearth_error *error)
{
    struct removal *removal = argument;
    (void)error;
    hearth_scheduler_retire(removal->call->gateway->scheduler, removal->name, removal->number,
                            on_retired, removal);
}

/* What else the canceled install was to fill. What is installed stays, and so does a model that has
 * got another version meanwhile. */
static void remove_rest(const struct removal *removal)
{
    struct hearth_registry *registry = removal->call->gateway->registry;
    const struct hearth_install_rows *rows = &removal->rows;
    const int64_t numbers[] = {rows->version_number, rows->quantized_number};
    for (int i = 0; i < 2; i++)
        if (numbers[i] && numbers[i] != removal->number)
            hearth_registry_remove_unfinished(registry, removal->model_id, numbers[i], NULL);
    if (rows->made_model)
        hearth_registry_remove_unfinished(registry, removal->model_id, 0, NULL);
}

/* Rows that a canceled install has taken back itself are gone, which is what was asked for. */
static void remove_on_lane(void *argument)
{
    struct removal *removal = argument;
    struct hearth_registry *registry = removal->call->gateway->registry;
    removal->rc =
        removal->unfinished
            ? hearth_registry_remove_unfinished(registry, removal->model_id, removal->number,
                                                &removal->error)
            : hearth_registry_remove(registry, removal->model_id, removal->number, &removal->error);
    if (removal->rc == HEARTH_ENOTFOUND && removal->stopped)
        removal->rc = 0;
    if (!removal->rc && removal->number)
        remove_rest(removal);
}

static void removed_on_lane(void *argument, bool dropped)
{
    struct removal *removal = argument;
    if (dropped)
        removal->rc =
            hearth_error_set(&removal->error, HEARTH_EDRAINING, "the server is shutting down");
    if (removal->rc || removal->call->gateway->draining)
        answer(removal);
    else
        hearth_catalog_refresh(removal->call->gateway->catalog, on_refreshed, removal);
}

/* Files are deleted on the pool's lane and not the store's, which would keep every other request
 * for the registry waiting. */
static void remove_files(struct removal *removal)
{
    removal->rc =
        hearth_lane_submit(removal->call->gateway->lane, remove_on_lane, removed_on_lane, removal);
    if (!removal->rc)
        return;
    hearth_error_set(&removal->error, removal->rc, "too many requests at once");
    answer(removal);
}

static void on_stopped(void *argument)
{
    remove_files(argument);
}

/* No process is left, whether there was one or not. Nor shall an install be that would write what
 * is removed here. */
static void on_unloaded(void *argument, const struct hearth_error *error)
{
    (void)error;
    struct removal *removal = argument;
    const char *name = removal->is_installing ? removal->name : NULL;
    removal->stopped =
        hearth_installs_stop(removal->call->gateway->installs, name, removal->model_id,
                             removal->number, &removal->rows, on_stopped, removal);
    if (!removal->stopped)
        remove_files(removal);
}

/* Every loaded version of the model, or the one, must go first. */
static void unload(struct removal *removal)
{
    struct hearth_scheduler *scheduler = removal->call->gateway->scheduler;
    if (removal->force || !hearth_scheduler_uses(scheduler, removal->name, removal->number)) {
        hearth_scheduler_retire(scheduler, removal->name, removal->number, on_unloaded, removal);
        return;
    }
    removal->rc = hearth_error_set(
        &removal->error, HEARTH_EINUSE,
        "%s is loaded; unload it first, or force it (--force, ?force=true)", removal->name);
    answer(removal);
}

/* Of the job, in its arena: what was asked, and what was found. */
struct asked {
    struct hearth_removal_request request;
    const char *name; /* of the model */
    bool is_installing;
};

/* On the store's lane. A job needs its base, and the model that it makes a version of. */

static bool needs(const struct hearth_record *record, const struct hearth_model *model,
                  int64_t number)
{
    struct hearth_reference base;
    json_t *facts = hearth_json_parse(record->facts_json, strlen(record->facts_json), NULL);
    bool is_base =
        hearth_reference_parse(hearth_json_text(facts, "base_model", ""), &base, NULL) == 0 &&
        strcmp(base.name, model->name) == 0 && (!number || base.number == number);
    bool is_target = !number && strcmp(hearth_json_text(facts, "model", ""), model->name) == 0;
    json_decref(facts);
    return is_base || is_target;
}

static int check_jobs(struct hearth_store *store, struct hearth_store_job *job,
                      const struct hearth_model *model)
{
    int rc = 0;
    for (int state = 0; !rc && state < HEARTH_JOB_STATES; state++) {
        const struct hearth_record_filter filter = {
            .kind = HEARTH_TRAINING_JOB,
            .label = hearth_job_state_name((enum hearth_job_state)state),
            .limit = JOBS_MAX};
        struct hearth_record *records;
        size_t count = 0;
        if (hearth_job_state_holds((enum hearth_job_state)state))
            rc =
                hearth_store_record_list(store, &filter, job->arena, &records, &count, &job->error);
        for (size_t i = 0; !rc && i < count; i++)
            if (needs(&records[i], model, job->number))
                rc = hearth_error_set(&job->error, HEARTH_EINUSE,
                                      "the training job %s needs %s; cancel it first, or wait for "
                                      "its end",
                                      records[i].id, model->name);
    }
    return rc;
}

static int find(struct hearth_store *store, struct hearth_store_job *job)
{
    struct hearth_model *model;
    struct hearth_version *version = NULL;
    struct asked *asked = job->input;
    int rc = hearth_model_find(store, asked->request.model, job->arena, &model, &job->error);
    if (!rc && job->number)
        rc = hearth_store_version_get(store, model->id, job->number, job->arena, &version,
                                      &job->error);
    if (!rc)
        rc = check_jobs(store, job, model);
    if (rc)
        return rc;
    job->model_id = model->id;
    asked->name = model->name;
    asked->is_installing = !version || version->state == HEARTH_VERSION_REGISTERED ||
                           version->state == HEARTH_VERSION_INSTALLING;
    return 0;
}

/* The row is copied: the job and its arena end with this function. */
static void found(struct hearth_store_job *job)
{
    struct hearth_call *call = job->call;
    const struct asked *asked = job->input;
    struct removal *removal = hearth_calloc(1, sizeof(*removal));
    hearth_call_hold(call);
    removal->call = call;
    removal->model_id = job->model_id;
    removal->number = job->number;
    removal->force = asked->request.force;
    removal->unfinished = asked->request.unfinished;
    removal->is_installing = asked->is_installing;
    removal->answer = asked->request.answer;
    snprintf(removal->name, sizeof(removal->name), "%s", asked->name);
    unload(removal);
}

/* The row is looked up first, so that nothing is unloaded for a name that does not exist. */
void hearth_removal_start(struct hearth_call *call, const struct hearth_removal_request *request)
{
    struct hearth_store_job *job = hearth_store_job_create(call);
    struct asked *asked = hearth_arena_alloc(job->arena, sizeof(*asked));
    *asked = (struct asked){.request = *request};
    asked->request.model = hearth_arena_strdup(job->arena, request->model);
    job->number = request->number;
    job->input = asked;
    job->work = find;
    job->on_done = found;
    hearth_store_job_start(job);
}
