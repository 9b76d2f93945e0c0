#include "routes/openai/openai_completion_lists.h"

#include "base/json.h"
#include "routes/openai/openai_write.h"

#include <math.h>
#include <string.h>

enum { LIST_MAX = 16 << 20 };
enum { TOKENS, TOKEN_LOGPROBS, TOP_LOGPROBS, TEXT_OFFSET };

/* Stands before the bytes of a token that is only a part of a character. */
static const char spelled[] = "bytes:";

void hearth_openai_lists_init(struct hearth_openai_lists *lists)
{
    for (int list = 0; list < HEARTH_OPENAI_LISTS; list++)
        hearth_buf_init(&lists->each[list], LIST_MAX);
}

void hearth_openai_lists_finish(struct hearth_openai_lists *lists)
{
    for (int list = 0; list < HEARTH_OPENAI_LISTS; list++)
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
    hearth_openai_write_token(buf, text, spelled);
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

void hearth_openai_lists_add(struct hearth_openai_lists *lists, const struct hearth_token *token,
                             uint32_t offset)
{
    struct hearth_buf *each = lists->each;
    for (int list = 0; list < HEARTH_OPENAI_LISTS; list++)
        if (each[list].length)
            hearth_buf_char(&each[list], ',');
    hearth_openai_write_token(&each[TOKENS], &token->text, spelled);
    if (isnan(token->logprob)) {
        hearth_buf_text(&each[TOKEN_LOGPROBS], "null");
        hearth_buf_text(&each[TOP_LOGPROBS], "null");
    } else {
        hearth_openai_write_logprob(&each[TOKEN_LOGPROBS], token->logprob);
        write_top(&each[TOP_LOGPROBS], token);
    }
    hearth_buf_printf(&each[TEXT_OFFSET], "%u", offset);
}

void hearth_openai_lists_write(const struct hearth_openai_lists *lists, struct hearth_buf *buf)
{
    static const char *const names[HEARTH_OPENAI_LISTS] = {"tokens", "token_logprobs",
                                                           "top_logprobs", "text_offset"};
    for (int list = 0; list < HEARTH_OPENAI_LISTS; list++) {
        hearth_buf_printf(buf, "%s\"%s\":[", list ? "," : "{", names[list]);
        hearth_buf_append(buf, lists->each[list].bytes, lists->each[list].length);
        hearth_buf_char(buf, ']');
        if (lists->each[list].failed)
            buf->failed = lists->each[list].failed;
    }
    hearth_buf_char(buf, '}');
}
