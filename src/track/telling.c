/* tracked, of a model: {"experiment_id"}; of a run: {"experiment_id", "run_id", "artifact_uri",
 * "steps": {key: last step}, "refused": why the run was not made}. */
#include "track/telling.h"

#include "base/memory.h"
#include "track/artifact_list.h"
#include "track/mlflow_bodies.h"
#include "track/telling_parts.h"

#include <stdio.h>
#include <string.h>

void hearth_telling_keep_reason(struct hearth_telling *telling, const char *reason)
{
    snprintf(telling->reason, sizeof(telling->reason), "%.*s", (int)sizeof(telling->reason) - 1,
             reason);
}

enum hearth_outbox_verdict hearth_telling_refuse(struct hearth_telling *telling, const char *reason)
{
    hearth_telling_keep_reason(telling, reason);
    return HEARTH_OUTBOX_REFUSED;
}

static void note_text(struct hearth_telling *telling, const char *key, const char *value)
{
    json_object_set_new(telling->tracked, key, json_string(value));
}

const char *hearth_telling_known(const struct hearth_telling *telling, const char *key)
{
    return hearth_json_text(telling->tracked, key, "");
}

bool hearth_telling_is_verb(const struct hearth_telling *telling, const char *verb)
{
    return strcmp(hearth_json_text(telling->order, "verb", ""), verb) == 0;
}

/* A request of which only the outcome matters; takes the body. */
enum hearth_outbox_verdict hearth_telling_post(struct hearth_telling *telling, const char *path,
                                               json_t *body)
{
    struct hearth_mlflow_reply reply;
    enum hearth_outbox_verdict came =
        hearth_mlflow_ask(telling->mlflow, "POST", path, body, &reply);
    if (came != HEARTH_OUTBOX_TOLD)
        hearth_telling_keep_reason(telling, reply.reason);
    json_decref(body);
    hearth_mlflow_reply_finish(&reply);
    return came;
}

/* Answers that lack what they must have are no answers of MLflow. */
enum hearth_outbox_verdict hearth_telling_strange(struct hearth_telling *telling, const char *what)
{
    snprintf(telling->reason, sizeof(telling->reason),
             "MLflow's answer has no %s, so it is not taken for one", what);
    return HEARTH_OUTBOX_AWAY;
}

