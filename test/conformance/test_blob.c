/* What every blob store must do; each case runs over files and over memory. */
#include "base/digest.h"
#include "base/error.h"
#include "base/memory.h"
#include "blob/blob.h"
#include "unit/cmocka_all.h"

#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[PATH_MAX];
static struct hearth_blob_store *blobs;
static struct hearth_error error;

static const char *const abc_sha256 =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *at)
{
    (void)status;
    (void)kind;
    (void)at;
    return remove(path);
}

static int open_files(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/hearth-blob-XXXXXX");
    return mkdtemp(folder) ? hearth_blob_open_files(folder, &blobs, &error) : -1;
}

static int close_files(void **state)
{
    (void)state;
    hearth_blob_close(blobs);
    return nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static int open_memory(void **state)
{
    (void)state;
    *folder = '\0';
    return hearth_blob_open_memory(&blobs, &error);
}

static int close_memory(void **state)
{
    (void)state;
    hearth_blob_close(blobs);
    return 0;
}

static struct hearth_blob_writer *begin(const char *key, int64_t offset)
{
    struct hearth_blob_writer *writer = NULL;
    int64_t found = -1;
    assert_int_equal(hearth_blob_write_begin(blobs, key, &writer, &found, &error), 0);
    assert_int_equal(found, offset);
    return writer;
}

static void put(struct hearth_blob_writer *writer, const char *text)
{
    assert_int_equal(hearth_blob_write(writer, text, strlen(text), &error), 0);
}

static void put_blob(const char *key, const char *text, char ret_sha256[65])
{
    struct hearth_blob_writer *writer = begin(key, 0);
    put(writer, text);
    int64_t size;
    assert_int_equal(hearth_blob_write_commit(writer, NULL, -1, ret_sha256, &size, &error), 0);
    assert_int_equal(size, strlen(text));
}

static void test_a_blob_is_named_by_its_sha256(void **state)
{
    (void)state;
    char sha256[65];
    int64_t size = 0;
    assert_false(hearth_blob_exists(blobs, abc_sha256, NULL));
    put_blob("k", "abc", sha256);
    assert_string_equal(sha256, abc_sha256);
    assert_true(hearth_blob_exists(blobs, abc_sha256, &size));
    assert_int_equal(size, 3);
    assert_int_equal(hearth_blob_verify(blobs, abc_sha256, NULL, NULL, &error), 0);
}

static void test_nothing_has_its_name_before_it_is_committed(void **state)
{
    (void)state;
    struct hearth_blob_writer *writer = begin("k", 0);
    put(writer, "abc");
    assert_false(hearth_blob_exists(blobs, abc_sha256, NULL));
    hearth_blob_write_suspend(writer);
    assert_false(hearth_blob_exists(blobs, abc_sha256, NULL));
    hearth_blob_write_suspend(NULL);
}

static void test_a_suspended_write_goes_on_where_it_stopped(void **state)
{
    (void)state;
    char sha256[65];
    struct hearth_blob_writer *writer = begin("k", 0);
    put(writer, "a");
    hearth_blob_write_suspend(writer);
    writer = begin("k", 1);
    put(writer, "bc");
    assert_int_equal(hearth_blob_write_commit(writer, abc_sha256, 3, sha256, NULL, &error), 0);
    assert_string_equal(sha256, abc_sha256);
    hearth_blob_write_suspend(begin("k", 0));
}

static void test_a_restart_forgets_what_was_there(void **state)
{
    (void)state;
    char sha256[65];
    struct hearth_blob_writer *writer = begin("k", 0);
    put(writer, "wrong");
    hearth_blob_write_suspend(writer);
    writer = begin("k", 5);
    assert_int_equal(hearth_blob_write_restart(writer, &error), 0);
    put(writer, "abc");
    assert_int_equal(hearth_blob_write_commit(writer, abc_sha256, 3, sha256, NULL, &error), 0);
}

static void test_wrong_bytes_are_refused_and_gone(void **state)
{
    (void)state;
    char sha256[65];
    struct hearth_blob_writer *writer = begin("k", 0);
    put(writer, "abd");
    assert_int_equal(hearth_blob_write_commit(writer, abc_sha256, -1, sha256, NULL, &error),
                     HEARTH_EDIGEST);
    assert_false(hearth_blob_exists(blobs, abc_sha256, NULL));
    writer = begin("k", 0);
    put(writer, "ab");
    assert_int_equal(hearth_blob_write_commit(writer, NULL, 3, sha256, NULL, &error),
                     HEARTH_EDIGEST);
    hearth_blob_write_suspend(begin("k", 0));
}

static void test_a_key_has_one_writer_at_a_time(void **state)
{
    (void)state;
    struct hearth_blob_writer *first = begin("k", 0), *second = NULL;
    int64_t offset;
    assert_int_equal(hearth_blob_write_begin(blobs, "k", &second, &offset, &error), HEARTH_EINUSE);
    hearth_blob_write_suspend(begin("other", 0));
    hearth_blob_write_suspend(first);
    hearth_blob_write_suspend(begin("k", 0));
}

static void test_the_same_bytes_twice_are_one_blob(void **state)
{
    (void)state;
    char first[65], second[65];
    put_blob("one", "same", first);
    put_blob("two", "same", second);
    assert_string_equal(first, second);
    assert_int_equal(hearth_blob_verify(blobs, first, NULL, NULL, &error), 0);
    assert_int_equal(hearth_blob_delete(blobs, first, &error), 0);
    assert_false(hearth_blob_exists(blobs, first, NULL));
}

static void test_an_empty_blob_is_a_blob(void **state)
{
    (void)state;
    char sha256[65];
    put_blob("k", "", sha256);
    assert_true(hearth_blob_exists(blobs, sha256, NULL));
}

static void test_what_is_missing_is_said_to_be(void **state)
{
    (void)state;
    assert_int_equal(hearth_blob_delete(blobs, abc_sha256, &error), HEARTH_ENOTFOUND);
    assert_int_equal(hearth_blob_verify(blobs, abc_sha256, NULL, NULL, &error), HEARTH_ENOTFOUND);
}

static void test_a_name_that_is_no_digest_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "../../etc/passwd", "BA7816BF",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a/"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char path[PATH_MAX];
        assert_false(hearth_blob_exists(blobs, bad[i], NULL));
        assert_int_equal(hearth_blob_delete(blobs, bad[i], &error), HEARTH_EPATH);
        assert_int_equal(hearth_blob_verify(blobs, bad[i], NULL, NULL, &error), HEARTH_EPATH);
        assert_int_equal(hearth_blob_path(blobs, bad[i], path, sizeof(path), &error), HEARTH_EPATH);
    }
}

