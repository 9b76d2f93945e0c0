#include "base/error_replace.h"

#include "base/buf.h"
#include "base/text.h"

#include <string.h>

void hearth_error_replace(struct hearth_error *error, const char *found, const char *by)
{
    const char *from = error->message, *at;
    struct hearth_buf text;
    if (!strstr(from, found))
        return;
    hearth_buf_init(&text, 64 << 10);
    for (; (at = strstr(from, found)); from = at + strlen(found)) {
        hearth_buf_append(&text, from, (size_t)(at - from));
        hearth_buf_text(&text, by);
    }
    hearth_buf_text(&text, from);
    size_t length = text.length, room = sizeof(error->message) - 1;
    if (length > room)
        length = hearth_utf8_whole(text.bytes, room);
    memcpy(error->message, text.bytes, length);
    error->message[length] = '\0';
    hearth_buf_finish(&text);
}
