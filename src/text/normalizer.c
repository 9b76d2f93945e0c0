/* Normalizers of tokenizer.json: BertNormalizer, Nmt, NFC/NFD/NFKC/NFKD, Lowercase, StripAccents,
 * Strip, Replace, Prepend, Precompiled, Sequence. */
#include "text/tokenizer_parts.h"

#include "base/error.h"
#include "base/memory.h"

#include <string.h>

/* Times the text's length, and code points beside that, which short texts may take. */
enum { EXPANSION_MOST = 64, EXPANSION_FREE = 4096 };

/* CJK ideographs as BERT's tokenizer has them; Hangul, Hiragana and Katakana are not among them. */
static bool is_chinese(uint32_t c)
{
    return (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3400 && c <= 0x4dbf) ||
           (c >= 0x20000 && c <= 0x2a6df) || (c >= 0x2a700 && c <= 0x2b73f) ||
           (c >= 0x2b740 && c <= 0x2b81f) || (c >= 0x2b920 && c <= 0x2ceaf) ||
           (c >= 0xf900 && c <= 0xfaff) || (c >= 0x2f800 && c <= 0x2fa1f);
}

/* A step that cannot work in place writes into a text of its own, which then takes the place of the
 * old one. A failure stays: the steps behind it have nothing to do and do no harm. */
static void replace_text(struct hearth_runes *text, struct hearth_runes *with)
{
    with->failed |= text->failed;
    with->overlong |= text->overlong;
    hearth_runes_finish(text);
    *text = *with;
    *with = (struct hearth_runes){0};
}

/* The head of a text: how many of its first code points come out of the first one of the original.
 * Each step says what becomes of it, as the library's alignments do: what is put in belongs to what
 * stands before it, what takes the place of several to the last of them. */

size_t head_of_taken(const struct hearth_runes *taken, size_t head)
{
    size_t place = 0, count = 0;
    while (count < taken->count) {
        size_t source = taken->at[count] || place == 0 ? place : place - 1;
        if (source >= head)
            break;
        place += taken->at[count++];
    }
    return count;
}

/* BertNormalizer's clean_text: control characters go, every kind of white space becomes a space. */
static void clean(struct hearth_runes *text, size_t *head)
{
    size_t out = 0, kept = 0;
    for (size_t i = 0; i < text->count; i++) {
        uint16_t classes = hearth_unicode_classes(text->at[i]);
        if (!(classes & HEARTH_UNICODE_REMOVED))
            text->at[out++] = classes & HEARTH_UNICODE_SPACE ? ' ' : text->at[i];
        if (i < *head)
            kept = out;
    }
    text->count = out;
    *head = kept;
}

/* Nmt: what sentencepiece's rules of that name take away or make a space, as the library has them:
 * fewer spaces than Unicode, and not all control characters. */
static bool nmt_removes(uint32_t c)
{
    return (c >= 0x01 && c <= 0x08) || c == 0x0b || (c >= 0x0e && c <= 0x1f) || c == 0x7f ||
           c == 0x8f || c == 0x9f;
}

static bool nmt_spaces(uint32_t c)
{
    return c == 0x09 || c == 0x0a || c == 0x0c || c == 0x0d || c == 0x1680 ||
           (c >= 0x200b && c <= 0x200f) || c == 0x2028 || c == 0x2029 || c == 0x2581 ||
           c == 0xfeff || c == 0xfffd;
}

/* The head counts as in clean(). */
static void clean_nmt(struct hearth_runes *text, size_t *head)
{
    size_t out = 0, kept = 0;
    for (size_t i = 0; i < text->count; i++) {
        if (!nmt_removes(text->at[i]))
            text->at[out++] = nmt_spaces(text->at[i]) ? ' ' : text->at[i];
        if (i < *head)
            kept = out;
    }
    text->count = out;
    *head = kept;
}

