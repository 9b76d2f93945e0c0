#include "task/vectors_private.h"

#include "base/error.h"
#include "base/memory.h"
#include "gateway/answers.h"
#include "serving/shared_input.h"
#include "task/labels.h"

#include <math.h>
#include <string.h>

enum {
    WAITING_MAX = 64,       /* inputs of one call in the model's queue */
    VALUES_MAX = 128 << 20, /* bytes of all vectors together */
};

/* What the first vector tells of the model that could not be known before it was loaded. */
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
                                "the model returns %u scores for a pair; a reranker returns one",
                                width);
    if (shown->dimensions > width)
        return hearth_error_set(error, HEARTH_EINVAL,
                                "Invalid value for 'dimensions' = %u. Must be from 1 to %u, the "
                                "width of this model's vectors.",
                                shown->dimensions, width);
    return 0;
}

static struct vectors *of(struct hearth_answering *answering)
{
    return (struct vectors *)answering;
}

/* How many numbers the model's own files want of a vector that is not asked for otherwise. */
static uint32_t own_dimensions(const struct vectors *v, uint32_t index)
{
    uint32_t own =
        hearth_inference_default_dimensions(hearth_answering_inference(&v->answering, index));
    own = own ? own : v->request.default_dimensions;
    return v->shown.labels || v->request.one_number || own >= v->shown.width ? 0 : own;
}

/* The first vector says how wide all of them are. */
static int make_room(struct vectors *v, uint32_t index, uint32_t width, struct hearth_error *error,
                     const char **ret_param)
{
    struct hearth_vectors *shown = &v->shown;
    int rc = check_width(v, width, error, ret_param);
    if (rc)
        return rc;
    shown->values = hearth_try_calloc(shown->count, width * sizeof(float));
    if (!shown->values)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for the vectors");
    shown->width = width;
    if (!shown->dimensions)
        shown->dimensions = own_dimensions(v, index);
    return 0;
}

static int check_values(struct vectors *v, uint32_t index, const struct hearth_event *event,
                        struct hearth_error *error, const char **ret_param)
{
    int rc = v->shown.values ? 0 : make_room(v, index, event->value_count, error, ret_param);
    if (rc || event->value_count == v->shown.width)
        return rc;
    *ret_param = NULL;
    return hearth_error_set(error, HEARTH_EINTERNAL,
                            "the model made vectors of %u and of %u numbers", v->shown.width,
                            event->value_count);
}

/* JSON has no NaN, and a vector of them would poison whatever index it is put into. */
static bool is_finite(const float *values, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return false;
    return true;
}

/* A tag stands for one maker's answer: vectors of a model that was loaded anew in between have
 * none.
 */
static void note_maker(struct vectors *v, uint32_t index)
{
    const struct hearth_vector_digest *maker =
        hearth_inference_maker(hearth_answering_inference(&v->answering, index));
    v->mixed = v->mixed || (v->has_maker && memcmp(&v->maker, maker, sizeof(*maker)) != 0);
    v->maker = *maker;
    v->has_maker = true;
}

static void on_event(struct hearth_answering *answering, uint32_t index,
                     const struct hearth_event *event)
{
    struct vectors *v = of(answering);
    struct hearth_error error;
    const char *param = NULL;
    if (event->kind != HEARTH_EVENT_VECTOR)
        return;
    if (check_values(v, index, event, &error, &param)) {
        hearth_vectors_fail(v, &error, param, 0);
        return;
    }
    if (!is_finite(event->values, event->value_count))
        return; /* on_done says so */
    note_maker(v, index);
    memcpy(v->shown.values + (size_t)index * v->shown.width, event->values,
           v->shown.width * sizeof(float));
    v->rows[index].done = true;
}

