#include "base/json.h"
#include "unit/cmocka_all.h"

#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *parse(const char *text, struct hearth_error *error)
{
    return hearth_json_parse(text, strlen(text), error);
}

static void test_a_fault_is_told_with_line_and_column(void **state)
{
    (void)state;
    struct hearth_error error = {0};
    assert_null(parse("{\"a\": 1,\n  oops}", &error));
    assert_int_equal(error.code, HEARTH_EPARSE);
    assert_non_null(strstr(error.message, "line 2"));
    assert_non_null(strstr(error.message, "column"));
}

static void expect_fault(const char *text, const char *message)
{
    struct hearth_error error = {0};
    assert_null(parse(text, &error));
    assert_int_equal(error.code, HEARTH_EPARSE);
    assert_string_equal(error.message, message);
}

/* jansson's would say "too big integer near '99999999999999999999'". */
static void test_every_fault_is_told_in_our_own_words(void **state)
{
    (void)state;
    expect_fault("{\"seed\":99999999999999999999}",
                 "JSON, line 1, column 28: the number is too large");
    expect_fault("[-99999999999999999999]", "JSON, line 1, column 22: the number is too large");
    expect_fault("[1e400]", "JSON, line 1, column 6: the number is too large");
    expect_fault("[\"\xff\"]", "JSON, line 1, column 2: a byte here is not valid UTF-8");
    expect_fault("", "JSON, line 1, column 0: the text ends before its value is complete");
    expect_fault("{\"a\":1", "JSON, line 1, column 6: the text ends before its value is complete");
    expect_fault("[1] x", "JSON, line 1, column 5: the value is complete, but the text goes on");
    expect_fault("{\"secret\" 1}", "JSON, line 1, column 11: this is not valid JSON");
    expect_fault("[\"\\q\"]", "JSON, line 1, column 4: this is not valid JSON");
}

static void test_a_key_that_stands_twice_is_named_when_it_is_plain(void **state)
{
    (void)state;
    expect_fault("{\"max_tokens\":1,\"max_tokens\" :2}",
                 "JSON, line 1, column 28: the key \"max_tokens\" stands twice in the same object");
    expect_fault("{\"a\\\"b\":1,\"a\\\"b\":2}",
                 "JSON, line 1, column 16: a key stands twice in the same object");
    expect_fault("{\"a b\":1,\"a b\":2}",
                 "JSON, line 1, column 14: a key stands twice in the same object");
    char text[300], key[101];
    memset(key, 'k', 100);
    key[100] = '\0';
    snprintf(text, sizeof(text), "{\"%s\":1,\"%s\":2}", key, key);
    expect_fault(text, "JSON, line 1, column 208: a key stands twice in the same object");
}

