#include "train/job_order.h"

#include "base/error.h"

#include <string.h>

enum { IDENTITY_MAX = 1 << 20, THREADS_MAX = 1024 };

static int check_keys(const json_t *object, const char *where, const char *const *known,
                      struct hearth_error *error)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value)
    {
        size_t i = 0;
        while (known[i] && strcmp(known[i], key) != 0)
            i++;
        if (!known[i])
            return hearth_error_set(error, HEARTH_EFIELDS, "%s: there is no '%.64s'", where, key);
    }
    return 0;
}

static int take_path(const json_t *object, const char *where, const char **ret_path,
                     struct hearth_error *error)
{
    *ret_path = hearth_json_text(object, "path", "");
    if (**ret_path == '/' && !strchr(*ret_path, '\n'))
        return 0;
    return hearth_error_set(error, HEARTH_EFIELDS, "%s.path must be an absolute path", where);
}

static int take_data(const json_t *json, const char *key, struct hearth_job_data *ret,
                     struct hearth_error *error)
{
    static const char *const known[] = {"path", "sha256", NULL};
    const json_t *object = json_object_get(json, key);
    int rc = check_keys(object, key, known, error);
    if (!rc)
        rc = take_path(object, key, &ret->path, error);
    ret->sha256 = hearth_json_text(object, "sha256", "");
    if (!rc && *ret->sha256 && !hearth_sha256_valid(ret->sha256))
        rc = hearth_error_set(error, HEARTH_EFIELDS, "%s.sha256 is no digest", key);
    return rc;
}

/* The same things in the same order give the same digest: jansson sorts the keys. */
static int identify(struct hearth_job_order *order, struct hearth_error *error)
{
    struct hearth_buf text;
    hearth_buf_init(&text, IDENTITY_MAX);
    json_t *all = json_pack("{s:s, s:s, s:s, s:s, s:o}", "base", order->base_name, "base_sha256",
                            order->base_sha256, "data", order->data.sha256, "evaluation",
                            order->evaluation_data.path ? order->evaluation_data.sha256 : "",
                            "parameters", hearth_training_parameters_json(&order->parameters));
    int rc = all ? hearth_json_dump(&text, all) : HEARTH_ENOMEM;
    if (rc)
        hearth_error_set(error, rc, "no memory for the job's order");
    else
        hearth_sha256_of(text.bytes, text.length, order->identity);
    json_decref(all);
    hearth_buf_finish(&text);
    return rc;
}

static int take_work(const json_t *json, struct hearth_job_order *order, struct hearth_error *error)
{
    static const char *const works[HEARTH_JOB_WORKS] = {"train", "preview", "measure", "merge",
                                                        "quantize"};
    const char *work = hearth_json_text(json, "work", "train");
    while (order->work < HEARTH_JOB_WORKS && strcmp(works[order->work], work) != 0)
        order->work++;
    if (order->work < HEARTH_JOB_WORKS)
        return 0;
    return hearth_error_set(error, HEARTH_EFIELDS,
                            "work must be train, preview, measure, merge or quantize");
}

static int take_merge(struct hearth_job_order *order, struct hearth_error *error)
{
    const char *type = hearth_json_text(order->json, "type", "keep");
    order->adapter = hearth_json_text(order->json, "adapter", "");
    if (*order->adapter != '/' || strchr(order->adapter, '\n'))
        return hearth_error_set(error, HEARTH_EFIELDS, "adapter must be an absolute path");
    if (!hearth_rewrite_type_of(type, &order->type))
        return hearth_error_set(error, HEARTH_EFIELDS, "type must be keep, f32, f16, bf16 or q8_0");
    return 0;
}

static int take_quantize(struct hearth_job_order *order, struct hearth_error *error)
{
    json_int_t threads = hearth_json_integer(order->json, "threads", 0);
    order->quantization = hearth_quantization_of(hearth_json_text(order->json, "type", ""));
    order->is_second = hearth_json_truth(order->json, "is_second", false);
    if (!order->quantization)
        return hearth_error_set(error, HEARTH_EFIELDS, "type is no quantization");
    order->text = hearth_json_text(order->json, "text", NULL);
    if (threads < 1 || threads > THREADS_MAX)
        return hearth_error_set(error, HEARTH_EFIELDS, "threads must be 1 to %d", THREADS_MAX);
    order->threads = (uint32_t)threads;
    return 0;
}

static int take_training(struct hearth_job_order *order, struct hearth_error *error)
{
    int rc = take_data(order->json, "data", &order->data, error);
    if (!rc && json_object_get(order->json, "evaluation_data"))
        rc = take_data(order->json, "evaluation_data", &order->evaluation_data, error);
    if (!rc)
        rc = hearth_training_parameters_read(json_object_get(order->json, "parameters"),
                                             &order->parameters, error);
    return rc ? rc : identify(order, error);
}

static int take_kind(struct hearth_job_order *order, struct hearth_error *error)
{
    if (order->work == HEARTH_JOB_QUANTIZE)
        return take_quantize(order, error);
    return order->work == HEARTH_JOB_MERGE ? take_merge(order, error) : take_training(order, error);
}

static int take(struct hearth_job_order *order, struct hearth_error *error)
{
    static const char *const of_training[] = {
        "job", "work", "base", "data", "evaluation_data", "output", "parameters", NULL};
    static const char *const of_merge[] = {"job",     "work", "base", "output",
                                           "adapter", "type", NULL};
    static const char *const of_quantize[] = {"job",     "work",      "base", "output", "type",
                                              "threads", "is_second", "text", NULL};
    static const char *const *const known[HEARTH_JOB_WORKS] = {of_training, of_training,
                                                               of_training, of_merge, of_quantize};
    static const char *const known_base[] = {"path", "name", "sha256", NULL};
    const json_t *base = json_object_get(order->json, "base");
    order->job = hearth_json_text(order->json, "job", "");
    order->base_name = hearth_json_text(base, "name", "");
    order->base_sha256 = hearth_json_text(base, "sha256", "");
    order->output = hearth_json_text(order->json, "output", NULL);
    int rc = take_work(order->json, order, error);
    if (!rc)
        rc = check_keys(order->json, "the order", known[order->work], error);
    if (!rc)
        rc = check_keys(base, "base", known_base, error);
    if (!rc)
        rc = take_path(base, "base", &order->base_path, error);
    bool reads = order->work == HEARTH_JOB_PREVIEW || order->work == HEARTH_JOB_MEASURE;
    if (!rc && !reads && (!order->output || order->output[0] != '/'))
        rc = hearth_error_set(error, HEARTH_EFIELDS, "output must be an absolute path");
    return rc ? rc : take_kind(order, error);
}

int hearth_job_order_read(const char *text, size_t length, struct hearth_job_order *ret_order,
                          struct hearth_error *error)
{
    *ret_order = (struct hearth_job_order){.json = hearth_json_parse(text, length, error)};
    if (!ret_order->json)
        return HEARTH_EPARSE;
    int rc = json_is_object(ret_order->json)
                 ? take(ret_order, error)
                 : hearth_error_set(error, HEARTH_EFIELDS, "the order must be an object");
    if (rc)
        hearth_job_order_finish(ret_order);
    return rc;
}

void hearth_job_order_finish(struct hearth_job_order *order)
{
    json_decref(order->json);
    *order = (struct hearth_job_order){0};
}
