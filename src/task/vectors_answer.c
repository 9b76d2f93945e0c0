/* The answer of a call's vectors: cut, written, packed, or the error in its place. */
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "domain/blame.h"
#include "gateway/answers.h"
#include "gateway/etag.h"
#include "gateway/gateway_state.h"
#include "gateway/metrics.h"
#include "serving/scheduler.h"
#include "task/vectors_private.h"
#include "wire/gzip.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    WRITE_ON_LOOP_MAX = 16384, /* floats; more are written on the pool */
    COMPRESS_MIN = 256 << 10,  /* what is smaller the connection compresses */
    PARAM_MAX = 64,
};

void hearth_vectors_fail(struct vectors *v, const struct hearth_error *error, const char *param,
                         uint32_t retry_after_ms)
{
    struct hearth_error copy = *error;
    struct hearth_error_detail detail = {.param = param, .retry_after_ms = retry_after_ms};
    if (copy.code == HEARTH_ENOMODEL)
        detail.param = "model";
    if (param && copy.code == HEARTH_EINVAL)
        detail.openai_code = "invalid_value";
    hearth_answer_error(hearth_answering_end(&v->answering), &copy, &detail);
}

/* The first id of an input that the model does not have, or the number of its ids when it has them
 * all, or when the model is not there to ask. */
static size_t foreign_token(const struct vectors *v, const struct hearth_input *input)
{
    const char *id = v->request.submit_as ? v->request.submit_as : v->shown.model;
    struct hearth_model_facts facts;
    bool known = hearth_scheduler_copy_facts(v->answering.gateway->scheduler, id, &facts);
    for (size_t i = 0; known && i < input->token_count; i++)
        if (input->tokens[i] < 0 || (uint32_t)input->tokens[i] >= facts.vocabulary_length)
            return i;
    return input->token_count;
}

/* "input", "input[3]" or "input[3][7]": as exact as can be told. */
static void name_param(const struct vectors *v, uint32_t index, int code, char param[PARAM_MAX])
{
    const struct hearth_input *input = &v->request.inputs[index];
    size_t token = code == HEARTH_EINVAL && input->kind == HEARTH_INPUT_TOKENS
                       ? foreign_token(v, input)
                       : input->token_count;
    char place[PARAM_MAX / 2] = "";
    if (token < input->token_count)
        snprintf(place, sizeof(place), "[%zu]", token);
    if (v->shown.list)
        snprintf(param, PARAM_MAX, "%s[%u]%s", v->request.param, index, place);
    else
        snprintf(param, PARAM_MAX, "%s%s", v->request.param, place);
}

/* The place goes into the message too, because many clients show nothing else. */
void hearth_vectors_fail_for(struct vectors *v, uint32_t index, const struct hearth_error *error,
                             uint32_t retry_after_ms)
{
    struct hearth_error named = *error;
    char param[PARAM_MAX];
    /* When it is the input's own fault, its place in the list helps. */
    if (index == HEARTH_NO_PART || !hearth_blames_input(error->code)) {
        hearth_vectors_fail(v, error, NULL, retry_after_ms);
        return;
    }
    name_param(v, index, error->code, param);
    if (strcmp(param, v->request.param) != 0)
        hearth_error_set(&named, error->code, "%s: %.900s", param, error->message);
    hearth_vectors_fail(v, &named, param, retry_after_ms);
}

/* base64 is of the floats as they lie in memory, which is little-endian on all that we run on. */
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

/* Here and not in the connection, which compresses on the loop: megabytes of digits take long. */
static void pack(struct vectors *v)
{
    struct hearth_gzip *gzip = hearth_gzip_create();
    struct hearth_buf packed;
    hearth_buf_init(&packed, HEARTH_VECTORS_ANSWER_MAX);
    if (gzip && !hearth_gzip_append(gzip, &packed, v->answer.bytes, v->answer.length)) {
        hearth_buf_finish(&v->answer);
        v->answer = packed;
        v->packed = true;
    } else {
        hearth_buf_finish(&packed);
    }
    hearth_gzip_destroy(gzip);
}

/* Runs on the pool, or on the loop when there is little to write: reads nothing but the work. */
static void write_answer(struct hearth_answering *answering)
{
    struct vectors *v = (struct vectors *)answering;
    v->request.write(&v->shown, &v->answer);
}

static void write_much(struct hearth_answering *answering)
{
    struct vectors *v = (struct vectors *)answering;
    uint64_t began_ns = hearth_clock_monotonic_ns();
    write_answer(answering);
    if (v->gzip && !v->answer.failed && v->answer.length > COMPRESS_MIN)
        pack(v);
    v->write_us = (hearth_clock_monotonic_ns() - began_ns) / 1000;
}

/* The tag says that this answer would be made again, so it is left out where that is not sure: when
 * vectors are missing, or were made by two makers. */
static void set_tag(const struct vectors *v, struct hearth_exchange *exchange)
{
    char tag[HEARTH_ETAG_MAX];
    if (v->answer.failed || !v->request.digest || !v->has_maker || v->mixed || v->shown.missing)
        return;
    hearth_etag_make(v->request.digest, &v->maker, tag);
    hearth_exchange_set_header(exchange, "etag", tag);
    hearth_exchange_set_header(exchange, "cache-control", "private, no-cache");
}

static void answer(struct hearth_answering *answering)
{
    struct vectors *v = (struct vectors *)answering;
    struct hearth_call *call = hearth_answering_end(answering);
    hearth_metrics_serialized(call->gateway->metrics, call->model, v->write_us);
    set_tag(v, call->exchange);
    if (v->packed)
        hearth_exchange_set_coding(call->exchange, "gzip");
    hearth_answer_buf(call, 200, &v->answer);
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
            hearth_blames_input(v->rows[i].error->code))
            return false;
    return true;
}

/* What the first input says is the answer. */
static void fail_whole(struct vectors *v)
{
    const struct hearth_error error = *v->rows[0].error;
    hearth_vectors_fail_for(v, 0, &error, v->retry_after_ms);
}

void hearth_vectors_finish(struct vectors *v)
{
    struct hearth_exchange *exchange = v->answering.call->exchange;
    if (fails_whole(v)) {
        fail_whole(v);
        return;
    }
    cut(v);
    if (v->shown.base64)
        hearth_exchange_keep_plain(exchange);
    v->gzip = hearth_exchange_takes_gzip(exchange);
    if ((size_t)v->shown.count * v->shown.width > WRITE_ON_LOOP_MAX) {
        hearth_answering_elsewhere(&v->answering, write_much, answer);
        return;
    }
    write_answer(&v->answering);
    answer(&v->answering);
}
