#include "base/schema_ignored.h"

#include <string.h>

/* A comma would make two names of one in a header; what is not printable ASCII may not stand there.
 */
static char tame(char byte)
{
    return byte > 0x20 && byte < 0x7f && byte != ',' ? byte : '?';
}

/* Leaves out the numbers between brackets and what has no room. */
static void shorten(const char *path, size_t length, char ret_short[HEARTH_SCHEMA_IGNORED_SIZE])
{
    size_t used = 0;
    bool inside = false;
    for (size_t i = 0; i < length && used + 1 < HEARTH_SCHEMA_IGNORED_SIZE; i++) {
        inside = inside && path[i] >= '0' && path[i] <= '9';
        if (!inside)
            ret_short[used++] = tame(path[i]);
        inside = inside || path[i] == '[';
    }
    ret_short[used] = '\0';
}

void hearth_schema_ignored_add(struct hearth_schema_ignored *ignored, const char *path,
                               size_t length)
{
    char added[HEARTH_SCHEMA_IGNORED_SIZE];
    shorten(path, length, added);
    for (uint32_t i = 0; i < ignored->count; i++)
        if (strcmp(ignored->paths[i], added) == 0)
            return;
    if (ignored->count == HEARTH_SCHEMA_IGNORED_MAX)
        ignored->more = true;
    else
        memcpy(ignored->paths[ignored->count++], added, sizeof(added));
}
