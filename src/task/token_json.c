#include "task/token_json.h"

#include "base/json.h"

/* JSON cannot say minus infinity: OpenAI's least value stands for it. */
static void write_logprob(float logprob, struct hearth_buf *buf)
{
    hearth_json_write_float(buf, logprob < -9999.0f ? -9999.0f : logprob);
}

/* {… without its end */
static void write_head(int32_t id, const struct hearth_bytes *text, float logprob, bool with_ids,
                       struct hearth_buf *buf)
{
    hearth_buf_char(buf, '{');
    if (with_ids)
        hearth_buf_printf(buf, "\"id\":%d,", id);
    hearth_buf_text(buf, "\"token\":");
    hearth_json_write_string(buf, text->bytes, text->length);
    hearth_buf_text(buf, ",\"logprob\":");
    write_logprob(logprob, buf);
    hearth_buf_text(buf, ",\"bytes\":[");
    for (size_t i = 0; i < text->length; i++)
        hearth_buf_printf(buf, i ? ",%u" : "%u", (unsigned char)text->bytes[i]);
    hearth_buf_char(buf, ']');
}

void hearth_token_json_write(const struct hearth_token *token, bool with_ids,
                             struct hearth_buf *buf)
{
    write_head(token->token, &token->text, token->logprob, with_ids, buf);
    hearth_buf_text(buf, ",\"top_logprobs\":[");
    for (uint32_t i = 0; i < token->alternative_count; i++) {
        const struct hearth_alternative *one = &token->alternatives[i];
        if (i)
            hearth_buf_char(buf, ',');
        write_head(one->token, &one->text, one->logprob, with_ids, buf);
        hearth_buf_char(buf, '}');
    }
    hearth_buf_text(buf, "]}");
}

void hearth_tokens_json_write(const struct hearth_event *event, bool with_ids, bool first,
                              struct hearth_buf *buf)
{
    for (uint32_t i = 0; event->has_tokens && i < event->token_count; i++) {
        if (!first || i)
            hearth_buf_char(buf, ',');
        hearth_token_json_write(&event->tokens[i], with_ids, buf);
    }
}
