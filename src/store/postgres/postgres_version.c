#include "store/postgres/postgres_store.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"

/* In the order in which read_row takes them. */
#define COLUMNS                                                                                    \
    "id, model_id, number, label, source, source_revision, engine, state, state_reason, "          \
    "metrics_json, lineage_json, facts_json, base_version_id, created_ms, updated_ms, revision"

/* 10,000 files with paths of a few hundred bytes. */
enum { FILES_JSON_MAX = 64 << 20 };

/* What a verb was called with, and what it finds. */
struct verb {
    const struct hearth_version *version;
    int64_t model_id, number, now_ms, id;
    struct hearth_arena *arena;
    struct hearth_version *versions;
    size_t count;
};

/* States are kept as words, so that their numbers may change. */
static int read_row(const PGresult *rows, int i, struct hearth_arena *arena,
                    struct hearth_version *ret_version, struct hearth_error *error)
{
    int failed = 0;
    int state = hearth_version_state_parse(PQgetvalue(rows, i, 7));
    if (state < 0)
        return hearth_error_set(error, HEARTH_EIO, "the database has a version without a state");
    *ret_version = (struct hearth_version){
        .id = hearth_pg_integer_at(rows, i, 0),
        .model_id = hearth_pg_integer_at(rows, i, 1),
        .number = hearth_pg_integer_at(rows, i, 2),
        .label = hearth_pg_text_at(rows, i, 3, arena, &failed),
        .source = hearth_pg_text_at(rows, i, 4, arena, &failed),
        .source_revision = hearth_pg_text_at(rows, i, 5, arena, &failed),
        .engine = hearth_pg_text_at(rows, i, 6, arena, &failed),
        .state = (enum hearth_version_state)state,
        .state_reason = hearth_pg_text_at(rows, i, 8, arena, &failed),
        .metrics_json = hearth_pg_text_at(rows, i, 9, arena, &failed),
        .lineage_json = hearth_pg_text_at(rows, i, 10, arena, &failed),
        .facts_json = hearth_pg_text_at(rows, i, 11, arena, &failed),
        .base_version_id = hearth_pg_integer_at(rows, i, 12),
        .created_ms = hearth_pg_integer_at(rows, i, 13),
        .updated_ms = hearth_pg_integer_at(rows, i, 14),
        .revision = hearth_pg_integer_at(rows, i, 15),
    };
    return failed ? hearth_store_arena_full(error) : 0;
}

/* Takes the rows of one version, which lie together from `*row` on. */
static int take_files(const PGresult *rows, int *row, struct hearth_arena *arena,
                      struct hearth_version *version, struct hearth_error *error)
{
    int end = *row, failed = 0;
    while (end < PQntuples(rows) && hearth_pg_integer_at(rows, end, 0) == version->number)
        end++;
    size_t count = (size_t)(end - *row);
    struct hearth_file *files = hearth_arena_alloc(arena, count * sizeof(*files));
    for (size_t i = 0; files && i < count; i++)
        files[i] = (struct hearth_file){
            .path = hearth_pg_text_at(rows, *row + (int)i, 1, arena, &failed),
            .sha256 = hearth_pg_text_at(rows, *row + (int)i, 2, arena, &failed),
            .size = hearth_pg_integer_at(rows, *row + (int)i, 3),
        };
    version->files = files;
    version->file_count = count;
    *row = end;
    return failed || !files ? hearth_store_arena_full(error) : 0;
}

/* $1 model, $2 number (0: of all versions). Files keep the order in which they were given. */
static int read_files(struct hearth_pg *pg, struct verb *verb, struct hearth_error *error)
{
    PGresult *rows;
    int rc = hearth_pg_query(pg, &rows, error,
                             "SELECT version.number, path, sha256, size FROM file "
                             "JOIN version ON version.id = version_id "
                             "WHERE model_id = $1 AND ($2 = 0 OR number = $2) "
                             "ORDER BY number, position",
                             "ii", verb->model_id, verb->number);
    if (rc)
        return rc;
    int row = 0;
    for (size_t i = 0; !rc && i < verb->count; i++)
        rc = take_files(rows, &row, verb->arena, &verb->versions[i], error);
    PQclear(rows);
    return rc;
}

/* Rows and files within one transaction, so that they are of one moment. */
static int read_versions(struct hearth_pg *pg, void *argument, struct hearth_error *error)
{
    struct verb *verb = argument;
    PGresult *rows;
    int rc = hearth_pg_query(pg, &rows, error,
                             "SELECT " COLUMNS " FROM version WHERE model_id = $1 "
                             "AND ($2 = 0 OR number = $2) ORDER BY number",
                             "ii", verb->model_id, verb->number);
    if (rc)
        return rc;
    verb->count = (size_t)PQntuples(rows);
    verb->versions = hearth_arena_alloc(verb->arena, verb->count * sizeof(*verb->versions));
    rc = verb->versions ? 0 : hearth_store_arena_full(error);
    for (size_t i = 0; !rc && i < verb->count; i++)
        rc = read_row(rows, (int)i, verb->arena, &verb->versions[i], error);
    PQclear(rows);
    return rc ? rc : read_files(pg, verb, error);
}

