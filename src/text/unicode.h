/* Says of code points what the tokenizers of Hugging Face take them for: classes, lower case,
 * normal forms.
 *
 * The tables (unicode.gen.c) were made by asking that library about every code point, because it
 * mixes several versions of the standard. Normal forms follow Unicode Standard Annex #15, and
 * Hangul is computed (chapter 3.12). Texts are vectors of code points. Any thread. */
#ifndef HEARTH_TEXT_UNICODE_H
#define HEARTH_TEXT_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hearth_unicode_class {
    HEARTH_UNICODE_SPACE = 1 << 0,             /* Rust's char::is_whitespace */
    HEARTH_UNICODE_REMOVED = 1 << 1,           /* taken away by BertNormalizer's clean_text */
    HEARTH_UNICODE_PUNCTUATION = 1 << 2,       /* isolated by BertPreTokenizer */
    HEARTH_UNICODE_ACCENT = 1 << 3,            /* taken away by BertNormalizer's strip_accents */
    HEARTH_UNICODE_MARK = 1 << 4,              /* taken away by StripAccents */
    HEARTH_UNICODE_LETTER = 1 << 5,            /* \p{L} of the library's regular expressions */
    HEARTH_UNICODE_NUMBER = 1 << 6,            /* \p{N} */
    HEARTH_UNICODE_REGEX_SPACE = 1 << 7,       /* \s */
    HEARTH_UNICODE_REGEX_PUNCTUATION = 1 << 8, /* \p{P} */
    HEARTH_UNICODE_WORD = 1 << 9,              /* \w of Rust's regular expressions */
    HEARTH_UNICODE_REGEX_WORD = 1 << 10,       /* \w */
    HEARTH_UNICODE_NUMERIC = 1 << 11,          /* Rust's char::is_numeric */
    HEARTH_UNICODE_LOWERS = 1 << 12,           /* has another lower case */
    HEARTH_UNICODE_DECOMPOSES = 1 << 13,       /* has a canonical decomposition */
    HEARTH_UNICODE_DECOMPOSES_COMPATIBLY = 1 << 14,
    HEARTH_UNICODE_COMBINES = 1 << 15, /* has a canonical combining class other than 0 */
};

/* The classes of a code point, a union of the above. */
uint16_t hearth_unicode_classes(uint32_t c);

static inline bool hearth_unicode_is(uint32_t c, unsigned classes)
{
    return (hearth_unicode_classes(c) & classes) != 0;
}

/* A growing vector of code points; zeroed memory is empty. A vector that ran out of memory, or over
 * `most` code points (0: 2^30), is `failed` and takes no more; the latter is also `overlong`. */
struct hearth_runes {
    uint32_t *at;
    size_t count, capacity, most;
    bool failed, overlong;
};
void hearth_runes_finish(struct hearth_runes *runes);
void hearth_runes_append(struct hearth_runes *runes, uint32_t c);
void hearth_runes_append_all(struct hearth_runes *runes, const uint32_t *at, size_t count);
/* The text must be valid UTF-8 (base/text.h checks). */
void hearth_runes_append_utf8(struct hearth_runes *runes, const char *text, size_t length);
/* Bytes written to `ret_bytes`: 1 to 4. */
size_t hearth_rune_to_utf8(uint32_t c, char ret_bytes[4]);

enum hearth_normal_form { HEARTH_NFD, HEARTH_NFC, HEARTH_NFKD, HEARTH_NFKC };

/* Appends the normal form of `from`. `taken`, when it is not NULL, becomes a list with a number for
 * each code point that was appended: how many of `from` it stands for. Of those that one code point
 * is decomposed into, the first stands for it and the others for none; one that was composed stands
 * for all of its parts. */
void hearth_unicode_normalize(const struct hearth_runes *from, enum hearth_normal_form form,
                              struct hearth_runes *to, struct hearth_runes *taken);
/* Appends the lower case of one code point (1 to 3 of them). */
void hearth_unicode_lower(uint32_t c, struct hearth_runes *to);

/* The generated tables. */
extern const uint16_t hearth_unicode_index[];
extern const uint16_t hearth_unicode_blocks[][256];
extern const uint32_t hearth_unicode_lower_keys[], hearth_unicode_lower_starts[],
    hearth_unicode_lower_pool[];
extern const uint32_t hearth_unicode_nfd_keys[], hearth_unicode_nfd_starts[],
    hearth_unicode_nfd_pool[];
extern const uint32_t hearth_unicode_nfkd_keys[], hearth_unicode_nfkd_starts[],
    hearth_unicode_nfkd_pool[];
extern const uint32_t hearth_unicode_ccc_keys[], hearth_unicode_ccc_starts[],
    hearth_unicode_ccc_pool[];
extern const uint32_t hearth_unicode_pairs[][3];
extern const size_t hearth_unicode_lower_count, hearth_unicode_nfd_count, hearth_unicode_nfkd_count,
    hearth_unicode_ccc_count, hearth_unicode_pair_count;

#endif
