/* POST /models and POST /models/{id}/versions: rows first, so that what is being fetched can be
 * seen, then the install. A source on this machine is waited for (201), others are not (202). */
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "config/definition.h"
#include "domain/quantization.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "registry/base_version.h"
#include "registry/install.h"
#include "registry/model_json.h"
#include "registry/settings_fit.h"
#include "routes/hub/hub_artifacts.h"
#include "routes/hub/hub_input.h"
#include "routes/hub/hub_routes.gen.h"
#include "routes/hub/hub_tracked.h"
#include "source/source.h"
#include "store/store.h"
#include "task/installs.h"
#include "task/store_job.h"

#include <string.h>

/* Two names of a member: ours, and that of an older API. */
static const char *text_of(const json_t *body, const char *key, const char *other)
{
    return hearth_json_text(body, key, hearth_json_text(body, other, NULL));
}

/* Nothing of these is fetched, so that a client can wait for the end, unless they are quantized. */
static bool is_local(const char *source)
{
    return strncmp(source, "file:", 5) == 0 || strncmp(source, "fake:", 5) == 0;
}

/* A version of the same source that an earlier install has not finished: it is gone on with. One
 * that runs just now is safe too, because a second install of a name is refused. */
static int find_unfinished(struct hearth_store *store, struct hearth_store_job *job,
                           const struct hearth_version *wanted, int64_t *ret_number)
{
    struct hearth_version *versions = NULL;
    size_t count = 0;
    int rc = hearth_store_version_list(store, wanted->model_id, job->arena, &versions, &count,
                                       &job->error);
    for (size_t i = 0; !rc && i < count; i++) {
        bool is_unfinished = versions[i].state == HEARTH_VERSION_REGISTERED ||
                             versions[i].state == HEARTH_VERSION_INSTALLING ||
                             versions[i].state == HEARTH_VERSION_FAILED;
        bool is_meant = strcmp(versions[i].source, wanted->source) == 0 &&
                        versions[i].base_version_id == wanted->base_version_id &&
                        (!*wanted->label || strcmp(versions[i].label, wanted->label) == 0);
        if (is_unfinished && is_meant)
            *ret_number = versions[i].number;
    }
    return rc;
}

/* Of an adapter: the version that `base` names. */
static int find_base(struct hearth_store *store, struct hearth_store_job *job,
                     int64_t *ret_version_id)
{
    const char *base = hearth_json_text(job->call->json, "base", NULL);
    struct hearth_model *model;
    struct hearth_version *version;
    if (!base)
        return 0;
    int rc = hearth_base_version_resolve(store, base, job->arena, &model, &version, &job->error);
    if (!rc)
        rc = hearth_base_version_check(model, version, &job->error);
    if (!rc)
        *ret_version_id = version->id;
    return rc;
}

/* The version that the quantized file will fill. Its source tells what it is to be made of. */
static int add_quantized(struct hearth_store *store, struct hearth_store_job *job,
                         const struct hearth_model *model)
{
    const char *type = hearth_json_text(job->call->json, "quantize", NULL);
    int64_t id;
    job->quantized_number = 0;
    if (!type)
        return 0;
    const char *source = hearth_quantized_source(job->arena, model->name, job->number,
                                                 hearth_quantization_word(type));
    struct hearth_version version = hearth_version_fresh(model->id, NULL, source);
    int rc = find_unfinished(store, job, &version, &job->quantized_number);
    return rc || job->quantized_number
               ? rc
               : hearth_store_version_create(store, &version, hearth_clock_wall_ms(), &id,
                                             &job->quantized_number, &job->error);
}

/* The registered version that the install will fill. */
static int add_version(struct hearth_store *store, struct hearth_store_job *job,
                       const struct hearth_model *model, const char *label)
{
    struct hearth_version version =
        hearth_version_fresh(model->id, label, hearth_json_text(job->call->json, "source", ""));
    int64_t id;
    job->model_id = model->id;
    job->number = 0;
    int rc = find_base(store, job, &version.base_version_id);
    if (!rc)
        rc = find_unfinished(store, job, &version, &job->number);
    job->created = !rc && !job->number;
    if (job->created)
        rc = hearth_store_version_create(store, &version, hearth_clock_wall_ms(), &id, &job->number,
                                         &job->error);
    return rc ? rc : add_quantized(store, job, model);
}

