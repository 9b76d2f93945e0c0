/* Versions and aliases: promote, deprecate, restore, remove. */
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "registry/model_json.h"
#include "routes/hub/hub_artifacts.h"
#include "routes/hub/hub_input.h"
#include "routes/hub/hub_routes.gen.h"
#include "store/store.h"
#include "task/installs.h"
#include "task/removal.h"
#include "task/store_job.h"
#include "track/track.h"

#include <string.h>

/* What a bare name means. */
#define DEFAULT_ALIAS "default"

/* The version that the path names. */
static int find_version(struct hearth_store *store, struct hearth_store_job *job,
                        struct hearth_model **ret_model, struct hearth_version **ret_version)
{
    int rc = hearth_model_find(store, job->params[0], job->arena, ret_model, &job->error);
    if (rc)
        return rc;
    rc = hearth_store_version_get(store, (*ret_model)->id, job->number, job->arena, ret_version,
                                  &job->error);
    if (rc == HEARTH_ENOTFOUND || rc == HEARTH_ENOMODEL)
        return hearth_error_set(&job->error, HEARTH_ENOTFOUND, "%s has no version %lld",
                                (*ret_model)->name, (long long)job->number);
    return rc;
}

/* The work runs on the store's lane; what it leaves in `result` is the answer. */
static void start(struct hearth_call *call,
                  int (*work)(struct hearth_store *store, struct hearth_store_job *job),
                  bool writes)
{
    struct hearth_store_job *job = hearth_store_job_create(call);
    job->work = work;
    job->writes = writes;
    job->recalls = !writes;
    hearth_store_job_start(job);
}

/* False: what the path has in its place is no number, and the call is answered. */
static bool read_number(struct hearth_call *call, int64_t *ret_number)
{
    if (!hearth_parse_int(call->params[1], 1, INT64_MAX, ret_number))
        return true;
    hearth_answer_message(call, HEARTH_EINVAL, NULL,
                          "a version must be a number from 1 on, not \"%.100s\"", call->params[1]);
    return false;
}

/* After an alias was moved: `input` is the model's name, `number` what it points at, 0: it is gone.
 * The tracking server is told of it also when the client has left. */
static void tell_alias(struct hearth_store_job *job, const char *alias)
{
    struct hearth_call *call = job->call;
    const struct hearth_track_listener *to = hearth_track_listener(call->gateway->track);
    to->alias_moved(to->argument, job->input, alias, job->number);
    if (call->exchange)
        hearth_answer_json(call, 200, json_incref(job->result));
}

static void tell_named(struct hearth_store_job *job)
{
    tell_alias(job, job->params[1]);
}

static void tell_default(struct hearth_store_job *job)
{
    tell_alias(job, DEFAULT_ALIAS);
}

static void start_alias(struct hearth_call *call,
                        int (*work)(struct hearth_store *store, struct hearth_store_job *job))
{
    struct hearth_store_job *job = hearth_store_job_create(call);
    job->work = work;
    job->on_done = tell_named;
    job->writes = job->outlives_client = true;
    hearth_store_job_start(job);
}

/* For routes with a version in their path. What has an `on_done` and writes is gone through with
 * when the client has left. */
static void start_numbered(struct hearth_call *call,
                           int (*work)(struct hearth_store *store, struct hearth_store_job *job),
                           void (*on_done)(struct hearth_store_job *job), bool writes)
{
    int64_t number;
    if (!read_number(call, &number))
        return;
    struct hearth_store_job *job = hearth_store_job_create(call);
    job->number = number;
    job->work = work;
    job->on_done = on_done;
    job->writes = writes;
    job->recalls = !writes;
    job->outlives_client = on_done && writes;
    hearth_store_job_start(job);
}

static int show(struct hearth_store *store, struct hearth_store_job *job)
{
    struct hearth_model *model;
    struct hearth_version *version;
    int rc = find_version(store, job, &model, &version);
    if (rc)
        return rc;
    job->result = hearth_version_json(version);
    hearth_hub_add_artifacts(job->call->gateway, model->name, job->result);
    return 0;
}

/* Progress of an install is only in memory, so it is added here, on the loop. The answer takes a
 * reference of its own: the job still frees its `result`. */
static void show_progress(struct hearth_store_job *job)
{
    json_t *progress = hearth_installs_progress(
        job->call->gateway->installs, hearth_json_integer(job->result, "model_id", 0), job->number);
    if (progress)
        json_object_set_new(job->result, "progress", progress);
    hearth_answer_json(job->call, 200, json_incref(job->result));
}

void hearth_route_version_show(struct hearth_call *call)
{
    start_numbered(call, show, show_progress, false);
}

void hearth_route_version_delete(struct hearth_call *call)
{
    struct hearth_removal_request request = {.model = call->params[0],
                                             .force = hearth_hub_is_forced(call),
                                             .unfinished = hearth_hub_is_unfinished(call)};
    if (read_number(call, &request.number))
        hearth_removal_start(call, &request);
}

