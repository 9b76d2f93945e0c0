#include "domain/reference.h"

#include "base/error.h"
#include "base/text.h"

#include <string.h>
#include <strings.h>

void hearth_reference_show(const char *text, char ret_shown[HEARTH_REFERENCE_SHOWN_MAX])
{
    size_t length = strnlen(text, HEARTH_REFERENCE_SHOWN_MAX - 1);
    size_t out = 0;
    while (out < length) {
        size_t width = hearth_utf8_width(text + out, length - out);
        bool plain = width > 0 && (unsigned char)text[out] >= 0x20 && text[out] != 0x7f;
        if (!plain)
            width = 1;
        for (size_t i = 0; i < width; i++)
            ret_shown[out + i] = plain ? text[out + i] : '?';
        out += width;
    }
    ret_shown[out] = '\0';
}

/* What was asked for is shown, so that a person finds it; it is shown in a form that can do no harm
 * to a terminal or a log. */
static int fault(struct hearth_error *error, int code, const char *text, const char *reason)
{
    char shown[HEARTH_REFERENCE_SHOWN_MAX];
    hearth_reference_show(text, shown);
    return hearth_error_set(error, code, "model '%s': %s", shown, reason);
}

/* Whatever is not a name is refused before it can become part of a path or a query. */
static bool copy_name(const char *text, size_t length, char ret_name[HEARTH_NAME_MAX])
{
    if (length >= HEARTH_NAME_MAX)
        return false;
    memcpy(ret_name, text, length);
    ret_name[length] = '\0';
    return hearth_model_name_valid(ret_name);
}

/* The first ':' or '@' ends the name. The rest is a number or an alias and nothing behind it, so
 * that every reference means one thing only. */
int hearth_reference_parse(const char *text, struct hearth_reference *ret_reference,
                           struct hearth_error *error)
{
    struct hearth_reference reference = {.number = 0};
    size_t length = strcspn(text, ":@");
    if (!copy_name(text, length, reference.name))
        return fault(error, HEARTH_EPATH, text, "a name must be " HEARTH_NAME_RULE);
    const char *rest = text + length + 1;
    if (text[length] == ':' && hearth_parse_int(rest, 1, INT64_MAX, &reference.number) < 0)
        return fault(error, HEARTH_EINVAL, text, "a version is a number from 1");
    if (text[length] == '@' && !copy_name(rest, strnlen(rest, HEARTH_NAME_MAX), reference.alias))
        return fault(error, HEARTH_EINVAL, text, "an alias has the form of a name");
    *ret_reference = reference;
    return 0;
}

bool hearth_source_has_hub_id(const char *source, const char *id, size_t length)
{
    if (strncmp(source, "hf:", 3) != 0)
        return false;
    const char *repository = source + 3;
    return strcspn(repository, "@:") == length && strncasecmp(repository, id, length) == 0;
}
