/* One connection to PostgreSQL: opens it, runs statements, and says what its errors mean. No call
 * waits longer than its time limit, even when the server has stopped without a word, which libpq's
 * own blocking calls would (https://www.postgresql.org/docs/15/libpq-async.html). Private to
 * src/store/postgres. Blocking; one thread at a time. */
#ifndef HEARTH_STORE_POSTGRES_CONNECTION_H
#define HEARTH_STORE_POSTGRES_CONNECTION_H

#include "base/arena.h"
#include "hearth/error.h"
#include "store/store.h"

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

struct hearth_pg {
    PGconn *link;
    uint64_t statement_ms; /* longest wait for one statement; the server's own limit is shorter */
    char sqlstate[6];      /* of the last statement that failed, or "" */
    bool lost;             /* nothing can be asked of it any more */
    bool late;             /* … because a time limit ended */
};

/* Its session has the time limits of the options, and speaks UTF-8. HEARTH_EDATABASE when it cannot
 * be reached or refuses us; HEARTH_ECONFLICT when it is too old, or keeps no UTF-8. */
int hearth_pg_connect(const struct hearth_postgres_options *options, struct hearth_pg **ret_pg,
                      struct hearth_error *error);
void hearth_pg_close(struct hearth_pg *pg); /* NULL is allowed; tells the server when it listens */

/* Is the error one after which the same transaction may succeed: another one was in its way? */
bool hearth_pg_is_clash(const struct hearth_pg *pg);
/* Did a foreign key refuse the last statement (else it was another constraint)? */
bool hearth_pg_is_foreign_key(const struct hearth_pg *pg);

/* Statements of our own without parameters, one or several; `ret_result` is of the last one, as
 * text, and may be NULL. End it with PQclear. */
int hearth_pg_script(struct hearth_pg *pg, const char *sql, PGresult **ret_result,
                     struct hearth_error *error);
/* One statement with its parameters $1, $2 …: one letter each, 'i' int64_t, 't' const char * (NULL
 * becomes NULL), 'b' bytes: two arguments, const void * (NULL becomes NULL) and size_t. All of its
 * rows are in the result, to be read with the functions below; end it with PQclear. */
int hearth_pg_query(struct hearth_pg *pg, PGresult **ret_result, struct hearth_error *error,
                    const char *sql, const char *letters, ...);
/* The same for a statement whose rows nobody wants; `ret_count`, how many it met, may be NULL. */
int hearth_pg_run(struct hearth_pg *pg, int64_t *ret_count, struct hearth_error *error,
                  const char *sql, const char *letters, ...);
/* The first column of its one row: HEARTH_ENOTFOUND, with the error left alone, when there is none.
 */
int hearth_pg_integer(struct hearth_pg *pg, int64_t *ret_integer, struct hearth_error *error,
                      const char *sql, const char *letters, ...);

/* A column of type bigint; NULL is 0. Any other type is 0 as well. */
int64_t hearth_pg_integer_at(const PGresult *result, int row, int column);
/* A column's text in the arena; sets `*failed` and gives "" when that is full. */
const char *hearth_pg_text_at(const PGresult *result, int row, int column,
                              struct hearth_arena *arena, int *failed);

#endif
