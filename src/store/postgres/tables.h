/* Brings the tables of a PostgreSQL database to a step of migrations/. Private to
 * src/store/postgres. Blocking. */
#ifndef HEARTH_STORE_POSTGRES_TABLES_H
#define HEARTH_STORE_POSTGRES_TABLES_H

#include "store/postgres/pool.h"

/* Up or down to `step` (store/tables.h), all in one transaction, which one program at a time makes.
 * `ret_before` is where it was. */
int hearth_postgres_tables_move(struct hearth_pg_pool *pool, int64_t step, int64_t *ret_before,
                                struct hearth_error *error);

#endif
