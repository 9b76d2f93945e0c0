/* The statements that bring an older schema up to date: the numbered files of migrations/, in
 * order; row i takes the schema from i to i + 1. Generated from them. */
#ifndef HEARTH_STORE_SQLITE_MIGRATIONS_H
#define HEARTH_STORE_SQLITE_MIGRATIONS_H

extern const char *const hearth_sqlite_migrations[];
extern const int hearth_sqlite_migration_count;

#endif
