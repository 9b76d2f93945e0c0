#include "domain/pace.h"
#include "unit/cmocka_all.h"

enum { SECOND_US = 1000000 };

/* `count` requests, one each `gap_us`, from `*now_us` on. */
static void finish(struct hearth_pace *pace, uint64_t *now_us, int count, uint64_t gap_us)
{
    for (int i = 0; i < count; i++) {
        *now_us += gap_us;
        hearth_pace_finished(pace, *now_us);
    }
}

static void test_nothing_measured_is_one_a_second(void **state)
{
    (void)state;
    struct hearth_pace pace = {0};
    assert_true(hearth_pace_per_s(&pace, SECOND_US) <= 0);
    assert_int_equal(hearth_pace_retry_after_ms(&pace, 0, 0, SECOND_US), 1000);
    assert_int_equal(hearth_pace_retry_after_ms(&pace, 0, 0, SECOND_US), 2000);
}

static void test_clients_are_told_one_after_the_other(void **state)
{
    (void)state;
    struct hearth_pace pace = {0};
    uint64_t now_us = SECOND_US;
    finish(&pace, &now_us, 50, SECOND_US / 2);
    uint32_t told[4];
    for (int i = 0; i < 4; i++)
        told[i] = hearth_pace_retry_after_ms(&pace, 0, 0, now_us);
    assert_int_equal(told[0], 1000);
    assert_int_equal(told[1], 1000);
    assert_int_equal(told[2], 2000);
    assert_int_equal(told[3], 2000);
    /* time moves the line on */
    assert_int_equal(hearth_pace_retry_after_ms(&pace, 0, 0, now_us + SECOND_US), 2000);
}

static void test_who_does_not_come_takes_no_time(void **state)
{
    (void)state;
    struct hearth_pace pace = {0};
    uint64_t now_us = SECOND_US;
    uint32_t told = 0;
    finish(&pace, &now_us, 50, SECOND_US);
    for (int i = 0; i < 20; i++)
        told = hearth_pace_retry_after_ms(&pace, 0.75, 0, now_us);
    assert_int_equal(told, 5000);
    for (int i = 0; i < 100000; i++)
        told = hearth_pace_retry_after_ms(&pace, 0, 0, now_us);
    assert_int_equal(told, HEARTH_RETRY_AFTER_MOST_MS);
}

static void test_a_bunch_is_no_faster_than_the_same_one_by_one(void **state)
{
    (void)state;
    struct hearth_pace pace = {0};
    uint64_t now_us = SECOND_US;
    for (int i = 0; i < 50; i++) { /* four at once, each two seconds */
        finish(&pace, &now_us, 1, 2 * SECOND_US);
        finish(&pace, &now_us, 3, 10);
    }
    double per_s = hearth_pace_per_s(&pace, now_us);
    assert_true(per_s > 1.6 && per_s < 2.4);
}

static void test_a_model_that_hangs_loses_its_pace_and_an_idle_one_keeps_it(void **state)
{
    (void)state;
    struct hearth_pace pace = {0};
    uint64_t now_us = SECOND_US;
    finish(&pace, &now_us, 100, SECOND_US / 10);
    assert_true(hearth_pace_per_s(&pace, now_us + 60 * (uint64_t)SECOND_US) < 1);
    hearth_pace_is_idle(&pace);
    now_us += 3600 * (uint64_t)SECOND_US;
    hearth_pace_finished(&pace, now_us);
    assert_true(hearth_pace_per_s(&pace, now_us) > 9);
}

static void test_a_load_comes_before_the_line(void **state)
{
    (void)state;
    struct hearth_pace pace = {0};
    uint64_t now_us = SECOND_US;
    finish(&pace, &now_us, 50, SECOND_US);
    assert_int_equal(hearth_pace_retry_after_ms(&pace, 0, 20000, now_us), 21000);
    assert_int_equal(hearth_pace_retry_after_ms(&pace, 0, 20000, now_us), 22000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_measured_is_one_a_second),
        cmocka_unit_test(test_clients_are_told_one_after_the_other),
        cmocka_unit_test(test_who_does_not_come_takes_no_time),
        cmocka_unit_test(test_a_bunch_is_no_faster_than_the_same_one_by_one),
        cmocka_unit_test(test_a_model_that_hangs_loses_its_pace_and_an_idle_one_keeps_it),
        cmocka_unit_test(test_a_load_comes_before_the_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
