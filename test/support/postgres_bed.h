/* A PostgreSQL server for a test program, with a fresh schema for each test. */
#ifndef HEARTH_TEST_SUPPORT_POSTGRES_BED_H
#define HEARTH_TEST_SUPPORT_POSTGRES_BED_H

#include <libpq-fe.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

struct postgres_bed {
    char folder[64];
    pid_t server; /* 0: not running */
    int schema;   /* the last one that was made */
    char url[256];
};

/* Runs statements over a connection of its own; false when it cannot be reached or refuses. */
static inline bool postgres_bed_run(struct postgres_bed *bed, const char *sql)
{
    char conninfo[160];
    snprintf(conninfo, sizeof(conninfo), "host=%s user=hearth dbname=postgres", bed->folder);
    PGconn *link = PQconnectdb(conninfo);
    PGresult *result = PQstatus(link) == CONNECTION_OK ? PQexec(link, sql) : NULL;
    ExecStatusType status = PQresultStatus(result);
    PQclear(result);
    PQfinish(link);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

/* Waits until it answers: at most 30 seconds. Without PostgreSQL the test fails where
 * CI is set, else it is skipped: false. */
static inline bool postgres_bed_start(struct postgres_bed *bed)
{
    if (!*bed->folder) {
        snprintf(bed->folder, sizeof(bed->folder), "/tmp/hearth-pg-XXXXXX");
        assert_non_null(mkdtemp(bed->folder));
    }
    static const char program[] = HEARTH_SOURCE_DIR "/test/support/postgres_server";
    pid_t server = fork();
    if (server == 0) {
        execl(program, program, bed->folder, (char *)NULL);
        _exit(1);
    }
    for (int i = 0; i < 1500; i++) {
        int status;
        if (postgres_bed_run(bed, "SELECT 1")) {
            bed->server = server;
            return true;
        }
        if (waitpid(server, &status, WNOHANG) == server) {
            if (!WIFEXITED(status) || WEXITSTATUS(status) != 77 || getenv("CI"))
                fail_msg("the PostgreSQL server of the test does not start");
            print_message("[  SKIPPED ] PostgreSQL is not installed (scripts/setup test)\n");
            return false;
        }
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    kill(server, SIGKILL);
    fail_msg("the PostgreSQL server of the test does not answer");
    return false;
}

/* SIGINT ends it with its connections, SIGQUIT at once as a crash would. */
static inline void postgres_bed_end(struct postgres_bed *bed, int signal)
{
    if (!bed->server)
        return;
    kill(bed->server, signal);
    waitpid(bed->server, NULL, 0);
    bed->server = 0;
}

static inline void postgres_bed_remove(struct postgres_bed *bed)
{
    char command[96];
    postgres_bed_end(bed, SIGINT);
    snprintf(command, sizeof(command), "rm -rf %s", bed->folder);
    if (*bed->folder && system(command))
        fail_msg("cannot remove %s", bed->folder);
    *bed->folder = '\0';
}

/* The URL of an empty schema. */
static inline const char *postgres_bed_fresh(struct postgres_bed *bed)
{
    char sql[64];
    snprintf(sql, sizeof(sql), "CREATE SCHEMA test%d", ++bed->schema);
    assert_true(postgres_bed_run(bed, sql));
    snprintf(bed->url, sizeof(bed->url),
             "postgresql://hearth@/postgres?host=%s&options=-csearch_path%%3Dtest%d", bed->folder,
             bed->schema);
    return bed->url;
}

#endif
