/* Brings the tables of a PostgreSQL database to a step of migrations/. Private to
 * src/store/postgres. Blocking. */
#ifndef HEARTH_STORE_POSTGRES_SCHEMA_H
#define HEARTH_STORE_POSTGRES_SCHEMA_H

#include "store/postgres/pool.h"

/* Up or down to `step`, all in one transaction, which one program at a time makes; below 0 is up to
 * the newest. `ret_before` is where it was. HEARTH_ECONFLICT when it is newer than ours. */
int hearth_postgres_schema_move(struct hearth_pg_pool *pool, int64_t step, int64_t *ret_before,
                                struct hearth_error *error);
/* 0 when there are no tables yet. */
int hearth_postgres_schema_step(struct hearth_pg_pool *pool, int64_t *ret_step,
                                struct hearth_error *error);

#endif
