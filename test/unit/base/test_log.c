#include "base/json.h"
#include "base/log.h"
#include "unit/cmocka_all.h"

#include <string.h>
#include <unistd.h>

/* Reads the one line that the work wrote. */
static json_t *logged(int pipe_in, char *line, size_t size)
{
    ssize_t got = read(pipe_in, line, size - 1);
    assert_true(got > 0);
    line[got] = '\0';
    assert_ptr_equal(strchr(line, '\n'), line + got - 1);
    json_t *value = hearth_json_parse(line, (size_t)got, NULL);
    assert_non_null(value);
    return value;
}

static int catch_log(void **state)
{
    static int ends[2];
    if (pipe(ends))
        return -1;
    hearth_log_set_descriptor(ends[1]);
    hearth_log_set_level(HEARTH_LOG_INFO);
    *state = ends;
    return 0;
}

static int release_log(void **state)
{
    int *ends = *state;
    hearth_log_set_descriptor(STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    return 0;
}

static void test_a_line_is_one_json_object_with_its_fields(void **state)
{
    int *ends = *state;
    char line[20000];
    HEARTH_LOG(HEARTH_LOG_INFO, "model.ready", HEARTH_TEXT("model", "a\"b\n\xff"),
               HEARTH_INT("pid", -5), HEARTH_REAL("share", 0.5), HEARTH_TEXT("absent", NULL));
    json_t *value = logged(ends[0], line, sizeof(line));
    assert_string_equal(hearth_json_text(value, "level", ""), "info");
    assert_string_equal(hearth_json_text(value, "event", ""), "model.ready");
    assert_string_equal(hearth_json_text(value, "model", ""), "a\"b\n\xef\xbf\xbd");
    assert_int_equal(hearth_json_integer(value, "pid", 0), -5);
    assert_true(hearth_json_number(value, "share", 0) == 0.5);
    assert_null(json_object_get(value, "absent"));
    assert_int_equal(strlen(hearth_json_text(value, "time", "")), 24);
    json_decref(value);
}

static void test_an_event_without_fields_is_whole(void **state)
{
    int *ends = *state;
    char line[1000];
    HEARTH_LOG(HEARTH_LOG_ERROR, "oops");
    json_t *value = logged(ends[0], line, sizeof(line));
    assert_int_equal(json_object_size(value), 3);
    json_decref(value);
}

static void test_what_is_below_the_level_is_not_written(void **state)
{
    int *ends = *state;
    char line[1000];
    hearth_log_set_level(HEARTH_LOG_WARNING);
    assert_false(hearth_log_wanted(HEARTH_LOG_INFO));
    HEARTH_LOG(HEARTH_LOG_INFO, "quiet");
    HEARTH_LOG(HEARTH_LOG_WARNING, "loud");
    json_t *value = logged(ends[0], line, sizeof(line));
    assert_string_equal(hearth_json_text(value, "event", ""), "loud");
    json_decref(value);
    hearth_log_set_level(HEARTH_LOG_SILENT);
    assert_false(hearth_log_wanted(HEARTH_LOG_ERROR));
}

static void test_a_field_that_does_not_fit_is_left_out_whole(void **state)
{
    int *ends = *state;
    static char line[64 * 1024], huge[12 * 1024];
    memset(huge, 'x', sizeof(huge) - 1);
    HEARTH_LOG(HEARTH_LOG_INFO, "big", HEARTH_TEXT("a", huge), HEARTH_TEXT("b", huge),
               HEARTH_TEXT("c", huge), HEARTH_INT("d", 4));
    json_t *value = logged(ends[0], line, sizeof(line));
    assert_non_null(json_object_get(value, "a"));
    assert_null(json_object_get(value, "c"));
    assert_int_equal(hearth_json_integer(value, "d", 0), 4);
    json_decref(value);
}

static void test_levels_are_parsed_by_their_names(void **state)
{
    (void)state;
    assert_int_equal(hearth_log_level_parse("debug"), HEARTH_LOG_DEBUG);
    assert_int_equal(hearth_log_level_parse("silent"), HEARTH_LOG_SILENT);
    assert_true(hearth_log_level_parse("verbose") < 0);
    assert_true(hearth_log_level_parse("INFO") < 0);
}

int main(void)
{
#define CAUGHT(test) cmocka_unit_test_setup_teardown(test, catch_log, release_log)
    const struct CMUnitTest tests[] = {
        CAUGHT(test_a_line_is_one_json_object_with_its_fields),
        CAUGHT(test_an_event_without_fields_is_whole),
        CAUGHT(test_what_is_below_the_level_is_not_written),
        CAUGHT(test_a_field_that_does_not_fit_is_left_out_whole),
        cmocka_unit_test(test_levels_are_parsed_by_their_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
