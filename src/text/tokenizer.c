#include "text/tokenizer.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/small_file.h"
#include "base/text.h"
#include "text/tokenizer_parts.h"

#include <stdio.h>
#include <string.h>

enum { FILE_BYTES_MAX = 256 << 20 };

static const struct token_model_ops *const models[] = {&wordpiece_model, &bpe_model,
                                                       &unigram_model};

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
            rc = part.failed ? hearth_error_set(error, HEARTH_ENOMEM, "no memory for this text")
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

/* The replacements of WordPiece's cleanup, in their order. */
static void clean_up(struct hearth_buf *text, size_t from)
{
    static const char *const replacements[][2] = {
        {" .", "."},   {" ?", "?"},     {" !", "!"},    {" ,", ","},
        {" ' ", "'"},  {" n't", "n't"}, {" 'm", "'m"},  {" do not", " don't"},
        {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
    for (size_t i = 0; i < sizeof(replacements) / sizeof(replacements[0]); i++) {
        const char *old = replacements[i][0], *new = replacements[i][1];
        size_t old_length = strlen(old), new_length = strlen(new);
        for (size_t at = from; at + old_length <= text->length; at++)
            if (memcmp(text->bytes + at, old, old_length) == 0) {
                memcpy(text->bytes + at, new, new_length);
                memmove(text->bytes + at + new_length, text->bytes + at + old_length,
                        text->length - at - old_length);
                text->length -= old_length - new_length;
                at += new_length - 1;
            }
    }
}

static void append_wordpiece(const struct hearth_tokenizer *tokenizer, const char *token,
                             size_t length, bool first, struct hearth_buf *text)
{
    size_t prefix = strlen(tokenizer->decoder_prefix), from = text->length;
    if (!first && length >= prefix && memcmp(token, tokenizer->decoder_prefix, prefix) == 0) {
        token += prefix;
        length -= prefix;
    } else if (!first) {
        hearth_buf_char(text, ' ');
    }
    hearth_buf_append(text, token, length);
    if (tokenizer->decoder_cleanup && !text->failed)
        clean_up(text, from);
}

static void append_byte_level(const char *token, size_t length, struct hearth_buf *text)
{
    struct hearth_runes runes = {0};
    hearth_runes_append_utf8(&runes, token, length);
    bool mapped = true;
    for (size_t i = 0; i < runes.count; i++)
        mapped &= byte_level_byte(runes.at[i]) >= 0;
    for (size_t i = 0; i < runes.count && mapped; i++)
        hearth_buf_char(text, (char)byte_level_byte(runes.at[i]));
    if (!mapped) /* an added token stands as it is */
        hearth_buf_append(text, token, length);
    hearth_runes_finish(&runes);
}

/* Spaces for the replacement; the one that was put before the text goes. */
static void append_metaspace(const struct hearth_tokenizer *tokenizer, const char *token,
                             size_t length, bool first, struct hearth_buf *text)
{
    const char *mark = tokenizer->decoder_prefix;
    size_t width = strlen(mark);
    for (size_t i = 0; i < length;) {
        if (width && length - i >= width && memcmp(token + i, mark, width) == 0) {
            if (!first || i > 0)
                hearth_buf_char(text, ' ');
            i += width;
        } else {
            hearth_buf_char(text, token[i++]);
        }
    }
}

static void append_decoded(const struct hearth_tokenizer *tokenizer, const char *token,
                           size_t length, bool first, struct hearth_buf *text)
{
    switch (tokenizer->decoder) {
    case DECODE_WORDPIECE:
        append_wordpiece(tokenizer, token, length, first, text);
        break;
    case DECODE_BYTE_LEVEL:
        append_byte_level(token, length, text);
        break;
    case DECODE_METASPACE:
        append_metaspace(tokenizer, token, length, first, text);
        break;
    case DECODE_SPACES:
        if (!first)
            hearth_buf_char(text, ' ');
        hearth_buf_append(text, token, length);
        break;
    }
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
        append_decoded(tokenizer, token, length, first, text);
        first = false;
    }
    return text->failed ? hearth_error_set(error, text->failed, "the text is too long") : 0;
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
    return most;
}

int32_t hearth_tokenizer_id(const struct hearth_tokenizer *tokenizer, const char *token)
{
    for (size_t i = 0; i < tokenizer->added.count; i++)
        if (strcmp(tokenizer->added.at[i].text, token) == 0)
            return tokenizer->added.at[i].id;
    return vocabulary_find(&tokenizer->model->vocabulary, token, strlen(token));
}

/* Opening */

static int read_model(const json_t *json, struct hearth_tokenizer *tokenizer,
                      struct hearth_error *error)
{
    const char *type = hearth_json_text(json, "type", "");
    /* Older files have no type; only WordPiece has a word length. */
    if (!*type && json_object_get(json, "max_input_chars_per_word"))
        type = "WordPiece";
    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++)
        if (strcmp(type, models[i]->name) == 0)
            return models[i]->read(json, &tokenizer->model, error);
    return hearth_error_set(error, HEARTH_ENOTIMPL,
                            "tokenizer.json: model \"%.60s\" is not known here", type);
}

