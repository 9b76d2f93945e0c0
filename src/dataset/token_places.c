#include "dataset/token_places.h"

#include "base/error.h"
#include "base/memory.h"

#include <string.h>

enum { TOKEN_TEXT_MAX = 1 << 16 };

/* The bytes of the text at `at` that the token stands for. A tokenizer may put a space before a
 * text that has none, and tokens around it that are not in it. */
static bool match(const struct hearth_token_places *places, const struct hearth_buf *spelled,
                  size_t at, uint32_t index, size_t *ret_bytes)
{
    const char *bytes = spelled->bytes;
    size_t length = spelled->length, left = places->length - at;
    if (length > 0 && bytes[0] == ' ' && (left == 0 || places->text[at] != ' '))
        bytes++, length--;
    bool found = length <= left && (length == 0 || memcmp(places->text + at, bytes, length) == 0);
    bool around = index == 0 || index + 1 == places->count;
    *ret_bytes = found ? length : 0;
    return found || around;
}

static bool spell_all(const struct hearth_token_places *places)
{
    struct hearth_buf spelled;
    size_t at = 0;
    bool same = true;
    hearth_buf_init(&spelled, TOKEN_TEXT_MAX);
    for (uint32_t i = 0; same && i < places->count; i++) {
        size_t bytes = 0;
        hearth_buf_clear(&spelled);
        places->words->spell(places->words->argument, places->tokens[i], &spelled);
        same = spelled.failed == 0 && match(places, &spelled, at, i, &bytes);
        at += bytes;
        places->ends[i] = (uint32_t)at;
    }
    hearth_buf_finish(&spelled);
    return same && at == places->length;
}

int hearth_token_places_find(const struct hearth_words *words, const char *text, size_t length,
                             const int32_t *tokens, uint32_t count,
                             struct hearth_token_places *ret_places, struct hearth_error *error)
{
    *ret_places = (struct hearth_token_places){
        .words = words, .text = text, .length = length, .tokens = tokens, .count = count};
    ret_places->ends = hearth_try_calloc((size_t)count + 1, sizeof(*ret_places->ends));
    if (!ret_places->ends)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for %u tokens", count);
    if (length > UINT32_MAX || !spell_all(ret_places))
        hearth_token_places_finish(ret_places);
    return 0;
}

void hearth_token_places_finish(struct hearth_token_places *places)
{
    hearth_free(places->ends);
    places->ends = NULL;
}

/* Without places: what the tokens of the beginning alone have in common with those of all. */
static int count_common(const struct hearth_token_places *places, size_t length,
                        uint32_t *ret_count, struct hearth_error *error)
{
    const struct hearth_words *words = places->words;
    int32_t *tokens = NULL;
    uint32_t count = 0, same = 0;
    int rc =
        words->tokenize(words->argument, places->text, length, true, true, &tokens, &count, error);
    while (!rc && same < count && same < places->count && tokens[same] == places->tokens[same])
        same++;
    hearth_free(tokens);
    *ret_count = same;
    return rc;
}

int hearth_token_places_before(const struct hearth_token_places *places, size_t length,
                               uint32_t *ret_count, struct hearth_error *error)
{
    if (!places->ends)
        return count_common(places, length, ret_count, error);
    uint32_t low = 0, high = places->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (places->ends[middle] > length)
            high = middle;
        else
            low = middle + 1;
    }
    *ret_count = low;
    return 0;
}
