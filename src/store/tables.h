/* Moves a database's tables between the steps that Hearth has had (store/migration.h). Opening a
 * store moves them to the newest; this is for going back before an older Hearth is used, and for
 * looking. Nobody else may use the database meanwhile. Blocking; any thread. */
#ifndef HEARTH_STORE_TABLES_H
#define HEARTH_STORE_TABLES_H

#include "store/store.h"

enum { HEARTH_TABLES_LOOK = -2, HEARTH_TABLES_NEWEST = -1 };

struct hearth_tables {
    const char *store;             /* "sqlite", "postgres" */
    int64_t before, after, newest; /* steps; 0: no tables */
};

/* To `step`, in one transaction. HEARTH_ECONFLICT when the database is newer than ours or another
 * program's, HEARTH_EINVAL when there is no such step. */
int hearth_tables_sqlite(const char *path, int64_t step, struct hearth_tables *ret_tables,
                         struct hearth_error *error);
int hearth_tables_postgres(const struct hearth_postgres_options *options, int64_t step,
                           struct hearth_tables *ret_tables, struct hearth_error *error);

/* Whether a database at step `before` may be moved to `step` (or the newest), which is told. */
int hearth_tables_check(int64_t before, int64_t step, int64_t newest, int64_t *ret_step,
                        struct hearth_error *error);

#endif
