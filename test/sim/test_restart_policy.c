/* Breaker and back-off together over seeded crash sequences under a fake clock. */
#include "domain/backoff.h"
#include "domain/breaker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { REST_MS = 30000, FAILURES_MAX = 3 };
static const struct hearth_backoff backoff = {.first_ms = 250, .max_ms = 10000};

struct run {
    uint64_t now_ms, seed;
    int starts, recoveries;
};

static uint32_t draw(struct run *run)
{
    run->seed = run->seed * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(run->seed >> 33);
}

/* One try: waits as the two say, starts, and crashes with the given chance in a hundred. */
static void try_once(struct run *run, struct hearth_breaker *breaker, uint32_t chance)
{
    run->now_ms += hearth_backoff_ms(&backoff, breaker->failures, draw(run));
    run->now_ms += hearth_breaker_retry_after_ms(breaker, run->now_ms);
    assert_true(hearth_breaker_admits(breaker, run->now_ms));
    run->starts++;
    run->now_ms += 100;
    if (draw(run) % 100 < chance) {
        hearth_breaker_failure(breaker, run->now_ms);
    } else {
        hearth_breaker_success(breaker);
        run->recoveries++;
    }
}

static void test_a_model_that_always_crashes_is_tried_seldom_and_never_given_up(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct run run = {.seed = seed};
        struct hearth_breaker breaker;
        hearth_breaker_init(&breaker, FAILURES_MAX, REST_MS);
        while (run.now_ms < 3600 * 1000)
            try_once(&run, &breaker, 100);
        assert_in_range(run.starts, 3600 * 1000 / (REST_MS + 10000 + 200),
                        3600 * 1000 / REST_MS + 3);
        assert_int_equal(run.recoveries, 0);
    }
}

static void test_a_model_that_is_mended_serves_again_after_one_rest(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct run run = {.seed = seed};
        struct hearth_breaker breaker;
        hearth_breaker_init(&breaker, FAILURES_MAX, REST_MS);
        for (int i = 0; i < 10; i++)
            try_once(&run, &breaker, 100);
        uint64_t mended_ms = run.now_ms;
        try_once(&run, &breaker, 0);
        assert_int_equal(breaker.state, HEARTH_BREAKER_CLOSED);
        assert_true(run.now_ms - mended_ms <= REST_MS + backoff.max_ms + 100);
    }
}

static void test_rare_crashes_never_open_it(void **state)
{
    (void)state;
    struct run run = {.seed = 3};
    struct hearth_breaker breaker;
    hearth_breaker_init(&breaker, FAILURES_MAX, REST_MS);
    for (int i = 0; i < 1000; i++) {
        try_once(&run, &breaker, i % 2 ? 0 : 100);
        assert_int_not_equal(breaker.state, HEARTH_BREAKER_OPEN);
    }
    assert_int_equal(run.recoveries, 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_model_that_always_crashes_is_tried_seldom_and_never_given_up),
        cmocka_unit_test(test_a_model_that_is_mended_serves_again_after_one_rest),
        cmocka_unit_test(test_rare_crashes_never_open_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
