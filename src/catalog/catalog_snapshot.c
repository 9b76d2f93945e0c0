/* Everything that the catalogue knows, read in pages on the store's lane. The pages are separate
 * reads, so that a model may be deleted or renamed in between: what is inconsistent for that reason
 * is put right by the change that follows. */
#include "catalog/catalog_snapshot.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 500, ARENA_MAX = 64 << 20 };

/* The settings are parsed once here, for the one member that every start of a server asks for. */
static const struct hearth_catalog_entry *entry_of(const struct hearth_model *model,
                                                   const struct hearth_version *version)
{
    char id[HEARTH_NAME_MAX + 24];
    snprintf(id, sizeof(id), "%s:%lld", model->name, (long long)version->number);
    json_t *settings = hearth_json_parse(model->settings_json, strlen(model->settings_json), NULL);
    struct hearth_catalog_entry entry = {
        .id = id,
        .name = model->name,
        .model_id = model->id,
        .number = version->number,
        .label = version->label,
        .engine = version->engine,
        .task = model->task,
        .device = model->device,
        .description = model->description,
        .tags_json = model->tags_json,
        .settings_json = model->settings_json,
        .facts_json = version->facts_json,
        .source = version->source,
        .revision = version->source_revision,
        .state_reason = version->state_reason,
        .state = version->state,
        .created_ms = version->created_ms,
        .version_id = version->id,
        .base_version_id = version->base_version_id,
        .pin = hearth_json_truth(settings, "pin", false),
    };
    json_decref(settings);
    return hearth_catalog_entry_create(&entry);
}

/* In order of number, as the store lists them; the searches below rely on that. */
static int read_versions(struct hearth_store *store, const struct hearth_model *row,
                         struct hearth_snapshot_model *model, struct hearth_arena *arena,
                         struct hearth_error *error)
{
    struct hearth_version *versions;
    size_t count;
    int rc = hearth_store_version_list(store, row->id, arena, &versions, &count, error);
    if (rc < 0)
        return rc;
    model->entries = hearth_calloc(count, sizeof(*model->entries));
    for (size_t i = 0; i < count; i++)
        model->entries[model->entry_count++] = entry_of(row, &versions[i]);
    return 0;
}

static int read_aliases(struct hearth_store *store, const struct hearth_model *row,
                        struct hearth_snapshot_model *model, struct hearth_arena *arena,
                        struct hearth_error *error)
{
    struct hearth_alias *aliases;
    size_t count;
    int rc = hearth_store_alias_list(store, row->id, arena, &aliases, &count, error);
    if (rc < 0)
        return rc;
    model->aliases = hearth_calloc(count, sizeof(*model->aliases));
    for (size_t i = 0; i < count; i++) {
        struct hearth_snapshot_alias *alias = &model->aliases[model->alias_count++];
        snprintf(alias->name, sizeof(alias->name), "%s", aliases[i].name);
        alias->number = aliases[i].number;
    }
    return 0;
}

static int read_models(struct hearth_store *store, struct hearth_snapshot *snapshot,
                       struct hearth_model *rows, size_t count, struct hearth_error *error)
{
    snapshot->models =
        hearth_realloc(snapshot->models, (snapshot->count + count) * sizeof(*snapshot->models));
    for (size_t i = 0; i < count; i++) {
        struct hearth_snapshot_model *model = &snapshot->models[snapshot->count++];
        *model = (struct hearth_snapshot_model){.entry_count = 0};
        snprintf(model->name, sizeof(model->name), "%s", rows[i].name);
        struct hearth_arena *arena = hearth_arena_create(ARENA_MAX);
        int rc = read_versions(store, &rows[i], model, arena, error);
        if (rc == 0)
            rc = read_aliases(store, &rows[i], model, arena, error);
        hearth_arena_destroy(arena);
        /* Deleted since its page was read: it has neither versions nor aliases then. */
        if (rc < 0 && rc != HEARTH_ENOTFOUND && rc != HEARTH_ENOMODEL)
            return rc;
    }
    return 0;
}

static int by_name(const void *a, const void *b)
{
    const struct hearth_snapshot_model *left = a, *right = b;
    return strcmp(left->name, right->name);
}

/* An offset of -1 says that this was the last page, which is one that is not full. */
static int read_page(struct hearth_store *store, struct hearth_snapshot *snapshot, int64_t *offset,
                     struct hearth_error *error)
{
    struct hearth_arena *arena = hearth_arena_create(ARENA_MAX);
    struct hearth_model_filter filter = {.sort = "name", .offset = *offset, .limit = PAGE};
    struct hearth_model *rows;
    size_t count = 0;
    int64_t total;
    int rc = hearth_store_model_list(store, &filter, arena, &rows, &count, &total, error);
    if (rc == 0)
        rc = read_models(store, snapshot, rows, count, error);
    *offset = count == PAGE ? *offset + PAGE : -1;
    hearth_arena_destroy(arena);
    return rc;
}

