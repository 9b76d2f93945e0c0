/* The lists name codes of api/errors.json; a code that is in none of them lies with the server or
 * its models. */
#include "domain/blame.h"

#include "hearth/error.h"

#include <stddef.h>

static bool is_among(int code, const int *codes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (codes[i] == code)
            return true;
    return false;
}

bool hearth_blames_input(int code)
{
    static const int codes[] = {HEARTH_ECONTEXT, HEARTH_EINVAL, HEARTH_EPARSE, HEARTH_ETOOLARGE};
    return is_among(code, codes, sizeof(codes) / sizeof(codes[0]));
}

bool hearth_blames_request(int code)
{
    static const int codes[] = {HEARTH_EPATH, HEARTH_ENOTFOUND, HEARTH_EFIELDS};
    return hearth_blames_input(code) || is_among(code, codes, sizeof(codes) / sizeof(codes[0]));
}

int hearth_blame_load(int code)
{
    return hearth_blames_request(code) ? HEARTH_EMODEL : code;
}

bool hearth_end_proves_life(int code)
{
    return code != HEARTH_EMODEL;
}

int hearth_blame_probe(int code)
{
    return code == HEARTH_ECRASHED ? HEARTH_EMODEL : code;
}
