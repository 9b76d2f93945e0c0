/* Connections to one database that are kept open and lent, and the memory of whether it can be
 * reached: while it cannot, only one try is made now and then, and whoever comes in between hears
 * so at once instead of waiting. Private to src/store/postgres. Any thread. */
#ifndef HEARTH_STORE_POSTGRES_POOL_H
#define HEARTH_STORE_POSTGRES_POOL_H

#include "store/postgres/connection.h"

struct hearth_pg_pool;

/* Opens nothing yet. The options' URL is copied. */
struct hearth_pg_pool *hearth_pg_pool_create(const struct hearth_postgres_options *options);
void hearth_pg_pool_destroy(struct hearth_pg_pool *pool); /* all were given back; NULL is allowed */

/* Waits while all are lent, as long as a statement may take. HEARTH_EDATABASE. */
int hearth_pg_pool_take(struct hearth_pg_pool *pool, struct hearth_pg **ret_pg,
                        struct hearth_error *error);
/* One that is lost is closed, and those that wait beside it too, since they are most likely lost
 * as well. */
void hearth_pg_pool_give(struct hearth_pg_pool *pool, struct hearth_pg *pg);

/* Whether the last try to reach it failed. */
bool hearth_pg_pool_away(struct hearth_pg_pool *pool);

#endif
