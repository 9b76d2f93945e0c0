/* Any bytes as JSON against the schemas of the routes: no crash, bounded faults, every fault can be
 * said, and keys that are passed over may stand in a header. */
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

/* What is a fault only because a key is not known is none here; whatever else is, stays one. */
static void check_tolerant(const struct hearth_schema *schema, const json_t *value)
{
    struct hearth_arena *arena = hearth_arena_create(1 << 20);
    struct hearth_schema_faults faults, strict;
    struct hearth_schema_ignored ignored;
    int rc = hearth_schema_check_tolerant(schema, value, arena, &faults, &ignored);
    int strict_rc = hearth_schema_check(schema, value, arena, &strict);
    assert(rc == 0 || strict_rc != 0);
    assert(strict_rc != 0 || ignored.count == 0);
    assert(ignored.count <= HEARTH_SCHEMA_IGNORED_MAX);
    for (uint32_t i = 0; i < ignored.count; i++) {
        const char *path = ignored.paths[i];
        assert(memchr(path, '\0', HEARTH_SCHEMA_IGNORED_SIZE));
        for (; *path; path++)
            assert(*path > ' ' && *path < 0x7f && *path != ',');
    }
    hearth_arena_destroy(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const struct hearth_schema *const schemas[] = {
        &hearth_schema_chat_request,      &hearth_schema_completion_request,
        &hearth_schema_embedding_request, &hearth_schema_infer_request,
        &hearth_schema_tokenize_request,  &hearth_schema_model_create,
        &hearth_schema_model_update,      &hearth_schema_alias_set,
        &hearth_schema_rerank_request,    &hearth_schema_embed_request,
        &hearth_schema_score_request,     &hearth_schema_predict_request,
    };
    struct hearth_error error;
    json_t *value = hearth_json_parse((const char *)bytes, length, &error);
    if (!value)
        return 0;
    for (size_t i = 0; i < sizeof(schemas) / sizeof(schemas[0]); i++) {
        check(schemas[i], value);
        check_tolerant(schemas[i], value);
    }
    json_decref(value);
    return 0;
}
