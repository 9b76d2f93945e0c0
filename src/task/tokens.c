#include "task/tokens.h"

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "gateway/answers.h"
#include "serving/shared_input.h"
#include "task/answering.h"

enum { OUT_MAX = 32 << 20, ANSWER_MAX = 64 << 20 };

struct token_work {
    struct hearth_answering answering; /* first */
    struct hearth_tokens_request request;
    struct hearth_buf out; /* the ids as JSON, or the text */
    uint32_t count;
};

static struct token_work *of(struct hearth_answering *answering)
{
    return (struct token_work *)answering;
}

static struct hearth_shared_input *ask(struct hearth_answering *answering, uint32_t part,
                                       uint64_t *ret_seed_offset)
{
    (void)part, (void)ret_seed_offset;
    return hearth_shared_input_create(of(answering)->request.input);
}

/* Written as they come: a list of ids as JSON is as long as the ids, and needs no second copy. */
static void on_tokens(struct hearth_answering *answering, const int32_t *tokens, size_t count)
{
    struct token_work *work = of(answering);
    for (size_t i = 0; i < count; i++)
        hearth_buf_printf(&work->out, work->count++ ? ",%d" : "%d", tokens[i]);
}

/* What is not UTF-8 by itself is a list of bytes, as llama-server has it. */
static void write_piece(const struct hearth_token *token, struct hearth_buf *buf)
{
    hearth_buf_printf(buf, "{\"id\":%d,\"piece\":", token->token);
    if (hearth_utf8_valid(token->text.bytes, token->text.length)) {
        hearth_json_write_string(buf, token->text.bytes, token->text.length);
    } else {
        for (size_t i = 0; i < token->text.length; i++)
            hearth_buf_printf(buf, i ? ",%u" : "[%u", (unsigned char)token->text.bytes[i]);
        hearth_buf_char(buf, ']');
    }
    hearth_buf_char(buf, '}');
}

static void on_event(struct hearth_answering *answering, uint32_t part,
                     const struct hearth_event *event)
{
    (void)part;
    struct token_work *work = of(answering);
    for (uint32_t i = 0; event->has_tokens && i < event->token_count; i++) {
        if (work->count++)
            hearth_buf_char(&work->out, ',');
        write_piece(&event->tokens[i], &work->out);
    }
    if (event->kind == HEARTH_EVENT_TEXT && work->request.to_text)
        hearth_buf_append(&work->out, event->bytes.bytes, event->bytes.length);
}

static void on_complete(struct hearth_answering *answering)
{
    struct token_work *work = of(answering);
    const struct hearth_tokens_answer answer = {.model = answering->call->model,
                                                .to_text = work->request.to_text,
                                                .out = &work->out,
                                                .count = work->count};
    struct hearth_buf buf;
    hearth_buf_init(&buf, ANSWER_MAX);
    work->request.write(&answer, &buf);
    if (work->out.failed)
        buf.failed = work->out.failed;
    hearth_answer_buf(hearth_answering_end(answering), 200, &buf);
}

static void on_failed(struct hearth_answering *answering, uint32_t part,
                      const struct hearth_error *error, uint32_t retry_after_ms)
{
    (void)part;
    const struct hearth_error_detail detail = {.retry_after_ms = retry_after_ms};
    hearth_answer_error(hearth_answering_end(answering), error, &detail);
}

static void release(struct hearth_answering *answering)
{
    hearth_buf_finish(&of(answering)->out);
    hearth_free(of(answering));
}

void hearth_tokens_start(struct hearth_call *call, const struct hearth_tokens_request *request)
{
    static const struct hearth_answering_ops ops = {.ask = ask,
                                                    .on_complete = on_complete,
                                                    .on_failed = on_failed,
                                                    .release = release,
                                                    .on_event = on_event,
                                                    .on_tokens = on_tokens};
    struct token_work *work = hearth_calloc(1, sizeof(*work));
    const struct hearth_inference_request inference = hearth_answering_request(
        call, request->model, HEARTH_CLASS_INTERACTIVE, HEARTH_CREDIT_COLLECTED);
    work->answering = (struct hearth_answering){.ops = &ops, .count = 1};
    work->request = *request;
    hearth_buf_init(&work->out, OUT_MAX);
    hearth_answering_start(&work->answering, call, &inference);
}

void hearth_tokens_write_count(const struct hearth_tokens_answer *answer, struct hearth_buf *buf)
{
    hearth_buf_printf(buf, "{\"input_tokens\":%u}", answer->count);
}