/* Inputs overlap in time, so that a call's times are those of its slowest, not their sum. */
static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static int on_done(struct hearth_answering *answering, uint32_t index,
                   const struct hearth_inference_done *done, struct hearth_error *error)
{
    struct vectors *v = of(answering);
    struct hearth_vectors *shown = &v->shown;
    if (!v->rows[index].done)
        return hearth_error_set(error, HEARTH_EMODEL, "the model made no vector of finite numbers");
    v->rows[index].truncated_tokens = done->truncated_tokens;
    shown->prompt_tokens += done->prompt_tokens;
    shown->truncated_tokens += done->truncated_tokens;
    shown->queued_us = larger(shown->queued_us, done->queued_us);
    shown->load_us = larger(shown->load_us, done->load_us);
    shown->compute_us = larger(shown->compute_us, done->prefill_us + done->decode_us);
    return 0;
}

/* Only who asked for a partial answer gets one: else a row without a vector would shift what
 * clients pair up by place. */
static bool on_missed(struct hearth_answering *answering, uint32_t index,
                      const struct hearth_error *error, uint32_t retry_after_ms)
{
    struct vectors *v = of(answering);
    struct hearth_vector_row *row = &v->rows[index];
    if (!v->request.partial)
        return false;
    row->done = false;
    row->error = hearth_alloc(sizeof(*error));
    *row->error = *error;
    hearth_answer_hide(answering->call, row->error);
    v->retry_after_ms = (uint32_t)larger(v->retry_after_ms, retry_after_ms);
    v->shown.missing++;
    return true;
}

/* Without `partial` the first error is the answer, with the input's place. */
static void on_failed(struct hearth_answering *answering, uint32_t index,
                      const struct hearth_error *error, uint32_t retry_after_ms)
{
    hearth_vectors_fail_for(of(answering), index, error, retry_after_ms);
}

static void on_complete(struct hearth_answering *answering)
{
    hearth_vectors_finish(of(answering));
}

/* Copied when its turn comes, not at the start: of a long list only a window is there twice. */
static struct hearth_shared_input *ask(struct hearth_answering *answering, uint32_t index,
                                       uint64_t *ret_seed_offset)
{
    (void)ret_seed_offset;
    return hearth_shared_input_create(&of(answering)->request.inputs[index]);
}

/* Everything that a writer on the pool may have read goes here, and nowhere else. */
static void release(struct hearth_answering *answering)
{
    struct vectors *v = of(answering);
    for (uint32_t i = 0; i < v->shown.count; i++)
        hearth_free(v->rows[i].error);
    hearth_buf_finish(&v->answer);
    hearth_labels_destroy(v->request.labels);
    hearth_free(v->shown.values);
    hearth_free(v->rows);
    hearth_free((char *)v->shown.model);
    hearth_free(v);
}

static struct vectors *create(const struct hearth_call *call,
                              const struct hearth_vectors_request *request)
{
    static const struct hearth_answering_ops ops = {.ask = ask,
                                                    .on_complete = on_complete,
                                                    .on_failed = on_failed,
                                                    .release = release,
                                                    .on_event = on_event,
                                                    .on_done = on_done,
                                                    .on_missed = on_missed};
    struct vectors *v = hearth_calloc(1, sizeof(*v));
    v->answering = (struct hearth_answering){.ops = &ops,
                                             .count = request->count,
                                             .waiting_max = WAITING_MAX,
                                             .keeps_body = request->keeps_body};
    v->request = *request;
    v->rows = hearth_calloc(request->count, sizeof(*v->rows));
    v->shown = (struct hearth_vectors){
        .model = hearth_strdup(request->model),
        .rows = v->rows,
        .count = request->count,
        .base64 = request->base64,
        .list = request->list,
        .dimensions = request->dimensions,
        .request = request->keeps_body ? call->json : NULL,
        .labels = request->labels,
    };
    hearth_buf_init(&v->answer, HEARTH_VECTORS_ANSWER_MAX);
    return v;
}

void hearth_vectors_start(struct hearth_call *call, const struct hearth_vectors_request *request)
{
    struct vectors *v = create(call, request);
    const struct hearth_inference_request inference =
        hearth_answering_request(call, request->submit_as ? request->submit_as : v->shown.model,
                                 request->class_, HEARTH_CREDIT_COLLECTED);
    hearth_answering_start(&v->answering, call, &inference);
}
