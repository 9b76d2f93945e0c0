#include "store/postgres/postgres_store.h"

#include "base/error.h"

#include <string.h>

/* Named one by one, so that a column which a migration adds moves none of the others; the body
 * comes last, or its length alone. */
#define COLUMNS                                                                                    \
    "sequence, kind, id, principal, label, facts_json, size, created_ms, expires_ms, revision, "   \
    "length(body)::bigint"

/* What a verb was called with, and what it finds. */
struct verb {
    const struct hearth_record *record;
    const struct hearth_record_bounds *bounds;
    const struct hearth_record_filter *filter;
    const char *kind, *id, *principal;
    struct hearth_arena *arena;
    struct hearth_record *records;
    size_t count;
    int64_t *ret_number;
};

static int read_row(const PGresult *rows, int i, bool with_body, struct hearth_arena *arena,
                    struct hearth_record *ret_record, struct hearth_error *error)
{
    int failed = 0;
    *ret_record = (struct hearth_record){
        .sequence = hearth_pg_integer_at(rows, i, 0),
        .kind = hearth_pg_text_at(rows, i, 1, arena, &failed),
        .id = hearth_pg_text_at(rows, i, 2, arena, &failed),
        .principal = hearth_pg_text_at(rows, i, 3, arena, &failed),
        .label = hearth_pg_text_at(rows, i, 4, arena, &failed),
        .facts_json = hearth_pg_text_at(rows, i, 5, arena, &failed),
        .size = hearth_pg_integer_at(rows, i, 6),
        .created_ms = hearth_pg_integer_at(rows, i, 7),
        .expires_ms = hearth_pg_integer_at(rows, i, 8),
        .revision = hearth_pg_integer_at(rows, i, 9),
        .body_length = (size_t)hearth_pg_integer_at(rows, i, 10),
    };
    if (with_body && ret_record->body_length) {
        void *copy = hearth_arena_alloc(arena, ret_record->body_length);
        failed = failed || !copy;
        if (!failed)
            ret_record->body = memcpy(copy, PQgetvalue(rows, i, 11), ret_record->body_length);
    }
    return failed ? hearth_store_arena_full(error) : 0;
}

static int read_rows(const PGresult *rows, bool with_body, struct verb *verb,
                     struct hearth_error *error)
{
    verb->count = (size_t)PQntuples(rows);
    verb->records = hearth_arena_alloc(verb->arena, verb->count * sizeof(*verb->records));
    int rc = verb->records ? 0 : hearth_store_arena_full(error);
    for (size_t i = 0; !rc && i < verb->count; i++)
        rc = read_row(rows, (int)i, with_body, verb->arena, &verb->records[i], error);
    return rc;
}

/* Counted within the transaction that has inserted: the new row is among them. */
static int check_bounds(struct hearth_pg *pg, const char *kind,
                        const struct hearth_record_bounds *bounds, struct hearth_error *error)
{
    int64_t count = 0, size = 0;
    int rc = 0;
    if (bounds->count_max)
        rc = hearth_pg_integer(pg, &count, error, "SELECT count(*) FROM record WHERE kind = $1",
                               "t", kind);
    if (!rc && bounds->size_max)
        rc = hearth_pg_integer(pg, &size, error,
                               "SELECT coalesce(sum(size), 0)::bigint FROM record WHERE kind = $1",
                               "t", kind);
    bool full = (bounds->count_max && count > bounds->count_max) ||
                (bounds->size_max && size > bounds->size_max);
    return !rc && full ? hearth_store_record_full(error, kind) : rc;
}

/* One at a time of each kind: so that two gateways do not break a bound together, and so that
 * sequences become visible in their order. */
