/* lock: pins in hearth.lock what is installed. */
#include "base/error.h"
#include "cli/command.h"
#include "cli/local.h"
#include "cli/print_json.h"
#include "config/lock.h"

#include <stdio.h>
#include <string.h>

/* hearth.lock is read by people, too; nobody pins more. */
enum { MODELS_MAX = 1000 };

/* The version that the bare name means: @default, else the newest ready one. */
static int meant_version(struct hearth_storage *local, struct hearth_arena *arena,
                         const struct hearth_model *model, struct hearth_version **ret_version,
                         struct hearth_error *error)
{
    struct hearth_alias *aliases = NULL;
    struct hearth_version *versions = NULL;
    size_t alias_count = 0, count = 0;
    int rc = hearth_store_alias_list(local->store, model->id, arena, &aliases, &alias_count, error);
    if (!rc)
        rc = hearth_store_version_list(local->store, model->id, arena, &versions, &count, error);
    int64_t chosen = 0;
    for (size_t i = 0; !rc && i < alias_count; i++)
        if (strcmp(aliases[i].name, "default") == 0)
            chosen = aliases[i].number;
    *ret_version = NULL;
    /* They come with ascending numbers, so the last that fits is the newest. */
    for (size_t i = 0; !rc && i < count; i++)
        if (versions[i].state == HEARTH_VERSION_READY && (!chosen || versions[i].number == chosen))
            *ret_version = &versions[i];
    return rc;
}

static int fill_entry(struct hearth_arena *arena, const struct hearth_model *model,
                      const struct hearth_version *version, struct hearth_lock_entry *entry)
{
    *entry = (struct hearth_lock_entry){
        .name = model->name,
        .source = version->source,
        .revision = version->source_revision,
        .version = version->number,
        .files = hearth_arena_alloc(arena, version->file_count * sizeof(*entry->files)),
        .file_count = version->file_count,
    };
    if (!entry->files)
        return HEARTH_ENOMEM;
    for (size_t i = 0; i < version->file_count; i++)
        entry->files[i] = (struct hearth_lock_file){.path = version->files[i].path,
                                                    .sha256 = version->files[i].sha256,
                                                    .size = version->files[i].size};
    return 0;
}

/* The models that were named, else all. */
static int choose(struct hearth_invocation *invocation, struct hearth_storage *local,
                  struct hearth_model **ret_models, size_t *ret_count, struct hearth_error *error)
{
    const struct hearth_model_filter filter = {.limit = MODELS_MAX};
    int64_t total;
    if (invocation->argument_count == 0)
        return hearth_store_model_list(local->store, &filter, invocation->arena, ret_models,
                                       ret_count, &total, error);
    *ret_count = invocation->argument_count;
    *ret_models = hearth_arena_alloc(invocation->arena, *ret_count * sizeof(**ret_models));
    for (size_t i = 0; i < *ret_count; i++) {
        struct hearth_model *model = NULL;
        int rc =
            hearth_local_model(local, invocation->arena, invocation->arguments[i], &model, error);
        if (rc)
            return rc;
        (*ret_models)[i] = *model;
    }
    return 0;
}

/* A model without a ready version is left out, unless it was named. */
static int gather(struct hearth_invocation *invocation, struct hearth_storage *local,
                  struct hearth_lock *lock, struct hearth_error *error)
{
    struct hearth_model *models = NULL;
    size_t count = 0;
    int rc = choose(invocation, local, &models, &count, error);
    if (rc)
        return rc;
    lock->entries = hearth_arena_alloc(invocation->arena, (count + 1) * sizeof(*lock->entries));
    for (size_t i = 0; !rc && i < count; i++) {
        struct hearth_version *version = NULL;
        rc = meant_version(local, invocation->arena, &models[i], &version, error);
        if (!rc && version)
            rc = fill_entry(invocation->arena, &models[i], version, &lock->entries[lock->count++]);
        else if (!rc && invocation->argument_count)
            rc = hearth_error_set(error, HEARTH_ENOTFOUND, "%s has no ready version to pin",
                                  models[i].name);
    }
    if (!rc && lock->count == 0)
        rc = hearth_error_set(error, HEARTH_ENOTFOUND,
                              "no model is installed, so there is nothing to pin; see hearth "
                              "install --help");
    return rc;
}

/* Naming models renews their pins and leaves the others as they are. */
static int keep_others(struct hearth_invocation *invocation, const char *path,
                       struct hearth_lock *lock, struct hearth_error *error)
{
    struct hearth_lock *old = NULL;
    /* Without names everything is pinned anew, and models that are gone leave the file. */
    int rc = invocation->argument_count ? hearth_lock_read(path, invocation->arena, &old, error)
                                        : HEARTH_ENOTFOUND;
    if (rc)
        return rc == HEARTH_ENOTFOUND ? 0 : rc;
    size_t room = lock->count + old->count;
    struct hearth_lock_entry *entries =
        hearth_arena_alloc(invocation->arena, (room + 1) * sizeof(*entries));
    if (!entries)
        return hearth_error_set(error, HEARTH_ENOMEM, "there is not enough memory");
    memcpy(entries, lock->entries, lock->count * sizeof(*entries));
    /* The entries so far are the fresh ones; `lock` grows below while they are looked up. */
    const struct hearth_lock fresh = *lock;
    lock->entries = entries;
    for (size_t i = 0; i < old->count; i++)
        if (!hearth_lock_find(&fresh, old->entries[i].name))
            entries[lock->count++] = old->entries[i];
    return 0;
}

int hearth_cli_lock(struct hearth_invocation *invocation, struct hearth_error *error)
{
    const char *path = hearth_arena_format(invocation->arena, "%s/hearth.lock",
                                           invocation->origins.project_directory);
    struct hearth_storage local;
    struct hearth_lock lock = {.count = 0};
    int rc = hearth_local_open(invocation, false, &local, error);
    if (rc)
        return rc;
    rc = gather(invocation, &local, &lock, error);
    if (!rc)
        rc = keep_others(invocation, path, &lock, error);
    if (!rc)
        rc = hearth_lock_write(path, &lock, error);
    /* Closed before anything is printed: nothing below needs the store. */
    hearth_storage_close(&local);
    if (rc)
        return rc;
    if (invocation->json)
        return hearth_print_json(
            json_pack("{s:s, s:I}", "file", path, "models", (json_int_t)lock.count), error);
    printf("pinned %zu model%s in %s\n", lock.count, lock.count == 1 ? "" : "s", path);
    return 0;
}
