#include "task/generation.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "gateway/metrics.h"
#include "gateway/sse.h"
#include "loop/loop.h"

#include <string.h>

enum {
    CREDIT_STREAM = 64,  /* events under way to a client that streams */
    CREDIT_BATCH = 16,   /* given back together */
    CREDIT_UNARY = 4096, /* nothing holds a collected answer back */
    TEXT_MAX = 16 << 20,
    KEEP_ALIVE_MS = 10000,
    TICK_MS = 2000,
};

/* Streams are linked for the keep-alive timer, which runs only while there are some. */
static void link_stream(struct hearth_generation *g)
{
    struct hearth_gateway *gateway = g->call->gateway;
    g->next = gateway->generations;
    if (g->next)
        g->next->previous = g;
    else
        hearth_timer_start(gateway->keep_alive, TICK_MS, TICK_MS);
    gateway->generations = g;
}

static void unlink_stream(struct hearth_generation *g)
{
    struct hearth_gateway *gateway = g->call->gateway;
    if (g->previous)
        g->previous->next = g->next;
    else
        gateway->generations = g->next;
    if (g->next)
        g->next->previous = g->previous;
    if (!gateway->generations)
        hearth_timer_stop(gateway->keep_alive);
}

/* Cancels what still runs and frees; the call is ended by the caller. */
static void destroy(struct hearth_generation *g)
{
    if (g->stream)
        unlink_stream(g);
    for (uint32_t i = 0; i < g->choice_count; i++) {
        struct hearth_choice *choice = &g->choices[i];
        if (choice->inference)
            hearth_inference_cancel(choice->inference);
        hearth_buf_finish(&choice->text);
        for (int part = 0; part < 4; part++)
            hearth_buf_finish(&choice->parts[part]);
    }
    hearth_free(g);
}

static void begin(struct hearth_generation *g)
{
    if (g->begun)
        return;
    g->begun = true;
    hearth_sse_begin(g->call->exchange);
}

static void send(struct hearth_generation *g, struct hearth_buf *buf)
{
    begin(g);
    g->written_ms = hearth_loop_now_ms(g->call->gateway->loop);
    if (buf->length && !hearth_exchange_write(g->call->exchange, buf->bytes, buf->length))
        g->paused = true;
    hearth_buf_finish(buf);
}

static void open_choice(struct hearth_choice *choice, struct hearth_buf *buf)
{
    const struct hearth_generation_shape *shape = choice->generation->shape;
    if (choice->opened)
        return;
    choice->opened = true;
    if (!shape->write_open)
        return;
    size_t start = hearth_sse_open(buf);
    shape->write_open(choice, buf);
    hearth_sse_close(buf, start);
}

/* An error in a stream that has begun is an event, the last one. */
static void write_error(struct hearth_call *call, const struct hearth_error *error,
                        const struct hearth_error_detail *detail)
{
    struct hearth_buf buf;
    hearth_buf_init(&buf, 64 << 10);
    size_t start = hearth_sse_open(&buf);
    hearth_error_write(&buf, hearth_call_is_openai(call), hearth_exchange_id(call->exchange), error,
                       detail);
    hearth_sse_close(&buf, start);
    hearth_exchange_write(call->exchange, buf.bytes, buf.length);
    hearth_buf_finish(&buf);
}

static void fail(struct hearth_generation *g, const struct hearth_error *error,
                 uint32_t retry_after_ms)
{
    struct hearth_call *call = g->call;
    struct hearth_exchange *exchange = call->exchange;
    struct hearth_error_detail detail = {.retry_after_ms = retry_after_ms};
    if (error->code == HEARTH_ENOMODEL)
        detail.param = "model";
    else if (error->code == HEARTH_ECONTEXT)
        detail.param = g->input_param;
    else if (error->code == HEARTH_EINVAL && strncmp(error->message, "logit_bias:", 11) == 0)
        detail =
            (struct hearth_error_detail){.param = "logit_bias", .openai_code = "invalid_value"};
    bool begun = g->begun;
    destroy(g);
    if (!begun) {
        hearth_answer_error(call, error, &detail);
        return;
    }
    write_error(call, error, &detail);
    hearth_call_end(call, hearth_error_row(error->code)->http_status);
    hearth_exchange_finish(exchange, NULL, 0);
}

static void finish_stream(struct hearth_generation *g, struct hearth_buf *buf)
{
    if (g->include_usage) {
        size_t start = hearth_sse_open(buf);
        g->shape->write_usage(g, buf);
        hearth_sse_close(buf, start);
    }
    hearth_buf_text(buf, "data: [DONE]\n\n");
    struct hearth_call *call = g->call;
    struct hearth_exchange *exchange = call->exchange;
    send(g, buf);
    destroy(g);
    hearth_call_end(call, 200);
    hearth_exchange_finish(exchange, NULL, 0);
}

static void finish_answer(struct hearth_generation *g)
{
    struct hearth_buf buf;
    hearth_buf_init(&buf, 64 << 20);
    g->shape->write_answer(g, &buf);
    for (uint32_t i = 0; i < g->choice_count; i++)
        if (g->choices[i].text.failed)
            buf.failed = g->choices[i].text.failed;
    struct hearth_call *call = g->call;
    destroy(g);
    hearth_answer_buf(call, 200, &buf);
}

