/* When a process that ends is started again, over seeded sequences of ends under a fake clock. */
#include "domain/restart.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { REST_MS = 30000, FAILURES_MAX = 3, START_MS = 100 };

struct run {
    uint64_t now_ms, seed;
    int starts, recoveries;
};

static uint32_t draw(struct run *run)
{
    run->seed = run->seed * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(run->seed >> 33);
}

/* One try: it starts and ends by itself with the given chance in a hundred; then it waits as the
 * policy says. */
static void try_once(struct run *run, struct hearth_restart *restart, uint32_t chance)
{
    assert_true(hearth_restart_admits(restart, run->now_ms));
    run->starts++;
    run->now_ms += START_MS;
    if (draw(run) % 100 < chance) {
        run->now_ms += hearth_restart_after_end(restart, run->now_ms);
    } else {
        hearth_restart_worked(restart);
        run->recoveries++;
    }
}

static void test_a_model_that_always_crashes_is_tried_seldom_and_never_given_up(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct run run = {.seed = seed};
        struct hearth_restart restart;
        hearth_restart_init(&restart, FAILURES_MAX, REST_MS, draw(&run));
        while (run.now_ms < 3600 * 1000)
            try_once(&run, &restart, 100);
        assert_in_range(run.starts, 3600 * 1000 / (REST_MS + HEARTH_RESTART_MOST_MS + 200),
                        3600 * 1000 / REST_MS + 3);
        assert_int_equal(run.recoveries, 0);
    }
}

static void test_a_model_that_is_mended_serves_again_after_one_rest(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct run run = {.seed = seed};
        struct hearth_restart restart;
        hearth_restart_init(&restart, FAILURES_MAX, REST_MS, draw(&run));
        for (int i = 0; i < 10; i++)
            try_once(&run, &restart, 100);
        uint64_t mended_ms = run.now_ms;
        try_once(&run, &restart, 0);
        assert_string_equal(hearth_restart_state_name(&restart), "closed");
        assert_int_equal(run.now_ms - mended_ms, START_MS); /* its rest was part of the last wait */
    }
}

static void test_rare_crashes_never_open_it(void **state)
{
    (void)state;
    struct run run = {.seed = 3};
    struct hearth_restart restart;
    hearth_restart_init(&restart, FAILURES_MAX, REST_MS, draw(&run));
    for (int i = 0; i < 1000; i++) {
        try_once(&run, &restart, i % 2 ? 0 : 100);
        assert_false(hearth_restart_is_resting(&restart));
    }
    assert_int_equal(run.recoveries, 500);
}

/* Workers that share a machine and are killed together must not all load at the same moment. */
static void test_many_that_ended_together_start_apart(void **state)
{
    (void)state;
    enum { WORKERS = 64, BUCKETS = 16 };
    struct run run = {.seed = 11};
    int in_bucket[BUCKETS] = {0};
    for (int i = 0; i < WORKERS; i++) {
        struct hearth_restart restart;
        hearth_restart_init(&restart, 100, REST_MS, draw(&run));
        uint64_t wait_ms = 0;
        for (int end = 0; end < 8; end++) /* the longest wait, ten seconds, is reached */
            wait_ms = hearth_restart_after_end(&restart, 0);
        assert_in_range(wait_ms, HEARTH_RESTART_MOST_MS / 2, HEARTH_RESTART_MOST_MS);
        in_bucket[(wait_ms - HEARTH_RESTART_MOST_MS / 2) * BUCKETS /
                  (HEARTH_RESTART_MOST_MS / 2 + 1)]++;
    }
    for (int i = 0; i < BUCKETS; i++)
        assert_true(in_bucket[i] <= WORKERS / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_model_that_always_crashes_is_tried_seldom_and_never_given_up),
        cmocka_unit_test(test_a_model_that_is_mended_serves_again_after_one_rest),
        cmocka_unit_test(test_rare_crashes_never_open_it),
        cmocka_unit_test(test_many_that_ended_together_start_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