static void test_what_is_not_one_clean_document_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",         "{",   "{} {}", "{\"a\":1,\"a\":2}", "\"\\u0000\"",       "[1,]",
        "\"\xff\"", "nan", "1e999", "\"\\ud800\"",       "{\"a\\u0000b\": 1}"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_null(parse(bad[i], NULL));
    char *deep = malloc(100001);
    memset(deep, '[', 100000);
    deep[100000] = '\0';
    assert_null(parse(deep, NULL));
    free(deep);
}

static void test_a_text_with_a_null_character_is_refused_in_our_own_words(void **state)
{
    (void)state;
    static const char *const bad[] = {"[\"a\\u0000b\"]", "{\"a\\u0000b\": 1}"};
    for (size_t i = 0; i < 2; i++) {
        struct hearth_error error;
        assert_null(hearth_json_parse(bad[i], strlen(bad[i]), &error));
        assert_int_equal(error.code, HEARTH_EPARSE);
        assert_non_null(strstr(error.message, "U+0000"));
        assert_null(strstr(error.message, "JSON_ALLOW_NUL"));
    }
}

static void test_a_null_character_is_found_wherever_it_was_let_in(void **state)
{
    (void)state;
    struct {
        const char *text;
        bool has;
    } rows[] = {{"\"a\\u0000b\"", true},
                {"[1,[{\"a\":[\"\\u0000\"]}]]", true},
                {"\"\\\\u0000\"", false},
                {"{\"a\":[1,true,null,\"b\"]}", false}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        json_t *value = hearth_json_parse_any_text(rows[i].text, strlen(rows[i].text), NULL);
        assert_non_null(value);
        assert_int_equal(hearth_json_has_nul(value), rows[i].has);
        json_decref(value);
    }
    static const char key[] = "{\"a\\u0000b\": 1}", raw[] = "\"a\0b\"";
    assert_null(hearth_json_parse_any_text(key, sizeof(key) - 1, NULL));
    assert_null(hearth_json_parse_any_text(raw, sizeof(raw) - 1, NULL));
}

static void test_members_are_read_with_their_fallback(void **state)
{
    (void)state;
    json_t *object = parse("{\"t\":\"x\",\"i\":5,\"r\":1.5,\"b\":true,\"n\":null}", NULL);
    assert_string_equal(hearth_json_text(object, "t", "f"), "x");
    assert_string_equal(hearth_json_text(object, "i", "f"), "f");
    assert_null(hearth_json_text(object, "absent", NULL));
    assert_int_equal(hearth_json_integer(object, "i", 9), 5);
    assert_int_equal(hearth_json_integer(object, "r", 9), 9);
    assert_true(hearth_json_number(object, "i", 0) == 5);
    assert_true(hearth_json_number(object, "r", 0) == 1.5);
    assert_true(hearth_json_number(object, "t", 2) == 2);
    assert_true(hearth_json_truth(object, "b", false));
    assert_true(hearth_json_truth(object, "n", true));
    assert_string_equal(hearth_json_text(NULL, "t", "f"), "f");
    json_decref(object);
}

static void test_a_dump_keeps_the_order_and_fails_at_the_cap(void **state)
{
    (void)state;
    json_t *object = parse("{\"z\": [1, 2.5, true, null], \"a\": \"\xc3\xa9\"}", NULL);
    struct hearth_buf buf;
    hearth_buf_init(&buf, 1000);
    assert_int_equal(hearth_json_dump(&buf, object), 0);
    assert_string_equal(hearth_buf_cstr(&buf), "{\"z\":[1,2.5,true,null],\"a\":\"\xc3\xa9\"}");
    hearth_buf_finish(&buf);
    hearth_buf_init(&buf, 5);
    assert_int_equal(hearth_json_dump(&buf, object), HEARTH_ETOOLARGE);
    hearth_buf_finish(&buf);
    json_decref(object);
}

static void test_a_dump_has_short_reals_that_stay_reals(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "[0.0002,1e-05,-0.0,2.0,1e+300,0.30000000000000004,-1.5,9007199254740993,-3,0]",
        "{}",
        "[]",
        "[{},[[]],{\"a\":{\"b\":[\"\\u0001\\\"\"]}}]",
        "\"x\"",
        "false"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct hearth_buf buf;
        json_t *value = json_loads(texts[i], JSON_DECODE_ANY, NULL);
        hearth_buf_init(&buf, 1000);
        assert_int_equal(hearth_json_dump(&buf, value), 0);
        assert_string_equal(hearth_buf_cstr(&buf), texts[i]);
        hearth_buf_finish(&buf);
        json_decref(value);
    }
    assert_true(hearth_json_dump(&(struct hearth_buf){0}, NULL) < 0);
}

static void assert_written(const char *text, size_t length, const char *want)
{
    struct hearth_buf buf;
    hearth_buf_init(&buf, 1000);
    assert_int_equal(hearth_json_write_string(&buf, text, length), 0);
    assert_string_equal(hearth_buf_cstr(&buf), want);
    hearth_buf_finish(&buf);
}

static void test_strings_are_escaped_and_made_valid(void **state)
{
    (void)state;
    assert_written("", 0, "\"\"");
    assert_written("a\"b\\c\n\r\t", 8, "\"a\\\"b\\\\c\\n\\r\\t\"");
    assert_written("\x01\0\x1f", 3, "\"\\u0001\\u0000\\u001f\"");
    assert_written("\xc3\xa9\xff!", 4, "\"\xc3\xa9\xef\xbf\xbd!\"");
    assert_written("\xe2\x82", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\"");
    assert_written("\x7f\b\f\x0b", 4, "\"\x7f\\b\\f\\u000b\"");
}

static void test_every_string_reads_back(void **state)
{
    (void)state;
    char text[256];
    size_t length = 0;
    for (int c = 1; c < 128; c++)
        text[length++] = (char)c;
    struct hearth_buf buf;
    hearth_buf_init(&buf, 10000);
    hearth_json_write_string(&buf, text, length);
    json_t *value = hearth_json_parse(buf.bytes, buf.length, NULL);
    assert_non_null(value);
    assert_int_equal(json_string_length(value), length);
    assert_memory_equal(json_string_value(value), text, length);
    json_decref(value);
    hearth_buf_finish(&buf);
}

