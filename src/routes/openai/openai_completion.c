/* /v1/completions: events into OpenAI's older shape of answers. What the body asks for is read by
 * openai_completion_read.c.
 *
 * An echo is the prompt as it was sent, if that was a text; of token ids it is the text of these
 * tokens, which the engine tells (events of kind PROMPT), as it tells their logprobs. */
#include "base/text.h"
#include "gateway/answers.h"
#include "routes/openai/openai_completion_lists.h"
#include "routes/openai/openai_read.h"
#include "routes/openai/openai_routes.gen.h"
#include "routes/openai/openai_write.h"
#include "task/default_model.h"
#include "task/sampling.h"

#include <string.h>

enum { TEXT_MAX = 64 << 20 };

/* Kept of a choice. */
struct kept {
    struct hearth_openai_lists lists; /* of an answer that does not stream */
    struct hearth_buf prompt;         /* text of its tokens; of a stream, what was not sent yet */
    uint32_t prompt_characters;
    bool begun, prompt_begun;
    double logprob_sum; /* of what was generated */
    uint32_t logprob_count;
};

static struct kept *kept_of(const struct hearth_choice *choice)
{
    struct kept *kept = choice->kept;
    if (!kept->begun) {
        hearth_openai_lists_init(&kept->lists);
        hearth_buf_init(&kept->prompt, TEXT_MAX);
    }
    kept->begun = true;
    return kept;
}

static void forget(struct hearth_choice *choice)
{
    struct kept *kept = choice->kept;
    hearth_openai_lists_finish(&kept->lists);
    hearth_buf_finish(&kept->prompt);
}

/* The prompt as it was sent; choices of one prompt share it. NULL: it was token ids, or no echo is
 * wanted. */
static const char *echo_of(const struct hearth_choice *choice)
{
    const struct hearth_generation *generation = choice->generation;
    return generation->echo ? generation->echo[choice->index / generation->n] : NULL;
}

/* What the tokenizer puts before a text (BOS) is no part of it. */
static bool is_of_text(const struct hearth_choice *choice, const struct hearth_token *token)
{
    const char *echo = echo_of(choice);
    return !echo || kept_of(choice)->prompt_begun ||
           (strlen(echo) >= token->text.length &&
            memcmp(echo, token->text.bytes, token->text.length) == 0);
}

static void take_prompt_token(const struct hearth_choice *choice, const struct hearth_token *token,
                              struct hearth_openai_lists *lists)
{
    struct kept *kept = kept_of(choice);
    if (choice->generation->logprobs)
        hearth_openai_lists_add(lists, token, kept->prompt_characters);
    if (is_of_text(choice, token)) {
        kept->prompt_characters += hearth_character_count(token->text.bytes, token->text.length);
        if (!echo_of(choice))
            hearth_buf_append(&kept->prompt, token->text.bytes, token->text.length);
    }
    kept->prompt_begun = true;
}

static void take_token(const struct hearth_choice *choice, const struct hearth_token *token,
                       uint32_t *offset, struct hearth_openai_lists *lists)
{
    struct kept *kept = kept_of(choice);
    kept->logprob_sum += (double)token->logprob;
    kept->logprob_count++;
    if (choice->generation->logprobs)
        hearth_openai_lists_add(lists, token, *offset);
    *offset += hearth_character_count(token->text.bytes, token->text.length);
}

static void take_tokens(const struct hearth_choice *choice, const struct hearth_event *event,
                        struct hearth_openai_lists *lists)
{
    uint32_t offset = kept_of(choice)->prompt_characters + choice->characters;
    for (uint32_t i = 0; event->has_tokens && i < event->token_count; i++)
        if (event->kind == HEARTH_EVENT_PROMPT)
            take_prompt_token(choice, &event->tokens[i], lists);
        else
            take_token(choice, &event->tokens[i], &offset, lists);
}

/* Token ids may be any bytes: what is not UTF-8 becomes U+FFFD. */
static void append_clean(struct hearth_buf *text, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length;) {
        size_t width = hearth_utf8_width(bytes + i, length - i);
        if (width)
            hearth_buf_append(text, bytes + i, width);
        else
            hearth_buf_text(text, "\xef\xbf\xbd");
        i += width ? width : 1;
    }
}

/* The text that a chunk of a stream has for an event, or for the end (NULL). The last bytes of a
 * prompt may be a part of a character, which waits for the next event. */
static void chunk_text(const struct hearth_choice *choice, const struct hearth_event *event,
                       bool first, struct hearth_buf *text)
{
    struct kept *kept = kept_of(choice);
    bool is_prompt = event && event->kind == HEARTH_EVENT_PROMPT;
    if (is_prompt && first && echo_of(choice))
        hearth_buf_text(text, echo_of(choice));
    size_t length = kept->prompt.length;
    if (is_prompt && length)
        length = hearth_utf8_whole(kept->prompt.bytes, length);
    append_clean(text, kept->prompt.bytes, length);
    hearth_buf_consume(&kept->prompt, length);
    if (event)
        hearth_buf_append(text, event->bytes.bytes, event->bytes.length);
}

