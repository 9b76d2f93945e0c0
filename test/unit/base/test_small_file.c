#include "base/memory.h"
#include "base/small_file.h"
#include "support/temp_folder.h"
#include "unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST = 40000 };

static char directory[64], path[80];
static struct hearth_buf bytes;
static struct hearth_error error;

static int set_up(void **state)
{
    (void)state;
    temp_folder_make(directory);
    snprintf(path, sizeof(path), "%s/file", directory);
    hearth_buf_init(&bytes, MOST);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    hearth_buf_finish(&bytes);
    temp_folder_remove(directory);
    return 0;
}

static void put(size_t length)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (size_t i = 0; i < length; i++)
        fputc((int)(i % 251), file);
    assert_int_equal(fclose(file), 0);
}

static void a_file_up_to_the_cap_is_read_whole(void **state)
{
    (void)state;
    put(MOST);
    assert_int_equal(hearth_small_file_read(path, &bytes, &error), 0);
    assert_int_equal(bytes.length, MOST);
    for (size_t i = 0; i < MOST; i++)
        assert_int_equal((unsigned char)bytes.bytes[i], i % 251);
    hearth_buf_clear(&bytes);
    put(0);
    assert_int_equal(hearth_small_file_read_in(directory, "file", &bytes, &error), 0);
    assert_int_equal(bytes.length, 0);
}

static void a_larger_file_is_refused_with_the_limit(void **state)
{
    (void)state;
    put(MOST + 1);
    assert_int_equal(hearth_small_file_read(path, &bytes, &error), HEARTH_ETOOLARGE);
    assert_non_null(strstr(error.message, "larger than 40000 bytes"));
}

static void what_is_no_file_is_an_error_and_holds_nobody_up(void **state)
{
    (void)state;
    assert_int_equal(hearth_small_file_read(path, &bytes, &error), HEARTH_ENOTFOUND);
    assert_non_null(strstr(error.message, path));
    assert_int_equal(hearth_small_file_read(directory, &bytes, &error), HEARTH_EIO);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(hearth_small_file_read(path, &bytes, &error), HEARTH_EIO);
}

static void a_path_that_is_too_long_is_not_cut(void **state)
{
    (void)state;
    char *name = hearth_calloc(1, 5000);
    memset(name, 'a', 4999);
    assert_int_equal(hearth_small_file_read_in("/tmp", name, &bytes, &error), HEARTH_EPATH);
    hearth_free(name);
}

static void a_pipe_is_read_until_its_writers_end(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "some text", 9), 9);
    close(ends[1]);
    assert_int_equal(hearth_descriptor_read(ends[0], "a pipe", &bytes, &error), 0);
    assert_int_equal(bytes.length, 9);
    assert_memory_equal(bytes.bytes, "some text", 9);
    close(ends[0]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_up_to_the_cap_is_read_whole),
        TEST(a_larger_file_is_refused_with_the_limit),
        TEST(what_is_no_file_is_an_error_and_holds_nobody_up),
        TEST(a_path_that_is_too_long_is_not_cut),
        TEST(a_pipe_is_read_until_its_writers_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
