#include "config/lock.h"
#include "config/text_file.h"
#include "support/temp_folder.h"
#include "unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct hearth_arena *arena;
static struct hearth_error error;
static char directory[64], path[96];

static int set_up(void **state)
{
    (void)state;
    arena = hearth_arena_create(4 << 20);
    temp_folder_make(directory);
    snprintf(path, sizeof(path), "%s/hearth.lock", directory);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    temp_folder_remove(directory);
    hearth_arena_destroy(arena);
    return 0;
}

static void put_text(const char *text)
{
    assert_int_equal(hearth_text_file_write(path, text, strlen(text), &error), 0);
}

static void a_lock_is_read_as_it_was_written(void **state)
{
    (void)state;
    struct hearth_lock_file files[] = {{"b/c.json", SHA, 7}, {"a \"x\".gguf", SHA, 0}};
    struct hearth_lock_entry entries[] = {
        {.name = "z", .source = "file:/x", .revision = "", .version = 3},
        {.name = "a", .source = "hf:o/r", .revision = "0123", .version = 1, files, 2},
    };
    const struct hearth_lock written = {entries, 2};
    struct hearth_lock *read = NULL;
    assert_int_equal(hearth_lock_write(path, &written, &error), 0);
    if (hearth_lock_read(path, arena, &read, &error))
        fail_msg("%s", error.message);
    assert_int_equal(read->count, 2);
    assert_string_equal(read->entries[0].name, "a");
    assert_string_equal(read->entries[0].source, "hf:o/r");
    assert_string_equal(read->entries[0].revision, "0123");
    assert_int_equal(read->entries[0].file_count, 2);
    assert_string_equal(read->entries[0].files[0].path, "a \"x\".gguf");
    assert_int_equal(read->entries[0].files[1].size, 7);
    assert_string_equal(read->entries[0].files[1].sha256, SHA);
    assert_int_equal(hearth_lock_find(read, "z")->version, 3);
    assert_null(hearth_lock_find(read, "none"));
    /* What is passed is not sorted in place. */
    assert_string_equal(entries[0].name, "z");
}

/* The same models in any order make the same bytes. */
static void the_text_is_stable(void **state)
{
    (void)state;
    struct hearth_lock_entry forth[] = {
        {.name = "a", .source = "fake:x", .revision = "", .version = 1},
        {.name = "b", .source = "fake:y", .revision = "r", .version = 2}};
    struct hearth_lock_entry back[] = {forth[1], forth[0]};
    const char *first, *second;
    size_t length;
    assert_int_equal(hearth_lock_write(path, &(struct hearth_lock){forth, 2}, &error), 0);
    assert_int_equal(hearth_text_file_read(path, 1 << 20, arena, &first, &length, &error), 0);
    assert_int_equal(hearth_lock_write(path, &(struct hearth_lock){back, 2}, &error), 0);
    assert_int_equal(hearth_text_file_read(path, 1 << 20, arena, &second, &length, &error), 0);
    assert_string_equal(first, second);
    assert_int_equal(first[length - 1], '\n');
    assert_int_equal(hearth_lock_write(path, &(struct hearth_lock){NULL, 0}, &error), 0);
    struct hearth_lock *empty = NULL;
    assert_int_equal(hearth_lock_read(path, arena, &empty, &error), 0);
    assert_int_equal(empty->count, 0);
}

static void a_lock_that_is_missing_or_wrong_is_told(void **state)
{
    (void)state;
    struct hearth_lock *lock = NULL;
    assert_int_equal(hearth_lock_read(path, arena, &lock, &error), HEARTH_ENOTFOUND);
#define ENTRY(name, files)                                                                         \
    "{\"name\":" name ",\"version\":1,\"source\":\"fake:x\",\"revision\":\"\",\"files\":[" files   \
    "]}"
#define LOCK(entries) "{\"version\":1,\"models\":[" entries "]}"
#define FILE_ROW(p, s) "{\"path\":\"" p "\",\"size\":1,\"sha256\":\"" s "\"}"
    static const char *const wrong[] = {
        "",
        "[]",
        "{\"version\":2,\"models\":[]}",
        "{\"version\":1}",
        LOCK("{}"),
        LOCK("7"),
        LOCK(ENTRY("\"../x\"", "")),
        LOCK(ENTRY("\"x\"", "") "," ENTRY("\"x\"", "")),
        LOCK(ENTRY("\"x\"", FILE_ROW("../y", SHA))),
        LOCK(ENTRY("\"x\"", FILE_ROW("/etc/passwd", SHA))),
        LOCK(ENTRY("\"x\"", FILE_ROW("a/./b", SHA))),
        LOCK(ENTRY("\"x\"", FILE_ROW("a/", SHA))),
        LOCK(ENTRY("\"x\"", FILE_ROW("a", "12"))),
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        put_text(wrong[i]);
        if (hearth_lock_read(path, arena, &lock, &error) != HEARTH_EPARSE)
            fail_msg("taken: %s", wrong[i]);
        assert_non_null(strstr(error.message, path));
    }
    put_text(LOCK(ENTRY("\"x\"", FILE_ROW("a/b", SHA))));
    assert_null(lock);
    assert_int_equal(hearth_lock_read(path, arena, &lock, &error), 0);
}

static void a_file_is_replaced_whole_or_not_at_all(void **state)
{
    (void)state;
    const char *text;
    size_t length;
    put_text("old");
    assert_int_equal(chmod(path, 0600), 0);
    put_text("new");
    assert_int_equal(hearth_text_file_read(path, 3, arena, &text, &length, &error), 0);
    assert_string_equal(text, "new");
    assert_int_equal(hearth_text_file_read(path, 2, arena, &text, &length, &error),
                     HEARTH_ETOOLARGE);
    assert_int_equal(hearth_text_file_write("/proc/none/x", "x", 1, &error), HEARTH_ENOTFOUND);
    /* No partial file is left beside it. */
    char command[128];
    snprintf(command, sizeof(command), "test $(ls %s | wc -l) = 1", directory);
    assert_int_equal(system(command), 0);
}

static void what_is_no_text_file_is_refused(void **state)
{
    (void)state;
    const char *text = NULL;
    size_t length;
    assert_int_equal(hearth_text_file_read(directory, 100, arena, &text, &length, &error),
                     HEARTH_EIO);
    assert_int_equal(hearth_text_file_read("/dev/null", 100, arena, &text, &length, &error),
                     HEARTH_EIO);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(hearth_text_file_read(path, 100, arena, &text, &length, &error), HEARTH_EIO);
    unlink(path);
    assert_int_equal(hearth_text_file_write(path, "a\0b", 3, &error), 0);
    assert_int_equal(hearth_text_file_read(path, 100, arena, &text, &length, &error),
                     HEARTH_EPARSE);
    put_text("\xc3");
    assert_int_equal(hearth_text_file_read(path, 100, arena, &text, &length, &error),
                     HEARTH_EPARSE);
    assert_null(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_lock_is_read_as_it_was_written),        TEST(the_text_is_stable),
        TEST(a_lock_that_is_missing_or_wrong_is_told), TEST(a_file_is_replaced_whole_or_not_at_all),
        TEST(what_is_no_text_file_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
