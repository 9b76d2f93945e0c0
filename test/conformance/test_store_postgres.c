/* What the PostgreSQL store does that the others cannot need: other gateways on the same database,
 * and a database that goes away. A real server runs for it. */
#include "base/clock.h"
#include "store/migration.h"
#include "store/record.h"
#include "store/store.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "support/postgres_bed.h"

enum { LIMIT_MS = 1500 };

static struct postgres_bed bed;

static struct hearth_store *open_store(void)
{
    const struct hearth_postgres_options options = {
        .url = bed.url, .connections = 2, .connect_ms = LIMIT_MS, .statement_ms = LIMIT_MS};
    struct hearth_store *store;
    struct hearth_error error;
    if (hearth_store_open_postgres(&options, NULL, &store, &error))
        fail_msg("%s", error.message);
    return store;
}

static int fresh(void **state)
{
    postgres_bed_fresh(&bed);
    *state = open_store();
    return 0;
}

static int end(void **state)
{
    hearth_store_close(*state);
    return 0;
}

static int add(struct hearth_store *store, const char *name, int64_t *ret_id)
{
    const struct hearth_model model = {.name = name, .task = "chat"};
    struct hearth_error error = {0};
    int rc = hearth_store_model_create(store, &model, 1000, ret_id, &error);
    if (rc && rc != HEARTH_EDATABASE && rc != HEARTH_ECONFLICT)
        fail_msg("%s", error.message);
    return rc;
}

static int64_t count_models(struct hearth_store *store)
{
    struct hearth_arena *arena = hearth_arena_create(1 << 20);
    struct hearth_model *models;
    struct hearth_error error;
    size_t count;
    int64_t total = -1;
    int rc = hearth_store_model_list(store, NULL, arena, &models, &count, &total, &error);
    hearth_arena_destroy(arena);
    return rc ? rc : total;
}

/* In the schema of the test. */
static void run_sql(const char *sql)
{
    char text[1200];
    snprintf(text, sizeof(text), "SET search_path = test%d; %s", bed.schema, sql);
    if (!postgres_bed_run(&bed, text))
        fail_msg("refused: %s", sql);
}

static void what_one_gateway_writes_another_sees(void **state)
{
    struct hearth_store *other = open_store();
    struct hearth_arena *arena = hearth_arena_create(1 << 20);
    struct hearth_change *changes;
    size_t count;
    int64_t id;
    assert_int_equal(add(*state, "first", &id), 0);
    assert_int_equal(count_models(other), 1);
    assert_int_equal(add(other, "first", &id), HEARTH_ECONFLICT);
    assert_int_equal(add(other, "second", &id), 0);
    /* The refused one left no gap. */
    assert_int_equal(hearth_store_changes(*state, 0, 10, arena, &changes, &count, NULL), 0);
    assert_int_equal(count, 2);
    assert_int_equal(changes[0].sequence, 1);
    assert_int_equal(changes[1].sequence, 2);
    assert_int_equal(changes[1].model_id, id);
    hearth_arena_destroy(arena);
    hearth_store_close(other);
}

enum { WRITERS = 4, WRITES = 25 };

/* All write one model's row as well, for which they must clash or wait. */
static void *write_many(void *argument)
{
    int writer = *(const int *)argument;
    struct hearth_store *store = open_store();
    const struct hearth_record_bounds bounds = {.count_max = 30};
    for (int i = 0; i < WRITES; i++) {
        char name[32];
        int64_t id, number;
        struct hearth_error error;
        struct hearth_version version = hearth_version_fresh(1, "", "file:/x");
        snprintf(name, sizeof(name), "model-%d-%d", writer, i);
        assert_int_equal(add(store, name, &id), 0);
        assert_int_equal(hearth_store_version_create(store, &version, 1, &id, &number, &error), 0);
        const struct hearth_record record = {.kind = "note", .id = name, .principal = "key"};
        int rc = hearth_store_record_create(store, &record, &bounds, &error);
        assert_true(rc == 0 || rc == HEARTH_EQUEUEFULL);
    }
    hearth_store_close(store);
    return NULL;
}

