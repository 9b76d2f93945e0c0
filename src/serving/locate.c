#include "serving/locate.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/memory.h"
#include "catalog/catalog.h"
#include "config/lock.h"
#include "format/engine_choice.h"
#include "loop/loop.h"
#include "loop/pool.h"
#include "registry/base_version.h"
#include "registry/install.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ARENA_MAX = 16 << 20 };

struct hearth_locating {
    struct hearth_loop *loop;
    struct hearth_lane *lane;
    struct hearth_registry *registry;
    const struct hearth_catalog_entry *entry;
    bool verify;
    const char *lock_path;
    void (*on_located)(void *argument, const struct hearth_location *location);
    void *argument;
    bool canceled;
    struct hearth_arena *arena; /* of the rows */
    struct hearth_model *model;
    struct hearth_version *version;
    struct hearth_model *base_model; /* of an adapter, else NULL */
    struct hearth_version *base;     /* NULL too */
    struct hearth_location location;
};

/* The end of every way through this file; frees what was needed to look. A canceled one comes by
 * here too, because a lane cannot be called back from what it does. */
static void tell(void *argument)
{
    struct hearth_locating *locating = argument;
    if (!locating->canceled)
        locating->on_located(locating->argument, &locating->location);
    hearth_arena_destroy(locating->arena);
    hearth_catalog_entry_release(locating->entry);
    hearth_free(locating);
}

/* Later and not at once: the caller has not got its handle yet. */
static void tell_fault(struct hearth_locating *locating, int code, const char *text)
{
    hearth_error_set(&locating->location.error, code, "%s", text);
    hearth_loop_defer(locating->loop, tell, locating);
}

static const struct hearth_lock_file *pinned_file(const struct hearth_lock_entry *pin,
                                                  const char *path)
{
    for (size_t i = 0; i < pin->file_count; i++)
        if (strcmp(pin->files[i].path, path) == 0)
            return &pin->files[i];
    return NULL;
}

/* Every file that the lock pins must be there with the same digest, and no other file may be there:
 * one more could be a module that the engine loads. */
static int compare(const struct hearth_model *model, const struct hearth_version *version,
                   const struct hearth_lock_entry *pin, struct hearth_error *error)
{
    long long number = (long long)version->number;
    for (size_t i = 0; i < version->file_count; i++) {
        const struct hearth_lock_file *file = pinned_file(pin, version->files[i].path);
        if (!file || strcmp(file->sha256, version->files[i].sha256) != 0)
            return hearth_error_set(error, HEARTH_EDIGEST, "%s:%lld, file %.200s: %s", model->name,
                                    number, version->files[i].path,
                                    file ? "it is not the one that hearth.lock pins"
                                         : "hearth.lock does not have it");
    }
    if (version->file_count != pin->file_count)
        return hearth_error_set(error, HEARTH_EDIGEST,
                                "%s:%lld has %zu files, hearth.lock pins %zu", model->name, number,
                                version->file_count, pin->file_count);
    return 0;
}

static int compare_pinned(const struct hearth_locating *locating, const struct hearth_lock *lock,
                          const struct hearth_model *model, const struct hearth_version *version,
                          struct hearth_error *error)
{
    const struct hearth_lock_entry *pin = hearth_lock_find(lock, model->name);
    return pin ? compare(model, version, pin, error)
               : hearth_error_set(error, HEARTH_EDIGEST, "model '%s' is not in %s", model->name,
                                  locating->lock_path);
}

/* The lock is read for each load: a person may have written it anew while the server runs. */
static int compare_with_lock(const struct hearth_locating *locating, struct hearth_error *error)
{
    struct hearth_arena *arena = hearth_arena_create(ARENA_MAX);
    struct hearth_lock *lock;
    int rc = hearth_lock_read(locating->lock_path, arena, &lock, error);
    if (rc == HEARTH_ENOTFOUND)
        rc = hearth_error_set(error, HEARTH_EDIGEST,
                              "the server is locked, and %s is not there; hearth lock writes it",
                              locating->lock_path);
    if (rc == 0)
        rc = compare_pinned(locating, lock, locating->model, locating->version, error);
    if (rc == 0 && locating->base)
        rc = compare_pinned(locating, lock, locating->base_model, locating->base, error);
    hearth_arena_destroy(arena);
    return rc;
}

/* First what the lock says of the recorded digests, which is cheap; then whether the bytes on disk
 * still have those digests. */
static int verify(const struct hearth_locating *locating, struct hearth_error *error)
{
    int rc = locating->lock_path ? compare_with_lock(locating, error) : 0;
    if (rc == 0)
        rc = hearth_registry_verify(locating->registry, locating->model, locating->version, error);
    if (rc == 0 && locating->base)
        rc =
            hearth_registry_verify(locating->registry, locating->base_model, locating->base, error);
    return rc;
}

/* Names do not count where digests are recorded: the same bytes may be installed under another. */
static void digest_files(struct hearth_sha256 *digest, const struct hearth_version *version)
{
    for (size_t i = 0; version && i < version->file_count; i++)
        hearth_sha256_update(digest, version->files[i].sha256, strlen(version->files[i].sha256));
}

