#include "store/sqlite/sqlite_store.h"

#include "base/error.h"
#include "base/memory.h"

#include <string.h>

/* The lane has ended before (hearth_store_close), so nothing uses the connection. */
static void sqlite_close(struct hearth_store *store)
{
    hearth_database_close(hearth_sqlite_of(store));
    hearth_free(store);
}

/* Within the transaction of the change it tells of: there is no change without its row, and no row
 * without its change. */
int hearth_sqlite_note(sqlite3 *database, const char *kind, int64_t model_id, bool deleted,
                       struct hearth_error *error)
{
    return hearth_database_run(database, error,
                               "INSERT INTO change (kind, model_id, deleted) VALUES (?, ?, ?)",
                               "tii", kind, model_id, (int64_t)deleted);
}

/* A version that has the same bytes under two paths uses them once. */
static int sqlite_blob_uses(struct hearth_store *store, const char *sha256, int64_t *ret_count,
                            struct hearth_error *error)
{
    return hearth_database_integer(hearth_sqlite_of(store), ret_count, error,
                                   "SELECT count(DISTINCT version_id) FROM file WHERE sha256 = ?",
                                   "t", sha256);
}

/* The texts of the column are few and fixed: they need no copies. */
static const char *change_kind(const char *kind)
{
    static const char *const kinds[] = {"model", "version", "alias"};
    for (size_t i = 0; kind && i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i], kind) == 0)
            return kinds[i];
    return "model";
}

/* At most as many as were counted in the same transaction. */
static int read_changes(sqlite3 *database, int64_t since, struct hearth_change *changes,
                        size_t count, struct hearth_error *error)
{
    sqlite3_stmt *statement;
    int rc = hearth_database_query(database, &statement, error,
                                   "SELECT sequence, kind, model_id, deleted FROM change "
                                   "WHERE sequence > ? ORDER BY sequence LIMIT ?",
                                   "ii", since, (int64_t)count);
    if (rc)
        return rc;
    for (size_t i = 0; i < count; i++) {
        if ((rc = hearth_database_step(database, statement, error)) <= 0)
            break;
        changes[i] = (struct hearth_change){
            .sequence = sqlite3_column_int64(statement, 0),
            .kind = change_kind((const char *)sqlite3_column_text(statement, 1)),
            .model_id = sqlite3_column_int64(statement, 2),
            .deleted = sqlite3_column_int64(statement, 3) != 0,
        };
    }
    sqlite3_finalize(statement);
    return rc < 0 ? rc : 0;
}

/* The index of the primary key makes this quick, however many changes there are. */
static int sqlite_changes(struct hearth_store *store, int64_t since, int64_t limit,
                          struct hearth_arena *arena, struct hearth_change **ret_changes,
                          size_t *ret_count, struct hearth_error *error)
{
    sqlite3 *database = hearth_sqlite_of(store);
    /* Counted first, so that the arena gives one array of the right size. */
    int64_t count = 0;
    struct hearth_change *changes = NULL;
    int rc = hearth_database_begin(database, 0, error);
    if (rc)
        return rc;
    rc = hearth_database_integer(
        database, &count, error,
        "SELECT count(*) FROM (SELECT 1 FROM change WHERE sequence > ? LIMIT ?)", "ii", since,
        limit);
    if (!rc && !(changes = hearth_arena_alloc(arena, (size_t)count * sizeof(*changes))))
        rc = hearth_store_arena_full(error);
    if (!rc)
        rc = read_changes(database, since, changes, (size_t)count, error);
    rc = hearth_database_end(database, rc, error);
    if (rc)
        return rc;
    *ret_changes = changes;
    *ret_count = (size_t)count;
    return 0;
}

/* Sequences have no gaps, so what lies `keep` below the newest may go. */
static int sqlite_forget_changes(struct hearth_store *store, int64_t keep, int64_t *ret_count,
                                 struct hearth_error *error)
{
    sqlite3 *database = hearth_sqlite_of(store);
    int rc = hearth_database_run(database, error,
                                 "DELETE FROM change WHERE sequence <= "
                                 "(SELECT max(sequence) FROM change) - ?",
                                 "i", keep);
    if (!rc)
        *ret_count = sqlite3_changes64(database);
    return rc;
}

/* One statement takes the claim when it is free, expired or our own, and gives nothing back when
 * it is another's. */
static int sqlite_claim(struct hearth_store *store, const char *work, const char *owner,
                        int64_t lease_ms, int64_t now_ms, int64_t *ret_fence,
                        struct hearth_error *error)
{
    static const char sql[] =
        "INSERT INTO claim (work, owner, expires_ms, fence) VALUES (?1, ?2, ?3, 1) "
        "ON CONFLICT (work) DO UPDATE SET owner = ?2, expires_ms = ?3, fence = fence + 1 "
        "WHERE owner = ?2 OR expires_ms <= ?4 RETURNING fence";
    int rc = hearth_database_integer(hearth_sqlite_of(store), ret_fence, error, sql, "ttii", work,
                                     owner, now_ms + lease_ms, now_ms);
    return rc == HEARTH_ENOTFOUND ? hearth_store_claimed(error, work) : rc;
}

/* The row stays, because its fence must go on growing. */
static int sqlite_release(struct hearth_store *store, const char *work, int64_t fence,
                          struct hearth_error *error)
{
    sqlite3 *database = hearth_sqlite_of(store);
    int rc = hearth_database_run(database, error,
                                 "UPDATE claim SET owner = '', expires_ms = 0 "
                                 "WHERE work = ? AND fence = ?",
                                 "ti", work, fence);
    if (!rc && sqlite3_changes64(database) == 0)
        rc = hearth_store_lost_claim(error, work);
    return rc;
}

static const struct hearth_store_ops sqlite_store = {
    .name = "sqlite",
    .close = sqlite_close,
    .model_create = hearth_sqlite_model_create,
    .model_get = hearth_sqlite_model_get,
    .model_list = hearth_sqlite_model_list,
    .model_update = hearth_sqlite_model_update,
    .model_delete = hearth_sqlite_model_delete,
    .version_create = hearth_sqlite_version_create,
    .version_get = hearth_sqlite_version_get,
    .version_list = hearth_sqlite_version_list,
    .version_update = hearth_sqlite_version_update,
    .version_delete = hearth_sqlite_version_delete,
    .alias_set = hearth_sqlite_alias_set,
    .alias_delete = hearth_sqlite_alias_delete,
    .alias_list = hearth_sqlite_alias_list,
    .blob_uses = sqlite_blob_uses,
    .changes = sqlite_changes,
    .forget_changes = sqlite_forget_changes,
    .claim = sqlite_claim,
    .release = sqlite_release,
    .record_create = hearth_sqlite_record_create,
    .record_get = hearth_sqlite_record_get,
    .record_list = hearth_sqlite_record_list,
    .record_count = hearth_sqlite_record_count,
    .record_update = hearth_sqlite_record_update,
    .record_delete = hearth_sqlite_record_delete,
};

int hearth_store_open_sqlite(const char *path, struct hearth_loop *loop,
                             struct hearth_store **ret_store, struct hearth_error *error)
{
    sqlite3 *database;
    int rc = hearth_database_open(path, &database, error);
    if (rc)
        return rc;
    /* Made once nothing can fail any more; the store owns the connection from here on. */
    struct hearth_sqlite_store *store = hearth_calloc(1, sizeof(*store));
    store->database = database;
    hearth_store_init(&store->base, &sqlite_store, loop);
    *ret_store = &store->base;
    return 0;
}
