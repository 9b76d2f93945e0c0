#include "task/fault_place.h"

#include <stdio.h>
#include <string.h>

#define DIGITS "0123456789"

/* The bytes of `said` that the name fits, or 0; `ret_number` is what stands at its `*`. */
static size_t fit(const char *name, const char *said, const char **ret_number)
{
    const char *at = said;
    for (; *name; name++) {
        if (*name == '*') {
            *ret_number = at;
            at += strspn(at, DIGITS);
        } else if (*name == *at) {
            at++;
        } else {
            return 0;
        }
    }
    return (size_t)(at - said);
}

void hearth_fault_place_rename(const struct hearth_place_name *names, const char *said,
                               char *ret_said, size_t size)
{
    for (; names && names->chat; names++) {
        const char *number = "", *star = strchr(names->own, '*');
        size_t length = fit(names->chat, said, &number);
        if (length == 0)
            continue;
        size_t before = star ? (size_t)(star - names->own) : strlen(names->own);
        snprintf(ret_said, size, "%.*s%.*s%s%s", (int)before, names->own,
                 star ? (int)strspn(number, DIGITS) : 0, number, star ? star + 1 : "",
                 said + length);
        return;
    }
    snprintf(ret_said, size, "%s", said);
}
