/* The steps of a database's schema: the numbered files of sqlite/migrations/ and
 * postgres/migrations/, in order; row i takes the schema from i to i + 1 (`up`), and back (`down`,
 * which loses what the older schema has no place for). Generated from the files. */
#ifndef HEARTH_STORE_MIGRATION_H
#define HEARTH_STORE_MIGRATION_H

struct hearth_migration {
    const char *name; /* "0001-registry" */
    const char *up, *down;
};

extern const struct hearth_migration hearth_sqlite_migrations[];
extern const int hearth_sqlite_migration_count;
extern const struct hearth_migration hearth_postgres_migrations[];
extern const int hearth_postgres_migration_count;

#endif
