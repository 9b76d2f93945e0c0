#include "base/error.h"
#include "cli/command.h"
#include "unit/cmocka_all.h"

#include <string.h>

static struct hearth_invocation invocation;
static struct hearth_error error;

/* Words up to a NULL, behind the program's name. */
static int parse(const char *first, ...)
{
    static char program[] = "hearth";
    char *argv[32] = {program};
    int argc = 1;
    va_list words;
    va_start(words, first);
    for (const char *word = first; word; word = va_arg(words, const char *))
        argv[argc++] = (char *)(uintptr_t)word;
    va_end(words);
    error = (struct hearth_error){.code = 0};
    return hearth_command_parse(argc, argv, &invocation, &error);
}

static const char *flag(const char *key)
{
    for (size_t i = 0; i + 1 < invocation.flag_count; i += 2)
        if (strcmp(invocation.flags[i], key) == 0)
            return invocation.flags[i + 1];
    return NULL;
}

static void test_no_words_and_help_ask_for_help_on_everything(void **state)
{
    (void)state;
    assert_int_equal(parse(NULL), 0);
    assert_true(invocation.help);
    assert_null(invocation.command);
    assert_int_equal(parse("--help", NULL), 0);
    assert_true(invocation.help && !invocation.command);
    assert_int_equal(parse("help", "run", NULL), 0);
    assert_true(invocation.help);
    assert_string_equal(invocation.command->name, "run");
    assert_int_equal(parse("run", "--help", NULL), 0);
    assert_true(invocation.help);
    assert_int_equal(parse("show", "-h", NULL), 0);
    assert_true(invocation.help);
    assert_int_equal(parse("--version", NULL), 0);
    assert_string_equal(invocation.command->name, "version");
}

static void test_a_command_of_two_words_is_found(void **state)
{
    (void)state;
    assert_int_equal(parse("config", "show", "--json", NULL), 0);
    assert_string_equal(invocation.command->name, "config show");
    assert_true(invocation.json);
    assert_int_equal(invocation.argument_count, 0);
    assert_int_equal(parse("config", NULL), HEARTH_EINVAL);
    assert_non_null(strstr(error.message, "check or show"));
    assert_int_equal(parse("config", "sow", NULL), HEARTH_EINVAL);
}

static void test_a_mistyped_command_or_flag_gets_a_suggestion(void **state)
{
    (void)state;
    assert_int_equal(parse("instal", NULL), HEARTH_EINVAL);
    assert_non_null(strstr(error.message, "did you mean 'install'?"));
    assert_int_equal(parse("serve", "--prot", "1", NULL), HEARTH_EINVAL);
    assert_non_null(strstr(error.message, "did you mean --port?"));
    assert_int_equal(parse("run", "m", "--temprature", "1", NULL), HEARTH_EINVAL);
    assert_non_null(strstr(error.message, "did you mean --temperature?"));
    assert_int_equal(parse("list", "--quite-other", NULL), HEARTH_EINVAL);
    assert_non_null(strstr(error.message, "hearth list --help"));
}

static void test_values_stand_behind_a_blank_or_an_equals_sign(void **state)
{
    (void)state;
    assert_int_equal(parse("serve", "--port", "9000", "--host=::1", "--home=", NULL), 0);
    assert_string_equal(flag("port"), "9000");
    assert_string_equal(flag("host"), "::1");
    assert_string_equal(flag("home"), "");
    assert_int_equal(parse("serve", "--port", NULL), HEARTH_EINVAL);
    assert_non_null(strstr(error.message, "needs a value"));
    assert_int_equal(parse("install", "file:a", "--name", "--json", NULL), 0);
    assert_string_equal(hearth_invocation_option(&invocation, "name"), "--json");
}

static void test_truths_need_no_value_but_may_have_one(void **state)
{
    (void)state;
    assert_int_equal(parse("serve", "--insecure", "--gzip=false", NULL), 0);
    assert_string_equal(flag("insecure"), "true");
    assert_string_equal(flag("gzip"), "false");
    assert_int_equal(parse("rm", "m", "--force", NULL), 0);
    assert_string_equal(hearth_invocation_option(&invocation, "force"), "");
    assert_int_equal(parse("rm", "m", "--force=yes", NULL), HEARTH_EINVAL);
}