/* An id goes into addresses and bodies again. */
bool hearth_telling_is_id(const char *text)
{
    size_t length = strlen(text);
    return length && length <= 64 &&
           strspn(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_") ==
               length;
}

/* experiments */

static enum hearth_outbox_verdict take_experiment(struct hearth_telling *telling,
                                                  const json_t *object)
{
    const char *id = hearth_json_text(object, "experiment_id", "");
    if (!hearth_telling_is_id(id))
        return hearth_telling_strange(telling, "experiment_id");
    note_text(telling, "experiment_id", id);
    return HEARTH_OUTBOX_TOLD;
}

/* One that somebody has deleted keeps its name, and no other can have it. */
static enum hearth_outbox_verdict restore_experiment(struct hearth_telling *telling)
{
    return hearth_telling_post(
        telling, "experiments/restore",
        json_pack("{s:s}", "experiment_id", hearth_telling_known(telling, "experiment_id")));
}

static enum hearth_outbox_verdict find_experiment(struct hearth_telling *telling, const char *model,
                                                  bool *ret_missing)
{
    char path[160];
    struct hearth_mlflow_reply reply;
    /* A model's name needs no escaping (base/text.h). */
    snprintf(path, sizeof(path), "experiments/get-by-name?experiment_name=%.100s", model);
    enum hearth_outbox_verdict came = hearth_mlflow_ask(telling->mlflow, "GET", path, NULL, &reply);
    *ret_missing = came == HEARTH_OUTBOX_REFUSED && hearth_mlflow_is_missing(&reply);
    if (came != HEARTH_OUTBOX_TOLD) {
        hearth_telling_keep_reason(telling, reply.reason);
    } else {
        const json_t *experiment = json_object_get(reply.json, "experiment");
        bool deleted = strcmp(hearth_json_text(experiment, "lifecycle_stage", ""), "deleted") == 0;
        came = take_experiment(telling, experiment);
        if (came == HEARTH_OUTBOX_TOLD && deleted)
            came = restore_experiment(telling);
    }
    hearth_mlflow_reply_finish(&reply);
    return came;
}

static enum hearth_outbox_verdict create_experiment(struct hearth_telling *telling,
                                                    const char *model, bool *ret_taken)
{
    struct hearth_mlflow_reply reply;
    json_t *body = json_pack("{s:s, s:[{s:s, s:s}]}", "name", model, "tags", "key",
                             HEARTH_TAG_MODEL, "value", model);
    enum hearth_outbox_verdict came =
        hearth_mlflow_ask(telling->mlflow, "POST", "experiments/create", body, &reply);
    *ret_taken = hearth_mlflow_is_taken(&reply);
    if (came == HEARTH_OUTBOX_TOLD)
        came = take_experiment(telling, reply.json);
    else
        hearth_telling_keep_reason(telling, reply.reason);
    json_decref(body);
    hearth_mlflow_reply_finish(&reply);
    return came;
}

/* Names are unique there, so whoever comes second finds the other's. */
static enum hearth_outbox_verdict ensure_experiment(struct hearth_telling *telling)
{
    const char *model = hearth_json_text(telling->order, "model", "");
    bool missing, taken;
    enum hearth_outbox_verdict came = find_experiment(telling, model, &missing);
    if (!missing)
        return came;
    telling->reason[0] = '\0';
    came = create_experiment(telling, model, &taken);
    return taken ? find_experiment(telling, model, &missing) : came;
}

/* models */

/* The experiment stands even if the server has no registry of models. */
static enum hearth_outbox_verdict tell_model(struct hearth_telling *telling)
{
    enum hearth_outbox_verdict came = ensure_experiment(telling);
    if (came != HEARTH_OUTBOX_TOLD)
        return came;
    came = hearth_telling_registered(telling, hearth_json_text(telling->order, "model", ""));
    telling->part_refused = came == HEARTH_OUTBOX_REFUSED;
    return telling->part_refused ? HEARTH_OUTBOX_TOLD : came;
}

/* runs */

static enum hearth_outbox_verdict take_run(struct hearth_telling *telling, const json_t *run)
{
    const json_t *info = json_object_get(run, "info");
    const char *id = hearth_json_text(info, "run_id", "");
    if (!hearth_telling_is_id(id))
        return hearth_telling_strange(telling, "run_id");
    note_text(telling, "run_id", id);
    note_text(telling, "artifact_uri", hearth_json_text(info, "artifact_uri", ""));
    return HEARTH_OUTBOX_TOLD;
}

/* What an attempt that was cut off has made: found by the tag that came with it. */
static enum hearth_outbox_verdict find_run(struct hearth_telling *telling)
{
    struct hearth_mlflow_reply reply;
    json_t *body =
        hearth_mlflow_run_search(telling->order, hearth_telling_known(telling, "experiment_id"));
    enum hearth_outbox_verdict came =
        hearth_mlflow_ask(telling->mlflow, "POST", "runs/search", body, &reply);
    const json_t *run = json_array_get(json_object_get(reply.json, "runs"), 0);
    if (came != HEARTH_OUTBOX_TOLD)
        hearth_telling_keep_reason(telling, reply.reason);
    else if (run)
        came = take_run(telling, run);
    json_decref(body);
    hearth_mlflow_reply_finish(&reply);
    return came;
}

static enum hearth_outbox_verdict create_run(struct hearth_telling *telling)
{
    struct hearth_mlflow_reply reply;
    json_t *body =
        hearth_mlflow_run_create(telling->order, hearth_telling_known(telling, "experiment_id"));
    enum hearth_outbox_verdict came =
        hearth_mlflow_ask(telling->mlflow, "POST", "runs/create", body, &reply);
    if (came == HEARTH_OUTBOX_TOLD)
        came = take_run(telling, json_object_get(reply.json, "run"));
    else
        hearth_telling_keep_reason(telling, reply.reason);
    json_decref(body);
    hearth_mlflow_reply_finish(&reply);
    return came;
}

static enum hearth_outbox_verdict ensure_run(struct hearth_telling *telling)
{
    if (*hearth_telling_known(telling, "run_id"))
        return HEARTH_OUTBOX_TOLD;
    enum hearth_outbox_verdict came = ensure_experiment(telling);
    if (came == HEARTH_OUTBOX_TOLD)
        came = find_run(telling);
    if (came == HEARTH_OUTBOX_TOLD && !*hearth_telling_known(telling, "run_id"))
        came = create_run(telling);
    return came;
}

static enum hearth_outbox_verdict
log_batches(struct hearth_telling *telling, const json_t *entities, enum hearth_outbox_entity kind)
{
    size_t index = 0;
    json_t *body;
    enum hearth_outbox_verdict came = HEARTH_OUTBOX_TOLD;
    while (came == HEARTH_OUTBOX_TOLD &&
           (body = hearth_mlflow_batch(entities, kind, hearth_telling_known(telling, "run_id"),
                                       &index)))
        came = hearth_telling_post(telling, "runs/log-batch", body);
    return came;
}

static enum hearth_outbox_verdict log_params(struct hearth_telling *telling)
{
    return log_batches(telling, json_object_get(telling->order, "params"), HEARTH_OUTBOX_PARAM);
}

static enum hearth_outbox_verdict log_tags(struct hearth_telling *telling)
{
    return log_batches(telling, json_object_get(telling->order, "tags"), HEARTH_OUTBOX_TAG);
}

static enum hearth_outbox_verdict log_inputs(struct hearth_telling *telling)
{
    json_t *body = hearth_mlflow_inputs(telling->order, hearth_telling_known(telling, "run_id"));
    return body ? hearth_telling_post(telling, "runs/log-inputs", body) : HEARTH_OUTBOX_TOLD;
}

static enum hearth_outbox_verdict set_running(struct hearth_telling *telling)
{
    return hearth_telling_post(telling, "runs/update",
                               json_pack("{s:s, s:s}", "run_id",
                                         hearth_telling_known(telling, "run_id"), "status",
                                         "RUNNING"));
}

/* The run stands even if the server refuses one of its parts. */
static enum hearth_outbox_verdict tell_run(struct hearth_telling *telling)
{
    static enum hearth_outbox_verdict (*const parts[])(struct hearth_telling *) = {
        log_params, log_tags, log_inputs, set_running};
    enum hearth_outbox_verdict came = ensure_run(telling);
    if (came == HEARTH_OUTBOX_REFUSED)
        note_text(telling, "refused", telling->reason);
    if (came != HEARTH_OUTBOX_TOLD)
        return came;
    json_object_del(telling->tracked, "refused");
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        came = parts[i](telling);
        if (came == HEARTH_OUTBOX_LATER || came == HEARTH_OUTBOX_AWAY)
            return came;
        telling->part_refused = telling->part_refused || came == HEARTH_OUTBOX_REFUSED;
    }
    return HEARTH_OUTBOX_TOLD;
}