static void test_numbers_are_short_and_read_back_exactly(void **state)
{
    (void)state;
    struct hearth_buf buf;
    hearth_buf_init(&buf, 1000);
    static const double doubles[] = {0, -0.0, 0.1, 1.0 / 3, 1e300, 5e-324, 123456789012345678.0};
    for (size_t i = 0; i < sizeof(doubles) / sizeof(doubles[0]); i++) {
        hearth_buf_clear(&buf);
        hearth_json_write_double(&buf, doubles[i]);
        assert_true(strtod(hearth_buf_cstr(&buf), NULL) == doubles[i]);
    }
    uint32_t bits = 12345;
    for (int i = 0; i < 20000; i++) {
        bits = bits * 1664525u + 1013904223u;
        float value;
        memcpy(&value, &bits, sizeof(value));
        if (!isfinite(value))
            continue;
        hearth_buf_clear(&buf);
        hearth_json_write_float(&buf, value);
        assert_true(strtof(hearth_buf_cstr(&buf), NULL) == value);
    }
    hearth_buf_clear(&buf);
    hearth_json_write_floats(&buf, (const float[]){1, 0.5f, 0.1f, NAN, INFINITY}, 5);
    assert_string_equal(hearth_buf_cstr(&buf), "[1,0.5,0.1,null,null]");
    hearth_buf_clear(&buf);
    hearth_json_write_floats(&buf, NULL, 0);
    assert_string_equal(hearth_buf_cstr(&buf), "[]");
    hearth_buf_clear(&buf);
    hearth_json_write_double(&buf, NAN);
    assert_string_equal(hearth_buf_cstr(&buf), "null");
    hearth_buf_finish(&buf);
}

static void assert_wide(const char *text, double number)
{
    struct hearth_error error = {0};
    char copy[2100];
    snprintf(copy, sizeof(copy), "{\"a\":[%s],\"b\":\"\\\"9%s\"}", text, text);
    json_t *value = hearth_json_parse_wide(copy, strlen(copy), &error);
    if (!value)
        fail_msg("%s: %s", text, error.message);
    const json_t *got = json_array_get(json_object_get(value, "a"), 0);
    assert_true(json_is_real(got));
    assert_true(fabs(json_real_value(got) - number) <= fabs(number) * 1e-12);
    assert_string_equal(hearth_json_text(value, "b", "") + 2, text); /* texts stay as they are */
    json_decref(value);
}

static void test_numbers_too_big_for_64_bits_are_reals_where_that_is_asked_for(void **state)
{
    (void)state;
    assert_wide("1000000000000000019884624838656", 1e30);
    assert_wide("-1000000000000000019884624838656", -1e30);
    assert_wide("9223372036854775808", 9223372036854775808.0);
    assert_wide("18446744073709551615", 18446744073709551615.0);
    assert_wide("-9223372036854775809", -9223372036854775808.0);
    assert_wide("1e400", 1e308);
    assert_wide("-123456.5e99999", -1e308);
    char digits[1001];
    memset(digits, '7', sizeof(digits));
    digits[1000] = '\0';
    assert_wide(digits, 1e308);
    digits[308] = '\0';
    assert_wide(digits, 7.777777777777777e307);
    digits[308] = '7';
    digits[309] = '\0';
    assert_wide(digits, 1e308);
    digits[0] = '1';
    assert_wide(digits, 1.777777777777777e308);
}

static void test_numbers_that_have_room_stay_exact_beside_one_that_has_not(void **state)
{
    (void)state;
    char text[] = "[9223372036854775807, -9223372036854775808,123456789012345678, 0.1,1e30,"
                  "99999999999999999999]";
    struct hearth_error error = {0};
    assert_null(hearth_json_parse(text, strlen(text), &error));
    assert_int_equal(error.code, HEARTH_EPARSE);
    json_t *value = hearth_json_parse_wide(text, strlen(text), &error);
    assert_non_null(value);
    assert_true(json_integer_value(json_array_get(value, 0)) == INT64_MAX);
    assert_true(json_integer_value(json_array_get(value, 1)) == INT64_MIN);
    assert_true(json_integer_value(json_array_get(value, 2)) == 123456789012345678);
    assert_true(json_real_value(json_array_get(value, 3)) == 0.1);
    assert_true(json_real_value(json_array_get(value, 4)) == 1e30);
    json_decref(value);
    static const char *const broken[] = {"[99999999999999999999",
                                         "[99999999999999999999,]",
                                         "99999999999999999999",
                                         "[-99999999999999999999-]",
                                         "[\"99999999999999999999",
                                         "[99999999999999999999,\"\\",
                                         "[99999999999999999999,099999999999999999999]",
                                         "[1e999e1]",
                                         "[1e999-]",
                                         "[1.2.3e999]"};
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        char copy[64];
        snprintf(copy, sizeof(copy), "%s", broken[i]);
        assert_null(hearth_json_parse_wide(copy, strlen(copy), &error));
    }
}

