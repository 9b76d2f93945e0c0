#include "registry/storage.h"

#include "base/error.h"
#include "base/out_file.h"
#include "blob/blob.h"
#include "config/settings.h"
#include "registry/registry_parts.h"
#include "store/store.h"

#include <limits.h>
#include <stdio.h>

/* The settings have checked the numbers' bounds. */
static struct hearth_postgres_options server_of(const struct hearth_settings *settings,
                                                const struct hearth_home *home)
{
    return (struct hearth_postgres_options){
        .url = hearth_home_database_server(home),
        .connections = (unsigned)settings->database_connections,
        .connect_ms = settings->database_connect_timeout,
        .statement_ms = settings->database_statement_timeout,
    };
}

static int open_store(const struct hearth_settings *settings, struct hearth_loop *loop,
                      struct hearth_storage *storage, struct hearth_error *error)
{
    const char *path = hearth_home_database(storage->home);
    const struct hearth_postgres_options options = server_of(settings, storage->home);
    if (options.url)
        return hearth_store_open_postgres(&options, loop, &storage->store, error);
    int rc = path ? hearth_store_open_sqlite(path, loop, &storage->store, error)
                  : hearth_store_open_memory(loop, &storage->store, error);
    /* Whoever opens a home may know where it lies; the store's verbs, whose errors reach clients,
     * do not say it. */
    if (rc && path)
        hearth_error_prefix(error, "%s", path);
    return rc;
}

/* In the order of dependence: the home's lock is taken before anything in it is opened, so that two
 * writers never have the database open at once. */
static int open_parts(const struct hearth_settings *settings, struct hearth_loop *loop, bool writes,
                      struct hearth_storage *storage, struct hearth_error *error)
{
    int rc = hearth_home_open(settings, &storage->home, error);
    if (!rc && writes)
        rc = hearth_home_lock(storage->home, error);
    if (rc)
        return rc;
    rc = open_store(settings, loop, storage, error);
    return rc ? rc
              : hearth_blob_open_files(hearth_home_directory(storage->home), &storage->blobs,
                                       error);
}

/* What a process that was killed has left half made. */
static void tidy(const struct hearth_home *home)
{
    char folder[PATH_MAX];
    int length =
        snprintf(folder, sizeof(folder), "%s/" HEARTH_QUANTIZE_FOLDER, hearth_home_directory(home));
    if (length > 0 && (size_t)length < sizeof(folder))
        hearth_folder_remove(folder);
}

int hearth_storage_open(const struct hearth_settings *settings, struct hearth_loop *loop,
                        bool writes, struct hearth_storage_probe probe,
                        struct hearth_storage *ret_storage, struct hearth_error *error)
{
    *ret_storage = (struct hearth_storage){.home = NULL};
    int rc = open_parts(settings, loop, writes, ret_storage, error);
    if (rc) {
        hearth_storage_close(ret_storage);
        return rc;
    }
    if (writes)
        tidy(ret_storage->home);
    ret_storage->sources = (struct hearth_source_options){
        .hf_endpoint = *settings->hf_endpoint ? settings->hf_endpoint : NULL,
        .hf_token = *settings->hf_token ? settings->hf_token : NULL,
        .retries = (uint32_t)settings->download_retries,
    };
    ret_storage->registry = (struct hearth_registry){
        .store = ret_storage->store,
        .blobs = ret_storage->blobs,
        .home = hearth_home_directory(ret_storage->home),
        .active_directory = hearth_home_active(ret_storage->home),
        .archive_directory = hearth_home_archive(ret_storage->home),
        .sources = &ret_storage->sources,
        .probe = probe.read,
        .probe_argument = probe.argument,
    };
    return 0;
}

int hearth_storage_tables(const struct hearth_settings *settings, int64_t step,
                          struct hearth_tables *ret_tables, struct hearth_error *error)
{
    struct hearth_home *home;
    int rc = hearth_home_open(settings, &home, error);
    if (rc)
        return rc;
    if (step != HEARTH_TABLES_LOOK)
        rc = hearth_home_lock(home, error);
    const struct hearth_postgres_options options = server_of(settings, home);
    const char *path = hearth_home_database(home);
    if (!rc && options.url)
        rc = hearth_tables_postgres(&options, step, ret_tables, error);
    else if (!rc && path)
        rc = hearth_tables_sqlite(path, step, ret_tables, error);
    else if (!rc)
        rc = hearth_error_set(error, HEARTH_EINVAL, "a registry in memory has no schema to move");
    hearth_home_close(home);
    return rc;
}

void hearth_storage_close(struct hearth_storage *storage)
{
    /* In the reverse order; the lock goes last, when nothing is written any more. */
    hearth_store_close(storage->store);
    if (storage->blobs)
        hearth_blob_close(storage->blobs);
    hearth_home_close(storage->home);
    *storage = (struct hearth_storage){.home = NULL};
}
