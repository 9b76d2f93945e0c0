#include "store/sqlite/sqlite_store.h"

#include "base/error.h"

#include <string.h>

/* In the order in which read_row takes them. */
#define COLUMNS                                                                                    \
    "id, model_id, number, label, source, source_revision, engine, state, state_reason, "          \
    "metrics_json, lineage_json, facts_json, base_version_id, created_ms, updated_ms, revision"

/* States are kept as words, so that their numbers may change. */
static int read_row(sqlite3_stmt *row, struct hearth_arena *arena,
                    struct hearth_version *ret_version, struct hearth_error *error)
{
    int failed = 0;
    const char *state = (const char *)sqlite3_column_text(row, 7);
    int known = state ? hearth_version_state_parse(state) : HEARTH_EINVAL;
    if (known < 0)
        return hearth_error_set(error, HEARTH_EIO, "the database has a version without a state");
    *ret_version = (struct hearth_version){
        .id = sqlite3_column_int64(row, 0),
        .model_id = sqlite3_column_int64(row, 1),
        .number = sqlite3_column_int64(row, 2),
        .label = hearth_database_text(row, 3, arena, &failed),
        .source = hearth_database_text(row, 4, arena, &failed),
        .source_revision = hearth_database_text(row, 5, arena, &failed),
        .engine = hearth_database_text(row, 6, arena, &failed),
        .state = (enum hearth_version_state)known,
        .state_reason = hearth_database_text(row, 8, arena, &failed),
        .metrics_json = hearth_database_text(row, 9, arena, &failed),
        .lineage_json = hearth_database_text(row, 10, arena, &failed),
        .facts_json = hearth_database_text(row, 11, arena, &failed),
        .base_version_id = sqlite3_column_int64(row, 12),
        .created_ms = sqlite3_column_int64(row, 13),
        .updated_ms = sqlite3_column_int64(row, 14),
        .revision = sqlite3_column_int64(row, 15),
    };
    return failed ? hearth_store_arena_full(error) : 0;
}

/* A count within the transaction that reads the rows, so that both agree. */
static int count_rows(sqlite3 *database, const char *sql, int64_t id, size_t *ret_count,
                      struct hearth_error *error)
{
    int64_t count = 0;
    int rc = hearth_database_integer(database, &count, error, sql, "i", id);
    *ret_count = (size_t)count;
    return rc;
}

/* The array is made for exactly the rows that were counted. */
static int read_files(sqlite3 *database, struct hearth_version *version, struct hearth_arena *arena,
                      struct hearth_error *error)
{
    size_t count;
    int rc = count_rows(database, "SELECT count(*) FROM file WHERE version_id = ?", version->id,
                        &count, error);
    if (rc)
        return rc;
    struct hearth_file *files = hearth_arena_alloc(arena, count * sizeof(*files));
    if (!files)
        return hearth_store_arena_full(error);
    sqlite3_stmt *statement;
    /* By position: files keep the order in which they were given. */
    rc = hearth_database_query(
        database, &statement, error,
        "SELECT path, sha256, size FROM file WHERE version_id = ? ORDER BY position", "i",
        version->id);
    if (rc)
        return rc;
    int failed = 0;
    for (size_t i = 0; i < count; i++) {
        if ((rc = hearth_database_step(database, statement, error)) <= 0)
            break;
        files[i] = (struct hearth_file){
            .path = hearth_database_text(statement, 0, arena, &failed),
            .sha256 = hearth_database_text(statement, 1, arena, &failed),
            .size = sqlite3_column_int64(statement, 2),
        };
    }
    sqlite3_finalize(statement);
    version->files = files;
    version->file_count = count;
    if (rc >= 0 && failed)
        return hearth_store_arena_full(error);
    return rc < 0 ? rc : 0;
}

/* All are written anew: a version has few files, and finding what differs would need more
 * statements. */
static int write_files(sqlite3 *database, int64_t id, const struct hearth_version *version,
                       struct hearth_error *error)
{
    int rc = hearth_database_run(database, error, "DELETE FROM file WHERE version_id = ?", "i", id);
    for (size_t i = 0; !rc && i < version->file_count; i++)
        rc = hearth_database_run(database, error,
                                 "INSERT INTO file (version_id, position, path, sha256, size) "
                                 "VALUES (?, ?, ?, ?, ?)",
                                 "iitti", id, (int64_t)i, version->files[i].path,
                                 version->files[i].sha256, version->files[i].size);
    return rc;
}

