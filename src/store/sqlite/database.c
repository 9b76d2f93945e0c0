#include "store/sqlite/database.h"

#include "base/error.h"
#include "base/log.h"
#include "store/migration.h"
#include "store/tables.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* BUSY_TIMEOUT_MS is how long a lock of another program is waited for, before a verb fails with
 * HEARTH_EINUSE. */
enum {
    BUSY_TIMEOUT_MS = 10000,
    APPLICATION_ID = 0x48727468, /* "Hrth", in the file's header */
};

/* https://www.sqlite.org/rescode.html: the low byte is the primary code. What SQLite says itself,
 * and the path, go to the log: a client has no use for them, and must not learn where a home lies.
 * The last row is for all that no other row names. */
static const struct fault {
    int code; /* primary */
    int number;
    const char *text;
} faults[] = {
    {SQLITE_CONSTRAINT, HEARTH_ECONFLICT,
     "the registry's database already has what contradicts this change"},
    {SQLITE_FULL, HEARTH_ENOSPACE,
     "the disk of the registry's database is full; make room, then try again"},
    {SQLITE_BUSY, HEARTH_EINUSE, "another program has locked the registry's database"},
    {SQLITE_LOCKED, HEARTH_EINUSE, "another program has locked the registry's database"},
    {SQLITE_READONLY, HEARTH_EFORBIDDEN, "the registry's database may not be written to"},
    {SQLITE_PERM, HEARTH_EFORBIDDEN, "the registry's database may not be opened"},
    {SQLITE_AUTH, HEARTH_EFORBIDDEN, "the registry's database may not be opened"},
    {SQLITE_NOMEM, HEARTH_ENOMEM, "no memory for the registry's database"},
    {SQLITE_TOOBIG, HEARTH_ETOOLARGE, "a text is too long for the registry's database"},
    {SQLITE_CANTOPEN, HEARTH_EIO, "the registry's database cannot be opened"},
    {SQLITE_CORRUPT, HEARTH_EIO, "the registry's database is damaged"},
    {SQLITE_NOTADB, HEARTH_EIO, "the file of the registry's database is not a database"},
    {SQLITE_IOERR, HEARTH_EIO, "the registry's database cannot be read or written"},
    {SQLITE_OK, HEARTH_EIO, "the registry's database has failed"},
};

/* SQLite keeps the last error at the connection: it must be asked before the next call. */
static int explain(sqlite3 *database, const char *path, struct hearth_error *error)
{
    int extended = sqlite3_extended_errcode(database);
    int primary = extended == SQLITE_IOERR_NOMEM ? SQLITE_NOMEM : extended & 0xff;
    HEARTH_LOG(HEARTH_LOG_DEBUG, "database.failed", HEARTH_TEXT("path", path),
               HEARTH_INT("sqlite_code", extended),
               HEARTH_TEXT("reason", sqlite3_errmsg(database)));
    const struct fault *fault = faults;
    while (fault->code != SQLITE_OK && fault->code != primary)
        fault++;
    return hearth_error_set(error, fault->number, "%s", fault->text);
}

int hearth_database_error(sqlite3 *database, struct hearth_error *error)
{
    return explain(database, sqlite3_db_filename(database, "main"), error);
}

/* For statements without parameters, and for several of them in one text. */
static int execute(sqlite3 *database, const char *sql, struct hearth_error *error)
{
    if (sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK)
        return 0;
    return hearth_database_error(database, error);
}

/* IMMEDIATE takes the write lock at once: a transaction that first reads and then wants to write
 * could otherwise be refused in its middle (SQLITE_BUSY), which no waiting mends. */
int hearth_database_begin(sqlite3 *database, int can_write, struct hearth_error *error)
{
    return execute(database, can_write ? "BEGIN IMMEDIATE" : "BEGIN", error);
}

int hearth_database_end(sqlite3 *database, int rc, struct hearth_error *error)
{
    if (!rc)
        rc = execute(database, "COMMIT", error);
    /* A full disk may have rolled back already; then this fails, which changes nothing. */
    if (rc)
        sqlite3_exec(database, "ROLLBACK", NULL, NULL, NULL);
    return rc;
}

static int bind_bytes(sqlite3_stmt *statement, int index, const void *bytes, size_t length)
{
    return bytes ? sqlite3_bind_blob64(statement, index, bytes, length, SQLITE_STATIC)
                 : sqlite3_bind_null(statement, index);
}