int hearth_postgres_version_get(struct hearth_store *store, int64_t model_id, int64_t number,
                                struct hearth_arena *arena, struct hearth_version **ret_version,
                                struct hearth_error *error)
{
    struct verb verb = {.model_id = model_id, .number = number, .arena = arena};
    if (number <= 0) /* none has it, and 0 would mean all of them */
        return hearth_store_no_version(error, number);
    int rc =
        hearth_pg_transact(hearth_postgres_of(store), HEARTH_PG_READ, read_versions, &verb, error);
    if (!rc && !verb.count)
        rc = hearth_store_no_version(error, number);
    if (!rc)
        *ret_version = verb.versions;
    return rc;
}

int hearth_postgres_version_list(struct hearth_store *store, int64_t model_id,
                                 struct hearth_arena *arena, struct hearth_version **ret_versions,
                                 size_t *ret_count, struct hearth_error *error)
{
    struct verb verb = {.model_id = model_id, .arena = arena};
    int rc =
        hearth_pg_transact(hearth_postgres_of(store), HEARTH_PG_READ, read_versions, &verb, error);
    if (rc)
        return rc;
    *ret_versions = verb.versions;
    *ret_count = verb.count;
    return 0;
}

/* All are written anew, in one statement: they go as a JSON list, which is a parameter like others.
 */
static int write_files(struct hearth_pg *pg, int64_t id, const struct hearth_version *version,
                       struct hearth_error *error)
{
    int rc = hearth_pg_run(pg, NULL, error, "DELETE FROM file WHERE version_id = $1", "i", id);
    if (rc || !version->file_count)
        return rc;
    struct hearth_buf buf;
    hearth_buf_init(&buf, FILES_JSON_MAX);
    for (size_t i = 0; i < version->file_count; i++) {
        const struct hearth_file *file = &version->files[i];
        hearth_buf_text(&buf, i ? ",[" : "[[");
        hearth_json_write_text(&buf, file->path);
        hearth_buf_printf(&buf, ",\"%s\",\"%lld\"]", file->sha256, (long long)file->size);
    }
    hearth_buf_char(&buf, ']');
    const char *files = hearth_buf_cstr(&buf);
    rc = files ? hearth_pg_run(
                     pg, NULL, error,
                     "INSERT INTO file (version_id, position, path, sha256, size) "
                     "SELECT $1, place - 1, file ->> 0, file ->> 1, (file ->> 2)::bigint "
                     "FROM json_array_elements($2::json) WITH ORDINALITY AS given (file, place)",
                     "it", id, files)
               : hearth_error_set(error, HEARTH_ETOOLARGE, "the version has too many files");
    hearth_buf_finish(&buf);
    return rc;
}

/* The next number of the model, or the one that was asked for; either is used up then. */
static int take_number(struct hearth_pg *pg, struct verb *verb, struct hearth_error *error)
{
    int64_t last = 0, wanted = verb->version->number;
    int rc = hearth_pg_integer(pg, &last, error,
                               "UPDATE model SET last_number = CASE WHEN $2 = 0 "
                               "THEN last_number + 1 ELSE greatest(last_number, $2) END "
                               "WHERE id = $1 RETURNING last_number",
                               "ii", verb->version->model_id, wanted);
    if (rc)
        return rc == HEARTH_ENOTFOUND ? hearth_store_no_model(error, NULL, verb->version->model_id)
                                      : rc;
    verb->number = wanted ? wanted : last;
    return 0;
}

/* 0 for "based on nothing" becomes SQL's NULL, since a foreign key would look for a version 0. */
static int insert_row(struct hearth_pg *pg, struct verb *verb, struct hearth_error *error)
{
    const struct hearth_version *version = verb->version;
    int rc = hearth_pg_integer(
        pg, &verb->id, error,
        "INSERT INTO version (model_id, number, label, source, source_revision, engine, state, "
        "state_reason, metrics_json, lineage_json, facts_json, base_version_id, created_ms, "
        "updated_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, nullif($12, 0), $13, "
        "$13) RETURNING id",
        "iitttttttttii", version->model_id, verb->number, version->label, version->source,
        version->source_revision, version->engine, hearth_version_state_name(version->state),
        version->state_reason, version->metrics_json, version->lineage_json, version->facts_json,
        version->base_version_id, verb->now_ms);
    if (rc != HEARTH_ECONFLICT)
        return rc;
    return hearth_pg_is_foreign_key(pg) ? hearth_store_no_base(error, version->base_version_id)
                                        : hearth_store_number_taken(error, verb->number);
}

