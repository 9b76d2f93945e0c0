#include "base/error.h"
#include "base/error_replace.h"
#include "base/text.h"
#include "unit/cmocka_all.h"

#include <errno.h>
#include <string.h>

static void test_every_row_is_found_by_number_and_by_word(void **state)
{
    (void)state;
    int number = -1;
    for (;; number--) {
        const struct hearth_error_row *row = hearth_error_row(number);
        if (row->number != number)
            break;
        assert_ptr_equal(hearth_error_row_by_code(row->code), row);
        assert_true(row->http_status >= 400 && row->http_status < 600);
        assert_true(row->exit_code > 0 && row->exit_code < 256);
        assert_true(row->grpc_status > 0 && row->grpc_status <= 16);
        assert_true(strlen(row->text) > 0 && strlen(row->openai_type) > 0);
    }
    assert_int_equal(number, HEARTH_EUNTOLD - 1);
}

static void test_an_unknown_number_is_an_internal_error(void **state)
{
    (void)state;
    assert_int_equal(hearth_error_row(0)->number, HEARTH_EINTERNAL);
    assert_int_equal(hearth_error_row(7)->number, HEARTH_EINTERNAL);
    assert_int_equal(hearth_error_row(-1000)->number, HEARTH_EINTERNAL);
    assert_null(hearth_error_row_by_code("no_such_word"));
}

static void test_set_returns_the_code_also_without_an_error(void **state)
{
    (void)state;
    struct hearth_error error = {0};
    assert_int_equal(hearth_error_set(&error, HEARTH_EPARSE, "line %d", 3), HEARTH_EPARSE);
    assert_int_equal(error.code, HEARTH_EPARSE);
    assert_string_equal(error.message, "line 3");
    assert_int_equal(hearth_error_set(NULL, HEARTH_EIO, "x"), HEARTH_EIO);
    assert_int_equal(hearth_error_set_errno(NULL, ENOENT, "x"), HEARTH_ENOTFOUND);
    hearth_error_prefix(NULL, "x");
}

static void test_prefix_goes_before_the_message(void **state)
{
    (void)state;
    struct hearth_error error = {0};
    hearth_error_set(&error, HEARTH_EIO, "cannot be read");
    hearth_error_prefix(&error, "file %s", "a");
    assert_string_equal(error.message, "file a: cannot be read");
    assert_int_equal(error.code, HEARTH_EIO);
}

static void test_errno_becomes_the_nearest_code(void **state)
{
    (void)state;
    static const struct {
        int errnum, number;
    } cases[] = {
        {ENOSPC, HEARTH_ENOSPACE}, {EDQUOT, HEARTH_ENOSPACE}, {ENOENT, HEARTH_ENOTFOUND},
        {ENOMEM, HEARTH_ENOMEM},   {EACCES, HEARTH_EIO},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct hearth_error error = {0};
        assert_int_equal(hearth_error_set_errno(&error, cases[i].errnum, "opening x"),
                         cases[i].number);
        assert_memory_equal(error.message, "opening x: ", 11);
        assert_non_null(strstr(error.message, strerror(cases[i].errnum)));
        assert_int_equal(strstr(error.message, "make room") != NULL,
                         cases[i].number == HEARTH_ENOSPACE);
    }
}

static void test_a_long_message_is_cut_at_a_character_boundary(void **state)
{
    (void)state;
    char text[2 * HEARTH_ERROR_MESSAGE_MAX];
    for (size_t lead = 0; lead < 4; lead++) {
        memset(text, 'a', lead);
        size_t length = lead;
        while (length + 5 < sizeof(text)) {
            memcpy(text + length, "\xf0\x9f\x94\xa5", 4);
            length += 4;
        }
        text[length] = '\0';
        struct hearth_error error = {0};
        hearth_error_set(&error, HEARTH_EINVAL, "%s", text);
        assert_true(hearth_utf8_valid(error.message, strlen(error.message)));
        assert_true(strlen(error.message) > HEARTH_ERROR_MESSAGE_MAX - 6);
        hearth_error_prefix(&error, "x");
        assert_true(hearth_utf8_valid(error.message, strlen(error.message)));
    }
}

static void test_what_is_replaced_is_replaced_everywhere_and_cut_at_a_character(void **state)
{
    (void)state;
    struct hearth_error error;
    hearth_error_set(&error, HEARTH_EIO, "/h/a and /h/b, not /x/c/h/");
    hearth_error_replace(&error, "/h/", "");
    assert_string_equal(error.message, "a and b, not /x/c");
    assert_int_equal(error.code, HEARTH_EIO);
    hearth_error_replace(&error, "none", "x");
    assert_string_equal(error.message, "a and b, not /x/c");
    char text[HEARTH_ERROR_MESSAGE_MAX];
    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    hearth_error_set(&error, HEARTH_EIO, "%s", text);
    hearth_error_replace(&error, "a", "\xf0\x9f\x94\xa5");
    assert_true(hearth_utf8_valid(error.message, strlen(error.message)));
    assert_true(strlen(error.message) > HEARTH_ERROR_MESSAGE_MAX - 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row_is_found_by_number_and_by_word),
        cmocka_unit_test(test_an_unknown_number_is_an_internal_error),
        cmocka_unit_test(test_set_returns_the_code_also_without_an_error),
        cmocka_unit_test(test_prefix_goes_before_the_message),
        cmocka_unit_test(test_errno_becomes_the_nearest_code),
        cmocka_unit_test(test_a_long_message_is_cut_at_a_character_boundary),
        cmocka_unit_test(test_what_is_replaced_is_replaced_everywhere_and_cut_at_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
