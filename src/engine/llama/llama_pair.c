/* A query and a document as the tokens of one input. The gateway bounds the bytes of a pair. */
#include "base/error.h"
#include "base/memory.h"
#include "engine/llama/llama_engine.h"

#include <string.h>

#define PAIR_MAX (64u << 20) /* bytes, with the words of a template */

int hearth_llama_count_tokens(struct hearth_engine *engine, const char *text, size_t length,
                              uint32_t *ret_count, struct hearth_error *error)
{
    int32_t *tokens = NULL;
    int rc =
        hearth_llama_encode(engine, text, length, false, true, NULL, &tokens, ret_count, error);
    hearth_free(tokens);
    return rc;
}

static void put_expanded(struct hearth_buf *buf, const char *template, size_t length,
                         const struct hearth_input *input)
{
    static const char query[] = "{query}", document[] = "{document}";
    size_t at = 0;
    while (at < length) {
        if (length - at >= sizeof(query) - 1 &&
            memcmp(template + at, query, sizeof(query) - 1) == 0) {
            hearth_buf_append(buf, input->bytes, input->length);
            at += sizeof(query) - 1;
        } else if (length - at >= sizeof(document) - 1 &&
                   memcmp(template + at, document, sizeof(document) - 1) == 0) {
            hearth_buf_append(buf, input->pair, input->pair_length);
            at += sizeof(document) - 1;
        } else {
            hearth_buf_char(buf, template[at++]);
        }
    }
}

/* The words with which a reranker was trained (tokenizer.chat_template.rerank), with the two texts
 * in their places, tokenized whole, as llama-server does it. What stands before and behind the
 * document is counted by itself, for the case that the document must be cut; what stands behind
 * begins with a control token, at which tokens always part. */
static int fill_pair_template(struct hearth_engine *engine, const struct hearth_input *input,
                              struct hearth_llama_input *made, struct hearth_error *error)
{
    const char *template = engine->pair_template;
    const size_t hole = sizeof("{document}") - 1;
    size_t before = (size_t)(strstr(template, "{document}") - template);
    struct hearth_buf text;
    hearth_buf_init(&text, PAIR_MAX);
    put_expanded(&text, template, before, input);
    size_t head = text.length;
    put_expanded(&text, template + before, hole, input);
    size_t tail = text.length;
    put_expanded(&text, template + before + hole, strlen(template) - before - hole, input);
    int rc = 0;
    if (text.failed != 0 || text.length == 0)
        rc = hearth_error_set(error, HEARTH_ETOOLARGE, "the pair of texts is empty, or too long");
    if (rc == 0)
        rc = hearth_llama_encode(engine, text.bytes, text.length, false, true, input->canceled,
                                 &made->tokens, &made->head.token_count, error);
    if (rc == 0)
        rc = hearth_llama_count_tokens(engine, text.bytes, head, &made->pair_at, error);
    if (rc == 0)
        rc = hearth_llama_count_tokens(engine, text.bytes + tail, text.length - tail,
                                       &made->closing, error);
    hearth_buf_finish(&text);
    return rc;
}

/* [BOS] query [EOS] [SEP] document [EOS], as llama-server puts a pair together. */
static int join_pair(struct hearth_engine *engine, const struct hearth_input *input,
                     struct hearth_llama_input *made, struct hearth_error *error)
{
    const struct llama_vocab *vocab = engine->vocab;
    int32_t *first = NULL, *second = NULL;
    uint32_t first_count = 0, second_count = 0;
    int rc = hearth_llama_encode(engine, input->bytes, input->length, false, false, input->canceled,
                                 &first, &first_count, error);
    if (rc == 0)
        rc = hearth_llama_encode(engine, input->pair, input->pair_length, false, false,
                                 input->canceled, &second, &second_count, error);
    if (rc == 0) {
        made->tokens =
            hearth_try_calloc((size_t)first_count + second_count + 4, sizeof(*made->tokens));
        if (made->tokens == NULL)
            rc = hearth_error_set(error, HEARTH_ENOMEM, "no memory for the pair's tokens");
    }
    if (rc == 0) {
        int32_t end = llama_vocab_eos(vocab);
        if (end == LLAMA_TOKEN_NULL)
            end = llama_vocab_sep(vocab);
        bool add_end = llama_vocab_get_add_eos(vocab) && end != LLAMA_TOKEN_NULL;
        uint32_t n = 0;
        if (llama_vocab_get_add_bos(vocab) && llama_vocab_bos(vocab) != LLAMA_TOKEN_NULL)
            made->tokens[n++] = llama_vocab_bos(vocab);
        memcpy(made->tokens + n, first, first_count * sizeof(*first));
        n += first_count;
        if (add_end)
            made->tokens[n++] = end;
        if (llama_vocab_get_add_sep(vocab) && llama_vocab_sep(vocab) != LLAMA_TOKEN_NULL)
            made->tokens[n++] = llama_vocab_sep(vocab);
        made->pair_at = n;
        memcpy(made->tokens + n, second, second_count * sizeof(*second));
        n += second_count;
        if (add_end)
            made->tokens[n++] = end;
        made->head.token_count = n;
    }
    hearth_free(first);
    hearth_free(second);
    return rc;
}

int hearth_llama_make_pair(struct hearth_engine *engine, const struct hearth_input *input,
                           struct hearth_llama_input *made, struct hearth_error *error)
{
    return engine->pair_template != NULL ? fill_pair_template(engine, input, made, error)
                                         : join_pair(engine, input, made, error);
}
