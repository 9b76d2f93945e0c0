#include "routes/train/fine_tuning_json.h"

#include "base/clock.h"
#include "base/text.h"
#include "domain/training_parameters.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *part_of(const char *job_id)
{
    const char *dash = strchr(job_id, '-');
    return dash ? dash + 1 : job_id;
}

/* Seconds, or null. */
static json_t *seconds_of(const json_t *job, const char *key)
{
    int64_t wall_ms;
    return hearth_clock_iso8601_read(hearth_json_text(job, key, ""), &wall_ms)
               ? json_integer(wall_ms / 1000)
               : json_null();
}

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

/* Files are checked before a job is made, and what the check found is its plan. One whose check
 * took too long is made without: its files are read when it has its turn. */
static const char *status_of(const json_t *job)
{
    static const char *const words[][2] = {{"queued", "queued"},       {"running", "running"},
                                           {"completed", "succeeded"}, {"failed", "failed"},
                                           {"cancelled", "cancelled"}, {"interrupted", "queued"},
                                           {"paused", "paused"}};
    const char *state = hearth_json_text(job, "state", "");
    bool is_on_its_way = strcmp(state, "queued") == 0 || strcmp(state, "running") == 0;
    if (is_on_its_way && !json_is_object(json_object_get(job, "plan")))
        return "validating_files";
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(words[i][0], state) == 0)
            return words[i][1];
    return "queued";
}

static bool has_succeeded(const json_t *job)
{
    return strcmp(hearth_json_text(job, "state", ""), "completed") == 0;
}

/* A step's rows are those of all batches that make it. */
static json_t *hyperparameters_of(const json_t *job)
{
    const json_t *parameters = json_object_get(job, "parameters");
    struct hearth_training_parameters preset;
    hearth_training_parameters_read(NULL, &preset, NULL);
    double rate = hearth_json_number(parameters, "learning_rate", preset.learning_rate);
    json_int_t rows = hearth_json_integer(parameters, "batch_size", 1) *
                      hearth_json_integer(parameters, "gradient_accumulation", 1);
    return json_pack("{s:I, s:I, s:f}", "n_epochs", hearth_json_integer(parameters, "epochs", 1),
                     "batch_size", rows, "learning_rate_multiplier",
                     round(rate / preset.learning_rate * 1e6) / 1e6);
}

static json_t *error_of(const json_t *job)
{
    const json_t *error = json_object_get(job, "error");
    bool is_over = strcmp(hearth_json_text(job, "state", ""), "failed") == 0;
    if (!is_over || !json_is_object(error))
        return json_null();
    return json_pack("{s:s, s:s, s:n}", "code", hearth_json_text(error, "code", "internal"),
                     "message", hearth_json_text(error, "message", ""), "param");
}

static json_t *estimate_of(const json_t *job, int64_t now_ms)
{
    double left = hearth_json_number(job, "eta_seconds", -1);
    return left < 0 || left > 1e9 ? json_null() : json_integer(now_ms / 1000 + (json_int_t)left);
}

json_t *hearth_fine_tuning_job_json(const json_t *job, const char *result_file, int64_t now_ms)
{
    const json_t *client = json_object_get(job, "client");
    json_t *metadata = json_object_get(client, "metadata");
    json_t *hyperparameters = hyperparameters_of(job);
    json_t *shown = json_pack(
        "{s:s, s:s, s:o, s:o, s:o, s:s, s:o, s:s, s:s}", "id", hearth_json_text(job, "id", ""),
        "object", "fine_tuning.job", "created_at", seconds_of(job, "created_at"), "finished_at",
        seconds_of(job, "finished_at"), "estimated_finish", estimate_of(job, now_ms), "model",
        hearth_json_text(job, "base_model", ""), "fine_tuned_model",
        text_or_null(hearth_json_text(job, "version", NULL)), "organization_id", "hearth", "status",
        status_of(job));
    json_object_set_new(shown, "training_file",
                        json_string(hearth_json_text(client, "training_file",
                                                     hearth_json_text(job, "dataset_id", ""))));
    json_object_set_new(
        shown, "validation_file",
        text_or_null(hearth_json_text(client, "validation_file",
                                      hearth_json_text(job, "evaluation_dataset_id", NULL))));
    json_object_set_new(shown, "result_files",
                        result_file ? json_pack("[s]", result_file) : json_array());
    json_object_set_new(shown, "trained_tokens",
                        has_succeeded(job)
                            ? json_integer(hearth_json_integer(job, "trained_tokens", 0))
                            : json_null());
    json_object_set_new(shown, "seed", json_integer(hearth_json_integer(job, "seed", 0)));
    json_object_set(shown, "hyperparameters", hyperparameters);
    json_object_set_new(shown, "method",
                        json_pack("{s:s, s:{s:o}}", "type", "supervised", "supervised",
                                  "hyperparameters", hyperparameters));
    json_object_set_new(shown, "integrations", json_array());
    json_object_set_new(shown, "metadata",
                        json_is_object(metadata) ? json_incref(metadata) : json_null());
    json_object_set_new(shown, "error", error_of(job));
    return shown;
}

/* Events */