static int create(struct hearth_pg *pg, void *argument, struct hearth_error *error)
{
    const struct verb *verb = argument;
    const struct hearth_record *record = verb->record;
    int rc = hearth_pg_run(pg, NULL, error,
                           "SELECT pg_advisory_xact_lock(hashtextextended("
                           "'hearth_record/' || current_schema() || '/' || $1, 0))",
                           "t", record->kind);
    if (!rc)
        rc = hearth_pg_run(
            pg, NULL, error,
            "INSERT INTO record (kind, id, principal, label, facts_json, body, size, created_ms, "
            "expires_ms) VALUES ($1, $2, $3, $4, $5, coalesce($6, ''::bytea), $7, $8, $9)",
            "tttttbiii", record->kind, record->id, record->principal, record->label,
            record->facts_json, record->body, record->body_length, record->size, record->created_ms,
            record->expires_ms);
    if (rc == HEARTH_ECONFLICT)
        hearth_store_record_taken(error, record->kind, record->id);
    return rc ? rc : check_bounds(pg, record->kind, verb->bounds, error);
}

int hearth_postgres_record_create(struct hearth_store *store, const struct hearth_record *record,
                                  const struct hearth_record_bounds *bounds,
                                  struct hearth_error *error)
{
    struct verb verb = {.record = record, .bounds = bounds};
    return hearth_pg_transact(hearth_postgres_of(store), HEARTH_PG_WRITE, create, &verb, error);
}

static int get(struct hearth_pg *pg, void *argument, struct hearth_error *error)
{
    struct verb *verb = argument;
    PGresult *rows;
    int rc = hearth_pg_query(pg, &rows, error,
                             "SELECT " COLUMNS ", body FROM record WHERE kind = $1 AND id = $2 "
                             "AND ($3 IS NULL OR principal = $3)",
                             "ttt", verb->kind, verb->id, verb->principal);
    if (rc)
        return rc;
    rc = PQntuples(rows) ? read_rows(rows, true, verb, error)
                         : hearth_store_no_record(error, verb->kind, verb->id);
    PQclear(rows);
    return rc;
}

int hearth_postgres_record_get(struct hearth_store *store, const char *kind, const char *id,
                               const char *principal, struct hearth_arena *arena,
                               struct hearth_record **ret_record, struct hearth_error *error)
{
    struct verb verb = {.kind = kind, .id = id, .principal = principal, .arena = arena};
    int rc = hearth_pg_transact(hearth_postgres_of(store), HEARTH_PG_SINGLE, get, &verb, error);
    if (!rc)
        *ret_record = verb.records;
    return rc;
}

/* Where the list goes on; another owner's record is not there. */
static int find_after(struct hearth_pg *pg, const struct hearth_record_filter *filter,
                      int64_t *ret_after, struct hearth_error *error)
{
    *ret_after = filter->ascending ? 0 : INT64_MAX;
    if (!filter->after)
        return 0;
    int rc = hearth_pg_integer(pg, ret_after, error,
                               "SELECT sequence FROM record WHERE kind = $1 AND id = $2 AND "
                               "($3 IS NULL OR principal = $3)",
                               "ttt", filter->kind, filter->after, filter->principal);
    return rc == HEARTH_ENOTFOUND ? hearth_store_no_record(error, filter->kind, filter->after) : rc;
}

/* $1 kind, $2 principal, $3 label, $4 a time by which it has expired (0: any), $5 the sequence that
 * it follows. */
#define CONDITION                                                                                  \
    " FROM record WHERE kind = $1 AND ($2 IS NULL OR principal = $2) "                             \
    "AND ($3 IS NULL OR label = $3) AND ($4 = 0 OR (expires_ms > 0 AND expires_ms <= $4)) AND "

static int list(struct hearth_pg *pg, void *argument, struct hearth_error *error)
{
    struct verb *verb = argument;
    const struct hearth_record_filter *filter = verb->filter;
    const char *sql = filter->ascending ? "SELECT " COLUMNS CONDITION
                                          "sequence > $5 ORDER BY sequence LIMIT $6"
                                        : "SELECT " COLUMNS CONDITION
                                          "sequence < $5 ORDER BY sequence DESC LIMIT $6";
    int64_t after;
    PGresult *rows;
    int rc = find_after(pg, filter, &after, error);
    if (!rc)
        rc = hearth_pg_query(pg, &rows, error, sql, "tttiii", filter->kind, filter->principal,
                             filter->label, filter->expired_by_ms, after, filter->limit);
    if (rc)
        return rc;
    rc = read_rows(rows, false, verb, error);
    PQclear(rows);
    return rc;
}

