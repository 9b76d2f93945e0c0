#include "domain/residency.h"
#include "unit/cmocka_all.h"

enum { MINUTE_MS = 60000, HOUR_MS = 60 * MINUTE_MS };

static uint64_t idle(uint64_t idle_unload_ms, uint64_t keep_max_ms, uint64_t keep_ms)
{
    const struct hearth_residency policy = {.idle_unload_ms = idle_unload_ms,
                                            .keep_max_ms = keep_max_ms};
    const struct hearth_resident resident = {.keep_given = true, .keep_ms = keep_ms};
    return hearth_residency_idle_ms(&policy, &resident);
}

static void test_a_model_whose_requests_say_nothing_stays_as_long_as_the_server_says(void **state)
{
    (void)state;
    const struct hearth_resident resident = {.last_use_ms = 100};
    const struct hearth_residency five = {.idle_unload_ms = 5 * MINUTE_MS}, never = {0};
    assert_int_equal(hearth_residency_idle_ms(&five, &resident), 5 * MINUTE_MS);
    assert_int_equal(hearth_residency_idle_due(&five, &resident), 100 + 5 * MINUTE_MS);
    assert_true(hearth_residency_idle_ms(&never, &resident) == HEARTH_KEEP_FOREVER);
    assert_int_equal(hearth_residency_idle_due(&never, &resident), 0);
}

static void test_a_request_may_shorten_the_time_but_lengthen_it_only_to_the_limit(void **state)
{
    (void)state;
    assert_int_equal(idle(5 * MINUTE_MS, HOUR_MS, MINUTE_MS), MINUTE_MS);
    assert_int_equal(idle(5 * MINUTE_MS, HOUR_MS, 30 * MINUTE_MS), 30 * MINUTE_MS);
    assert_int_equal(idle(5 * MINUTE_MS, HOUR_MS, 2 * HOUR_MS), HOUR_MS);
    assert_int_equal(idle(5 * MINUTE_MS, HOUR_MS, HEARTH_KEEP_FOREVER), HOUR_MS);
    assert_int_equal(idle(5 * MINUTE_MS, HOUR_MS, 0), 0);
}

static void test_what_the_server_would_do_anyway_is_never_over_the_limit(void **state)
{
    (void)state;
    assert_int_equal(idle(2 * HOUR_MS, HOUR_MS, HEARTH_KEEP_FOREVER), 2 * HOUR_MS);
    assert_true(idle(0, HOUR_MS, HEARTH_KEEP_FOREVER) == HEARTH_KEEP_FOREVER);
    assert_int_equal(idle(0, HOUR_MS, 5 * MINUTE_MS), 5 * MINUTE_MS);
    assert_true(idle(MINUTE_MS, 0, HEARTH_KEEP_FOREVER) == HEARTH_KEEP_FOREVER);
}

static void test_a_pinned_or_busy_model_is_not_unloaded_by_a_keep_of_0(void **state)
{
    (void)state;
    const struct hearth_residency policy = {0};
    struct hearth_resident resident = {.last_use_ms = 7, .keep_given = true};
    assert_int_equal(hearth_residency_idle_due(&policy, &resident), 7);
    resident.pinned = true;
    assert_int_equal(hearth_residency_idle_due(&policy, &resident), 0);
    resident.pinned = false;
    resident.busy = true;
    assert_int_equal(hearth_residency_idle_due(&policy, &resident), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_model_whose_requests_say_nothing_stays_as_long_as_the_server_says),
        cmocka_unit_test(test_a_request_may_shorten_the_time_but_lengthen_it_only_to_the_limit),
        cmocka_unit_test(test_what_the_server_would_do_anyway_is_never_over_the_limit),
        cmocka_unit_test(test_a_pinned_or_busy_model_is_not_unloaded_by_a_keep_of_0),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
