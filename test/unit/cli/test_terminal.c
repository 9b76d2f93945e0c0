#include "cli/terminal.h"
#include "unit/cmocka_all.h"

#include <string.h>

static void test_sizes_are_short_and_in_powers_of_1024(void **state)
{
    (void)state;
    static const struct {
        uint64_t bytes;
        const char *text;
    } cases[] = {
        {0, "0 B"},          {1023, "1023 B"},        {1024, "1.0 KB"},        {1536, "1.5 KB"},
        {1048575, "1.0 MB"}, {104857600, "100.0 MB"}, {UINT64_MAX, "16.0 EB"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[16];
        hearth_size_text(cases[i].bytes, text);
        assert_string_equal(text, cases[i].text);
    }
}

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
        cmocka_unit_test(test_sizes_are_short_and_in_powers_of_1024),
        cmocka_unit_test(test_columns_count_characters_not_bytes),
        cmocka_unit_test(test_styles_are_empty_where_there_is_no_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
