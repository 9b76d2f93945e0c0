/* Validators: what changes them, and how If-None-Match is read. */
#include "gateway/etag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char *const keys[] = {"model", "input", "dimensions", NULL};

static const struct hearth_vector_digest maker = {.digits = "0123456789abcdef"};

static bool make(const char *body, char tag[HEARTH_ETAG_MAX])
{
    char digest[HEARTH_SHA256_HEX];
    json_t *json = hearth_json_parse(body, strlen(body), NULL);
    assert_non_null(json);
    bool made = hearth_etag_digest(json, keys, digest);
    hearth_etag_make(digest, &maker, tag);
    json_decref(json);
    return made;
}

static void the_tag_is_quoted_and_the_same_for_the_same(void **state)
{
    (void)state;
    char a[HEARTH_ETAG_MAX], b[HEARTH_ETAG_MAX];
    assert_true(make("{\"model\":\"m\",\"input\":[\"x\",\"y\"]}", a));
    assert_true(make("{\"input\":[\"x\",\"y\"],\"user\":\"u\",\"model\":\"m\"}", b));
    assert_string_equal(a, b);
    assert_int_equal(strlen(a), 66);
    assert_int_equal(a[0], '"');
    assert_int_equal(a[65], '"');
    assert_true(make("{\"model\":\"m\",\"input\":[\"x\",\"y\"],\"dimensions\":null}", b));
    assert_string_equal(a, b);
}

static void no_two_requests_look_the_same(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{\"input\":\"x\"}",        "{\"input\":[\"x\"]}",  "{\"input\":[\"x\",\"\"]}",
        "{\"input\":[\"\",\"x\"]}", "{\"input\":[\"xy\"]}", "{\"input\":[\"x\",\"y\"]}",
        "{\"input\":[[1],[2]]}",    "{\"input\":[[1,2]]}",  "{\"input\":[1,2]}",
        "{\"input\":[[1],[2],[]]}", "{\"model\":\"x\"}",    "{\"input\":\"x\",\"dimensions\":1}",
        "{\"input\":true}",         "{\"input\":false}",
    };
    enum { COUNT = sizeof(bodies) / sizeof(bodies[0]) };
    char tags[COUNT][HEARTH_ETAG_MAX];
    for (size_t i = 0; i < COUNT; i++) {
        assert_true(make(bodies[i], tags[i]));
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(tags[i], tags[j]);
    }
}

static void another_maker_is_another_tag(void **state)
{
    (void)state;
    char first[HEARTH_ETAG_MAX], other[HEARTH_ETAG_MAX], digest[HEARTH_SHA256_HEX] = "d";
    struct hearth_vector_digest changed = maker;
    changed.digits[sizeof(changed.digits) - 1] ^= 1;
    hearth_etag_make(digest, &maker, first);
    hearth_etag_make(digest, &changed, other);
    assert_string_not_equal(first, other);
}

static void what_is_large_has_no_tag(void **state)
{
    (void)state;
    char tag[HEARTH_ETAG_MAX], digest[HEARTH_SHA256_HEX];
    assert_false(make("{\"input\":{\"a\":1}}", tag));
    json_t *body = json_object(), *list = json_array();
    for (int i = 0; i < 300000; i++)
        json_array_append_new(list, json_integer(i));
    json_object_set_new(body, "input", list);
    assert_false(hearth_etag_digest(body, keys, digest));
    json_decref(body);
}

static void if_none_match_is_a_list(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        bool matches;
    } rows[] = {
        {NULL, false},          {"", false},
        {"\"abc\"", true},      {"W/\"abc\"", true},
        {"*", false},           {"\"x\", \"abc\"", true},
        {"\"abc-gzip\"", true}, {"\"x\",W/\"y\" , \"abc\"", true},
        {"\"abcd\"", false},    {"\"ab\"", false},
        {"abc", false},         {"\"abc", false},
        {"\"x\" abc", false},   {"W/", false},
        {"\"\"", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(hearth_etag_matches(rows[i].header, "\"abc\""), rows[i].matches);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tag_is_quoted_and_the_same_for_the_same),
        cmocka_unit_test(no_two_requests_look_the_same),
        cmocka_unit_test(another_maker_is_another_tag),
        cmocka_unit_test(what_is_large_has_no_tag),
        cmocka_unit_test(if_none_match_is_a_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
