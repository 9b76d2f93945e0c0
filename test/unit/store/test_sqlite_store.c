/* What only a database in a file can show: other processes, kills, and files that are not ours. */
#include "loop/loop.h"
#include "store/store.h"
#include "support/temp_folder.h"
#include "unit/cmocka_all.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[64], path[96];
static struct hearth_arena *arena;
static struct hearth_error error;

static int set_up(void **state)
{
    (void)state;
    temp_folder_make(directory);
    snprintf(path, sizeof(path), "%s/x.db", directory);
    arena = hearth_arena_create(16 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    hearth_arena_destroy(arena);
    temp_folder_remove(directory);
    return 0;
}

static struct hearth_store *open_store(struct hearth_loop *loop)
{
    struct hearth_store *store = NULL;
    if (hearth_store_open_sqlite(path, loop, &store, &error))
        fail_msg("%s", error.message);
    return store;
}

static int add_model(struct hearth_store *store, const char *name)
{
    int64_t id;
    const struct hearth_model model = {.name = name};
    return hearth_store_model_create(store, &model, 1, &id, &error);
}

static int64_t count_models(struct hearth_store *store)
{
    struct hearth_model *models;
    size_t count;
    int64_t total = -1;
    const struct hearth_model_filter filter = {.limit = 1};
    if (hearth_store_model_list(store, &filter, arena, &models, &count, &total, &error))
        fail_msg("%s", error.message);
    return total;
}

static void run_sql(const char *sql)
{
    sqlite3 *database;
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    if (sqlite3_exec(database, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(database));
    sqlite3_close(database);
}

static int open_fails(void)
{
    struct hearth_store *store = NULL;
    error = (struct hearth_error){0};
    int rc = hearth_store_open_sqlite(path, NULL, &store, &error);
    assert_null(store);
    assert_true(error.message[0] != '\0');
    return rc;
}

static void a_store_that_is_opened_again_has_everything(void **state)
{
    (void)state;
    struct hearth_store *store = open_store(NULL);
    assert_int_equal(add_model(store, "m"), 0);
    hearth_store_close(store);
    store = open_store(NULL);
    assert_int_equal(count_models(store), 1);
    assert_int_equal(add_model(store, "m"), HEARTH_ECONFLICT);
    hearth_store_close(store);
    hearth_store_close(NULL);
}

static void a_newer_schema_is_refused_and_left_alone(void **state)
{
    (void)state;
    hearth_store_close(open_store(NULL));
    run_sql("PRAGMA user_version = 9999");
    assert_int_equal(open_fails(), HEARTH_ECONFLICT);
    assert_non_null(strstr(error.message, "newer"));
    run_sql("PRAGMA user_version = 2");
    hearth_store_close(open_store(NULL));
}

static void what_is_not_ours_is_refused(void **state)
{
    (void)state;
    run_sql("CREATE TABLE theirs (x)");
    assert_int_equal(open_fails(), HEARTH_ECONFLICT);
    assert_non_null(strstr(error.message, "another program"));
    unlink(path);
    FILE *file = fopen(path, "w");
    for (int i = 0; i < 2000; i++)
        fputs("this is no database\n", file);
    fclose(file);
    assert_int_equal(open_fails(), HEARTH_EIO);
    assert_string_equal(error.message, "the file of the registry's database is not a database");
    unlink(path);
    snprintf(path, sizeof(path), "%s/none/x.db", directory);
    assert_int_equal(open_fails(), HEARTH_EIO);
    assert_string_equal(error.message, "the registry's database cannot be opened");
}

/* SQLite's would say "database /tmp/…/x.db: database disk image is malformed". */
static void damage_is_told_in_our_own_words_and_without_the_path(void **state)
{
    (void)state;
    struct hearth_store *store = open_store(NULL);
    for (int i = 0; i < 200; i++) {
        char name[16];
        snprintf(name, sizeof(name), "m%d", i);
        assert_int_equal(add_model(store, name), 0);
    }
    hearth_store_close(store);
    /* The first page, with the header and the schema, stays whole. */
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, 4096, SEEK_SET), 0);
    for (int i = 0; i < 100000; i++)
        fputc(0xee, file);
    fclose(file);
    store = open_store(NULL);
    error = (struct hearth_error){0};
    assert_int_equal(add_model(store, "another"), HEARTH_EIO);
    assert_string_equal(error.message, "the registry's database is damaged");
    hearth_store_close(store);
}

