/* ByteLevel and Metaspace: pre-tokenizers that rewrite the text. ByteLevel splits as GPT-2 does and
 * writes each byte as a printable character; Metaspace writes spaces as U+2581. Source: the BPE
 * code of GPT-2 and Hugging Face's `tokenizers`. */
#include "text/tokenizer_parts.h"

#include <string.h>

/* GPT-2's map: printable bytes stand for themselves, the others for U+0100 onwards in order: the 33
 * before '!', the 34 from DEL to U+00A0, and the soft hyphen. */
static uint32_t character_of(unsigned byte)
{
    if (byte <= 0x20)
        return 0x100 + byte;
    if (byte >= 0x7f && byte <= 0xa0)
        return 0x121 + (byte - 0x7f);
    return byte == 0xad ? 0x143 : byte;
}

/* The map backwards. */
int byte_level_byte(uint32_t c)
{
    if (c >= 0x100 && c <= 0x120)
        return (int)(c - 0x100);
    if (c >= 0x121 && c <= 0x142)
        return (int)(c - 0x121 + 0x7f);
    if (c == 0x143)
        return 0xad;
    return c < 0x100 && character_of(c) == c ? (int)c : -1;
}

/* How many code points from here on are of the classes; with `others`, how many are not. */
static size_t run_of(const uint32_t *at, size_t count, unsigned classes, bool others)
{
    size_t length = 0;
    while (length < count && hearth_unicode_is(at[length], classes) != others)
        length++;
    return length;
}

/* 's, 't, 're … are pieces of their own, in lower case only, as the expression of GPT-2 has them.
 */
static size_t contraction(const uint32_t *at, size_t count)
{
    static const char *const endings[] = {"s", "t", "re", "ve", "m", "ll", "d"};
    for (size_t i = 0; i < 7; i++) {
        size_t length = strlen(endings[i]);
        if (count > length && at[1] == (unsigned char)endings[i][0] &&
            (length == 1 || at[2] == (unsigned char)endings[i][1]))
            return 1 + length;
    }
    return 0;
}

/* Length of the next match of
 * 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
 * in a text that has, when `spaced`, one more space before it. */
static size_t next_match(const uint32_t *at, size_t count, bool spaced)
{
    size_t length = at[0] == '\'' && !spaced ? contraction(at, count) : 0;
    if (length)
        return length;
    size_t own = !spaced && at[0] == ' ' && count > 1 ? 1 : 0, space = own + spaced;
    const uint32_t *word = at + own;
    size_t left = count - own;
    const unsigned any = HEARTH_UNICODE_REGEX_SPACE | HEARTH_UNICODE_LETTER | HEARTH_UNICODE_NUMBER;
    if ((length = run_of(word, left, HEARTH_UNICODE_LETTER, false)) ||
        (length = run_of(word, left, HEARTH_UNICODE_NUMBER, false)) ||
        (length = run_of(word, left, any, true)))
        return space + length;
    /* \s+(?!\S): a run of spaces leaves its last one to the word that follows, unless the text ends
     * with the run or it is one space only. */
    length = spaced + run_of(at, count, HEARTH_UNICODE_REGEX_SPACE, false);
    return length > 1 && length < spaced + count ? length - 1 : length;
}

/* A code point as its bytes of UTF-8, each as the character that stands for it. */
static void append_bytes(uint32_t c, struct hearth_runes *out)
{
    char bytes[4];
    size_t width = hearth_rune_to_utf8(c, bytes);
    for (size_t k = 0; k < width; k++)
        hearth_runes_append(out, character_of((unsigned char)bytes[k]));
}

void split_byte_level(const struct pre_tokenizer_step *step, const uint32_t *text, bool prepends,
                      size_t *at, size_t end, struct hearth_runes *out)
{
    /* The space that is put before the text takes part in the match (" ?\p{L}+" takes it along),
     * though it is not in the text: next_match counts it, and it is subtracted again. */
    bool spaced = prepends && text[*at] != ' ';
    size_t length = end - *at;
    if (step->use_regex)
        length = next_match(text + *at, length, spaced) - spaced;
    if (spaced)
        append_bytes(' ', out);
    for (size_t i = *at; i < *at + length; i++)
        append_bytes(text[i], out);
    *at += length;
}

void split_metaspace(const struct pre_tokenizer_step *step, const uint32_t *text, bool prepends,
                     size_t *at, size_t end, struct hearth_runes *out)
{
    if (prepends && text[*at] != ' ' && text[*at] != step->replacement)
        hearth_runes_append(out, step->replacement);
    for (; *at < end; ++*at) {
        uint32_t c = text[*at] == ' ' ? step->replacement : text[*at];
        /* Each space begins a new piece, whose first character it is. */
        if (c == step->replacement && !step->whole && out->count)
            return;
        hearth_runes_append(out, c);
    }
}