/* Sorted once more, because the store sorts as its locale says and the search below compares bytes.
 */
int hearth_snapshot_read(struct hearth_store *store, struct hearth_snapshot **ret_snapshot,
                         struct hearth_error *error)
{
    struct hearth_snapshot *snapshot = hearth_calloc(1, sizeof(*snapshot));
    int64_t offset = 0;
    int rc = 0;
    while (rc == 0 && offset >= 0)
        rc = read_page(store, snapshot, &offset, error);
    if (rc < 0) {
        hearth_snapshot_destroy(snapshot);
        return rc;
    }
    if (snapshot->count)
        qsort(snapshot->models, snapshot->count, sizeof(*snapshot->models), by_name);
    *ret_snapshot = snapshot;
    return 0;
}

/* Entries that somebody else keeps live on. */
void hearth_snapshot_destroy(struct hearth_snapshot *snapshot)
{
    if (!snapshot)
        return;
    for (size_t i = 0; i < snapshot->count; i++) {
        struct hearth_snapshot_model *model = &snapshot->models[i];
        for (size_t k = 0; k < model->entry_count; k++)
            hearth_catalog_entry_release(model->entries[k]);
        hearth_free(model->entries);
        hearth_free(model->aliases);
    }
    hearth_free(snapshot->models);
    hearth_free(snapshot);
}

const struct hearth_snapshot_model *hearth_snapshot_find(const struct hearth_snapshot *snapshot,
                                                         const char *name)
{
    size_t low = 0, high = snapshot ? snapshot->count : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(snapshot->models[middle].name, name);
        if (order == 0)
            return &snapshot->models[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct hearth_catalog_entry *
hearth_snapshot_numbered(const struct hearth_snapshot_model *model, int64_t number)
{
    for (size_t i = 0; i < model->entry_count; i++)
        if (model->entries[i]->number == number)
            return model->entries[i];
    return NULL;
}

static int64_t alias_number(const struct hearth_snapshot_model *model, const char *name)
{
    for (size_t i = 0; i < model->alias_count; i++)
        if (strcmp(model->aliases[i].name, name) == 0)
            return model->aliases[i].number;
    return 0;
}

/* Versions are in order of number, so the search goes backwards. */
static const struct hearth_catalog_entry *latest(const struct hearth_snapshot_model *model)
{
    for (size_t i = model->entry_count; i-- > 0;)
        if (model->entries[i]->state == HEARTH_VERSION_READY)
            return model->entries[i];
    return NULL;
}

const struct hearth_catalog_entry *
hearth_snapshot_default(const struct hearth_snapshot_model *model)
{
    const struct hearth_catalog_entry *entry =
        hearth_snapshot_numbered(model, alias_number(model, "default"));
    if (!entry)
        entry = latest(model);
    if (!entry && model->entry_count)
        entry = model->entries[model->entry_count - 1];
    return entry;
}

/* Each way of naming a version has its own reason why there is none. */
static int missing(const struct hearth_reference *reference, struct hearth_error *error)
{
    if (reference->number)
        return hearth_error_set(error, HEARTH_ENOMODEL, "model '%s' has no version %lld",
                                reference->name, (long long)reference->number);
    if (strcmp(reference->alias, "latest") == 0)
        return hearth_error_set(error, HEARTH_ENOMODEL, "model '%s' has no version that is ready",
                                reference->name);
    if (reference->alias[0])
        return hearth_error_set(error, HEARTH_ENOMODEL, "model '%s' has no alias '%s'",
                                reference->name, reference->alias);
    return hearth_error_set(error, HEARTH_ENOMODEL, "model '%s' has no version yet",
                            reference->name);
}

/* A version may be named and still be of no use: one that is being installed, has failed or is
 * archived is told with its state and the reason of that, and not as if it were not there. */
int hearth_snapshot_choose(const struct hearth_snapshot_model *model,
                           const struct hearth_reference *reference,
                           const struct hearth_catalog_entry **ret_entry,
                           struct hearth_error *error)
{
    const struct hearth_catalog_entry *entry;
    if (reference->number)
        entry = hearth_snapshot_numbered(model, reference->number);
    else if (strcmp(reference->alias, "latest") == 0)
        entry = latest(model);
    else if (reference->alias[0])
        entry = hearth_snapshot_numbered(model, alias_number(model, reference->alias));
    else
        entry = hearth_snapshot_default(model);
    if (!entry)
        return missing(reference, error);
    if (entry->state != HEARTH_VERSION_READY && entry->state != HEARTH_VERSION_DEPRECATED)
        return hearth_error_set(error, HEARTH_ENOMODEL, "model '%s' cannot be used: it is %s%s%s",
                                entry->id, hearth_version_state_name(entry->state),
                                entry->state_reason[0] ? ": " : "", entry->state_reason);
    *ret_entry = entry;
    return 0;
}
