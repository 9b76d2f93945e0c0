#include "store/sqlite/sqlite_store.h"

#include "base/error.h"

/* What a write that found no row, or broke a constraint, means. */
static int explain(sqlite3 *database, int rc, int64_t number, const char *alias,
                   struct hearth_error *error)
{
    /* A foreign key that is broken means the version; a name that is there already means the alias.
     */
    if (rc == HEARTH_ECONFLICT &&
        sqlite3_extended_errcode(database) == SQLITE_CONSTRAINT_FOREIGNKEY)
        return hearth_store_no_version(error, number);
    if (rc == HEARTH_ECONFLICT || (rc == 0 && sqlite3_changes64(database) == 0))
        return hearth_store_alias_changed(error, alias);
    return rc;
}

/* One statement for each meaning of the expected revision: above 0 it must be that one, 0 must not
 * be there yet, below 0 whatever there is. */
static int write_alias(sqlite3 *database, int64_t model_id, const char *alias, int64_t number,
                       int64_t expected_revision, struct hearth_error *error)
{
    if (expected_revision > 0)
        return hearth_database_run(database, error,
                                   "UPDATE alias SET number = ?, revision = revision + 1 "
                                   "WHERE model_id = ? AND name = ? AND revision = ?",
                                   "iiti", number, model_id, alias, expected_revision);
    const char *sql = expected_revision == 0
                          ? "INSERT INTO alias (model_id, name, number) VALUES (?, ?, ?)"
                          : "INSERT INTO alias (model_id, name, number) VALUES (?, ?, ?) "
                            "ON CONFLICT (model_id, name) DO UPDATE "
                            "SET number = excluded.number, revision = revision + 1";
    return hearth_database_run(database, error, sql, "iti", model_id, alias, number);
}

/* That the version exists is the foreign key's to say, within the same transaction. */
int hearth_sqlite_alias_set(struct hearth_store *store, int64_t model_id, const char *alias,
                            int64_t number, int64_t expected_revision, int64_t now_ms,
                            struct hearth_error *error)
{
    (void)now_ms;
    sqlite3 *database = hearth_sqlite_of(store);
    int rc = hearth_database_begin(database, 1, error);
    if (rc)
        return rc;
    rc = write_alias(database, model_id, alias, number, expected_revision, error);
    rc = explain(database, rc, number, alias, error);
    if (!rc)
        rc = hearth_sqlite_note(database, "alias", model_id, false, error);
    return hearth_database_end(database, rc, error);
}

/* Deleting needs no revision: an alias that somebody moved meanwhile was meant to go as well. */
int hearth_sqlite_alias_delete(struct hearth_store *store, int64_t model_id, const char *alias,
                               int64_t now_ms, struct hearth_error *error)
{
    (void)now_ms;
    sqlite3 *database = hearth_sqlite_of(store);
    int rc = hearth_database_begin(database, 1, error);
    if (rc)
        return rc;
    rc = hearth_database_run(database, error, "DELETE FROM alias WHERE model_id = ? AND name = ?",
                             "it", model_id, alias);
    /* A DELETE that finds nothing is no error of SQLite's. */
    if (!rc && sqlite3_changes64(database) == 0)
        rc = hearth_store_no_alias(error, alias);
    if (!rc)
        rc = hearth_sqlite_note(database, "alias", model_id, true, error);
    return hearth_database_end(database, rc, error);
}

/* As many as were counted in this transaction, which sees no change of others. */
static int read_aliases(sqlite3 *database, int64_t model_id, struct hearth_arena *arena,
                        struct hearth_alias *aliases, size_t count, struct hearth_error *error)
{
    sqlite3_stmt *statement;
    int failed = 0;
    int rc = hearth_database_query(
        database, &statement, error,
        "SELECT name, number, revision FROM alias WHERE model_id = ? ORDER BY name", "i", model_id);
    if (rc)
        return rc;
    for (size_t i = 0; i < count; i++) {
        if ((rc = hearth_database_step(database, statement, error)) <= 0)
            break;
        aliases[i] = (struct hearth_alias){
            .model_id = model_id,
            .name = hearth_database_text(statement, 0, arena, &failed),
            .number = sqlite3_column_int64(statement, 1),
            .revision = sqlite3_column_int64(statement, 2),
        };
    }
    sqlite3_finalize(statement);
    if (rc >= 0 && failed)
        return hearth_store_arena_full(error);
    return rc < 0 ? rc : 0;
}

/* In the order of names, which the index of the primary key gives. */
int hearth_sqlite_alias_list(struct hearth_store *store, int64_t model_id,
                             struct hearth_arena *arena, struct hearth_alias **ret_aliases,
                             size_t *ret_count, struct hearth_error *error)
{
    sqlite3 *database = hearth_sqlite_of(store);
    struct hearth_alias *aliases = NULL;
    int64_t count = 0;
    /* A reading transaction: the count and the rows are of one moment. */
    int rc = hearth_database_begin(database, 0, error);
    if (rc)
        return rc;
    rc = hearth_database_integer(database, &count, error,
                                 "SELECT count(*) FROM alias WHERE model_id = ?", "i", model_id);
    if (!rc && !(aliases = hearth_arena_alloc(arena, (size_t)count * sizeof(*aliases))))
        rc = hearth_store_arena_full(error);
    if (!rc)
        rc = read_aliases(database, model_id, arena, aliases, (size_t)count, error);
    rc = hearth_database_end(database, rc, error);
    if (rc)
        return rc;
    *ret_aliases = aliases;
    *ret_count = (size_t)count;
    return 0;
}