static enum hearth_outbox_verdict tell_metrics(struct hearth_telling *telling)
{
    json_t *steps = json_object_get(telling->tracked, "steps");
    if (!json_is_object(steps)) {
        steps = json_object();
        json_object_set_new(telling->tracked, "steps", steps);
    }
    json_t *fresh = hearth_mlflow_fresh_metrics(json_object_get(telling->order, "metrics"), steps);
    enum hearth_outbox_verdict came = log_batches(telling, fresh, HEARTH_OUTBOX_METRIC);
    if (came == HEARTH_OUTBOX_TOLD)
        hearth_mlflow_note_steps(steps, fresh);
    json_decref(fresh);
    return came;
}

static enum hearth_outbox_verdict tell_end(struct hearth_telling *telling)
{
    return hearth_telling_post(
        telling, "runs/update",
        json_pack("{s:s, s:s, s:I}", "run_id", hearth_telling_known(telling, "run_id"), "status",
                  hearth_json_text(telling->order, "status", "FINISHED"), "end_time",
                  hearth_json_integer(telling->order, "end_ms", 0)));
}

/* artifacts */

static enum hearth_outbox_verdict put_file(struct hearth_telling *telling, const char *root,
                                           const char *path)
{
    const char *folder = hearth_json_text(telling->order, "folder", "");
    const char *place = hearth_json_text(telling->order, "place", "");
    struct hearth_mlflow_reply reply;
    char *file = hearth_format("%s/%s", folder, path);
    char *target = hearth_format("%s/%s%s%s", root, place, *place ? "/" : "", path);
    enum hearth_outbox_verdict came = hearth_mlflow_put_file(telling->mlflow, file, target, &reply);
    if (came != HEARTH_OUTBOX_TOLD)
        hearth_telling_keep_reason(telling, reply.reason);
    hearth_free(file);
    hearth_free(target);
    hearth_mlflow_reply_finish(&reply);
    return came;
}