/* One letter for each parameter: i is an int64_t, b bytes, every other one a text (NULL is SQL's
 * NULL). Texts and bytes must live until the statement ends, since they are not copied. */
static int bind_all(sqlite3_stmt *statement, const char *letters, va_list arguments)
{
    int rc = SQLITE_OK;
    for (int i = 0; letters[i] && rc == SQLITE_OK; i++) {
        if (letters[i] == 'i') {
            rc = sqlite3_bind_int64(statement, i + 1, va_arg(arguments, int64_t));
        } else if (letters[i] == 'b') {
            const void *bytes = va_arg(arguments, const void *);
            rc = bind_bytes(statement, i + 1, bytes, va_arg(arguments, size_t));
        } else {
            rc = sqlite3_bind_text(statement, i + 1, va_arg(arguments, const char *), -1,
                                   SQLITE_STATIC);
        }
    }
    return rc;
}

/* Parameters are never written into the SQL text, so no value can become a statement. */
static int prepare(sqlite3 *database, sqlite3_stmt **ret_statement, struct hearth_error *error,
                   const char *sql, const char *letters, va_list arguments)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL) != SQLITE_OK)
        return hearth_database_error(database, error);
    if (bind_all(statement, letters, arguments) != SQLITE_OK) {
        int rc = hearth_database_error(database, error);
        sqlite3_finalize(statement);
        return rc;
    }
    *ret_statement = statement;
    return 0;
}

/* Ended by the caller, who reads the rows in between. */
int hearth_database_query(sqlite3 *database, sqlite3_stmt **ret_statement,
                          struct hearth_error *error, const char *sql, const char *letters, ...)
{
    va_list arguments;
    va_start(arguments, letters);
    int rc = prepare(database, ret_statement, error, sql, letters, arguments);
    va_end(arguments);
    return rc;
}

int hearth_database_step(sqlite3 *database, sqlite3_stmt *statement, struct hearth_error *error)
{
    /* The codes of SQLite are positive and the errors here negative, so 1 can say "a row". */
    switch (sqlite3_step(statement)) {
    case SQLITE_ROW:
        return 1;
    case SQLITE_DONE:
        return 0;
    default:
        return hearth_database_error(database, error);
    }
}

/* Steps over rows that nobody wants, such as those of RETURNING. */
int hearth_database_run(sqlite3 *database, struct hearth_error *error, const char *sql,
                        const char *letters, ...)
{
    sqlite3_stmt *statement;
    va_list arguments;
    va_start(arguments, letters);
    int rc = prepare(database, &statement, error, sql, letters, arguments);
    va_end(arguments);
    if (rc)
        return rc;
    do
        rc = hearth_database_step(database, statement, error);
    while (rc > 0);
    sqlite3_finalize(statement);
    return rc;
}

/* Steps to the end even though one row is wanted, because a write is only done then. */
int hearth_database_take_integer(sqlite3 *database, sqlite3_stmt *statement, int64_t *ret_integer,
                                 struct hearth_error *error)
{
    int rc, rows = 0;
    int64_t integer = 0;
    for (; (rc = hearth_database_step(database, statement, error)) > 0; rows++)
        integer = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    if (rc || !rows)
        return rc ? rc : HEARTH_ENOTFOUND;
    *ret_integer = integer;
    return 0;
}

int hearth_database_integer(sqlite3 *database, int64_t *ret_integer, struct hearth_error *error,
                            const char *sql, const char *letters, ...)
{
    sqlite3_stmt *statement;
    va_list arguments;
    va_start(arguments, letters);
    int rc = prepare(database, &statement, error, sql, letters, arguments);
    va_end(arguments);
    return rc ? rc : hearth_database_take_integer(database, statement, ret_integer, error);
}

/* A failure is noted, not returned, so that a whole row can be read and asked about once. */
const char *hearth_database_text(sqlite3_stmt *statement, int column, struct hearth_arena *arena,
                                 int *failed)
{
    /* The text belongs to the statement and is gone with the next step, so it is copied. */
    const char *text = (const char *)sqlite3_column_text(statement, column);
    const char *copy = hearth_arena_strdup(arena, text ? text : "");
    if (!copy)
        *failed = 1;
    return copy ? copy : "";
}

