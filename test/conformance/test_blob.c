/* What every back-end of the blob store must do; run over each of them. What only files can show
 * (links, full disks, other processes) follows. */
#include "base/clock.h"
#include "base/digest.h"
#include "blob/blob.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    struct hearth_blob_store *blobs;
    struct hearth_error error;
    char directory[64];
};

static int open_memory(struct fixture *fixture)
{
    return hearth_blob_open_memory(&fixture->blobs, &fixture->error);
}

static int open_files(struct fixture *fixture)
{
    return hearth_blob_open_files(fixture->directory, &fixture->blobs, &fixture->error);
}

static const struct backend {
    const char *name;
    int (*open)(struct fixture *fixture);
} backends[] = {{"memory", open_memory}, {"files", open_files}};
static const struct backend *backend;

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    snprintf(fixture->directory, sizeof(fixture->directory), "/tmp/hearth-blob-XXXXXX");
    assert_non_null(mkdtemp(fixture->directory));
    if (backend->open(fixture))
        fail_msg("%s", fixture->error.message);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    char command[96];
    hearth_blob_close(fixture->blobs);
    snprintf(command, sizeof(command), "rm -rf %s", fixture->directory);
    int rc = system(command);
    free(fixture);
    return rc;
}

static struct hearth_blob_writer *begin(struct fixture *fixture, const char *key, int64_t expected)
{
    struct hearth_blob_writer *writer = NULL;
    int64_t offset = -1;
    if (hearth_blob_write_begin(fixture->blobs, key, &writer, &offset, &fixture->error))
        fail_msg("%s", fixture->error.message);
    assert_int_equal(offset, expected);
    return writer;
}

static void put(struct fixture *fixture, struct hearth_blob_writer *writer, const char *text)
{
    if (hearth_blob_write(writer, text, strlen(text), &fixture->error))
        fail_msg("%s", fixture->error.message);
}

static int commit(struct fixture *fixture, struct hearth_blob_writer *writer, const char *expected,
                  int64_t expected_size, char ret_sha256[65])
{
    int64_t size;
    return hearth_blob_write_commit(writer, expected, expected_size, ret_sha256, &size,
                                    &fixture->error);
}

static void a_blob_has_its_name_when_it_is_whole(void **state)
{
    struct fixture *fixture = *state;
    char expected[65], sha256[65];
    int64_t size = 0;
    hearth_sha256_of("hello world", 11, expected);
    struct hearth_blob_writer *writer = begin(fixture, "k", 0);
    put(fixture, writer, "hello ");
    put(fixture, writer, "");
    assert_false(hearth_blob_exists(fixture->blobs, expected, &size));
    put(fixture, writer, "world");
    assert_false(hearth_blob_exists(fixture->blobs, expected, &size));
    assert_int_equal(hearth_blob_write_commit(writer, expected, 11, sha256, &size, &fixture->error),
                     0);
    assert_string_equal(sha256, expected);
    assert_int_equal(size, 11);
    size = 0;
    assert_true(hearth_blob_exists(fixture->blobs, expected, &size));
    assert_int_equal(size, 11);
    assert_true(hearth_blob_exists(fixture->blobs, expected, NULL));
    assert_int_equal(hearth_blob_verify(fixture->blobs, expected, NULL, NULL, &fixture->error), 0);
    /* The key is free again. */
    hearth_blob_write_suspend(begin(fixture, "k", 0));
}

static void an_empty_blob_is_a_blob(void **state)
{
    struct fixture *fixture = *state;
    char sha256[65];
    assert_int_equal(commit(fixture, begin(fixture, "k", 0), NULL, 0, sha256), 0);
    int64_t size = 7;
    assert_true(hearth_blob_exists(fixture->blobs, sha256, &size));
    assert_int_equal(size, 0);
    assert_int_equal(hearth_blob_verify(fixture->blobs, sha256, NULL, NULL, &fixture->error), 0);
}

