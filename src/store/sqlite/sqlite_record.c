#include "store/sqlite/sqlite_store.h"

#include "base/error.h"

#include <string.h>

/* Named one by one, so that a column which a migration adds moves none of the others; the body
 * comes last, or its length alone. */
#define COLUMNS                                                                                    \
    "sequence, kind, id, principal, label, facts_json, size, created_ms, expires_ms, revision, "   \
    "length(body)"

static int read_row(sqlite3_stmt *row, bool with_body, struct hearth_arena *arena,
                    struct hearth_record *ret_record, struct hearth_error *error)
{
    int failed = 0;
    *ret_record = (struct hearth_record){
        .sequence = sqlite3_column_int64(row, 0),
        .kind = hearth_database_text(row, 1, arena, &failed),
        .id = hearth_database_text(row, 2, arena, &failed),
        .principal = hearth_database_text(row, 3, arena, &failed),
        .label = hearth_database_text(row, 4, arena, &failed),
        .facts_json = hearth_database_text(row, 5, arena, &failed),
        .size = sqlite3_column_int64(row, 6),
        .created_ms = sqlite3_column_int64(row, 7),
        .expires_ms = sqlite3_column_int64(row, 8),
        .revision = sqlite3_column_int64(row, 9),
        .body_length = (size_t)sqlite3_column_int64(row, 10),
    };
    if (with_body && ret_record->body_length) {
        void *copy = hearth_arena_alloc(arena, ret_record->body_length);
        const void *bytes = sqlite3_column_blob(row, 11);
        failed = failed || !copy || !bytes;
        if (!failed)
            ret_record->body = memcpy(copy, bytes, ret_record->body_length);
    }
    return failed ? hearth_store_arena_full(error) : 0;
}

/* Counted within the transaction that has inserted: the new row is among them. */
static int check_bounds(sqlite3 *database, const char *kind,
                        const struct hearth_record_bounds *bounds, struct hearth_error *error)
{
    int64_t count = 0, size = 0;
    int rc = 0;
    if (bounds->count_max)
        rc = hearth_database_integer(database, &count, error,
                                     "SELECT count(*) FROM record WHERE kind = ?", "t", kind);
    if (!rc && bounds->size_max)
        rc = hearth_database_integer(database, &size, error,
                                     "SELECT ifnull(sum(size), 0) FROM record WHERE kind = ?", "t",
                                     kind);
    bool full = (bounds->count_max && count > bounds->count_max) ||
                (bounds->size_max && size > bounds->size_max);
    return !rc && full ? hearth_store_record_full(error, kind) : rc;
}

int hearth_sqlite_record_create(struct hearth_store *store, const struct hearth_record *record,
                                const struct hearth_record_bounds *bounds,
                                struct hearth_error *error)
{
    sqlite3 *database = hearth_sqlite_of(store);
    int rc = hearth_database_begin(database, 1, error);
    if (rc)
        return rc;
    rc = hearth_database_run(
        database, error,
        "INSERT INTO record (kind, id, principal, label, facts_json, body, size, created_ms, "
        "expires_ms) VALUES (?, ?, ?, ?, ?, ifnull(?, x''), ?, ?, ?)",
        "tttttbiii", record->kind, record->id, record->principal, record->label, record->facts_json,
        record->body, record->body_length, record->size, record->created_ms, record->expires_ms);
    if (rc == HEARTH_ECONFLICT)
        hearth_store_record_taken(error, record->kind, record->id);
    if (!rc)
        rc = check_bounds(database, record->kind, bounds, error);
    return hearth_database_end(database, rc, error);
}

int hearth_sqlite_record_get(struct hearth_store *store, const char *kind, const char *id,
                             const char *principal, struct hearth_arena *arena,
                             struct hearth_record **ret_record, struct hearth_error *error)
{
    sqlite3 *database = hearth_sqlite_of(store);
    sqlite3_stmt *statement;
    int rc = hearth_database_query(database, &statement, error,
                                   "SELECT " COLUMNS ", body FROM record WHERE kind = ?1 AND "
                                   "id = ?2 AND (?3 IS NULL OR principal = ?3)",
                                   "ttt", kind, id, principal);
    if (rc)
        return rc;
    rc = hearth_database_step(database, statement, error);
    if (rc > 0) {
        struct hearth_record *record = hearth_arena_alloc(arena, sizeof(*record));
        rc = record ? read_row(statement, true, arena, record, error)
                    : hearth_store_arena_full(error);
        if (!rc)
            *ret_record = record;
    } else if (rc == 0) {
        rc = hearth_store_no_record(error, kind, id);
    }
    sqlite3_finalize(statement);
    return rc;
}

/* ?1 kind, ?2 principal, ?3 label, ?4 a time by which it has expired (0: any), ?5 the sequence that
 * it follows. */
#define CONDITION                                                                                  \
    " FROM record WHERE kind = ?1 AND (?2 IS NULL OR principal = ?2) "                             \
    "AND (?3 IS NULL OR label = ?3) AND (?4 = 0 OR (expires_ms > 0 AND expires_ms <= ?4)) AND "