/* A sequence of decoders counts as the one of them that is known here. */
static void read_decoder(const json_t *json, struct hearth_tokenizer *tokenizer)
{
    const char *type = hearth_json_text(json, "type", "");
    if (strcmp(type, "Sequence") == 0) {
        const json_t *parts = json_object_get(json, "decoders");
        for (size_t i = 0; i < json_array_size(parts); i++)
            read_decoder(json_array_get(parts, i), tokenizer);
    } else if (strcmp(type, "WordPiece") == 0) {
        tokenizer->decoder = DECODE_WORDPIECE;
        tokenizer->decoder_cleanup = hearth_json_truth(json, "cleanup", true);
        snprintf(tokenizer->decoder_prefix, sizeof(tokenizer->decoder_prefix), "%s",
                 hearth_json_text(json, "prefix", "##"));
    } else if (strcmp(type, "ByteLevel") == 0) {
        tokenizer->decoder = DECODE_BYTE_LEVEL;
    } else if (strcmp(type, "Metaspace") == 0) {
        tokenizer->decoder = DECODE_METASPACE;
        snprintf(tokenizer->decoder_prefix, sizeof(tokenizer->decoder_prefix), "%s",
                 hearth_json_text(json, "replacement", "\xe2\x96\x81"));
    }
}

static int read_all(const json_t *json, struct hearth_tokenizer *tokenizer,
                    struct hearth_error *error)
{
    int rc = normalizer_read(json_object_get(json, "normalizer"), &tokenizer->normalizer, error);
    if (!rc)
        rc = pre_tokenizer_read(json_object_get(json, "pre_tokenizer"), &tokenizer->pre_tokenizer,
                                error);
    tokenizer->asks_first = pre_tokenizer_asks_first(&tokenizer->pre_tokenizer);
    if (!rc)
        rc = read_model(json_object_get(json, "model"), tokenizer, error);
    if (!rc)
        rc = added_tokens_read(json_object_get(json, "added_tokens"), &tokenizer->normalizer,
                               &tokenizer->added, error);
    if (!rc)
        rc = post_processor_read(json_object_get(json, "post_processor"), &tokenizer->post, error);
    if (!rc)
        read_decoder(json_object_get(json, "decoder"), tokenizer);
    return rc;
}

static int from_json(const json_t *json, struct hearth_tokenizer **ret_tokenizer,
                     struct hearth_error *error)
{
    struct hearth_tokenizer *tokenizer = hearth_calloc(1, sizeof(*tokenizer));
    int rc = read_all(json, tokenizer, error);
    if (rc)
        hearth_tokenizer_close(tokenizer);
    else
        *ret_tokenizer = tokenizer;
    return rc;
}

int hearth_tokenizer_parse(const char *text, size_t length, struct hearth_tokenizer **ret_tokenizer,
                           struct hearth_error *error)
{
    json_t *json = hearth_json_parse(text, length, error);
    if (!json) {
        hearth_error_prefix(error, "tokenizer.json");
        if (error)
            error->code = HEARTH_EMODEL;
        return HEARTH_EMODEL;
    }
    int rc = from_json(json, ret_tokenizer, error);
    json_decref(json);
    return rc;
}

static int read_file(const char *directory, const char *name, struct hearth_buf *text,
                     struct hearth_error *error)
{
    int rc = hearth_small_file_read_in(directory, name, text, error);
    return rc == HEARTH_ETOOLARGE ? hearth_error_set(error, HEARTH_EMODEL, "%s is too large", name)
                                  : rc;
}

