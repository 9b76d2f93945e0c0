#include "text/columns.h"
#include "unit/cmocka_all.h"

#include <string.h>

static size_t columns_of(const char *text)
{
    return hearth_text_columns(text, strlen(text));
}

static void test_columns_are_those_of_a_terminal_not_bytes(void **state)
{
    (void)state;
    assert_int_equal(columns_of(""), 0);
    assert_int_equal(columns_of("abc"), 3);
    assert_int_equal(columns_of("é…ß"), 3);
    assert_int_equal(columns_of("日本語"), 6);
    assert_int_equal(columns_of("한국"), 4);
    assert_int_equal(columns_of("ｆｕｌｌ"), 8);
    assert_int_equal(columns_of("ﾊﾝｶｸ"), 4);
    assert_int_equal(columns_of("👋"), 2);
    assert_int_equal(columns_of("e\u0301"), 1);
    assert_int_equal(columns_of("a\u200d\u200bb"), 2);
}

static void test_what_steers_a_terminal_is_told(void **state)
{
    (void)state;
    static const char *const steering[] = {"\033", "\a",       "\x7f",        "\xc2\x9b",
                                           "\xff", "\xe6\x97", "\xed\xa0\x80"};
    for (size_t i = 0; i < sizeof(steering) / sizeof(steering[0]); i++) {
        struct hearth_character found = hearth_character_at(steering[i], strlen(steering[i]));
        assert_true(found.steers);
        assert_int_equal(found.columns, 1);
    }
    assert_int_equal(hearth_character_at("\xc2\x9b", 2).length, 2);
    assert_int_equal(hearth_character_at("\xe6\x97", 2).length, 1);
    assert_false(hearth_character_at("é", 2).steers);
}

static void test_punctuation_says_on_which_side_it_holds(void **state)
{
    (void)state;
    assert_true(hearth_character_at("。", 3).closes && !hearth_character_at("。", 3).opens);
    assert_true(hearth_character_at("「", 3).opens && !hearth_character_at("「", 3).closes);
    assert_true(hearth_character_at("\u200d", 3).opens);
    assert_true(hearth_character_at("\U0001F3FD", 4).closes);
    assert_false(hearth_character_at("日", 3).opens || hearth_character_at("日", 3).closes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns_are_those_of_a_terminal_not_bytes),
        cmocka_unit_test(test_what_steers_a_terminal_is_told),
        cmocka_unit_test(test_punctuation_says_on_which_side_it_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
