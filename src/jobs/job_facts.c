#include "jobs/job_facts.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/error_replace.h"
#include "base/text.h"
#include "config/home.h"

#include <string.h>

static json_t *text_or_null(const char *text)
{
    return text && *text ? json_string(text) : json_null();
}

static void set_time(json_t *facts, const char *key, int64_t wall_ms)
{
    char text[25];
    if (wall_ms)
        hearth_clock_iso8601(wall_ms, text);
    json_object_set_new(facts, key, wall_ms ? json_string(text) : json_null());
}

static json_t *internal_of(const struct hearth_job_fresh *fresh)
{
    json_t *internal = json_pack(
        "{s:s, s:s, s:I, s:s, s:s, s:I}", "home", fresh->home, "base_digest", fresh->base_digest,
        "base_version_id", (json_int_t)fresh->base_version_id, "data_path", fresh->data.path,
        "data_sha256", fresh->data.sha256, "queued_ms", (json_int_t)fresh->now_ms);
    if (fresh->evaluation.id) {
        json_object_set_new(internal, "evaluation_path", json_string(fresh->evaluation.path));
        json_object_set_new(internal, "evaluation_sha256", json_string(fresh->evaluation.sha256));
    }
    return internal;
}

/* All members are there from the beginning: clients read them by name. */
json_t *hearth_job_facts_create(const struct hearth_job_fresh *fresh)
{
    static const char *const later[] = {
        "loss",          "evaluation_loss", "learning_rate", "tokens_per_second", "eta_seconds",
        "memory_bytes",  "resting",         "waiting",       "version",           "version_number",
        "artifact_path", "error",           "started_at",    "finished_at"};
    json_t *facts =
        json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:s}", "id", fresh->id, "object",
                  "training.job", "state", hearth_job_state_name(HEARTH_JOB_QUEUED), "model",
                  fresh->model, "model_id", (json_int_t)fresh->model_id, "base_model", fresh->base,
                  "base_sha256", fresh->base_digest, "dataset_id", fresh->data.id, "dataset_sha256",
                  fresh->data.sha256, "label", fresh->label);
    json_object_set_new(facts, "evaluation_dataset_id", text_or_null(fresh->evaluation.id));
    json_object_set_new(facts, "parameters", json_deep_copy(fresh->parameters));
    json_object_set_new(facts, "seed",
                        json_integer(hearth_json_integer(fresh->parameters, "seed", 0)));
    static const char *const counts[] = {"step", "steps", "trained_tokens", "attempts"};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        json_object_set_new(facts, counts[i], json_integer(0));
    json_object_set_new(facts, "epoch", json_real(0));
    for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++)
        json_object_set_new(facts, later[i], json_null());
    json_object_set_new(facts, "metrics", json_object());
    json_object_set_new(facts, "lineage", json_object());
    set_time(facts, "created_at", fresh->now_ms);
    if (fresh->client)
        json_object_set_new(facts, "client", json_deep_copy(fresh->client));
    json_object_set_new(facts, "internal", internal_of(fresh));
    return facts;
}

/* OpenAI's API knows its files, the others the data sets. */
void hearth_job_facts_name(const json_t *facts, const char *base_path, const char *folder,
                           struct hearth_error *error)
{
    const json_t *client = json_object_get(facts, "client");
    const char *data =
        hearth_json_text(client, "training_file", hearth_job_facts_text(facts, "dataset_id"));
    const char *evaluation = hearth_json_text(
        client, "validation_file", hearth_job_facts_text(facts, "evaluation_dataset_id"));
    const char *const names[][2] = {
        {hearth_job_facts_internal(facts, "data_path"), data},
        {hearth_job_facts_internal(facts, "evaluation_path"), evaluation},
        {base_path, hearth_job_facts_text(facts, "base_model")},
        {folder, "the job's folder"},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i][0] && *names[i][0])
            hearth_error_replace(error, names[i][0], names[i][1]);
}

json_t *hearth_job_facts_shown(const json_t *facts, const struct hearth_home *home)
{
    json_t *shown = json_deep_copy(facts);
    const char *path = hearth_json_text(shown, "artifact_path", NULL);
    json_object_del(shown, "internal");
    if (path)
        json_object_set_new(shown, "artifact_path", json_string(hearth_home_relative(home, path)));
    return shown;
}

const char *hearth_job_facts_text(const json_t *facts, const char *key)
{
    return hearth_json_text(facts, key, "");
}

const char *hearth_job_facts_internal(const json_t *facts, const char *key)
{
    return hearth_json_text(json_object_get(facts, "internal"), key, "");
}

int64_t hearth_job_facts_internal_integer(const json_t *facts, const char *key)
{
    return hearth_json_integer(json_object_get(facts, "internal"), key, 0);
}

uint64_t hearth_job_facts_planned(const json_t *facts)
{
    json_int_t bytes = hearth_json_integer(json_object_get(facts, "plan"), "memory_bytes", 0);
    return bytes > 0 ? (uint64_t)bytes : 0;
}

