/* Registered models at the server, their versions and aliases. */
#include "base/memory.h"
#include "track/mlflow_bodies.h"
#include "track/telling_parts.h"

#include <stdio.h>
#include <string.h>

/* registered models */

static const char *description_of(const struct hearth_telling *telling)
{
    return hearth_telling_is_verb(telling, "model")
               ? hearth_json_text(telling->order, "description", "")
               : "";
}

static enum hearth_outbox_verdict create_registered(struct hearth_telling *telling,
                                                    const char *model)
{
    struct hearth_mlflow_reply reply;
    json_t *body =
        json_pack("{s:s, s:s, s:[{s:s, s:s}]}", "name", model, "description",
                  description_of(telling), "tags", "key", HEARTH_TAG_MODEL, "value", model);
    enum hearth_outbox_verdict came =
        hearth_mlflow_ask(telling->mlflow, "POST", "registered-models/create", body, &reply);
    if (hearth_mlflow_is_taken(&reply))
        came = HEARTH_OUTBOX_TOLD;
    else if (came != HEARTH_OUTBOX_TOLD)
        hearth_telling_keep_reason(telling, reply.reason);
    json_decref(body);
    hearth_mlflow_reply_finish(&reply);
    return came;
}

/* A version may have come first, which knows no description. What somebody wrote there stays. */
static enum hearth_outbox_verdict describe(struct hearth_telling *telling, const char *model,
                                           const json_t *registered)
{
    struct hearth_mlflow_reply reply;
    if (!*description_of(telling) || *hearth_json_text(registered, "description", ""))
        return HEARTH_OUTBOX_TOLD;
    json_t *body = json_pack("{s:s, s:s}", "name", model, "description", description_of(telling));
    enum hearth_outbox_verdict came =
        hearth_mlflow_ask(telling->mlflow, "PATCH", "registered-models/update", body, &reply);
    if (came != HEARTH_OUTBOX_TOLD)
        hearth_telling_keep_reason(telling, reply.reason);
    json_decref(body);
    hearth_mlflow_reply_finish(&reply);
    return came;
}

enum hearth_outbox_verdict hearth_telling_registered(struct hearth_telling *telling,
                                                     const char *model)
{
    char path[160];
    struct hearth_mlflow_reply reply;
    snprintf(path, sizeof(path), "registered-models/get?name=%.100s", model);
    enum hearth_outbox_verdict came = hearth_mlflow_ask(telling->mlflow, "GET", path, NULL, &reply);
    bool missing = hearth_mlflow_is_missing(&reply);
    if (came == HEARTH_OUTBOX_TOLD)
        came = describe(telling, model, json_object_get(reply.json, "registered_model"));
    else
        hearth_telling_keep_reason(telling, reply.reason);
    hearth_mlflow_reply_finish(&reply);
    return missing ? create_registered(telling, model) : came;
}

/* versions */

static void take_version(const json_t *version, char *ret_number, size_t size)
{
    const char *number = hearth_json_text(version, "version", "");
    snprintf(ret_number, size, "%s",
             hearth_telling_is_id(number) && strlen(number) < size ? number : "");
}

/* MLflow counts its versions itself; ours is a tag of it, and so is the job that made it, or when
 * it was installed: a model may be made anew under its name, and then counts from 1 again. None has
 * quotes. An alias says neither, and means the newest of that number. */
static enum hearth_outbox_verdict find_version(struct hearth_telling *telling, const char *model,
                                               char *ret_number, size_t size)
{
    struct hearth_buf path;
    struct hearth_mlflow_reply reply;
    const char *run = hearth_json_text(telling->order, "run", "");
    char installed[25], filter[384];
    hearth_mlflow_installed(telling->order, installed);
    const char *tag = *run         ? " AND tags.`" HEARTH_TAG_JOB "`='"
                      : *installed ? " AND tags.`" HEARTH_TAG_INSTALLED "`='"
                                   : "";
    snprintf(filter, sizeof(filter),
             "name='%.100s' AND tags.`" HEARTH_TAG_VERSION "`='%lld'%s%.100s%s", model,
             (long long)hearth_json_integer(telling->order, "number", 0), tag,
             *run ? run : installed, *tag ? "'" : "");
    hearth_buf_init(&path, 2048);
    hearth_buf_text(&path, "model-versions/search?max_results=1&order_by=");
    hearth_mlflow_escape(&path, "version_number DESC", false);
    hearth_buf_text(&path, "&filter=");
    hearth_mlflow_escape(&path, filter, false);
    enum hearth_outbox_verdict came =
        hearth_mlflow_ask(telling->mlflow, "GET", hearth_buf_cstr(&path), NULL, &reply);
    if (came == HEARTH_OUTBOX_TOLD)
        take_version(json_array_get(json_object_get(reply.json, "model_versions"), 0), ret_number,
                     size);
    else
        hearth_telling_keep_reason(telling, reply.reason);
    hearth_buf_finish(&path);
    hearth_mlflow_reply_finish(&reply);
    return came;
}