static json_t *state_message(const json_t *job, const json_t *line)
{
    const char *state = hearth_json_text(line, "state", "");
    if (strcmp(state, "queued") == 0)
        return hearth_json_integer(line, "n", 0) == 1
                   ? json_sprintf("Created fine-tuning job: %s", hearth_json_text(job, "id", ""))
                   : json_string("Fine-tuning job waits for its turn again");
    if (strcmp(state, "running") == 0)
        return json_string("Fine-tuning job started");
    if (strcmp(state, "completed") == 0)
        return json_sprintf(
            "The job has successfully completed. New fine-tuned model created: %s",
            hearth_json_text(line, "version", hearth_json_text(job, "version", "")));
    if (strcmp(state, "cancelled") == 0)
        return json_string("Fine-tuning job cancelled");
    if (strcmp(state, "paused") == 0)
        return json_string("Fine-tuning job paused");
    if (strcmp(state, "interrupted") == 0)
        return json_string("Fine-tuning job was interrupted; it will go on from its checkpoint");
    return json_sprintf("The job failed: %s",
                        hearth_json_text(json_object_get(line, "error"), "message", state));
}

static json_t *metrics_message(const json_t *job, const json_t *line)
{
    char of[32] = "", valid[64] = "";
    json_int_t steps = hearth_json_integer(job, "steps", 0);
    const json_t *loss = json_object_get(line, "evaluation_loss");
    if (steps)
        snprintf(of, sizeof(of), "/%lld", (long long)steps);
    if (json_is_number(loss))
        snprintf(valid, sizeof(valid), ", validation loss=%.4f", json_number_value(loss));
    return json_sprintf("Step %lld%s: training loss=%.4f%s",
                        (long long)hearth_json_integer(line, "step", 0), of,
                        hearth_json_number(line, "loss", 0), valid);
}

static json_t *message_of(const json_t *job, const json_t *line, const char *type)
{
    if (strcmp(type, "state") == 0)
        return state_message(job, line);
    if (strcmp(type, "metrics") == 0)
        return metrics_message(job, line);
    if (strcmp(type, "plan") == 0)
        return json_sprintf("Training file read: %lld examples, %lld tokens, of which %lld are "
                            "learnt; %lld steps",
                            (long long)hearth_json_integer(line, "rows", 0),
                            (long long)hearth_json_integer(line, "tokens", 0),
                            (long long)hearth_json_integer(line, "learnt_tokens", 0),
                            (long long)hearth_json_integer(line, "steps", 0));
    if (strcmp(type, "checkpoint") == 0)
        return json_sprintf("Progress saved at step %lld",
                            (long long)hearth_json_integer(line, "step", 0));
    return json_string(hearth_json_text(line, "message", ""));
}

static const char *level_of(const json_t *line)
{
    const char *level = hearth_json_text(line, "level", "info");
    const char *state = hearth_json_text(line, "state", "");
    if (strcmp(level, "error") == 0 || strcmp(state, "failed") == 0)
        return "error";
    return strcmp(level, "warning") == 0 || strcmp(state, "interrupted") == 0 ? "warn" : "info";
}

static json_t *metrics_of(const json_t *job, const json_t *line)
{
    static const char *const keys[][2] = {{"step", "step"},
                                          {"train_loss", "loss"},
                                          {"valid_loss", "evaluation_loss"},
                                          {"learning_rate", "learning_rate"}};
    json_t *metrics = json_pack("{s:I}", "total_steps", hearth_json_integer(job, "steps", 0));
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        json_t *value = json_object_get(line, keys[i][1]);
        if (json_is_number(value))
            json_object_set(metrics, keys[i][0], value);
    }
    return metrics;
}

json_t *hearth_fine_tuning_event_json(const json_t *job, const json_t *line)
{
    const char *type = hearth_json_text(line, "type", "log");
    bool is_metrics = strcmp(type, "metrics") == 0;
    return json_pack("{s:s, s:o, s:I, s:s, s:o, s:o, s:s}", "object", "fine_tuning.job.event", "id",
                     json_sprintf("ftevent-%s-%lld", part_of(hearth_json_text(job, "id", "")),
                                  (long long)hearth_json_integer(line, "n", 0)),
                     "created_at", hearth_json_integer(line, "at", 0) / 1000, "level",
                     level_of(line), "message", message_of(job, line, type), "data",
                     is_metrics ? metrics_of(job, line) : json_null(), "type",
                     is_metrics ? "metrics" : "message");
}

bool hearth_fine_tuning_event_number(const char *event_id, const char *job_id, uint64_t *ret)
{
    char prefix[HEARTH_FINE_TUNING_EVENT_ID];
    int64_t number;
    snprintf(prefix, sizeof(prefix), "ftevent-%.40s-", part_of(job_id));
    size_t length = strlen(prefix);
    if (strncmp(event_id, prefix, length) != 0 ||
        hearth_parse_int(event_id + length, 1, INT64_MAX, &number))
        return false;
    *ret = (uint64_t)number;
    return true;
}

/* Checkpoints */

json_t *hearth_fine_tuning_checkpoint_json(const json_t *job)
{
    const json_t *metrics = json_object_get(job, "metrics");
    const char *id = hearth_json_text(job, "id", "");
    json_int_t step = hearth_json_integer(job, "step", 0);
    if (!has_succeeded(job))
        return NULL;
    json_t *shown = json_pack("{s:I}", "step", step);
    json_object_set(shown, "train_loss", json_object_get(metrics, "loss"));
    if (json_is_number(json_object_get(metrics, "evaluation_loss")))
        json_object_set(shown, "full_valid_loss", json_object_get(metrics, "evaluation_loss"));
    return json_pack("{s:s, s:o, s:o, s:s, s:s, s:I, s:o}", "object", "fine_tuning.job.checkpoint",
                     "id", json_sprintf("ftckpt-%s", part_of(id)), "created_at",
                     seconds_of(job, "finished_at"), "fine_tuned_model_checkpoint",
                     hearth_json_text(job, "version", ""), "fine_tuning_job_id", id, "step_number",
                     step, "metrics", shown);
}
