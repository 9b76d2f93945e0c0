#include "task/keep_alive.h"

#include "base/error.h"
#include "domain/residency.h"
#include "unit/cmocka_all.h"

#include <string.h>

static int keep(const char *body_text, bool *given, uint64_t *ms)
{
    struct hearth_keep_alive read = {.given = *given, .ms = *ms};
    struct hearth_error error;
    json_t *body = hearth_json_parse(body_text, strlen(body_text), NULL);
    assert_non_null(body);
    int rc = hearth_keep_alive_read(body, &read, &error);
    json_decref(body);
    *given = read.given;
    *ms = read.ms;
    return rc;
}

static void test_keep_alive_is_seconds_or_a_duration_of_go(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        uint64_t ms;
    } rows[] = {{"{\"keep_alive\": 90}", 90000},
                {"{\"keep_alive\": \"5m\"}", 300000},
                {"{\"keep_alive\": \"1h30m\"}", 5400000},
                {"{\"keep_alive\": \"1.5s\"}", 1500},
                {"{\"keep_alive\": \"250ms\"}", 250},
                {"{\"keep_alive\": \"30\"}", 30000},
                {"{\"keep_alive\": 0}", 0},
                {"{\"keep_alive\": \"0\"}", 0}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool given = false;
        uint64_t ms = 1;
        assert_int_equal(keep(rows[i].body, &given, &ms), 0);
        assert_true(given);
        assert_int_equal(ms, rows[i].ms);
    }
}

static void test_what_is_negative_or_beyond_counting_is_for_ever(void **state)
{
    (void)state;
    static const char *const bodies[] = {"{\"keep_alive\": -1}", "{\"keep_alive\": \"-1s\"}",
                                         "{\"keep_alive\": \"-1m30s\"}", "{\"keep_alive\": 1e30}"};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        bool given = false;
        uint64_t ms = 0;
        assert_int_equal(keep(bodies[i], &given, &ms), 0);
        assert_true(given && ms == HEARTH_KEEP_FOREVER);
    }
}

static void test_what_is_no_duration_is_refused_and_nothing_said_is_nothing_given(void **state)
{
    (void)state;
    static const char *const wrong[] = {"soon", "5 m", "m", "-", "1h2", "1..5s", "9999999999999s"};
    bool given = true;
    uint64_t ms = 0;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char body[64];
        snprintf(body, sizeof(body), "{\"keep_alive\": \"%s\"}", wrong[i]);
        assert_int_equal(keep(body, &given, &ms), HEARTH_EINVAL);
    }
    static const char *const nothing[] = {"{}", "{\"keep_alive\": \"\"}", "{\"keep_alive\": null}",
                                          "{\"keep_alive\": {}}", "{\"keep_alive\": false}"};
    for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
        given = true;
        assert_int_equal(keep(nothing[i], &given, &ms), 0);
        assert_false(given);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keep_alive_is_seconds_or_a_duration_of_go),
        cmocka_unit_test(test_what_is_negative_or_beyond_counting_is_for_ever),
        cmocka_unit_test(test_what_is_no_duration_is_refused_and_nothing_said_is_nothing_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
