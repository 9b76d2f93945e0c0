/* Opens one SQLite database, brings its schema up to date, runs statements in transactions, and
 * says what SQLite's errors mean. Private to src/store/sqlite. Blocking; one thread at a time. */
#ifndef HEARTH_STORE_SQLITE_DATABASE_H
#define HEARTH_STORE_SQLITE_DATABASE_H

#include "base/arena.h"
#include "hearth/error.h"

#include <sqlite3.h>
#include <stdint.h>

/* WAL, foreign keys, schema brought up to date. HEARTH_ECONFLICT when it is newer than ours or
 * another program's. */
int hearth_database_open(const char *path, sqlite3 **ret_database, struct hearth_error *error);
void hearth_database_close(sqlite3 *database); /* NULL is allowed */

/* Sets the error that SQLite has noted: a constraint is HEARTH_ECONFLICT, a full disk
 * HEARTH_ENOSPACE, a lock that others hold for long HEARTH_EINUSE, a file that may not be written
 * HEARTH_EFORBIDDEN, everything else HEARTH_EIO. */
int hearth_database_error(sqlite3 *database, struct hearth_error *error);

/* `can_write` takes the write lock at once, so that what is read first still holds. */
int hearth_database_begin(sqlite3 *database, int can_write, struct hearth_error *error);
/* Commits when `rc` is 0, else rolls back. Answers `rc`, or the error of a commit that failed: a
 * transaction is always over after this. */
int hearth_database_end(sqlite3 *database, int rc, struct hearth_error *error);

/* Prepares a statement with its parameters: one letter each, 'i' int64_t, 't' const char * (NULL
 * becomes NULL; the text must outlive the statement), 'b' bytes: two arguments, const void * (NULL
 * becomes NULL) and size_t. End it with sqlite3_finalize. */
int hearth_database_query(sqlite3 *database, sqlite3_stmt **ret_statement,
                          struct hearth_error *error, const char *sql, const char *letters, ...);
/* Moves to the next row: 1 when there is one, 0 at the end, or a negative error. */
int hearth_database_step(sqlite3 *database, sqlite3_stmt *statement, struct hearth_error *error);
/* Runs a statement that has no rows; sqlite3_changes64 tells what it did. */
int hearth_database_run(sqlite3 *database, struct hearth_error *error, const char *sql,
                        const char *letters, ...);

/* Runs a statement to its end, for the first column of its one row: HEARTH_ENOTFOUND, with the
 * error left alone, when there is none. `take` is for one that is prepared, and ends it. */
int hearth_database_integer(sqlite3 *database, int64_t *ret_integer, struct hearth_error *error,
                            const char *sql, const char *letters, ...);
int hearth_database_take_integer(sqlite3 *database, sqlite3_stmt *statement, int64_t *ret_integer,
                                 struct hearth_error *error);

/* A column's text in the arena; sets `*failed` and gives "" when that is full. */
const char *hearth_database_text(sqlite3_stmt *statement, int column, struct hearth_arena *arena,
                                 int *failed);

#endif
