#include "grammar/gbnf_rename.h"

#include <stdbool.h>

static bool is_of_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

static const char *behind_name(const char *at, const char *end)
{
    while (at < end && is_of_name(*at))
        at++;
    return at;
}

/* Behind what begins with a sign and lasts to another one; a backslash takes what follows along. */
static const char *behind_sign(const char *at, const char *end, char last)
{
    for (at++; at < end && *at != last; at++)
        if (*at == '\\' && last != '\n')
            at++;
    return at < end ? at + 1 : end;
}

/* What ends the part of a grammar that begins with this sign and has no names of rules in it: a
 * text, a class of characters, a number of repetitions, the name of a token, a comment. */
static char end_of(char first)
{
    switch (first) {
    case '"':
        return '"';
    case '[':
        return ']';
    case '{':
        return '}';
    case '<':
        return '>';
    case '#':
        return '\n';
    default:
        return '\0';
    }
}

void hearth_gbnf_rename(const char *text, size_t length, const char *prefix, struct hearth_buf *to)
{
    const char *at = text, *end = text + length;
    while (at < end) {
        const char *from = at;
        char last = end_of(*at);
        if (last != '\0') {
            at = behind_sign(at, end, last);
        } else if (is_of_name(*at)) {
            at = behind_name(at, end);
            hearth_buf_text(to, prefix);
        } else {
            at++;
        }
        hearth_buf_append(to, from, (size_t)(at - from));
    }
    hearth_buf_char(to, '\n');
}