/* Within a transaction, so that two programs that start at once do not both migrate. */
static int migrate(sqlite3 *database, int64_t step, int64_t *ret_before, struct hearth_error *error)
{
    int64_t version = 0, application = 0, tables = 0;
    int rc = hearth_database_integer(database, &version, error, "PRAGMA user_version", "");
    if (!rc)
        rc = hearth_database_integer(database, &application, error, "PRAGMA application_id", "");
    if (!rc)
        rc = hearth_database_integer(database, &tables, error, "SELECT count(*) FROM sqlite_master",
                                     "");
    if (rc)
        return rc;
    /* A file with tables that are not ours must not get ours as well; an empty one is new. */
    if (application != APPLICATION_ID && tables > 0)
        return hearth_error_set(error, HEARTH_ECONFLICT,
                                "the file of the registry's database belongs to another program; "
                                "choose another file");
    int64_t newest = hearth_sqlite_migration_count;
    *ret_before = version;
    rc = hearth_tables_check(version, step, newest, &step, error);
    if (rc || version == step)
        return rc;
    /* user_version counts the migrations that a file has been through: row i leads from i to i + 1.
     */
    for (int64_t i = version; !rc && i < step; i++)
        rc = execute(database, hearth_sqlite_migrations[i].up, error);
    for (int64_t i = version; !rc && i > step; i--)
        rc = execute(database, hearth_sqlite_migrations[i - 1].down, error);
    /* PRAGMA takes no parameters; both numbers are our own. */
    char pragmas[96];
    snprintf(pragmas, sizeof(pragmas), "PRAGMA user_version = %lld; PRAGMA application_id = %d",
             (long long)step, APPLICATION_ID);
    return rc ? rc : execute(database, pragmas, error);
}

/* Changing the journal's mode does not wait for other programs by itself. */
static int set_journal_mode(sqlite3 *database, struct hearth_error *error)
{
    /* WAL: readers and the one writer do not wait for each other (https://www.sqlite.org/wal.html).
     */
    int rc = HEARTH_EINUSE;
    for (int waited = 0; rc == HEARTH_EINUSE && waited < BUSY_TIMEOUT_MS; waited += 20) {
        if (waited)
            sqlite3_sleep(20);
        rc = execute(database, "PRAGMA journal_mode = WAL", error);
    }
    return rc;
}

static int set_up(sqlite3 *database, int64_t step, int64_t *ret_before, struct hearth_error *error)
{
    sqlite3_extended_result_codes(database, 1);
    sqlite3_busy_timeout(database, BUSY_TIMEOUT_MS);
    /* A view or trigger that somebody put into the file must not run functions with effects. */
    int rc = execute(database, "PRAGMA trusted_schema = OFF; PRAGMA foreign_keys = ON", error);
    if (!rc)
        rc = set_journal_mode(database, error);
    /* A commit that was answered survives the power's failing too. */
    if (!rc)
        rc = execute(database, "PRAGMA synchronous = FULL", error);
    if (!rc)
        rc = hearth_database_begin(database, 1, error);
    return rc ? rc
              : hearth_database_end(database, migrate(database, step, ret_before, error), error);
}

/* Closed on every failure: SQLite gives a handle even when opening failed. */
static int open_at(const char *path, int64_t step, int64_t *ret_before, sqlite3 **ret_database,
                   struct hearth_error *error)
{
    sqlite3 *database = NULL;
    /* FULLMUTEX costs little here, and keeps SQLite whole should two threads meet in it by our
     * mistake. */
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX;
    int rc = 0;
    /* Not hearth_database_error, which asks the connection for its path: there may be none. */
    if (sqlite3_open_v2(path, &database, flags, NULL) != SQLITE_OK)
        rc = explain(database, path, error);
    if (!rc)
        rc = set_up(database, step, ret_before, error);
    if (rc) {
        hearth_database_close(database);
        return rc;
    }
    *ret_database = database;
    return 0;
}

int hearth_database_open(const char *path, sqlite3 **ret_database, struct hearth_error *error)
{
    int64_t before;
    return open_at(path, HEARTH_TABLES_NEWEST, &before, ret_database, error);
}

int hearth_tables_sqlite(const char *path, int64_t step, struct hearth_tables *ret_tables,
                         struct hearth_error *error)
{
    sqlite3 *database;
    *ret_tables =
        (struct hearth_tables){.store = "sqlite", .newest = hearth_sqlite_migration_count};
    int rc = open_at(path, step, &ret_tables->before, &database, error);
    if (rc)
        return rc;
    hearth_database_close(database);
    return hearth_tables_check(ret_tables->before, step, ret_tables->newest, &ret_tables->after,
                               error);
}

/* Every statement has been finalised by now, else SQLite would refuse to close. */
void hearth_database_close(sqlite3 *database)
{
    sqlite3_close(database);
}
