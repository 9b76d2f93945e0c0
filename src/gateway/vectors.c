#include "gateway/vectors.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "gateway/generation.h"
#include "gateway/metrics.h"
#include "loop/pool.h"
#include "wire/gzip.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    WAITING_MAX = 64,          /* inputs of one call in the model's queue */
    WRITE_ON_LOOP_MAX = 16384, /* floats; more are written on the pool */
    VALUES_MAX = 128 << 20,    /* bytes of all vectors together */
    ANSWER_MAX = 512 << 20,
    COMPRESS_MIN = 256 << 10, /* what is smaller the connection compresses */
    PARAM_MAX = 32,
};

struct vector_item {
    struct vectors *vectors;
    struct hearth_inference *inference;
    struct hearth_vector_row *row;
    uint32_t index;
    bool taken; /* a worker has it */
};

/* A call's vectors; `shown` is what writers see. */
struct vectors {
    struct hearth_vectors shown;
    struct hearth_vectors_request request;
    const struct hearth_input *inputs;
    struct hearth_vector_row *rows;
    uint32_t next;
    uint32_t live, taken, done; /* submitted; of these with a worker; with a vector or an error */
    struct hearth_buf answer;
    uint32_t retry_after_ms; /* the longest that a missing one was told; 0: none was */
    uint64_t write_us;       /* that writing it took */
    bool gzip;               /* the client takes it, and there may be much */
    bool packed;             /* the answer is a gzip */
    bool writing;            /* on the pool */
    bool time_out;           /* the time has ended: what was not begun need not begin */
    bool admitted;           /* an input was let into the queue: the call is not refused for room */
    struct vector_item items[];
};

static void destroy(struct vectors *v)
{
    for (uint32_t i = 0; i < v->shown.count; i++) {
        if (v->items[i].inference)
            hearth_inference_cancel(v->items[i].inference);
        hearth_free(v->rows[i].error);
    }
    hearth_buf_finish(&v->answer);
    hearth_free(v->shown.values);
    hearth_free(v->rows);
    hearth_free((char *)v->shown.model);
    hearth_free(v);
}

/* Ends the call with an error. */
static void fail(struct vectors *v, const struct hearth_error *error, const char *param,
                 uint32_t retry_after_ms)
{
    struct hearth_error copy = *error;
    struct hearth_error_detail detail = {.param = param, .retry_after_ms = retry_after_ms};
    if (copy.code == HEARTH_ENOMODEL)
        detail.param = "model";
    if (param && copy.code == HEARTH_EINVAL)
        detail.openai_code = "invalid_value";
    struct hearth_call *call = v->shown.call;
    destroy(v);
    hearth_answer_error(call, &copy, &detail);
}

/* Is it the input's own fault, so that its place in the list helps? */
static bool blames_input(int code)
{
    return code == HEARTH_ECONTEXT || code == HEARTH_EINVAL || code == HEARTH_EPARSE ||
           code == HEARTH_ETOOLARGE;
}

