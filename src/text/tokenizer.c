/* A text's way through the parts of tokenizer_parts.h: added tokens that stand in the raw text are
 * cut out first; what lies between is normalized, and the added tokens of normalized text are cut
 * out of that; what still lies between is split into pieces, which the model turns into ids. */
#include "text/tokenizer.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "text/tokenizer_parts.h"

#include <stdatomic.h>
#include <string.h>

/* Tokens */

void hearth_tokens_finish(struct hearth_tokens *tokens)
{
    hearth_free(tokens->ids);
    hearth_free(tokens->types);
    *tokens = (struct hearth_tokens){0};
}

/* Segment ids begin as 0; encode sets them for a whole text at once. */
int tokens_append(struct hearth_tokens *tokens, int32_t id, struct hearth_error *error)
{
    if (tokens->count == tokens->capacity) {
        /* The ids may have grown when the types could not: then `capacity` still says how many both
         * have room for. */
        size_t capacity = tokens->capacity ? 2 * tokens->capacity : 64;
        int32_t *ids = hearth_try_realloc(tokens->ids, capacity * sizeof(*ids));
        if (ids)
            tokens->ids = ids;
        uint8_t *types = ids ? hearth_try_realloc(tokens->types, capacity) : NULL;
        if (!types)
            return hearth_error_set(error, HEARTH_ENOMEM,
                                    "there is not enough memory for %zu tokens", capacity);
        tokens->types = types;
        tokens->capacity = capacity;
    }
    tokens->types[tokens->count] = 0;
    tokens->ids[tokens->count++] = id;
    return 0;
}

int tokens_check(const struct hearth_tokens *tokens, struct hearth_error *error)
{
    if (!tokens->canceled || !atomic_load_explicit(tokens->canceled, memory_order_relaxed))
        return 0;
    return hearth_error_set(error, HEARTH_ECANCELED, "canceled");
}

/* Encoding */

static int no_memory(struct hearth_error *error)
{
    return hearth_error_set(error, HEARTH_ENOMEM, "there is not enough memory for this text");
}

struct piece_encoder {
    struct piece_taker taker;
    const struct token_model *model;
    struct hearth_tokens *tokens;
    struct hearth_error *error;
    size_t taken;
};

static int encode_piece(struct piece_taker *taker, const uint32_t *piece, size_t count)
{
    enum { PIECES_AT_ONCE = 1 << 12 };
    /* Cancelling is looked at every few thousand pieces: the look costs more than many a piece. */
    struct piece_encoder *encoder = (struct piece_encoder *)taker;
    int rc = encoder->taken++ % PIECES_AT_ONCE ? 0 : tokens_check(encoder->tokens, encoder->error);
    return rc ? rc
              : encoder->model->ops->encode(encoder->model, piece, count, encoder->tokens,
                                            encoder->error);
}

/* Text without added tokens, already normalized. */
static int encode_plain(const struct hearth_tokenizer *tokenizer, size_t head,
                        const struct hearth_runes *text, struct hearth_tokens *tokens,
                        struct hearth_error *error)
{
    struct piece_encoder encoder = {
        .taker.take = encode_piece, .model = tokenizer->model, .tokens = tokens, .error = error};
    int rc = pre_tokenizer_run(&tokenizer->pre_tokenizer, head, text, &encoder.taker);
    return rc == HEARTH_ENOMEM ? no_memory(error) : rc;
}

static int encode_between(const struct hearth_tokenizer *tokenizer, bool normalized, size_t head,
                          struct hearth_runes *text, struct hearth_tokens *tokens,
                          struct hearth_error *error);

/* Takes [start, end) of a raw text; all of it is taken away from there, which saves the room of a
 * copy. */
static int encode_raw(const struct hearth_tokenizer *tokenizer, size_t head,
                      struct hearth_runes *text, size_t start, size_t end,
                      struct hearth_tokens *tokens, struct hearth_error *error)
{
    struct hearth_runes part = {0};
    if (end - start == text->count) {
        part = *text;
        *text = (struct hearth_runes){0};
    } else {
        hearth_runes_append_all(&part, text->at + start, end - start);
    }
    /* From here on it is normalized text, in which the added tokens of the other kind are looked
     * for. */
    size_t left = normalizer_run(&tokenizer->normalizer, &part, head);
    int rc = part.overlong ? hearth_error_set(error, HEARTH_ETOOLARGE,
                                              "what the model's normalizer makes of this text is "
                                              "too long")
             : part.failed ? no_memory(error)
                           : encode_between(tokenizer, true, left, &part, tokens, error);
    hearth_runes_finish(&part);
    return rc;
}

/* Cuts the added tokens of one kind out; what lies between goes on: raw text is normalized first.
 * `head`: how many code points come out of the first one of the whole text. */
static int encode_between(const struct hearth_tokenizer *tokenizer, bool normalized, size_t head,
                          struct hearth_runes *text, struct hearth_tokens *tokens,
                          struct hearth_error *error)
{
    size_t start = 0, from = 0, to = 0, count = text->count;
    int rc = 0;
    while (start < count && !rc) {
        const struct added_token *token =
            added_tokens_match(&tokenizer->added, normalized, text, start, &from, &to);
        size_t end = token ? from : count, head_left = head > start ? head - start : 0;
        const struct hearth_runes between = {.at = text->at + start, .count = end - start};
        rc = tokens_check(tokens, error);
        if (end > start && !rc)
            rc = normalized ? encode_plain(tokenizer, head_left, &between, tokens, error)
                            : encode_raw(tokenizer, head_left, text, start, end, tokens, error);
        if (token && !rc)
            rc = tokens_append(tokens, token->id, error);
        start = token ? to : count;
    }
    return rc;
}