static void writers_at_once_lose_nothing_and_leave_no_gap(void **state)
{
    struct hearth_arena *arena = hearth_arena_create(8 << 20);
    pthread_t threads[WRITERS];
    int numbers[WRITERS];
    int64_t id;
    assert_int_equal(add(*state, "shared", &id), 0);
    for (int i = 0; i < WRITERS; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, &numbers[i]), 0);
    }
    for (int i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(count_models(*state), 1 + WRITERS * WRITES);
    struct hearth_version *versions;
    struct hearth_change *changes;
    struct hearth_record *records;
    size_t count;
    assert_int_equal(hearth_store_version_list(*state, 1, arena, &versions, &count, NULL), 0);
    assert_int_equal(count, WRITERS * WRITES);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(versions[i].number, i + 1);
    assert_int_equal(hearth_store_changes(*state, 0, 1000, arena, &changes, &count, NULL), 0);
    assert_int_equal(count, 1 + 2 * WRITERS * WRITES);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(changes[i].sequence, i + 1);
    const struct hearth_record_filter all = {.kind = "note", .limit = 1000};
    assert_int_equal(hearth_store_record_list(*state, &all, arena, &records, &count, NULL), 0);
    assert_int_equal(count, 30); /* the bound is the database's, not each gateway's */
    hearth_arena_destroy(arena);
}

static void *add_note(void *argument)
{
    static const struct hearth_record_bounds one = {.count_max = 1};
    const struct hearth_record record = {.kind = "note", .id = argument, .principal = "key"};
    struct hearth_store *store = open_store();
    int rc = hearth_store_record_create(store, &record, &one, NULL);
    hearth_store_close(store);
    return rc ? NULL : argument;
}

/* Each insert takes long enough for the other one to count before it is there. */
static void two_records_at_once_do_not_break_a_bound_together(void **state)
{
    static char first[] = "first", second[] = "second";
    pthread_t threads[2];
    void *made[2];
    run_sql("CREATE FUNCTION rest() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "PERFORM pg_sleep(0.3); RETURN NEW; END $$; CREATE TRIGGER rest BEFORE INSERT ON "
            "record FOR EACH ROW EXECUTE FUNCTION rest()");
    pthread_create(&threads[0], NULL, add_note, first);
    pthread_create(&threads[1], NULL, add_note, second);
    pthread_join(threads[0], &made[0]);
    pthread_join(threads[1], &made[1]);
    assert_true(!made[0] != !made[1]);
    (void)state;
}

static void *make_ready(void *argument)
{
    struct hearth_version version = hearth_version_fresh(1, "", "file:/x");
    struct hearth_store *store = open_store();
    version.id = 1;
    version.revision = 1;
    version.state = HEARTH_VERSION_INSTALLING;
    int rc = hearth_store_version_update(store, &version, 2, NULL);
    hearth_store_close(store);
    return rc ? NULL : argument;
}

/* Both come to the database before either may go on. */
static void of_two_updates_at_once_one_is_stale(void **state)
{
    struct hearth_version version = hearth_version_fresh(1, "", "file:/x");
    pthread_t threads[2];
    void *made[2];
    int64_t id, number;
    char sql[200];
    assert_int_equal(add(*state, "m", &id), 0);
    assert_int_equal(hearth_store_version_create(*state, &version, 1, &id, &number, NULL), 0);
    snprintf(sql, sizeof(sql), "host=%s user=hearth dbname=postgres", bed.folder);
    PGconn *other = PQconnectdb(sql);
    snprintf(sql, sizeof(sql), "BEGIN; SELECT 1 FROM test%d.change_head FOR UPDATE", bed.schema);
    PQclear(PQexec(other, sql));
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, make_ready, &made[i]);
    bool both = false; /* the division is by zero until two wait */
    for (int i = 0; i < 100 && !both; i++)
        both = postgres_bed_run(&bed, "SELECT 1 / (count(*) / 2) FROM pg_stat_activity "
                                      "WHERE wait_event_type = 'Lock'");
    PQfinish(other);
    pthread_join(threads[0], &made[0]);
    pthread_join(threads[1], &made[1]);
    assert_true(both);
    assert_true(!made[0] != !made[1]);
}

