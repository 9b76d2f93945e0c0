/* /v1/completions: events into OpenAI's older shape of answers. What the body asks for is read by
 * openai_completion_read.c. */
#include "gateway/answers.h"
#include "routes/openai/openai_read.h"
#include "routes/openai/openai_routes.gen.h"
#include "routes/openai/openai_write.h"
#include "task/default_model.h"
#include "task/sampling.h"

#include <string.h>

enum { LIST_MAX = 16 << 20 };

#define SPELLED                                                                                    \
    "bytes:" /* stands before the bytes of a token that is only a part of a character              \
              */

/* The lists of "logprobs", each JSON without its brackets. */
enum { TOKENS, TOKEN_LOGPROBS, TOP_LOGPROBS, TEXT_OFFSET, LISTS };
struct lists {
    struct hearth_buf each[LISTS];
};

static void init_lists(struct lists *lists)
{
    for (int list = 0; list < LISTS; list++)
        hearth_buf_init(&lists->each[list], LIST_MAX);
}

static void finish_lists(struct lists *lists)
{
    for (int list = 0; list < LISTS; list++)
        hearth_buf_finish(&lists->each[list]);
}

/* Spelled texts are the same exactly when their bytes are. */
static bool same_text(const struct hearth_bytes *a, const struct hearth_bytes *b)
{
    return a->length == b->length && (!a->length || memcmp(a->bytes, b->bytes, a->length) == 0);
}

/* An object has each key once, but two tokens may have one text (control tokens have none): the
 * likelier one comes first and stays. */
static bool is_listed(const struct hearth_alternative *listed, uint32_t count,
                      const struct hearth_bytes *text)
{
    for (uint32_t i = 0; i < count; i++)
        if (same_text(&listed[i].text, text))
            return true;
    return false;
}

static void write_pair(struct hearth_buf *buf, bool first, const struct hearth_bytes *text,
                       float logprob)
{
    hearth_buf_text(buf, first ? "" : ",");
    hearth_openai_write_token(buf, text, SPELLED);
    hearth_buf_char(buf, ':');
    hearth_openai_write_logprob(buf, logprob);
}

/* The likeliest tokens, and always the one that was sampled, so that there may be one more than was
 * asked for. */
static void write_top(struct hearth_buf *buf, const struct hearth_token *token)
{
    const struct hearth_alternative *alternatives = token->alternatives;
    uint32_t count = token->alternative_count;
    hearth_buf_char(buf, '{');
    for (uint32_t i = 0; i < count; i++)
        if (!is_listed(alternatives, i, &alternatives[i].text))
            write_pair(buf, i == 0, &alternatives[i].text, alternatives[i].logprob);
    if (!is_listed(alternatives, count, &token->text))
        write_pair(buf, count == 0, &token->text, token->logprob);
    hearth_buf_char(buf, '}');
}

static void add_tokens(struct lists *lists, const struct hearth_event *event, uint32_t offset)
{
    struct hearth_buf *each = lists->each;
    for (uint32_t i = 0; event->has_tokens && i < event->token_count; i++) {
        const struct hearth_token *token = &event->tokens[i];
        for (int list = 0; list < LISTS; list++)
            if (each[list].length)
                hearth_buf_char(&each[list], ',');
        hearth_openai_write_token(&each[TOKENS], &token->text, SPELLED);
        hearth_openai_write_logprob(&each[TOKEN_LOGPROBS], token->logprob);
        write_top(&each[TOP_LOGPROBS], token);
        hearth_buf_printf(&each[TEXT_OFFSET], "%u", offset);
        offset += hearth_character_count(token->text.bytes, token->text.length);
    }
}

static void write_logprobs(const struct lists *lists, struct hearth_buf *buf)
{
    static const char *const names[LISTS] = {"tokens", "token_logprobs", "top_logprobs",
                                             "text_offset"};
    for (int list = 0; list < LISTS; list++) {
        hearth_buf_printf(buf, "%s\"%s\":[", list ? "," : "{", names[list]);
        hearth_buf_append(buf, lists->each[list].bytes, lists->each[list].length);
        hearth_buf_char(buf, ']');
    }
    hearth_buf_char(buf, '}');
}

