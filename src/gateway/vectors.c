#include "gateway/vectors.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "gateway/generation.h"
#include "gateway/metrics.h"
#include "loop/pool.h"

#include <math.h>
#include <string.h>

enum {
    WINDOW = 64,               /* inputs of one call under way */
    WRITE_ON_LOOP_MAX = 16384, /* floats; more are written on the pool */
    VALUES_MAX = 128 << 20,    /* bytes of all vectors together */
    ANSWER_MAX = 512 << 20,
};

struct vector_item {
    struct vectors *vectors;
    struct hearth_inference *inference;
    uint32_t index;
};

/* A call's vectors; `shown` is what writers see. */
struct vectors {
    struct hearth_vectors shown;
    struct hearth_vectors_request request;
    struct hearth_input *inputs;
    uint32_t next, live, done;
    struct hearth_buf answer;
    bool writing; /* on the pool */
    struct vector_item items[];
};

static void destroy(struct vectors *v)
{
    for (uint32_t i = 0; i < v->shown.count; i++)
        if (v->items[i].inference)
            hearth_inference_cancel(v->items[i].inference);
    hearth_buf_finish(&v->answer);
    hearth_free(v->shown.values);
    hearth_free((char *)v->shown.model);
    hearth_free(v);
}

static void fail(struct vectors *v, const struct hearth_error *error, uint32_t retry_after_ms)
{
    struct hearth_error copy = *error;
    struct hearth_error_detail detail = {.retry_after_ms = retry_after_ms};
    if (copy.code == HEARTH_ENOMODEL)
        detail.param = "model";
    else if (copy.code == HEARTH_ECONTEXT)
        detail.param = "input";
    struct hearth_call *call = v->shown.call;
    destroy(v);
    hearth_answer_error(call, &copy, &detail);
}

void hearth_vector_write(const struct hearth_vectors *vectors, uint32_t index,
                         struct hearth_buf *buf)
{
    const float *values = vectors->values + (size_t)index * vectors->width;
    uint32_t width = vectors->dimensions ? vectors->dimensions : vectors->width;
    if (!vectors->base64) {
        hearth_json_write_floats(buf, values, width);
        return;
    }
    hearth_buf_char(buf, '"');
    hearth_base64_append(buf, values, width * sizeof(float));
    hearth_buf_char(buf, '"');
}

static void write_on_lane(void *argument)
{
    struct vectors *v = argument;
    v->request.write(&v->shown, &v->answer);
}

static void answer(struct vectors *v)
{
    struct hearth_call *call = v->shown.call;
    struct hearth_buf buf = v->answer;
    hearth_buf_init(&v->answer, ANSWER_MAX);
    destroy(v);
    hearth_answer_buf(call, 200, &buf);
}

static void written_on_lane(void *argument, bool dropped)
{
    struct vectors *v = argument;
    struct hearth_call *call = v->shown.call;
    v->writing = false;
    if (!call->exchange)
        destroy(v);
    else if (dropped)
        fail(v, &(struct hearth_error){.code = HEARTH_EDRAINING}, 0);
    else
        answer(v);
    hearth_call_drop(call);
}

/* The first `dimensions` numbers, of length 1 again: what Matryoshka models are trained for. */
static void cut(struct vectors *v)
{
    uint32_t kept = v->shown.dimensions;
    for (uint32_t i = 0; kept && i < v->shown.count; i++) {
        float *values = v->shown.values + (size_t)i * v->shown.width;
        double sum = 0;
        for (uint32_t k = 0; k < kept; k++)
            sum += (double)values[k] * (double)values[k];
        float scale = sum > 0 ? (float)(1 / sqrt(sum)) : 0;
        for (uint32_t k = 0; k < kept; k++)
            values[k] *= scale;
    }
}

static void finish(struct vectors *v)
{
    struct hearth_call *call = v->shown.call;
    cut(v);
    if ((size_t)v->shown.count * v->shown.width <= WRITE_ON_LOOP_MAX) {
        write_on_lane(v);
        answer(v);
        return;
    }
    hearth_call_hold(call);
    v->writing = true;
    int rc = hearth_lane_submit(call->gateway->lane, write_on_lane, written_on_lane, v);
    if (!rc)
        return;
    v->writing = false;
    hearth_call_drop(call);
    fail(v, &(struct hearth_error){.code = rc}, 0);
}