static void test_any_key_will_do(void **state)
{
    (void)state;
    char long_key[3000];
    memset(long_key, 'k', sizeof(long_key) - 1);
    long_key[sizeof(long_key) - 1] = '\0';
    const char *const keys[] = {"../../x", "/etc/passwd", "a b\n\xff", long_key};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        char sha256[65];
        put_blob(keys[i], "abc", sha256);
        assert_string_equal(sha256, abc_sha256);
    }
    struct hearth_blob_writer *writer;
    int64_t offset;
    assert_int_equal(hearth_blob_write_begin(blobs, "", &writer, &offset, &error), HEARTH_EINVAL);
}

static bool stop_at_once(void *argument)
{
    (void)argument;
    return true;
}

static void test_verifying_can_be_stopped(void **state)
{
    (void)state;
    char sha256[65];
    put_blob("k", "abc", sha256);
    assert_int_equal(hearth_blob_verify(blobs, sha256, stop_at_once, NULL, &error),
                     HEARTH_ECANCELED);
}

static void test_a_path_is_given_for_readers_or_refused(void **state)
{
    (void)state;
    char sha256[65], path[PATH_MAX], bytes[4] = "";
    if (!*folder) {
        put_blob("k", "abc", sha256);
        assert_int_equal(hearth_blob_path(blobs, sha256, path, sizeof(path), &error),
                         HEARTH_ENOTIMPL);
        return;
    }
    assert_int_equal(hearth_blob_path(blobs, abc_sha256, path, sizeof(path), &error),
                     HEARTH_ENOTFOUND);
    put_blob("k", "abc", sha256);
    assert_int_equal(hearth_blob_path(blobs, sha256, path, 5, &error), HEARTH_ETOOLARGE);
    assert_int_equal(hearth_blob_path(blobs, sha256, path, sizeof(path), &error), 0);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(bytes, 1, sizeof(bytes), file), 3);
    fclose(file);
    assert_string_equal(bytes, "abc");
    /* Changed behind our back. */
    assert_int_equal(chmod(path, 0600), 0);
    file = fopen(path, "wb");
    fputs("abd", file);
    fclose(file);
    assert_int_equal(hearth_blob_verify(blobs, sha256, NULL, NULL, &error), HEARTH_EDIGEST);
}

static void test_a_store_that_is_opened_again_has_its_blobs_and_partial_bytes(void **state)
{
    (void)state;
    if (!*folder)
        return; /* memory ends with its program */
    char sha256[65];
    put_blob("k", "abc", sha256);
    struct hearth_blob_writer *writer = begin("later", 0);
    put(writer, "half");
    hearth_blob_write_suspend(writer);
    hearth_blob_close(blobs);
    assert_int_equal(hearth_blob_open_files(folder, &blobs, &error), 0);
    assert_true(hearth_blob_exists(blobs, sha256, NULL));
    hearth_blob_write_suspend(begin("later", 4));
}

static void test_a_folder_that_cannot_be_made_is_an_error(void **state)
{
    (void)state;
    struct hearth_blob_store *none = NULL;
    assert_int_not_equal(hearth_blob_open_files("/proc/none", &none, &error), 0);
    assert_null(none);
    assert_non_null(strstr(error.message, "/proc/none/blobs"));
}

int main(void)
{
#define BOTH(test)                                                                                 \
    {#test " (files)", test, open_files, close_files, NULL},                                       \
    {                                                                                              \
#test " (memory)", test, open_memory, close_memory, NULL                                   \
    }
    const struct CMUnitTest tests[] = {
        BOTH(test_a_blob_is_named_by_its_sha256),
        BOTH(test_nothing_has_its_name_before_it_is_committed),
        BOTH(test_a_suspended_write_goes_on_where_it_stopped),
        BOTH(test_a_restart_forgets_what_was_there),
        BOTH(test_wrong_bytes_are_refused_and_gone),
        BOTH(test_a_key_has_one_writer_at_a_time),
        BOTH(test_the_same_bytes_twice_are_one_blob),
        BOTH(test_an_empty_blob_is_a_blob),
        BOTH(test_what_is_missing_is_said_to_be),
        BOTH(test_a_name_that_is_no_digest_is_refused),
        BOTH(test_any_key_will_do),
        BOTH(test_verifying_can_be_stopped),
        BOTH(test_a_path_is_given_for_readers_or_refused),
        BOTH(test_a_store_that_is_opened_again_has_its_blobs_and_partial_bytes),
        cmocka_unit_test(test_a_folder_that_cannot_be_made_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
