#include "store/postgres/transaction.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

#include <string.h>
#include <time.h>

/* A clash is waited out a little longer each time; whoever was in the way is mostly done by then.
 */
enum { TRIES_MAX = 6, CLASH_PAUSE_MS = 5, OUTCOME_TRIES = 5, OUTCOME_PAUSE_MS = 300 };

/* What one try came to. UNKNOWN: the connection was lost while it committed. */
enum end { ENDED, AGAIN, UNKNOWN };

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

/* Reading sees one state from its first statement on. Writers lock first and read what was
 * committed before they had the lock; so READ COMMITTED is enough for them, and one that holds
 * change_head's row cannot deadlock with another. The transaction's number comes along. */
static int begin(struct hearth_pg *pg, enum hearth_pg_mode mode, int64_t *ret_number,
                 struct hearth_error *error)
{
    if (mode == HEARTH_PG_SINGLE)
        return 0;
    if (mode == HEARTH_PG_READ)
        return hearth_pg_script(pg, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", NULL, error);
    PGresult *result;
    int rc = hearth_pg_script(
        pg,
        mode == HEARTH_PG_WRITE
            ? "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT pg_current_xact_id()"
            : "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; "
              "SELECT pg_current_xact_id() FROM change_head FOR UPDATE",
        &result, error);
    if (rc)
        return rc;
    if (PQntuples(result) != 1 ||
        hearth_parse_int(PQgetvalue(result, 0, 0), 0, INT64_MAX, ret_number))
        rc = hearth_error_set(error, HEARTH_EIO, "the registry's database lacks rows of its own");
    PQclear(result);
    return rc;
}

static enum end try_once(struct hearth_pg *pg, enum hearth_pg_mode mode,
                         int (*body)(struct hearth_pg *, void *, struct hearth_error *),
                         void *argument, int64_t *ret_number, int *ret_rc,
                         struct hearth_error *error)
{
    int rc = begin(pg, mode, ret_number, error);
    if (!rc)
        rc = body(pg, argument, error);
    bool clash = rc && hearth_pg_is_clash(pg);
    if (!rc && mode != HEARTH_PG_SINGLE) {
        rc = hearth_pg_script(pg, "COMMIT", NULL, error);
        clash = rc && hearth_pg_is_clash(pg);
        if (rc && pg->lost && mode != HEARTH_PG_READ)
            return UNKNOWN;
    }
    *ret_rc = rc;
    /* What fails here has lost the connection, with which the transaction goes as well. */
    if (rc && !pg->lost && mode != HEARTH_PG_SINGLE)
        hearth_pg_script(pg, "ROLLBACK", NULL, NULL);
    /* One that did not answer in time would take as long again. */
    return clash || (rc && pg->lost && !pg->late) ? AGAIN : ENDED;
}

static int read_outcome(struct hearth_pg *pg, int64_t number, enum end *ret_end,
                        struct hearth_error *error)
{
    PGresult *result;
    int rc =
        hearth_pg_query(pg, &result, error, "SELECT pg_xact_status($1::text::xid8)", "i", number);
    if (rc)
        return rc;
    const char *status = PQntuples(result) == 1 ? PQgetvalue(result, 0, 0) : "";
    if (strcmp(status, "committed") == 0)
        *ret_end = ENDED;
    else if (strcmp(status, "aborted") == 0)
        *ret_end = AGAIN;
    PQclear(result);
    return 0;
}

/* The server may still be at it when we are back already, so it is asked a few times. */
static enum end find_outcome(struct hearth_pg_pool *pool, int64_t number)
{
    enum end end = UNKNOWN;
    for (int i = 0; end == UNKNOWN && i < OUTCOME_TRIES; i++) {
        struct hearth_pg *pg;
        if (i)
            pause_ms(OUTCOME_PAUSE_MS);
        if (hearth_pg_pool_take(pool, &pg, NULL))
            continue;
        read_outcome(pg, number, &end, NULL);
        hearth_pg_pool_give(pool, pg);
    }
    HEARTH_LOG(HEARTH_LOG_WARNING, "store.outcome", HEARTH_INT("transaction", number),
               HEARTH_TEXT("outcome", end == ENDED   ? "committed"
                                      : end == AGAIN ? "aborted"
                                                     : "unknown"));
    return end;
}

int hearth_pg_transact(struct hearth_pg_pool *pool, enum hearth_pg_mode mode,
                       int (*body)(struct hearth_pg *pg, void *argument,
                                   struct hearth_error *error),
                       void *argument, struct hearth_error *error)
{
    int rc = 0;
    for (int i = 0; i < TRIES_MAX; i++) {
        struct hearth_pg *pg;
        int64_t number = 0;
        int fault = hearth_pg_pool_take(pool, &pg, error);
        if (fault)
            return fault;
        enum end end = try_once(pg, mode, body, argument, &number, &rc, error);
        hearth_pg_pool_give(pool, pg);
        if (end == UNKNOWN) {
            end = find_outcome(pool, number);
            rc = end == ENDED ? 0 : HEARTH_EDATABASE;
        }
        if (end == UNKNOWN)
            return hearth_error_set(error, HEARTH_EDATABASE,
                                    "the registry's database went away while it kept this change; "
                                    "look whether it was made before it is made again");
        if (end == ENDED)
            return rc;
        pause_ms(CLASH_PAUSE_MS << i);
    }
    return rc;
}
