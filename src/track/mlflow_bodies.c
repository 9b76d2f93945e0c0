#include "track/mlflow_bodies.h"

#include "base/clock.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* MLflow takes 100 tags in any request; ours take two. STEP_KEYS_MAX: of how many metrics of a run
 * the last step is kept. DIGEST_MAX: mlflow/utils/validation.py, MAX_DATASET_DIGEST_SIZE is 36. */
enum { CREATE_TAGS_MAX = 98, STEP_KEYS_MAX = 256, DIGEST_MAX = 32 };

static void add_tag(json_t *tags, const char *key, const char *value)
{
    json_array_append_new(tags, json_pack("{s:s, s:s}", "key", key, "value", value));
}

/* Those of the order, but for what we say ourselves: MLflow takes no key twice. */
static void add_tags_of(json_t *tags, const json_t *order)
{
    static const char *const ours[] = {HEARTH_TAG_JOB, HEARTH_TAG_MODEL, HEARTH_TAG_VERSION};
    json_t *tag;
    size_t i;
    json_array_foreach(json_object_get(order, "tags"), i, tag)
    {
        const char *key = hearth_json_text(tag, "key", "");
        bool is_ours = false;
        for (size_t k = 0; k < sizeof(ours) / sizeof(ours[0]); k++)
            is_ours = is_ours || strcmp(key, ours[k]) == 0;
        if (!is_ours && i < CREATE_TAGS_MAX)
            json_array_append(tags, tag);
    }
}

/* The tag that a run is found by again comes with the run itself: there is no moment at which the
 * server has one without it. */
json_t *hearth_mlflow_run_create(const json_t *order, const char *experiment_id)
{
    json_t *tags = json_array();
    add_tag(tags, HEARTH_TAG_JOB, hearth_json_text(order, "run", ""));
    add_tag(tags, HEARTH_TAG_MODEL, hearth_json_text(order, "model", ""));
    add_tags_of(tags, order);
    return json_pack("{s:s, s:s, s:I, s:o}", "experiment_id", experiment_id, "run_name",
                     hearth_json_text(order, "name", ""), "start_time",
                     hearth_json_integer(order, "start_ms", 0), "tags", tags);
}

/* A run's id has no quotes (orders.c sees to it). */
json_t *hearth_mlflow_run_search(const json_t *order, const char *experiment_id)
{
    char filter[160];
    snprintf(filter, sizeof(filter), "tags.`" HEARTH_TAG_JOB "` = '%.100s'",
             hearth_json_text(order, "run", ""));
    return json_pack("{s:[s], s:s, s:i}", "experiment_ids", experiment_id, "filter", filter,
                     "max_results", 1);
}

json_t *hearth_mlflow_batch(const json_t *entities, enum hearth_outbox_entity kind,
                            const char *run_id, size_t *index)
{
    static const char *const members[] = {"metrics", "params", "tags"};
    struct hearth_outbox_batch batch = {0};
    json_t *part = json_array();
    for (; *index < json_array_size(entities); (*index)++) {
        json_t *entity = json_array_get(entities, *index);
        /* One more for the comma. */
        size_t bytes = json_dumpb(entity, NULL, 0, JSON_COMPACT) + 1;
        if (hearth_outbox_batch_add(&batch, kind, bytes))
            json_array_append(part, entity);
        else if (batch.entities)
            break;
    }
    if (!batch.entities) {
        json_decref(part);
        return NULL;
    }
    return json_pack("{s:s, s:o}", "run_id", run_id, members[kind], part);
}

