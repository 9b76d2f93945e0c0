/* What is done with versions that are installed: paths, checks, removal, the lock. */
#include "base/clock.h"
#include "base/error.h"
#include "blob/blob.h"
#include "config/lock.h"
#include "registry/registry_parts.h"

#include <string.h>

int hearth_registry_path(struct hearth_registry *registry, const struct hearth_model *model,
                         const struct hearth_version *version, char *ret_path, size_t size,
                         struct hearth_error *error)
{
    bool is_whole =
        version->state == HEARTH_VERSION_READY || version->state == HEARTH_VERSION_DEPRECATED;
    if (!is_whole || version->file_count == 0)
        return hearth_error_set(error, HEARTH_ECONFLICT, "%s:%lld is not ready: it is %s",
                                model->name, (long long)version->number,
                                hearth_version_state_name(version->state));
    return hearth_active_links_make(registry, model->name, version->number, version->files,
                                    version->file_count, ret_path, size, error);
}

int hearth_registry_verify(struct hearth_registry *registry, const struct hearth_model *model,
                           const struct hearth_version *version, struct hearth_error *error)
{
    for (size_t i = 0; i < version->file_count; i++) {
        const struct hearth_file *file = &version->files[i];
        int rc = hearth_blob_verify(registry->blobs, file->sha256, NULL, NULL, error);
        if (!rc)
            rc = hearth_active_links_check(registry, model->name, version->number, file, error);
        if (rc) {
            hearth_error_prefix(error, "%s:%lld, file %.200s", model->name,
                                (long long)version->number, file->path);
            return rc;
        }
    }
    return 0;
}

/* Runs where the rows are written, so that no install can count on a blob in between. */
void hearth_registry_collect(struct hearth_store *store, struct hearth_blob_store *blobs,
                             const struct hearth_file *files, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t uses = 1;
        if (hearth_store_blob_uses(store, files[i].sha256, &uses, NULL) == 0 && uses == 0)
            hearth_blob_delete(blobs, files[i].sha256, NULL);
    }
}

struct removal {
    struct hearth_registry *registry;
    int64_t model_id, number;
    struct hearth_arena *arena;
    const char *name;
    int rc;
    struct hearth_error *error;
};

static void remove_on_store(struct hearth_store *store, void *argument)
{
    struct removal *removal = argument;
    struct hearth_model *model = NULL;
    struct hearth_version *versions = NULL;
    size_t count = 0;
    int64_t now_ms = hearth_clock_wall_ms();
    int rc =
        hearth_store_model_get_id(store, removal->model_id, removal->arena, &model, removal->error);
    if (!rc)
        rc = hearth_store_version_list(store, removal->model_id, removal->arena, &versions, &count,
                                       removal->error);
    if (!rc)
        rc = removal->number
                 ? hearth_store_version_delete(store, removal->model_id, removal->number, now_ms,
                                               removal->error)
                 : hearth_store_model_delete(store, removal->model_id, now_ms, removal->error);
    removal->rc = rc;
    if (rc)
        return;
    removal->name = model->name;
    for (size_t i = 0; i < count; i++)
        if (!removal->number || versions[i].number == removal->number)
            hearth_registry_collect(store, removal->registry->blobs, versions[i].files,
                                    versions[i].file_count);
}

int hearth_registry_remove(struct hearth_registry *registry, int64_t model_id, int64_t number,
                           struct hearth_error *error)
{
    struct removal removal = {.registry = registry,
                              .model_id = model_id,
                              .number = number,
                              .arena = hearth_arena_create(HEARTH_REGISTRY_ARENA_MAX),
                              .error = error};
    int rc = hearth_registry_on_store(registry, remove_on_store, &removal, error);
    if (!rc)
        rc = removal.rc;
    if (!rc)
        hearth_active_links_remove(registry, removal.name, number);
    hearth_arena_destroy(removal.arena);
    return rc;
}

struct locking {
    struct hearth_arena *arena;
    struct hearth_lock lock;
    int rc;
    struct hearth_error *error;
};

/* The number that @default names, or 0. */
static int default_number(struct hearth_store *store, struct locking *locking, int64_t model_id,
                          int64_t *ret_number)
{
    struct hearth_alias *aliases = NULL;
    size_t count = 0;
    int rc =
        hearth_store_alias_list(store, model_id, locking->arena, &aliases, &count, locking->error);
    for (size_t i = 0; !rc && i < count; i++)
        if (strcmp(aliases[i].name, "default") == 0)
            *ret_number = aliases[i].number;
    return rc;
}

