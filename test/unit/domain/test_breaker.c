#include "domain/backoff.h"
#include "domain/breaker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_it_opens_after_failures_in_a_row_only(void **state)
{
    (void)state;
    struct hearth_breaker breaker;
    hearth_breaker_init(&breaker, 3, 1000);
    hearth_breaker_failure(&breaker, 0);
    hearth_breaker_failure(&breaker, 0);
    hearth_breaker_success(&breaker);
    hearth_breaker_failure(&breaker, 0);
    hearth_breaker_failure(&breaker, 0);
    assert_true(hearth_breaker_admits(&breaker, 0));
    hearth_breaker_failure(&breaker, 10);
    assert_false(hearth_breaker_admits(&breaker, 10));
    assert_int_equal(hearth_breaker_retry_after_ms(&breaker, 10), 1000);
    assert_int_equal(hearth_breaker_retry_after_ms(&breaker, 900), 110);
}

static void test_after_its_rest_one_failure_opens_it_again(void **state)
{
    (void)state;
    struct hearth_breaker breaker;
    hearth_breaker_init(&breaker, 1, 1000);
    hearth_breaker_failure(&breaker, 0);
    assert_false(hearth_breaker_admits(&breaker, 999));
    assert_true(hearth_breaker_admits(&breaker, 1000));
    assert_int_equal(breaker.state, HEARTH_BREAKER_HALF_OPEN);
    hearth_breaker_failure(&breaker, 1200);
    assert_false(hearth_breaker_admits(&breaker, 2199));
    assert_true(hearth_breaker_admits(&breaker, 2200));
    hearth_breaker_success(&breaker);
    assert_int_equal(breaker.state, HEARTH_BREAKER_CLOSED);
    assert_int_equal(breaker.failures, 0);
}

static void test_late_ends_of_old_work_do_not_close_or_prolong_it(void **state)
{
    (void)state;
    struct hearth_breaker breaker;
    hearth_breaker_init(&breaker, 1, 1000);
    hearth_breaker_failure(&breaker, 0);
    hearth_breaker_success(&breaker);
    assert_int_equal(breaker.state, HEARTH_BREAKER_OPEN);
    hearth_breaker_failure(&breaker, 500);
    assert_int_equal(hearth_breaker_retry_after_ms(&breaker, 500), 500);
}

static void test_the_wait_doubles_up_to_the_cap_and_is_spread(void **state)
{
    (void)state;
    const struct hearth_backoff backoff = {.first_ms = 100, .max_ms = 1000};
    assert_int_equal(hearth_backoff_ms(&backoff, 0, 7), 0);
    for (uint32_t random = 0; random < 1000; random += 37) {
        assert_in_range(hearth_backoff_ms(&backoff, 1, random), 50, 100);
        assert_in_range(hearth_backoff_ms(&backoff, 3, random), 200, 400);
        assert_in_range(hearth_backoff_ms(&backoff, 5, random), 500, 1000);
        assert_in_range(hearth_backoff_ms(&backoff, UINT32_MAX, random), 500, 1000);
    }
    assert_int_not_equal(hearth_backoff_ms(&backoff, 3, 1), hearth_backoff_ms(&backoff, 3, 2));
}

static void limits_may_change_while_it_works(void **state)
{
    (void)state;
    struct hearth_breaker breaker;
    hearth_breaker_init(&breaker, 3, 1000);
    hearth_breaker_failure(&breaker, 0);
    hearth_breaker_limit(&breaker, 2, 50);
    hearth_breaker_failure(&breaker, 0);
    assert_false(hearth_breaker_admits(&breaker, 49));
    assert_true(hearth_breaker_admits(&breaker, 50));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_opens_after_failures_in_a_row_only),
        cmocka_unit_test(test_after_its_rest_one_failure_opens_it_again),
        cmocka_unit_test(test_late_ends_of_old_work_do_not_close_or_prolong_it),
        cmocka_unit_test(test_the_wait_doubles_up_to_the_cap_and_is_spread),
        cmocka_unit_test(limits_may_change_while_it_works),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
