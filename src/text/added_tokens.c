/* Tokens that are looked for in the text before anything else: [MASK], <s> and the like. Some are
 * sought in the text as it came, some in its normalized form. */
#include "text/tokenizer_parts.h"

#include "base/error.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* Models have a few dozen of them, some a few thousand ("<unused7>"); every one is compared where a
 * text has its first character, so their number is bounded. */
enum { ADDED_MAX = 1 << 16 };

static int read_one(const json_t *json, const struct normalizer *normalizer,
                    struct added_token *token, struct hearth_error *error)
{
    const json_t *content = json_object_get(json, "content");
    json_int_t id = hearth_json_integer(json, "id", -1);
    if (!json_is_string(content) || id < 0 || id >= VOCABULARY_MAX)
        return hearth_error_set(error, HEARTH_EMODEL,
                                "tokenizer.json: an added token has no content or no id");
    token->id = (int32_t)id;
    token->text = hearth_strdup(json_string_value(content));
    /* `special` matters for decoding only: special or not, a text that contains its content gives
     * the token. */
    token->special = hearth_json_truth(json, "special", false);
    token->single_word = hearth_json_truth(json, "single_word", false);
    token->strip_left = hearth_json_truth(json, "lstrip", false);
    token->strip_right = hearth_json_truth(json, "rstrip", false);
    token->normalized = hearth_json_truth(json, "normalized", false);
    hearth_runes_append_utf8(&token->content, token->text, strlen(token->text));
    /* It is looked for in normalized text, so it is normalized too: of "normalized" tokens the
     * library does the same. */
    if (token->normalized)
        normalizer_run(normalizer, &token->content, 0);
    return token->content.failed
               ? hearth_error_set(error, HEARTH_ENOMEM, "there is not enough memory")
               : 0;
}

/* Of one id in the order of the file, which is that of the addresses. */
static int compare_ids(const void *a, const void *b)
{
    const struct added_token *left = *(const struct added_token *const *)a;
    const struct added_token *right = *(const struct added_token *const *)b;
    if (left->id != right->id)
        return left->id < right->id ? -1 : 1;
    return left < right ? -1 : left > right;
}

static void sort_by_id(struct added_tokens *added)
{
    added->by_id = hearth_calloc(added->count, sizeof(*added->by_id));
    for (size_t i = 0; i < added->count; i++)
        added->by_id[i] = &added->at[i];
    qsort(added->by_id, added->count, sizeof(*added->by_id), compare_ids);
}

const struct added_token *added_tokens_by_id(const struct added_tokens *added, int32_t id)
{
    size_t low = 0, high = added->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (added->by_id[middle]->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < added->count && added->by_id[low]->id == id ? added->by_id[low] : NULL;
}

int added_tokens_read(const json_t *json, const struct normalizer *normalizer,
                      struct added_tokens *added, struct hearth_error *error)
{
    size_t count = json_array_size(json);
    if (count > ADDED_MAX)
        return hearth_error_set(error, HEARTH_EMODEL, "tokenizer.json: %zu added tokens", count);
    added->at = hearth_calloc(count, sizeof(*added->at));
    for (size_t i = 0; i < count; i++) {
        added->count = i + 1;
        int rc = read_one(json_array_get(json, i), normalizer, &added->at[i], error);
        if (rc)
            return rc;
        const struct added_token *token = &added->at[i];
        /* Most characters begin no added token at all: one look at this table spares comparing
         * them. */
        if (token->content.count)
            added->begins[token->normalized][token->content.at[0] & 255] = true;
    }
    sort_by_id(added);
    return 0;
}

void added_tokens_finish(struct added_tokens *added)
{
    for (size_t i = 0; i < added->count; i++) {
        hearth_runes_finish(&added->at[i].content);
        hearth_free(added->at[i].text);
    }
    hearth_free(added->at);
    hearth_free(added->by_id);
    *added = (struct added_tokens){0};
}

/* Behind the end of the text there is no word. */
static bool is_word(const struct hearth_runes *text, size_t at)
{
    return at < text->count && hearth_unicode_is(text->at[at], HEARTH_UNICODE_WORD);
}

/* An empty content matches nothing, or the search would not move on. */
static bool matches(const struct added_token *token, const struct hearth_runes *text, size_t at)
{
    size_t count = token->content.count;
    return count && text->count - at >= count && text->at[at] == token->content.at[0] &&
           memcmp(text->at + at, token->content.at, count * sizeof(*text->at)) == 0;
}

/* "<|im_start|>" and "<|im" may both be tokens: of those that match at a place the longest is
 * meant. */
static const struct added_token *longest_at(const struct added_tokens *added, bool normalized,
                                            const struct hearth_runes *text, size_t at)
{
    const struct added_token *best = NULL;
    for (size_t i = 0; i < added->count; i++) {
        const struct added_token *token = &added->at[i];
        if (token->normalized == normalized && matches(token, text, at) &&
            (!best || token->content.count > best->content.count))
            best = token;
    }
    return best;
}

/* lstrip and rstrip: the spaces on that side belong to the token and give no tokens of their own.
 * `start`: what lies before it has been turned into tokens already. */
static void widen(const struct added_token *token, const struct hearth_runes *text, size_t start,
                  size_t *from, size_t *to)
{
    while (token->strip_left && *from > start &&
           hearth_unicode_is(text->at[*from - 1], HEARTH_UNICODE_SPACE))
        --*from;
    while (token->strip_right && *to < text->count &&
           hearth_unicode_is(text->at[*to], HEARTH_UNICODE_SPACE))
        ++*to;
}

const struct added_token *added_tokens_match(const struct added_tokens *added, bool normalized,
                                             const struct hearth_runes *text, size_t start,
                                             size_t *ret_from, size_t *ret_to)
{
    /* From left to right: the first place where any token begins is taken, whatever stands behind
     * it. */
    for (size_t at = start; at < text->count; at++) {
        if (!added->begins[normalized][text->at[at] & 255])
            continue;
        const struct added_token *token = longest_at(added, normalized, text, at);
        if (!token)
            continue;
        size_t end = at + token->content.count;
        if (token->single_word && ((at > 0 && is_word(text, at - 1)) || is_word(text, end))) {
            at = end - 1; /* the library's search goes on behind a match that it does not take */
            continue;
        }
        *ret_from = at;
        *ret_to = end;
        widen(token, text, start, ret_from, ret_to);
        return token;
    }
    return NULL;
}
