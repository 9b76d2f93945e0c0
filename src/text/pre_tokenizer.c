/* Pre-tokenizers of tokenizer.json: BertPreTokenizer, Whitespace, WhitespaceSplit, Punctuation,
 * Digits, ByteLevel and Metaspace (byte_level.c), Sequence. Each takes every piece apart into
 * smaller ones. */
#include "text/tokenizer_parts.h"

#include "base/error.h"
#include "base/memory.h"

#include <string.h>

void pieces_finish(struct pieces *pieces)
{
    hearth_runes_finish(&pieces->text);
    hearth_free(pieces->at);
    *pieces = (struct pieces){0};
}

void pieces_append(struct pieces *pieces, size_t start, size_t count)
{
    if (count == 0 || pieces->failed)
        return;
    if (pieces->count == pieces->capacity) {
        size_t capacity = pieces->capacity ? 2 * pieces->capacity : 16;
        struct piece *at = hearth_try_realloc(pieces->at, capacity * sizeof(*at));
        if (!at) {
            pieces->failed = true;
            return;
        }
        pieces->at = at;
        pieces->capacity = capacity;
    }
    pieces->at[pieces->count++] = (struct piece){.start = start, .count = count};
}

/* What a code point is for a step: neighbours of the same kind stay together; OUT separates and is
 * dropped, ALONE stands by itself. */
enum kind { KIND_OUT, KIND_ALONE, KIND_WORD, KIND_OTHER };

static enum kind kind_of(const struct pre_tokenizer_step *step, uint32_t c)
{
    uint16_t classes = hearth_unicode_classes(c);
    switch (step->kind) {
    case SPLIT_BERT:
        return classes & HEARTH_UNICODE_SPACE         ? KIND_OUT
               : classes & HEARTH_UNICODE_PUNCTUATION ? KIND_ALONE
                                                      : KIND_WORD;
    case SPLIT_WHITESPACE:
        return classes & HEARTH_UNICODE_SPACE  ? KIND_OUT
               : classes & HEARTH_UNICODE_WORD ? KIND_WORD
                                               : KIND_OTHER;
    case SPLIT_SPACES:
        return classes & HEARTH_UNICODE_SPACE ? KIND_OUT : KIND_WORD;
    case SPLIT_PUNCTUATION:
        return classes & HEARTH_UNICODE_PUNCTUATION ? KIND_ALONE : KIND_WORD;
    case SPLIT_DIGITS:
        return !(classes & HEARTH_UNICODE_NUMERIC) ? KIND_WORD
               : step->individual_digits           ? KIND_ALONE
                                                   : KIND_OTHER;
    default:
        return KIND_WORD;
    }
}

static void split_piece(const struct pre_tokenizer_step *step, const struct hearth_runes *text,
                        struct piece piece, struct pieces *out)
{
    size_t start = piece.start, end = piece.start + piece.count;
    enum kind open = KIND_OUT;
    for (size_t i = piece.start; i < end; i++) {
        enum kind kind = kind_of(step, text->at[i]);
        if (kind != open || kind == KIND_ALONE) {
            if (open != KIND_OUT)
                pieces_append(out, start, i - start);
            start = i;
            open = kind;
        }
    }
    if (open != KIND_OUT)
        pieces_append(out, start, end - start);
}

static void rewrite(const struct pre_tokenizer_step *step, size_t head, struct pieces *pieces)
{
    struct pieces out = {.failed = pieces->failed || pieces->text.failed};
    for (size_t i = 0; i < pieces->count; i++) {
        struct piece piece = pieces->at[i];
        if (step->kind == SPLIT_BYTE_LEVEL)
            split_byte_level(step, &pieces->text, piece, &out);
        else
            split_metaspace(step, &pieces->text, piece, piece.start < head, &out);
    }
    pieces_finish(pieces);
    *pieces = out;
}

bool pre_tokenizer_asks_first(const struct pre_tokenizer *pre_tokenizer)
{
    for (size_t i = 0; i < pre_tokenizer->count; i++)
        if (pre_tokenizer->steps[i].prepend == PREPEND_FIRST)
            return true;
    return false;
}

