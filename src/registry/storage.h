/* Opens a home as it is worked with: its folders, its database, its blobs, and the registry over
 * them; for the server, and for commands that work without one. Blocking. */
#ifndef HEARTH_REGISTRY_STORAGE_H
#define HEARTH_REGISTRY_STORAGE_H

#include "config/home.h"
#include "registry/install.h"
#include "store/tables.h"

struct hearth_loop;
struct hearth_settings;

/* Stays where it was opened: the registry points into it. */
struct hearth_storage {
    struct hearth_home *home;
    struct hearth_store *store;
    struct hearth_blob_store *blobs;
    struct hearth_source_options sources; /* where relative paths count from is for the opener */
    struct hearth_registry registry;
};

/* Reads a model's header, as struct hearth_registry calls it (registry/install.h). */
struct hearth_storage_probe {
    hearth_registry_probe *read;
    void *argument; /* must outlive the storage */
};

/* `loop` may be NULL: then the store is used without one. `writes`: takes the home's lock;
 * HEARTH_EINUSE names the process that has it. The settings must outlive it. After an error there
 * is nothing to close. */
int hearth_storage_open(const struct hearth_settings *settings, struct hearth_loop *loop,
                        bool writes, struct hearth_storage_probe probe,
                        struct hearth_storage *ret_storage, struct hearth_error *error);
/* Moves the tables of the home's database to `step`, or looks (store/tables.h). Moving takes the
 * home's lock. HEARTH_EINVAL for a store in memory, which has no steps. */
int hearth_storage_tables(const struct hearth_settings *settings, int64_t step,
                          struct hearth_tables *ret_tables, struct hearth_error *error);
void hearth_storage_close(struct hearth_storage *storage); /* zeroed memory is allowed */

#endif
