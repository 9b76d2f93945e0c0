/* Tells how many columns of a terminal a text takes up.
 *
 * Most characters take one; those of East Asian scripts and emoji two, combining marks none
 * (Unicode Standard Annex #11, by utf8proc's table of widths). Texts are UTF-8; a byte that
 * belongs to no character counts as one column. Any thread. */
#ifndef HEARTH_TEXT_COLUMNS_H
#define HEARTH_TEXT_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

/* The character that a text begins with. */
struct hearth_character {
    size_t length;    /* in bytes, at least 1 */
    unsigned columns; /* 0 to 2 */
    bool steers;      /* a control character, or no UTF-8: a terminal must not be sent it */
    bool closes;      /* no line may break before it: closing punctuation, what alters an emoji */
    bool opens;       /* no line may break behind it: opening punctuation, what joins emoji */
};

/* `length`, the bytes of the text, is at least 1. */
struct hearth_character hearth_character_at(const char *text, size_t length);

/* The columns of a whole text, each character that steers shown as one column. */
size_t hearth_text_columns(const char *text, size_t length);

#endif
