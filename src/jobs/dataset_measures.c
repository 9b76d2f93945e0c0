#include "jobs/dataset_measures.h"

#include "base/error.h"
#include "jobs/dataset_record.h"

#include <string.h>

enum { FACTS_MAX = 64 << 10, TRIES = 3 };

json_t *hearth_dataset_measure_make(const char *base, const char *base_sha256, const json_t *result)
{
    static const char *const told[] = {"tokens", "learnt_tokens", "context", "over_context",
                                       "faulty"};
    json_t *measure = json_pack("{s:s, s:s}", "base", base, "base_sha256", base_sha256);
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
        json_object_set_new(measure, told[i], json_deep_copy(json_object_get(result, told[i])));
    return measure;
}

static size_t place_of(const json_t *measured, const char *base_sha256)
{
    size_t at = 0;
    while (at < json_array_size(measured) &&
           strcmp(hearth_json_text(json_array_get(measured, at), "base_sha256", ""), base_sha256))
        at++;
    return at;
}

json_t *hearth_dataset_measure_find(const char *facts_json, const char *base_sha256)
{
    json_t *facts = hearth_json_parse(facts_json, strlen(facts_json), NULL);
    const json_t *measured = json_object_get(facts, "measured");
    json_t *found = json_deep_copy(json_array_get(measured, place_of(measured, base_sha256)));
    json_decref(facts);
    return found;
}

/* The oldest go first; one of the same base gives way to the new one. */
static void add(json_t *facts, const json_t *measure)
{
    json_t *measured = json_object_get(facts, "measured");
    if (!measured) {
        measured = json_array();
        json_object_set_new(facts, "measured", measured);
    }
    json_array_remove(measured, place_of(measured, hearth_json_text(measure, "base_sha256", "")));
    while (json_array_size(measured) >= HEARTH_DATASET_MEASURES_MAX)
        json_array_remove(measured, 0);
    json_array_append_new(measured, json_deep_copy(measure));
}

static int write_facts(struct hearth_store *store, struct hearth_record *record,
                       const json_t *facts, struct hearth_arena *arena, struct hearth_error *error)
{
    struct hearth_buf text;
    hearth_buf_init(&text, FACTS_MAX);
    hearth_json_dump(&text, facts);
    const char *written = hearth_buf_cstr(&text);
    record->facts_json = written ? hearth_arena_strdup(arena, written) : NULL;
    hearth_buf_finish(&text);
    if (!record->facts_json)
        return hearth_error_set(error, HEARTH_ETOOLARGE, "the facts of the data set are too large");
    return hearth_store_record_update(store, record, error);
}

static int try_keep(struct hearth_store *store, const char *dataset_id, const char *sha256,
                    const json_t *measure, struct hearth_arena *arena, struct hearth_error *error)
{
    struct hearth_record *record;
    int rc = hearth_store_record_get(store, HEARTH_DATASET_RECORD, dataset_id, NULL, arena, &record,
                                     error);
    if (rc)
        return rc;
    json_t *facts = hearth_json_parse(record->facts_json, strlen(record->facts_json), error);
    if (facts && strcmp(hearth_json_text(facts, "sha256", ""), sha256) == 0) {
        add(facts, measure);
        rc = write_facts(store, record, facts, arena, error);
    }
    json_decref(facts);
    return rc;
}

int hearth_dataset_measure_keep(struct hearth_store *store, const char *dataset_id,
                                const char *sha256, const json_t *measure,
                                struct hearth_arena *arena, struct hearth_error *error)
{
    int rc = HEARTH_ECONFLICT;
    for (int i = 0; i < TRIES && rc == HEARTH_ECONFLICT; i++)
        rc = try_keep(store, dataset_id, sha256, measure, arena, error);
    return rc;
}
