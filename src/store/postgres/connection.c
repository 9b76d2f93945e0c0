#include "store/postgres/connection.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "store/postgres/address.h"

#include <assert.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* GRACE_MS: the server ends a statement at its limit and says so; only one that says nothing for
 * this much longer is given up. IDLE_MS: a gateway that stands still within a transaction holds
 * locks that the others wait for; the server ends it then. OIDs: src/include/catalog/pg_type.dat.
 */
enum {
    GRACE_MS = 2000,
    IDLE_MS = 30000,
    PARAMETERS_MAX = 16,
    OID_BYTEA = 17,
    OID_INT8 = 20,
    OID_TEXT = 25,
    SERVER_VERSION_MIN = 130000, /* pg_current_xact_id */
};

/* https://www.postgresql.org/docs/15/errcodes-appendix.html, by the longest beginning; what
 * PostgreSQL says itself goes to the log, as in SQLite's table. The last row is for all others. */
static const struct fault {
    const char *sqlstate; /* or its beginning */
    int number;
    const char *text;
} faults[] = {
    {"23", HEARTH_ECONFLICT, "the registry's database already has what contradicts this change"},
    {"42P07", HEARTH_ECONFLICT,
     "the registry's database has tables of another program; choose another database or schema"},
    {"53100", HEARTH_ENOSPACE,
     "the disk of the registry's database is full; make room, then try again"},
    {"53200", HEARTH_ENOMEM, "no memory for the registry's database"},
    {"42501", HEARTH_EFORBIDDEN, "the registry's database may not be used with these rights"},
    {"22001", HEARTH_ETOOLARGE, "a text is too long for the registry's database"},
    {"54", HEARTH_ETOOLARGE, "a row is too large for the registry's database"},
    {"40", HEARTH_EDATABASE, "the registry's database is too busy; try again"},
    {"55P03", HEARTH_EDATABASE, "the registry's database is too busy; try again"},
    {"57014", HEARTH_EDATABASE, "the registry's database took too long; try again"},
    {"53", HEARTH_EDATABASE, "the registry's database takes no more connections"},
    {"", HEARTH_EIO, "the registry's database has failed"},
};

bool hearth_pg_is_clash(const struct hearth_pg *pg)
{
    return strcmp(pg->sqlstate, "40001") == 0 || strcmp(pg->sqlstate, "40P01") == 0;
}

bool hearth_pg_is_foreign_key(const struct hearth_pg *pg)
{
    return strcmp(pg->sqlstate, "23503") == 0;
}

/* A reason of libpq's may tell hosts and users, which clients must not learn: it is only logged.
 * Passwords are in none (see address.h for those that a URL has in the wrong place). */
static void log_fault(const char *event, const char *sqlstate, const char *reason)
{
    HEARTH_LOG(HEARTH_LOG_WARNING, event, HEARTH_TEXT("sqlstate", sqlstate),
               HEARTH_TEXT("reason", reason));
}

static int lose(struct hearth_pg *pg, bool late, struct hearth_error *error)
{
    log_fault("store.lost", "", late ? "no answer in time" : PQerrorMessage(pg->link));
    pg->lost = true;
    pg->late = late;
    return hearth_error_set(error, HEARTH_EDATABASE,
                            late ? "the registry's database does not answer"
                                 : "the connection to the registry's database was lost");
}

/* Codes after which this connection is of no use: the server ends it, or has become one that only
 * reads (0A000: "cannot set transaction read-write mode during recovery"), for which another may be
 * found in the URL. */
static bool is_farewell(const char *sqlstate)
{
    return strncmp(sqlstate, "57P", 3) == 0 || strncmp(sqlstate, "08", 2) == 0 ||
           strcmp(sqlstate, "25006") == 0 || strcmp(sqlstate, "0A000") == 0;
}

static int explain(struct hearth_pg *pg, const PGresult *result, struct hearth_error *error)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (PQstatus(pg->link) != CONNECTION_OK || !sqlstate || is_farewell(sqlstate))
        return lose(pg, false, error);
    snprintf(pg->sqlstate, sizeof(pg->sqlstate), "%s", sqlstate);
    const struct fault *fault = faults;
    while (strncmp(sqlstate, fault->sqlstate, strlen(fault->sqlstate)) != 0)
        fault++;
    /* What a constraint refuses is a client's mistake, and clashes are mended by a second try. */
    if (fault->number != HEARTH_ECONFLICT && !hearth_pg_is_clash(pg))
        log_fault("store.fault", sqlstate, PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
    return hearth_error_set(error, fault->number, "%s", fault->text);
}

/* 0 when the socket is ready before the deadline. */
static int wait_socket(PGconn *link, short events, uint64_t deadline_ms)
{
    uint64_t now = hearth_clock_monotonic_ms();
    struct pollfd socket = {.fd = PQsocket(link), .events = events};
    if (now >= deadline_ms || socket.fd < 0)
        return -1;
    /* A signal ends it early: the caller looks and waits again. */
    return poll(&socket, 1, (int)(deadline_ms - now)) == 0 ? -1 : 0;
}

