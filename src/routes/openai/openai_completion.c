/* /v1/completions: events into OpenAI's older shape of answers. What the body asks for is read by
 * openai_completion_read.c. */
#include "gateway/answers.h"
#include "routes/openai/openai_read.h"
#include "routes/openai/openai_routes.gen.h"
#include "routes/openai/openai_write.h"
#include "task/default_model.h"

#include "base/text.h"

#include <string.h>

/* hearth_choice.parts: the four lists of "logprobs" so far. */
enum { TOKENS, TOKEN_LOGPROBS, TOP_LOGPROBS, TEXT_OFFSET, LISTS };

static void write_top(struct hearth_buf *buf, const struct hearth_token *token)
{
    hearth_buf_char(buf, '{');
    for (uint32_t i = 0; i < token->alternative_count; i++) {
        const struct hearth_alternative *one = &token->alternatives[i];
        if (i)
            hearth_buf_char(buf, ',');
        hearth_json_write_string(buf, one->text.bytes, one->text.length);
        hearth_buf_char(buf, ':');
        hearth_openai_write_logprob(buf, one->logprob);
    }
    hearth_buf_char(buf, '}');
}

static uint32_t character_count(const struct hearth_bytes *text)
{
    uint32_t count = 0;
    for (size_t i = 0; i < text->length; i++)
        count += ((unsigned char)text->bytes[i] & 0xc0) != 0x80;
    return count;
}

/* Appends the event's tokens to the four lists. */
static void add_tokens(struct hearth_buf lists[LISTS], const struct hearth_event *event,
                       uint32_t offset)
{
    for (uint32_t i = 0; event->has_tokens && i < event->token_count; i++) {
        const struct hearth_token *token = &event->tokens[i];
        for (int list = 0; list < LISTS; list++)
            if (lists[list].length)
                hearth_buf_char(&lists[list], ',');
        hearth_json_write_string(&lists[TOKENS], token->text.bytes, token->text.length);
        hearth_openai_write_logprob(&lists[TOKEN_LOGPROBS], token->logprob);
        write_top(&lists[TOP_LOGPROBS], token);
        hearth_buf_printf(&lists[TEXT_OFFSET], "%u", offset);
        offset += character_count(&token->text);
    }
}

static void write_logprobs(const struct hearth_buf lists[LISTS], struct hearth_buf *buf)
{
    static const char *const names[LISTS] = {"tokens", "token_logprobs", "top_logprobs",
                                             "text_offset"};
    for (int list = 0; list < LISTS; list++) {
        hearth_buf_printf(buf, "%s\"%s\":[", list ? "," : "{", names[list]);
        hearth_buf_append(buf, lists[list].bytes, lists[list].length);
        hearth_buf_char(buf, ']');
    }
    hearth_buf_char(buf, '}');
}

static const char *echo_of(const struct hearth_choice *choice)
{
    const struct hearth_generation *generation = choice->generation;
    return generation->echo ? generation->echo[choice->index / generation->n] : NULL;
}

static void write_chunk(const struct hearth_choice *choice, const char *text, size_t length,
                        const struct hearth_event *event, const char *finish,
                        struct hearth_buf *buf)
{
    const struct hearth_generation *generation = choice->generation;
    hearth_openai_write_head(generation, "text_completion", buf);
    hearth_buf_printf(buf, ",\"choices\":[{\"index\":%u,\"text\":", choice->index);
    hearth_json_write_string(buf, text, length);
    hearth_buf_text(buf, ",\"logprobs\":");
    if (generation->logprobs && event && event->has_tokens) {
        struct hearth_buf lists[LISTS];
        for (int list = 0; list < LISTS; list++)
            hearth_buf_init(&lists[list], 1 << 20);
        add_tokens(lists, event, choice->characters);
        write_logprobs(lists, buf);
        for (int list = 0; list < LISTS; list++)
            hearth_buf_finish(&lists[list]);
    } else {
        hearth_buf_text(buf, "null");
    }
    hearth_openai_close_chunk(choice, finish, buf);
}

static void write_open(struct hearth_choice *choice, struct hearth_buf *buf)
{
    const char *echo = echo_of(choice);
    if (echo)
        write_chunk(choice, echo, strlen(echo), NULL, NULL, buf);
}

static void write_delta(struct hearth_choice *choice, const struct hearth_event *event,
                        struct hearth_buf *buf)
{
    write_chunk(choice, event->bytes.bytes, event->bytes.length, event, NULL, buf);
}

static void write_finish(struct hearth_choice *choice, struct hearth_buf *buf)
{
    write_chunk(choice, "", 0, NULL, hearth_finish_name(choice->done.finish), buf);
}

static void write_usage(struct hearth_generation *generation, struct hearth_buf *buf)
{
    hearth_openai_write_usage_chunk(generation, "text_completion", buf);
}

static void keep(struct hearth_choice *choice, const struct hearth_event *event)
{
    if (choice->generation->logprobs)
        add_tokens(choice->parts, event, choice->characters);
}

static void write_choice(const struct hearth_choice *choice, struct hearth_buf *buf)
{
    struct hearth_buf text;
    hearth_buf_init(&text, 64 << 20);
    if (echo_of(choice))
        hearth_buf_text(&text, echo_of(choice));
    hearth_buf_append(&text, choice->text.bytes, choice->text.length);
    hearth_buf_printf(buf, "{\"index\":%u,\"text\":", choice->index);
    hearth_json_write_string(buf, text.bytes ? text.bytes : "", text.length);
    hearth_buf_finish(&text);
    hearth_buf_text(buf, ",\"logprobs\":");
    if (choice->generation->logprobs)
        write_logprobs(choice->parts, buf);
    else
        hearth_buf_text(buf, "null");
    hearth_buf_printf(buf, ",\"finish_reason\":\"%s\"}", hearth_finish_name(choice->done.finish));
}

static void write_answer(struct hearth_generation *generation, struct hearth_buf *buf)
{
    hearth_openai_write_answer(generation, "text_completion", write_choice, buf);
}

const struct hearth_generation_shape hearth_completion_shape = {
    .write_open = write_open,
    .write_delta = write_delta,
    .write_finish = write_finish,
    .write_usage = write_usage,
    .keep = keep,
    .write_answer = write_answer,
};

void hearth_route_completions(struct hearth_call *call)
{
    struct hearth_generation_request request;
    struct hearth_error error;
    const char *param = NULL;
    if (hearth_default_model(call, "model", hearth_model_generates))
        return;
    if (hearth_openai_completion_read(call->json, hearth_call_arena(call), &request, &param,
                                      &error))
        hearth_answer_message(call, error.code, param, "%s", error.message);
    else
        hearth_generation_start(call, &request);
}