static int take_values(struct vectors *v, const struct hearth_event *event,
                       struct hearth_error *error)
{
    struct hearth_vectors *shown = &v->shown;
    if (!shown->values) {
        size_t bytes = (size_t)shown->count * event->value_count * sizeof(float);
        if (!event->value_count || bytes > VALUES_MAX)
            return hearth_error_set(error, HEARTH_ETOOLARGE,
                                    "%u vectors of %u numbers are too large for one answer",
                                    shown->count, event->value_count);
        if (shown->dimensions > event->value_count ||
            (shown->dimensions && shown->dimensions < event->value_count && !v->request.may_cut))
            return hearth_error_set(error, HEARTH_EINVAL,
                                    "dimensions is %u; this model's vectors have %u numbers%s",
                                    shown->dimensions, event->value_count,
                                    v->request.may_cut ? "" : " and may not be cut");
        shown->values = hearth_try_calloc(shown->count, event->value_count * sizeof(float));
        if (!shown->values)
            return hearth_error_set(error, HEARTH_ENOMEM, "no memory for the vectors");
        shown->width = event->value_count;
    }
    return event->value_count == shown->width
               ? 0
               : hearth_error_set(error, HEARTH_EINTERNAL,
                                  "the model gave vectors of %u and of %u numbers", shown->width,
                                  event->value_count);
}

static void on_event(void *argument, const struct hearth_event *event)
{
    struct vector_item *item = argument;
    struct vectors *v = item->vectors;
    if (event->kind != HEARTH_EVENT_VECTOR)
        return;
    struct hearth_error error;
    if (take_values(v, event, &error)) {
        fail(v, &error, 0);
        return;
    }
    memcpy(v->shown.values + (size_t)item->index * v->shown.width, event->values,
           v->shown.width * sizeof(float));
}

static bool submit_more(struct vectors *v);

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static void on_done(void *argument, const struct hearth_inference_done *done)
{
    struct vector_item *item = argument;
    struct vectors *v = item->vectors;
    struct hearth_vectors *shown = &v->shown;
    item->inference = NULL;
    v->live--;
    v->done++;
    shown->prompt_tokens += done->prompt_tokens;
    shown->truncated_tokens += done->truncated_tokens;
    shown->queued_us = larger(shown->queued_us, done->queued_us);
    shown->load_us = larger(shown->load_us, done->load_us);
    shown->compute_us = larger(shown->compute_us, done->prefill_us + done->decode_us);
    if (!shown->values) {
        struct hearth_error error;
        hearth_error_set(&error, HEARTH_EINVAL, "the model makes no vectors");
        fail(v, &error, 0);
    } else if (v->done == shown->count) {
        finish(v);
    } else {
        submit_more(v);
    }
}

static void on_error(void *argument, const struct hearth_error *error, uint32_t retry_after_ms)
{
    struct vector_item *item = argument;
    item->inference = NULL;
    fail(item->vectors, error, retry_after_ms);
}

/* False when the call has failed and everything is gone. A full queue is only an error when none
 * of ours is in it: those that are will bring us back here. */
static bool submit_more(struct vectors *v)
{
    static const struct hearth_inference_events events = {
        .on_event = on_event, .on_done = on_done, .on_error = on_error};
    while (v->next < v->shown.count && v->live < WINDOW) {
        struct vector_item *item = &v->items[v->next];
        struct hearth_inference_request request =
            hearth_inference_request_of(v->shown.call, v->shown.model, v->request.class_);
        request.input = v->inputs[v->next];
        struct hearth_error error;
        uint32_t retry_after_ms = 0;
        int rc = hearth_inference_submit(v->shown.call->gateway->scheduler, &request, &events, item,
                                         &item->inference, &retry_after_ms, &error);
        if (rc == HEARTH_EQUEUEFULL && v->live)
            return true;
        if (rc) {
            fail(v, &error, retry_after_ms);
            return false;
        }
        v->next++;
        v->live++;
    }
    return true;
}

static void on_gone(struct hearth_call *call, int reason)
{
    (void)reason;
    struct vectors *v = call->work;
    if (!v->writing)
        destroy(v);
}

void hearth_vectors_start(struct hearth_call *call, const struct hearth_vectors_request *request)
{
    static const struct hearth_call_events events = {.on_gone = on_gone};
    struct vectors *v = hearth_calloc(1, sizeof(*v) + request->count * sizeof(struct vector_item));
    v->request = *request;
    v->inputs = (struct hearth_input *)request->inputs;
    v->shown = (struct hearth_vectors){
        .call = call,
        .model = hearth_strdup(request->model),
        .count = request->count,
        .base64 = request->base64,
        .list = request->list,
        .dimensions = request->dimensions,
    };
    hearth_buf_init(&v->answer, ANSWER_MAX);
    for (uint32_t i = 0; i < request->count; i++)
        v->items[i] = (struct vector_item){.vectors = v, .index = i};
    if (!submit_more(v))
        return;
    const char *model = hearth_inference_model(v->items[0].inference);
    call->model = hearth_metrics_model(call->gateway->metrics, model);
    hearth_exchange_set_header(call->exchange, "hearth-model", model);
    call->work = v;
    call->events = &events;
}