static void a_suspended_write_goes_on_where_it_was(void **state)
{
    struct fixture *fixture = *state;
    char expected[65], sha256[65];
    hearth_sha256_of("abcdef", 6, expected);
    struct hearth_blob_writer *writer = begin(fixture, "https://x/../y?z", 0);
    put(fixture, writer, "abc");
    hearth_blob_write_suspend(writer);
    hearth_blob_write_suspend(begin(fixture, "another", 0));
    writer = begin(fixture, "https://x/../y?z", 3);
    put(fixture, writer, "def");
    assert_int_equal(commit(fixture, writer, expected, 6, sha256), 0);
    assert_string_equal(sha256, expected);
    hearth_blob_write_suspend(NULL);
}

static void old_partial_blobs_are_forgotten_but_not_those_with_a_writer(void **state)
{
    struct fixture *fixture = *state;
    int64_t bytes = -1, now_ms = hearth_clock_wall_ms();
    struct hearth_blob_writer *writer = begin(fixture, "left", 0), *busy;
    put(fixture, writer, "abc");
    hearth_blob_write_suspend(writer);
    busy = begin(fixture, "busy", 0);
    put(fixture, busy, "de");
    assert_int_equal(
        hearth_blob_forget_partials(fixture->blobs, now_ms - 60000, &bytes, &fixture->error), 0);
    assert_int_equal(bytes, 0);
    hearth_blob_write_suspend(begin(fixture, "left", 3));
    assert_int_equal(
        hearth_blob_forget_partials(fixture->blobs, now_ms + 60000, &bytes, &fixture->error), 0);
    assert_int_equal(bytes, 3);
    put(fixture, busy, "f");
    char expected[65], sha256[65];
    hearth_sha256_of("def", 3, expected);
    assert_int_equal(commit(fixture, busy, expected, 3, sha256), 0);
    hearth_blob_write_suspend(begin(fixture, "left", 0));
    assert_true(hearth_blob_exists(fixture->blobs, expected, NULL));
}

static void a_restart_forgets_what_was_there(void **state)
{
    struct fixture *fixture = *state;
    char expected[65], sha256[65];
    hearth_sha256_of("new", 3, expected);
    struct hearth_blob_writer *writer = begin(fixture, "k", 0);
    put(fixture, writer, "old bytes");
    hearth_blob_write_suspend(writer);
    writer = begin(fixture, "k", 9);
    assert_int_equal(hearth_blob_write_restart(writer, &fixture->error), 0);
    put(fixture, writer, "new");
    assert_int_equal(commit(fixture, writer, expected, 3, sha256), 0);
}

static void wrong_bytes_are_told_and_gone(void **state)
{
    struct fixture *fixture = *state;
    char expected[65], wrong[65], sha256[65] = "untouched";
    hearth_sha256_of("right", 5, expected);
    hearth_sha256_of("wrong", 5, wrong);
    struct hearth_blob_writer *writer = begin(fixture, "k", 0);
    put(fixture, writer, "wrong");
    assert_int_equal(commit(fixture, writer, expected, 5, sha256), HEARTH_EDIGEST);
    assert_non_null(strstr(fixture->error.message, wrong));
    assert_string_equal(sha256, "untouched");
    assert_false(hearth_blob_exists(fixture->blobs, expected, NULL));
    assert_false(hearth_blob_exists(fixture->blobs, wrong, NULL));
    writer = begin(fixture, "k", 0);
    put(fixture, writer, "right and more");
    assert_int_equal(commit(fixture, writer, NULL, 5, sha256), HEARTH_EDIGEST);
    hearth_blob_write_suspend(begin(fixture, "k", 0));
}

static void too_few_bytes_are_kept_for_the_next_try(void **state)
{
    struct fixture *fixture = *state;
    char expected[65], sha256[65];
    hearth_sha256_of("abcdef", 6, expected);
    struct hearth_blob_writer *writer = begin(fixture, "k", 0);
    put(fixture, writer, "abcd");
    assert_int_equal(commit(fixture, writer, expected, 6, sha256), HEARTH_EDIGEST);
    writer = begin(fixture, "k", 4);
    put(fixture, writer, "ef");
    assert_int_equal(commit(fixture, writer, expected, 6, sha256), 0);
}