/* Waits for a byte of a child. */
static void wait_for(int descriptor)
{
    char byte;
    assert_int_equal(read(descriptor, &byte, 1), 1);
}

static void a_kill_within_a_transaction_leaves_nothing_of_it(void **state)
{
    (void)state;
    int ready[2];
    struct hearth_store *store = open_store(NULL);
    assert_int_equal(add_model(store, "before"), 0);
    hearth_store_close(store);
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        sqlite3 *database;
        /* A small cache, so that what is not committed is in the log already. */
        if (sqlite3_open(path, &database) ||
            sqlite3_exec(database,
                         "PRAGMA cache_size = 2; BEGIN IMMEDIATE;"
                         "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                         "WHERE i < 5000) INSERT INTO model (name, task, description, tags_json, "
                         "base_model, device, settings_json, created_ms, updated_ms) "
                         "SELECT 'm' || i, '', hex(randomblob(200)), '{}', '', '', '{}', 0, 0 "
                         "FROM n",
                         NULL, NULL, NULL) ||
            write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    wait_for(ready[0]);
    close(ready[0]);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    store = open_store(NULL);
    assert_int_equal(count_models(store), 1);
    assert_int_equal(add_model(store, "after"), 0);
    hearth_store_close(store);
}

enum { WRITERS = 3, ROUNDS = 30 };

/* The same names from each: of all that try, one makes it; nothing else goes wrong. */
static int write_with_others(int start)
{
    char byte;
    int made = 0;
    struct hearth_store *store = NULL;
    if (read(start, &byte, 1) != 1 || hearth_store_open_sqlite(path, NULL, &store, &error))
        return 255;
    for (int i = 0; i < ROUNDS; i++) {
        char name[16];
        snprintf(name, sizeof(name), "m%d", i);
        int rc = add_model(store, name);
        made += rc == 0;
        if (rc && rc != HEARTH_ECONFLICT)
            return 254;
    }
    hearth_store_close(store);
    return made;
}

static void processes_that_start_and_write_at_once_agree(void **state)
{
    (void)state;
    int start[2], status, made = 0;
    pid_t children[WRITERS];
    assert_int_equal(pipe(start), 0);
    for (int i = 0; i < WRITERS; i++) {
        children[i] = fork();
        if (children[i] == 0)
            _exit(write_with_others(start[0]));
    }
    assert_int_equal(write(start[1], "xxx", WRITERS), WRITERS);
    for (int i = 0; i < WRITERS; i++) {
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 254);
        made += WEXITSTATUS(status);
    }
    close(start[0]);
    close(start[1]);
    assert_int_equal(made, ROUNDS);
    struct hearth_store *store = open_store(NULL);
    assert_int_equal(count_models(store), ROUNDS);
    hearth_store_close(store);
}

static void changes_of_another_process_are_told(void **state)
{
    (void)state;
    struct hearth_store *mine = open_store(NULL), *theirs = open_store(NULL);
    struct hearth_change *changes;
    size_t count;
    assert_int_equal(add_model(theirs, "m"), 0);
    assert_int_equal(hearth_store_changes(mine, 0, 10, arena, &changes, &count, &error), 0);
    assert_int_equal(count, 1);
    hearth_store_close(theirs);
    hearth_store_close(mine);
}