static int add_entry(struct locking *locking, const struct hearth_model *model,
                     const struct hearth_version *version)
{
    struct hearth_lock_entry *entry = &locking->lock.entries[locking->lock.count];
    entry->files = hearth_arena_alloc(locking->arena, version->file_count * sizeof(*entry->files));
    if (!entry->files)
        return hearth_error_set(locking->error, HEARTH_ETOOLARGE, "too many files for a lock");
    for (size_t i = 0; i < version->file_count; i++)
        entry->files[i] = (struct hearth_lock_file){.path = version->files[i].path,
                                                    .sha256 = version->files[i].sha256,
                                                    .size = version->files[i].size};
    entry->name = model->name;
    entry->version = version->number;
    entry->source = version->source;
    entry->revision = version->source_revision;
    entry->file_count = version->file_count;
    locking->lock.count++;
    return 0;
}

static int lock_model(struct hearth_store *store, struct locking *locking,
                      const struct hearth_model *model)
{
    struct hearth_version *versions = NULL;
    const struct hearth_version *chosen = NULL;
    size_t count = 0;
    int64_t number = 0;
    int rc = default_number(store, locking, model->id, &number);
    if (!rc)
        rc = hearth_store_version_list(store, model->id, locking->arena, &versions, &count,
                                       locking->error);
    for (size_t i = 0; !rc && i < count; i++) {
        bool is_default = number && versions[i].number == number;
        bool is_latest = !number && versions[i].state == HEARTH_VERSION_READY;
        if ((is_default || is_latest) && versions[i].file_count)
            chosen = &versions[i];
    }
    return rc || !chosen ? rc : add_entry(locking, model, chosen);
}

static void lock_on_store(struct hearth_store *store, void *argument)
{
    struct locking *locking = argument;
    const struct hearth_model_filter all = {.limit = INT32_MAX};
    struct hearth_model *models = NULL;
    size_t count = 0;
    int64_t total = 0;
    locking->rc = hearth_store_model_list(store, &all, locking->arena, &models, &count, &total,
                                          locking->error);
    if (locking->rc)
        return;
    locking->lock.entries =
        hearth_arena_alloc(locking->arena, (count + 1) * sizeof(*locking->lock.entries));
    if (!locking->lock.entries)
        locking->rc = hearth_error_set(locking->error, HEARTH_ETOOLARGE, "too many models");
    for (size_t i = 0; !locking->rc && i < count; i++)
        locking->rc = lock_model(store, locking, &models[i]);
}

int hearth_registry_lock_write(struct hearth_registry *registry, const char *path,
                               size_t *ret_count, struct hearth_error *error)
{
    struct locking locking = {.arena = hearth_arena_create(HEARTH_REGISTRY_ARENA_MAX),
                              .error = error};
    int rc = hearth_registry_on_store(registry, lock_on_store, &locking, error);
    if (!rc)
        rc = locking.rc;
    if (!rc)
        rc = hearth_lock_write(path, &locking.lock, error);
    if (!rc)
        *ret_count = locking.lock.count;
    hearth_arena_destroy(locking.arena);
    return rc;
}

static const struct hearth_file *find_file(const struct hearth_version *version, const char *path)
{
    for (size_t i = 0; i < version->file_count; i++)
        if (strcmp(version->files[i].path, path) == 0)
            return &version->files[i];
    return NULL;
}

int hearth_registry_lock_check(struct hearth_registry *registry, const struct hearth_lock *lock,
                               const struct hearth_model *model,
                               const struct hearth_version *version, struct hearth_error *error)
{
    const struct hearth_lock_entry *entry = hearth_lock_find(lock, model->name);
    if (!entry)
        return hearth_error_set(error, HEARTH_ENOTFOUND, "hearth.lock does not have the model %s",
                                model->name);
    for (size_t i = 0; i < entry->file_count; i++) {
        const struct hearth_file *file = find_file(version, entry->files[i].path);
        if (!file || strcmp(file->sha256, entry->files[i].sha256) != 0)
            return hearth_error_set(error, HEARTH_EDIGEST,
                                    "%s:%lld differs from hearth.lock: file %.200s %s", model->name,
                                    (long long)version->number, entry->files[i].path,
                                    file ? "has other bytes" : "is missing");
    }
    if (entry->file_count != version->file_count)
        return hearth_error_set(
            error, HEARTH_EDIGEST, "%s:%lld differs from hearth.lock: it has %zu files, not %zu",
            model->name, (long long)version->number, version->file_count, entry->file_count);
    return hearth_registry_verify(registry, model, version, error);
}
