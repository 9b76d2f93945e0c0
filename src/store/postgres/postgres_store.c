#include "store/postgres/postgres_store.h"

#include "base/error.h"
#include "base/memory.h"
#include "store/postgres/address.h"
#include "store/postgres/tables.h"
#include "store/tables.h"

#include <string.h>

/* The lane has ended before (hearth_store_close), so nothing uses the connections. */
static void postgres_close(struct hearth_store *store)
{
    hearth_pg_pool_destroy(hearth_postgres_of(store));
    hearth_free(store);
}

/* The head's row is held by this transaction, so numbers are given in the order of commits and
 * without gaps: one that is rolled back gives its number back. */
int hearth_postgres_note(struct hearth_pg *pg, const char *kind, int64_t model_id, bool deleted,
                         struct hearth_error *error)
{
    return hearth_pg_run(
        pg, NULL, error,
        "WITH head AS (UPDATE change_head SET sequence = sequence + 1 RETURNING sequence) "
        "INSERT INTO change (sequence, kind, model_id, deleted) "
        "SELECT sequence, $1, $2, $3 <> 0 FROM head",
        "tii", kind, model_id, (int64_t)deleted);
}

/* What a verb was called with, and what it finds. */
struct verb {
    const char *text, *owner;
    int64_t now_ms, lease_ms, number, limit;
    struct hearth_arena *arena;
    struct hearth_change *changes;
    size_t count;
};

/* A version that has the same bytes under two paths uses them once. */
static int blob_uses(struct hearth_pg *pg, void *argument, struct hearth_error *error)
{
    struct verb *verb = argument;
    return hearth_pg_integer(pg, &verb->number, error,
                             "SELECT count(DISTINCT version_id) FROM file WHERE sha256 = $1", "t",
                             verb->text);
}

static int postgres_blob_uses(struct hearth_store *store, const char *sha256, int64_t *ret_count,
                              struct hearth_error *error)
{
    struct verb verb = {.text = sha256};
    int rc =
        hearth_pg_transact(hearth_postgres_of(store), HEARTH_PG_SINGLE, blob_uses, &verb, error);
    if (!rc)
        *ret_count = verb.number;
    return rc;
}

/* The texts of the column are few and fixed: they need no copies. */
static const char *change_kind(const char *kind)
{
    static const char *const kinds[] = {"model", "version", "alias"};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i], kind) == 0)
            return kinds[i];
    return "model";
}

static int changes(struct hearth_pg *pg, void *argument, struct hearth_error *error)
{
    struct verb *verb = argument;
    PGresult *rows;
    int rc = hearth_pg_query(pg, &rows, error,
                             "SELECT sequence, kind, model_id, deleted::int::bigint FROM change "
                             "WHERE sequence > $1 ORDER BY sequence LIMIT $2",
                             "ii", verb->number, verb->limit);
    if (rc)
        return rc;
    verb->count = (size_t)PQntuples(rows);
    verb->changes = hearth_arena_alloc(verb->arena, verb->count * sizeof(*verb->changes));
    for (size_t i = 0; verb->changes && i < verb->count; i++)
        verb->changes[i] = (struct hearth_change){
            .sequence = hearth_pg_integer_at(rows, (int)i, 0),
            .kind = change_kind(PQgetvalue(rows, (int)i, 1)),
            .model_id = hearth_pg_integer_at(rows, (int)i, 2),
            .deleted = hearth_pg_integer_at(rows, (int)i, 3) != 0,
        };
    PQclear(rows);
    return verb->changes ? 0 : hearth_store_arena_full(error);
}

static int postgres_changes(struct hearth_store *store, int64_t since, int64_t limit,
                            struct hearth_arena *arena, struct hearth_change **ret_changes,
                            size_t *ret_count, struct hearth_error *error)
{
    struct verb verb = {.number = since, .limit = limit, .arena = arena};
    int rc = hearth_pg_transact(hearth_postgres_of(store), HEARTH_PG_SINGLE, changes, &verb, error);
    if (rc)
        return rc;
    *ret_changes = verb.changes;
    *ret_count = verb.count;
    return 0;
}

/* Sequences have no gaps, so what lies `keep` below the newest may go. */
static int forget(struct hearth_pg *pg, void *argument, struct hearth_error *error)
{
    struct verb *verb = argument;
    return hearth_pg_run(pg, &verb->number, error,
                         "DELETE FROM change WHERE sequence <= "
                         "(SELECT sequence FROM change_head) - $1",
                         "i", verb->limit);
}

