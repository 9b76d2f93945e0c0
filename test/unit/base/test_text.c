#include "base/error.h"
#include "base/text.h"
#include "unit/cmocka_all.h"

#include <string.h>

static void test_an_integer_is_the_whole_text_within_its_bounds(void **state)
{
    (void)state;
    int64_t value = 42;
    assert_int_equal(hearth_parse_int("-9223372036854775808", INT64_MIN, INT64_MAX, &value), 0);
    assert_true(value == INT64_MIN);
    assert_int_equal(hearth_parse_int("9223372036854775807", INT64_MIN, INT64_MAX, &value), 0);
    assert_true(value == INT64_MAX);
    assert_int_equal(hearth_parse_int("0007", 0, 10, &value), 0);
    assert_int_equal(value, 7);
    static const char *const bad[] = {"",
                                      "-",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "1x",
                                      "0x10",
                                      "1.0",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "99999999999999999999",
                                      "11",
                                      "-1"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int64_t high = i < 11 ? INT64_MAX : 10, low = i < 11 ? INT64_MIN : 0;
        assert_int_equal(hearth_parse_int(bad[i], low, high, &value), HEARTH_EPARSE);
        assert_int_equal(value, 7);
    }
}

static void test_a_real_number_is_finite_and_the_whole_text(void **state)
{
    (void)state;
    double value = 0;
    assert_int_equal(hearth_parse_double("-1.5e3", &value), 0);
    assert_true(value == -1500);
    static const char *const bad[] = {"",    "nan",  "inf", "1e999", "0x1p3",
                                      "1,5", "1.5 ", "e",   "1.2.3", "--1"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(hearth_parse_double(bad[i], &value), HEARTH_EPARSE);
    assert_true(value == -1500);
}

static void test_sizes_are_in_powers_of_1024(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {
        {"0", 0},           {"512", 512},      {"1k", 1024},          {"64KiB", 65536},
        {"10MB", 10485760}, {"1.5M", 1572864}, {"4 GiB", 4294967296}, {"2T", 2199023255552}};
    uint64_t bytes = 1;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(hearth_parse_size(good[i].text, &bytes), 0);
        assert_true(bytes == good[i].bytes);
    }
    static const char *const bad[] = {"",       "-1",           "10X",   "MB",
                                      "1.2.3M", "99999999999T", "1 M B", "1e3"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(hearth_parse_size(bad[i], &bytes), HEARTH_EPARSE);
}

static void test_a_bare_duration_is_in_seconds(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t ms;
    } good[] = {{"0", 0},       {"3", 3000},      {"250ms", 250}, {"1.5s", 1500},
                {"5m", 300000}, {"2min", 120000}, {"2h", 7200000}};
    uint64_t ms = 1;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(hearth_parse_duration(good[i].text, &ms), 0);
        assert_true(ms == good[i].ms);
    }
    static const char *const bad[] = {"", "s", "-3s", "5 parsecs", "1d"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(hearth_parse_duration(bad[i], &ms), HEARTH_EPARSE);
}

