/* A model as a request names it: "name", "name:version" or "name@alias". Pure. */
#ifndef HEARTH_DOMAIN_REFERENCE_H
#define HEARTH_DOMAIN_REFERENCE_H

#include "hearth/error.h"

#include <stdbool.h>
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

/* Does a source ("hf:ORG/REPO@REVISION:FILE") come from the repository that `id` names? `id` is
 * "ORG/REPO" in any case and ends after `length` bytes; hubs do not tell cases apart either. */
bool hearth_source_has_hub_id(const char *source, const char *id, size_t length);

/* What a stranger sent as a model's name, fit for a message: at most 100 bytes, with control
 * characters and broken UTF-8 blotted out. */
#define HEARTH_REFERENCE_SHOWN_MAX 101
void hearth_reference_show(const char *text, char ret_shown[HEARTH_REFERENCE_SHOWN_MAX]);

#endif
