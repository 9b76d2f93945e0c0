/* Any bytes as a model's definition: no crash, bounded faults, each in its place; what has none
 * has a name, a source, and JSON that is JSON. */
#include "base/json.h"
#include "base/text.h"
#include "config/definition.h"
#include "config/fault.h"
#include "config/model_settings.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void check_json(const char *text)
{
    json_t *value = hearth_json_parse(text, strlen(text), NULL);
    assert(json_is_object(value));
    json_decref(value);
}

static void check_faults(const struct hearth_faults *faults, const struct hearth_error *error)
{
    assert(faults->count > 0 && faults->count <= HEARTH_FAULTS_MAX);
    assert(error->code && error->message[0]);
    for (size_t i = 0; i < faults->count; i++)
        assert(faults->rows[i].line > 0 && faults->rows[i].column > 0 &&
               faults->rows[i].message[0] &&
               hearth_utf8_valid(faults->rows[i].message, strlen(faults->rows[i].message)));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct hearth_arena *arena = hearth_arena_create(16 << 20);
    struct hearth_definition *definition = NULL;
    struct hearth_faults faults = {0};
    struct hearth_error error = {0};
    if (hearth_definition_parse((const char *)bytes, length, "x.yml", arena, &definition, &faults,
                                &error)) {
        check_faults(&faults, &error);
    } else {
        struct hearth_settings server = {0};
        struct hearth_model_settings settings;
        assert(hearth_model_name_valid(definition->name) && *definition->source);
        check_json(definition->tags_json);
        check_json(definition->settings_json);
        assert(hearth_model_settings_read(definition->settings_json, &server, arena, &settings,
                                          &error) == 0);
    }
    hearth_arena_destroy(arena);
    return 0;
}
