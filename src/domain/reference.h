/* A model as a request names it: "name", "name:version" or "name@alias". Pure. */
#ifndef HEARTH_DOMAIN_REFERENCE_H
#define HEARTH_DOMAIN_REFERENCE_H

#include "hearth/error.h"

#include <stddef.h>
#include <stdint.h>

#define HEARTH_NAME_MAX 97 /* 96 characters and a NUL; aliases have the same form */

struct hearth_reference {
    char name[HEARTH_NAME_MAX];
    int64_t number;              /* of the version; 0 when none was named */
    char alias[HEARTH_NAME_MAX]; /* "" when none was named */
};

/* HEARTH_EPATH for a name that no model can have ("../x"), HEARTH_EINVAL for a faulty version or
 * alias. A message shows at most 100 bytes of the text, with control characters blotted out. */
int hearth_reference_parse(const char *text, struct hearth_reference *ret_reference,
                           struct hearth_error *error);

#endif