void pre_tokenizer_run(const struct pre_tokenizer *pre_tokenizer, size_t head,
                       struct pieces *pieces)
{
    for (size_t i = 0; i < pre_tokenizer->count; i++) {
        const struct pre_tokenizer_step *step = &pre_tokenizer->steps[i];
        if (step->kind == SPLIT_BYTE_LEVEL || step->kind == SPLIT_METASPACE) {
            rewrite(step, head, pieces);
            continue;
        }
        struct pieces out = {.text = pieces->text, .failed = pieces->failed};
        for (size_t k = 0; k < pieces->count; k++)
            split_piece(step, &pieces->text, pieces->at[k], &out);
        hearth_free(pieces->at);
        *pieces = out;
    }
    pieces->failed |= pieces->text.failed;
}

static const struct {
    const char *type;
    enum pre_tokenizer_kind kind;
} kinds[] = {{"BertPreTokenizer", SPLIT_BERT},
             {"Whitespace", SPLIT_WHITESPACE},
             {"WhitespaceSplit", SPLIT_SPACES},
             {"Punctuation", SPLIT_PUNCTUATION},
             {"Digits", SPLIT_DIGITS}};

static int read_metaspace(const json_t *json, struct pre_tokenizer_step *step,
                          struct hearth_error *error)
{
    const char *text = hearth_json_text(json, "replacement", "\xe2\x96\x81");
    const char *scheme = hearth_json_text(json, "prepend_scheme", NULL);
    struct hearth_runes replacement = {0};
    hearth_runes_append_utf8(&replacement, text, strlen(text));
    step->kind = SPLIT_METASPACE;
    step->replacement = replacement.count == 1 ? replacement.at[0] : 0;
    hearth_runes_finish(&replacement);
    if (!scheme)
        scheme = hearth_json_truth(json, "add_prefix_space", true) ? "always" : "never";
    step->prepend = strcmp(scheme, "always") == 0  ? PREPEND_ALWAYS
                    : strcmp(scheme, "first") == 0 ? PREPEND_FIRST
                                                   : PREPEND_NEVER;
    step->whole = !hearth_json_truth(json, "split", true);
    return step->replacement
               ? 0
               : hearth_error_set(error, HEARTH_EMODEL, "tokenizer.json: Metaspace's replacement");
}

static int read_kind(const json_t *json, const char *type, struct pre_tokenizer_step *step,
                     struct hearth_error *error)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(type, kinds[i].type) == 0) {
            step->kind = kinds[i].kind;
            step->individual_digits = hearth_json_truth(json, "individual_digits", false);
            const char *behavior = hearth_json_text(json, "behavior", "Isolated");
            if (strcmp(behavior, "Isolated") == 0)
                return 0;
            return hearth_error_set(error, HEARTH_ENOTIMPL,
                                    "tokenizer.json: %s with behavior \"%.40s\"", type, behavior);
        }
    return hearth_error_set(error, HEARTH_ENOTIMPL,
                            "tokenizer.json: pre-tokenizer \"%.60s\" is not known here", type);
}

static int read_step(const json_t *json, const char *type, struct pre_tokenizer_step *step,
                     struct hearth_error *error)
{
    if (strcmp(type, "Metaspace") == 0)
        return read_metaspace(json, step, error);
    if (strcmp(type, "ByteLevel") != 0)
        return read_kind(json, type, step, error);
    step->kind = SPLIT_BYTE_LEVEL;
    step->use_regex = hearth_json_truth(json, "use_regex", true);
    step->prepend =
        hearth_json_truth(json, "add_prefix_space", true) ? PREPEND_ALWAYS : PREPEND_NEVER;
    return 0;
}

int pre_tokenizer_read(const json_t *json, struct pre_tokenizer *pre_tokenizer,
                       struct hearth_error *error)
{
    if (!json || json_is_null(json))
        return 0;
    const char *type = hearth_json_text(json, "type", "");
    if (strcmp(type, "Sequence") == 0) {
        const json_t *steps = json_object_get(json, "pretokenizers");
        int rc = 0;
        for (size_t i = 0; i < json_array_size(steps) && !rc; i++)
            rc = pre_tokenizer_read(json_array_get(steps, i), pre_tokenizer, error);
        return rc;
    }
    if (pre_tokenizer->count == TOKENIZER_STEPS_MAX)
        return hearth_error_set(error, HEARTH_EMODEL, "tokenizer.json: too many pre-tokenizers");
    return read_step(json, type, &pre_tokenizer->steps[pre_tokenizer->count++], error);
}