/* Without a name in the request: made of what the source calls a file or repository. */
static const char *name_of(const json_t *body, struct hearth_arena *arena)
{
    const char *name = hearth_json_text(body, "name", NULL);
    return name ? name : hearth_install_name(hearth_json_text(body, "source", ""), arena);
}

/* Model and version are made in one visit to the store's lane. The store's own rule makes names
 * unique, so two requests for one name cannot both win. The row is read back, so that the answer
 * has the times and the revision that the store gave it. */
static int create_model(struct hearth_store *store, struct hearth_store_job *job)
{
    const json_t *body = job->call->json;
    const char *task = text_of(body, "task", "task_type"), *device = text_of(body, "device", "");
    struct hearth_model model = {
        .name = name_of(body, job->arena),
        .task = task && *task ? hearth_task_canonical(task) : "",
        .description = hearth_json_text(body, "description", ""),
        .tags_json = hearth_hub_object_text(body, "tags", job->arena, "{}"),
        .base_model = hearth_json_text(body, "base_model", ""),
        .device = device ? device : "auto",
        .settings_json = hearth_hub_object_text(
            body, "settings", job->arena, hearth_hub_object_text(body, "config", job->arena, "{}")),
    };
    int64_t base;
    if (!model.name)
        return hearth_error_set(&job->error, HEARTH_ETOOLARGE, "the request is too large");
    /* Before a row is made that would have no version. */
    int rc = find_base(store, job, &base);
    if (!rc)
        rc = hearth_settings_fit(model.settings_json, "{}", &job->error);
    if (rc)
        return rc;
    rc = hearth_store_model_create(store, &model, hearth_clock_wall_ms(), &model.id, &job->error);
    if (rc == HEARTH_ECONFLICT)
        return hearth_error_set(&job->error, HEARTH_ECONFLICT,
                                "there is already a model '%s'; add a version with POST "
                                "/models/%s/versions",
                                model.name, model.name);
    if (rc)
        return rc;
    rc = add_version(store, job, &model, hearth_json_text(body, "version", NULL));
    if (rc)
        return rc;
    struct hearth_model *row;
    rc = hearth_store_model_get_id(store, model.id, job->arena, &row, &job->error);
    job->input = row;
    return rc ? rc : hearth_hub_model_json(store, job, row, &job->result);
}

static int create_version(struct hearth_store *store, struct hearth_store_job *job)
{
    struct hearth_model *model;
    int rc = hearth_model_find(store, job->params[0], job->arena, &model, &job->error);
    if (!rc)
        rc = add_version(store, job, model, hearth_json_text(job->call->json, "label", NULL));
    job->input = rc ? NULL : model;
    return rc ? rc : hearth_hub_model_json(store, job, model, &job->result);
}

/* After the install of a local source: its model as it is now, or what was wrong with it. */
struct made {
    struct hearth_call *call;
    char *name, *description; /* of the model */
    int64_t model_id, number;
    bool new_model, new_version;
    struct hearth_error error;
};

/* What was refused leaves nothing behind under its name, but for a version that was there before:
 * another request may be filling it. */
static int forget_made(struct hearth_store *store, struct hearth_store_job *job)
{
    const struct made *made = job->input;
    struct hearth_error ignored;
    if (made->new_model)
        hearth_store_model_delete(store, made->model_id, hearth_clock_wall_ms(), &ignored);
    else if (made->new_version)
        hearth_store_version_delete(store, made->model_id, made->number, hearth_clock_wall_ms(),
                                    &ignored);
    return 0;
}

