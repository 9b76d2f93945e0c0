#include "routes/openai/openai_write.h"

#include "base/text.h"

#include <string.h>

enum { TOKEN_MAX = 1 << 20 };

void hearth_openai_write_head(const struct hearth_generation *generation, const char *object,
                              struct hearth_buf *buf)
{
    hearth_buf_printf(buf, "{\"id\":\"%s\",\"object\":\"%s\",\"created\":%lld,\"model\":",
                      generation->id, object, (long long)generation->created_s);
    hearth_json_write_text(buf, generation->model);
    if (generation->fingerprint[0] != '\0')
        hearth_buf_printf(buf, ",\"system_fingerprint\":\"%s\"", generation->fingerprint);
    else
        hearth_buf_text(buf, ",\"system_fingerprint\":null");
}

void hearth_openai_write_usage(const struct hearth_generation *generation, struct hearth_buf *buf)
{
    struct hearth_usage usage = hearth_generation_usage(generation);
    hearth_buf_printf(
        buf,
        "{\"prompt_tokens\":%llu,\"completion_tokens\":%llu,\"total_tokens\":%llu,"
        "\"prompt_tokens_details\":{\"cached_tokens\":%llu},"
        "\"completion_tokens_details\":{\"reasoning_tokens\":%llu}}",
        (unsigned long long)usage.prompt_tokens, (unsigned long long)usage.completion_tokens,
        (unsigned long long)(usage.prompt_tokens + usage.completion_tokens),
        (unsigned long long)usage.cached_tokens, (unsigned long long)usage.reasoning_tokens);
}

/* Printable ASCII stays as it is, also within such a token: " \\xf0\\x9f" is a space and half an
 * emoji.
 */
static void spell(struct hearth_buf *buf, const struct hearth_bytes *text)
{
    for (size_t i = 0; i < text->length; i++) {
        unsigned char byte = (unsigned char)text->bytes[i];
        if (byte >= 0x20 && byte < 0x7f)
            hearth_buf_char(buf, (char)byte);
        else
            hearth_buf_printf(buf, "\\x%02x", byte);
    }
}

void hearth_openai_write_token(struct hearth_buf *buf, const struct hearth_bytes *text,
                               const char *prefix)
{
    struct hearth_buf spelled;
    if (hearth_utf8_valid(text->bytes, text->length)) {
        hearth_json_write_string(buf, text->bytes, text->length);
        return;
    }
    hearth_buf_init(&spelled, TOKEN_MAX);
    hearth_buf_text(&spelled, prefix);
    spell(&spelled, text);
    hearth_json_write_string(buf, spelled.bytes, spelled.length);
    hearth_buf_finish(&spelled);
}

void hearth_openai_write_logprob(struct hearth_buf *buf, float logprob)
{
    hearth_json_write_float(buf, logprob < -9999.0f ? -9999.0f : logprob);
}

/* The bytes are the exact token; its text may be spelled out. */
static void write_bytes(struct hearth_buf *buf, const struct hearth_bytes *text)
{
    hearth_buf_char(buf, '[');
    for (size_t i = 0; i < text->length; i++)
        hearth_buf_printf(buf, i ? ",%u" : "%u", (unsigned char)text->bytes[i]);
    hearth_buf_char(buf, ']');
}

static void write_alternative(struct hearth_buf *buf, const struct hearth_bytes *text,
                              float logprob)
{
    hearth_buf_text(buf, "{\"token\":");
    hearth_openai_write_token(buf, text, "");
    hearth_buf_text(buf, ",\"logprob\":");
    hearth_openai_write_logprob(buf, logprob);
    hearth_buf_text(buf, ",\"bytes\":");
    write_bytes(buf, text);
}

void hearth_openai_write_scored(struct hearth_buf *buf, const struct hearth_token *token)
{
    write_alternative(buf, &token->text, token->logprob);
    hearth_buf_text(buf, ",\"top_logprobs\":[");
    for (uint32_t i = 0; i < token->alternative_count; i++) {
        if (i)
            hearth_buf_char(buf, ',');
        write_alternative(buf, &token->alternatives[i].text, token->alternatives[i].logprob);
        hearth_buf_char(buf, '}');
    }
    hearth_buf_text(buf, "]}");
}

void hearth_openai_write_answer(const struct hearth_generation *generation, const char *object,
                                void (*write_choice)(const struct hearth_choice *choice,
                                                     struct hearth_buf *buf),
                                struct hearth_buf *buf)
{
    hearth_openai_write_head(generation, object, buf);
    hearth_buf_text(buf, ",\"choices\":[");
    for (uint32_t i = 0; i < generation->choice_count; i++) {
        if (i)
            hearth_buf_char(buf, ',');
        write_choice(&generation->choices[i], buf);
    }
    hearth_buf_text(buf, "],\"usage\":");
    hearth_openai_write_usage(generation, buf);
    hearth_generation_write_timings(&generation->choices[0], buf);
    hearth_buf_char(buf, '}');
}

/* With the usage asked for, OpenAI's chunks have "usage":null until the last one. */
void hearth_openai_close_chunk(const struct hearth_choice *choice, const char *finish,
                               struct hearth_buf *buf)
{
    hearth_buf_printf(buf, ",\"finish_reason\":%s%s%s}]", finish ? "\"" : "",
                      finish ? finish : "null", finish ? "\"" : "");
    if (choice->first_us || finish)
        hearth_generation_write_timings(choice, buf);
    hearth_buf_text(buf, choice->generation->include_usage ? ",\"usage\":null}" : "}");
}

void hearth_openai_write_usage_chunk(const struct hearth_generation *generation, const char *object,
                                     struct hearth_buf *buf)
{
    hearth_openai_write_head(generation, object, buf);
    hearth_buf_text(buf, ",\"choices\":[],\"usage\":");
    hearth_openai_write_usage(generation, buf);
    hearth_buf_char(buf, '}');
}

bool hearth_openai_wants_usage(const json_t *body)
{
    return hearth_json_truth(json_object_get(body, "stream_options"), "include_usage", false);
}
