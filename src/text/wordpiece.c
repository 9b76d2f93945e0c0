/* WordPiece: the longest token that a word begins with, then the longest continuation, and so on; a
 * word that cannot be finished is one unknown token. Source: Y. Wu et al., "Google's Neural Machine
 * Translation System", 2016, in the greedy form of BERT. */
#include "text/tokenizer_parts.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"

#include <string.h>

/* WORD_MAX bounds the stack; models have 100. */
enum { PREFIX_MAX = 16, WORD_MAX = 4096 };

struct wordpiece {
    struct token_model head;
    int32_t unknown;
    char prefix[PREFIX_MAX];
    size_t prefix_length, word_max; /* code points */
};

static void destroy(struct token_model *model)
{
    vocabulary_finish(&model->vocabulary);
    hearth_free(model);
}

static int read_model(const json_t *json, struct token_model **ret_model,
                      struct hearth_error *error)
{
    struct wordpiece *model = hearth_calloc(1, sizeof(*model));
    model->head.ops = &wordpiece_model;
    const char *prefix = hearth_json_text(json, "continuing_subword_prefix", "##");
    const char *unknown = hearth_json_text(json, "unk_token", "[UNK]");
    json_int_t word_max = hearth_json_integer(json, "max_input_chars_per_word", 100);
    int rc = vocabulary_read_object(json_object_get(json, "vocab"), &model->head.vocabulary, error);
    if (!rc && (strlen(prefix) >= PREFIX_MAX || word_max < 1 || word_max > WORD_MAX))
        rc = hearth_error_set(error, HEARTH_EMODEL,
                              "tokenizer.json: WordPiece's prefix or word length is out of range");
    if (!rc) {
        model->prefix_length = strlen(prefix);
        memcpy(model->prefix, prefix, model->prefix_length);
        model->word_max = (size_t)word_max;
        /* Without it an unknown word would have no token at all. */
        model->unknown = vocabulary_find(&model->head.vocabulary, unknown, strlen(unknown));
        if (model->unknown < 0)
            rc = hearth_error_set(error, HEARTH_EMODEL,
                                  "tokenizer.json: the unknown token \"%.60s\" has no id", unknown);
    }
    if (rc)
        destroy(&model->head);
    else
        *ret_model = &model->head;
    return rc;
}

/* The longest token at `from` (a code point's number): its id, or -1, and where it ends. `bytes` is
 * the word in UTF-8 behind room for the prefix, `starts` where each code point begins in it. Each
 * end's hash goes on from the one before. */
static int32_t longest(const struct wordpiece *model, char *bytes, const uint32_t *starts,
                       size_t from, size_t count, size_t *ret_end)
{
    char *first = bytes + starts[from], saved[PREFIX_MAX];
    size_t prefix = from ? model->prefix_length : 0;
    int32_t id = -1;
    uint64_t hashes[WORD_MAX + 1];
    size_t end = from, most = model->head.vocabulary.longest;
    /* "##" is written over the bytes before the rest of the word for as long as it is looked up,
     * which spares a copy of every candidate. */
    memcpy(saved, first - prefix, prefix);
    memcpy(first - prefix, model->prefix, prefix);
    hashes[from] = hearth_hash64(HEARTH_HASH64_START, first - prefix, prefix);
    /* No further than the longest token: nothing longer can be found. */
    for (; end < count && starts[end + 1] - starts[from] + prefix <= most; end++)
        hashes[end + 1] =
            hearth_hash64(hashes[end], bytes + starts[end], starts[end + 1] - starts[end]);
    for (; end > from && id < 0; end--) {
        size_t length = starts[end] - starts[from] + prefix;
        id = vocabulary_find_hashed(&model->head.vocabulary, hashes[end], first - prefix, length);
        *ret_end = end;
    }
    memcpy(first - prefix, saved, prefix);
    return id;
}

static int encode_word(const struct wordpiece *model, char *bytes, const uint32_t *starts,
                       size_t count, struct hearth_tokens *tokens, struct hearth_error *error)
{
    size_t before = tokens->count;
    for (size_t at = 0, end; at < count; at = end) {
        int32_t id = longest(model, bytes, starts, at, count, &end);
        /* A word of which only a part is known is unknown as a whole. */
        if (id < 0) {
            tokens->count = before;
            return tokens_append(tokens, model->unknown, error);
        }
        int rc = tokens_append(tokens, id, error);
        if (rc)
            return rc;
    }
    return 0;
}

static int encode(const struct token_model *head, const uint32_t *piece, size_t count,
                  struct hearth_tokens *tokens, struct hearth_error *error)
{
    const struct wordpiece *model = (const struct wordpiece *)head;
    /* As BERT does it: a word beyond this is not looked at, but unknown. */
    if (count > model->word_max)
        return tokens_append(tokens, model->unknown, error);
    /* 16 KiB and 16 KiB on the stack: bounded by WORD_MAX, whatever the file and the text say. */
    char bytes[PREFIX_MAX + 4 * WORD_MAX];
    uint32_t starts[WORD_MAX + 1];
    size_t used = PREFIX_MAX;
    for (size_t i = 0; i < count; i++) {
        starts[i] = (uint32_t)used;
        used += hearth_rune_to_utf8(piece[i], bytes + used);
    }
    starts[count] = (uint32_t)used;
    return encode_word(model, bytes, starts, count, tokens, error);
}

const struct token_model_ops wordpiece_model = {
    .name = "WordPiece",
    .read = read_model,
    .destroy = destroy,
    .encode = encode,
};