/* As a fault of the member `source`, so that a program finds the place and a person the reason. */
static void refuse_made(struct hearth_store_job *job)
{
    const struct made *made = job->input;
    if (!job->call->exchange)
        return;
    if (!hearth_install_is_fault_of_source(made->error.code)) {
        hearth_answer_error(job->call, &made->error, NULL);
        return;
    }
    struct hearth_error error;
    const struct hearth_schema_faults faults = {
        .rows = {{.kind = HEARTH_FAULT_VALUE,
                  .path = "source",
                  .expected = "a model that can be installed",
                  .got = hearth_json_text(job->call->json, "source", "?"),
                  .message = made->error.message}},
        .count = 1};
    const struct hearth_error_detail detail = {.faults = &faults};
    hearth_error_set(&error, HEARTH_EFIELDS, "%s", made->error.message);
    hearth_answer_error(job->call, &error, &detail);
}

static void free_made(struct made *made)
{
    hearth_free(made->name);
    hearth_free(made->description);
    hearth_free(made);
}

/* Also when the client has gone, to take the rows away again; the fault is copied into the job's
 * arena, because `made` ends before it. */
static void take_back(const struct made *made, const struct hearth_error *error)
{
    struct hearth_store_job *job = hearth_store_job_create(made->call);
    struct made *copy = hearth_arena_alloc(job->arena, sizeof(*copy));
    *copy = *made;
    copy->name = copy->description = NULL;
    copy->error = *error;
    job->input = copy;
    job->work = forget_made;
    job->on_done = refuse_made;
    job->writes = job->outlives_client = true;
    hearth_store_job_start(job);
}

static void on_installed(void *argument, const struct hearth_error *error, int64_t model_id,
                         int64_t number)
{
    (void)model_id, (void)number;
    struct made *made = argument;
    struct hearth_call *call = made->call;
    const struct hearth_hub_made answer = {.model_id = made->model_id,
                                           .name = made->name,
                                           .description = made->description,
                                           .status = 201};
    if (error)
        take_back(made, error);
    else
        hearth_hub_answer_made(call, &answer);
    hearth_call_drop(call);
    free_made(made);
}

static bool makes_model(const struct hearth_call *call)
{
    return strcmp(call->route->name, "models_create") == 0;
}

/* The rows are there, so this goes on even when the client has gone: without it, their name would
 * be taken by a model that nobody ever installs. Local sources have somebody who waits for the
 * outcome (`made`, which holds the call); others are answered at once and followed by their
 * progress. */
static void install(struct hearth_store_job *job)
{
    struct hearth_call *call = job->call;
    const struct hearth_model *model = job->input;
    const char *source = hearth_json_text(call->json, "source", "");
    const struct hearth_install_order order = {
        .source = source,
        .name = model->name,
        .model_id = job->model_id,
        .version_number = job->number,
        .made_model = makes_model(call),
        .quantize = hearth_json_text(call->json, "quantize", NULL),
        .perplexity_text = hearth_json_text(call->json, "perplexity_text", NULL),
        .quantized_number = job->quantized_number};
    struct made *made = NULL;
    if (is_local(source) && !order.quantize) {
        made = hearth_calloc(1, sizeof(*made));
        *made = (struct made){.call = call,
                              .name = hearth_strdup(model->name),
                              .description = hearth_strdup(model->description),
                              .model_id = job->model_id,
                              .number = job->number,
                              .new_model = order.made_model,
                              .new_version = job->created};
        hearth_call_hold(call);
    }
    struct hearth_error error;
    int rc = hearth_installs_start(call->gateway->installs, &order, made ? on_installed : NULL,
                                   made, &error);
    if (rc && made) {
        hearth_call_drop(call);
        free_made(made);
    }
    if (rc && call->exchange)
        hearth_answer_error(call, &error, NULL);
    else if (!rc && !made)
        hearth_hub_answer_made(call, &(struct hearth_hub_made){.model_id = job->model_id,
                                                               .name = model->name,
                                                               .description = model->description,
                                                               .status = 202});
}

static void start(struct hearth_call *call,
                  int (*work)(struct hearth_store *store, struct hearth_store_job *job))
{
    struct hearth_store_job *job = hearth_store_job_create(call);
    job->work = work;
    job->on_done = install;
    job->writes = job->outlives_client = true;
    hearth_store_job_start(job);
}

void hearth_route_models_create(struct hearth_call *call)
{
    start(call, create_model);
}

void hearth_route_version_create(struct hearth_call *call)
{
    start(call, create_version);
}