static void tell_files(const struct hearth_locating *locating, struct hearth_location *location)
{
    struct hearth_sha256 *digest = hearth_sha256_create();
    struct stat status;
    digest_files(digest, locating->base);
    digest_files(digest, locating->version);
    if (!locating->version && stat(location->path, &status) == 0) {
        const int64_t about[] = {status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
        hearth_sha256_update(digest, location->path, strlen(location->path));
        hearth_sha256_update(digest, about, sizeof(about));
    }
    hearth_sha256_hex(digest, location->digest);
    hearth_sha256_destroy(digest);
}

/* The base's files are what an engine opens, and the adapter's are loaded beside them. */
static int find_adapted(const struct hearth_locating *locating, struct hearth_location *location,
                        struct hearth_error *error)
{
    int rc = hearth_registry_path(locating->registry, locating->base_model, locating->base,
                                  location->path, sizeof(location->path), error);
    if (rc == 0)
        rc = hearth_registry_adapter_path(locating->registry, locating->model, locating->version,
                                          location->adapter, sizeof(location->adapter), error);
    if (rc == 0 && access(location->adapter, R_OK) < 0)
        rc = hearth_error_set(error, HEARTH_EMODEL, "%s: the adapter's file is not there any more",
                              location->adapter);
    struct stat status;
    location->adapter_is_file =
        rc == 0 && stat(location->adapter, &status) == 0 && S_ISREG(status.st_mode);
    snprintf(location->base, sizeof(location->base), "%s:%lld", locating->base_model->name,
             (long long)locating->base->number);
    return rc;
}

/* On our lane */
static void look(void *argument)
{
    struct hearth_locating *locating = argument;
    struct hearth_location *location = &locating->location;
    struct hearth_error *error = &location->error;
    int rc = 0;
    if (locating->entry->path[0])
        snprintf(location->path, sizeof(location->path), "%s", locating->entry->path);
    else if (locating->base)
        rc = find_adapted(locating, location, error);
    else
        rc = hearth_registry_path(locating->registry, locating->model, locating->version,
                                  location->path, sizeof(location->path), error);
    if (rc == 0 && access(location->path, R_OK) < 0)
        rc = hearth_error_set(error, HEARTH_EMODEL, "%s: the model's file is not there any more",
                              location->path);
    if (rc == 0 && locating->verify && !locating->entry->path[0])
        rc = verify(locating, error);
    error->code = rc;
    if (rc == 0)
        tell_files(locating, location);
    location->engine = hearth_engine_for_path(location->path);
}

static void looked(void *argument, _Bool dropped)
{
    struct hearth_locating *locating = argument;
    if (dropped)
        hearth_error_set(&locating->location.error, HEARTH_EDRAINING,
                         "the server is shutting down");
    tell(locating);
}

/* Back on the loop: the rows are read, and what follows touches the file system. A fault of the
 * store ends it here. */
static void look_on_lane(void *argument)
{
    struct hearth_locating *locating = argument;
    if (locating->canceled || locating->location.error.code) {
        tell(locating);
        return;
    }
    if (hearth_lane_submit(locating->lane, look, looked, locating) < 0)
        tell_fault(locating, HEARTH_EQUEUEFULL, "too many models are being looked for");
}

/* The store lets nobody delete a base of something, but another program may have changed its state.
 */
static int read_base(struct hearth_store *store, struct hearth_locating *locating,
                     struct hearth_error *error)
{
    int64_t id = locating->version->base_version_id;
    if (!id)
        return 0;
    int rc = hearth_base_version_find(store, id, locating->arena, &locating->base_model,
                                      &locating->base, error);
    if (rc == 0)
        rc = hearth_base_version_check(locating->base_model, locating->base, error);
    if (rc < 0)
        hearth_error_prefix(error, "%s is an adapter", locating->entry->id);
    return rc == HEARTH_ENOTFOUND ? HEARTH_ECONFLICT : rc;
}

/* On the store's lane. Read anew and not taken from the catalogue, because the rows name the
 * files and their digests, which the catalogue does not keep. What the catalogue still has may have
 * been removed meanwhile. */
static void read_rows(struct hearth_store *store, void *argument)
{
    struct hearth_locating *locating = argument;
    struct hearth_error *error = &locating->location.error;
    int rc = hearth_store_model_get_id(store, locating->entry->model_id, locating->arena,
                                       &locating->model, error);
    if (rc == 0)
        rc = hearth_store_version_get(store, locating->entry->model_id, locating->entry->number,
                                      locating->arena, &locating->version, error);
    if (rc == HEARTH_ENOTFOUND)
        rc =
            hearth_error_set(error, HEARTH_ENOMODEL, "model '%s' was removed", locating->entry->id);
    if (rc == 0)
        rc = read_base(store, locating, error);
    error->code = rc;
}

struct hearth_locating *
hearth_locate(struct hearth_loop *loop, struct hearth_lane *lane, struct hearth_registry *registry,
              const struct hearth_catalog_entry *entry, bool verify, const char *lock_path,
              void (*on_located)(void *argument, const struct hearth_location *location),
              void *argument)
{
    struct hearth_locating *locating = hearth_calloc(1, sizeof(*locating));
    locating->loop = loop;
    locating->lane = lane;
    locating->registry = registry;
    locating->entry = hearth_catalog_entry_keep(entry);
    locating->verify = verify;
    locating->lock_path = lock_path;
    locating->on_located = on_located;
    locating->argument = argument;
    if (entry->path[0]) {
        hearth_loop_defer(loop, look_on_lane, locating);
    } else if (!registry) {
        tell_fault(locating, HEARTH_ENOMODEL, "there is no registry");
    } else {
        locating->arena = hearth_arena_create(ARENA_MAX);
        if (hearth_store_submit(registry->store, read_rows, look_on_lane, locating) < 0)
            tell_fault(locating, HEARTH_EQUEUEFULL, "the store has too much to do");
    }
    return locating;
}

void hearth_locate_cancel(struct hearth_locating *locating)
{
    if (locating)
        locating->canceled = true;
}
