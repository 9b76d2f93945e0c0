#include "base/clock.h"
#include "base/memory.h"
#include "unit/cmocka_all.h"

#include <string.h>

static void test_a_zero_sized_block_is_a_block(void **state)
{
    (void)state;
    void *blocks[] = {hearth_alloc(0), hearth_calloc(0, 8), hearth_try_alloc(0),
                      hearth_try_calloc(0, 0), hearth_realloc(NULL, 0)};
    for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
        assert_non_null(blocks[i]);
        hearth_free(blocks[i]);
    }
    hearth_free(NULL);
}

static void test_a_size_that_overflows_is_refused_by_the_try_verbs(void **state)
{
    (void)state;
    volatile size_t huge = SIZE_MAX / 2;
    assert_null(hearth_try_calloc(huge, 4));
    char *block = hearth_alloc(4);
    memcpy(block, "abc", 4);
    assert_null(hearth_try_realloc(block, huge));
    assert_string_equal(block, "abc");
    hearth_free(block);
}

static void test_texts_are_copied_and_terminated(void **state)
{
    (void)state;
    char *whole = hearth_strdup("abc"), *part = hearth_strndup("abcdef", 2),
         *made = hearth_format("%s-%05d", "x", 42);
    assert_string_equal(whole, "abc");
    assert_string_equal(part, "ab");
    assert_string_equal(made, "x-00042");
    assert_null(hearth_strdup(NULL));
    hearth_free(whole);
    hearth_free(part);
    hearth_free(made);
}

static void test_the_monotonic_clock_does_not_go_back(void **state)
{
    (void)state;
    uint64_t before = hearth_clock_monotonic_ns();
    for (int i = 0; i < 1000; i++) {
        uint64_t now = hearth_clock_monotonic_ns();
        assert_true(now >= before);
        before = now;
    }
    assert_true(hearth_clock_monotonic_ms() >= before / 1000000);
    assert_true(hearth_clock_wall_ms() > 1600000000000);
}

static void test_times_are_written_as_iso_8601(void **state)
{
    (void)state;
    char text[25];
    hearth_clock_iso8601(0, text);
    assert_string_equal(text, "1970-01-01T00:00:00.000Z");
    hearth_clock_iso8601(1709210096789, text);
    assert_string_equal(text, "2024-02-29T12:34:56.789Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_zero_sized_block_is_a_block),
        cmocka_unit_test(test_a_size_that_overflows_is_refused_by_the_try_verbs),
        cmocka_unit_test(test_texts_are_copied_and_terminated),
        cmocka_unit_test(test_the_monotonic_clock_does_not_go_back),
        cmocka_unit_test(test_times_are_written_as_iso_8601),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
