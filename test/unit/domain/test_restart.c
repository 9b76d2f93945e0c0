#include "domain/restart.h"
#include "unit/cmocka_all.h"

enum { REST_MS = 30000 };

static void the_wait_doubles_until_its_cap(void **state)
{
    (void)state;
    struct hearth_restart restart;
    hearth_restart_init(&restart, 100, REST_MS, 1);
    uint64_t most = HEARTH_RESTART_FIRST_MS;
    for (int end = 1; end <= 12; end++) {
        uint64_t wait_ms = hearth_restart_after_end(&restart, 0);
        assert_in_range(wait_ms, most / 2, most);
        assert_int_equal(hearth_restart_ends(&restart), end);
        most = 2 * most > HEARTH_RESTART_MOST_MS ? HEARTH_RESTART_MOST_MS : 2 * most;
    }
}

static void the_rest_is_waited_for_when_it_is_longer(void **state)
{
    (void)state;
    struct hearth_restart restart;
    hearth_restart_init(&restart, 2, REST_MS, 1);
    assert_true(hearth_restart_after_end(&restart, 1000) < REST_MS);
    assert_false(hearth_restart_is_resting(&restart));
    assert_int_equal(hearth_restart_after_end(&restart, 1000), REST_MS);
    assert_true(hearth_restart_is_resting(&restart));
    assert_int_equal(hearth_restart_rest_left_ms(&restart, 11000), REST_MS - 10000);
    assert_false(hearth_restart_admits(&restart, 1000 + REST_MS - 1));
    assert_true(hearth_restart_admits(&restart, 1000 + REST_MS));
    assert_true(hearth_restart_is_on_trial(&restart));
    hearth_restart_worked(&restart);
    assert_false(hearth_restart_is_on_trial(&restart));
    assert_int_equal(hearth_restart_ends(&restart), 0);
    assert_string_equal(hearth_restart_state_name(&restart), "closed");
}

static void other_limits_hold_from_the_next_end_on(void **state)
{
    (void)state;
    struct hearth_restart restart;
    hearth_restart_init(&restart, 5, REST_MS, 1);
    hearth_restart_after_end(&restart, 0);
    hearth_restart_limit(&restart, 2, 1000);
    assert_int_equal(hearth_restart_after_end(&restart, 0), 1000);
    assert_true(hearth_restart_is_resting(&restart));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_wait_doubles_until_its_cap),
        cmocka_unit_test(the_rest_is_waited_for_when_it_is_longer),
        cmocka_unit_test(other_limits_hold_from_the_next_end_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
