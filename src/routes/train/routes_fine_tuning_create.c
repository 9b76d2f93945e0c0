/* POST /v1/fine_tuning/jobs: the files become data sets, one after the other, then the job is asked
 * for as any other is. The answer comes when all was checked, so that what OpenAI's API tells by a
 * failed job is told here by its status. */
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "catalog/catalog.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "gateway/ignored_keys.h"
#include "jobs/jobs.h"
#include "routes/train/fine_tuning_file.h"
#include "routes/train/fine_tuning_json.h"
#include "routes/train/fine_tuning_order.h"
#include "routes/train/train_routes.gen.h"

#include <stdio.h>
#include <string.h>

struct creating {
    struct hearth_call *call;              /* held */
    struct hearth_fine_tuning_order order; /* its texts are the call's */
    char base[256];                        /* "name:3" */
};

static void on_gone(struct hearth_call *call, int reason)
{
    (void)call, (void)reason; /* the job is made all the same */
}

static void end(struct creating *creating)
{
    hearth_fine_tuning_order_finish(&creating->order);
    hearth_call_drop(creating->call);
    hearth_free(creating);
}

/* This API has no 422. What is not the client's fault names no parameter. */
static void refuse(struct creating *creating, const struct hearth_error *error, const char *param,
                   const char *code)
{
    struct hearth_error told = *error;
    struct hearth_error_detail detail = {0};
    if (told.code == HEARTH_EFIELDS)
        told.code = HEARTH_EINVAL;
    if (told.code == HEARTH_EINVAL || told.code == HEARTH_ENOMODEL)
        detail = (struct hearth_error_detail){.param = param, .openai_code = code};
    if (creating->call->exchange)
        hearth_answer_error(creating->call, &told, &detail);
    end(creating);
}

static void on_job(void *argument, json_t *job, const struct hearth_error *error)
{
    struct creating *creating = argument;
    struct hearth_call *call = creating->call;
    if (error) {
        refuse(creating, error, error->code == HEARTH_ENOMODEL ? "model" : NULL, NULL);
        return;
    }
    if (call->exchange)
        hearth_answer_json(call, 200,
                           hearth_fine_tuning_job_json(job, NULL, hearth_clock_wall_ms()));
    json_decref(job);
    end(creating);
}

static void submit(struct creating *creating)
{
    const struct hearth_fine_tuning_order *order = &creating->order;
    const struct hearth_job_request request = {
        .principal = creating->call->principal,
        .model = order->model,
        .base = creating->base,
        .dataset = order->training_file,
        .evaluation_dataset = order->validation_file,
        .parameters = order->parameters,
        .client = order->client,
    };
    hearth_jobs_submit(creating->call->gateway->jobs, &request, on_job, creating);
}

static void on_validation(void *argument, const struct hearth_error *error)
{
    if (error)
        refuse(argument, error, "validation_file", "invalid_validation_file");
    else
        submit(argument);
}

static void on_training(void *argument, const struct hearth_error *error)
{
    struct creating *creating = argument;
    const struct hearth_call *call = creating->call;
    if (error)
        refuse(creating, error, "training_file", "invalid_training_file");
    else if (creating->order.validation_file)
        hearth_fine_tuning_file_take(call->gateway, call->principal,
                                     creating->order.validation_file, on_validation, creating);
    else
        submit(creating);
}

/* Weights & Biases is not told of anything. */
static void tell_ignored(struct hearth_call *call)
{
    static const char key[] = "integrations";
    struct hearth_schema_ignored ignored = {.count = 0};
    if (json_array_size(json_object_get(call->json, key)) == 0)
        return;
    hearth_schema_ignored_add(&ignored, key, strlen(key));
    hearth_ignored_keys_tell(call, &ignored);
}

/* That it is an adapter itself is told here, where the parameter has a name. */
static int read_order(struct hearth_call *call, struct creating *creating, const char **ret_param,
                      struct hearth_error *error)
{
    const struct hearth_catalog_entry *base;
    *ret_param = "model";
    int rc = hearth_catalog_acquire(call->gateway->catalog,
                                    hearth_json_text(call->json, "model", ""), &base, error);
    if (rc)
        return rc;
    snprintf(creating->base, sizeof(creating->base), "%s", base->id);
    if (base->base_version_id)
        rc = hearth_error_set(error, HEARTH_EINVAL,
                              "%s is fine-tuned already, and cannot be trained on further; train "
                              "on its base with all of the data",
                              base->id);
    else
        rc = hearth_fine_tuning_order_read(call->json, base->name, &creating->order, ret_param,
                                           error);
    hearth_catalog_entry_release(base);
    return rc;
}

void hearth_route_fine_tuning_create(struct hearth_call *call)
{
    static const struct hearth_call_events events = {.on_gone = on_gone};
    struct creating *creating = hearth_calloc(1, sizeof(*creating));
    struct hearth_error error;
    const char *param;
    if (read_order(call, creating, &param, &error)) {
        hearth_free(creating);
        hearth_answer_error(call, &error, &(struct hearth_error_detail){.param = param});
        return;
    }
    tell_ignored(call);
    hearth_call_hold(call);
    call->events = &events;
    creating->call = call;
    hearth_fine_tuning_file_take(call->gateway, call->principal, creating->order.training_file,
                                 on_training, creating);
}
