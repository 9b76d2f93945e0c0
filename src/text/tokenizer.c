#include "text/tokenizer.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "text/tokenizer_parts.h"

#include <string.h>

/* Tokens */

void hearth_tokens_finish(struct hearth_tokens *tokens)
{
    hearth_free(tokens->ids);
    hearth_free(tokens->types);
    *tokens = (struct hearth_tokens){0};
}

int tokens_append(struct hearth_tokens *tokens, int32_t id, struct hearth_error *error)
{
    if (tokens->count == tokens->capacity) {
        size_t capacity = tokens->capacity ? 2 * tokens->capacity : 64;
        int32_t *ids = hearth_try_realloc(tokens->ids, capacity * sizeof(*ids));
        if (ids)
            tokens->ids = ids;
        uint8_t *types = ids ? hearth_try_realloc(tokens->types, capacity) : NULL;
        if (!types)
            return hearth_error_set(error, HEARTH_ENOMEM, "no memory for %zu tokens", capacity);
        tokens->types = types;
        tokens->capacity = capacity;
    }
    tokens->types[tokens->count] = 0;
    tokens->ids[tokens->count++] = id;
    return 0;
}

/* Encoding */

static int encode_pieces(const struct hearth_tokenizer *tokenizer, size_t head,
                         struct pieces *pieces, struct hearth_tokens *tokens,
                         struct hearth_error *error)
{
    pieces_append(pieces, 0, pieces->text.count);
    pre_tokenizer_run(&tokenizer->pre_tokenizer, head, pieces);
    if (pieces->failed)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for this text");
    int rc = 0;
    for (size_t i = 0; i < pieces->count && !rc; i++)
        rc = tokenizer->model->ops->encode(tokenizer->model, pieces->text.at + pieces->at[i].start,
                                           pieces->at[i].count, tokens, error);
    return rc;
}

/* Text without added tokens, already normalized. */
static int encode_plain(const struct hearth_tokenizer *tokenizer, size_t head, const uint32_t *text,
                        size_t count, struct hearth_tokens *tokens, struct hearth_error *error)
{
    struct pieces pieces = {0};
    hearth_runes_append_all(&pieces.text, text, count);
    int rc = encode_pieces(tokenizer, head, &pieces, tokens, error);
    pieces_finish(&pieces);
    return rc;
}

static int encode_normalized(const struct hearth_tokenizer *tokenizer, size_t head,
                             const struct hearth_runes *text, struct hearth_tokens *tokens,
                             struct hearth_error *error);

static int refuse_failed(const struct hearth_runes *text, struct hearth_error *error)
{
    return text->overlong ? hearth_error_set(error, HEARTH_ETOOLARGE,
                                             "what the model's normalizer makes of this text is "
                                             "too long")
                          : hearth_error_set(error, HEARTH_ENOMEM, "no memory for this text");
}

/* Cuts the added tokens of one kind out; what lies between goes on: raw text is normalized first.
 * `head`: how many code points come out of the first one of the whole text. */
static int encode_between(const struct hearth_tokenizer *tokenizer, bool normalized, size_t head,
                          const struct hearth_runes *text, struct hearth_tokens *tokens,
                          struct hearth_error *error)
{
    size_t start = 0, from = 0, to = 0;
    int rc = 0;
    while (start < text->count && !rc) {
        const struct added_token *token =
            added_tokens_match(&tokenizer->added, normalized, text, start, &from, &to);
        size_t end = token ? from : text->count;
        if (end > start && normalized) {
            rc = encode_plain(tokenizer, head > start ? head - start : 0, text->at + start,
                              end - start, tokens, error);
        } else if (end > start) {
            struct hearth_runes part = {0};
            hearth_runes_append_all(&part, text->at + start, end - start);
            size_t left =
                normalizer_run(&tokenizer->normalizer, &part, head > start ? head - start : 0);
            rc = part.failed ? refuse_failed(&part, error)
                             : encode_normalized(tokenizer, left, &part, tokens, error);
            hearth_runes_finish(&part);
        }
        if (token && !rc)
            rc = tokens_append(tokens, token->id, error);
        start = token ? to : text->count;
    }
    return rc;
}

static int encode_normalized(const struct hearth_tokenizer *tokenizer, size_t head,
                             const struct hearth_runes *text, struct hearth_tokens *tokens,
                             struct hearth_error *error)
{
    return encode_between(tokenizer, true, head, text, tokens, error);
}

static int encode_text(const struct hearth_tokenizer *tokenizer, const char *text, size_t length,
                       struct hearth_tokens *tokens, struct hearth_error *error)
{
    if (!hearth_utf8_valid(text, length))
        return hearth_error_set(error, HEARTH_EPARSE, "the text is not valid UTF-8");
    struct hearth_runes runes = {0};
    hearth_runes_append_utf8(&runes, text, length);
    int rc = runes.failed
                 ? hearth_error_set(error, HEARTH_ENOMEM, "no memory for this text")
                 : encode_between(tokenizer, false, tokenizer->asks_first, &runes, tokens, error);
    hearth_runes_finish(&runes);
    return rc;
}

