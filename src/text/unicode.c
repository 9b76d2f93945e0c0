/* Unicode: look-ups in the generated tables, and the four normal forms.
 * Source: Unicode Standard Annex #15; for Hangul the arithmetic of chapter 3.12. */
#include "text/unicode.h"

#include "base/memory.h"

#include <string.h>

enum {
    RUNES_MAX = 1 << 24,
    HANGUL_FIRST = 0xac00,
    HANGUL_COUNT = 11172,
    HANGUL_L = 0x1100,
    HANGUL_V = 0x1161,
    HANGUL_T = 0x11a7,
    HANGUL_VS = 21,
    HANGUL_TS = 28,
};

uint16_t hearth_unicode_classes(uint32_t c)
{
    /* Two steps: 256 code points share a block, and most blocks are the same as another one. */
    return c < 0x110000 ? hearth_unicode_blocks[hearth_unicode_index[c >> 8]][c & 255] : 0;
}

void hearth_runes_finish(struct hearth_runes *runes)
{
    hearth_free(runes->at);
    *runes = (struct hearth_runes){0};
}

/* Doubles, so that appending n code points copies fewer than 2n. */
static bool reserve(struct hearth_runes *runes, size_t extra)
{
    if (runes->failed)
        return false;
    size_t need = runes->count + extra;
    if (runes->most && need > runes->most) {
        runes->failed = runes->overlong = true;
        return false;
    }
    if (need <= runes->capacity)
        return true;
    size_t capacity = runes->capacity < 32 ? 32 : runes->capacity;
    while (capacity < need)
        capacity *= 2;
    uint32_t *at =
        capacity > RUNES_MAX ? NULL : hearth_try_realloc(runes->at, capacity * sizeof(*at));
    if (!at) {
        runes->failed = true;
        return false;
    }
    runes->at = at;
    runes->capacity = capacity;
    return true;
}

void hearth_runes_append(struct hearth_runes *runes, uint32_t c)
{
    if (reserve(runes, 1))
        runes->at[runes->count++] = c;
}

void hearth_runes_append_all(struct hearth_runes *runes, const uint32_t *at, size_t count)
{
    if (!reserve(runes, count))
        return;
    if (count)
        memcpy(runes->at + runes->count, at, count * sizeof(*at));
    runes->count += count;
}

void hearth_runes_append_utf8(struct hearth_runes *runes, const char *text, size_t length)
{
    const unsigned char *b = (const unsigned char *)text, *end = b + length;
    if (!reserve(runes, length))
        return;
    while (b < end) {
        /* The first byte's leading ones tell the width (RFC 3629); its other bits are the
         * character's highest. */
        uint32_t c = *b;
        size_t width = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
        if (width > 1)
            c &= 0xffu >> (width + 1);
        for (size_t i = 1; i < width; i++)
            c = c << 6 | (b[i] & 0x3fu);
        runes->at[runes->count++] = c;
        b += width;
    }
}

size_t hearth_rune_to_utf8(uint32_t c, char ret_bytes[4])
{
    /* RFC 3629: the first byte says how many follow, each of those carries six bits. */
    size_t width = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = width; i-- > 1; c >>= 6)
        ret_bytes[i] = (char)(0x80 | (c & 0x3f));
    ret_bytes[0] = (char)(lead[width] | c);
    return width;
}

/* The place of a key in a sorted table, or `count`. */
static size_t place_of(uint32_t c, const uint32_t *keys, size_t count)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (keys[middle] < c)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && keys[low] == c ? low : count;
}

/* The pool holds the texts one behind the other; `starts` has one entry more than keys, for the end
 * of the last. */
static bool append_mapped(uint32_t c, const uint32_t *keys, const uint32_t *starts,
                          const uint32_t *pool, size_t count, struct hearth_runes *to)
{
    size_t place = place_of(c, keys, count);
    if (place == count)
        return false;
    hearth_runes_append_all(to, pool + starts[place], starts[place + 1] - starts[place]);
    return true;
}

