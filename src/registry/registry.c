/* What is done with versions that are installed: paths, checks, removal. */
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/out_file.h"
#include "blob/blob.h"
#include "config/home.h"
#include "registry/registry_parts.h"

#include <string.h>

int hearth_registry_path(struct hearth_registry *registry, const struct hearth_model *model,
                         const struct hearth_version *version, char *ret_path, size_t size,
                         struct hearth_error *error)
{
    /* A deprecated version may still be served by its number. */
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
    int rc = 0;
    for (size_t i = 0; !rc && i < version->file_count; i++) {
        const struct hearth_file *file = &version->files[i];
        rc = hearth_blob_verify(registry->blobs, file->sha256, NULL, NULL, error);
        if (!rc)
            rc = hearth_active_links_check(registry, model->name, version->number, file, error);
        if (rc)
            hearth_error_prefix(error, "%s:%lld, file %.200s", model->name,
                                (long long)version->number, file->path);
    }
    return rc;
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

/* What remove_on_store needs and answers, since it runs on the store's thread. */
struct removal {
    struct hearth_registry *registry;
    int64_t model_id, number;
    bool unfinished; /* only what is */
    struct hearth_arena *arena;
    const char *name;
    int rc;
    struct hearth_error *error;
};

/* What was computed of prompts holds what people wrote, and a later version may have the same name.
 */
static void forget_prefixes(const struct hearth_registry *registry, const char *model,
                            int64_t number)
{
    char *folder = hearth_format("%s/" HEARTH_HOME_PREFIXES "/%s:%lld", registry->home, model,
                                 (long long)number);
    hearth_folder_remove(folder);
    hearth_free(folder);
}

static int check_unfinished(const struct removal *removal, const struct hearth_model *model,
                            const struct hearth_version *versions, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct hearth_version *version = &versions[i];
        bool is_installed =
            version->state == HEARTH_VERSION_READY || version->state == HEARTH_VERSION_DEPRECATED;
        if (!removal->number || (is_installed && version->number == removal->number))
            return hearth_error_set(removal->error, HEARTH_ECONFLICT, "%s:%lld is %s", model->name,
                                    (long long)version->number,
                                    is_installed ? "installed already" : "there");
    }
    return 0;
}

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
    if (!rc && removal->unfinished)
        rc = check_unfinished(removal, model, versions, count);
    if (!rc)
        rc = removal->number
                 ? hearth_store_version_delete(store, removal->model_id, removal->number, now_ms,
                                               removal->error)
                 : hearth_store_model_delete(store, removal->model_id, now_ms, removal->error);
    removal->rc = rc;
    if (rc)
        return;
    /* For the links, which are removed afterwards: by then the row is gone. */
    removal->name = model->name;
    for (size_t i = 0; i < count; i++)
        if (!removal->number || versions[i].number == removal->number) {
            forget_prefixes(removal->registry, model->name, versions[i].number);
            hearth_registry_collect(store, removal->registry->blobs, versions[i].files,
                                    versions[i].file_count);
        }
}

static int remove_rows(struct removal *removal)
{
    removal->arena = hearth_arena_create(HEARTH_REGISTRY_ARENA_MAX);
    int rc = hearth_registry_on_store(removal->registry, remove_on_store, removal, removal->error);
    if (!rc)
        rc = removal->rc;
    if (!rc)
        hearth_active_links_remove(removal->registry, removal->name, removal->number);
    hearth_arena_destroy(removal->arena);
    return rc;
}

int hearth_registry_remove(struct hearth_registry *registry, int64_t model_id, int64_t number,
                           struct hearth_error *error)
{
    struct removal removal = {
        .registry = registry, .model_id = model_id, .number = number, .error = error};
    return remove_rows(&removal);
}

int hearth_registry_remove_unfinished(struct hearth_registry *registry, int64_t model_id,
                                      int64_t number, struct hearth_error *error)
{
    struct removal removal = {.registry = registry,
                              .model_id = model_id,
                              .number = number,
                              .unfinished = true,
                              .error = error};
    return remove_rows(&removal);
}