/* A claim is taken by one of two that share the database. */
static void a_claim_holds_between_stores(void **state)
{
    (void)state;
    struct hearth_store *mine = open_store(NULL), *theirs = open_store(NULL);
    int64_t first, second;
    assert_int_equal(hearth_store_claim(mine, "w", "me", 100, 0, &first, &error), 0);
    assert_int_equal(hearth_store_claim(theirs, "w", "they", 100, 50, &second, &error),
                     HEARTH_EINUSE);
    assert_int_equal(hearth_store_claim(theirs, "w", "they", 100, 100, &second, &error), 0);
    assert_int_equal(hearth_store_release(mine, "w", first, &error), HEARTH_ECONFLICT);
    hearth_store_close(theirs);
    hearth_store_close(mine);
}

static void a_full_disk_is_told_and_loses_nothing(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        const struct rlimit limit = {400000, 400000};
        struct hearth_store *store = open_store(NULL);
        if (add_model(store, "before"))
            _exit(1);
        signal(SIGXFSZ, SIG_IGN);
        if (setrlimit(RLIMIT_FSIZE, &limit))
            _exit(2);
        char *text = malloc(300001);
        memset(text, 'x', 300000);
        text[300000] = '\0';
        int rc = 0;
        for (int i = 0; !rc && i < 20; i++) {
            int64_t id;
            char name[16];
            snprintf(name, sizeof(name), "m%d", i);
            const struct hearth_model model = {.name = name, .description = text};
            rc = hearth_store_model_create(store, &model, 1, &id, &error);
        }
        free(text);
        /* The limit is EFBIG and not ENOSPC: SQLite calls it an error of reading or writing. */
        if (rc != HEARTH_ENOSPACE && rc != HEARTH_EIO)
            _exit(3);
        struct hearth_model *model;
        _exit(hearth_store_model_get(store, "before", arena, &model, &error) ? 4 : 0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    struct hearth_store *store = open_store(NULL);
    assert_int_equal(add_model(store, "after"), 0);
    hearth_store_close(store);
}

struct submission {
    struct hearth_store *store;
    struct hearth_loop *loop;
    int work_count, done_count;
};

static void work(struct hearth_store *store, void *argument)
{
    struct submission *submission = argument;
    char name[16];
    snprintf(name, sizeof(name), "s%d", submission->work_count++);
    assert_int_equal(add_model(store, name), 0);
}

static void done(void *argument)
{
    ((struct submission *)argument)->done_count++;
}

static void what_is_submitted_runs_in_order_also_when_the_store_is_closed(void **state)
{
    (void)state;
    struct hearth_loop *loop = hearth_loop_create();
    struct hearth_store *store = open_store(loop);
    struct submission submission = {.store = store, .loop = loop};
    for (int i = 0; i < 20; i++)
        assert_int_equal(hearth_store_submit(store, work, done, &submission), 0);
    hearth_loop_run(loop);
    assert_int_equal(submission.work_count, 20);
    assert_int_equal(submission.done_count, 20);
    for (int i = 0; i < 20; i++)
        assert_int_equal(hearth_store_submit(store, work, i % 2 ? done : NULL, &submission), 0);
    hearth_store_close(store);
    hearth_loop_run(loop);
    assert_int_equal(submission.work_count, 40);
    assert_int_equal(submission.done_count, 30);
    hearth_loop_destroy(loop);
    store = open_store(NULL);
    assert_int_equal(count_models(store), 40);
    hearth_store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_store_that_is_opened_again_has_everything),
        TEST(a_newer_schema_is_refused_and_left_alone),
        TEST(what_is_not_ours_is_refused),
        TEST(damage_is_told_in_our_own_words_and_without_the_path),
        TEST(a_kill_within_a_transaction_leaves_nothing_of_it),
        TEST(processes_that_start_and_write_at_once_agree),
        TEST(changes_of_another_process_are_told),
        TEST(a_claim_holds_between_stores),
        TEST(a_full_disk_is_told_and_loses_nothing),
        TEST(what_is_submitted_runs_in_order_also_when_the_store_is_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
