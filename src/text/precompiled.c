/* Precompiled: sentencepiece's map of characters, a double-array trie and a pool of replacements.
 * Format: u32 bytes of the trie, the trie's u32 units, then NUL-terminated UTF-8 texts; units as in
 * S. Yata's Darts-clone. A whole grapheme of less than 6 bytes is looked up first, then each of its
 * characters; the shortest key that matches counts, as in Hugging Face's spm_precompiled. */
#include "text/tokenizer_parts.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"

#include <string.h>
#include <utf8proc.h>

struct precompiled {
    uint32_t *units;
    size_t unit_count;
    char *pool; /* ends with NUL */
    size_t pool_length;
};

/* The value of a digit of base64, or -1. */
static int digit_of(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* RFC 4648; returns the number of bytes, or SIZE_MAX. */
static size_t decode_base64(const char *text, size_t length, unsigned char *bytes)
{
    size_t count = 0;
    uint32_t word = 0;
    unsigned bits = 0;
    while (length && text[length - 1] == '=')
        length--;
    for (size_t i = 0; i < length; i++) {
        int digit = digit_of(text[i]);
        if (digit < 0)
            return SIZE_MAX;
        word = word << 6 | (uint32_t)digit;
        if ((bits += 6) >= 8)
            bytes[count++] = (unsigned char)(word >> (bits -= 8));
    }
    return count;
}

/* A replacement may be looked at for every character of a text, so a long one would cost hours; the
 * longest that Unicode has is 18 code points. The reference refuses a pool that is not UTF-8. */
static bool pool_is_sound(const char *pool, size_t length)
{
    enum { REPLACEMENT_MAX = 1024 };
    for (size_t at = 0; at < length;) {
        size_t text = strnlen(pool + at, REPLACEMENT_MAX + 1);
        if (text > REPLACEMENT_MAX)
            return false;
        at += text + 1;
    }
    return hearth_utf8_valid(pool, length);
}

static int broken(struct hearth_error *error)
{
    return hearth_error_set(error, HEARTH_EMODEL, "tokenizer.json: the precompiled map is broken");
}

/* Both sizes come out of the file: the trie must lie within the bytes, and the pool is what is
 * left. */
static int take_apart(struct precompiled *map, const unsigned char *bytes, size_t length,
                      struct hearth_error *error)
{
    uint32_t trie_bytes = 0;
    if (length >= 4)
        memcpy(&trie_bytes, bytes, 4);
    if (length < 8 || trie_bytes < 4 || trie_bytes % 4 || trie_bytes > length - 4)
        return broken(error);
    map->unit_count = trie_bytes / 4;
    map->pool_length = length - 4 - trie_bytes;
    map->units = hearth_try_alloc(trie_bytes);
    map->pool = hearth_try_alloc(map->pool_length + 1);
    if (!map->units || !map->pool)
        return hearth_error_set(error, HEARTH_ENOMEM,
                                "there is not enough memory for the precompiled map");
    memcpy(map->units, bytes + 4, trie_bytes);
    memcpy(map->pool, bytes + 4 + trie_bytes, map->pool_length);
    map->pool[map->pool_length] = '\0';
    return pool_is_sound(map->pool, map->pool_length) ? 0 : broken(error);
}

int precompiled_read(const json_t *json, struct precompiled **ret_map, struct hearth_error *error)
{
    const json_t *text = json_object_get(json, "precompiled_charsmap");
    if (!json_is_string(text))
        return hearth_error_set(error, HEARTH_EMODEL, "tokenizer.json: no precompiled_charsmap");
    size_t length = json_string_length(text);
    unsigned char *bytes = hearth_try_alloc(length + 4);
    struct precompiled *map = hearth_calloc(1, sizeof(*map));
    int rc = bytes
                 ? 0
                 : hearth_error_set(error, HEARTH_ENOMEM, "there is not enough memory for the map");
    if (!rc) {
        size_t count = decode_base64(json_string_value(text), length, bytes);
        rc = take_apart(map, bytes, count == SIZE_MAX ? 0 : count, error);
    }
    hearth_free(bytes);
    if (rc)
        precompiled_destroy(map);
    else
        *ret_map = map;
    return rc;
}

void precompiled_destroy(struct precompiled *map)
{
    if (!map)
        return;
    hearth_free(map->units);
    hearth_free(map->pool);
    hearth_free(map);
}

/* Darts-clone's unit: bits 0-7 are the label, bit 8 says that a value follows, bit 9 that the
 * offset is shifted by 8 bits, and bits 10-30 are the offset. Bit 31 marks a value instead of a
 * node. */
static size_t offset_of(uint32_t unit)
{
    return (size_t)(unit >> 10) << ((unit & 1u << 9) >> 6);
}

/* The replacement of the shortest key that the bytes begin with, or NULL. */
static const char *look_up(const struct precompiled *map, const char *bytes, size_t length)
{
    /* A child's place is its parent's offset combined with the label by exclusive or; whether there
     * is such a child is told by the label that stands there. Every place comes out of the file, so
     * each is checked before it is used. The walk ends with the bytes: it cannot run in a circle.
     */
    size_t at = offset_of(map->units[0]);
    for (size_t i = 0; i < length && bytes[i]; i++) {
        at ^= (unsigned char)bytes[i];
        if (at >= map->unit_count)
            return NULL;
        uint32_t unit = map->units[at];
        if ((unit & (0x80000000u | 0xff)) != (unsigned char)bytes[i])
            return NULL;
        at ^= offset_of(unit);
        if (at >= map->unit_count)
            return NULL;
        if (unit >> 8 & 1) {
            size_t place = map->units[at] & 0x7fffffff;
            return place < map->pool_length ? map->pool + place : NULL;
        }
    }
    return NULL;
}

struct rewriting {
    struct hearth_runes out, taken; /* taken: counted only when somebody asks for the head */
    bool counts;
};

/* Of what takes the place of others, the last one takes up the rest of them or, when there are more
 * than before, the last ones take up none. What is taken away at the very beginning is not counted:
 * so does the library. */
static void count_taken(struct rewriting *rewriting, size_t before, size_t after)
{
    struct hearth_runes *taken = &rewriting->taken;
    if (!rewriting->counts)
        return;
    for (size_t i = 0; i < after; i++)
        hearth_runes_append(taken, i < before);
    if (before > after && taken->count)
        taken->at[taken->count - 1] += (uint32_t)(before - after);
}

static bool append_replacement(const struct precompiled *map, const char *bytes, size_t length,
                               size_t before, struct rewriting *rewriting)
{
    const char *text = look_up(map, bytes, length);
    size_t start = rewriting->out.count;
    if (!text)
        return false;
    size_t replaced = strlen(text);
    /* A place in the middle of a character would give half a one. */
    if (hearth_utf8_valid(text, replaced))
        hearth_runes_append_utf8(&rewriting->out, text, replaced);
    count_taken(rewriting, before, rewriting->out.count - start);
    return true;
}

static void replace_grapheme(const struct precompiled *map, const uint32_t *at, size_t count,
                             struct rewriting *rewriting)
{
    char bytes[8];
    size_t length = 0;
    /* Six bytes are enough to see that a grapheme is too long to be looked up as a whole. */
    for (size_t i = 0; i < count && length < 6; i++) {
        char one[4];
        size_t width = hearth_rune_to_utf8(at[i], one);
        memcpy(bytes + length, one, width < 8 - length ? width : 8 - length);
        length += width;
    }
    if (length < 6 && append_replacement(map, bytes, length, count, rewriting))
        return;
    for (size_t i = 0; i < count; i++) {
        char one[4];
        size_t width = hearth_rune_to_utf8(at[i], one);
        if (append_replacement(map, one, width, 1, rewriting))
            continue;
        hearth_runes_append(&rewriting->out, at[i]);
        count_taken(rewriting, 1, 1);
    }
}

void precompiled_run(const struct precompiled *map, struct hearth_runes *text, size_t *head)
{
    struct rewriting rewriting = {
        .out = {.most = text->most, .failed = text->failed, .overlong = text->overlong},
        .counts = *head > 0};
    for (size_t start = 0, end; start < text->count && !rewriting.out.failed; start = end) {
        /* Grapheme clusters by Unicode Standard Annex #29: a letter with its marks is one. */
        utf8proc_int32_t state = 0;
        end = start + 1;
        while (end < text->count &&
               !utf8proc_grapheme_break_stateful((utf8proc_int32_t)text->at[end - 1],
                                                 (utf8proc_int32_t)text->at[end], &state))
            end++;
        replace_grapheme(map, text->at + start, end - start, &rewriting);
    }
    *head = head_of_taken(&rewriting.taken, *head);
    rewriting.out.failed |= rewriting.taken.failed;
    hearth_runes_finish(&rewriting.taken);
    hearth_runes_finish(text);
    *text = rewriting.out;
}
