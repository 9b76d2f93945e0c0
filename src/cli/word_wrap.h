/* Breaks a text into lines at its words while it comes in pieces, for a terminal.
 *
 * A word is held back until its end is known, so that it is written in one line however it comes
 * cut up; what is written never changes. Between East Asian characters, which know no blanks, a
 * line may break too, but not before closing or behind opening punctuation. A word is broken only
 * when it is longer than a line. Blanks at a break are left out; those at the start of a line
 * (code) are kept. Tabs become blanks, a control character becomes '?': no text can steer the
 * terminal.
 *
 * init; take for each piece; end after the last one; finish. Holds at most one line, or 4 KiB of
 * combining marks. Any thread, one at a time. */
#ifndef HEARTH_CLI_WORD_WRAP_H
#define HEARTH_CLI_WORD_WRAP_H

#include "base/buf.h"

#include <stdio.h>

struct hearth_word_wrap {
    struct hearth_buf word; /* the word whose end has not come yet */
    size_t word_columns;
    bool may_split; /* a line may break behind its last character, which is a wide one */
    bool is_glued;  /* no line may break behind its last character */
    size_t blanks;  /* columns of white space before that word, not written yet */
    size_t at;      /* columns that are written in this line */
};

void hearth_word_wrap_init(struct hearth_word_wrap *wrap);
void hearth_word_wrap_finish(struct hearth_word_wrap *wrap);

/* Writes what of the text so far has found its line. The piece is whole characters of UTF-8.
 * `columns`, at least 1, is the width of the terminal now; it may change from piece to piece. */
void hearth_word_wrap_take(struct hearth_word_wrap *wrap, size_t columns, const char *text,
                           FILE *out);
/* The text is over: writes the word that is held back. What comes next goes on in that line. */
void hearth_word_wrap_end(struct hearth_word_wrap *wrap, size_t columns, FILE *out);

#endif
