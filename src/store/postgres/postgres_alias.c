#include "store/postgres/postgres_store.h"

#include "base/error.h"

/* What a verb was called with, and what it finds. */
struct verb {
    int64_t model_id, number, expected_revision;
    const char *alias;
    struct hearth_arena *arena;
    struct hearth_alias *aliases;
    size_t count;
};

/* One statement for each meaning of the expected revision: above 0 it must be that one, 0 must not
 * be there yet, below 0 whatever there is. */
static int write_alias(struct hearth_pg *pg, const struct verb *verb, int64_t *ret_count,
                       struct hearth_error *error)
{
    if (verb->expected_revision > 0)
        return hearth_pg_run(pg, ret_count, error,
                             "UPDATE alias SET number = $1, revision = revision + 1 "
                             "WHERE model_id = $2 AND name = $3 AND revision = $4",
                             "iiti", verb->number, verb->model_id, verb->alias,
                             verb->expected_revision);
    const char *sql = verb->expected_revision == 0
                          ? "INSERT INTO alias (model_id, name, number) VALUES ($1, $2, $3)"
                          : "INSERT INTO alias (model_id, name, number) VALUES ($1, $2, $3) "
                            "ON CONFLICT (model_id, name) DO UPDATE "
                            "SET number = excluded.number, revision = alias.revision + 1";
    return hearth_pg_run(pg, ret_count, error, sql, "iti", verb->model_id, verb->alias,
                         verb->number);
}

/* That the version exists is the foreign key's to say; a name that is there already, or a row that
 * is not met, means that somebody else was here. */
static int set(struct hearth_pg *pg, void *argument, struct hearth_error *error)
{
    const struct verb *verb = argument;
    int64_t count = 0;
    int rc = write_alias(pg, verb, &count, error);
    if (rc == HEARTH_ECONFLICT && hearth_pg_is_foreign_key(pg))
        return hearth_store_no_version(error, verb->number);
    if (rc == HEARTH_ECONFLICT || (rc == 0 && count == 0))
        return hearth_store_alias_changed(error, verb->alias);
    return rc ? rc : hearth_postgres_note(pg, "alias", verb->model_id, false, error);
}

int hearth_postgres_alias_set(struct hearth_store *store, int64_t model_id, const char *alias,
                              int64_t number, int64_t expected_revision, int64_t now_ms,
                              struct hearth_error *error)
{
    (void)now_ms;
    struct verb verb = {
        .model_id = model_id,
        .alias = alias,
        .number = number,
        .expected_revision = expected_revision,
    };
    return hearth_pg_transact(hearth_postgres_of(store), HEARTH_PG_REGISTRY, set, &verb, error);
}

/* Deleting needs no revision: an alias that somebody moved meanwhile was meant to go as well. */
static int delete (struct hearth_pg *pg, void *argument, struct hearth_error *error)
{
    const struct verb *verb = argument;
    int64_t count;
    int rc = hearth_pg_run(pg, &count, error, "DELETE FROM alias WHERE model_id = $1 AND name = $2",
                           "it", verb->model_id, verb->alias);
    if (!rc && count == 0)
        rc = hearth_store_no_alias(error, verb->alias);
    return rc ? rc : hearth_postgres_note(pg, "alias", verb->model_id, true, error);
}

int hearth_postgres_alias_delete(struct hearth_store *store, int64_t model_id, const char *alias,
                                 int64_t now_ms, struct hearth_error *error)
{
    (void)now_ms;
    struct verb verb = {.model_id = model_id, .alias = alias};
    return hearth_pg_transact(hearth_postgres_of(store), HEARTH_PG_REGISTRY, delete, &verb, error);
}

static int list(struct hearth_pg *pg, void *argument, struct hearth_error *error)
{
    struct verb *verb = argument;
    PGresult *rows;
    int failed = 0;
    int rc = hearth_pg_query(
        pg, &rows, error,
        "SELECT name, number, revision FROM alias WHERE model_id = $1 ORDER BY name", "i",
        verb->model_id);
    if (rc)
        return rc;
    verb->count = (size_t)PQntuples(rows);
    verb->aliases = hearth_arena_alloc(verb->arena, verb->count * sizeof(*verb->aliases));
    for (size_t i = 0; verb->aliases && i < verb->count; i++)
        verb->aliases[i] = (struct hearth_alias){
            .model_id = verb->model_id,
            .name = hearth_pg_text_at(rows, (int)i, 0, verb->arena, &failed),
            .number = hearth_pg_integer_at(rows, (int)i, 1),
            .revision = hearth_pg_integer_at(rows, (int)i, 2),
        };
    PQclear(rows);
    return failed || !verb->aliases ? hearth_store_arena_full(error) : 0;
}

int hearth_postgres_alias_list(struct hearth_store *store, int64_t model_id,
                               struct hearth_arena *arena, struct hearth_alias **ret_aliases,
                               size_t *ret_count, struct hearth_error *error)
{
    struct verb verb = {.model_id = model_id, .arena = arena};
    int rc = hearth_pg_transact(hearth_postgres_of(store), HEARTH_PG_SINGLE, list, &verb, error);
    if (rc)
        return rc;
    *ret_aliases = verb.aliases;
    *ret_count = verb.count;
    return 0;
}
