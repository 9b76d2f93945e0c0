#include "store/postgres/postgres_store.h"

#include "base/error.h"

#include <stdio.h>

/* Named one by one and not with *, so that a column which a migration adds moves none of the
 * others. */
#define COLUMNS                                                                                    \
    "id, name, task, description, tags_json, base_model, device, settings_json, created_ms, "      \
    "updated_ms, revision"

/* What a verb was called with, and what it finds. */
struct verb {
    const struct hearth_model *model;
    const struct hearth_model_filter *filter;
    const char *name;
    int64_t id, now_ms, total;
    struct hearth_arena *arena;
    struct hearth_model *models;
    size_t count;
};

/* The order is that of COLUMNS. */
static int read_row(const PGresult *rows, int i, struct hearth_arena *arena,
                    struct hearth_model *ret_model, struct hearth_error *error)
{
    int failed = 0;
    *ret_model = (struct hearth_model){
        .id = hearth_pg_integer_at(rows, i, 0),
        .name = hearth_pg_text_at(rows, i, 1, arena, &failed),
        .task = hearth_pg_text_at(rows, i, 2, arena, &failed),
        .description = hearth_pg_text_at(rows, i, 3, arena, &failed),
        .tags_json = hearth_pg_text_at(rows, i, 4, arena, &failed),
        .base_model = hearth_pg_text_at(rows, i, 5, arena, &failed),
        .device = hearth_pg_text_at(rows, i, 6, arena, &failed),
        .settings_json = hearth_pg_text_at(rows, i, 7, arena, &failed),
        .created_ms = hearth_pg_integer_at(rows, i, 8),
        .updated_ms = hearth_pg_integer_at(rows, i, 9),
        .revision = hearth_pg_integer_at(rows, i, 10),
    };
    return failed ? hearth_store_arena_full(error) : 0;
}

static int read_rows(const PGresult *rows, struct verb *verb, struct hearth_error *error)
{
    verb->count = (size_t)PQntuples(rows);
    verb->models = hearth_arena_alloc(verb->arena, verb->count * sizeof(*verb->models));
    int rc = verb->models ? 0 : hearth_store_arena_full(error);
    for (size_t i = 0; !rc && i < verb->count; i++)
        rc = read_row(rows, (int)i, verb->arena, &verb->models[i], error);
    return rc;
}

static int create(struct hearth_pg *pg, void *argument, struct hearth_error *error)
{
    struct verb *verb = argument;
    const struct hearth_model *model = verb->model;
    int rc = hearth_pg_integer(
        pg, &verb->id, error,
        "INSERT INTO model (name, task, description, tags_json, base_model, device, "
        "settings_json, created_ms, updated_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) "
        "RETURNING id",
        "ttttttti", model->name, model->task, model->description, model->tags_json,
        model->base_model, model->device, model->settings_json, verb->now_ms);
    /* The only constraint that a checked row can break is that names are unique. */
    if (rc == HEARTH_ECONFLICT)
        hearth_store_name_taken(error, model->name);
    return rc ? rc : hearth_postgres_note(pg, "model", verb->id, false, error);
}

int hearth_postgres_model_create(struct hearth_store *store, const struct hearth_model *model,
                                 int64_t now_ms, int64_t *ret_id, struct hearth_error *error)
{
    struct verb verb = {.model = model, .now_ms = now_ms};
    int rc =
        hearth_pg_transact(hearth_postgres_of(store), HEARTH_PG_REGISTRY, create, &verb, error);
    if (!rc)
        *ret_id = verb.id;
    return rc;
}

static int get(struct hearth_pg *pg, void *argument, struct hearth_error *error)
{
    struct verb *verb = argument;
    PGresult *rows;
    int rc = verb->name
                 ? hearth_pg_query(pg, &rows, error,
                                   "SELECT " COLUMNS " FROM model WHERE name = $1", "t", verb->name)
                 : hearth_pg_query(pg, &rows, error, "SELECT " COLUMNS " FROM model WHERE id = $1",
                                   "i", verb->id);
    if (rc)
        return rc;
    rc = PQntuples(rows) ? read_rows(rows, verb, error)
                         : hearth_store_no_model(error, verb->name, verb->id);
    PQclear(rows);
    return rc;
}

int hearth_postgres_model_get(struct hearth_store *store, const char *name, int64_t id,
                              struct hearth_arena *arena, struct hearth_model **ret_model,
                              struct hearth_error *error)
{
    struct verb verb = {.name = name, .id = id, .arena = arena};
    int rc = hearth_pg_transact(hearth_postgres_of(store), HEARTH_PG_SINGLE, get, &verb, error);
    if (!rc)
        *ret_model = verb.models;
    return rc;
}

/* $1 task, $2 device, $3 part of the name, $4 state, $5 key of the tag, $6 its value; NULL is any.
 * Case is that of ASCII, by the collation "C". */
#define CONDITION                                                                                  \
    " FROM model WHERE ($1 IS NULL OR task = $1) AND ($2 IS NULL OR device = $2) "                 \
    "AND ($3 IS NULL OR strpos(lower(name), lower($3 COLLATE \"C\")) > 0) "                        \
    "AND ($4 IS NULL OR EXISTS (SELECT 1 FROM version WHERE model_id = model.id AND state = $4)) " \
    "AND ($5 IS NULL OR EXISTS (SELECT 1 FROM json_each_text(tags_json::json) "                    \
    "WHERE key = $5 AND ($6 IS NULL OR value = $6)))"

