#include "network/config_reader.h"

#include "network/network.h"

#include <math.h>

void hearth_config_refuse(struct hearth_config_reader *from, const char *key, const char *why)
{
    if (from->rc == 0)
        from->rc = hearth_error_set(from->error, HEARTH_EMODEL, "config.json: '%s' %s", key, why);
}

/* What a stranger's file says is cut, and shown without what a terminal would act upon. */
void hearth_config_unknown(struct hearth_config_reader *from, const char *what, const char *value)
{
    char shown[48];
    size_t length = 0;
    for (; value[length] != '\0' && length < sizeof(shown) - 1; length++)
        shown[length] = value[length] >= ' ' && value[length] <= '~' ? value[length] : '?';
    shown[length] = '\0';
    if (from->rc == 0)
        from->rc = hearth_error_set(from->error, HEARTH_ENOTIMPL, "%s \"%s\"", what, shown);
}

const json_t *hearth_config_find(const struct hearth_config_reader *from, const char *key)
{
    const json_t *value = json_object_get(from->object, key);
    return json_is_null(value) ? NULL : value;
}

uint32_t hearth_config_whole(struct hearth_config_reader *from, const char *key, uint32_t fallback,
                             uint32_t most)
{
    const json_t *value = hearth_config_find(from, key);
    if (value == NULL)
        return fallback;
    double number = json_is_number(value) ? json_number_value(value) : -1;
    /* Some programs write 4096.0. */
    if (!(number >= 0 && number <= most) || number != floor(number)) {
        hearth_config_refuse(from, key, "is not a whole number that can be");
        return fallback;
    }
    return (uint32_t)number;
}

uint32_t hearth_config_needed(struct hearth_config_reader *from, const char *key, uint32_t fallback,
                              uint32_t most)
{
    uint32_t value = hearth_config_whole(from, key, fallback, most);
    if (value == 0)
        hearth_config_refuse(from, key, "is missing or 0");
    return value;
}

double hearth_config_number(struct hearth_config_reader *from, const char *key, double fallback)
{
    const json_t *value = hearth_config_find(from, key);
    if (value == NULL)
        return fallback;
    double number = json_is_number(value) ? json_number_value(value) : NAN;
    if (!isfinite(number) || fabs(number) > HEARTH_NETWORK_NUMBER_MAX) {
        hearth_config_refuse(from, key, "is not a number that can be");
        return fallback;
    }
    return number;
}

bool hearth_config_truth(struct hearth_config_reader *from, const char *key, bool fallback)
{
    const json_t *value = hearth_config_find(from, key);
    if (value == NULL)
        return fallback;
    if (!json_is_boolean(value))
        hearth_config_refuse(from, key, "is neither true nor false");
    return json_is_true(value);
}

const char *hearth_config_text(struct hearth_config_reader *from, const char *key,
                               const char *fallback)
{
    const json_t *value = hearth_config_find(from, key);
    if (value == NULL)
        return fallback;
    if (!json_is_string(value)) {
        hearth_config_refuse(from, key, "is no text");
        return fallback;
    }
    return json_string_value(value);
}
