#include "task/generation_stream.h"

#include "base/error.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "gateway/sse.h"

#include <stddef.h>
#include <string.h>

enum {
    EVENT_MAX = 4 << 20,   /* bytes sent at once: a token's text and its alternatives */
    ANSWER_MAX = 64 << 20, /* an event that repeats the whole answer */
};

/* The first bytes carry the head with them: from here on the status is 200. */
static void send(struct hearth_generation *g, struct hearth_buf *buf)
{
    if (!hearth_sse_write(&g->sse, buf))
        hearth_answering_pause(&g->answering);
    hearth_buf_finish(buf);
}

/* What was sent was the last. */
static void finish(struct hearth_generation *g, int status)
{
    struct hearth_call *call = hearth_answering_end(&g->answering);
    struct hearth_exchange *exchange = call->exchange;
    hearth_call_end(call, status);
    hearth_exchange_finish(exchange, NULL, 0);
}

/* Around what one writer appends. */
static size_t frame_open(const struct hearth_generation *g, struct hearth_buf *buf)
{
    return g->shape->framing == HEARTH_FRAMING_DATA ? hearth_sse_open(buf) : buf->length;
}

static void frame_close(const struct hearth_generation *g, struct hearth_buf *buf, size_t start)
{
    if (g->shape->framing == HEARTH_FRAMING_DATA)
        hearth_sse_close(buf, start);
    else if (g->shape->framing == HEARTH_FRAMING_LINES && buf->length > start)
        hearth_buf_char(buf, '\n');
}

/* Lines that begin with a colon are comments (HTML standard, section 9.2.6): every client skips
 * them. A stream of JSON lines has none, and stays silent.
 */
static void send_comment(struct hearth_generation *g)
{
    struct hearth_buf buf;
    if (g->shape->framing == HEARTH_FRAMING_LINES)
        return;
    hearth_buf_init(&buf, 64);
    if (g->loaded < 0 || g->loaded >= 100)
        hearth_buf_text(&buf, ": waiting\n\n");
    else
        hearth_buf_printf(&buf, ": loading %d%%\n\n", g->loaded);
    send(g, &buf);
}

void hearth_text_stream_loading(struct hearth_generation *g, float fraction)
{
    int percent = (int)(fraction * 100);
    if (percent <= g->loaded)
        return;
    g->loaded = percent;
    if (g->tells)
        send_comment(g);
}

/* Ten seconds of silence are told whoever listens, and the load from then on: by now the status
 * could not wait any longer. */
static void on_quiet(struct hearth_sse *sse)
{
    struct hearth_generation *g =
        (struct hearth_generation *)((char *)sse - offsetof(struct hearth_generation, sse));
    if (!g->answering.call || g->answering.paused)
        return;
    g->tells = true;
    send_comment(g);
}

void hearth_text_stream_open(struct hearth_generation *g, struct hearth_call *call)
{
    g->tells = hearth_exchange_header(call->exchange, "hearth-progress") != NULL;
    g->loaded = -1;
    hearth_sse_start(&g->sse, call->gateway->streams, call->exchange, on_quiet);
    if (g->shape->framing == HEARTH_FRAMING_LINES)
        g->sse.type = "application/x-ndjson";
}

void hearth_text_stream_close(struct hearth_generation *g)
{
    hearth_sse_stop(&g->sse);
}

/* OpenAI's first chunk of a choice has its role, or the prompt that is echoed, and no text. */
static void open_choice(struct hearth_choice *choice, struct hearth_buf *buf)
{
    const struct hearth_generation_shape *shape = choice->generation->shape;
    if (choice->opened)
        return;
    choice->opened = true;
    if (!shape->write_open)
        return;
    size_t start = frame_open(choice->generation, buf);
    shape->write_open(choice, buf);
    frame_close(choice->generation, buf, start);
}

void hearth_text_stream_prepared(struct hearth_choice *choice)
{
    struct hearth_buf buf;
    hearth_buf_init(&buf, EVENT_MAX);
    open_choice(choice, &buf);
    send(choice->generation, &buf);
}

/* A token may bring no text (half a character, a control token); it is sent only for its logprobs.
 */
void hearth_text_stream_delta(struct hearth_choice *choice, const struct hearth_event *event)
{
    struct hearth_generation *g = choice->generation;
    bool told = event->kind == HEARTH_EVENT_PROMPT || (g->logprobs && event->has_tokens);
    if (!event->bytes.length && !told)
        return;
    struct hearth_buf buf;
    hearth_buf_init(&buf, EVENT_MAX);
    open_choice(choice, &buf);
    size_t start = frame_open(g, &buf);
    g->shape->write_delta(choice, event, &buf);
    frame_close(g, &buf, start);
    send(g, &buf);
}

void hearth_text_stream_progress(struct hearth_choice *choice, const struct hearth_event *event)
{
    struct hearth_generation *g = choice->generation;
    struct hearth_buf buf;
    if (!g->shape->write_progress)
        return;
    hearth_buf_init(&buf, EVENT_MAX);
    open_choice(choice, &buf);
    size_t start = frame_open(g, &buf);
    g->shape->write_progress(choice, event, &buf);
    frame_close(g, &buf, start);
    send(g, &buf);
}

void hearth_text_stream_finish(struct hearth_choice *choice)
{
    struct hearth_generation *g = choice->generation;
    struct hearth_buf buf;
    hearth_buf_init(&buf, g->shape->collects ? ANSWER_MAX : EVENT_MAX);
    open_choice(choice, &buf);
    size_t start = frame_open(g, &buf);
    g->shape->write_finish(choice, &buf);
    frame_close(g, &buf, start);
    send(g, &buf);
}

/* A client that waits for them would take a stream without for one that broke off. */
static void say_last_words(const struct hearth_generation *g, struct hearth_buf *buf)
{
    size_t start = frame_open(g, buf);
    if (g->shape->last_words)
        hearth_buf_text(buf, g->shape->last_words);
    frame_close(g, buf, start);
}

void hearth_text_stream_end(struct hearth_generation *g)
{
    struct hearth_buf buf;
    hearth_buf_init(&buf, EVENT_MAX);
    size_t start = frame_open(g, &buf);
    if (g->include_usage && g->shape->write_usage)
        g->shape->write_usage(g, &buf);
    frame_close(g, &buf, start);
    say_last_words(g, &buf);
    send(g, &buf);
    finish(g, 200);
}

void hearth_text_stream_tell_error(struct hearth_generation *g, const struct hearth_error *error,
                                   const struct hearth_error_detail *detail)
{
    struct hearth_call *call = g->answering.call;
    struct hearth_error told = *error;
    struct hearth_buf buf;
    hearth_answer_hide(call, &told);
    hearth_buf_init(&buf, EVENT_MAX);
    size_t start = frame_open(g, &buf);
    if (g->shape->write_error)
        g->shape->write_error(g, &told, &buf);
    else
        hearth_error_write(&buf, call->route->errors, hearth_exchange_id(call->exchange), &told,
                           detail);
    frame_close(g, &buf, start);
    say_last_words(g, &buf);
    send(g, &buf);
}

void hearth_text_stream_fail(struct hearth_generation *g, const struct hearth_error *error,
                             const struct hearth_error_detail *detail)
{
    hearth_text_stream_tell_error(g, error, detail);
    finish(g, hearth_error_row(error->code)->http_status);
}