/* The tokenizer.json that transformers makes of an old BERT's vocab.txt. */
static json_t *bert_of(json_t *vocabulary, const json_t *config)
{
    json_t *accents = json_object_get(config, "strip_accents");
    json_t *added = json_array();
    static const char *const specials[] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
    for (size_t i = 0; i < 5; i++) {
        json_t *id = json_object_get(vocabulary, specials[i]);
        if (id)
            json_array_append_new(
                added, json_pack("{sssOsb}", "content", specials[i], "id", id, "special", 1));
    }
    return json_pack("{s{sssbsOsb},s{ss},s{sssOsssi},so,s{sss[sO]s[sO]},s{ss}}", "normalizer",
                     "type", "BertNormalizer", "handle_chinese_chars",
                     hearth_json_truth(config, "tokenize_chinese_chars", true), "strip_accents",
                     json_is_boolean(accents) ? accents : json_null(), "lowercase",
                     hearth_json_truth(config, "do_lower_case", true), "pre_tokenizer", "type",
                     "BertPreTokenizer", "model", "type", "WordPiece", "vocab", vocabulary,
                     "unk_token", "[UNK]", "max_input_chars_per_word", 100, "added_tokens", added,
                     "post_processor", "type", "BertProcessing", "cls", "[CLS]",
                     json_object_get(vocabulary, "[CLS]"), "sep", "[SEP]",
                     json_object_get(vocabulary, "[SEP]"), "decoder", "type", "WordPiece");
}

static json_t *vocabulary_of(const struct hearth_buf *text)
{
    json_t *vocabulary = json_object();
    json_int_t id = 0;
    for (size_t at = 0; at < text->length;) {
        const char *line = text->bytes + at, *end = memchr(line, '\n', text->length - at);
        size_t length = end ? (size_t)(end - line) : text->length - at;
        at += length + 1;
        if (length && line[length - 1] == '\r')
            length--;
        char *token = hearth_strndup(line, length);
        json_object_set_new(vocabulary, token, json_integer(id++));
        hearth_free(token);
    }
    return vocabulary;
}

static int open_vocabulary(const char *directory, struct hearth_tokenizer **ret_tokenizer,
                           struct hearth_error *error)
{
    struct hearth_buf text, config_text;
    hearth_buf_init(&text, FILE_BYTES_MAX);
    hearth_buf_init(&config_text, FILE_BYTES_MAX);
    int rc = read_file(directory, "vocab.txt", &text, error);
    json_t *config = NULL;
    if (!rc && !read_file(directory, "tokenizer_config.json", &config_text, NULL))
        config =
            hearth_json_parse(config_text.bytes ? config_text.bytes : "", config_text.length, NULL);
    if (!rc) {
        json_t *vocabulary = vocabulary_of(&text), *json = bert_of(vocabulary, config);
        rc = json ? from_json(json, ret_tokenizer, error)
                  : hearth_error_set(error, HEARTH_EMODEL, "vocab.txt lacks [CLS] or [SEP]");
        json_decref(json);
        json_decref(vocabulary);
    }
    json_decref(config);
    hearth_buf_finish(&text);
    hearth_buf_finish(&config_text);
    return rc;
}

int hearth_tokenizer_open(const char *directory, struct hearth_tokenizer **ret_tokenizer,
                          struct hearth_error *error)
{
    struct hearth_buf text;
    hearth_buf_init(&text, FILE_BYTES_MAX);
    int rc = read_file(directory, "tokenizer.json", &text, error);
    if (rc == HEARTH_ENOTFOUND)
        rc = open_vocabulary(directory, ret_tokenizer, error);
    else if (!rc)
        rc =
            hearth_tokenizer_parse(text.bytes ? text.bytes : "", text.length, ret_tokenizer, error);
    hearth_buf_finish(&text);
    return rc;
}

void hearth_tokenizer_close(struct hearth_tokenizer *tokenizer)
{
    if (!tokenizer)
        return;
    added_tokens_finish(&tokenizer->added);
    normalizer_finish(&tokenizer->normalizer);
    if (tokenizer->model)
        tokenizer->model->ops->destroy(tokenizer->model);
    hearth_free(tokenizer);
}