static void fail_for(struct vectors *v, uint32_t index, const struct hearth_error *error,
                     uint32_t retry_after_ms)
{
    struct hearth_error named = *error;
    char param[PARAM_MAX];
    if (!blames_input(error->code)) {
        fail(v, error, NULL, retry_after_ms);
        return;
    }
    if (v->shown.list) {
        snprintf(param, sizeof(param), "%s[%u]", v->request.param, index);
        hearth_error_set(&named, error->code, "%s: %.900s", param, error->message);
    } else {
        snprintf(param, sizeof(param), "%s", v->request.param);
    }
    fail(v, &named, param, retry_after_ms);
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

static void write_answer(struct vectors *v)
{
    v->request.write(&v->shown, &v->answer);
}

static void pack(struct vectors *v)
{
    struct hearth_gzip *gzip = hearth_gzip_create();
    struct hearth_buf packed;
    hearth_buf_init(&packed, ANSWER_MAX);
    if (gzip && !hearth_gzip_append(gzip, &packed, v->answer.bytes, v->answer.length)) {
        hearth_buf_finish(&v->answer);
        v->answer = packed;
        v->packed = true;
    } else {
        hearth_buf_finish(&packed);
    }
    hearth_gzip_destroy(gzip);
}

static void write_on_lane(void *argument)
{
    struct vectors *v = argument;
    uint64_t began_ns = hearth_clock_monotonic_ns();
    write_answer(v);
    if (v->gzip && !v->answer.failed && v->answer.length > COMPRESS_MIN)
        pack(v);
    v->write_us = (hearth_clock_monotonic_ns() - began_ns) / 1000;
}

static void answer(struct vectors *v)
{
    struct hearth_call *call = v->shown.call;
    struct hearth_buf buf = v->answer;
    hearth_metrics_serialized(call->gateway->metrics, call->model, v->write_us);
    if (!buf.failed && v->request.etag && !v->shown.missing) {
        hearth_exchange_set_header(call->exchange, "etag", v->request.etag);
        hearth_exchange_set_header(call->exchange, "cache-control", "private, no-cache");
    }
    if (v->packed)
        hearth_exchange_set_coding(call->exchange, "gzip");
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
        fail(v, &(struct hearth_error){.code = HEARTH_EDRAINING}, NULL, 0);
    else
        answer(v);
    hearth_call_drop(call);
}

/* The first `dimensions` numbers, of length 1 again: what Matryoshka models are trained for, and
 * what OpenAI does. */
static void cut(struct vectors *v)
{
    uint32_t kept = v->shown.dimensions;
    if (kept == v->shown.width || !v->shown.values)
        return;
    for (uint32_t i = 0; kept && i < v->shown.count; i++) {
        float *values = v->shown.values + (size_t)i * v->shown.width;
        double sum = 0;
        for (uint32_t k = 0; k < kept; k++)
            sum += (double)values[k] * (double)values[k];
        double scale = sum > 0 ? 1 / sqrt(sum) : 0;
        for (uint32_t k = 0; k < kept; k++)
            values[k] = (float)(values[k] * scale);
    }
}

/* A partial answer may lack every vector when time ended or the inputs are to blame: who asked for
 * it reads that at each of them. Of a model that cannot be served there is nothing to say of any.
 */
static bool fails_whole(const struct vectors *v)
{
    for (uint32_t i = 0; i < v->shown.count; i++)
        if (!v->rows[i].error || v->rows[i].error->code == HEARTH_ETIMEOUT ||
            blames_input(v->rows[i].error->code))
            return false;
    return true;
}

/* What the first input says is the answer. */
static void fail_whole(struct vectors *v)
{
    const struct hearth_error error = *v->rows[0].error;
    fail_for(v, 0, &error, v->retry_after_ms);
}

static void finish(struct vectors *v)
{
    struct hearth_call *call = v->shown.call;
    if (fails_whole(v)) {
        fail_whole(v);
        return;
    }
    cut(v);
    if (v->shown.base64)
        hearth_exchange_keep_plain(call->exchange);
    v->gzip = hearth_exchange_takes_gzip(call->exchange);
    if ((size_t)v->shown.count * v->shown.width <= WRITE_ON_LOOP_MAX) {
        write_answer(v);
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
    fail(v, &(struct hearth_error){.code = rc}, NULL, 0);
}

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

static int take_values(struct vectors *v, const struct hearth_event *event,
                       struct hearth_error *error, const char **ret_param)
{
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
    if (take_values(v, event, &error, &param)) {
        fail(v, &error, param, 0);
        return;
    }
    if (!is_finite(event->values, event->value_count))
        return; /* on_done says so */
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
        fail_for(v, item->index, error, retry_after_ms);
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
    finish(v);
    return false;
}

static void on_gone(struct hearth_call *call, int reason)
{
    (void)reason;
    struct vectors *v = call->work;
    if (!v->writing)
        destroy(v);
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
    hearth_buf_init(&v->answer, ANSWER_MAX);
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