void hearth_job_facts_set_internal(json_t *facts, const char *key, json_t *value)
{
    json_object_set_new(json_object_get(facts, "internal"), key, value);
}

/* The first start is when it started; what a job says of its speed is over with its run. */
void hearth_job_facts_move(json_t *facts, enum hearth_job_state state, int64_t now_ms)
{
    json_object_set_new(facts, "state", json_string(hearth_job_state_name(state)));
    if (state == HEARTH_JOB_RUNNING && json_is_null(json_object_get(facts, "started_at")))
        set_time(facts, "started_at", now_ms);
    set_time(facts, "finished_at", hearth_job_state_is_over(state) ? now_ms : 0);
    if (state == HEARTH_JOB_RUNNING)
        return;
    json_object_set_new(facts, "eta_seconds", json_null());
    json_object_set_new(facts, "resting", json_null());
    json_object_set_new(facts, "waiting", json_null());
}

static void take(json_t *facts, const char *key, const json_t *event, const char *name)
{
    json_t *value = json_object_get(event, name);
    if (json_is_number(value))
        json_object_set(facts, key, value);
}

void hearth_job_facts_event(json_t *facts, const json_t *event)
{
    static const char *const same[] = {"step",
                                       "steps",
                                       "epoch",
                                       "loss",
                                       "evaluation_loss",
                                       "learning_rate",
                                       "memory_bytes",
                                       "tokens_per_second",
                                       "eta_seconds"};
    const char *type = hearth_json_text(event, "type", "");
    if (strcmp(type, "plan") != 0 && strcmp(type, "metrics") != 0)
        return;
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
        take(facts, same[i], event, same[i]);
    if (strcmp(type, "metrics") == 0)
        take(facts, "trained_tokens", event, "tokens");
    else
        json_object_set_new(facts, "plan", json_deep_copy(event));
}

void hearth_job_facts_error(json_t *facts, const char *code, const char *message)
{
    json_object_set_new(facts, "error",
                        code ? json_pack("{s:s, s:s}", "code", code, "message", message)
                             : json_null());
}

void hearth_job_facts_done(json_t *facts, const json_t *result, int64_t version_number,
                           const char *artifact_path)
{
    const char *model = hearth_job_facts_text(facts, "model");
    json_t *metrics = json_object_get(result, "metrics");
    json_object_set_new(facts, "version",
                        json_sprintf("%s:%lld", model, (long long)version_number));
    json_object_set_new(facts, "version_number", json_integer(version_number));
    json_object_set_new(facts, "artifact_path", json_string(artifact_path));
    if (json_is_object(metrics))
        json_object_set_new(facts, "metrics", json_deep_copy(metrics));
}

static json_t *data_of(const json_t *facts, const char *path_key, const char *digest_key)
{
    return json_pack("{s:s, s:s}", "path", hearth_job_facts_internal(facts, path_key), "sha256",
                     hearth_job_facts_internal(facts, digest_key));
}

json_t *hearth_job_facts_order(const json_t *facts, const char *base_path, const char *output)
{
    json_t *order = json_pack("{s:s, s:s}", "job", hearth_job_facts_text(facts, "id"), "work",
                              output ? "train" : "preview");
    json_object_set_new(order, "base",
                        json_pack("{s:s, s:s, s:s}", "path", base_path, "name",
                                  hearth_job_facts_text(facts, "base_model"), "sha256",
                                  hearth_job_facts_internal(facts, "base_digest")));
    json_object_set_new(order, "data", data_of(facts, "data_path", "data_sha256"));
    if (*hearth_job_facts_internal(facts, "evaluation_path"))
        json_object_set_new(order, "evaluation_data",
                            data_of(facts, "evaluation_path", "evaluation_sha256"));
    if (output)
        json_object_set_new(order, "output", json_string(output));
    json_object_set(order, "parameters", json_object_get(facts, "parameters"));
    return order;
}

json_t *hearth_job_facts_lineage(const json_t *facts, const json_t *environment)
{
    json_t *lineage =
        json_pack("{s:s, s:s, s:s, s:s, s:s}", "job", hearth_job_facts_text(facts, "id"),
                  "base_model", hearth_job_facts_text(facts, "base_model"), "base_sha256",
                  hearth_job_facts_internal(facts, "base_digest"), "dataset_id",
                  hearth_job_facts_text(facts, "dataset_id"), "dataset_sha256",
                  hearth_job_facts_internal(facts, "data_sha256"));
    if (*hearth_job_facts_internal(facts, "evaluation_sha256"))
        json_object_set_new(lineage, "evaluation_dataset_sha256",
                            json_string(hearth_job_facts_internal(facts, "evaluation_sha256")));
    json_object_set(lineage, "evaluation_dataset_id",
                    json_object_get(facts, "evaluation_dataset_id"));
    json_object_set(lineage, "seed", json_object_get(facts, "seed"));
    json_object_set_new(lineage, "parameters",
                        json_deep_copy(json_object_get(facts, "parameters")));
    json_object_set_new(lineage, "environment", json_deep_copy(environment));
    return lineage;
}
