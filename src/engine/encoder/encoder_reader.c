/* Each verb returns something that is safe to go on with, also after a fault; encoder_reader.h says
 * why. */
#include "engine/encoder/encoder_reader.h"

#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

int encoder_read_fault(struct encoder_reader *reader, int code, const char *format, ...)
{
    char message[256];
    va_list arguments;
    /* The first fault is the one that a person should mend; what follows often comes of it. */
    if (reader->rc)
        return reader->rc;
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    reader->rc = hearth_error_set(reader->error, code, "%s: %s", reader->file, message);
    return reader->rc;
}

static const json_t *member(const struct encoder_reader *reader, const char *key)
{
    const json_t *value = json_object_get(reader->object, key);
    /* null is as good as absent: transformers writes it for what a model does not use. */
    return json_is_null(value) ? NULL : value;
}

size_t encoder_read_count(struct encoder_reader *reader, const char *key, const char *other,
                          size_t fallback, size_t most)
{
    const json_t *value = member(reader, key);
    if (!value && other)
        value = member(reader, other);
    if (!value && fallback)
        return fallback;
    if (json_is_integer(value) && json_integer_value(value) >= 1 &&
        json_integer_value(value) <= (json_int_t)most)
        return (size_t)json_integer_value(value);
    encoder_read_fault(reader, HEARTH_EMODEL, "%s must be a number from 1 to %zu", key, most);
    /* Not 0: what is read as a count is divided by before the fault is looked at. */
    return 1;
}

/* Whole numbers are taken too: JSON does not tell 1 from 1.0. */
double encoder_read_real(struct encoder_reader *reader, const char *key, double fallback)
{
    const json_t *value = member(reader, key);
    if (value && !json_is_number(value))
        encoder_read_fault(reader, HEARTH_EMODEL, "%s must be a number", key);
    return json_is_number(value) ? json_number_value(value) : fallback;
}

bool encoder_read_truth(struct encoder_reader *reader, const char *key, bool fallback)
{
    const json_t *value = member(reader, key);
    if (value && !json_is_boolean(value))
        encoder_read_fault(reader, HEARTH_EMODEL, "%s must be true or false", key);
    return json_is_boolean(value) ? json_is_true(value) : fallback;
}

const char *encoder_read_text(struct encoder_reader *reader, const char *key, const char *fallback)
{
    const json_t *value = member(reader, key);
    if (value && !json_is_string(value))
        encoder_read_fault(reader, HEARTH_EMODEL, "%s must be a text", key);
    return json_is_string(value) ? json_string_value(value) : fallback;
}