/* Column and direction cannot be parameters: here is each pair. */
#define ORDERED(column, direction)                                                                 \
    "SELECT " COLUMNS CONDITION " ORDER BY " column " " direction ", id " direction                \
    " LIMIT $7 OFFSET $8"

/* Count and page within one transaction, so that they belong together. */
static int list(struct hearth_pg *pg, void *argument, struct hearth_error *error)
{
    static const char *const sql[][2] = {
        {ORDERED("name", "ASC"), ORDERED("name", "DESC")},
        {ORDERED("created_ms", "ASC"), ORDERED("created_ms", "DESC")},
        {ORDERED("updated_ms", "ASC"), ORDERED("updated_ms", "DESC")},
    };
    struct verb *verb = argument;
    const struct hearth_model_filter *filter = verb->filter;
    char key[1100] = ""; /* the check allows tags of 1,024 bytes, of which the key is a part */
    size_t length = 0;
    const char *value = NULL;
    if (filter->tag) {
        hearth_store_tag_split(filter->tag, &length, &value);
        snprintf(key, sizeof(key), "%.*s", (int)length, filter->tag);
    }
    const char *wanted = filter->tag ? key : NULL;
    int rc =
        hearth_pg_integer(pg, &verb->total, error, "SELECT count(*)" CONDITION, "tttttt",
                          filter->task, filter->device, filter->name, filter->state, wanted, value);
    if (rc)
        return rc;
    bool descending;
    enum hearth_model_order order = hearth_store_order(filter, &descending);
    PGresult *rows;
    rc = hearth_pg_query(pg, &rows, error, sql[order][descending], "ttttttii", filter->task,
                         filter->device, filter->name, filter->state, wanted, value,
                         (int64_t)hearth_store_page(filter, verb->total), filter->offset);
    if (rc)
        return rc;
    rc = read_rows(rows, verb, error);
    PQclear(rows);
    return rc;
}

int hearth_postgres_model_list(struct hearth_store *store, const struct hearth_model_filter *filter,
                               struct hearth_arena *arena, struct hearth_model **ret_models,
                               size_t *ret_count, int64_t *ret_total, struct hearth_error *error)
{
    struct verb verb = {.filter = filter, .arena = arena};
    int rc = hearth_pg_transact(hearth_postgres_of(store), HEARTH_PG_READ, list, &verb, error);
    if (rc)
        return rc;
    *ret_models = verb.models;
    *ret_count = verb.count;
    *ret_total = verb.total;
    return 0;
}

/* The revision stands in the condition, so that looking and writing are one. Only when no row was
 * met is it asked why. */
static int update(struct hearth_pg *pg, void *argument, struct hearth_error *error)
{
    const struct hearth_model *model = ((struct verb *)argument)->model;
    int64_t count, revision;
    int rc = hearth_pg_run(
        pg, &count, error,
        "UPDATE model SET task = $1, description = $2, tags_json = $3, base_model = $4, "
        "device = $5, settings_json = $6, updated_ms = $7, revision = revision + 1 "
        "WHERE id = $8 AND revision = $9",
        "ttttttiii", model->task, model->description, model->tags_json, model->base_model,
        model->device, model->settings_json, ((struct verb *)argument)->now_ms, model->id,
        model->revision);
    if (!rc && count == 0) {
        rc = hearth_pg_integer(pg, &revision, error, "SELECT revision FROM model WHERE id = $1",
                               "i", model->id);
        if (rc == HEARTH_ENOTFOUND)
            rc = hearth_store_no_model(error, NULL, model->id);
        else if (!rc)
            rc = hearth_store_stale(error, "model", model->revision, revision);
    }
    return rc ? rc : hearth_postgres_note(pg, "model", model->id, false, error);
}

int hearth_postgres_model_update(struct hearth_store *store, const struct hearth_model *model,
                                 int64_t now_ms, struct hearth_error *error)
{
    struct verb verb = {.model = model, .now_ms = now_ms};
    return hearth_pg_transact(hearth_postgres_of(store), HEARTH_PG_REGISTRY, update, &verb, error);
}

/* Versions, files and aliases go by the foreign keys' cascade; a version that another model is
 * based on holds it back. */
static int delete (struct hearth_pg *pg, void *argument, struct hearth_error *error)
{
    int64_t id = ((struct verb *)argument)->id, count;
    int rc = hearth_pg_run(pg, &count, error, "DELETE FROM model WHERE id = $1", "i", id);
    if (rc == HEARTH_ECONFLICT)
        hearth_store_is_base(error);
    else if (!rc && count == 0)
        rc = hearth_store_no_model(error, NULL, id);
    return rc ? rc : hearth_postgres_note(pg, "model", id, true, error);
}

int hearth_postgres_model_delete(struct hearth_store *store, int64_t id, int64_t now_ms,
                                 struct hearth_error *error)
{
    (void)now_ms;
    struct verb verb = {.id = id};
    return hearth_pg_transact(hearth_postgres_of(store), HEARTH_PG_REGISTRY, delete, &verb, error);
}
