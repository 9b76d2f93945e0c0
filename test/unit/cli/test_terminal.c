#include "cli/terminal.h"
#include "unit/cmocka_all.h"

#include <string.h>

static void test_columns_count_characters_not_bytes(void **state)
{
    (void)state;
    assert_int_equal(hearth_text_columns(""), 0);
    assert_int_equal(hearth_text_columns("abc"), 3);
    assert_int_equal(hearth_text_columns("é…"), 2);
}

static void test_styles_are_empty_where_there_is_no_terminal(void **state)
{
    (void)state;
    if (!hearth_terminal_out())
        assert_string_equal(hearth_style(HEARTH_RED), "");
    if (!hearth_terminal_err())
        assert_string_equal(hearth_style_err(HEARTH_RED), "");
    assert_true(hearth_terminal_columns() >= 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns_count_characters_not_bytes),
        cmocka_unit_test(test_styles_are_empty_where_there_is_no_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
