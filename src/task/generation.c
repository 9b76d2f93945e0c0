#include "task/generation.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "gateway/answers.h"
#include "gateway/gateway_state.h"
#include "serving/shared_input.h"
#include "task/generation_collect.h"
#include "task/generation_stream.h"

#include <stdio.h>
#include <string.h>

enum {
    ANSWER_MAX = 64 << 20,
    /* Choices in the model's queue at once, of a request that makes more: it must not fill it. */
    WAITING_MAX = 32,
};

static struct hearth_generation *of(struct hearth_answering *answering)
{
    return (struct hearth_generation *)answering;
}

/* Also of a work that failed while it was being started, with choices that hold nothing. */
static void release(struct hearth_answering *answering)
{
    struct hearth_generation *g = of(answering);
    if (g->stream)
        hearth_text_stream_close(g);
    for (uint32_t i = 0; i < g->choice_count; i++)
        hearth_choice_finish(&g->choices[i]);
    hearth_free(g);
}

/* Engines begin with the place of a fault: "tools[1].function.name is …", or "regex: …". Only what
 * names a member of a request is one; NULL: it is said of something else. */
static const char *place_of_fault(const struct hearth_generation *g, const char *message)
{
    static const char *const members[] = {"logit_bias",
                                          "messages",
                                          "tools",
                                          "tool_choice",
                                          "parallel_tool_calls",
                                          "continue_final_message",
                                          "chat_template_kwargs",
                                          "response_format",
                                          "lora",
                                          "reasoning_effort",
                                          "enable_thinking",
                                          NULL};
    static const char names[] = "abcdefghijklmnopqrstuvwxyz_";
    static const char place[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.[]$";
    size_t word = strspn(message, names), length = word;
    length += strspn(message + length, place);
    bool marked = word > 0 && strncmp(message + length, ": ", 2) == 0;
    for (const char *const *member = members; *member; member++)
        if (marked || (strlen(*member) == word && strncmp(*member, message, word) == 0))
            return hearth_arena_format(hearth_call_arena(g->answering.call), "%.*s", (int)length,
                                       message);
    return NULL;
}

/* The parameter that is to blame. */
static struct hearth_error_detail detail_of(const struct hearth_generation *g,
                                            const struct hearth_error *error,
                                            uint32_t retry_after_ms)
{
    struct hearth_error_detail detail = {.retry_after_ms = retry_after_ms};
    if (error->code == HEARTH_ENOMODEL)
        detail.param = "model";
    else if (error->code == HEARTH_ECONTEXT)
        detail.param = g->shape->input_param;
    if (error->code == HEARTH_EINVAL)
        detail.param = place_of_fault(g, error->message);
    if (error->code == HEARTH_EINVAL && detail.param)
        detail.openai_code = "invalid_value";
    return detail;
}

static void on_failed(struct hearth_answering *answering, uint32_t part,
                      const struct hearth_error *error, uint32_t retry_after_ms)
{
    (void)part;
    struct hearth_generation *g = of(answering);
    struct hearth_error_detail detail = detail_of(g, error, retry_after_ms);
    struct hearth_error told = *error;
    char param[sizeof(told.message)];
    hearth_fault_place_rename(g->shape->places, error->message, told.message, sizeof(told.message));
    hearth_fault_place_rename(g->shape->places, detail.param ? detail.param : "", param,
                              sizeof(param));
    detail.param = detail.param ? param : NULL;
    if (g->sse.begun)
        hearth_text_stream_fail(g, &told, &detail);
    else
        hearth_answer_error(hearth_answering_end(answering), &told, &detail);
}

/* To a client that has gone nothing can be said; one whose server ends may still read why. */
static void on_gone(struct hearth_answering *answering, int reason)
{
    struct hearth_generation *g = of(answering);
    struct hearth_error error;
    if (reason != HEARTH_EDRAINING || !g->sse.begun)
        return;
    hearth_error_set(&error, reason, "the server is shutting down");
    hearth_text_stream_tell_error(g, &error, NULL);
}

/* Collected answers have no place for progress: their status comes last. */
static void on_loading(struct hearth_answering *answering, float fraction)
{
    if (of(answering)->stream)
        hearth_text_stream_loading(of(answering), fraction);
}

/* Turns of a conversation that did not fit into the context, before the head is sent. */
static void tell_dropped(const struct hearth_generation *g, uint32_t turns)
{
    char text[16];
    if (!g->answering.call || !g->answering.call->exchange || g->sse.begun)
        return;
    snprintf(text, sizeof(text), "%u", turns);
    hearth_exchange_set_header(g->answering.call->exchange, "hearth-dropped-turns", text);
}

/* The length of the prompt is known before the rest of the figures, and some APIs begin with it.
 * The fingerprint is noted with each prompt: a model whose worker ended meanwhile may have been
 * loaded anew, with other settings. */
static void on_prepared(struct hearth_answering *answering, uint32_t part, uint32_t token_count,
                        uint32_t truncated_count)
{
    if (truncated_count)
        tell_dropped(of(answering), truncated_count);
    of(answering)->choices[part].done.prompt_tokens = token_count;
    of(answering)->choices[part].prepared_us = hearth_clock_monotonic_ns() / 1000;
    snprintf(of(answering)->fingerprint, sizeof(of(answering)->fingerprint), "%s",
             hearth_inference_fingerprint(hearth_answering_inference(answering, part)));
    if (of(answering)->stream)
        hearth_text_stream_prepared(&of(answering)->choices[part]);
}

static void count_tokens(struct hearth_choice *choice, const struct hearth_event *event)
{
    choice->tokens += event->token_count;
    if (!choice->first_us)
        choice->first_us = hearth_clock_monotonic_ns() / 1000;
}

/* The client may have gone, and with it whoever shows the progress. */
static void tell_progress(const struct hearth_generation *g, const struct hearth_event *event)
{
    struct hearth_call_progress *progress = g->answering.call ? g->answering.call->progress : NULL;
    if (progress && event->kind == HEARTH_EVENT_TEXT)
        progress->tokens += event->token_count;
}

static void on_event(struct hearth_answering *answering, uint32_t part,
                     const struct hearth_event *event)
{
    struct hearth_generation *g = of(answering);
    struct hearth_choice *choice = &g->choices[part];
    struct hearth_event told = *event;
    if (event->kind == HEARTH_EVENT_PROGRESS && g->stream)
        hearth_text_stream_progress(choice, event);
    if (event->kind != HEARTH_EVENT_TEXT && event->kind != HEARTH_EVENT_PROMPT)
        return;
    tell_progress(g, event);
    if (event->kind == HEARTH_EVENT_TEXT)
        count_tokens(choice, event);
    if (!hearth_choice_take_unread(choice, &told))
        return;
    hearth_choice_note_call(choice, &told);
    if (g->stream)
        hearth_text_stream_delta(choice, &told);
    else if (g->shape->keep)
        g->shape->keep(choice, &told);
    hearth_choice_collect(choice, &told);
}

/* The figures of a choice are kept for the sums, which are written when all have ended. */
static int on_done(struct hearth_answering *answering, uint32_t part,
                   const struct hearth_inference_done *done, struct hearth_error *error)
{
    struct hearth_generation *g = of(answering);
    g->choices[part].done = *done;
    int failed = hearth_choice_failure(&g->choices[part]);
    if (failed)
        return hearth_error_set(error, failed, "the model generated more than an answer may hold");
    if (g->stream)
        hearth_text_stream_finish(&g->choices[part]);
    return 0;
}

/* A call that the model did not write in its form, or that was cut, stands in the text: whoever
 * waits for calls can tell by this. Of a stream the head has gone by then. */
static void tell_unread(struct hearth_generation *g)
{
    for (uint32_t i = 0; i < g->choice_count; i++)
        if (g->choices[i].unread)
            hearth_exchange_set_header(
                g->answering.call->exchange, "hearth-tool-call",
                g->choices[i].done.finish == HEARTH_FINISH_LENGTH ? "unfinished" : "malformed");
}

static void on_complete(struct hearth_answering *answering)
{
    struct hearth_generation *g = of(answering);
    if (g->stream) {
        hearth_text_stream_end(g);
        return;
    }
    struct hearth_buf buf;
    hearth_buf_init(&buf, ANSWER_MAX);
    g->shape->write_answer(g, &buf);
    tell_unread(g);
    hearth_answer_buf(hearth_answering_end(answering), 200, &buf);
}

/* The choices of one input share one copy of it and differ by their seed. */
static struct hearth_shared_input *ask(struct hearth_answering *answering, uint32_t part,
                                       uint64_t *ret_seed_offset)
{
    const struct hearth_generation *g = of(answering);
    *ret_seed_offset = part % g->n;
    if (part % g->n)
        return hearth_shared_input_keep(answering->last);
    struct hearth_input input = g->inputs[part / g->n];
    input.sampling = &g->sampling;
    input.adapters = g->adapters;
    input.off_disk = g->off_disk;
    return hearth_shared_input_create(&input);
}

static struct hearth_generation *create(struct hearth_call *call,
                                        const struct hearth_generation_request *request)
{
    static const struct hearth_answering_ops ops = {.ask = ask,
                                                    .on_complete = on_complete,
                                                    .on_failed = on_failed,
                                                    .release = release,
                                                    .on_loading = on_loading,
                                                    .on_prepared = on_prepared,
                                                    .on_event = on_event,
                                                    .on_done = on_done,
                                                    .on_gone = on_gone};
    uint32_t count = request->input_count * request->n;
    struct hearth_generation *g =
        hearth_calloc(1, sizeof(*g) + count * sizeof(struct hearth_choice));
    g->answering = (struct hearth_answering){
        .ops = &ops, .count = count, .waiting_max = count > WAITING_MAX ? WAITING_MAX : 0};
    g->shape = request->shape;
    if (request->id)
        snprintf(g->id, sizeof(g->id), "%s", request->id);
    else
        hearth_generation_make_id(g->id, sizeof(g->id), request->shape->id_prefix);
    g->model = hearth_arena_strdup(hearth_call_arena(call), request->model);
    g->echo = request->echo;
    g->asked = request->asked;
    g->timings = request->timings;
    g->created_s = hearth_clock_wall_ms() / 1000;
    g->stream = request->stream;
    g->include_usage = request->include_usage;
    g->logprobs = request->sampling.logprobs && !request->hides_logprobs;
    g->list = request->list;
    g->n = request->n;
    g->given = request->given ? request->given : request->n;
    g->inputs = request->inputs;
    g->sampling = request->sampling;
    g->adapters = request->adapters;
    g->off_disk = request->off_disk;
    g->choice_count = count;
    for (uint32_t i = 0; i < count; i++)
        hearth_choice_init(&g->choices[i], g, i, request->kept);
    return g;
}

void hearth_generation_start(struct hearth_call *call,
                             const struct hearth_generation_request *request)
{
    struct hearth_generation *g = create(call, request);
    if (call->progress)
        *call->progress = (struct hearth_call_progress){
            .generates = true,
            .tokens_max = (uint64_t)request->sampling.max_tokens * g->choice_count,
        };
    const struct hearth_inference_request inference = hearth_answering_request(
        call, request->submit_as ? request->submit_as : request->model, request->class_,
        g->stream ? HEARTH_CREDIT_STREAMED : HEARTH_CREDIT_COLLECTED);
    if (g->stream)
        hearth_text_stream_open(g, call);
    hearth_answering_start(&g->answering, call, &inference);
}