/* Kept of a choice whose logprobs were asked for. */
struct kept {
    struct lists lists;
    bool begun;
};

/* Choices of one prompt echo the same text. */
static const char *echo_of(const struct hearth_choice *choice)
{
    const struct hearth_generation *generation = choice->generation;
    return generation->echo ? generation->echo[choice->index / generation->n] : NULL;
}

/* The lists of one chunk are made beside it, because each is appended to in turn with every token.
 */
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
        struct lists lists;
        init_lists(&lists);
        add_tokens(&lists, event, choice->characters);
        write_logprobs(&lists, buf);
        finish_lists(&lists);
    } else {
        hearth_buf_text(buf, "null");
    }
    hearth_openai_close_chunk(choice, finish, buf);
}

static void write_open(const struct hearth_choice *choice, struct hearth_buf *buf)
{
    const char *echo = echo_of(choice);
    if (echo)
        write_chunk(choice, echo, strlen(echo), NULL, NULL, buf);
}

/* A chunk's lists hold its own tokens only; their offsets go on from what was sent before. */
static void write_delta(const struct hearth_choice *choice, const struct hearth_event *event,
                        struct hearth_buf *buf)
{
    write_chunk(choice, event->bytes.bytes, event->bytes.length, event, NULL, buf);
}

static void write_finish(const struct hearth_choice *choice, struct hearth_buf *buf)
{
    write_chunk(choice, "", 0, NULL, hearth_finish_name(choice->done.finish), buf);
}

static void write_usage(const struct hearth_generation *generation, struct hearth_buf *buf)
{
    hearth_openai_write_usage_chunk(generation, "text_completion", buf);
}

static void keep(struct hearth_choice *choice, const struct hearth_event *event)
{
    struct kept *kept = choice->kept;
    if (!choice->generation->logprobs)
        return;
    if (!kept->begun)
        init_lists(&kept->lists);
    kept->begun = true;
    add_tokens(&kept->lists, event, choice->characters);
}

static void forget(struct hearth_choice *choice)
{
    finish_lists(&((struct kept *)choice->kept)->lists);
}

/* Echo and text are one JSON string, so they are joined before they are written. */
static void write_choice(const struct hearth_choice *choice, struct hearth_buf *buf)
{
    struct hearth_buf text;
    hearth_buf_init(&text, 64 << 20);
    if (echo_of(choice))
        hearth_buf_text(&text, echo_of(choice));
    hearth_buf_append(&text, choice->text.bytes, choice->text.length);
    hearth_buf_printf(buf, "{\"index\":%u,\"text\":", choice->index);
    hearth_json_write_string(buf, text.bytes, text.length);
    hearth_buf_finish(&text);
    hearth_buf_text(buf, ",\"logprobs\":");
    if (choice->generation->logprobs)
        write_logprobs(&((const struct kept *)choice->kept)->lists, buf);
    else
        hearth_buf_text(buf, "null");
    hearth_buf_printf(buf, ",\"finish_reason\":\"%s\"}", hearth_finish_name(choice->done.finish));
}

static void write_answer(const struct hearth_generation *generation, struct hearth_buf *buf)
{
    hearth_openai_write_answer(generation, "text_completion", write_choice, buf);
}

const struct hearth_generation_shape hearth_openai_completion = {
    .id_prefix = "cmpl-",
    .input_param = "prompt",
    .write_answer = write_answer,
    .write_open = write_open,
    .write_delta = write_delta,
    .write_finish = write_finish,
    .write_usage = write_usage,
    .last_words = HEARTH_OPENAI_LAST_WORDS,
    .kept_size = sizeof(struct kept),
    .keep = keep,
    .forget = forget,
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