/* The next number of the model, or the one that was asked for; either is used up then. */
static int take_number(sqlite3 *database, const struct hearth_version *version, int64_t *ret_number,
                       struct hearth_error *error)
{
    int64_t last = 0;
    int rc = hearth_database_integer(
        database, &last, error,
        "UPDATE model SET last_number = CASE WHEN ?2 = 0 THEN last_number + 1 "
        "ELSE max(last_number, ?2) END WHERE id = ?1 RETURNING last_number",
        "ii", version->model_id, version->number);
    if (rc)
        return rc == HEARTH_ENOTFOUND ? hearth_store_no_model(error, NULL, version->model_id) : rc;
    *ret_number = version->number ? version->number : last;
    return 0;
}

/* 0 for "based on nothing" becomes SQL's NULL, since a foreign key would look for a version 0. */
static int insert_row(sqlite3 *database, const struct hearth_version *version, int64_t number,
                      int64_t now_ms, struct hearth_error *error)
{
    int rc = hearth_database_run(
        database, error,
        "INSERT INTO version (model_id, number, label, source, source_revision, engine, state, "
        "state_reason, metrics_json, lineage_json, facts_json, base_version_id, created_ms, "
        "updated_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, 0), ?, ?)",
        "iitttttttttiii", version->model_id, number, version->label, version->source,
        version->source_revision, version->engine, hearth_version_state_name(version->state),
        version->state_reason, version->metrics_json, version->lineage_json, version->facts_json,
        version->base_version_id, now_ms, now_ms);
    if (rc != HEARTH_ECONFLICT)
        return rc;
    if (sqlite3_extended_errcode(database) == SQLITE_CONSTRAINT_FOREIGNKEY)
        return hearth_store_no_base(error, version->base_version_id);
    return hearth_store_number_taken(error, number);
}

int hearth_sqlite_version_create(struct hearth_store *store, const struct hearth_version *version,
                                 int64_t now_ms, int64_t *ret_id, int64_t *ret_number,
                                 struct hearth_error *error)
{
    sqlite3 *database = hearth_sqlite_of(store);
    int64_t number = 0, id = 0;
    int rc = hearth_database_begin(database, 1, error);
    if (rc)
        return rc;
    /* The order is that of the rows' dependence: the model gives the number, the row its id, and
     * the files refer to it. */
    rc = take_number(database, version, &number, error);
    if (!rc)
        rc = insert_row(database, version, number, now_ms, error);
    if (!rc) {
        id = sqlite3_last_insert_rowid(database);
        rc = write_files(database, id, version, error);
    }
    if (!rc)
        rc = hearth_sqlite_note(database, "version", version->model_id, false, error);
    rc = hearth_database_end(database, rc, error);
    if (rc)
        return rc;
    *ret_id = id;
    *ret_number = number;
    return 0;
}

/* The files are read within the caller's transaction, so they are those of this row. */
static int read_one(sqlite3 *database, int64_t model_id, int64_t number, struct hearth_arena *arena,
                    struct hearth_version *ret_version, struct hearth_error *error)
{
    sqlite3_stmt *statement;
    int rc =
        hearth_database_query(database, &statement, error,
                              "SELECT " COLUMNS " FROM version WHERE model_id = ? AND number = ?",
                              "ii", model_id, number);
    if (rc)
        return rc;
    rc = hearth_database_step(database, statement, error);
    if (rc > 0)
        rc = read_row(statement, arena, ret_version, error);
    else if (rc == 0)
        rc = hearth_store_no_version(error, number);
    sqlite3_finalize(statement);
    return rc ? rc : read_files(database, ret_version, arena, error);
}

/* A reading transaction, so that row and files are of one moment. */
int hearth_sqlite_version_get(struct hearth_store *store, int64_t model_id, int64_t number,
                              struct hearth_arena *arena, struct hearth_version **ret_version,
                              struct hearth_error *error)
{
    sqlite3 *database = hearth_sqlite_of(store);
    struct hearth_version *version = hearth_arena_alloc(arena, sizeof(*version));
    if (!version)
        return hearth_store_arena_full(error);
    int rc = hearth_database_begin(database, 0, error);
    if (rc)
        return rc;
    rc = read_one(database, model_id, number, arena, version, error);
    rc = hearth_database_end(database, rc, error);
    if (!rc)
        *ret_version = version;
    return rc;
}

/* The inner query runs while the outer one stands at a row, which SQLite allows. */
static int read_all(sqlite3 *database, int64_t model_id, struct hearth_arena *arena,
                    struct hearth_version *versions, size_t count, struct hearth_error *error)
{
    sqlite3_stmt *statement;
    int rc = hearth_database_query(
        database, &statement, error,
        "SELECT " COLUMNS " FROM version WHERE model_id = ? ORDER BY number", "i", model_id);
    if (rc)
        return rc;
    for (size_t i = 0; !rc && i < count; i++) {
        rc = hearth_database_step(database, statement, error);
        if (rc > 0)
            rc = read_row(statement, arena, &versions[i], error);
        if (!rc)
            rc = read_files(database, &versions[i], arena, error);
    }
    sqlite3_finalize(statement);
    return rc;
}

