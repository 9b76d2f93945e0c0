/* Pre-tokenizers of tokenizer.json: BertPreTokenizer, Whitespace, WhitespaceSplit, Punctuation,
 * Digits, Split (by the expressions of expression.c, or by a text), ByteLevel and Metaspace
 * (byte_level.c), Sequence. Each takes every piece apart into
 * smaller ones. */
#include "text/tokenizer_parts.h"

#include "base/error.h"

#include <string.h>

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

struct splitting {
    const struct pre_tokenizer *pre_tokenizer;
    size_t head;
    struct piece_taker *taker;
    /* Of a step that rewrites: the piece that it is at, and how long those before it were. */
    struct hearth_runes written[TOKENIZER_STEPS_MAX];
    size_t written_before[TOKENIZER_STEPS_MAX];
};

static int run_from(struct splitting *splitting, size_t index, const uint32_t *text,
                    struct piece piece, size_t text_start);

/* Walks over the piece and hands each run of one kind to the step behind, which takes it apart
 * further before the next run is looked at. So a long text needs no list of its pieces, and the
 * depth is the number of steps. The end of the piece is treated as a separator, which closes the
 * last run. */
static int split_piece(struct splitting *splitting, size_t index, const uint32_t *text,
                       struct piece piece, size_t text_start)
{
    const struct pre_tokenizer_step *step = &splitting->pre_tokenizer->steps[index];
    size_t start = piece.start, end = piece.start + piece.count;
    enum kind open = KIND_OUT;
    int rc = 0;
    for (size_t i = piece.start; i <= end && !rc; i++) {
        enum kind kind = i < end ? kind_of(step, text[i]) : KIND_OUT;
        /* The run goes on. Characters that stand alone never make a run. */
        if (kind == open && kind != KIND_ALONE)
            continue;
        if (open != KIND_OUT)
            rc = run_from(splitting, index + 1, text, (struct piece){start, i - start}, text_start);
        start = i;
        open = kind;
    }
    return rc;
}

/* A piece for each match. */
static int split_matches(struct splitting *splitting, size_t index, const uint32_t *text,
                         struct piece piece, size_t text_start)
{
    const struct pre_tokenizer_step *step = &splitting->pre_tokenizer->steps[index];
    size_t start = piece.start, end = piece.start + piece.count;
    int rc = 0;
    while (start < end && !rc) {
        size_t length = expression_match(step->expression, text + start, end - start);
        rc = run_from(splitting, index + 1, text, (struct piece){start, length}, text_start);
        start += length;
    }
    return rc;
}

/* Where the text stands that is split by: [*ret_from, *ret_to), empty at the end of the piece. */
static void find_string(const struct hearth_runes *string, const uint32_t *text, size_t from,
                        size_t end, size_t *ret_from, size_t *ret_to)
{
    size_t count = string->count;
    *ret_from = *ret_to = end;
    for (size_t i = from; i + count <= end; i++)
        if (memcmp(text + i, string->at, count * sizeof(*text)) == 0) {
            *ret_from = i;
            *ret_to = i + count;
            return;
        }
}

/* `start` is where the piece begins that is not handed on yet: one that a match joins waits for
 * it. */
static int split_string(struct splitting *splitting, size_t index, const uint32_t *text,
                        struct piece piece, size_t text_start)
{
    const struct pre_tokenizer_step *step = &splitting->pre_tokenizer->steps[index];
    size_t start = piece.start, at = start, end = piece.start + piece.count, from = 0, to = 0;
    int rc = 0;
    while (at < end && !rc) {
        find_string(&step->string, text, at, end, &from, &to);
        size_t cut = step->behavior == SPLIT_WITH_PREVIOUS ? to : from;
        if (cut > start)
            rc = run_from(splitting, index + 1, text, (struct piece){start, cut - start},
                          text_start);
        if (step->behavior == SPLIT_ISOLATED && to > from && !rc)
            rc = run_from(splitting, index + 1, text, (struct piece){from, to - from}, text_start);
        start = step->behavior == SPLIT_WITH_NEXT ? from : to;
        at = to;
    }
    if (start < end && !rc) /* a match at the end that waits for what follows */
        rc = run_from(splitting, index + 1, text, (struct piece){start, end - start}, text_start);
    return rc;
}

/* ByteLevel and Metaspace write a new text, piece by piece, into a buffer of the step's own, which
 * every next piece uses again. `written_before` says where in all that was written this piece would
 * stand: the steps behind ask whether they are at the beginning of the text. */
static int rewrite_piece(struct splitting *splitting, size_t index, const uint32_t *text,
                         struct piece piece, size_t text_start)
{
    const struct pre_tokenizer_step *step = &splitting->pre_tokenizer->steps[index];
    struct hearth_runes *written = &splitting->written[index];
    /* The loop hands out pieces until the text of this one is used up. */
    size_t at = piece.start, end = piece.start + piece.count;
    bool first = text_start + piece.start < splitting->head;
    bool prepends = step->prepend == PREPEND_ALWAYS || (step->prepend == PREPEND_FIRST && first);
    int rc = 0;
    for (; at < end && !rc; prepends = false) {
        written->count = 0;
        if (step->kind == SPLIT_BYTE_LEVEL)
            split_byte_level(step, text, prepends, &at, end, written);
        else
            split_metaspace(step, text, prepends, &at, end, written);
        rc = written->failed
                 ? HEARTH_ENOMEM
                 : run_from(splitting, index + 1, written->at, (struct piece){0, written->count},
                            splitting->written_before[index]);
        splitting->written_before[index] += written->count;
    }
    return rc;
}