/* The order is that of the rows' dependence: the model gives the number, the row its id, and the
 * files refer to it. */
static int create(struct hearth_pg *pg, void *argument, struct hearth_error *error)
{
    struct verb *verb = argument;
    int rc = take_number(pg, verb, error);
    if (!rc)
        rc = insert_row(pg, verb, error);
    if (!rc)
        rc = write_files(pg, verb->id, verb->version, error);
    return rc ? rc : hearth_postgres_note(pg, "version", verb->version->model_id, false, error);
}

int hearth_postgres_version_create(struct hearth_store *store, const struct hearth_version *version,
                                   int64_t now_ms, int64_t *ret_id, int64_t *ret_number,
                                   struct hearth_error *error)
{
    struct verb verb = {.version = version, .now_ms = now_ms};
    int rc =
        hearth_pg_transact(hearth_postgres_of(store), HEARTH_PG_REGISTRY, create, &verb, error);
    if (rc)
        return rc;
    *ret_id = verb.id;
    *ret_number = verb.number;
    return 0;
}

/* Model, state and revision of a version as they stand. */
static int read_standing(struct hearth_pg *pg, int64_t id, struct hearth_version *ret_standing,
                         struct hearth_error *error)
{
    PGresult *rows;
    int rc = hearth_pg_query(
        pg, &rows, error, "SELECT model_id, state, revision FROM version WHERE id = $1", "i", id);
    if (rc)
        return rc;
    if (PQntuples(rows)) {
        ret_standing->model_id = hearth_pg_integer_at(rows, 0, 0);
        ret_standing->state =
            (enum hearth_version_state)hearth_version_state_parse(PQgetvalue(rows, 0, 1));
        ret_standing->revision = hearth_pg_integer_at(rows, 0, 2);
    } else {
        rc = hearth_store_no_version_id(error, id);
    }
    PQclear(rows);
    return rc;
}

/* What a version is made of (model, number, source, base) never changes. The registry's lock is
 * held: what is read here still holds when the row is written. */
static int update(struct hearth_pg *pg, void *argument, struct hearth_error *error)
{
    const struct verb *verb = argument;
    const struct hearth_version *version = verb->version;
    struct hearth_version standing = {0};
    int rc = read_standing(pg, version->id, &standing, error);
    if (!rc)
        rc = hearth_store_check_move(standing.state, standing.revision, version, error);
    if (!rc)
        rc = hearth_pg_run(
            pg, NULL, error,
            "UPDATE version SET label = $1, source_revision = $2, engine = $3, state = $4, "
            "state_reason = $5, metrics_json = $6, lineage_json = $7, facts_json = $8, "
            "updated_ms = $9, revision = revision + 1 WHERE id = $10 AND revision = $11",
            "ttttttttiii", version->label, version->source_revision, version->engine,
            hearth_version_state_name(version->state), version->state_reason, version->metrics_json,
            version->lineage_json, version->facts_json, verb->now_ms, version->id,
            version->revision);
    if (!rc)
        rc = write_files(pg, version->id, version, error);
    return rc ? rc : hearth_postgres_note(pg, "version", standing.model_id, false, error);
}

int hearth_postgres_version_update(struct hearth_store *store, const struct hearth_version *version,
                                   int64_t now_ms, struct hearth_error *error)
{
    struct verb verb = {.version = version, .now_ms = now_ms};
    return hearth_pg_transact(hearth_postgres_of(store), HEARTH_PG_REGISTRY, update, &verb, error);
}

/* Files and aliases go by the foreign keys' cascade; the only constraint that refuses is an
 * adapter's reference to its base. */
static int delete (struct hearth_pg *pg, void *argument, struct hearth_error *error)
{
    const struct verb *verb = argument;
    int64_t count;
    int rc =
        hearth_pg_run(pg, &count, error, "DELETE FROM version WHERE model_id = $1 AND number = $2",
                      "ii", verb->model_id, verb->number);
    if (rc == HEARTH_ECONFLICT)
        hearth_store_is_base(error);
    else if (!rc && count == 0)
        rc = hearth_store_no_version(error, verb->number);
    return rc ? rc : hearth_postgres_note(pg, "version", verb->model_id, true, error);
}

int hearth_postgres_version_delete(struct hearth_store *store, int64_t model_id, int64_t number,
                                   int64_t now_ms, struct hearth_error *error)
{
    (void)now_ms;
    struct verb verb = {.model_id = model_id, .number = number};
    return hearth_pg_transact(hearth_postgres_of(store), HEARTH_PG_REGISTRY, delete, &verb, error);
}
