#include "jobs/job_track.h"

#include "base/clock.h"
#include "base/memory.h"
#include "jobs/jobs_private.h"
#include "track/listener.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PARAMS_MAX = 64, VALUE_MAX = 256, METRICS_MAX = 8 };

/* A parameter's value as a text: MLflow knows no other. */
static void value_text(const json_t *value, char ret_text[VALUE_MAX])
{
    struct hearth_buf text;
    if (json_is_string(value)) {
        snprintf(ret_text, VALUE_MAX, "%s", json_string_value(value));
        return;
    }
    hearth_buf_init(&text, VALUE_MAX - 1);
    *ret_text = '\0';
    if (hearth_json_dump(&text, value) == 0)
        snprintf(ret_text, VALUE_MAX, "%.*s", (int)text.length, text.bytes);
    hearth_buf_finish(&text);
}

static void tell_run(const struct hearth_training_job *job)
{
    const struct hearth_track_listener *track = job->all->track;
    struct hearth_track_pair params[PARAMS_MAX];
    char(*values)[VALUE_MAX] = hearth_calloc(PARAMS_MAX, VALUE_MAX);
    size_t count = 0;
    const char *key;
    json_t *value;
    json_object_foreach(json_object_get(job->facts, "parameters"), key, value)
    {
        if (count == PARAMS_MAX)
            break;
        value_text(value, values[count]);
        params[count] = (struct hearth_track_pair){.key = key, .value = values[count]};
        count++;
    }
    const json_t *environment =
        json_object_get(json_object_get(job->facts, "lineage"), "environment");
    const struct hearth_track_pair tags[] = {
        {.key = "hearth.job", .value = job->id},
        {.key = "hearth.base_model", .value = hearth_job_facts_text(job->facts, "base_model")},
        {.key = "hearth.base_sha256", .value = hearth_job_facts_text(job->facts, "base_sha256")},
        {.key = "mlflow.source.git.commit", .value = hearth_json_text(environment, "commit", "")},
        {.key = "hearth.environment_sha256", .value = hearth_json_text(environment, "sha256", "")},
    };
    const char *evaluation = hearth_job_facts_text(job->facts, "evaluation_dataset_id");
    const struct hearth_track_dataset datasets[] = {
        {
            .name = hearth_job_facts_text(job->facts, "dataset_id"),
            .sha256 = hearth_job_facts_text(job->facts, "dataset_sha256"),
            .source = hearth_job_facts_internal(job->facts, "data_path"),
            .context = "training",
        },
        {
            .name = evaluation,
            .sha256 = hearth_job_facts_internal(job->facts, "evaluation_sha256"),
            .source = hearth_job_facts_internal(job->facts, "evaluation_path"),
            .context = "evaluation",
        },
    };
    const struct hearth_track_run run = {
        .run = job->id,
        .model = hearth_job_facts_text(job->facts, "model"),
        .name = job->id,
        .start_ms = job->created_ms,
        .params = params,
        .param_count = count,
        .tags = tags,
        .tag_count = sizeof(tags) / sizeof(tags[0]),
        .datasets = datasets,
        .dataset_count = *evaluation ? 2 : 1,
    };
    track->model_registered(track->argument, run.model, ""); /* it may be new */
    track->run_started(track->argument, &run);
    hearth_free(values);
}

static int64_t finished_ms(const struct hearth_training_job *job)
{
    int64_t wall_ms;
    return hearth_clock_iso8601_read(hearth_job_facts_text(job->facts, "finished_at"), &wall_ms)
               ? wall_ms
               : hearth_clock_wall_ms();
}

void hearth_job_track_state(const struct hearth_training_job *job)
{
    const struct hearth_track_listener *track = job->all->track;
    if (!track)
        return;
    if (job->state == HEARTH_JOB_RUNNING)
        tell_run(job);
    else if (hearth_job_state_is_over(job->state))
        track->run_ended(track->argument, job->id,
                         job->state == HEARTH_JOB_COMPLETED   ? HEARTH_TRACK_FINISHED
                         : job->state == HEARTH_JOB_CANCELLED ? HEARTH_TRACK_KILLED
                                                              : HEARTH_TRACK_FAILED,
                         finished_ms(job));
}

void hearth_job_track_event(const struct hearth_training_job *job, const json_t *event)
{
    static const char *const keys[] = {"loss",          "evaluation_loss",   "learning_rate",
                                       "gradient_norm", "tokens_per_second", "memory_bytes"};
    const struct hearth_track_listener *track = job->all->track;
    struct hearth_track_metric metrics[METRICS_MAX];
    size_t count = 0;
    if (!track || strcmp(hearth_json_text(event, "type", ""), "metrics") != 0)
        return;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (json_is_number(json_object_get(event, keys[i])))
            metrics[count++] = (struct hearth_track_metric){
                .key = keys[i],
                .value = json_number_value(json_object_get(event, keys[i])),
                .step = hearth_json_integer(event, "step", 0),
                .timestamp_ms = hearth_clock_wall_ms(),
            };
    track->metrics(track->argument, job->id, metrics, count);
}

/* The version's own folder, which stays: the job's is gone. */
void hearth_job_track_version(const struct hearth_training_job *job)
{
    const struct hearth_track_listener *track = job->all->track;
    const char *path = hearth_job_facts_text(job->facts, "artifact_path");
    char folder[4096];
    struct hearth_track_pair tags[] = {
        {.key = "hearth.base_model", .value = hearth_job_facts_text(job->facts, "base_model")}};
    if (!track)
        return;
    snprintf(folder, sizeof(folder), "%s", path);
    /* Of a version of one file the path is that file. */
    const char *slash = strrchr(path, '/');
    if (slash && strchr(slash, '.'))
        folder[slash - path] = '\0';
    track->artifacts(track->argument, job->id, folder, "model");
    const struct hearth_track_version version = {
        .model = hearth_job_facts_text(job->facts, "model"),
        .number = hearth_json_integer(job->facts, "version_number", 0),
        .run = job->id,
        .alias = "newest", /* "latest" is a word of MLflow's own */
        .source = "model",
        .tags = tags,
        .tag_count = 1,
    };
    track->version_registered(track->argument, &version);
}