void hearth_unicode_lower(uint32_t c, struct hearth_runes *to)
{
    /* ASCII needs no table, and is nearly all of most texts. */
    if (c < 0x80)
        hearth_runes_append(to, c >= 'A' && c <= 'Z' ? c + 32 : c);
    else if (!hearth_unicode_is(c, HEARTH_UNICODE_LOWERS) ||
             !append_mapped(c, hearth_unicode_lower_keys, hearth_unicode_lower_starts,
                            hearth_unicode_lower_pool, hearth_unicode_lower_count, to))
        hearth_runes_append(to, c);
}

/* 0 for starters, which never move; marks are ordered by it. */
static uint32_t combining_class(uint32_t c)
{
    if (!hearth_unicode_is(c, HEARTH_UNICODE_COMBINES))
        return 0;
    size_t place = place_of(c, hearth_unicode_ccc_keys, hearth_unicode_ccc_count);
    return place < hearth_unicode_ccc_count
               ? hearth_unicode_ccc_pool[hearth_unicode_ccc_starts[place]]
               : 0;
}

static void decompose(uint32_t c, bool compatibly, struct hearth_runes *to)
{
    uint16_t classes = hearth_unicode_classes(c);
    /* A syllable is computed from its leading consonant, vowel and maybe trailing consonant: (l ·
     * 21 + v) · 28 + t. */
    if (c >= HANGUL_FIRST && c < HANGUL_FIRST + HANGUL_COUNT) {
        uint32_t s = c - HANGUL_FIRST, t = s % HANGUL_TS;
        hearth_runes_append(to, HANGUL_L + s / (HANGUL_VS * HANGUL_TS));
        hearth_runes_append(to, HANGUL_V + s % (HANGUL_VS * HANGUL_TS) / HANGUL_TS);
        if (t)
            hearth_runes_append(to, HANGUL_T + t);
        return;
    }
    if (compatibly && (classes & HEARTH_UNICODE_DECOMPOSES_COMPATIBLY) &&
        append_mapped(c, hearth_unicode_nfkd_keys, hearth_unicode_nfkd_starts,
                      hearth_unicode_nfkd_pool, hearth_unicode_nfkd_count, to))
        return;
    if (!(classes & HEARTH_UNICODE_DECOMPOSES) ||
        !append_mapped(c, hearth_unicode_nfd_keys, hearth_unicode_nfd_starts,
                       hearth_unicode_nfd_pool, hearth_unicode_nfd_count, to))
        hearth_runes_append(to, c);
}

/* While marks are put in order, the number of source characters that a rune takes stands above it.
 */
enum { TAKEN_SHIFT = 24 };
#define RUNE_MASK ((1u << TAKEN_SHIFT) - 1)

/* Canonical ordering: a stable insertion sort of each run of marks by class. Runs may be long in
 * hostile texts, so long ones are counted into their places. */
static void order_run(uint32_t *at, size_t count, struct hearth_runes *scratch)
{
    size_t places[257] = {0};
    if (count < 32) {
        for (size_t i = 1; i < count; i++) {
            uint32_t c = at[i], order = combining_class(c & RUNE_MASK);
            size_t j = i;
            for (; j > 0 && combining_class(at[j - 1] & RUNE_MASK) > order; j--)
                at[j] = at[j - 1];
            at[j] = c;
        }
        return;
    }
    /* Counting sort, which is stable too: how many marks there are of each class, then where the
     * first of each class goes. */
    scratch->count = 0;
    hearth_runes_append_all(scratch, at, count);
    if (scratch->failed)
        return;
    for (size_t i = 0; i < count; i++)
        places[combining_class(at[i] & RUNE_MASK) + 1]++;
    for (size_t order = 1; order < 256; order++)
        places[order] += places[order - 1];
    for (size_t i = 0; i < count; i++)
        at[places[combining_class(scratch->at[i] & RUNE_MASK)]++] = scratch->at[i];
}

/* A run is what stands between two starters; within it marks may change places, over its ends
 * never. */
