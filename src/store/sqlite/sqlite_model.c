#include "store/sqlite/sqlite_store.h"

#include "base/buf.h"
#include "base/error.h"

#include <stdio.h>
#include <string.h>

/* Named one by one and not with *, so that a column which a migration adds moves none of the
 * others. */
#define COLUMNS                                                                                    \
    "id, name, task, description, tags_json, base_model, device, settings_json, created_ms, "      \
    "updated_ms, revision"

/* The order is that of COLUMNS. */
static int read_row(sqlite3_stmt *row, struct hearth_arena *arena, struct hearth_model *ret_model,
                    struct hearth_error *error)
{
    int failed = 0;
    *ret_model = (struct hearth_model){
        .id = sqlite3_column_int64(row, 0),
        .name = hearth_database_text(row, 1, arena, &failed),
        .task = hearth_database_text(row, 2, arena, &failed),
        .description = hearth_database_text(row, 3, arena, &failed),
        .tags_json = hearth_database_text(row, 4, arena, &failed),
        .base_model = hearth_database_text(row, 5, arena, &failed),
        .device = hearth_database_text(row, 6, arena, &failed),
        .settings_json = hearth_database_text(row, 7, arena, &failed),
        .created_ms = sqlite3_column_int64(row, 8),
        .updated_ms = sqlite3_column_int64(row, 9),
        .revision = sqlite3_column_int64(row, 10),
    };
    return failed ? hearth_store_arena_full(error) : 0;
}

/* One transaction for the row and for the change that tells of it. */
int hearth_sqlite_model_create(struct hearth_store *store, const struct hearth_model *model,
                               int64_t now_ms, int64_t *ret_id, struct hearth_error *error)
{
    sqlite3 *database = hearth_sqlite_of(store);
    int rc = hearth_database_begin(database, 1, error);
    if (rc)
        return rc;
    rc = hearth_database_run(
        database, error,
        "INSERT INTO model (name, task, description, tags_json, base_model, device, "
        "settings_json, created_ms, updated_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        "tttttttii", model->name, model->task, model->description, model->tags_json,
        model->base_model, model->device, model->settings_json, now_ms, now_ms);
    /* The only constraint that a checked row can break is that names are unique. SQLite's words for
     * it are replaced. */
    if (rc == HEARTH_ECONFLICT)
        hearth_store_name_taken(error, model->name);
    /* Asked before the change is noted, which inserts a row of its own. */
    int64_t id = sqlite3_last_insert_rowid(database);
    if (!rc)
        rc = hearth_sqlite_note(database, "model", id, false, error);
    rc = hearth_database_end(database, rc, error);
    if (!rc)
        *ret_id = id;
    return rc;
}

/* One statement reads one state of the database, so no transaction is needed. */
int hearth_sqlite_model_get(struct hearth_store *store, const char *name, int64_t id,
                            struct hearth_arena *arena, struct hearth_model **ret_model,
                            struct hearth_error *error)
{
    sqlite3 *database = hearth_sqlite_of(store);
    sqlite3_stmt *statement;
    int rc = name ? hearth_database_query(database, &statement, error,
                                          "SELECT " COLUMNS " FROM model WHERE name = ?", "t", name)
                  : hearth_database_query(database, &statement, error,
                                          "SELECT " COLUMNS " FROM model WHERE id = ?", "i", id);
    if (rc)
        return rc;
    rc = hearth_database_step(database, statement, error);
    if (rc > 0) {
        struct hearth_model *model = hearth_arena_alloc(arena, sizeof(*model));
        rc = model ? read_row(statement, arena, model, error) : hearth_store_arena_full(error);
        if (!rc)
            *ret_model = model;
    } else if (rc == 0) {
        rc = hearth_store_no_model(error, name, id);
    }
    sqlite3_finalize(statement);
    return rc;
}

/* ?1 task, ?2 device, ?3 part of the name, ?4 state, ?5 key of the tag, ?6 its value; NULL is any.
 */
#define CONDITION                                                                                  \
    " FROM model WHERE (?1 IS NULL OR task = ?1) AND (?2 IS NULL OR device = ?2) "                 \
    "AND (?3 IS NULL OR instr(lower(name), lower(?3)) > 0) "                                       \
    "AND (?4 IS NULL OR EXISTS (SELECT 1 FROM version WHERE model_id = model.id AND state = ?4)) " \
    "AND (?5 IS NULL OR EXISTS (SELECT 1 FROM json_each(tags_json) "                               \
    "WHERE key = ?5 AND (?6 IS NULL OR value = ?6)))"

/* All filters are parameters: nothing of a request becomes SQL. */
static int query_list(sqlite3 *database, sqlite3_stmt **ret_statement, const char *sql,
                      const struct hearth_model_filter *filter, struct hearth_error *error)
{
    /* The check allows tags of 1,024 bytes, of which the key is a part. */
    char key[1100];
    size_t length = 0;
    const char *value = NULL;
    if (filter->tag)
        hearth_store_tag_split(filter->tag, &length, &value);
    snprintf(key, sizeof(key), "%.*s", (int)length, filter->tag ? filter->tag : "");
    int rc = hearth_database_query(database, ret_statement, error, sql, "tttttt", filter->task,
                                   filter->device, filter->name, filter->state, NULL, value);
    /* Bound apart, because the key does not outlive this function. */
    if (!rc && filter->tag &&
        sqlite3_bind_text(*ret_statement, 5, key, -1, SQLITE_TRANSIENT) != SQLITE_OK) {
        rc = hearth_database_error(database, error);
        sqlite3_finalize(*ret_statement);
    }
    return rc;
}