static void *open_one(void *argument)
{
    (void)argument;
    return open_store();
}

static void gateways_that_start_at_once_make_the_tables_once(void **state)
{
    pthread_t threads[6];
    void *stores[6];
    postgres_bed_fresh(&bed);
    for (int i = 0; i < 6; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, open_one, NULL), 0);
    for (int i = 0; i < 6; i++) {
        pthread_join(threads[i], &stores[i]);
        assert_int_equal(count_models(stores[i]), 0);
        hearth_store_close(stores[i]);
    }
    char sql[200];
    snprintf(sql, sizeof(sql),
             "DO $$ BEGIN ASSERT (SELECT count(*) FROM hearth_migration) = %d; END $$",
             hearth_postgres_migration_count);
    run_sql(sql);
    (void)state;
}

static void a_newer_schema_and_tables_of_others_are_refused(void **state)
{
    const struct hearth_postgres_options options = {
        .url = bed.url, .connections = 1, .connect_ms = LIMIT_MS, .statement_ms = LIMIT_MS};
    struct hearth_store *store;
    struct hearth_error error = {0};
    run_sql("INSERT INTO hearth_migration VALUES (99, '0099-later')");
    assert_int_equal(hearth_store_open_postgres(&options, NULL, &store, &error), HEARTH_ECONFLICT);
    assert_non_null(strstr(error.message, "newer version"));
    postgres_bed_fresh(&bed);
    run_sql("CREATE TABLE model (x INT)");
    assert_int_equal(hearth_store_open_postgres(&options, NULL, &store, &error), HEARTH_ECONFLICT);
    assert_non_null(strstr(error.message, "another program"));
    (void)state;
}

/* The first `times` inserts into model run `body`; a sequence counts also what is rolled back. */
static void on_first_inserts(int times, const char *timing, const char *body)
{
    char sql[1000];
    snprintf(sql, sizeof(sql),
             "CREATE SEQUENCE runs; CREATE FUNCTION trip() RETURNS trigger LANGUAGE plpgsql AS $$ "
             "BEGIN IF nextval('runs') <= %d THEN %s; END IF; RETURN NULL; END $$; "
             "CREATE CONSTRAINT TRIGGER trip AFTER INSERT ON model DEFERRABLE INITIALLY %s "
             "FOR EACH ROW EXECUTE FUNCTION trip()",
             times, body, timing);
    run_sql(sql);
}

static void a_clash_is_tried_again(void **state)
{
    int64_t id;
    on_first_inserts(3, "IMMEDIATE", "RAISE EXCEPTION 'x' USING ERRCODE = '40001'");
    assert_int_equal(add(*state, "m", &id), 0);
    assert_int_equal(count_models(*state), 1);
}

static void clashes_without_end_are_told(void **state)
{
    int64_t id;
    on_first_inserts(1000, "DEFERRED", "RAISE EXCEPTION 'x' USING ERRCODE = '40P01'");
    assert_int_equal(add(*state, "m", &id), HEARTH_EDATABASE);
    assert_int_equal(count_models(*state), 0);
}

/* pg_terminate_backend of oneself: the connection is lost in the middle, and at the commit. */
static void a_connection_lost_before_the_commit_is_no_loss(void **state)
{
    int64_t id = 0;
    on_first_inserts(1, "IMMEDIATE", "PERFORM pg_terminate_backend(pg_backend_pid())");
    assert_int_equal(add(*state, "m", &id), 0);
    assert_int_equal(count_models(*state), 1);
    assert_true(id > 0);
}