int hearth_postgres_record_list(struct hearth_store *store,
                                const struct hearth_record_filter *filter,
                                struct hearth_arena *arena, struct hearth_record **ret_records,
                                size_t *ret_count, struct hearth_error *error)
{
    struct verb verb = {.filter = filter, .arena = arena};
    int rc = hearth_pg_transact(hearth_postgres_of(store), HEARTH_PG_READ, list, &verb, error);
    if (rc)
        return rc;
    *ret_records = verb.records;
    *ret_count = verb.count;
    return 0;
}

static int count(struct hearth_pg *pg, void *argument, struct hearth_error *error)
{
    const struct hearth_record_filter *filter = ((struct verb *)argument)->filter;
    return hearth_pg_integer(pg, ((struct verb *)argument)->ret_number, error,
                             "SELECT count(*) FROM record WHERE kind = $1 AND "
                             "($2 IS NULL OR principal = $2) AND ($3 IS NULL OR label = $3)",
                             "ttt", filter->kind, filter->principal, filter->label);
}

int hearth_postgres_record_count(struct hearth_store *store,
                                 const struct hearth_record_filter *filter, int64_t *ret_count,
                                 struct hearth_error *error)
{
    struct verb verb = {.filter = filter, .ret_number = ret_count};
    return hearth_pg_transact(hearth_postgres_of(store), HEARTH_PG_READ, count, &verb, error);
}

/* Which of the two it was, when nothing was written. */
static int explain_missing(struct hearth_pg *pg, const struct hearth_record *record,
                           struct hearth_error *error)
{
    int64_t revision;
    int rc = hearth_pg_integer(pg, &revision, error,
                               "SELECT revision FROM record WHERE kind = $1 AND id = $2", "tt",
                               record->kind, record->id);
    if (rc == HEARTH_ENOTFOUND)
        return hearth_store_no_record(error, record->kind, record->id);
    return rc ? rc : hearth_store_stale(error, record->kind, record->revision, revision);
}

static int update(struct hearth_pg *pg, void *argument, struct hearth_error *error)
{
    const struct hearth_record *record = ((struct verb *)argument)->record;
    int64_t count;
    int rc = hearth_pg_run(
        pg, &count, error,
        "UPDATE record SET label = $1, facts_json = $2, body = coalesce($3, body), size = $4, "
        "expires_ms = $5, revision = revision + 1 WHERE kind = $6 AND id = $7 AND revision = $8",
        "ttbiitti", record->label, record->facts_json, record->body, record->body_length,
        record->size, record->expires_ms, record->kind, record->id, record->revision);
    return !rc && count == 0 ? explain_missing(pg, record, error) : rc;
}

int hearth_postgres_record_update(struct hearth_store *store, const struct hearth_record *record,
                                  struct hearth_error *error)
{
    struct verb verb = {.record = record};
    return hearth_pg_transact(hearth_postgres_of(store), HEARTH_PG_WRITE, update, &verb, error);
}

static int delete (struct hearth_pg *pg, void *argument, struct hearth_error *error)
{
    const struct verb *verb = argument;
    int64_t count;
    int rc = hearth_pg_run(pg, &count, error, "DELETE FROM record WHERE kind = $1 AND id = $2",
                           "tt", verb->kind, verb->id);
    return !rc && count == 0 ? hearth_store_no_record(error, verb->kind, verb->id) : rc;
}

int hearth_postgres_record_delete(struct hearth_store *store, const char *kind, const char *id,
                                  struct hearth_error *error)
{
    struct verb verb = {.kind = kind, .id = id};
    return hearth_pg_transact(hearth_postgres_of(store), HEARTH_PG_WRITE, delete, &verb, error);
}