/* `text_start`: where the text stands in all that the step before has written. */
static int run_from(struct splitting *splitting, size_t index, const uint32_t *text,
                    struct piece piece, size_t text_start)
{
    const struct pre_tokenizer *pre_tokenizer = splitting->pre_tokenizer;
    if (index == pre_tokenizer->count)
        return splitting->taker->take(splitting->taker, text + piece.start, piece.count);
    switch (pre_tokenizer->steps[index].kind) {
    case SPLIT_BYTE_LEVEL:
    case SPLIT_METASPACE:
        return rewrite_piece(splitting, index, text, piece, text_start);
    case SPLIT_EXPRESSION:
        return split_matches(splitting, index, text, piece, text_start);
    case SPLIT_STRING:
        return split_string(splitting, index, text, piece, text_start);
    default:
        return split_piece(splitting, index, text, piece, text_start);
    }
}

void pre_tokenizer_finish(struct pre_tokenizer *pre_tokenizer)
{
    for (size_t i = 0; i < pre_tokenizer->count; i++)
        hearth_runes_finish(&pre_tokenizer->steps[i].string);
}

/* Counting the head through every normalizer costs time, so it is only done for who asks. */
bool pre_tokenizer_asks_first(const struct pre_tokenizer *pre_tokenizer)
{
    for (size_t i = 0; i < pre_tokenizer->count; i++)
        if (pre_tokenizer->steps[i].prepend == PREPEND_FIRST)
            return true;
    return false;
}

int pre_tokenizer_run(const struct pre_tokenizer *pre_tokenizer, size_t head,
                      const struct hearth_runes *text, struct piece_taker *taker)
{
    struct splitting splitting = {.pre_tokenizer = pre_tokenizer, .head = head, .taker = taker};
    int rc = text->count ? run_from(&splitting, 0, text->at, (struct piece){0, text->count}, 0) : 0;
    for (size_t i = 0; i < pre_tokenizer->count; i++)
        hearth_runes_finish(&splitting.written[i]);
    return rc;
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
    /* Of two characters or none it would not be known what to put for a space. */
    step->replacement = replacement.count == 1 ? replacement.at[0] : 0;
    hearth_runes_finish(&replacement);
    /* Older files have add_prefix_space instead. */
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

static int read_split_string(const json_t *json, const char *string,
                             struct pre_tokenizer_step *step, struct hearth_error *error)
{
    static const char *const names[] = {"Isolated", "Removed", "MergedWithPrevious",
                                        "MergedWithNext"};
    const char *behavior = hearth_json_text(json, "behavior", "");
    size_t i = 0;
    while (i < 4 && strcmp(names[i], behavior) != 0)
        i++;
    if (i == 4 || !*string || hearth_json_truth(json, "invert", false))
        return hearth_error_set(error, HEARTH_ENOTIMPL,
                                "tokenizer.json: Split by a text with behavior \"%.40s\"",
                                behavior);
    step->kind = SPLIT_STRING;
    step->behavior = (enum split_behavior)i;
    hearth_runes_append_utf8(&step->string, string, strlen(string));
    return 0;
}

/* The expressions' matches cover every text, so that keeping what matches apart and removing what
 * does not is the same. */
static int read_split(const json_t *json, struct pre_tokenizer_step *step,
                      struct hearth_error *error)
{
    const json_t *pattern = json_object_get(json, "pattern");
    const char *string = hearth_json_text(pattern, "String", NULL);
    const char *regex = hearth_json_text(pattern, "Regex", "");
    const char *behavior = hearth_json_text(json, "behavior", "");
    bool inverted = hearth_json_truth(json, "invert", false);
    if (string)
        return read_split_string(json, string, step, error);
    step->kind = SPLIT_EXPRESSION;
    step->expression = expression_find(regex);
    if (!step->expression)
        return hearth_error_set(error, HEARTH_ENOTIMPL,
                                "tokenizer.json: Split with the expression \"%.160s\"", regex);
    if (strcmp(behavior, inverted ? "Removed" : "Isolated") != 0)
        return hearth_error_set(error, HEARTH_ENOTIMPL,
                                "tokenizer.json: Split with behavior \"%.40s\"", behavior);
    return 0;
}

static int read_step(const json_t *json, const char *type, struct pre_tokenizer_step *step,
                     struct hearth_error *error)
{
    if (strcmp(type, "Metaspace") == 0)
        return read_metaspace(json, step, error);
    if (strcmp(type, "Split") == 0)
        return read_split(json, step, error);
    if (strcmp(type, "ByteLevel") != 0)
        return read_kind(json, type, step, error);
    /* trim_offsets says something of offsets only, which are not kept here. */
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