/* Ideographs are words of their own: spaces on both sides make the pre-tokenizer see them so. */
static void space_chinese(struct hearth_runes *text, size_t *head)
{
    struct hearth_runes out = {.most = text->most};
    size_t kept = 0;
    for (size_t i = 0; i < text->count; i++) {
        bool chinese = is_chinese(text->at[i]);
        if (chinese)
            hearth_runes_append(&out, ' ');
        hearth_runes_append(&out, text->at[i]);
        if (chinese)
            hearth_runes_append(&out, ' ');
        if (i < *head)
            kept = out.count;
    }
    replace_text(text, &out);
    *head = kept;
}

static void to_form(struct hearth_runes *text, enum hearth_normal_form form, size_t *head)
{
    struct hearth_runes out = {.most = text->most}, taken = {0};
    hearth_unicode_normalize(text, form, &out, *head ? &taken : NULL);
    *head = head_of_taken(&taken, *head);
    hearth_runes_finish(&taken);
    replace_text(text, &out);
}

static void drop(struct hearth_runes *text, unsigned classes, size_t *head)
{
    size_t out = 0, kept = 0;
    for (size_t i = 0; i < text->count; i++) {
        if (!hearth_unicode_is(text->at[i], classes))
            text->at[out++] = text->at[i];
        if (i < *head)
            kept = out;
    }
    text->count = out;
    *head = kept;
}

/* One character may become several: U+0130 becomes "i" and a combining dot. */
static void lower(struct hearth_runes *text, size_t *head)
{
    struct hearth_runes out = {.most = text->most};
    size_t kept = 0;
    for (size_t i = 0; i < text->count; i++) {
        hearth_unicode_lower(text->at[i], &out);
        if (i < *head)
            kept = out.count;
    }
    replace_text(text, &out);
    *head = kept;
}

static void strip(struct hearth_runes *text, bool left, bool right, size_t *head)
{
    /* The library's trim: white space of both ends, never in between. */
    size_t first = 0, last = text->count;
    while (left && first < last && hearth_unicode_is(text->at[first], HEARTH_UNICODE_SPACE))
        first++;
    while (right && last > first && hearth_unicode_is(text->at[last - 1], HEARTH_UNICODE_SPACE))
        last--;
    if (first)
        memmove(text->at, text->at + first, (last - first) * sizeof(*text->at));
    text->count = last - first;
    *head = *head > first ? *head - first : 0;
}

static void replace_all(struct hearth_runes *text, const struct hearth_runes *pattern,
                        const struct hearth_runes *content, size_t *head)
{
    struct hearth_runes out = {.most = text->most};
    size_t kept = 0;
    for (size_t i = 0; i < text->count;) {
        if (pattern->count && text->count - i >= pattern->count &&
            memcmp(text->at + i, pattern->at, pattern->count * sizeof(*text->at)) == 0) {
            hearth_runes_append_all(&out, content->at, content->count);
            i += pattern->count;
        } else {
            hearth_runes_append(&out, text->at[i++]);
        }
        /* A match that reaches over the end of the head belongs to what follows it. */
        if (i <= *head)
            kept = out.count;
    }
    replace_text(text, &out);
    *head = kept;
}

/* An empty text stays empty, as in the library. */
static void prepend(struct hearth_runes *text, const struct hearth_runes *content, size_t *head)
{
    struct hearth_runes out = {.most = text->most};
    if (text->count == 0)
        return;
    hearth_runes_append_all(&out, content->at, content->count);
    hearth_runes_append_all(&out, text->at, text->count);
    replace_text(text, &out);
    *head = *head ? *head + content->count : 0;
}

/* A run of `run_min` spaces or more becomes `content`. */
static void squeeze(struct hearth_runes *text, size_t run_min, const struct hearth_runes *content,
                    size_t *head)
{
    struct hearth_runes out = {.most = text->most};
    size_t kept = 0;
    for (size_t i = 0, end; i < text->count; i = end) {
        end = i;
        while (end < text->count && text->at[end] == ' ')
            end++;
        if (end - i >= run_min)
            hearth_runes_append_all(&out, content->at, content->count);
        else if (end > i)
            hearth_runes_append_all(&out, text->at + i, end - i);
        else
            hearth_runes_append(&out, text->at[end++]);
        if (end <= *head)
            kept = out.count;
    }
    replace_text(text, &out);
    *head = kept;
}