/* One result of what was sent, or NULL at the end of them; `*failed` when there will be no more. */
static PGresult *next_result(struct hearth_pg *pg, uint64_t deadline_ms, bool *failed,
                             struct hearth_error *error)
{
    for (;;) {
        int unsent = PQflush(pg->link);
        if (unsent >= 0 && !unsent && !PQisBusy(pg->link))
            return PQgetResult(pg->link);
        *failed = unsent < 0;
        if (*failed) {
            lose(pg, false, error);
            return NULL;
        }
        short events = (short)(POLLIN | (unsent ? POLLOUT : 0));
        if (wait_socket(pg->link, events, deadline_ms)) {
            *failed = true;
            lose(pg, true, error);
            return NULL;
        }
        if (!PQconsumeInput(pg->link)) {
            *failed = true;
            lose(pg, false, error);
            return NULL;
        }
    }
}

/* All results must be taken before the next statement; the last one is kept, or the first fault. */
static int take_results(struct hearth_pg *pg, PGresult **ret_result, struct hearth_error *error)
{
    uint64_t deadline_ms = hearth_clock_monotonic_ms() + pg->statement_ms + GRACE_MS;
    PGresult *kept = NULL, *result;
    bool failed = false;
    int rc = 0;
    while ((result = next_result(pg, deadline_ms, &failed, error))) {
        ExecStatusType status = PQresultStatus(result);
        if (!rc && status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
            rc = explain(pg, result, error);
        PQclear(kept);
        kept = result;
    }
    if (failed)
        rc = HEARTH_EDATABASE;
    else if (!rc && !kept)
        rc = lose(pg, false, error);
    if (rc || !ret_result)
        PQclear(kept);
    else
        *ret_result = kept;
    return rc;
}

int hearth_pg_script(struct hearth_pg *pg, const char *sql, PGresult **ret_result,
                     struct hearth_error *error)
{
    pg->sqlstate[0] = '\0';
    if (!PQsendQuery(pg->link, sql))
        return lose(pg, pg->late, error);
    return take_results(pg, ret_result, error);
}

/* Numbers go as text, which PostgreSQL reads by the type that is named with them. */
struct parameters {
    int count;
    Oid types[PARAMETERS_MAX];
    const char *values[PARAMETERS_MAX];
    int lengths[PARAMETERS_MAX], formats[PARAMETERS_MAX];
    char digits[PARAMETERS_MAX][24];
};

static void gather(struct parameters *parameters, const char *letters, va_list arguments)
{
    for (int i = 0; letters[i]; i++) {
        assert(i < PARAMETERS_MAX);
        parameters->count = i + 1;
        if (letters[i] == 'i') {
            snprintf(parameters->digits[i], sizeof(parameters->digits[i]), "%lld",
                     (long long)va_arg(arguments, int64_t));
            parameters->values[i] = parameters->digits[i];
            parameters->types[i] = OID_INT8;
        } else if (letters[i] == 'b') {
            parameters->values[i] = va_arg(arguments, const char *);
            parameters->lengths[i] = (int)va_arg(arguments, size_t); /* HEARTH_RECORD_BODY_MAX */
            parameters->formats[i] = 1;
            parameters->types[i] = OID_BYTEA;
        } else {
            parameters->values[i] = va_arg(arguments, const char *);
            parameters->types[i] = OID_TEXT;
        }
    }
}

/* Parameters are never written into the SQL text, so no value can become a statement. Results come
 * as binary: bytes as they are, numbers in eight bytes. */
static int send_query(struct hearth_pg *pg, PGresult **ret_result, struct hearth_error *error,
                      const char *sql, const char *letters, va_list arguments)
{
    struct parameters parameters = {.count = 0};
    gather(&parameters, letters, arguments);
    pg->sqlstate[0] = '\0';
    if (!PQsendQueryParams(pg->link, sql, parameters.count, parameters.types, parameters.values,
                           parameters.lengths, parameters.formats, 1))
        return lose(pg, pg->late, error);
    return take_results(pg, ret_result, error);
}

int hearth_pg_query(struct hearth_pg *pg, PGresult **ret_result, struct hearth_error *error,
                    const char *sql, const char *letters, ...)
{
    va_list arguments;
    va_start(arguments, letters);
    int rc = send_query(pg, ret_result, error, sql, letters, arguments);
    va_end(arguments);
    return rc;
}

int hearth_pg_run(struct hearth_pg *pg, int64_t *ret_count, struct hearth_error *error,
                  const char *sql, const char *letters, ...)
{
    PGresult *result;
    va_list arguments;
    va_start(arguments, letters);
    int rc = send_query(pg, &result, error, sql, letters, arguments);
    va_end(arguments);
    if (rc)
        return rc;
    /* "" of a statement that meets no rows is none. */
    int64_t count = 0;
    hearth_parse_int(PQcmdTuples(result), 0, INT64_MAX, &count);
    if (ret_count)
        *ret_count = count;
    PQclear(result);
    return 0;
}

int hearth_pg_integer(struct hearth_pg *pg, int64_t *ret_integer, struct hearth_error *error,
                      const char *sql, const char *letters, ...)
{
    PGresult *result;
    va_list arguments;
    va_start(arguments, letters);
    int rc = send_query(pg, &result, error, sql, letters, arguments);
    va_end(arguments);
    if (rc)
        return rc;
    if (PQntuples(result) > 0)
        *ret_integer = hearth_pg_integer_at(result, 0, 0);
    else
        rc = HEARTH_ENOTFOUND;
    PQclear(result);
    return rc;
}

/* Big-endian, as the protocol has it. */
int64_t hearth_pg_integer_at(const PGresult *result, int row, int column)
{
    if (PQgetisnull(result, row, column) || PQgetlength(result, row, column) != 8)
        return 0;
    const unsigned char *bytes = (const unsigned char *)PQgetvalue(result, row, column);
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value = value << 8 | bytes[i];
    return (int64_t)value;
}

/* A failure is noted, not returned, so that a whole row can be read and asked about once. */
const char *hearth_pg_text_at(const PGresult *result, int row, int column,
                              struct hearth_arena *arena, int *failed)
{
    const char *copy = hearth_arena_strdup(arena, PQgetvalue(result, row, column));
    if (!copy)
        *failed = 1;
    return copy ? copy : "";
}

/* Notices are not for standard error, where the log is. */
static void ignore_notice(void *argument, const PGresult *result)
{
    (void)argument;
    (void)result;
}

static int wait_connected(struct hearth_pg *pg, uint64_t deadline_ms, struct hearth_error *error)
{
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;
    while (PQstatus(pg->link) != CONNECTION_BAD && state != PGRES_POLLING_OK) {
        short events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        if (state == PGRES_POLLING_FAILED)
            break;
        if (wait_socket(pg->link, events, deadline_ms)) {
            log_fault("store.away", "", "no connection in time");
            return hearth_error_set(error, HEARTH_EDATABASE,
                                    "the registry's database does not answer");
        }
        state = PQconnectPoll(pg->link);
    }
    if (PQstatus(pg->link) == CONNECTION_OK)
        return 0;
    log_fault("store.away", "", PQerrorMessage(pg->link));
    return hearth_error_set(error, HEARTH_EDATABASE, "the registry's database cannot be reached");
}

/* Things that no waiting mends. */
static int check_server(struct hearth_pg *pg, struct hearth_error *error)
{
    const char *encoding = PQparameterStatus(pg->link, "server_encoding");
    if (PQserverVersion(pg->link) < SERVER_VERSION_MIN)
        return hearth_error_set(error, HEARTH_ECONFLICT,
                                "the registry's database must be PostgreSQL 13 or newer");
    if (!encoding || strcmp(encoding, "UTF8") != 0)
        return hearth_error_set(error, HEARTH_ECONFLICT,
                                "the registry's database must be made with the encoding UTF8");
    return 0;
}

/* What a session has for all of its statements; the isolation is chosen by each transaction. */
static int set_up(struct hearth_pg *pg, const struct hearth_postgres_options *options,
                  struct hearth_error *error)
{
    char statement[24], idle[24];
    int rc = check_server(pg, error);
    if (rc)
        return rc;
    snprintf(statement, sizeof(statement), "%llu", (unsigned long long)options->statement_ms);
    snprintf(idle, sizeof(idle), "%d", IDLE_MS);
    return hearth_pg_run(pg, NULL, error,
                         "SELECT set_config('statement_timeout', $1, false), "
                         "set_config('idle_in_transaction_session_timeout', $2, false)",
                         "tt", statement, idle);
}

int hearth_pg_connect(const struct hearth_postgres_options *options, struct hearth_pg **ret_pg,
                      struct hearth_error *error)
{
    uint64_t deadline_ms = hearth_clock_monotonic_ms() + options->connect_ms;
    /* The URL stands in the place of "dbname": what is before it are defaults, what is behind it
     * cannot be changed by it. */
    const char *const names[] = {"application_name", "dbname", "client_encoding", NULL};
    const char *const values[] = {"hearth", options->url, "UTF8", NULL};
    int rc = hearth_postgres_address_check(options->url, error);
    if (rc)
        return rc;
    struct hearth_pg *pg = hearth_calloc(1, sizeof(*pg));
    pg->statement_ms = options->statement_ms;
    pg->link = PQconnectStartParams(names, values, 1);
    rc = pg->link ? wait_connected(pg, deadline_ms, error)
                  : hearth_error_set(error, HEARTH_ENOMEM, "no memory for a connection");
    if (!rc) {
        PQsetNoticeReceiver(pg->link, ignore_notice, NULL);
        PQsetnonblocking(pg->link, 1);
        rc = set_up(pg, options, error);
    }
    if (rc) {
        hearth_pg_close(pg);
        return rc;
    }
    *ret_pg = pg;
    return 0;
}

void hearth_pg_close(struct hearth_pg *pg)
{
    if (!pg)
        return;
    PQfinish(pg->link);
    hearth_free(pg);
}
