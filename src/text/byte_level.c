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

int byte_level_byte(uint32_t c)
{
    for (unsigned byte = 0; byte < 256; byte++)
        if (character_of(byte) == c)
            return (int)byte;
    return -1;
}

static size_t run_of(const uint32_t *at, size_t count, unsigned classes, bool others)
{
    size_t length = 0;
    while (length < count && hearth_unicode_is(at[length], classes) != others)
        length++;
    return length;
}

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
 * 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+ */
static size_t next_match(const uint32_t *at, size_t count)
{
    size_t length = at[0] == '\'' ? contraction(at, count) : 0;
    if (length)
        return length;
    size_t space = at[0] == ' ' && count > 1 ? 1 : 0;
    const uint32_t *word = at + space;
    size_t left = count - space;
    const unsigned any = HEARTH_UNICODE_REGEX_SPACE | HEARTH_UNICODE_LETTER | HEARTH_UNICODE_NUMBER;
    if ((length = run_of(word, left, HEARTH_UNICODE_LETTER, false)) ||
        (length = run_of(word, left, HEARTH_UNICODE_NUMBER, false)) ||
        (length = run_of(word, left, any, true)))
        return space + length;
    length = run_of(at, count, HEARTH_UNICODE_REGEX_SPACE, false);
    return length > 1 && length < count ? length - 1 : length;
}

static void append_bytes(const uint32_t *at, size_t count, struct pieces *out)
{
    size_t start = out->text.count;
    for (size_t i = 0; i < count; i++) {
        char bytes[4];
        size_t width = hearth_rune_to_utf8(at[i], bytes);
        for (size_t k = 0; k < width; k++)
            hearth_runes_append(&out->text, character_of((unsigned char)bytes[k]));
    }
    pieces_append(out, start, out->text.count - start);
}

void split_byte_level(const struct pre_tokenizer_step *step, const struct hearth_runes *text,
                      struct piece piece, struct pieces *out)
{
    struct hearth_runes copy = {0};
    const uint32_t *at = text->at + piece.start;
    if (step->prepend == PREPEND_ALWAYS && at[0] != ' ')
        hearth_runes_append(&copy, ' ');
    hearth_runes_append_all(&copy, at, piece.count);
    out->failed |= copy.failed;
    for (size_t i = 0, length; i < copy.count && !out->failed; i += length) {
        length = step->use_regex ? next_match(copy.at + i, copy.count - i) : copy.count - i;
        append_bytes(copy.at + i, length, out);
    }
    hearth_runes_finish(&copy);
}

void split_metaspace(const struct pre_tokenizer_step *step, const struct hearth_runes *text,
                     struct piece piece, bool first, struct pieces *out)
{
    const uint32_t *at = text->at + piece.start;
    size_t start = out->text.count;
    bool starts = at[0] == ' ' || at[0] == step->replacement;
    if (!starts && (step->prepend == PREPEND_ALWAYS || (step->prepend == PREPEND_FIRST && first)))
        hearth_runes_append(&out->text, step->replacement);
    for (size_t i = 0; i < piece.count; i++) {
        uint32_t c = at[i] == ' ' ? step->replacement : at[i];
        if (c == step->replacement && !step->whole && out->text.count > start) {
            pieces_append(out, start, out->text.count - start);
            start = out->text.count;
        }
        hearth_runes_append(&out->text, c);
    }
    pieces_append(out, start, out->text.count - start);
}