static void on_loading(void *argument, float fraction)
{
    struct hearth_choice *choice = argument;
    struct hearth_generation *g = choice->generation;
    int percent = (int)(fraction * 100);
    if (!g->stream || percent <= g->shown_load)
        return;
    g->shown_load = percent;
    struct hearth_buf buf;
    hearth_buf_init(&buf, 256);
    hearth_buf_printf(&buf, ": loading %d%%\n\n", percent);
    send(g, &buf);
}

static void on_prepared(void *argument, uint32_t token_count, uint32_t truncated_count)
{
    (void)token_count, (void)truncated_count;
    struct hearth_choice *choice = argument;
    if (!choice->generation->stream)
        return;
    struct hearth_buf buf;
    hearth_buf_init(&buf, 64 << 10);
    open_choice(choice, &buf);
    send(choice->generation, &buf);
}

/* Gives the credit of read events back in batches; a client that does not read gives none. */
static void pay(struct hearth_choice *choice)
{
    choice->owed++;
    if (choice->owed < CREDIT_BATCH || choice->generation->paused)
        return;
    hearth_inference_credit(choice->inference, choice->owed);
    choice->owed = 0;
}

static uint32_t characters_of(const char *text, size_t length)
{
    uint32_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

static void on_event(void *argument, const struct hearth_event *event)
{
    struct hearth_choice *choice = argument;
    struct hearth_generation *g = choice->generation;
    if (event->kind != HEARTH_EVENT_TEXT)
        return;
    if (!g->stream) {
        if (g->shape->keep)
            g->shape->keep(choice, event);
        hearth_buf_append(&choice->text, event->bytes.bytes, event->bytes.length);
    } else if (event->bytes.length || (g->logprobs && event->has_tokens)) {
        struct hearth_buf buf;
        hearth_buf_init(&buf, 4 << 20);
        open_choice(choice, &buf);
        size_t start = hearth_sse_open(&buf);
        g->shape->write_delta(choice, event, &buf);
        hearth_sse_close(&buf, start);
        send(g, &buf);
    }
    choice->characters += characters_of(event->bytes.bytes, event->bytes.length);
    pay(choice);
}

static void on_done(void *argument, const struct hearth_inference_done *done)
{
    struct hearth_choice *choice = argument;
    struct hearth_generation *g = choice->generation;
    choice->inference = NULL;
    choice->done = *done;
    g->live--;
    if (!g->stream) {
        if (!g->live)
            finish_answer(g);
        return;
    }
    struct hearth_buf buf;
    hearth_buf_init(&buf, 4 << 20);
    open_choice(choice, &buf);
    size_t start = hearth_sse_open(&buf);
    g->shape->write_finish(choice, &buf);
    hearth_sse_close(&buf, start);
    if (g->live)
        send(g, &buf);
    else
        finish_stream(g, &buf);
}

static void on_error(void *argument, const struct hearth_error *error, uint32_t retry_after_ms)
{
    struct hearth_choice *choice = argument;
    choice->inference = NULL;
    struct hearth_error copy = *error;
    fail(choice->generation, &copy, retry_after_ms);
}

static void on_gone(struct hearth_call *call, int reason)
{
    struct hearth_generation *g = call->work;
    if (reason == HEARTH_EDRAINING && g->begun) {
        struct hearth_error error;
        hearth_error_set(&error, reason, "the server shuts down");
        write_error(call, &error, NULL);
    }
    destroy(g);
}

static void on_writable(struct hearth_call *call)
{
    struct hearth_generation *g = call->work;
    g->paused = false;
    for (uint32_t i = 0; i < g->choice_count; i++) {
        struct hearth_choice *choice = &g->choices[i];
        if (!choice->inference || !choice->owed)
            continue;
        hearth_inference_credit(choice->inference, choice->owed);
        choice->owed = 0;
    }
}

/* W3C Trace Context, section 3.2.2: version 00's form. Anything else is not carried on. */
static const char *traceparent_of(struct hearth_exchange *exchange)
{
    static const char form[] = "00-00000000000000000000000000000000-0000000000000000-00";
    const char *given = hearth_exchange_header(exchange, "traceparent");
    if (!given || strlen(given) != sizeof(form) - 1)
        return NULL;
    for (size_t i = 0; form[i]; i++)
        if (form[i] == '-' ? given[i] != '-' : !strchr("0123456789abcdef", given[i]))
            return NULL;
    return given;
}

struct hearth_inference_request
hearth_inference_request_of(struct hearth_call *call, const char *model, enum hearth_class class_)
{
    const char *peer = hearth_exchange_head(call->exchange)->peer;
    const char *client =
        hearth_arena_format(hearth_call_arena(call), "%s@%s", call->principal, peer ? peer : "");
    return (struct hearth_inference_request){
        .model = model,
        .class_ = class_,
        .client = client ? client : call->principal,
        .deadline_ms = call->deadline_ms,
        .request_id = hearth_exchange_id(call->exchange),
        .traceparent = traceparent_of(call->exchange),
        .credit = CREDIT_UNARY,
    };
}

static int submit(struct hearth_choice *choice, const struct hearth_generation_request *request,
                  uint32_t *ret_retry_after_ms, struct hearth_error *error)
{
    static const struct hearth_inference_events events = {
        .on_loading = on_loading,
        .on_prepared = on_prepared,
        .on_event = on_event,
        .on_done = on_done,
        .on_error = on_error,
    };
    struct hearth_generation *g = choice->generation;
    struct hearth_sampling sampling = request->sampling;
    sampling.seed += choice->index % g->n;
    struct hearth_inference_request inference =
        hearth_inference_request_of(g->call, request->model, request->class_);
    inference.input = request->inputs[choice->index / g->n];
    inference.input.sampling = &sampling;
    if (g->stream)
        inference.credit = CREDIT_STREAM;
    int rc = hearth_inference_submit(g->call->gateway->scheduler, &inference, &events, choice,
                                     &choice->inference, ret_retry_after_ms, error);
    if (!rc)
        g->live++;
    return rc;
}

static struct hearth_generation *create(struct hearth_call *call,
                                        const struct hearth_generation_request *request)
{
    uint32_t count = request->input_count * request->n;
    struct hearth_generation *g =
        hearth_calloc(1, sizeof(*g) + count * sizeof(struct hearth_choice));
    g->call = call;
    g->shape = request->shape;
    g->model = hearth_arena_strdup(hearth_call_arena(call), request->model);
    g->echo = request->echo;
    g->created_s = hearth_clock_wall_ms() / 1000;
    g->stream = request->stream;
    g->include_usage = request->include_usage;
    g->input_param = request->input_param;
    g->logprobs = request->sampling.logprobs;
    g->list = request->list;
    g->shown_load = -1;
    g->input_count = request->input_count;
    g->n = request->n;
    g->choice_count = count;
    g->written_ms = hearth_loop_now_ms(call->gateway->loop);
    unsigned char random[12];
    char hex[2 * sizeof(random) + 1];
    hearth_random_bytes(random, sizeof(random));
    hearth_hex(random, sizeof(random), hex);
    g->id = hearth_arena_format(hearth_call_arena(call), "%s%s", request->id_prefix, hex);
    for (uint32_t i = 0; i < count; i++) {
        g->choices[i].generation = g;
        g->choices[i].index = i;
        hearth_buf_init(&g->choices[i].text, TEXT_MAX);
        for (int part = 0; part < 4; part++)
            hearth_buf_init(&g->choices[i].parts[part], TEXT_MAX);
    }
    return g;
}

void hearth_generation_start(struct hearth_call *call,
                             const struct hearth_generation_request *request)
{
    static const struct hearth_call_events events = {.on_gone = on_gone,
                                                     .on_writable = on_writable};
    struct hearth_generation *g = create(call, request);
    if (g->stream)
        link_stream(g);
    struct hearth_error error = {0};
    uint32_t retry_after_ms = 0;
    for (uint32_t i = 0; i < g->choice_count; i++) {
        if (!g->id || !g->model)
            hearth_error_set(&error, HEARTH_ETOOLARGE, "the request is too large");
        if (error.code || submit(&g->choices[i], request, &retry_after_ms, &error)) {
            fail(g, &error, retry_after_ms);
            return;
        }
    }
    const char *model = hearth_inference_model(g->choices[0].inference);
    call->model = hearth_metrics_model(call->gateway->metrics, model);
    hearth_exchange_set_header(call->exchange, "hearth-model", model);
    call->work = g;
    call->events = &events;
    hearth_call_forget_body(call);
}

struct hearth_usage hearth_generation_usage(const struct hearth_generation *generation)
{
    struct hearth_usage usage = {0};
    for (uint32_t i = 0; i < generation->choice_count; i++) {
        const struct hearth_inference_done *done = &generation->choices[i].done;
        usage.completion_tokens += done->completion_tokens;
        /* The choices of one input share its prompt. */
        if (i % generation->n)
            continue;
        usage.prompt_tokens += done->prompt_tokens;
        usage.cached_tokens += done->cached_tokens;
    }
    return usage;
}

const char *hearth_finish_name(enum hearth_finish finish)
{
    switch (finish) {
    case HEARTH_FINISH_LENGTH:
        return "length";
    case HEARTH_FINISH_TOOLS:
        return "tool_calls";
    default:
        return "stop";
    }
}

void hearth_generations_keep_alive(struct hearth_gateway *gateway)
{
    uint64_t now_ms = hearth_loop_now_ms(gateway->loop);
    for (struct hearth_generation *g = gateway->generations, *next; g; g = next) {
        next = g->next;
        if (g->paused || now_ms - g->written_ms < KEEP_ALIVE_MS)
            continue;
        struct hearth_buf buf;
        hearth_buf_init(&buf, 64);
        hearth_buf_text(&buf, ": waiting\n\n");
        send(g, &buf);
    }
}