static size_t taken, most;

static void *counted_malloc(size_t size)
{
    void *block = malloc(size);
    taken += malloc_usable_size(block) + 8;
    most = taken > most ? taken : most;
    return block;
}

static void counted_free(void *block)
{
    taken -= block ? malloc_usable_size(block) + 8 : 0;
    free(block);
}

/* "[", the piece again and again, "]". */
static char *repeated(const char *piece, size_t times)
{
    size_t length = strlen(piece);
    char *text = malloc(times * length + 2);
    text[0] = '[';
    for (size_t i = 0; i < times; i++)
        memcpy(text + 1 + i * length, piece, length);
    text[times * length] = ']'; /* for the last comma */
    text[times * length + 1] = '\0';
    return text;
}

static void test_a_text_is_measured_at_what_its_parsing_takes(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "{},",
        "[],",
        "1,",
        "-1.5e3,",
        "true,",
        "\"a\",",
        "\"\\\"]}\\\\\",",
        "{\"a\":1,\"b\":[]},",
        "{\"role\":\"user\",\"content\":\"a text of some length\"},",
        "{\"k0\":0,\"k1\":0,\"k2\":0,\"k3\":0,\"k4\":0,\"k5\":0,\"k6\":0,\"k7\":0,\"k8\":0},",
        "\n [ [ 1 ] ] ,"};
    json_set_alloc_funcs(counted_malloc, counted_free);
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        char *text = repeated(pieces[i], 1000);
        struct hearth_json_size size = hearth_json_measure(text, strlen(text));
        taken = most = 0;
        struct hearth_error error;
        json_t *value = hearth_json_parse(text, strlen(text), &error);
        assert_non_null(value);
        if (size.bytes < most || size.bytes > 4 * most + 4096)
            fail_msg("%s: measured %zu, took %zu", pieces[i], (size_t)size.bytes, most);
        json_decref(value);
        free(text);
    }
    json_set_alloc_funcs(malloc, free);
}

static void test_values_and_depth_are_counted_outside_of_texts(void **state)
{
    (void)state;
    struct {
        const char *text;
        uint64_t values, depth;
    } rows[] = {{"", 0, 0},          {"7", 1, 0},         {"\"[[{{\"", 1, 0},
                {"\"\\\"[\"", 1, 0}, {"[[[]],[]]", 4, 3}, {"{\"a\": [1, {\"b\": null}]}", 7, 3},
                {"]]]]}}[", 1, 1},   {"\"unended", 1, 0}, {"\"\\", 1, 0}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct hearth_json_size size = hearth_json_measure(rows[i].text, strlen(rows[i].text));
        assert_int_equal(size.values, rows[i].values);
        assert_int_equal(size.depth, rows[i].depth);
    }
}

static void the_widest_object_is_counted(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t members;
    } rows[] = {{"[1,2,3]", 0},
                {"{\"a\":{\"b\":1,\"c:d\":2,\"e\":3},\"f\":[{\"g\":1},{\"h\":1}]}", 3},
                {"{\"a\":{},\"b\":{\"c\":1},\"d\":1,\"e\":{\"f\":1}}", 4}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(hearth_json_measure(rows[i].text, strlen(rows[i].text)).members,
                         rows[i].members);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_widest_object_is_counted),
        cmocka_unit_test(test_a_fault_is_told_with_line_and_column),
        cmocka_unit_test(test_every_fault_is_told_in_our_own_words),
        cmocka_unit_test(test_a_key_that_stands_twice_is_named_when_it_is_plain),
        cmocka_unit_test(test_what_is_not_one_clean_document_is_refused),
        cmocka_unit_test(test_a_text_with_a_null_character_is_refused_in_our_own_words),
        cmocka_unit_test(test_a_null_character_is_found_wherever_it_was_let_in),
        cmocka_unit_test(test_a_text_is_measured_at_what_its_parsing_takes),
        cmocka_unit_test(test_values_and_depth_are_counted_outside_of_texts),
        cmocka_unit_test(test_members_are_read_with_their_fallback),
        cmocka_unit_test(test_a_dump_keeps_the_order_and_fails_at_the_cap),
        cmocka_unit_test(test_a_dump_has_short_reals_that_stay_reals),
        cmocka_unit_test(test_strings_are_escaped_and_made_valid),
        cmocka_unit_test(test_every_string_reads_back),
        cmocka_unit_test(test_numbers_are_short_and_read_back_exactly),
        cmocka_unit_test(test_numbers_too_big_for_64_bits_are_reals_where_that_is_asked_for),
        cmocka_unit_test(test_numbers_that_have_room_stay_exact_beside_one_that_has_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
