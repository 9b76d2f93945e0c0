/* The regular expressions by which byte-level models split their texts. They are few, and all of
 * one plan: an ending of English ("'s"), letters, digits, other signs, white space. So each is a
 * row, and there is no engine for expressions, whose time a stranger's file could make endless.
 * Sources: GPT-2's encoder.py; tiktoken's cl100k_base; the tokenizer.json of Llama 3, Qwen 2, OLMo
 * 2. */
#include "text/tokenizer_parts.h"

#include <string.h>

struct expression {
    const char *text;
    bool any_case;      /* endings in capitals too */
    bool any_before;    /* one sign of any kind goes with the letters behind it, not only a space */
    bool space_before;  /* digits take a space before them along */
    size_t digits_most; /* that stay together; 0: all */
    bool with_lines;    /* line breaks end a run of signs, and a run of white space */
};

#define ENDINGS "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
#define SPACES "\\s+(?!\\S)|\\s+"

static const struct expression rows[] = {
    {"'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|" SPACES, false, false,
     true, 0, false},
    {ENDINGS "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|"
             "\\s*[\\r\\n]+|" SPACES,
     true, true, false, 3, true},
    {ENDINGS "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|"
             "\\s*[\\r\\n]+|" SPACES,
     true, true, false, 1, true},
    {"'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]++"
     "[\\r\\n]*|\\s*[\\r\\n]|" SPACES,
     true, true, false, 3, true},
};

const struct expression *expression_find(const char *text)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(rows[i].text, text) == 0)
            return &rows[i];
    return NULL;
}

static bool is_line(uint32_t c)
{
    return c == '\r' || c == '\n';
}

/* The small letter of an ASCII one; the long s is one of its forms (Unicode's case folding). */
static uint32_t folded(uint32_t c)
{
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c == 0x17f ? 's' : c;
}

static size_t ending(const struct expression *expression, const uint32_t *at, size_t count)
{
    static const char *const endings[] = {"s", "t", "re", "ve", "m", "ll", "d"};
    if (at[0] != '\'')
        return 0;
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        size_t length = strlen(endings[i]), same = 0;
        while (same < length && same + 1 < count) {
            uint32_t c = expression->any_case ? folded(at[same + 1]) : at[same + 1];
            if (c != (unsigned char)endings[i][same])
                break;
            same++;
        }
        if (same == length)
            return 1 + length;
    }
    return 0;
}

/* How many code points from here on are of the classes; with `others`, how many are not. */
static size_t run_of(const uint32_t *at, size_t count, unsigned classes, bool others)
{
    size_t length = 0;
    while (length < count && hearth_unicode_is(at[length], classes) != others)
        length++;
    return length;
}

/* \s*[\r\n]+ reaches to the last line break of the run; \s+(?!\S) leaves the last of several spaces
 * to the word that follows. */
static size_t white_space(const struct expression *expression, const uint32_t *at, size_t count)
{
    size_t length = run_of(at, count, HEARTH_UNICODE_REGEX_SPACE, false), lines = length;
    while (lines > 0 && !is_line(at[lines - 1]))
        lines--;
    if (expression->with_lines && lines > 0)
        return lines;
    return length > 1 && length < count ? length - 1 : length;
}

static size_t letters(const struct expression *expression, const uint32_t *at, size_t count)
{
    const unsigned word = HEARTH_UNICODE_LETTER | HEARTH_UNICODE_NUMBER;
    size_t before = 0;
    if (count > 1)
        before = expression->any_before ? !is_line(at[0]) && !hearth_unicode_is(at[0], word)
                                        : at[0] == ' ';
    size_t length = run_of(at + before, count - before, HEARTH_UNICODE_LETTER, false);
    return length ? before + length : 0;
}

static size_t digits(const struct expression *expression, const uint32_t *at, size_t count)
{
    size_t before = expression->space_before && count > 1 && at[0] == ' ';
    size_t most = count - before;
    if (expression->digits_most && most > expression->digits_most)
        most =
            expression->digits_most; /* a long run is not walked to its end for each of its parts */
    size_t length = run_of(at + before, most, HEARTH_UNICODE_NUMBER, false);
    return length ? before + length : 0;
}

static size_t signs(const struct expression *expression, const uint32_t *at, size_t count)
{
    const unsigned any = HEARTH_UNICODE_REGEX_SPACE | HEARTH_UNICODE_LETTER | HEARTH_UNICODE_NUMBER;
    size_t before = count > 1 && at[0] == ' ';
    size_t length = run_of(at + before, count - before, any, true);
    if (!length)
        return 0;
    length += before;
    while (expression->with_lines && length < count && is_line(at[length]))
        length++;
    return length;
}

size_t expression_match(const struct expression *expression, const uint32_t *at, size_t count)
{
    size_t length = ending(expression, at, count);
    if (!length)
        length = letters(expression, at, count);
    if (!length)
        length = digits(expression, at, count);
    if (!length)
        length = signs(expression, at, count);
    return length ? length : white_space(expression, at, count);
}