static void a_key_has_one_writer(void **state)
{
    struct fixture *fixture = *state;
    struct hearth_blob_writer *first = begin(fixture, "k", 0), *second = NULL;
    int64_t offset = 7;
    put(fixture, first, "abc");
    assert_int_equal(
        hearth_blob_write_begin(fixture->blobs, "k", &second, &offset, &fixture->error),
        HEARTH_EINUSE);
    assert_null(second);
    assert_int_equal(offset, 7);
    hearth_blob_write_suspend(first);
    hearth_blob_write_suspend(begin(fixture, "k", 3));
}

static void the_same_bytes_may_come_twice(void **state)
{
    struct fixture *fixture = *state;
    char sha256[65];
    struct hearth_blob_writer *first = begin(fixture, "a", 0), *second = begin(fixture, "b", 0);
    put(fixture, first, "same");
    put(fixture, second, "same");
    assert_int_equal(commit(fixture, first, NULL, -1, sha256), 0);
    assert_int_equal(commit(fixture, second, sha256, 4, sha256), 0);
    assert_int_equal(hearth_blob_verify(fixture->blobs, sha256, NULL, NULL, &fixture->error), 0);
    assert_int_equal(hearth_blob_delete(fixture->blobs, sha256, &fixture->error), 0);
    assert_false(hearth_blob_exists(fixture->blobs, sha256, NULL));
    assert_int_equal(hearth_blob_delete(fixture->blobs, sha256, &fixture->error), HEARTH_ENOTFOUND);
    assert_int_equal(hearth_blob_verify(fixture->blobs, sha256, NULL, NULL, &fixture->error),
                     HEARTH_ENOTFOUND);
}

static void what_is_no_digest_is_no_blob(void **state)
{
    struct fixture *fixture = *state;
    static const char *const names[] = {
        "", "abc", "../../../../etc/passwd",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "../aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[4096];
        assert_false(hearth_blob_exists(fixture->blobs, names[i], NULL));
        assert_int_equal(hearth_blob_delete(fixture->blobs, names[i], &fixture->error),
                         HEARTH_EPATH);
        assert_int_equal(
            hearth_blob_path(fixture->blobs, names[i], path, sizeof(path), &fixture->error),
            HEARTH_EPATH);
        assert_int_equal(hearth_blob_verify(fixture->blobs, names[i], NULL, NULL, &fixture->error),
                         HEARTH_EPATH);
    }
}

static void any_key_will_do_but_an_empty_one(void **state)
{
    struct fixture *fixture = *state;
    char long_key[5000], sha256[65];
    memset(long_key, 'k', sizeof(long_key) - 1);
    long_key[sizeof(long_key) - 1] = '\0';
    const char *const keys[] = {"../../x", "/etc/passwd", "a b\n\xff", long_key};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        struct hearth_blob_writer *writer = begin(fixture, keys[i], 0);
        put(fixture, writer, "x");
        assert_int_equal(commit(fixture, writer, NULL, 1, sha256), 0);
    }
    struct hearth_blob_writer *writer;
    int64_t offset;
    assert_int_equal(hearth_blob_write_begin(fixture->blobs, "", &writer, &offset, &fixture->error),
                     HEARTH_EINVAL);
}

static bool is_canceled(void *argument)
{
    return ++*(int *)argument > 0;
}

static void a_check_can_be_canceled(void **state)
{
    struct fixture *fixture = *state;
    char sha256[65];
    int calls = 0;
    struct hearth_blob_writer *writer = begin(fixture, "k", 0);
    put(fixture, writer, "x");
    assert_int_equal(commit(fixture, writer, NULL, -1, sha256), 0);
    assert_int_equal(
        hearth_blob_verify(fixture->blobs, sha256, is_canceled, &calls, &fixture->error),
        HEARTH_ECANCELED);
    assert_int_equal(calls, 1);
}

enum { THREADS = 4, ROUNDS = 20 };

struct racer {
    struct fixture *fixture;
    int number, failures;
};