/* In the library's order: accents go after the ideographs got their spaces, and letters are
 * lower-cased last. */
static void run_bert(const struct normalizer_step *step, struct hearth_runes *text, size_t *head)
{
    if (step->clean)
        clean(text, head);
    if (step->chinese)
        space_chinese(text, head);
    if (step->accents) {
        to_form(text, HEARTH_NFD, head);
        drop(text, HEARTH_UNICODE_ACCENT, head);
    }
    if (step->lower)
        lower(text, head);
}

size_t normalizer_run(const struct normalizer *normalizer, struct hearth_runes *text, size_t head)
{
    /* Unicode's longest form is 18 code points of one; what makes far more out of a text was
     * written to do harm, and is stopped while it does. */
    text->most = EXPANSION_MOST * text->count + EXPANSION_FREE;
    for (size_t i = 0; i < normalizer->count; i++) {
        const struct normalizer_step *step = &normalizer->steps[i];
        switch (step->kind) {
        case NORMALIZE_BERT:
            run_bert(step, text, &head);
            break;
        case NORMALIZE_NMT:
            clean_nmt(text, &head);
            break;
        case NORMALIZE_FORM:
            to_form(text, step->form, &head);
            break;
        case NORMALIZE_LOWER:
            lower(text, &head);
            break;
        case NORMALIZE_STRIP_ACCENTS:
            drop(text, HEARTH_UNICODE_MARK, &head);
            break;
        case NORMALIZE_STRIP:
            strip(text, step->left, step->right, &head);
            break;
        case NORMALIZE_REPLACE:
            replace_all(text, &step->pattern, &step->content, &head);
            break;
        case NORMALIZE_PREPEND:
            prepend(text, &step->content, &head);
            break;
        case NORMALIZE_PRECOMPILED:
            precompiled_run(step->map, text, &head);
            break;
        case NORMALIZE_SQUEEZE:
            squeeze(text, step->run_min, &step->content, &head);
            break;
        }
    }
    text->most = 0;
    return head;
}

/* Reading */

/* A member of another type stays empty, as one that is missing. */
static void read_text(const json_t *value, struct hearth_runes *runes)
{
    if (json_is_string(value))
        hearth_runes_append_utf8(runes, json_string_value(value), json_string_length(value));
}

static int read_bert(const json_t *json, struct normalizer_step *step)
{
    const json_t *accents = json_object_get(json, "strip_accents");
    step->kind = NORMALIZE_BERT;
    step->clean = hearth_json_truth(json, "clean_text", true);
    step->chinese = hearth_json_truth(json, "handle_chinese_chars", true);
    step->lower = hearth_json_truth(json, "lowercase", true);
    /* null ("not said") means that accents go when letters are lower-cased. */
    step->accents = json_is_boolean(accents) ? json_is_true(accents) : step->lower;
    return 0;
}

/* The regular expressions that such files have: two or more spaces, one or more. */
static int read_replace(const json_t *json, struct normalizer_step *step,
                        struct hearth_error *error)
{
    const json_t *pattern = json_object_get(json_object_get(json, "pattern"), "String");
    const char *regex = hearth_json_text(json_object_get(json, "pattern"), "Regex", "");
    step->kind = NORMALIZE_REPLACE;
    read_text(json_object_get(json, "content"), &step->content);
    if (json_is_string(pattern)) {
        read_text(pattern, &step->pattern);
        return 0;
    }
    step->kind = NORMALIZE_SQUEEZE;
    step->run_min = strcmp(regex, " {2,}") == 0 ? 2 : strcmp(regex, " +") == 0 ? 1 : 0;
    return step->run_min
               ? 0
               : hearth_error_set(error, HEARTH_ENOTIMPL,
                                  "tokenizer.json: Replace with the expression \"%.60s\"", regex);
}