static void order_marks(struct hearth_runes *runes, size_t first)
{
    struct hearth_runes scratch = {0};
    for (size_t i = first; i < runes->count;) {
        size_t end = i;
        while (end < runes->count && combining_class(runes->at[end] & RUNE_MASK))
            end++;
        if (end > i + 1)
            order_run(runes->at + i, end - i, &scratch);
        i = end > i ? end : i + 1;
    }
    runes->failed |= scratch.failed;
    hearth_runes_finish(&scratch);
}

/* The numbers above the runes go into a list of their own. */
static void part_taken(struct hearth_runes *runes, size_t first, struct hearth_runes *taken)
{
    for (size_t i = first; i < runes->count; i++) {
        hearth_runes_append(taken, runes->at[i] >> TAKEN_SHIFT);
        runes->at[i] &= RUNE_MASK;
    }
}

/* 0 when the two do not compose. */
static uint32_t compose_pair(uint32_t a, uint32_t b)
{
    /* Leading consonant and vowel make a syllable, and a syllable without a trailing consonant
     * takes one. */
    if (a >= HANGUL_L && a < HANGUL_L + 19 && b >= HANGUL_V && b < HANGUL_V + HANGUL_VS)
        return HANGUL_FIRST + ((a - HANGUL_L) * HANGUL_VS + (b - HANGUL_V)) * HANGUL_TS;
    if (a >= HANGUL_FIRST && a < HANGUL_FIRST + HANGUL_COUNT &&
        (a - HANGUL_FIRST) % HANGUL_TS == 0 && b > HANGUL_T && b < HANGUL_T + HANGUL_TS)
        return a + (b - HANGUL_T);
    size_t low = 0, high = hearth_unicode_pair_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const uint32_t *pair = hearth_unicode_pairs[middle];
        if (pair[0] < a || (pair[0] == a && pair[1] < b))
            low = middle + 1;
        else
            high = middle;
    }
    const uint32_t *pair = hearth_unicode_pairs[low];
    return low < hearth_unicode_pair_count && pair[0] == a && pair[1] == b ? pair[2] : 0;
}

/* In place: a mark joins the last starter when nothing of its class or a higher one, and no
 * starter, stands between them. */
static void compose(struct hearth_runes *runes, size_t first, struct hearth_runes *taken)
{
    size_t out = first, starter = SIZE_MAX;
    uint32_t last_class = 0;
    for (size_t i = first; i < runes->count; i++) {
        uint32_t c = runes->at[i], order = combining_class(c);
        /* The Unicode Standard, D115: a character is blocked from the starter when one with the
         * same or a higher class stands between; with nothing between it never is. */
        bool blocked = starter != SIZE_MAX && out - starter > 1 && last_class >= order;
        uint32_t joined = starter != SIZE_MAX && !blocked ? compose_pair(runes->at[starter], c) : 0;
        if (joined) {
            runes->at[starter] = joined;
            if (taken)
                taken->at[starter - first] += taken->at[i - first];
            continue;
        }
        if (order == 0)
            starter = out;
        last_class = order;
        if (taken)
            taken->at[out - first] = taken->at[i - first];
        runes->at[out++] = c;
    }
    runes->count = out;
    if (taken)
        taken->count = out - first;
}

void hearth_unicode_normalize(const struct hearth_runes *from, enum hearth_normal_form form,
                              struct hearth_runes *to, struct hearth_runes *taken)
{
    size_t first = to->count;
    bool compatibly = form == HEARTH_NFKD || form == HEARTH_NFKC;
    for (size_t i = 0; i < from->count; i++) {
        size_t start = to->count;
        if (from->at[i] < 0x80)
            hearth_runes_append(to, from->at[i]);
        else
            decompose(from->at[i], compatibly, to);
        /* What one character decomposes into takes up that one: the first of them carries it. */
        if (taken && to->count > start)
            to->at[start] |= 1u << TAKEN_SHIFT;
    }
    order_marks(to, first);
    if (taken) {
        taken->count = 0;
        part_taken(to, first, taken);
        to->failed |= taken->failed;
    }
    if ((form == HEARTH_NFC || form == HEARTH_NFKC) && !to->failed)
        compose(to, first, taken);
    to->failed |= from->failed;
}
