#include "store/postgres/tables.h"

#include "store/migration.h"
#include "store/postgres/transaction.h"
#include "store/tables.h"

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
    int64_t step = 0;
    if (!rc)
        rc = hearth_tables_check(move->before, move->step, hearth_postgres_migration_count, &step,
                                 error);
    if (!rc && step > move->before)
        rc = go_up(pg, move->before, step, error);
    else if (!rc)
        rc = go_down(pg, move->before, step, error);
    pg->statement_ms = statement_ms;
    return rc;
}

int hearth_postgres_tables_move(struct hearth_pg_pool *pool, int64_t step, int64_t *ret_before,
                                struct hearth_error *error)
{
    struct move move = {.step = step};
    int rc = hearth_pg_transact(pool, HEARTH_PG_WRITE, move_steps, &move, error);
    *ret_before = move.before;
    return rc;
}

/* Looking takes no lock and makes nothing. */
static int look(struct hearth_pg *pg, void *argument, struct hearth_error *error)
{
    return read_step(pg, argument, error);
}

int hearth_tables_postgres(const struct hearth_postgres_options *options, int64_t step,
                           struct hearth_tables *ret_tables, struct hearth_error *error)
{
    *ret_tables =
        (struct hearth_tables){.store = "postgres", .newest = hearth_postgres_migration_count};
    struct hearth_pg_pool *pool = hearth_pg_pool_create(options);
    int rc = step == HEARTH_TABLES_LOOK
                 ? hearth_pg_transact(pool, HEARTH_PG_READ, look, &ret_tables->before, error)
                 : hearth_postgres_tables_move(pool, step, &ret_tables->before, error);
    hearth_pg_pool_destroy(pool);
    return rc ? rc
              : hearth_tables_check(ret_tables->before, step, ret_tables->newest,
                                    &ret_tables->after, error);
}
