#include "track/orders.h"

#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* mlflow/utils/validation.py counts characters; bytes are never fewer. */
enum { KEY_MAX = 250, PARAM_MAX = 6000, TAG_MAX = 5000, TEXT_MAX = 4096, PAIRS_MAX = 1000 };
enum { RUN_MAX = 64, DATASETS_MAX = 16 };

static json_t *cut_text(const char *text, size_t max)
{
    size_t length = text ? strlen(text) : 0;
    if (length > max)
        length = hearth_utf8_whole(text, max);
    char *copy = hearth_strndup(text ? text : "", length);
    if (!hearth_utf8_valid(copy, length))
        for (size_t i = 0; i < length; i++)
            if (copy[i] & 0x80)
                copy[i] = '?';
    json_t *value = json_stringn(copy, length);
    hearth_free(copy);
    return value;
}

/* Goes into filters of MLflow and ids of records. */
static bool is_run(const char *run)
{
    size_t length = run ? strlen(run) : 0;
    return length && length <= RUN_MAX &&
           strspn(run, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._-") ==
               length;
}

static json_t *pairs(const struct hearth_track_pair *pairs, size_t count, size_t value_max)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count && i < PAIRS_MAX; i++)
        if (pairs[i].key && *pairs[i].key)
            json_array_append_new(array,
                                  json_pack("{s:o, s:o}", "key", cut_text(pairs[i].key, KEY_MAX),
                                            "value", cut_text(pairs[i].value, value_max)));
    return array;
}

json_t *hearth_order_model(const char *model, const char *description)
{
    if (!model || !hearth_model_name_valid(model))
        return NULL;
    return json_pack("{s:s, s:s, s:o}", "verb", "model", "model", model, "description",
                     cut_text(description, TEXT_MAX));
}

static json_t *datasets_of(const struct hearth_track_run *run)
{
    json_t *array = json_array();
    for (size_t i = 0; i < run->dataset_count && i < DATASETS_MAX; i++) {
        const struct hearth_track_dataset *dataset = &run->datasets[i];
        json_array_append_new(
            array, json_pack("{s:o, s:o, s:o, s:o, s:I}", "name", cut_text(dataset->name, KEY_MAX),
                             "sha256", cut_text(dataset->sha256, 64), "source",
                             cut_text(dataset->source, 1024), "context",
                             cut_text(dataset->context ? dataset->context : "training", KEY_MAX),
                             "rows", (json_int_t)dataset->rows));
    }
    return array;
}

json_t *hearth_order_run(const struct hearth_track_run *run)
{
    if (!is_run(run->run) || !run->model || !hearth_model_name_valid(run->model))
        return NULL;
    return json_pack("{s:s, s:s, s:s, s:o, s:I, s:o, s:o, s:o}", "verb", "run", "run", run->run,
                     "model", run->model, "name",
                     cut_text(run->name && *run->name ? run->name : run->run, KEY_MAX), "start_ms",
                     (json_int_t)run->start_ms, "params",
                     pairs(run->params, run->param_count, PARAM_MAX), "tags",
                     pairs(run->tags, run->tag_count, TAG_MAX), "datasets", datasets_of(run));
}

/* The JSON form of protocol buffers, which MLflow reads, has the three others as texts. */
static json_t *number(double value)
{
    if (isnan(value))
        return json_string("NaN");
    if (isinf(value))
        return json_string(value > 0 ? "Infinity" : "-Infinity");
    return json_real(value);
}

json_t *hearth_order_metrics(const char *run, const struct hearth_track_metric *metrics,
                             size_t count)
{
    if (!is_run(run) || !count)
        return NULL;
    json_t *array = json_array();
    for (size_t i = 0; i < count && i < PAIRS_MAX; i++)
        if (metrics[i].key && *metrics[i].key)
            json_array_append_new(array, json_pack("{s:o, s:o, s:I, s:I}", "key",
                                                   cut_text(metrics[i].key, KEY_MAX), "value",
                                                   number(metrics[i].value), "step",
                                                   (json_int_t)metrics[i].step, "timestamp",
                                                   (json_int_t)metrics[i].timestamp_ms));
    return json_pack("{s:s, s:s, s:o}", "verb", "metrics", "run", run, "metrics", array);
}

json_t *hearth_order_end(const char *run, enum hearth_track_end end, int64_t end_ms)
{
    const char *status = end == HEARTH_TRACK_FINISHED ? "FINISHED"
                         : end == HEARTH_TRACK_FAILED ? "FAILED"
                                                      : "KILLED";
    if (!is_run(run))
        return NULL;
    return json_pack("{s:s, s:s, s:s, s:I}", "verb", "end", "run", run, "status", status, "end_ms",
                     (json_int_t)end_ms);
}

json_t *hearth_order_artifacts(const char *run, const char *folder, const char *place)
{
    bool has_place = place && *place;
    if (!is_run(run) || !folder || *folder != '/' || (has_place && !hearth_inner_path_valid(place)))
        return NULL;
    /* A path that is no UTF-8 cannot be kept as JSON: NULL. */
    return json_pack("{s:s, s:s, s:s, s:s}", "verb", "artifacts", "run", run, "folder", folder,
                     "place", has_place ? place : "");
}

json_t *hearth_order_version(const struct hearth_track_version *version)
{
    const char *source = version->source ? version->source : "";
    const char *run = version->run ? version->run : "";
    if ((*run && !is_run(run)) || !version->model || !hearth_model_name_valid(version->model) ||
        (*source && !hearth_inner_path_valid(source)))
        return NULL;
    return json_pack("{s:s, s:s, s:I, s:s, s:I, s:o, s:s, s:o, s:o}", "verb", "version", "model",
                     version->model, "number", (json_int_t)version->number, "run", run,
                     "installed_ms", (json_int_t)version->installed_ms, "alias",
                     cut_text(version->alias, KEY_MAX), "source", source, "description",
                     cut_text(version->description, TEXT_MAX), "tags",
                     pairs(version->tags, version->tag_count, TAG_MAX));
}

json_t *hearth_order_alias(const char *model, const char *alias, int64_t number)
{
    if (!model || !hearth_model_name_valid(model) || !alias || !*alias)
        return NULL;
    return json_pack("{s:s, s:s, s:o, s:I}", "verb", "alias", "model", model, "alias",
                     cut_text(alias, KEY_MAX), "number", (json_int_t)number);
}

void hearth_order_subject(const json_t *order, char *ret_subject, size_t size)
{
    const char *run = hearth_json_text(order, "run", "");
    snprintf(ret_subject, size, "%s%s", *run ? HEARTH_OUTBOX_RUN : HEARTH_OUTBOX_MODEL,
             *run ? run : hearth_json_text(order, "model", ""));
}