static void test_only_well_formed_utf8_is_valid(void **state)
{
    (void)state;
    static const char *const good[] = {"",
                                       "a",
                                       "\xc2\x80",
                                       "\xe0\xa0\x80",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(hearth_utf8_valid(good[i], strlen(good[i])));
    static const char *const bad[] = {"\x80",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xe2\x82",
                                      "\xe2\x28\xa1",
                                      "\xff"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(hearth_utf8_valid(bad[i], strlen(bad[i])));
    assert_int_equal(hearth_utf8_width("", 0), 0);
    assert_int_equal(hearth_utf8_width("\xf0\x9f\x94\xa5", 4), 4);
    assert_int_equal(hearth_utf8_width("\xf0\x9f\x94\xa5", 3), 0);
}

static void test_only_what_more_bytes_could_complete_is_held_back(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t whole;
    } cases[] = {
        {"", 0},
        {"ab", 2},
        {"ab\xe2", 2},
        {"ab\xe2\x82", 2},
        {"\xe2\x82\xac", 3},
        {"a\xf0\x9f\x94", 1},
        {"\xf0\x9f\x94\xa5", 4},
        {"a\x80\x80\x80\x80", 5},
        {"a\xff", 2},
        {"a\xc0", 2},
        {"a\xe0\x80", 3},
        {"a\xed\xa0", 3},
        {"a\xf5", 2},
        {"a\xf4\x90", 3},
        {"a\xc3", 1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(hearth_utf8_whole(cases[i].text, strlen(cases[i].text)), cases[i].whole);
}

static void test_hex_and_base64_match_the_published_vectors(void **state)
{
    (void)state;
    char hex[9];
    hearth_hex("\x00\x7f\xff\x10", 4, hex);
    assert_string_equal(hex, "007fff10");
    /* RFC 4648, section 10. */
    static const char *const vectors[][2] = {{"", ""},
                                             {"f", "Zg=="},
                                             {"fo", "Zm8="},
                                             {"foo", "Zm9v"},
                                             {"foob", "Zm9vYg=="},
                                             {"fooba", "Zm9vYmE="},
                                             {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        struct hearth_buf buf;
        hearth_buf_init(&buf, 100);
        assert_int_equal(hearth_base64_append(&buf, vectors[i][0], strlen(vectors[i][0])), 0);
        assert_string_equal(hearth_buf_cstr(&buf), vectors[i][1]);
        hearth_buf_finish(&buf);
    }
    struct hearth_buf small;
    hearth_buf_init(&small, 3);
    assert_int_equal(hearth_base64_append(&small, "a", 1), HEARTH_ETOOLARGE);
    hearth_buf_finish(&small);
}

static void test_secrets_are_equal_only_when_every_byte_is(void **state)
{
    (void)state;
    assert_true(hearth_secret_equal("abc", 3, "abc", 3));
    assert_true(hearth_secret_equal("", 0, "", 0));
    assert_false(hearth_secret_equal("abc", 3, "abd", 3));
    assert_false(hearth_secret_equal("abc", 3, "ab", 2));
    assert_false(hearth_secret_equal("ab", 2, "abab", 4));
    assert_false(hearth_secret_equal("abab", 4, "ab", 2));
    assert_false(hearth_secret_equal("a", 1, "", 0));
    assert_false(hearth_secret_equal("", 0, "a", 1));
}

static void test_the_nearest_word_is_suggested_but_no_far_one(void **state)
{
    (void)state;
    static const char *const words[] = {"port", "host", "context", "install", NULL};
    assert_string_equal(hearth_nearest_word("prot", (const char *const[]){"pro", NULL}), "pro");
    assert_string_equal(hearth_nearest_word("por", words), "port");
    assert_string_equal(hearth_nearest_word("contxt", words), "context");
    assert_string_equal(hearth_nearest_word("instal", words), "install");
    assert_string_equal(hearth_nearest_word("host", words), "host");
    assert_null(hearth_nearest_word("quite-other", words));
    char longest[200];
    memset(longest, 'a', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    assert_null(hearth_nearest_word(longest, words));
}

static void test_model_names_are_as_the_contract_says(void **state)
{
    (void)state;
    char longest[98];
    memset(longest, 'a', sizeof(longest));
    longest[96] = '\0';
    assert_true(hearth_model_name_valid(longest));
    longest[96] = 'a';
    longest[97] = '\0';
    assert_false(hearth_model_name_valid(longest));
    static const char *const good[] = {"a", "A.b_c-9", "9a", "smollm2"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(hearth_model_name_valid(good[i]));
    static const char *const bad[] = {"",    "123", ".a",  "-a",       "_a",  "a/b",
                                      "a b", "a:1", "a@b", "\xc3\xa9", "../x"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(hearth_model_name_valid(bad[i]));
}

static void test_an_inner_path_leads_nowhere_else(void **state)
{
    (void)state;
    char longest[600];
    memset(longest, 'a', sizeof(longest));
    for (size_t i = 200; i < sizeof(longest); i += 200)
        longest[i] = '/';
    longest[512] = '\0';
    assert_true(hearth_inner_path_valid(longest));
    longest[512] = 'a';
    longest[513] = '\0';
    assert_false(hearth_inner_path_valid(longest));
    longest[200] = 'a';
    longest[300] = '\0';
    assert_false(hearth_inner_path_valid(longest));
    static const char *const good[] = {"a", "a/b.c", "..a/b..", ".hidden", "\xc3\xa9/x y"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(hearth_inner_path_valid(good[i]));
    static const char *const bad[] = {"",     "/",    "/a",    "a/",   "a//b", ".",     "..",
                                      "a/..", "../a", "a/./b", "a\\b", "a\nb", "a\x7f", "\xff"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(hearth_inner_path_valid(bad[i]));
}

static void test_sizes_are_short_and_in_powers_of_1024(void **state)
{
    (void)state;
    static const struct {
        uint64_t bytes;
        const char *text;
    } cases[] = {
        {0, "0 B"},           {1023, "1023 B"},         {1024, "1.0 KiB"},        {1536, "1.5 KiB"},
        {1048575, "1.0 MiB"}, {104857600, "100.0 MiB"}, {UINT64_MAX, "16.0 EiB"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[16];
        hearth_size_text(cases[i].bytes, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void test_only_this_machine_is_loopback(void **state)
{
    (void)state;
    static const char *const here[] = {"localhost", "LocalHost", "127.0.0.1",      "127.9.9.9",
                                       "::1",       "[::1]",     "0:0:0:0:0:0:0:1"};
    static const char *const elsewhere[] = {"",
                                            "127.example.org",
                                            "127.0.0.1.example.org",
                                            "localhost.example.org",
                                            "[",
                                            "[]",
                                            "[::1",
                                            "[::1]x",
                                            "::2",
                                            "0.0.0.0",
                                            "128.0.0.1",
                                            "::ffff:192.0.2.1",
                                            "[[::1]]"};
    for (size_t i = 0; i < sizeof(here) / sizeof(here[0]); i++)
        if (!hearth_host_is_loopback(here[i]))
            fail_msg("%s", here[i]);
    for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++)
        if (hearth_host_is_loopback(elsewhere[i]))
            fail_msg("%s", elsewhere[i]);
}

static void test_an_end_is_the_whole_end(void **state)
{
    (void)state;
    assert_true(hearth_text_ends("model.gguf", ".gguf"));
    assert_true(hearth_text_ends(".gguf", ".gguf"));
    assert_false(hearth_text_ends("gguf", ".gguf"));
    assert_false(hearth_text_ends("model.gguf2", ".gguf"));
}

static void test_the_sentence_of_a_message_has_no_place_in_a_source(void **state)
{
    (void)state;
    assert_string_equal(hearth_message_sentence("/a/b.c:12: GGML_ASSERT(x > 0) failed"),
                        "GGML_ASSERT(x > 0) failed");
    assert_string_equal(hearth_message_sentence("prog: /a/b.c:7: f: Assertion `x' failed."),
                        "f: Assertion `x' failed.");
    assert_string_equal(hearth_message_sentence("it ended: at 10:30 o'clock"),
                        "it ended: at 10:30 o'clock");
    assert_string_equal(hearth_message_sentence(""), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes_are_short_and_in_powers_of_1024),
        cmocka_unit_test(test_an_integer_is_the_whole_text_within_its_bounds),
        cmocka_unit_test(test_a_real_number_is_finite_and_the_whole_text),
        cmocka_unit_test(test_sizes_are_in_powers_of_1024),
        cmocka_unit_test(test_a_bare_duration_is_in_seconds),
        cmocka_unit_test(test_only_well_formed_utf8_is_valid),
        cmocka_unit_test(test_only_what_more_bytes_could_complete_is_held_back),
        cmocka_unit_test(test_hex_and_base64_match_the_published_vectors),
        cmocka_unit_test(test_secrets_are_equal_only_when_every_byte_is),
        cmocka_unit_test(test_the_nearest_word_is_suggested_but_no_far_one),
        cmocka_unit_test(test_an_inner_path_leads_nowhere_else),
        cmocka_unit_test(test_model_names_are_as_the_contract_says),
        cmocka_unit_test(test_only_this_machine_is_loopback),
        cmocka_unit_test(test_an_end_is_the_whole_end),
        cmocka_unit_test(test_the_sentence_of_a_message_has_no_place_in_a_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
