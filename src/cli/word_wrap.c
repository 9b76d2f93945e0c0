#include "cli/word_wrap.h"

#include "text/columns.h"

#include <string.h>

enum { TAB_COLUMNS = 8, WORD_BYTES_MAX = 4096 };

void hearth_word_wrap_init(struct hearth_word_wrap *wrap)
{
    *wrap = (struct hearth_word_wrap){.at = 0};
    hearth_buf_init(&wrap->word, WORD_BYTES_MAX);
}

void hearth_word_wrap_finish(struct hearth_word_wrap *wrap)
{
    hearth_buf_finish(&wrap->word);
}

static void end_line(struct hearth_word_wrap *wrap, FILE *out)
{
    fputc('\n', out);
    wrap->at = wrap->blanks = 0;
}

/* Writes the word that is held back: behind its blanks or, where they and it do not fit, into a new
 * line. At the start of a line there is no use in a new one: the word gives up its indentation. */
static void write_word(struct hearth_word_wrap *wrap, size_t columns, FILE *out)
{
    if (wrap->word.length == 0)
        return;
    if (wrap->at + wrap->blanks + wrap->word_columns > columns) {
        if (wrap->at)
            end_line(wrap, out);
        wrap->blanks = 0;
    }
    fprintf(out, "%*s", (int)wrap->blanks, "");
    fwrite(wrap->word.bytes, 1, wrap->word.length, out);
    wrap->at += wrap->blanks + wrap->word_columns;
    wrap->blanks = wrap->word_columns = 0;
    hearth_buf_clear(&wrap->word);
}

/* Takes a character that is no white space into the word, which may end before it. */
static void take_visible(struct hearth_word_wrap *wrap, size_t columns, const char *text,
                         const struct hearth_character *character, FILE *out)
{
    bool is_wide = character->columns == 2, is_mark = character->columns == 0;
    /* A break is allowed before a wide character and behind one (Unicode's UAX #14, class ID),
     * unless punctuation or a mark binds the two. */
    bool may_break = !is_mark && !character->closes && !wrap->is_glued;
    if (may_break && (is_wide || wrap->may_split))
        write_word(wrap, columns, out);
    /* It is longer than a line, or has marks without end: here it has to be broken. */
    if (wrap->word_columns + character->columns > columns ||
        wrap->word.length + character->length > WORD_BYTES_MAX)
        write_word(wrap, columns, out);
    /* What could steer the terminal becomes one '?', which is also what its column count assumes.
     */
    hearth_buf_append(&wrap->word, character->steers ? "?" : text,
                      character->steers ? 1 : character->length);
    wrap->word_columns += character->columns;
    wrap->is_glued = character->opens;
    /* A mark belongs to the character before it and does not change whether a line may break there.
     */
    if (!is_mark)
        wrap->may_split = is_wide;
}

static void take_character(struct hearth_word_wrap *wrap, size_t columns, const char *text,
                           const struct hearth_character *character, FILE *out)
{
    if (*text == '\r')
        return; /* of "\r\n"; alone it would lead back over the line */
    if (*text != '\n' && *text != ' ' && *text != '\t') {
        take_visible(wrap, columns, text, character, out);
        return;
    }
    /* White space ends a word, so its width is known and it finds its line. */
    write_word(wrap, columns, out);
    wrap->may_split = wrap->is_glued = false;
    if (*text == '\n')
        end_line(wrap, out);
    else if (*text == ' ')
        wrap->blanks++;
    else
        wrap->blanks += TAB_COLUMNS - (wrap->at + wrap->blanks) % TAB_COLUMNS;
    /* More than a line of blanks is a break like any other; so the count has a bound. */
    if (wrap->blanks > columns)
        wrap->blanks = columns;
}

void hearth_word_wrap_take(struct hearth_word_wrap *wrap, size_t columns, const char *text,
                           FILE *out)
{
    for (size_t length = strlen(text); length;) {
        const struct hearth_character character = hearth_character_at(text, length);
        take_character(wrap, columns, text, &character, out);
        text += character.length;
        length -= character.length;
    }
}

void hearth_word_wrap_end(struct hearth_word_wrap *wrap, size_t columns, FILE *out)
{
    /* The blanks at the end of a text are never written: nothing will come behind them. */
    write_word(wrap, columns, out);
    wrap->blanks = 0;
    wrap->may_split = wrap->is_glued = false;
}