/* The total without offset and limit, which pages show. */
static int count_models(sqlite3 *database, const struct hearth_model_filter *filter,
                        int64_t *ret_total, struct hearth_error *error)
{
    sqlite3_stmt *statement;
    int rc = query_list(database, &statement, "SELECT count(*)" CONDITION, filter, error);
    return rc ? rc : hearth_database_take_integer(database, statement, ret_total, error);
}

/* Column and direction cannot be parameters; they are ours, chosen by a number. */
static int read_models(sqlite3 *database, const struct hearth_model_filter *filter,
                       struct hearth_arena *arena, struct hearth_model *models, size_t count,
                       struct hearth_error *error)
{
    static const char *const columns[] = {"name", "created_ms", "updated_ms"};
    bool descending;
    const char *column = columns[hearth_store_order(filter, &descending)];
    const char *direction = descending ? "DESC" : "ASC";
    char sql[1024];
    snprintf(sql, sizeof(sql),
             "SELECT " COLUMNS CONDITION " ORDER BY %s %s, id %s LIMIT %lld OFFSET %lld", column,
             direction, direction, (long long)count, (long long)filter->offset);
    sqlite3_stmt *statement;
    int rc = query_list(database, &statement, sql, filter, error);
    if (rc)
        return rc;
    for (size_t i = 0; !rc && i < count; i++) {
        rc = hearth_database_step(database, statement, error);
        if (rc > 0)
            rc = read_row(statement, arena, &models[i], error);
    }
    sqlite3_finalize(statement);
    return rc;
}

/* Count and page in one transaction, so that they belong together. */
int hearth_sqlite_model_list(struct hearth_store *store, const struct hearth_model_filter *filter,
                             struct hearth_arena *arena, struct hearth_model **ret_models,
                             size_t *ret_count, int64_t *ret_total, struct hearth_error *error)
{
    sqlite3 *database = hearth_sqlite_of(store);
    struct hearth_model *models = NULL;
    int64_t total = 0;
    size_t count = 0;
    int rc = hearth_database_begin(database, 0, error);
    if (rc)
        return rc;
    rc = count_models(database, filter, &total, error);
    if (!rc) {
        count = hearth_store_page(filter, total);
        models = hearth_arena_alloc(arena, count * sizeof(*models));
        rc = models ? read_models(database, filter, arena, models, count, error)
                    : hearth_store_arena_full(error);
    }
    rc = hearth_database_end(database, rc, error);
    if (rc)
        return rc;
    *ret_models = models;
    *ret_count = count;
    *ret_total = total;
    return 0;
}

/* The revision stands in the condition, so that looking and writing are one. Only when no row was
 * met is it asked why. */
int hearth_sqlite_model_update(struct hearth_store *store, const struct hearth_model *model,
                               int64_t now_ms, struct hearth_error *error)
{
    sqlite3 *database = hearth_sqlite_of(store);
    int64_t revision;
    int rc = hearth_database_begin(database, 1, error);
    if (rc)
        return rc;
    rc = hearth_database_run(
        database, error,
        "UPDATE model SET task = ?, description = ?, tags_json = ?, base_model = ?, device = ?, "
        "settings_json = ?, updated_ms = ?, revision = revision + 1 WHERE id = ? AND revision = ?",
        "ttttttiii", model->task, model->description, model->tags_json, model->base_model,
        model->device, model->settings_json, now_ms, model->id, model->revision);
    if (!rc && sqlite3_changes64(database) == 0) {
        rc = hearth_database_integer(database, &revision, error,
                                     "SELECT revision FROM model WHERE id = ?", "i", model->id);
        if (rc == HEARTH_ENOTFOUND)
            rc = hearth_store_no_model(error, NULL, model->id);
        else if (!rc)
            rc = hearth_store_stale(error, "model", model->revision, revision);
    }
    if (!rc)
        rc = hearth_sqlite_note(database, "model", model->id, false, error);
    return hearth_database_end(database, rc, error);
}

/* Versions, files and aliases go by the foreign keys' cascade; a version that another model is
 * based on holds it back. */
int hearth_sqlite_model_delete(struct hearth_store *store, int64_t id, int64_t now_ms,
                               struct hearth_error *error)
{
    (void)now_ms;
    sqlite3 *database = hearth_sqlite_of(store);
    int rc = hearth_database_begin(database, 1, error);
    if (rc)
        return rc;
    rc = hearth_database_run(database, error, "DELETE FROM model WHERE id = ?", "i", id);
    if (rc == HEARTH_ECONFLICT)
        hearth_store_is_base(error);
    else if (!rc && sqlite3_changes64(database) == 0)
        rc = hearth_store_no_model(error, NULL, id);
    if (!rc)
        rc = hearth_sqlite_note(database, "model", id, true, error);
    return hearth_database_end(database, rc, error);
}