static int read_rows(sqlite3 *database, const struct hearth_record_filter *filter, int64_t after,
                     struct hearth_arena *arena, struct hearth_record *records, size_t count,
                     struct hearth_error *error)
{
    const char *sql = filter->ascending ? "SELECT " COLUMNS CONDITION
                                          "sequence > ?5 ORDER BY sequence LIMIT ?6"
                                        : "SELECT " COLUMNS CONDITION
                                          "sequence < ?5 ORDER BY sequence DESC LIMIT ?6";
    sqlite3_stmt *statement;
    int rc = hearth_database_query(database, &statement, error, sql, "tttiii", filter->kind,
                                   filter->principal, filter->label, filter->expired_by_ms, after,
                                   (int64_t)count);
    if (rc)
        return rc;
    for (size_t i = 0; i < count; i++) {
        if ((rc = hearth_database_step(database, statement, error)) <= 0)
            break;
        if ((rc = read_row(statement, false, arena, &records[i], error)))
            break;
    }
    sqlite3_finalize(statement);
    return rc < 0 ? rc : 0;
}

static int count_rows(sqlite3 *database, const struct hearth_record_filter *filter, int64_t after,
                      int64_t *ret_count, struct hearth_error *error)
{
    const char *sql = filter->ascending
                          ? "SELECT count(*) FROM (SELECT 1" CONDITION "sequence > ?5 LIMIT ?6)"
                          : "SELECT count(*) FROM (SELECT 1" CONDITION "sequence < ?5 LIMIT ?6)";
    return hearth_database_integer(database, ret_count, error, sql, "tttiii", filter->kind,
                                   filter->principal, filter->label, filter->expired_by_ms, after,
                                   filter->limit);
}

/* Where the list goes on; another owner's record is not there. */
static int find_after(sqlite3 *database, const struct hearth_record_filter *filter,
                      int64_t *ret_after, struct hearth_error *error)
{
    *ret_after = filter->ascending ? 0 : INT64_MAX;
    if (!filter->after)
        return 0;
    int rc = hearth_database_integer(database, ret_after, error,
                                     "SELECT sequence FROM record WHERE kind = ?1 AND id = ?2 AND "
                                     "(?3 IS NULL OR principal = ?3)",
                                     "ttt", filter->kind, filter->after, filter->principal);
    return rc == HEARTH_ENOTFOUND ? hearth_store_no_record(error, filter->kind, filter->after) : rc;
}

int hearth_sqlite_record_list(struct hearth_store *store, const struct hearth_record_filter *filter,
                              struct hearth_arena *arena, struct hearth_record **ret_records,
                              size_t *ret_count, struct hearth_error *error)
{
    sqlite3 *database = hearth_sqlite_of(store);
    int64_t after, count = 0;
    struct hearth_record *records = NULL;
    int rc = hearth_database_begin(database, 0, error);
    if (rc)
        return rc;
    rc = find_after(database, filter, &after, error);
    if (!rc)
        rc = count_rows(database, filter, after, &count, error);
    if (!rc && !(records = hearth_arena_alloc(arena, (size_t)count * sizeof(*records))))
        rc = hearth_store_arena_full(error);
    if (!rc)
        rc = read_rows(database, filter, after, arena, records, (size_t)count, error);
    rc = hearth_database_end(database, rc, error);
    if (rc)
        return rc;
    *ret_records = records;
    *ret_count = (size_t)count;
    return 0;
}

int hearth_sqlite_record_count(struct hearth_store *store,
                               const struct hearth_record_filter *filter, int64_t *ret_count,
                               struct hearth_error *error)
{
    return hearth_database_integer(hearth_sqlite_of(store), ret_count, error,
                                   "SELECT count(*) FROM record WHERE kind = ?1 AND "
                                   "(?2 IS NULL OR principal = ?2) AND (?3 IS NULL OR label = ?3)",
                                   "ttt", filter->kind, filter->principal, filter->label);
}

/* Which of the two it was, when nothing was written. */
static int explain_missing(sqlite3 *database, const struct hearth_record *record,
                           struct hearth_error *error)
{
    int64_t revision;
    int rc = hearth_database_integer(database, &revision, error,
                                     "SELECT revision FROM record WHERE kind = ? AND id = ?", "tt",
                                     record->kind, record->id);
    if (rc == HEARTH_ENOTFOUND)
        return hearth_store_no_record(error, record->kind, record->id);
    return rc ? rc : hearth_store_stale(error, record->kind, record->revision, revision);
}

int hearth_sqlite_record_update(struct hearth_store *store, const struct hearth_record *record,
                                struct hearth_error *error)
{
    sqlite3 *database = hearth_sqlite_of(store);
    int rc = hearth_database_begin(database, 1, error);
    if (rc)
        return rc;
    rc = hearth_database_run(database, error,
                             "UPDATE record SET label = ?, facts_json = ?, body = ifnull(?, body), "
                             "size = ?, expires_ms = ?, revision = revision + 1 "
                             "WHERE kind = ? AND id = ? AND revision = ?",
                             "ttbiitti", record->label, record->facts_json, record->body,
                             record->body_length, record->size, record->expires_ms, record->kind,
                             record->id, record->revision);
    if (!rc && sqlite3_changes64(database) == 0)
        rc = explain_missing(database, record, error);
    return hearth_database_end(database, rc, error);
}

int hearth_sqlite_record_delete(struct hearth_store *store, const char *kind, const char *id,
                                struct hearth_error *error)
{
    sqlite3 *database = hearth_sqlite_of(store);
    int rc = hearth_database_run(database, error, "DELETE FROM record WHERE kind = ? AND id = ?",
                                 "tt", kind, id);
    return !rc && sqlite3_changes64(database) == 0 ? hearth_store_no_record(error, kind, id) : rc;
}