static void write_chunk(const struct hearth_choice *choice, const struct hearth_buf *text,
                        const struct hearth_openai_lists *lists, const char *finish,
                        struct hearth_buf *buf)
{
    hearth_openai_write_head(choice->generation, "text_completion", buf);
    hearth_buf_printf(buf, ",\"choices\":[{\"index\":%u,\"text\":", choice->index);
    hearth_json_write_string(buf, text->bytes ? text->bytes : "", text->length);
    hearth_buf_text(buf, ",\"logprobs\":");
    if (lists)
        hearth_openai_lists_write(lists, buf);
    else
        hearth_buf_text(buf, "null");
    hearth_openai_close_chunk(choice, finish, buf);
}

/* Where the engine tells the prompt, it is written as it comes. */
static void write_open(const struct hearth_choice *choice, struct hearth_buf *buf)
{
    const char *echo = echo_of(choice);
    struct hearth_buf text;
    if (!echo || choice->generation->sampling.prompt_logprobs)
        return;
    hearth_buf_init(&text, TEXT_MAX);
    hearth_buf_text(&text, echo);
    write_chunk(choice, &text, NULL, NULL, buf);
    hearth_buf_finish(&text);
}

/* A chunk's lists hold its own tokens only; their offsets go on from what was sent before. */
static void write_delta(const struct hearth_choice *choice, const struct hearth_event *event,
                        struct hearth_buf *buf)
{
    struct hearth_openai_lists lists;
    struct hearth_buf text;
    bool first = !kept_of(choice)->prompt_begun;
    hearth_openai_lists_init(&lists);
    hearth_buf_init(&text, TEXT_MAX);
    take_tokens(choice, event, &lists);
    chunk_text(choice, event, first, &text);
    bool told = choice->generation->logprobs && event->has_tokens;
    if (told || text.length)
        write_chunk(choice, &text, told ? &lists : NULL, NULL, buf);
    hearth_buf_finish(&text);
    hearth_openai_lists_finish(&lists);
}

static void write_finish(const struct hearth_choice *choice, struct hearth_buf *buf)
{
    struct hearth_buf text;
    hearth_buf_init(&text, TEXT_MAX);
    chunk_text(choice, NULL, false, &text);
    write_chunk(choice, &text, NULL, hearth_finish_name(choice->done.finish), buf);
    hearth_buf_finish(&text);
}

static void write_usage(const struct hearth_generation *generation, struct hearth_buf *buf)
{
    hearth_openai_write_usage_chunk(generation, "text_completion", buf);
}

static void keep(struct hearth_choice *choice, const struct hearth_event *event)
{
    take_tokens(choice, event, &kept_of(choice)->lists);
}

/* Echo and text are one JSON string, so they are joined before they are written. */
static void write_choice(const struct hearth_choice *choice, uint32_t index, struct hearth_buf *buf)
{
    const struct kept *kept = kept_of(choice);
    struct hearth_buf text;
    hearth_buf_init(&text, TEXT_MAX);
    if (echo_of(choice))
        hearth_buf_text(&text, echo_of(choice));
    append_clean(&text, kept->prompt.bytes, kept->prompt.length);
    hearth_buf_append(&text, choice->text.bytes, choice->text.length);
    hearth_buf_printf(buf, "{\"index\":%u,\"text\":", index);
    hearth_json_write_string(buf, text.bytes ? text.bytes : "", text.length);
    hearth_buf_finish(&text);
    hearth_buf_text(buf, ",\"logprobs\":");
    if (choice->generation->logprobs)
        hearth_openai_lists_write(&kept->lists, buf);
    else
        hearth_buf_text(buf, "null");
    hearth_buf_printf(buf, ",\"finish_reason\":\"%s\"}", hearth_finish_name(choice->done.finish));
}

/* OpenAI's measure of best_of: the highest logprob per token. */
static double mean_logprob(const struct hearth_choice *choice)
{
    const struct kept *kept = kept_of(choice);
    return kept->logprob_count ? kept->logprob_sum / kept->logprob_count : 0;
}

/* Whether a goes before b: the likelier one, of equals the first. */
static bool goes_before(const struct hearth_choice *a, const struct hearth_choice *b)
{
    double difference = mean_logprob(a) - mean_logprob(b);
    return difference > 0 || (difference == 0 && a->index < b->index);
}

/* Of the choices of one prompt that were made, number `place` of the likeliest. */
static const struct hearth_choice *ranked(const struct hearth_choice *made, uint32_t count,
                                          uint32_t place)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t before = 0;
        for (uint32_t j = 0; j < count; j++)
            before += goes_before(&made[j], &made[i]);
        if (before == place)
            return &made[i];
    }
    return made;
}

static void write_answer(const struct hearth_generation *generation, struct hearth_buf *buf)
{
    uint32_t given = generation->given, made = generation->n;
    hearth_openai_write_head(generation, "text_completion", buf);
    hearth_buf_text(buf, ",\"choices\":[");
    for (uint32_t i = 0; i < generation->choice_count / made * given; i++) {
        const struct hearth_choice *choices = &generation->choices[i / given * made];
        hearth_buf_text(buf, i ? "," : "");
        write_choice(given < made ? ranked(choices, made, i % given) : &choices[i % given], i, buf);
    }
    hearth_buf_text(buf, "],\"usage\":");
    hearth_openai_write_usage(generation, buf);
    hearth_generation_write_timings(&generation->choices[0], buf);
    hearth_buf_char(buf, '}');
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
