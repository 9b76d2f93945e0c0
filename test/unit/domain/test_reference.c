#include "domain/reference.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_the_three_forms_are_taken_apart(void **state)
{
    (void)state;
    struct hearth_reference reference;
    assert_int_equal(hearth_reference_parse("smollm2", &reference, NULL), 0);
    assert_string_equal(reference.name, "smollm2");
    assert_int_equal(reference.number, 0);
    assert_string_equal(reference.alias, "");
    assert_int_equal(hearth_reference_parse("a.b-c_d:12", &reference, NULL), 0);
    assert_string_equal(reference.name, "a.b-c_d");
    assert_int_equal(reference.number, 12);
    assert_int_equal(hearth_reference_parse("a@default", &reference, NULL), 0);
    assert_string_equal(reference.alias, "default");
}

static void test_hostile_text_is_refused(void **state)
{
    (void)state;
    static const char *const faulty[] = {
        "",      "../etc",   "/abs",  "a/b",   ".hidden", "-x",
        "123",   "a:",       "a:0",   "a:-1",  "a:1x",    "a:99999999999999999999",
        "a@",    "a@b@c",    "a@b:1", "a:1@b", "a b",     "a\n",
        "a\x01", "\xff\xfe", "a@..",  "a: 1",  "a:+1",    ":1",
    };
    struct hearth_reference reference;
    struct hearth_error error;
    for (size_t i = 0; i < sizeof(faulty) / sizeof(faulty[0]); i++) {
        int code = hearth_reference_parse(faulty[i], &reference, &error);
        if (code == 0)
            fail_msg("'%s' was taken", faulty[i]);
        assert_int_equal(code, error.code);
    }
}

static void test_length_is_bounded_also_in_the_message(void **state)
{
    (void)state;
    struct hearth_reference reference;
    struct hearth_error error;
    char text[5000];
    memset(text, 'a', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(hearth_reference_parse(text, &reference, &error), HEARTH_EPATH);
    assert_true(strlen(error.message) < 300);
    text[96] = '\0';
    assert_int_equal(hearth_reference_parse(text, &reference, &error), 0);
    text[96] = 'a';
    text[97] = '\0';
    assert_int_equal(hearth_reference_parse(text, &reference, &error), HEARTH_EPATH);
}

static void test_control_characters_do_not_reach_the_message(void **state)
{
    (void)state;
    struct hearth_reference reference;
    struct hearth_error error;
    hearth_reference_parse("x\n\x1b[31m\xff", &reference, &error);
    assert_null(strchr(error.message, '\n'));
    assert_null(strchr(error.message, 0x1b));
    assert_null(strchr(error.message, 0xff));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_three_forms_are_taken_apart),
        cmocka_unit_test(test_hostile_text_is_refused),
        cmocka_unit_test(test_length_is_bounded_also_in_the_message),
        cmocka_unit_test(test_control_characters_do_not_reach_the_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
