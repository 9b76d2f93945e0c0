#include "task/vectors_private.h"

#include "base/error.h"
#include "base/memory.h"
#include "gateway/gateway_state.h"
#include "gateway/metrics.h"
#include "serving/scheduler.h"
#include "task/generation.h"

#include <math.h>
#include <string.h>

enum {
    WAITING_MAX = 64,       /* inputs of one call in the model's queue */
    VALUES_MAX = 128 << 20, /* bytes of all vectors together */
};

static int check_width(const struct vectors *v, uint32_t width, struct hearth_error *error,
                       const char **ret_param)
{
    const struct hearth_vectors *shown = &v->shown;
    *ret_param = NULL;
    if (width == 0 || (size_t)shown->count * width * sizeof(float) > VALUES_MAX)
        return hearth_error_set(error, HEARTH_ETOOLARGE,
                                "%u vectors of %u numbers are too large for one answer",
                                shown->count, width);
    *ret_param = v->request.one_number ? "model" : "dimensions";
    if (v->request.one_number && width != 1)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "the model gives %u numbers for a pair of texts, a reranker one",
                                width);
    if (shown->dimensions > width)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "Invalid value for 'dimensions' = %u. Must be from 1 to %u, the "
                                "width of this model's vectors.",
                                shown->dimensions, width);
    return 0;
}

/* How many numbers the model's own files want of a vector that is not asked for otherwise. */
static uint32_t own_dimensions(const struct vector_item *item)
{
    const struct vectors *v = item->vectors;
    uint32_t own = hearth_inference_default_dimensions(item->inference);
    own = own ? own : v->request.default_dimensions;
    return v->shown.labels || v->request.one_number || own >= v->shown.width ? 0 : own;
}

static int take_values(struct vector_item *item, const struct hearth_event *event,
                       struct hearth_error *error, const char **ret_param)
{
    struct vectors *v = item->vectors;
    struct hearth_vectors *shown = &v->shown;
    *ret_param = NULL;
    if (!shown->values) {
        int rc = check_width(v, event->value_count, error, ret_param);
        if (rc)
            return rc;
        shown->values = hearth_try_calloc(shown->count, event->value_count * sizeof(float));
        if (!shown->values)
            return hearth_error_set(error, HEARTH_ENOMEM, "no memory for the vectors");
        shown->width = event->value_count;
        if (!shown->dimensions)
            shown->dimensions = own_dimensions(item);
    }
    return event->value_count == shown->width
               ? 0
               : hearth_error_set(error, HEARTH_EINTERNAL,
                                  "the model gave vectors of %u and of %u numbers", shown->width,
                                  event->value_count);
}

static bool is_finite(const float *values, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return false;
    return true;
}

static void on_event(void *argument, const struct hearth_event *event)
{
    struct vector_item *item = argument;
    struct vectors *v = item->vectors;
    if (event->kind != HEARTH_EVENT_VECTOR)
        return;
    struct hearth_error error;
    const char *param;
    if (take_values(item, event, &error, &param)) {
        hearth_vectors_fail(v, &error, param, 0);
        return;
    }
    if (!is_finite(event->values, event->value_count))
        return; /* on_done says so */
    const struct hearth_vector_digest *maker = hearth_inference_maker(item->inference);
    if (v->has_maker && memcmp(&v->maker, maker, sizeof(*maker)) != 0)
        v->mixed = true;
    v->maker = *maker;
    v->has_maker = true;
    memcpy(v->shown.values + (size_t)item->index * v->shown.width, event->values,
           v->shown.width * sizeof(float));
    item->row->done = true;
}

static bool submit_more(struct vectors *v);

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* One input has failed. False when the call has, and everything is gone. */
static bool miss(struct vector_item *item, const struct hearth_error *error,
                 uint32_t retry_after_ms)
{
    struct vectors *v = item->vectors;
    if (!v->request.partial) {
        hearth_vectors_fail_for(v, item->index, error, retry_after_ms);
        return false;
    }
    item->row->done = false;
    item->row->error = hearth_alloc(sizeof(*error));
    *item->row->error = *error;
    v->retry_after_ms = (uint32_t)larger(v->retry_after_ms, retry_after_ms);
    v->time_out = v->time_out || error->code == HEARTH_ETIMEOUT;
    v->shown.missing++;
    v->done++;
    return true;
}

/* The inference has ended. */
static void release(struct vector_item *item)
{
    item->inference = NULL;
    item->vectors->live--;
    item->vectors->taken -= item->taken;
}

/* A worker has taken it up: there is room in the queue again. */
static void on_prepared(void *argument, uint32_t token_count, uint32_t truncated_count)
{
    (void)token_count;
    (void)truncated_count;
    struct vector_item *item = argument;
    item->taken = true;
    item->vectors->taken++;
    submit_more(item->vectors);
}

