/* Texts to tokens: with libllama's tokenizer, or with a folder's own. */
#include "base/error.h"
#include "base/memory.h"
#include "engine/llama/llama_engine.h"

#include <inttypes.h>
#include <string.h>

/* A tokenizer may know tokens that the embeddings have no row for (Gemma's for pictures). */
static int check_ids(const struct hearth_engine *engine, const struct hearth_tokens *tokens,
                     struct hearth_error *error)
{
    uint32_t words = engine->facts.vocabulary_length;
    if (tokens->count > INT32_MAX)
        return hearth_error_set(error, HEARTH_ETOOLARGE, "the text has too many tokens");
    for (size_t i = 0; i < tokens->count; i++)
        if (tokens->ids[i] < 0 || (uint32_t)tokens->ids[i] >= words)
            return hearth_error_set(error, HEARTH_EINVAL,
                                    "the text has a special token (%" PRId32
                                    ") that this model has no embedding for",
                                    tokens->ids[i]);
    return 0;
}

static int encode_own(const struct hearth_engine *engine, const char *text, size_t length,
                      bool add_special, const hearth_flag *canceled, int32_t **ret_tokens,
                      uint32_t *ret_count, struct hearth_error *error)
{
    struct hearth_tokens tokens = {.canceled = canceled};
    int rc = hearth_tokenizer_encode(engine->tokenizer, length > 0 ? text : "", length, NULL, 0,
                                     add_special, &tokens, error);
    if (rc == 0)
        rc = check_ids(engine, &tokens, error);
    int32_t *ids = rc == 0 ? hearth_try_calloc(tokens.count + 1, sizeof(*ids)) : NULL;
    if (rc == 0 && ids == NULL)
        rc = hearth_error_set(error, HEARTH_ENOMEM, "no memory for %zu tokens", tokens.count);
    if (rc == 0) {
        if (tokens.count > 0)
            memcpy(ids, tokens.ids, tokens.count * sizeof(*ids));
        *ret_tokens = ids;
        *ret_count = (uint32_t)tokens.count;
    }
    hearth_tokens_finish(&tokens);
    return rc;
}

int hearth_llama_encode(const struct hearth_engine *engine, const char *text, size_t length,
                        bool add_special, bool parse_special, const hearth_flag *canceled,
                        int32_t **ret_tokens, uint32_t *ret_count, struct hearth_error *error)
{
    if (engine->tokenizer != NULL && !parse_special)
        return hearth_error_set(error, HEARTH_ENOTIMPL,
                                "parse_special: this model's tokenizer always takes special tokens "
                                "for what they are");
    if (engine->tokenizer != NULL)
        return encode_own(engine, text, length, add_special, canceled, ret_tokens, ret_count,
                          error);
    return hearth_llama_tokenize(engine->vocab, text, length, add_special, parse_special,
                                 ret_tokens, ret_count, error);
}
