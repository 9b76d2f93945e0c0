/* Any bytes as JSON against the schemas of the routes: no crash, bounded faults, and every fault
 * can be said. */
#include "gateway/schemas.gen.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void check(const struct hearth_schema *schema, const json_t *value)
{
    struct hearth_arena *arena = hearth_arena_create(1 << 20);
    struct hearth_schema_faults faults;
    int rc = hearth_schema_check(schema, value, arena, &faults);
    assert(rc == 0 || faults.count > 0 || faults.more);
    assert(rc != 0 || faults.count == 0);
    assert(faults.count <= HEARTH_SCHEMA_FAULTS_MAX);
    for (size_t i = 0; i < faults.count; i++)
        assert(hearth_schema_fault_text(&faults.rows[i], arena));
    hearth_arena_destroy(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const struct hearth_schema *const schemas[] = {
        &hearth_schema_chat_request,      &hearth_schema_completion_request,
        &hearth_schema_embedding_request, &hearth_schema_infer_request,
        &hearth_schema_tokenize_request,  &hearth_schema_model_create,
        &hearth_schema_model_update,      &hearth_schema_alias_set,
        &hearth_schema_rerank_request,
    };
    struct hearth_error error;
    json_t *value = hearth_json_parse((const char *)bytes, length, &error);
    if (!value)
        return 0;
    for (size_t i = 0; i < sizeof(schemas) / sizeof(schemas[0]); i++)
        check(schemas[i], value);
    json_decref(value);
    return 0;
}