/* As MLflow's own client writes a file of this machine: mlflow/data/ has "local" with its uri. */
static json_t *input(const json_t *dataset)
{
    char digest[DIGEST_MAX + 1], source[2048], profile[128];
    const char *sha256 = hearth_json_text(dataset, "sha256", "");
    snprintf(digest, sizeof(digest), "%s", sha256);
    json_t *place = json_pack("{s:s}", "uri", hearth_json_text(dataset, "source", ""));
    json_t *facts = json_pack("{s:s, s:I}", "sha256", sha256, "num_rows",
                              hearth_json_integer(dataset, "rows", 0));
    size_t place_length = json_dumpb(place, source, sizeof(source) - 1, JSON_COMPACT);
    size_t facts_length = json_dumpb(facts, profile, sizeof(profile) - 1, JSON_COMPACT);
    json_decref(place);
    json_decref(facts);
    source[place_length < sizeof(source) ? place_length : 0] = '\0';
    profile[facts_length < sizeof(profile) ? facts_length : 0] = '\0';
    return json_pack("{s:[{s:s, s:s}], s:{s:s, s:s, s:s, s:s, s:s}}", "tags", "key",
                     "mlflow.data.context", "value",
                     hearth_json_text(dataset, "context", "training"), "dataset", "name",
                     hearth_json_text(dataset, "name", ""), "digest", digest, "source_type",
                     "local", "source", source, "profile", profile);
}

json_t *hearth_mlflow_inputs(const json_t *order, const char *run_id)
{
    json_t *datasets = json_object_get(order, "datasets"), *inputs, *dataset;
    size_t i;
    if (!json_array_size(datasets))
        return NULL;
    inputs = json_array();
    json_array_foreach(datasets, i, dataset) json_array_append_new(inputs, input(dataset));
    return json_pack("{s:s, s:o}", "run_id", run_id, "datasets", inputs);
}

void hearth_mlflow_installed(const json_t *order, char ret_text[25])
{
    int64_t installed_ms = hearth_json_integer(order, "installed_ms", 0);
    *ret_text = '\0';
    if (installed_ms > 0)
        hearth_clock_iso8601(installed_ms, ret_text);
}

json_t *hearth_mlflow_version_create(const json_t *order, const char *run_id, const char *source)
{
    char number[24], installed[25];
    json_t *tags = json_array();
    hearth_mlflow_installed(order, installed);
    snprintf(number, sizeof(number), "%lld", (long long)hearth_json_integer(order, "number", 0));
    add_tag(tags, HEARTH_TAG_VERSION, number);
    if (*run_id)
        add_tag(tags, HEARTH_TAG_JOB, hearth_json_text(order, "run", ""));
    else if (*installed)
        add_tag(tags, HEARTH_TAG_INSTALLED, installed);
    add_tags_of(tags, order);
    json_t *body =
        json_pack("{s:s, s:s, s:s, s:o}", "name", hearth_json_text(order, "model", ""), "source",
                  source, "description", hearth_json_text(order, "description", ""), "tags", tags);
    if (*run_id)
        json_object_set_new(body, "run_id", json_string(run_id));
    return body;
}

json_t *hearth_mlflow_fresh_metrics(const json_t *metrics, const json_t *steps)
{
    json_t *fresh = json_array(), *metric;
    size_t i;
    json_array_foreach(metrics, i, metric)
    {
        const json_t *last = json_object_get(steps, hearth_json_text(metric, "key", ""));
        if (!json_is_integer(last) ||
            hearth_json_integer(metric, "step", 0) > json_integer_value(last))
            json_array_append(fresh, metric);
    }
    return fresh;
}

void hearth_mlflow_note_steps(json_t *steps, const json_t *metrics)
{
    json_t *metric;
    size_t i;
    json_array_foreach(metrics, i, metric)
    {
        const char *key = hearth_json_text(metric, "key", "");
        const json_t *last = json_object_get(steps, key);
        json_int_t step = hearth_json_integer(metric, "step", 0);
        if (json_is_integer(last) ? step > json_integer_value(last)
                                  : json_object_size(steps) < STEP_KEYS_MAX)
            json_object_set_new(steps, key, json_integer(step));
    }
}

/* "mlflow-artifacts:/1/…", or with the server's name: "mlflow-artifacts://host:port/1/…". */
const char *hearth_mlflow_artifact_path(const char *artifact_uri)
{
    static const char scheme[] = "mlflow-artifacts:";
    if (strncmp(artifact_uri, scheme, sizeof(scheme) - 1) != 0)
        return NULL;
    const char *path = artifact_uri + sizeof(scheme) - 1;
    if (strncmp(path, "//", 2) == 0)
        path = strchr(path + 2, '/');
    while (path && *path == '/')
        path++;
    return path && hearth_inner_path_valid(path) ? path : NULL;
}