/* One file each time, so that what was sent is noted before the next. A file that is refused is
 * left out; the reason stays. */
static enum hearth_outbox_verdict tell_artifacts(struct hearth_telling *telling)
{
    const char *root = hearth_mlflow_artifact_path(hearth_telling_known(telling, "artifact_uri"));
    struct hearth_error error;
    json_t *paths = NULL;
    if (!root)
        return hearth_telling_refuse(
            telling, "the MLflow server keeps artifacts in a place of its own, to which only its "
                     "clients write (it was not started with --serve-artifacts)");
    if (hearth_artifact_list(hearth_json_text(telling->order, "folder", ""), &paths, &error))
        return hearth_telling_refuse(telling, error.message);
    enum hearth_outbox_verdict came = HEARTH_OUTBOX_TOLD;
    if (telling->done < (int64_t)json_array_size(paths)) {
        came = put_file(telling, root,
                        json_string_value(json_array_get(paths, (size_t)telling->done)));
        bool goes_on = came == HEARTH_OUTBOX_TOLD || came == HEARTH_OUTBOX_REFUSED;
        telling->done += goes_on;
        telling->has_more = goes_on && telling->done < (int64_t)json_array_size(paths);
        telling->part_refused = came == HEARTH_OUTBOX_REFUSED;
        if (goes_on)
            came = HEARTH_OUTBOX_TOLD;
    }
    json_decref(paths);
    return came;
}

enum hearth_outbox_verdict hearth_telling_run(struct hearth_telling *telling)
{
    static const struct {
        const char *verb;
        enum hearth_outbox_verdict (*tell)(struct hearth_telling *telling);
        bool needs_run;
    } verbs[] = {
        {"model", tell_model, false},           {"run", tell_run, false},
        {"metrics", tell_metrics, true},        {"end", tell_end, true},
        {"artifacts", tell_artifacts, true},    {"version", hearth_telling_version, true},
        {"alias", hearth_telling_alias, false},
    };
    bool has_run = *hearth_json_text(telling->order, "run", "") != '\0';
    telling->reason[0] = '\0';
    telling->has_more = telling->part_refused = false;
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (!hearth_telling_is_verb(telling, verbs[i].verb))
            continue;
        if (!*hearth_telling_known(telling, "run_id") && hearth_telling_is_verb(telling, "end"))
            return HEARTH_OUTBOX_TOLD; /* a job that never ran: there is nothing to end */
        if (verbs[i].needs_run && has_run && !*hearth_telling_known(telling, "run_id"))
            return hearth_telling_refuse(telling,
                                         *hearth_telling_known(telling, "refused")
                                             ? hearth_telling_known(telling, "refused")
                                             : "the run that it belongs to was never begun");
        return verbs[i].tell(telling);
    }
    return hearth_telling_refuse(telling, "it is of a kind that this version does not know");
}