static void a_connection_lost_within_an_aborted_commit_is_no_loss(void **state)
{
    int64_t id = 0;
    on_first_inserts(1, "DEFERRED", "PERFORM pg_terminate_backend(pg_backend_pid())");
    assert_int_equal(add(*state, "m", &id), 0);
    assert_int_equal(count_models(*state), 1);
}

/* Commits wait for a standby that does not exist; when such a wait is ended, the commit is made and
 * the connection lost. */
static void *end_waiting_commit(void *argument)
{
    for (int i = 0; i < 100; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
        /* Division by zero while nobody waits. */
        if (postgres_bed_run(&bed, "SELECT 1 / count(pg_terminate_backend(pid)) "
                                   "FROM pg_stat_activity WHERE wait_event = 'SyncRep'")) {
            *(bool *)argument = true;
            break;
        }
    }
    postgres_bed_run(&bed, "ALTER SYSTEM RESET synchronous_standby_names");
    postgres_bed_run(&bed, "SELECT pg_reload_conf()");
    return NULL;
}

static void a_commit_whose_answer_was_lost_is_not_made_twice(void **state)
{
    pthread_t thread;
    bool ended = false;
    int64_t id = 0;
    assert_true(postgres_bed_run(&bed, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'"));
    assert_true(postgres_bed_run(&bed, "SELECT pg_reload_conf(), pg_sleep(0.2)"));
    assert_int_equal(pthread_create(&thread, NULL, end_waiting_commit, &ended), 0);
    int rc = add(*state, "m", &id);
    pthread_join(thread, NULL);
    assert_true(ended);
    assert_int_equal(rc, 0); /* again would be HEARTH_ECONFLICT: the name is taken */
    assert_true(id > 0);
    assert_int_equal(count_models(*state), 1);
}

static void idle_connections_that_were_ended_are_replaced(void **state)
{
    int64_t id;
    assert_int_equal(add(*state, "a", &id), 0);
    run_sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'hearth'");
    assert_int_equal(add(*state, "b", &id), 0);
    run_sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'hearth'");
    assert_int_equal(count_models(*state), 2);
}

/* Until it succeeds, for at most 10 seconds. */
static int add_until(struct hearth_store *store, const char *name)
{
    uint64_t end_ms = hearth_clock_monotonic_ms() + 10000;
    int64_t id;
    int rc;
    while ((rc = add(store, name, &id)) == HEARTH_EDATABASE && hearth_clock_monotonic_ms() < end_ms)
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    return rc;
}

static void a_database_that_was_killed_is_found_again(void **state)
{
    int64_t id;
    assert_int_equal(add(*state, "before", &id), 0);
    postgres_bed_end(&bed, SIGQUIT);
    uint64_t begin_ms = hearth_clock_monotonic_ms();
    for (int i = 0; i < 50; i++)
        assert_int_equal(add(*state, "away", &id), HEARTH_EDATABASE);
    assert_true(hearth_clock_monotonic_ms() - begin_ms < 2000);
    assert_true(postgres_bed_start(&bed));
    assert_int_equal(add_until(*state, "after"), 0);
    assert_int_equal(count_models(*state), 2);
}

/* Backends are children of the server and stop only by themselves. */
static void signal_all(int signal)
{
    char command[128];
    snprintf(command, sizeof(command), "kill -%d %d $(cat /proc/%d/task/%d/children)", signal,
             (int)bed.server, (int)bed.server, (int)bed.server);
    assert_int_equal(system(command), 0);
}

static void a_database_that_stands_still_is_given_up_and_found_again(void **state)
{
    int64_t id;
    assert_int_equal(add(*state, "before", &id), 0);
    signal_all(SIGSTOP);
    uint64_t begin_ms = hearth_clock_monotonic_ms();
    int rc = add(*state, "still", &id);
    uint64_t first_ms = hearth_clock_monotonic_ms() - begin_ms;
    int next = add(*state, "still", &id);
    uint64_t next_ms = hearth_clock_monotonic_ms() - begin_ms - first_ms;
    signal_all(SIGCONT);
    assert_int_equal(rc, HEARTH_EDATABASE);
    assert_int_equal(next, HEARTH_EDATABASE);
    assert_in_range(first_ms, LIMIT_MS, LIMIT_MS + 3000);
    assert_true(next_ms < 100); /* told at once, while it rests */
    assert_int_equal(add_until(*state, "after"), 0);
}

static void a_lock_of_another_program_is_not_waited_for_without_end(void **state)
{
    char conninfo[160], sql[100];
    int64_t id;
    snprintf(conninfo, sizeof(conninfo), "host=%s user=hearth dbname=postgres", bed.folder);
    PGconn *other = PQconnectdb(conninfo);
    snprintf(sql, sizeof(sql), "BEGIN; SELECT 1 FROM test%d.change_head FOR UPDATE", bed.schema);
    PQclear(PQexec(other, sql));
    assert_int_equal(add(*state, "m", &id), HEARTH_EDATABASE);
    assert_int_equal(count_models(*state), 0); /* who reads does not wait */
    PQfinish(other);
    assert_int_equal(add_until(*state, "m"), 0);
}

static void no_message_repeats_a_url(void **state)
{
    static const char *const urls[] = {
        "",
        "postgresql:",
        "mysql://u:hunter2@h/d",
        "host=h password=hunter2",
        "postgresql://u:hunter2@h:port/d",
        "postgresql://u:x@hunter2@h/d",
        "postgresql://u:x/hunter2@h/d",
        "postgresql://u:hunter2/x@h/d",
        "postgresql://u:hunter2%zz@h/d",
        "postgresql://u:hunter2%00@h/d",
        "postgresql://u:hunter2@h/d?nothing=hunter2",
        "postgresql://u@h/d?password=hunter2&port=hunter2",
        "postgresql://u:hunter2@[::1/d",
        "postgresql://u:'; DROP TABLE model; --hunter2@h:1x/d",
    };
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        const struct hearth_postgres_options options = {
            .url = urls[i], .connections = 1, .connect_ms = 100, .statement_ms = 100};
        struct hearth_store *store;
        struct hearth_error error = {0};
        if (hearth_store_open_postgres(&options, NULL, &store, &error) != HEARTH_EINVAL)
            fail_msg("taken: %s: %s", urls[i], error.message);
        assert_null(strstr(error.message, "hunter2"));
    }
    char *text = malloc(10000);
    memset(text, 'x', 9999);
    memcpy(text, "postgresql://", 13);
    text[9999] = '\0';
    const struct hearth_postgres_options options = {.url = text, .connect_ms = 100};
    struct hearth_store *store;
    assert_int_equal(hearth_store_open_postgres(&options, NULL, &store, NULL), HEARTH_EINVAL);
    free(text);
    (void)state;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_one_gateway_writes_another_sees),
        TEST(writers_at_once_lose_nothing_and_leave_no_gap),
        TEST(two_records_at_once_do_not_break_a_bound_together),
        TEST(of_two_updates_at_once_one_is_stale),
        TEST(gateways_that_start_at_once_make_the_tables_once),
        TEST(a_newer_schema_and_tables_of_others_are_refused),
        TEST(a_clash_is_tried_again),
        TEST(clashes_without_end_are_told),
        TEST(a_connection_lost_before_the_commit_is_no_loss),
        TEST(a_connection_lost_within_an_aborted_commit_is_no_loss),
        TEST(a_commit_whose_answer_was_lost_is_not_made_twice),
        TEST(idle_connections_that_were_ended_are_replaced),
        TEST(a_database_that_was_killed_is_found_again),
        TEST(a_database_that_stands_still_is_given_up_and_found_again),
        TEST(a_lock_of_another_program_is_not_waited_for_without_end),
        cmocka_unit_test(no_message_repeats_a_url),
    };
    int failed = 0;
    if (postgres_bed_start(&bed))
        failed = cmocka_run_group_tests(tests, NULL, NULL);
    postgres_bed_remove(&bed);
    return failed;
}