static int encode_text(const struct hearth_tokenizer *tokenizer, const char *text, size_t length,
                       struct hearth_tokens *tokens, struct hearth_error *error)
{
    if (!hearth_utf8_valid(text, length))
        return hearth_error_set(error, HEARTH_EPARSE, "the text is not valid UTF-8");
    struct hearth_runes runes = {0};
    hearth_runes_append_utf8(&runes, text, length);
    int rc = runes.failed
                 ? no_memory(error)
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
        /* Special tokens are left out when nobody wants them; the segments of what remains are as
         * with them. */
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
    /* All of them must be there: of half an opening it is not known where the text begins. */
    size_t specials = 0;
    while (specials < post->single_count && post->single[specials].id >= 0) {
        if (specials == count || ids[specials] != post->single[specials].id)
            return 0;
        specials++;
    }
    return specials;
}

/* As `opening`, from the end backwards. */
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

/* An added token has its own text, which may differ from what the vocabulary has for its id. */
static const char *text_of(const struct hearth_tokenizer *tokenizer, int32_t id, size_t *ret_length,
                           bool *ret_special)
{
    const struct added_token *added = added_tokens_by_id(&tokenizer->added, id);
    *ret_special = added && added->special;
    if (!added)
        return vocabulary_text(&tokenizer->model->vocabulary, id, ret_length);
    *ret_length = strlen(added->text);
    return added->text;
}

/* Of bytes that are no UTF-8 together, the library makes a replacement character each. */
static void end_bytes(struct hearth_buf *text, size_t *from)
{
    if (*from == SIZE_MAX || text->failed) {
        *from = SIZE_MAX;
        return;
    }
    size_t count = text->length - *from;
    if (!hearth_utf8_valid(text->bytes + *from, count)) {
        text->length = *from;
        for (size_t i = 0; i < count; i++)
            hearth_buf_text(text, "\xef\xbf\xbd");
    }
    *from = SIZE_MAX;
}

int hearth_tokenizer_decode(const struct hearth_tokenizer *tokenizer, const int32_t *ids,
                            size_t count, bool skip_special, struct hearth_buf *text,
                            struct hearth_error *error)
{
    bool first = true;
    size_t start = text->length;
    size_t bytes = SIZE_MAX; /* where a run of tokens that are bytes begins in the text */
    for (size_t i = 0; i < count; i++) {
        size_t length;
        bool special;
        const char *token = text_of(tokenizer, ids[i], &length, &special);
        if (!token)
            return hearth_error_set(error, HEARTH_EINVAL, "there is no token with the id %d",
                                    ids[i]);
        if (special && skip_special)
            continue;
        int byte = decoder_byte(&tokenizer->decoder, token, length);
        if (byte >= 0) {
            bytes = bytes == SIZE_MAX ? text->length : bytes;
            hearth_buf_char(text, (char)byte);
        } else {
            end_bytes(text, &bytes);
            decoder_append(&tokenizer->decoder, token, length, first, text);
        }
        first = false;
    }
    end_bytes(text, &bytes);
    if (tokenizer->decoder.strips_first && text->length > start && text->bytes[start] == ' ')
        memmove(text->bytes + start, text->bytes + start + 1, --text->length - start);
    return text->failed ? hearth_error_set(error, text->failed, "the text is too long") : 0;
}

/* A template may name ids that neither the model nor the added tokens have. */
static void widen_to_template(const struct template_item *items, size_t count, size_t *most)
{
    for (size_t i = 0; i < count; i++)
        if (items[i].id >= 0 && (size_t)items[i].id >= *most)
            *most = (size_t)items[i].id + 1;
}

size_t hearth_tokenizer_vocabulary(const struct hearth_tokenizer *tokenizer)
{
    /* The highest id of each source; ids may have gaps, so counting tokens would not do. */
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

/* Added tokens first: their text may be another one in the vocabulary. */
int32_t hearth_tokenizer_id(const struct hearth_tokenizer *tokenizer, const char *token)
{
    for (size_t i = 0; i < tokenizer->added.count; i++)
        if (strcmp(tokenizer->added.at[i].text, token) == 0)
            return tokenizer->added.at[i].id;
    return vocabulary_find(&tokenizer->model->vocabulary, token, strlen(token));
}

const char *hearth_tokenizer_token(const struct hearth_tokenizer *tokenizer, int32_t id,
                                   size_t *ret_length, enum hearth_token_kind *ret_kind)
{
    const struct added_token *added = added_tokens_by_id(&tokenizer->added, id);
    bool special;
    const char *text = text_of(tokenizer, id, ret_length, &special);
    if (!text)
        return NULL;
    bool literal =
        tokenizer->decoder.kind == DECODE_BYTE_LEVEL && !is_byte_level(text, *ret_length);
    if (special)
        *ret_kind = HEARTH_TOKEN_SPECIAL;
    else if (added || literal)
        *ret_kind = HEARTH_TOKEN_ADDED;
    else if (decoder_byte(&tokenizer->decoder, text, *ret_length) >= 0)
        *ret_kind = HEARTH_TOKEN_BYTE;
    else
        *ret_kind = HEARTH_TOKEN_NORMAL;
    return text;
}

enum hearth_tokenizer_spelling hearth_tokenizer_spells(const struct hearth_tokenizer *tokenizer)
{
    switch (tokenizer->decoder.kind) {
    case DECODE_BYTE_LEVEL:
        return HEARTH_SPELLS_BYTES;
    case DECODE_METASPACE:
        return strcmp(tokenizer->decoder.prefix, "\xe2\x96\x81") == 0 ? HEARTH_SPELLS_MARKS
                                                                      : HEARTH_SPELLS_OTHERWISE;
    default:
        return HEARTH_SPELLS_OTHERWISE;
    }
}