int hearth_tokenizer_encode(const struct hearth_tokenizer *tokenizer, const char *text,
                            size_t length, const char *pair, size_t pair_length,
                            bool special_tokens, struct hearth_tokens *tokens,
                            struct hearth_error *error)
{
    const struct post_processor *post = &tokenizer->post;
    const struct template_item *items = pair ? post->pair : post->single;
    size_t count = pair ? post->pair_count : post->single_count;
    int rc = 0;
    for (size_t i = 0; i < count && !rc; i++) {
        size_t first = tokens->count;
        if (items[i].id >= 0)
            rc = special_tokens ? tokens_append(tokens, items[i].id, error) : 0;
        else if (items[i].id == -1)
            rc = encode_text(tokenizer, text, length, tokens, error);
        else
            rc = encode_text(tokenizer, pair, pair_length, tokens, error);
        if (tokens->count > first)
            memset(tokens->types + first, items[i].type, tokens->count - first);
    }
    return rc;
}

size_t hearth_tokenizer_opening(const struct hearth_tokenizer *tokenizer, const int32_t *ids,
                                size_t count)
{
    const struct post_processor *post = &tokenizer->post;
    size_t specials = 0;
    while (specials < post->single_count && post->single[specials].id >= 0) {
        if (specials == count || ids[specials] != post->single[specials].id)
            return 0;
        specials++;
    }
    return specials;
}

size_t hearth_tokenizer_closing(const struct hearth_tokenizer *tokenizer, bool pair,
                                const int32_t *ids, size_t count)
{
    const struct post_processor *post = &tokenizer->post;
    const struct template_item *items = pair ? post->pair : post->single;
    size_t end = pair ? post->pair_count : post->single_count, specials = 0;
    while (specials < end && items[end - 1 - specials].id >= 0) {
        if (specials == count || ids[count - 1 - specials] != items[end - 1 - specials].id)
            return 0;
        specials++;
    }
    return specials;
}

/* Decoding */

static const struct added_token *added_by_id(const struct hearth_tokenizer *tokenizer, int32_t id)
{
    for (size_t i = 0; i < tokenizer->added.count; i++)
        if (tokenizer->added.at[i].id == id)
            return &tokenizer->added.at[i];
    return NULL;
}

static const char *text_of(const struct hearth_tokenizer *tokenizer, int32_t id, size_t *ret_length,
                           bool *ret_special)
{
    const struct added_token *added = added_by_id(tokenizer, id);
    *ret_special = added && added->special;
    if (!added)
        return vocabulary_text(&tokenizer->model->vocabulary, id, ret_length);
    *ret_length = strlen(added->text);
    return added->text;
}

int hearth_tokenizer_decode(const struct hearth_tokenizer *tokenizer, const int32_t *ids,
                            size_t count, bool skip_special, struct hearth_buf *text,
                            struct hearth_error *error)
{
    bool first = true;
    for (size_t i = 0; i < count; i++) {
        size_t length;
        bool special;
        const char *token = text_of(tokenizer, ids[i], &length, &special);
        if (!token)
            return hearth_error_set(error, HEARTH_EINVAL, "there is no token with the id %d",
                                    ids[i]);
        if (special && skip_special)
            continue;
        decoder_append(&tokenizer->decoder, token, length, first, text);
        first = false;
    }
    return text->failed ? hearth_error_set(error, text->failed, "the text is too long") : 0;
}

static void widen_to_template(const struct template_item *items, size_t count, size_t *most)
{
    for (size_t i = 0; i < count; i++)
        if (items[i].id >= 0 && (size_t)items[i].id >= *most)
            *most = (size_t)items[i].id + 1;
}

size_t hearth_tokenizer_vocabulary(const struct hearth_tokenizer *tokenizer)
{
    size_t most = 0;
    const struct vocabulary *vocabulary = &tokenizer->model->vocabulary;
    for (size_t id = vocabulary->id_count; id-- > 0 && !most;)
        if (vocabulary->entries[id].length != UINT32_MAX)
            most = id + 1;
    for (size_t i = 0; i < tokenizer->added.count; i++)
        if ((size_t)tokenizer->added.at[i].id >= most)
            most = (size_t)tokenizer->added.at[i].id + 1;
    widen_to_template(tokenizer->post.single, tokenizer->post.single_count, &most);
    widen_to_template(tokenizer->post.pair, tokenizer->post.pair_count, &most);
    return most;
}

unsigned hearth_tokenizer_segments(const struct hearth_tokenizer *tokenizer, bool pair)
{
    const struct post_processor *post = &tokenizer->post;
    const struct template_item *items = pair ? post->pair : post->single;
    size_t count = pair ? post->pair_count : post->single_count;
    unsigned most = 0;
    for (size_t i = 0; i < count; i++)
        if (items[i].type >= most)
            most = items[i].type + 1u;
    return most;
}

int32_t hearth_tokenizer_id(const struct hearth_tokenizer *tokenizer, const char *token)
{
    for (size_t i = 0; i < tokenizer->added.count; i++)
        if (strcmp(tokenizer->added.at[i].text, token) == 0)
            return tokenizer->added.at[i].id;
    return vocabulary_find(&tokenizer->model->vocabulary, token, strlen(token));
}