static const struct {
    const char *type;
    enum hearth_normal_form form;
} forms[] = {
    {"NFC", HEARTH_NFC}, {"NFD", HEARTH_NFD}, {"NFKC", HEARTH_NFKC}, {"NFKD", HEARTH_NFKD}};

static int read_step(const json_t *json, const char *type, struct normalizer_step *step,
                     struct hearth_error *error)
{
    if (strcmp(type, "BertNormalizer") == 0)
        return read_bert(json, step);
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        if (strcmp(type, forms[i].type) == 0) {
            step->kind = NORMALIZE_FORM;
            step->form = forms[i].form;
            return 0;
        }
    if (strcmp(type, "Lowercase") == 0) {
        step->kind = NORMALIZE_LOWER;
    } else if (strcmp(type, "Nmt") == 0) {
        step->kind = NORMALIZE_NMT;
    } else if (strcmp(type, "StripAccents") == 0) {
        step->kind = NORMALIZE_STRIP_ACCENTS;
    } else if (strcmp(type, "Strip") == 0) {
        step->kind = NORMALIZE_STRIP;
        step->left = hearth_json_truth(json, "strip_left", true);
        step->right = hearth_json_truth(json, "strip_right", true);
    } else if (strcmp(type, "Replace") == 0) {
        return read_replace(json, step, error);
    } else if (strcmp(type, "Prepend") == 0) {
        step->kind = NORMALIZE_PREPEND;
        read_text(json_object_get(json, "prepend"), &step->content);
    } else if (strcmp(type, "Precompiled") == 0) {
        step->kind = NORMALIZE_PRECOMPILED;
        return precompiled_read(json, &step->map, error);
    } else {
        return hearth_error_set(error, HEARTH_ENOTIMPL,
                                "tokenizer.json: normalizer \"%.60s\" is not known here", type);
    }
    return 0;
}

int normalizer_read(const json_t *json, struct normalizer *normalizer, struct hearth_error *error)
{
    if (!json || json_is_null(json))
        return 0;
    const char *type = hearth_json_text(json, "type", "");
    /* Sequences may hold sequences; all of them are one list here. JSON's own limit of depth bounds
     * the recursion. */
    if (strcmp(type, "Sequence") == 0) {
        const json_t *steps = json_object_get(json, "normalizers");
        int rc = 0;
        for (size_t i = 0; i < json_array_size(steps) && !rc; i++)
            rc = normalizer_read(json_array_get(steps, i), normalizer, error);
        return rc;
    }
    if (normalizer->count == TOKENIZER_STEPS_MAX)
        return hearth_error_set(error, HEARTH_EMODEL, "tokenizer.json: too many normalizers");
    return read_step(json, type, &normalizer->steps[normalizer->count++], error);
}

int normalizer_lower_first(struct normalizer *normalizer, struct hearth_error *error)
{
    for (size_t i = 0; i < normalizer->count; i++)
        if (normalizer->steps[i].kind == NORMALIZE_LOWER)
            return 0;
    if (normalizer->count == TOKENIZER_STEPS_MAX)
        return hearth_error_set(error, HEARTH_EMODEL, "tokenizer.json: too many normalizers");
    /* sentence-transformers lower-cases a text before its tokenizer sees it, so this comes first.
     */
    memmove(normalizer->steps + 1, normalizer->steps,
            normalizer->count++ * sizeof(*normalizer->steps));
    normalizer->steps[0] = (struct normalizer_step){.kind = NORMALIZE_LOWER};
    return 0;
}

void normalizer_finish(struct normalizer *normalizer)
{
    for (size_t i = 0; i < normalizer->count; i++) {
        hearth_runes_finish(&normalizer->steps[i].pattern);
        hearth_runes_finish(&normalizer->steps[i].content);
        precompiled_destroy(normalizer->steps[i].map);
    }
    normalizer->count = 0;
}