/* The alias "default" is what a bare name means: moving it is all that promoting is. */
static int promote(struct hearth_store *store, struct hearth_store_job *job)
{
    struct hearth_model *model;
    struct hearth_version *version;
    int rc = find_version(store, job, &model, &version);
    if (rc)
        return rc;
    if (version->state != HEARTH_VERSION_READY)
        return hearth_error_set(&job->error, HEARTH_ECONFLICT,
                                "version %lld of %s is %s; only a ready one can be promoted",
                                (long long)job->number, model->name,
                                hearth_version_state_name(version->state));
    rc = hearth_store_alias_set(store, model->id, DEFAULT_ALIAS, job->number, -1,
                                hearth_clock_wall_ms(), &job->error);
    job->input = (char *)model->name;
    return rc ? rc : hearth_hub_model_json(store, job, model, &job->result);
}

void hearth_route_version_promote(struct hearth_call *call)
{
    start_numbered(call, promote, tell_default, true);
}

/* Asked again, it is done already: so a client may repeat what it got no answer to. */
static int move(struct hearth_store *store, struct hearth_store_job *job,
                enum hearth_version_state state)
{
    struct hearth_model *model;
    struct hearth_version *version;
    int rc = find_version(store, job, &model, &version);
    if (rc)
        return rc;
    if (version->state != state) {
        if (!hearth_version_state_may_follow(version->state, state))
            return hearth_error_set(
                &job->error, HEARTH_ECONFLICT, "version %lld of %s is %s and cannot become %s",
                (long long)job->number, model->name, hearth_version_state_name(version->state),
                hearth_version_state_name(state));
        version->state = state;
        rc = hearth_store_version_update(store, version, hearth_clock_wall_ms(), &job->error);
        if (rc)
            return rc;
    }
    return show(store, job);
}

static int deprecate(struct hearth_store *store, struct hearth_store_job *job)
{
    return move(store, job, HEARTH_VERSION_DEPRECATED);
}

static int restore(struct hearth_store *store, struct hearth_store_job *job)
{
    return move(store, job, HEARTH_VERSION_READY);
}

void hearth_route_version_deprecate(struct hearth_call *call)
{
    start_numbered(call, deprecate, NULL, true);
}

void hearth_route_version_restore(struct hearth_call *call)
{
    start_numbered(call, restore, NULL, true);
}

static int list_aliases(struct hearth_store *store, struct hearth_store_job *job)
{
    struct hearth_model *model;
    struct hearth_alias *aliases;
    size_t count;
    int rc = hearth_model_find(store, job->params[0], job->arena, &model, &job->error);
    if (!rc)
        rc = hearth_store_alias_list(store, model->id, job->arena, &aliases, &count, &job->error);
    if (rc)
        return rc;
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, hearth_alias_json(&aliases[i]));
    job->result = json_pack("{s:o}", "aliases", list);
    return 0;
}

void hearth_route_aliases_list(struct hearth_call *call)
{
    start(call, list_aliases, false);
}

/* Read back from the store, so that the answer has the revision that was written. */
static int set_alias(struct hearth_store *store, struct hearth_store_job *job)
{
    const json_t *body = job->call->json;
    struct hearth_model *model;
    struct hearth_version *version;
    struct hearth_alias *aliases;
    size_t count;
    job->number = (int64_t)json_number_value(json_object_get(body, "version"));
    int rc = find_version(store, job, &model, &version);
    if (!rc)
        rc = hearth_store_alias_set(store, model->id, job->params[1], job->number,
                                    hearth_json_integer(body, "revision", -1),
                                    hearth_clock_wall_ms(), &job->error);
    if (!rc)
        rc = hearth_store_alias_list(store, model->id, job->arena, &aliases, &count, &job->error);
    if (rc)
        return rc;
    job->input = (char *)model->name;
    for (size_t i = 0; i < count; i++)
        if (strcmp(aliases[i].name, job->params[1]) == 0)
            job->result = hearth_alias_json(&aliases[i]);
    return job->result
               ? 0
               : hearth_error_set(&job->error, HEARTH_ECONFLICT, "the alias was removed meanwhile");
}

void hearth_route_alias_set(struct hearth_call *call)
{
    if (hearth_model_name_valid(call->params[1]))
        start_alias(call, set_alias);
    else
        hearth_answer_message(call, HEARTH_EINVAL, NULL, "an alias must be " HEARTH_NAME_RULE);
}

/* An alias that does not exist is an error (404): a misspelt name should not look like success. */
static int delete_alias(struct hearth_store *store, struct hearth_store_job *job)
{
    struct hearth_model *model;
    int rc = hearth_model_find(store, job->params[0], job->arena, &model, &job->error);
    if (!rc)
        rc = hearth_store_alias_delete(store, model->id, job->params[1], hearth_clock_wall_ms(),
                                       &job->error);
    if (rc)
        return rc;
    job->input = (char *)model->name;
    job->result = json_pack("{s:b, s:I, s:s}", "deleted", 1, "id", (json_int_t)model->id, "name",
                            job->params[1]);
    return 0;
}

void hearth_route_alias_delete(struct hearth_call *call)
{
    start_alias(call, delete_alias);
}
