#include "text/columns.h"

#include "base/text.h"

#include <utf8proc.h>

enum { ZERO_WIDTH_JOINER = 0x200d };

/* A byte that begins no whole character is passed over alone, so that what follows is still seen.
 */
struct hearth_character hearth_character_at(const char *text, size_t length)
{
    size_t width = hearth_utf8_width(text, length);
    utf8proc_int32_t code = 0;
    if (width == 0 ||
        utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)width, &code) <= 0)
        return (struct hearth_character){.length = 1, .columns = 1, .steers = true};
    utf8proc_category_t category = utf8proc_category(code);
    if (category == UTF8PROC_CATEGORY_CC)
        return (struct hearth_character){.length = width, .columns = 1, .steers = true};
    return (struct hearth_character){
        .length = width,
        .columns = (unsigned)utf8proc_charwidth(code),
        /* Closing, final and other punctuation; the skin tones of emoji are modifier symbols. */
        .closes = category == UTF8PROC_CATEGORY_PE || category == UTF8PROC_CATEGORY_PF ||
                  category == UTF8PROC_CATEGORY_PO || category == UTF8PROC_CATEGORY_SK,
        .opens = category == UTF8PROC_CATEGORY_PS || category == UTF8PROC_CATEGORY_PI ||
                 code == ZERO_WIDTH_JOINER,
    };
}

size_t hearth_text_columns(const char *text, size_t length)
{
    size_t columns = 0;
    for (size_t i = 0; i < length;) {
        struct hearth_character character = hearth_character_at(text + i, length - i);
        columns += character.columns;
        i += character.length;
    }
    return columns;
}
