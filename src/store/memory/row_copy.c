#include "store/memory/row_copy.h"

#include <string.h>

/* Each pointer is replaced by one into the arena; after a failure some still point elsewhere, and
 * the whole copy is given up. */
static bool copy_texts(struct hearth_arena *arena, const char **const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!(*texts[i] = hearth_arena_strdup(arena, *texts[i])))
            return false;
    return true;
}

/* The numbers come with the struct; only texts need copies. */
struct hearth_model *hearth_model_copy(struct hearth_arena *arena, const struct hearth_model *model)
{
    struct hearth_model *copy = hearth_arena_alloc(arena, sizeof(*copy));
    if (!copy)
        return NULL;
    *copy = *model;
    const char **const texts[] = {&copy->name,         &copy->task,   &copy->description,
                                  &copy->tags_json,    &copy->device, &copy->base_model,
                                  &copy->settings_json};
    return copy_texts(arena, texts, sizeof(texts) / sizeof(texts[0])) ? copy : NULL;
}

/* 0 files need an arena's answer too: only NULL says that it is full. */
static bool copy_files(struct hearth_arena *arena, struct hearth_version *version)
{
    struct hearth_file *files = hearth_arena_alloc(arena, version->file_count * sizeof(*files));
    for (size_t i = 0; files && i < version->file_count; i++) {
        files[i] = version->files[i];
        const char **const texts[] = {&files[i].path, &files[i].sha256};
        if (!copy_texts(arena, texts, 2))
            return false;
    }
    version->files = files;
    return files != NULL;
}

struct hearth_version *hearth_version_copy(struct hearth_arena *arena,
                                           const struct hearth_version *version)
{
    struct hearth_version *copy = hearth_arena_alloc(arena, sizeof(*copy));
    if (!copy)
        return NULL;
    *copy = *version;
    const char **const texts[] = {&copy->label,        &copy->source,       &copy->source_revision,
                                  &copy->engine,       &copy->state_reason, &copy->metrics_json,
                                  &copy->lineage_json, &copy->facts_json};
    bool whole = copy_texts(arena, texts, sizeof(texts) / sizeof(texts[0]));
    return whole && copy_files(arena, copy) ? copy : NULL;
}

struct hearth_record *hearth_record_copy(struct hearth_arena *arena,
                                         const struct hearth_record *record, bool with_body)
{
    struct hearth_record *copy = hearth_arena_alloc(arena, sizeof(*copy));
    if (!copy)
        return NULL;
    *copy = *record;
    copy->body = NULL;
    const char **const texts[] = {&copy->kind, &copy->id, &copy->principal, &copy->label,
                                  &copy->facts_json};
    if (!copy_texts(arena, texts, sizeof(texts) / sizeof(texts[0])))
        return NULL;
    if (!with_body || !record->body_length)
        return copy;
    void *bytes = hearth_arena_alloc(arena, record->body_length);
    if (bytes)
        copy->body = memcpy(bytes, record->body, record->body_length);
    return bytes ? copy : NULL;
}