/* Each writes blobs that the others write too, under keys of its own and under one for all. */
static void *race(void *argument)
{
    struct racer *racer = argument;
    for (int i = 0; i < ROUNDS; i++) {
        char key[32], text[32], sha256[65], expected[65];
        struct hearth_blob_writer *writer;
        int64_t offset, size;
        bool is_shared = i % 2;
        snprintf(text, sizeof(text), "blob %d", i);
        snprintf(key, sizeof(key), is_shared ? "shared" : "own %d", racer->number);
        hearth_sha256_of(text, strlen(text), expected);
        int rc = hearth_blob_write_begin(racer->fixture->blobs, key, &writer, &offset, NULL);
        if (rc == HEARTH_EINUSE && is_shared)
            continue;
        if (rc || hearth_blob_write(writer, text, strlen(text), NULL) ||
            hearth_blob_write_commit(writer, expected, (int64_t)strlen(text), sha256, &size, NULL))
            racer->failures++;
        else if (hearth_blob_verify(racer->fixture->blobs, sha256, NULL, NULL, NULL))
            racer->failures++;
    }
    return NULL;
}

static void threads_do_not_harm_each_other(void **state)
{
    pthread_t threads[THREADS];
    struct racer racers[THREADS];
    for (int i = 0; i < THREADS; i++) {
        racers[i] = (struct racer){.fixture = *state, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(racers[i].failures, 0);
    }
}

/* From here on: files. */

static const char *inner(struct fixture *fixture, const char *name)
{
    static char path[512];
    snprintf(path, sizeof(path), "%s/blobs/%s", fixture->directory, name);
    return path;
}

/* The name of the partial file of a key. */
static const char *partial_name(struct fixture *fixture, const char *key)
{
    char sha256[65], name[96];
    hearth_sha256_of(key, strlen(key), sha256);
    snprintf(name, sizeof(name), "partial/%s", sha256);
    return inner(fixture, name);
}

static void a_path_leads_to_bytes_that_may_not_be_written(void **state)
{
    struct fixture *fixture = *state;
    char sha256[65], path[512], small[8], text[8] = "";
    struct stat status;
    struct hearth_blob_writer *writer = begin(fixture, "k", 0);
    put(fixture, writer, "bytes");
    assert_int_equal(commit(fixture, writer, NULL, -1, sha256), 0);
    assert_int_equal(hearth_blob_path(fixture->blobs, sha256, path, sizeof(path), &fixture->error),
                     0);
    int descriptor = open(path, O_RDONLY);
    assert_int_equal(read(descriptor, text, sizeof(text)), 5);
    assert_string_equal(text, "bytes");
    assert_int_equal(fstat(descriptor, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0444);
    close(descriptor);
    assert_int_equal(
        hearth_blob_path(fixture->blobs, sha256, small, sizeof(small), &fixture->error),
        HEARTH_ETOOLARGE);
}

static void changed_bytes_are_found(void **state)
{
    struct fixture *fixture = *state;
    char sha256[65], path[512];
    struct hearth_blob_writer *writer = begin(fixture, "k", 0);
    put(fixture, writer, "bytes");
    assert_int_equal(commit(fixture, writer, NULL, -1, sha256), 0);
    assert_int_equal(hearth_blob_path(fixture->blobs, sha256, path, sizeof(path), &fixture->error),
                     0);
    assert_int_equal(chmod(path, 0600), 0);
    int descriptor = open(path, O_WRONLY);
    assert_int_equal(pwrite(descriptor, "B", 1, 0), 1);
    close(descriptor);
    assert_int_equal(hearth_blob_verify(fixture->blobs, sha256, NULL, NULL, &fixture->error),
                     HEARTH_EDIGEST);
}

static void links_among_the_partial_files_are_not_followed(void **state)
{
    struct fixture *fixture = *state;
    char victim[128], other[128];
    struct stat status;
    snprintf(victim, sizeof(victim), "%s/victim", fixture->directory);
    snprintf(other, sizeof(other), "%s/other", fixture->directory);
    close(open(other, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(symlink(victim, partial_name(fixture, "soft")), 0);
    assert_int_equal(link(other, partial_name(fixture, "hard")), 0);
    assert_int_equal(mkfifo(partial_name(fixture, "pipe"), 0600), 0);
    assert_int_equal(mkdir(partial_name(fixture, "folder"), 0700), 0);
    static const char *const keys[] = {"soft", "hard", "pipe", "folder"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        struct hearth_blob_writer *writer = NULL;
        int64_t offset;
        assert_int_equal(
            hearth_blob_write_begin(fixture->blobs, keys[i], &writer, &offset, &fixture->error),
            HEARTH_EPATH);
        assert_null(writer);
    }
    assert_int_not_equal(stat(victim, &status), 0);
}

static void a_link_in_a_blobs_place_is_no_blob(void **state)
{
    struct fixture *fixture = *state;
    char sha256[65], name[96];
    hearth_sha256_of("x", 1, sha256);
    snprintf(name, sizeof(name), "sha256/%.2s", sha256);
    assert_int_equal(mkdir(inner(fixture, name), 0700), 0);
    snprintf(name, sizeof(name), "sha256/%.2s/%s", sha256, sha256);
    assert_int_equal(symlink("/etc/passwd", inner(fixture, name)), 0);
    assert_false(hearth_blob_exists(fixture->blobs, sha256, NULL));
    assert_true(hearth_blob_verify(fixture->blobs, sha256, NULL, NULL, &fixture->error) < 0);
    /* A blob takes the place of the link. */
    struct hearth_blob_writer *writer = begin(fixture, "k", 0);
    put(fixture, writer, "x");
    assert_int_equal(commit(fixture, writer, sha256, 1, sha256), 0);
    assert_true(hearth_blob_exists(fixture->blobs, sha256, NULL));
}

static void a_store_that_is_opened_again_has_everything(void **state)
{
    struct fixture *fixture = *state;
    char sha256[65];
    struct hearth_blob_writer *writer = begin(fixture, "k", 0);
    put(fixture, writer, "x");
    assert_int_equal(commit(fixture, writer, NULL, 1, sha256), 0);
    writer = begin(fixture, "later", 0);
    put(fixture, writer, "half");
    hearth_blob_write_suspend(writer);
    hearth_blob_close(fixture->blobs);
    assert_int_equal(open_files(fixture), 0);
    assert_true(hearth_blob_exists(fixture->blobs, sha256, NULL));
    hearth_blob_write_suspend(begin(fixture, "later", 4));
}

static void a_folder_that_cannot_be_made_is_named(void **state)
{
    struct fixture *fixture = *state;
    struct hearth_blob_store *none = NULL;
    assert_true(hearth_blob_open_files("/proc/none", &none, &fixture->error) < 0);
    assert_null(none);
    assert_non_null(strstr(fixture->error.message, "/proc/none/blobs"));
}

static void folders_within_that_are_links_are_refused(void **state)
{
    struct fixture *fixture = *state;
    struct hearth_blob_store *blobs = NULL;
    assert_int_equal(rmdir(inner(fixture, "partial")), 0);
    assert_int_equal(symlink("/tmp", inner(fixture, "partial")), 0);
    assert_int_equal(hearth_blob_open_files(fixture->directory, &blobs, &fixture->error),
                     HEARTH_EPATH);
    assert_null(blobs);
}

/* Writes until the disk is full, in a process of its own; its exit status is 0 when all was as it
 * must be. */
static int fill_disk(struct fixture *fixture, const char *directory)
{
    struct hearth_blob_store *blobs;
    struct hearth_blob_writer *writer;
    char chunk[4096] = {1}, sha256[65];
    int64_t offset, size, kept;
    if (hearth_blob_open_files(directory, &blobs, &fixture->error) ||
        hearth_blob_write_begin(blobs, "k", &writer, &offset, &fixture->error))
        return 1;
    int rc = 0;
    for (int i = 0; !rc && i < 1024; i++)
        rc = hearth_blob_write(writer, chunk, sizeof(chunk), &fixture->error);
    if (rc != HEARTH_ENOSPACE || !fixture->error.message[0])
        return 2;
    /* A failed writer stays failed, and its commit gives no blob. */
    if (hearth_blob_write(writer, "x", 1, &fixture->error) != HEARTH_ENOSPACE)
        return 3;
    if (hearth_blob_write_commit(writer, NULL, -1, sha256, &size, &fixture->error) !=
        HEARTH_ENOSPACE)
        return 4;
    if (hearth_blob_write_begin(blobs, "k", &writer, &kept, &fixture->error) || kept <= 0)
        return 5;
    if (hearth_blob_write_restart(writer, &fixture->error) ||
        hearth_blob_write(writer, "small", 5, &fixture->error) ||
        hearth_blob_write_commit(writer, NULL, 5, sha256, &size, &fixture->error))
        return 6;
    hearth_blob_close(blobs);
    return 0;
}

static void a_full_disk_leaves_no_half_blob(void **state)
{
    struct fixture *fixture = *state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        /* A small disk where we may have one, else a limit on the size of files. */
        char small[96];
        snprintf(small, sizeof(small), "%s/small", fixture->directory);
        mkdir(small, 0700);
        if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
            mount("none", small, "tmpfs", 0, "size=256k")) {
            const struct rlimit limit = {100000, 100000};
            signal(SIGXFSZ, SIG_IGN);
            if (setrlimit(RLIMIT_FSIZE, &limit))
                _exit(99);
        }
        _exit(fill_disk(fixture, small));
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_killed_writer_leaves_its_bytes_and_no_blob(void **state)
{
    struct fixture *fixture = *state;
    char expected[65], sha256[65];
    hearth_sha256_of("abcdef", 6, expected);
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        struct hearth_blob_writer *writer;
        int64_t offset;
        struct hearth_blob_store *blobs;
        if (hearth_blob_open_files(fixture->directory, &blobs, NULL) ||
            hearth_blob_write_begin(blobs, "k", &writer, &offset, NULL) ||
            hearth_blob_write(writer, "abc", 3, NULL) || write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    char byte;
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    struct hearth_blob_writer *writer = NULL;
    int64_t offset;
    assert_int_equal(
        hearth_blob_write_begin(fixture->blobs, "k", &writer, &offset, &fixture->error),
        HEARTH_EINUSE);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_false(hearth_blob_exists(fixture->blobs, expected, NULL));
    writer = begin(fixture, "k", 3);
    put(fixture, writer, "def");
    assert_int_equal(commit(fixture, writer, expected, 6, sha256), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_blob_has_its_name_when_it_is_whole),
        TEST(an_empty_blob_is_a_blob),
        TEST(a_suspended_write_goes_on_where_it_was),
        TEST(old_partial_blobs_are_forgotten_but_not_those_with_a_writer),
        TEST(a_restart_forgets_what_was_there),
        TEST(wrong_bytes_are_told_and_gone),
        TEST(too_few_bytes_are_kept_for_the_next_try),
        TEST(a_key_has_one_writer),
        TEST(the_same_bytes_may_come_twice),
        TEST(what_is_no_digest_is_no_blob),
        TEST(any_key_will_do_but_an_empty_one),
        TEST(a_check_can_be_canceled),
        TEST(threads_do_not_harm_each_other),
    };
    const struct CMUnitTest of_files[] = {
        TEST(a_path_leads_to_bytes_that_may_not_be_written),
        TEST(changed_bytes_are_found),
        TEST(links_among_the_partial_files_are_not_followed),
        TEST(a_link_in_a_blobs_place_is_no_blob),
        TEST(a_store_that_is_opened_again_has_everything),
        TEST(a_folder_that_cannot_be_made_is_named),
        TEST(folders_within_that_are_links_are_refused),
        TEST(a_full_disk_leaves_no_half_blob),
        TEST(a_killed_writer_leaves_its_bytes_and_no_blob),
    };
    int failed = 0;
    for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++) {
        backend = &backends[i];
        failed += cmocka_run_group_tests_name(backend->name, tests, NULL, NULL);
    }
    return failed + cmocka_run_group_tests_name("files alone", of_files, NULL, NULL);
}
