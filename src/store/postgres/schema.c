#include "store/postgres/schema.h"

#include "base/error.h"
#include "store/migration.h"
#include "store/postgres/transaction.h"

/* A step may build an index over many rows. */
enum { STEP_MS = 600000 };

struct move {
    int64_t step, before;
};

static int read_step(struct hearth_pg *pg, int64_t *ret_step, struct hearth_error *error)
{
    int64_t known = 0;
    *ret_step = 0;
    int rc = hearth_pg_integer(
        pg, &known, error, "SELECT (to_regclass('hearth_migration') IS NOT NULL)::int::bigint", "");
    if (rc || !known)
        return rc;
    return hearth_pg_integer(pg, ret_step, error,
                             "SELECT coalesce(max(number), 0) FROM hearth_migration", "");
}

static int go_up(struct hearth_pg *pg, int64_t from, int64_t to, struct hearth_error *error)
{
    /* It is there already after a way down to nothing. */
    int rc = from ? 0
                  : hearth_pg_script(pg,
                                     "CREATE TABLE IF NOT EXISTS hearth_migration "
                                     "(number BIGINT PRIMARY KEY, name TEXT NOT NULL, "
                                     "made TIMESTAMPTZ NOT NULL DEFAULT now())",
                                     NULL, error);
    for (int64_t i = from; !rc && i < to; i++) {
        rc = hearth_pg_script(pg, hearth_postgres_migrations[i].up, NULL, error);
        if (!rc)
            rc = hearth_pg_run(pg, NULL, error,
                               "INSERT INTO hearth_migration (number, name) VALUES ($1, $2)", "it",
                               i + 1, hearth_postgres_migrations[i].name);
    }
    return rc;
}

static int go_down(struct hearth_pg *pg, int64_t from, int64_t to, struct hearth_error *error)
{
    int rc = 0;
    for (int64_t i = from; !rc && i > to; i--) {
        rc = hearth_pg_script(pg, hearth_postgres_migrations[i - 1].down, NULL, error);
        if (!rc)
            rc = hearth_pg_run(pg, NULL, error, "DELETE FROM hearth_migration WHERE number = $1",
                               "i", i);
    }
    return rc;
}

/* The lock is the database's and ends with the transaction; of two programs that start at once the
 * second finds the work done. It is of the schema, since one database may have several homes. */
static int move_steps(struct hearth_pg *pg, void *argument, struct hearth_error *error)
{
    struct move *move = argument;
    uint64_t statement_ms = pg->statement_ms;
    pg->statement_ms = STEP_MS;
    int rc = hearth_pg_run(pg, NULL, error,
                           "SELECT set_config('statement_timeout', '10min', true), "
                           "pg_advisory_xact_lock(hashtextextended("
                           "'hearth_migration/' || coalesce(current_schema(), ''), 0))",
                           "");
    if (!rc)
        rc = read_step(pg, &move->before, error);
    int64_t newest = hearth_postgres_migration_count;
    int64_t step = move->step < 0 ? newest : move->step;
    /* A newer program may have changed what a column means, so nothing is read on trust. */
    if (!rc && (move->before > newest || step > newest))
        rc = hearth_error_set(
            error, HEARTH_ECONFLICT,
            "the registry's database was written by a newer version of hearth (schema %lld, this "
            "one knows up to %lld); upgrade this one",
            (long long)(move->before > step ? move->before : step), (long long)newest);
    if (!rc && step > move->before)
        rc = go_up(pg, move->before, step, error);
    else if (!rc)
        rc = go_down(pg, move->before, step, error);
    pg->statement_ms = statement_ms;
    return rc;
}

int hearth_postgres_schema_move(struct hearth_pg_pool *pool, int64_t step, int64_t *ret_before,
                                struct hearth_error *error)
{
    struct move move = {.step = step};
    int rc = hearth_pg_transact(pool, HEARTH_PG_WRITE, move_steps, &move, error);
    *ret_before = move.before;
    return rc;
}

static int look(struct hearth_pg *pg, void *argument, struct hearth_error *error)
{
    return read_step(pg, argument, error);
}

int hearth_postgres_schema_step(struct hearth_pg_pool *pool, int64_t *ret_step,
                                struct hearth_error *error)
{
    return hearth_pg_transact(pool, HEARTH_PG_READ, look, ret_step, error);
}
