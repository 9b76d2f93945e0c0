/* Runs a verb's statements as one transaction, and again where that is safe: when another
 * transaction was in its way, and when the connection was lost before anything was committed.
 * Whether a commit whose answer was lost has been made is asked of the server by the transaction's
 * number, so that nothing is done twice and nothing that was done is called failed. Private to
 * src/store/postgres. Blocking; any thread. */
#ifndef HEARTH_STORE_POSTGRES_TRANSACTION_H
#define HEARTH_STORE_POSTGRES_TRANSACTION_H

#include "store/postgres/pool.h"

enum hearth_pg_mode {
    HEARTH_PG_SINGLE,   /* one statement that reads: no transaction around it */
    HEARTH_PG_READ,     /* several that read one state of the database */
    HEARTH_PG_WRITE,    /* writes rows that their own locks guard */
    HEARTH_PG_REGISTRY, /* writes the registry: one at a time in all gateways, from its beginning */
};

/* `body` may run several times, and must set its results anew each time. */
int hearth_pg_transact(struct hearth_pg_pool *pool, enum hearth_pg_mode mode,
                       int (*body)(struct hearth_pg *pg, void *argument,
                                   struct hearth_error *error),
                       void *argument, struct hearth_error *error);

#endif