static void on_done(void *argument, const struct hearth_inference_done *done)
{
    struct vector_item *item = argument;
    struct vectors *v = item->vectors;
    struct hearth_vectors *shown = &v->shown;
    release(item);
    if (!item->row->done) {
        struct hearth_error error;
        hearth_error_set(&error, HEARTH_EMODEL, "the model made no vector of finite numbers");
        if (miss(item, &error, 0))
            submit_more(v);
        return;
    }
    v->done++;
    item->row->truncated_tokens = done->truncated_tokens;
    shown->prompt_tokens += done->prompt_tokens;
    shown->truncated_tokens += done->truncated_tokens;
    shown->queued_us = larger(shown->queued_us, done->queued_us);
    shown->load_us = larger(shown->load_us, done->load_us);
    shown->compute_us = larger(shown->compute_us, done->prefill_us + done->decode_us);
    submit_more(v);
}

static void on_error(void *argument, const struct hearth_error *error, uint32_t retry_after_ms)
{
    struct vector_item *item = argument;
    struct vectors *v = item->vectors;
    release(item);
    if (miss(item, error, retry_after_ms))
        submit_more(v);
}

static int submit(struct vectors *v, struct vector_item *item, uint32_t *ret_retry_after_ms,
                  struct hearth_error *error)
{
    static const struct hearth_inference_events events = {
        .on_prepared = on_prepared, .on_event = on_event, .on_done = on_done, .on_error = on_error};
    const struct hearth_vectors_request *asked = &v->request;
    if (v->time_out)
        return hearth_error_set(error, HEARTH_ETIMEOUT,
                                "the request's time ended before this input's turn came");
    struct hearth_inference_request request = hearth_inference_request_of(
        v->shown.call, asked->submit_as ? asked->submit_as : v->shown.model, asked->class_);
    request.input = v->inputs[item->index];
    if (v->admitted)
        request.place = v->live > v->taken ? HEARTH_PLACE_SPARE : HEARTH_PLACE_KEPT;
    return hearth_inference_submit(v->shown.call->gateway->scheduler, &request, &events, item,
                                   &item->inference, ret_retry_after_ms, error);
}

/* False when the call has ended and everything is gone. Without room for one more beside those of
 * ours that wait, they bring us back here. */
static bool submit_more(struct vectors *v)
{
    while (v->next < v->shown.count && v->live - v->taken < WAITING_MAX) {
        struct vector_item *item = &v->items[v->next];
        struct hearth_error error;
        uint32_t retry_after_ms = 0;
        int rc = submit(v, item, &retry_after_ms, &error);
        if (rc == HEARTH_EQUEUEFULL && v->live)
            return true;
        v->next++;
        v->admitted = v->admitted || !rc;
        if (!rc)
            v->live++;
        else if (!miss(item, &error, retry_after_ms))
            return false;
    }
    if (v->done < v->shown.count)
        return true;
    hearth_vectors_finish(v);
    return false;
}

static void on_gone(struct hearth_call *call, int reason)
{
    (void)reason;
    struct vectors *v = call->work;
    if (!v->writing)
        hearth_vectors_destroy(v);
}

static struct vectors *create(struct hearth_call *call,
                              const struct hearth_vectors_request *request)
{
    struct vectors *v = hearth_calloc(1, sizeof(*v) + request->count * sizeof(struct vector_item));
    v->request = *request;
    v->inputs = request->inputs;
    v->rows = hearth_calloc(request->count, sizeof(*v->rows));
    v->shown = (struct hearth_vectors){
        .call = call,
        .model = hearth_strdup(request->model),
        .rows = v->rows,
        .count = request->count,
        .base64 = request->base64,
        .list = request->list,
        .dimensions = request->dimensions,
        .request = call->json,
        .labels = request->labels,
    };
    hearth_buf_init(&v->answer, HEARTH_VECTORS_ANSWER_MAX);
    for (uint32_t i = 0; i < request->count; i++)
        v->items[i] = (struct vector_item){.vectors = v, .row = &v->rows[i], .index = i};
    return v;
}

/* The version that the first submitted input was resolved to. */
static const char *resolved(const struct vectors *v)
{
    for (uint32_t i = 0; i < v->next; i++)
        if (v->items[i].inference)
            return hearth_inference_model(v->items[i].inference);
    return NULL;
}

void hearth_vectors_start(struct hearth_call *call, const struct hearth_vectors_request *request)
{
    static const struct hearth_call_events events = {.on_gone = on_gone};
    struct vectors *v = create(call, request);
    if (!submit_more(v))
        return;
    const char *model = resolved(v);
    call->model = hearth_metrics_model(call->gateway->metrics, model);
    hearth_exchange_set_header(call->exchange, "hearth-model", model);
    call->work = v;
    call->events = &events;
}