static int postgres_forget_changes(struct hearth_store *store, int64_t keep, int64_t *ret_count,
                                   struct hearth_error *error)
{
    struct verb verb = {.limit = keep};
    int rc = hearth_pg_transact(hearth_postgres_of(store), HEARTH_PG_WRITE, forget, &verb, error);
    if (!rc)
        *ret_count = verb.number;
    return rc;
}

/* One statement takes the claim when it is free, expired or our own, and gives nothing back when
 * it is another's. */
static int claim(struct hearth_pg *pg, void *argument, struct hearth_error *error)
{
    struct verb *verb = argument;
    int rc = hearth_pg_integer(
        pg, &verb->number, error,
        "INSERT INTO claim AS held (work, owner, expires_ms, fence) VALUES ($1, $2, $3, 1) "
        "ON CONFLICT (work) DO UPDATE SET owner = $2, expires_ms = $3, fence = held.fence + 1 "
        "WHERE held.owner = $2 OR held.expires_ms <= $4 RETURNING fence",
        "ttii", verb->text, verb->owner, verb->now_ms + verb->lease_ms, verb->now_ms);
    return rc == HEARTH_ENOTFOUND ? hearth_store_claimed(error, verb->text) : rc;
}

static int postgres_claim(struct hearth_store *store, const char *work, const char *owner,
                          int64_t lease_ms, int64_t now_ms, int64_t *ret_fence,
                          struct hearth_error *error)
{
    struct verb verb = {.text = work, .owner = owner, .lease_ms = lease_ms, .now_ms = now_ms};
    int rc = hearth_pg_transact(hearth_postgres_of(store), HEARTH_PG_WRITE, claim, &verb, error);
    if (!rc)
        *ret_fence = verb.number;
    return rc;
}

/* The row stays, because its fence must go on growing. */
static int release(struct hearth_pg *pg, void *argument, struct hearth_error *error)
{
    const struct verb *verb = argument;
    int64_t count;
    int rc = hearth_pg_run(pg, &count, error,
                           "UPDATE claim SET owner = '', expires_ms = 0 "
                           "WHERE work = $1 AND fence = $2",
                           "ti", verb->text, verb->number);
    return !rc && count == 0 ? hearth_store_lost_claim(error, verb->text) : rc;
}

static int postgres_release(struct hearth_store *store, const char *work, int64_t fence,
                            struct hearth_error *error)
{
    struct verb verb = {.text = work, .number = fence};
    return hearth_pg_transact(hearth_postgres_of(store), HEARTH_PG_WRITE, release, &verb, error);
}

static const struct hearth_store_ops postgres_store = {
    .name = "postgres",
    .is_remote = true,
    .close = postgres_close,
    .model_create = hearth_postgres_model_create,
    .model_get = hearth_postgres_model_get,
    .model_list = hearth_postgres_model_list,
    .model_update = hearth_postgres_model_update,
    .model_delete = hearth_postgres_model_delete,
    .version_create = hearth_postgres_version_create,
    .version_get = hearth_postgres_version_get,
    .version_list = hearth_postgres_version_list,
    .version_update = hearth_postgres_version_update,
    .version_delete = hearth_postgres_version_delete,
    .alias_set = hearth_postgres_alias_set,
    .alias_delete = hearth_postgres_alias_delete,
    .alias_list = hearth_postgres_alias_list,
    .blob_uses = postgres_blob_uses,
    .changes = postgres_changes,
    .forget_changes = postgres_forget_changes,
    .claim = postgres_claim,
    .release = postgres_release,
    .record_create = hearth_postgres_record_create,
    .record_get = hearth_postgres_record_get,
    .record_list = hearth_postgres_record_list,
    .record_count = hearth_postgres_record_count,
    .record_update = hearth_postgres_record_update,
    .record_delete = hearth_postgres_record_delete,
};

int hearth_store_open_postgres(const struct hearth_postgres_options *options,
                               struct hearth_loop *loop, struct hearth_store **ret_store,
                               struct hearth_error *error)
{
    int64_t before;
    int rc = hearth_postgres_address_check(options->url, error);
    if (rc)
        return rc;
    struct hearth_pg_pool *pool = hearth_pg_pool_create(options);
    rc = hearth_postgres_tables_move(pool, HEARTH_TABLES_NEWEST, &before, error);
    if (rc) {
        hearth_pg_pool_destroy(pool);
        return rc;
    }
    struct hearth_postgres_store *store = hearth_calloc(1, sizeof(*store));
    store->pool = pool;
    hearth_store_init(&store->base, &postgres_store, loop);
    *ret_store = &store->base;
    return 0;
}