/* Count, rows and files of one moment, as above. */
int hearth_sqlite_version_list(struct hearth_store *store, int64_t model_id,
                               struct hearth_arena *arena, struct hearth_version **ret_versions,
                               size_t *ret_count, struct hearth_error *error)
{
    sqlite3 *database = hearth_sqlite_of(store);
    struct hearth_version *versions = NULL;
    size_t count = 0;
    int rc = hearth_database_begin(database, 0, error);
    if (rc)
        return rc;
    rc = count_rows(database, "SELECT count(*) FROM version WHERE model_id = ?", model_id, &count,
                    error);
    if (!rc && !(versions = hearth_arena_alloc(arena, count * sizeof(*versions))))
        rc = hearth_store_arena_full(error);
    if (!rc)
        rc = read_all(database, model_id, arena, versions, count, error);
    rc = hearth_database_end(database, rc, error);
    if (rc)
        return rc;
    *ret_versions = versions;
    *ret_count = count;
    return 0;
}

/* Model, state and revision of a version as they stand. */
static int read_standing(sqlite3 *database, int64_t id, struct hearth_version *ret_standing,
                         struct hearth_error *error)
{
    sqlite3_stmt *statement;
    int rc = hearth_database_query(database, &statement, error,
                                   "SELECT model_id, state, revision FROM version WHERE id = ?",
                                   "i", id);
    if (rc)
        return rc;
    rc = hearth_database_step(database, statement, error);
    if (rc > 0) {
        const char *state = (const char *)sqlite3_column_text(statement, 1);
        ret_standing->model_id = sqlite3_column_int64(statement, 0);
        ret_standing->state = (enum hearth_version_state)hearth_version_state_parse(state);
        ret_standing->revision = sqlite3_column_int64(statement, 2);
    }
    sqlite3_finalize(statement);
    if (rc == 0)
        return hearth_store_no_version_id(error, id);
    return rc < 0 ? rc : 0;
}

/* The revision stands in the condition once more, though the lock makes it true: a statement says
 * by itself what it relies on. */
static int update_row(sqlite3 *database, const struct hearth_version *version, int64_t now_ms,
                      struct hearth_error *error)
{
    int rc = hearth_database_run(
        database, error,
        "UPDATE version SET label = ?, source_revision = ?, engine = ?, state = ?, "
        "state_reason = ?, metrics_json = ?, lineage_json = ?, facts_json = ?, updated_ms = ?, "
        "revision = revision + 1 WHERE id = ? AND revision = ?",
        "ttttttttiii", version->label, version->source_revision, version->engine,
        hearth_version_state_name(version->state), version->state_reason, version->metrics_json,
        version->lineage_json, version->facts_json, now_ms, version->id, version->revision);
    return rc ? rc : write_files(database, version->id, version, error);
}

/* What a version is made of (model, number, source, base) is in no UPDATE: it never changes. */
int hearth_sqlite_version_update(struct hearth_store *store, const struct hearth_version *version,
                                 int64_t now_ms, struct hearth_error *error)
{
    sqlite3 *database = hearth_sqlite_of(store);
    struct hearth_version standing = {0};
    int rc = hearth_database_begin(database, 1, error);
    if (rc)
        return rc;
    /* The write lock is held: what is read here still holds when the row is written. */
    rc = read_standing(database, version->id, &standing, error);
    if (!rc)
        rc = hearth_store_check_move(standing.state, standing.revision, version, error);
    if (!rc)
        rc = update_row(database, version, now_ms, error);
    if (!rc)
        rc = hearth_sqlite_note(database, "version", standing.model_id, false, error);
    return hearth_database_end(database, rc, error);
}

/* Files and aliases go by the foreign keys' cascade. */
int hearth_sqlite_version_delete(struct hearth_store *store, int64_t model_id, int64_t number,
                                 int64_t now_ms, struct hearth_error *error)
{
    (void)now_ms;
    sqlite3 *database = hearth_sqlite_of(store);
    int rc = hearth_database_begin(database, 1, error);
    if (rc)
        return rc;
    rc = hearth_database_run(database, error,
                             "DELETE FROM version WHERE model_id = ? AND number = ?", "ii",
                             model_id, number);
    /* The only constraint that refuses this is an adapter's reference to its base. */
    if (rc == HEARTH_ECONFLICT)
        hearth_store_is_base(error);
    else if (!rc && sqlite3_changes64(database) == 0)
        rc = hearth_store_no_version(error, number);
    if (!rc)
        rc = hearth_sqlite_note(database, "version", model_id, true, error);
    return hearth_database_end(database, rc, error);
}