static void test_a_setting_is_a_flag_only_where_its_row_says_so(void **state)
{
    (void)state;
    assert_int_equal(parse("list", "--port", "1", NULL), HEARTH_EINVAL);
    assert_int_equal(parse("list", "--url", "http://a", "--home", "/x", NULL), 0);
    assert_string_equal(flag("url"), "http://a");
    assert_int_equal(parse("serve", "--url", "http://a", NULL), HEARTH_EINVAL);
    assert_int_equal(parse("install", "file:a", "--locked", NULL), 0);
    assert_int_equal(parse("show", "m", "--locked", NULL), HEARTH_EINVAL);
    assert_int_equal(parse("version", "--home", "/x", NULL), HEARTH_EINVAL);
    assert_int_equal(parse("config", "show", "--port", "1", NULL), 0);
}

static void test_arguments_are_counted(void **state)
{
    (void)state;
    assert_int_equal(parse("show", NULL), HEARTH_EINVAL);
    assert_non_null(strstr(error.message, "hearth show smollm2"));
    assert_int_equal(parse("show", "a", "b", NULL), HEARTH_EINVAL);
    assert_non_null(strstr(error.message, "'b'"));
    assert_int_equal(parse("run", "m", "two", "words", NULL), 0);
    assert_int_equal(invocation.argument_count, 3);
}

static void test_behind_two_dashes_everything_is_an_argument(void **state)
{
    (void)state;
    assert_int_equal(parse("run", "m", "--", "--json", "-h", "--", NULL), 0);
    assert_false(invocation.json || invocation.help);
    assert_int_equal(invocation.argument_count, 4);
    assert_string_equal(invocation.arguments[3], "--");
    assert_int_equal(parse("run", "m", "-", NULL), 0);
    assert_string_equal(invocation.arguments[1], "-");
}

static void test_only_repeating_options_may_repeat(void **state)
{
    (void)state;
    assert_int_equal(parse("install", "file:a", "--tag", "a=1", "--tag", "b=2", NULL), 0);
    assert_int_equal(invocation.option_count, 2);
    assert_int_equal(parse("install", "file:a", "--name", "a", "--name", "b", NULL), HEARTH_EINVAL);
    assert_non_null(strstr(error.message, "twice"));
}

static void test_too_much_is_refused_not_cut(void **state)
{
    (void)state;
    static char program[] = "hearth", run[] = "run", word[] = "x", repeated[] = "--tag=a=b",
                install[] = "install";
    char *argv[200] = {program, run};
    for (int i = 2; i < 200; i++)
        argv[i] = word;
    assert_int_equal(hearth_command_parse(200, argv, &invocation, &error), HEARTH_EINVAL);
    argv[1] = install;
    for (int i = 2; i < 200; i++)
        argv[i] = repeated;
    assert_int_equal(hearth_command_parse(200, argv, &invocation, &error), HEARTH_EINVAL);
    char longest[300];
    memset(longest, '-', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    assert_int_equal(parse("list", longest, NULL), HEARTH_EINVAL);
}

static void test_every_command_has_what_help_needs(void **state)
{
    (void)state;
    for (const struct hearth_command *row = hearth_commands; row->name; row++) {
        assert_non_null(row->run);
        assert_true(strlen(row->summary) > 10);
        assert_non_null(row->arguments);
        assert_true(strstr(row->example, "hearth") && strstr(row->example, row->name));
        assert_true(row->least <= row->most);
        for (const struct hearth_option *option = row->options; option && option->name; option++)
            assert_true(strlen(option->help) > 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_words_and_help_ask_for_help_on_everything),
        cmocka_unit_test(test_a_command_of_two_words_is_found),
        cmocka_unit_test(test_a_mistyped_command_or_flag_gets_a_suggestion),
        cmocka_unit_test(test_values_stand_behind_a_blank_or_an_equals_sign),
        cmocka_unit_test(test_truths_need_no_value_but_may_have_one),
        cmocka_unit_test(test_a_setting_is_a_flag_only_where_its_row_says_so),
        cmocka_unit_test(test_arguments_are_counted),
        cmocka_unit_test(test_behind_two_dashes_everything_is_an_argument),
        cmocka_unit_test(test_only_repeating_options_may_repeat),
        cmocka_unit_test(test_too_much_is_refused_not_cut),
        cmocka_unit_test(test_every_command_has_what_help_needs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
