#include "base/buf.h"
#include "base/error.h"
#include "base/memory.h"
#include "unit/cmocka_all.h"

#include <string.h>

static void test_appends_are_kept_in_order(void **state)
{
    (void)state;
    struct hearth_buf buf;
    hearth_buf_init(&buf, 1000);
    assert_int_equal(hearth_buf_text(&buf, "ab"), 0);
    assert_int_equal(hearth_buf_char(&buf, 'c'), 0);
    assert_int_equal(hearth_buf_append(&buf, "\0d", 2), 0);
    assert_int_equal(hearth_buf_printf(&buf, "%03d", 5), 0);
    assert_int_equal(buf.length, 8);
    assert_memory_equal(buf.bytes, "abc\0d005", 8);
    hearth_buf_finish(&buf);
}

static void test_an_append_past_the_cap_fails_and_is_remembered(void **state)
{
    (void)state;
    struct hearth_buf buf;
    hearth_buf_init(&buf, 4);
    assert_int_equal(hearth_buf_text(&buf, "abcd"), 0);
    assert_int_equal(hearth_buf_char(&buf, 'e'), HEARTH_ETOOLARGE);
    assert_int_equal(buf.failed, HEARTH_ETOOLARGE);
    assert_int_equal(buf.length, 4);
    assert_int_equal(hearth_buf_append(&buf, "", 0), HEARTH_ETOOLARGE);
    assert_null(hearth_buf_take(&buf));
    hearth_buf_finish(&buf);
}

static void test_clear_forgets_bytes_and_failure(void **state)
{
    (void)state;
    struct hearth_buf buf;
    hearth_buf_init(&buf, 2);
    assert_int_not_equal(hearth_buf_text(&buf, "abc"), 0);
    hearth_buf_clear(&buf);
    assert_int_equal(hearth_buf_text(&buf, "ab"), 0);
    assert_int_equal(buf.length, 2);
    hearth_buf_finish(&buf);
}

static void test_a_long_format_may_fill_the_buffer_to_its_cap(void **state)
{
    (void)state;
    struct hearth_buf buf;
    hearth_buf_init(&buf, 500);
    assert_int_equal(hearth_buf_printf(&buf, "%0500d", 7), 0);
    assert_int_equal(buf.length, 500);
    assert_int_equal(buf.bytes[499], '7');
    hearth_buf_finish(&buf);
}

static void test_consume_drops_from_the_front(void **state)
{
    (void)state;
    struct hearth_buf buf;
    hearth_buf_init(&buf, 100);
    hearth_buf_text(&buf, "0123456789");
    hearth_buf_consume(&buf, 4);
    assert_int_equal(buf.length, 6);
    assert_memory_equal(buf.bytes, "456789", 6);
    hearth_buf_consume(&buf, 6);
    assert_int_equal(buf.length, 0);
    hearth_buf_finish(&buf);
}

static void test_take_gives_the_text_and_leaves_the_buffer_empty(void **state)
{
    (void)state;
    struct hearth_buf buf;
    hearth_buf_init(&buf, 3);
    hearth_buf_text(&buf, "abc");
    char *text = hearth_buf_take(&buf);
    assert_string_equal(text, "abc");
    hearth_free(text);
    assert_int_equal(buf.length, 0);
    assert_int_equal(hearth_buf_text(&buf, "abc"), 0);
    assert_int_not_equal(hearth_buf_char(&buf, 'd'), 0);
    hearth_buf_finish(&buf);
    hearth_buf_init(&buf, 3);
    text = hearth_buf_take(&buf);
    assert_string_equal(text, "");
    hearth_free(text);
}

static void test_cstr_is_terminated_and_does_not_count_it(void **state)
{
    (void)state;
    struct hearth_buf buf;
    hearth_buf_init(&buf, 4);
    hearth_buf_text(&buf, "abc");
    assert_string_equal(hearth_buf_cstr(&buf), "abc");
    assert_int_equal(buf.length, 3);
    hearth_buf_char(&buf, 'd');
    assert_null(hearth_buf_cstr(&buf));
    hearth_buf_finish(&buf);
}

static void test_growing_keeps_what_is_there(void **state)
{
    (void)state;
    struct hearth_buf buf;
    hearth_buf_init(&buf, 1 << 20);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(hearth_buf_char(&buf, (char)('a' + i % 26)), 0);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(buf.bytes[i], 'a' + i % 26);
    assert_int_equal(hearth_buf_reserve(&buf, 1 << 20), HEARTH_ETOOLARGE);
    hearth_buf_finish(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_appends_are_kept_in_order),
        cmocka_unit_test(test_an_append_past_the_cap_fails_and_is_remembered),
        cmocka_unit_test(test_clear_forgets_bytes_and_failure),
        cmocka_unit_test(test_a_long_format_may_fill_the_buffer_to_its_cap),
        cmocka_unit_test(test_consume_drops_from_the_front),
        cmocka_unit_test(test_take_gives_the_text_and_leaves_the_buffer_empty),
        cmocka_unit_test(test_cstr_is_terminated_and_does_not_count_it),
        cmocka_unit_test(test_growing_keeps_what_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