static enum hearth_outbox_verdict create_version(struct hearth_telling *telling, char *ret_number,
                                                 size_t size)
{
    struct hearth_mlflow_reply reply;
    const char *place = hearth_json_text(telling->order, "source", "");
    bool has_run = *hearth_json_text(telling->order, "run", "") != '\0';
    /* MLflow wants a source of each version; that of one which no run made is this registry. */
    char *source =
        has_run ? hearth_format("%s%s%s", hearth_telling_known(telling, "artifact_uri"),
                                *place ? "/" : "", place)
                : hearth_format("hearth:/%s/%lld", hearth_json_text(telling->order, "model", ""),
                                (long long)hearth_json_integer(telling->order, "number", 0));
    json_t *body = hearth_mlflow_version_create(
        telling->order, has_run ? hearth_telling_known(telling, "run_id") : "", source);
    enum hearth_outbox_verdict came =
        hearth_mlflow_ask(telling->mlflow, "POST", "model-versions/create", body, &reply);
    if (came == HEARTH_OUTBOX_TOLD) {
        take_version(json_object_get(reply.json, "model_version"), ret_number, size);
        if (!*ret_number)
            came = hearth_telling_strange(telling, "version");
    } else {
        hearth_telling_keep_reason(telling, reply.reason);
    }
    json_decref(body);
    hearth_free(source);
    hearth_mlflow_reply_finish(&reply);
    return came;
}

static enum hearth_outbox_verdict set_alias(struct hearth_telling *telling, const char *model,
                                            const char *alias, const char *number)
{
    return hearth_telling_post(
        telling, "registered-models/alias",
        json_pack("{s:s, s:s, s:s}", "name", model, "alias", alias, "version", number));
}

enum hearth_outbox_verdict hearth_telling_version(struct hearth_telling *telling)
{
    const char *model = hearth_json_text(telling->order, "model", "");
    const char *alias = hearth_json_text(telling->order, "alias", "");
    char number[32] = "";
    enum hearth_outbox_verdict came = hearth_telling_registered(telling, model);
    if (came == HEARTH_OUTBOX_TOLD)
        came = find_version(telling, model, number, sizeof(number));
    if (came == HEARTH_OUTBOX_TOLD && !*number)
        came = create_version(telling, number, sizeof(number));
    if (came == HEARTH_OUTBOX_TOLD && *alias)
        came = set_alias(telling, model, alias, number);
    return came;
}

/* One that is not there is gone already. */
static enum hearth_outbox_verdict delete_alias(struct hearth_telling *telling, const char *model,
                                               const char *alias)
{
    struct hearth_mlflow_reply reply;
    json_t *body = json_pack("{s:s, s:s}", "name", model, "alias", alias);
    enum hearth_outbox_verdict came =
        hearth_mlflow_ask(telling->mlflow, "DELETE", "registered-models/alias", body, &reply);
    if (hearth_mlflow_is_missing(&reply))
        came = HEARTH_OUTBOX_TOLD;
    else if (came != HEARTH_OUTBOX_TOLD)
        hearth_telling_keep_reason(telling, reply.reason);
    json_decref(body);
    hearth_mlflow_reply_finish(&reply);
    return came;
}

enum hearth_outbox_verdict hearth_telling_alias(struct hearth_telling *telling)
{
    const char *model = hearth_json_text(telling->order, "model", "");
    const char *alias = hearth_json_text(telling->order, "alias", "");
    char number[32] = "";
    if (!hearth_json_integer(telling->order, "number", 0))
        return delete_alias(telling, model, alias);
    enum hearth_outbox_verdict came = find_version(telling, model, number, sizeof(number));
    if (came != HEARTH_OUTBOX_TOLD)
        return came;
    return *number ? set_alias(telling, model, alias, number)
                   : hearth_telling_refuse(
                         telling, "MLflow was never told of the version that it points at");
}
