/* Each check names what it expects in words that fit behind "expected". */
#include "gateway/checks.h"

#include "base/text.h"
#include "config/definition.h"
#include "config/model_settings.h"
#include "domain/quantization.h"
#include "source/source.h"

#include <string.h>

static bool wrong(const json_t *value, struct hearth_schema_site *site, const char *expected,
                  const char *suggestion)
{
    return hearth_schema_tell(
        site, NULL,
        &(struct hearth_schema_fault){.kind = HEARTH_FAULT_VALUE,
                                      .expected = expected,
                                      .got = hearth_schema_site_describe(site, value),
                                      .suggestion = suggestion});
}

/* A value whose fault has a reason of its own. */
static bool wrong_because(const json_t *value, struct hearth_schema_site *site,
                          const char *expected, const char *reason)
{
    return hearth_schema_tell(
        site, NULL,
        &(struct hearth_schema_fault){.kind = HEARTH_FAULT_VALUE,
                                      .expected = expected,
                                      .got = hearth_schema_site_describe(site, value),
                                      .message = reason});
}

bool hearth_check_model_name(const json_t *value, struct hearth_schema_site *site)
{
    return hearth_model_name_valid(json_string_value(value)) ||
           wrong(value, site, HEARTH_NAME_RULE, NULL);
}

bool hearth_check_max_tokens(const json_t *value, struct hearth_schema_site *site)
{
    return json_number_value(value) != 0 ||
           wrong(value, site, "an integer from 1, or -1 or null for no limit", NULL);
}

static size_t characters(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

/* OpenAI's bounds; those of the texts are the schema's. */
bool hearth_check_metadata(const json_t *value, struct hearth_schema_site *site)
{
    const char *key;
    const json_t *text;
    bool is_right = json_object_size(value) <= 16;
    json_object_foreach((json_t *)value, key, text) is_right = is_right && characters(key) <= 64;
    return is_right ||
           wrong(value, site, "at most 16 texts, under keys of at most 64 characters", NULL);
}

/* The reason lies in an error of this function, so it is copied for the site, which outlives it. */
bool hearth_check_source(const json_t *value, struct hearth_schema_site *site)
{
    struct hearth_error error;
    if (!hearth_source_check(json_string_value(value), &error) &&
        !hearth_source_check_remote(json_string_value(value), &error))
        return true;
    return wrong_because(value, site, "a source that begins with file:, hf:, https: or fake:",
                         hearth_arena_strdup(hearth_schema_site_arena(site), error.message));
}

bool hearth_check_task(const json_t *value, struct hearth_schema_site *site)
{
    const char *task = json_string_value(value);
    return !*task || hearth_task_canonical(task) ||
           wrong(value, site, "a task such as chat, completion or embedding",
                 hearth_nearest_word(task, hearth_task_names));
}

/* As that of a source, the reason lists what there is. */
bool hearth_check_quantization(const json_t *value, struct hearth_schema_site *site)
{
    struct hearth_error error;
    if (!hearth_quantization_check(json_string_value(value), &error))
        return true;
    return wrong_because(value, site, "a type of quantization, such as q4_k_m",
                         hearth_arena_strdup(hearth_schema_site_arena(site), error.message));
}

bool hearth_check_device(const json_t *value, struct hearth_schema_site *site)
{
    return hearth_device_valid(json_string_value(value)) ||
           wrong(value, site, "auto, cpu, cuda or cuda:N", NULL);
}

bool hearth_check_text_part(const json_t *value, struct hearth_schema_site *site)
{
    return strcmp(json_string_value(value), "text") == 0 ||
           wrong_because(value, site, "\"text\"", "this model takes text only, no images or sound");
}

/* The walk goes on after a fault, so that all of them are told at once. */
bool hearth_check_settings(const json_t *value, struct hearth_schema_site *site)
{
    bool good = true;
    const char *key, *expected;
    json_t *member;
    json_object_foreach((json_t *)value, key, member)
    {
        const struct hearth_model_setting *setting = hearth_model_setting_find(key);
        char buffer[256];
        if (!setting) {
            good = hearth_schema_tell(
                site, key,
                &(struct hearth_schema_fault){
                    .kind = HEARTH_FAULT_UNKNOWN,
                    .expected = "a known setting",
                    .got = "an unknown key",
                    .suggestion = hearth_nearest_word(key, hearth_model_setting_keys)});
            continue;
        }
        const char *fault = hearth_model_setting_check(setting, member, buffer, sizeof(buffer));
        if (fault) {
            fault = hearth_arena_strdup(hearth_schema_site_arena(site), fault);
            good = hearth_schema_tell(
                site, key,
                &(struct hearth_schema_fault){.kind = HEARTH_FAULT_VALUE,
                                              .expected = fault ? fault : "another value",
                                              .got = hearth_schema_site_describe(site, member)});
        }
    }
    const char *conflict = hearth_model_settings_conflict(value, &expected);
    if (conflict)
        good = hearth_schema_tell(
            site, conflict,
            &(struct hearth_schema_fault){
                .kind = HEARTH_FAULT_VALUE,
                .expected = expected,
                .got = hearth_schema_site_describe(site, json_object_get(value, conflict))});
    return good;
}
