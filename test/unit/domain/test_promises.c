#include "domain/promises.h"
#include "unit/cmocka_all.h"

static void promise(struct hearth_promises *promises, uint32_t client, uint64_t free_ms,
                    uint64_t due_ms)
{
    hearth_promises_add(promises, &(struct hearth_promise){client, free_ms, due_ms});
}

static void test_a_place_is_kept_from_when_it_is_free_until_its_client_is_late(void **state)
{
    (void)state;
    struct hearth_promises promises = {0};
    promise(&promises, 7, 100, 1000);
    assert_int_equal(hearth_promises_due(&promises, 10, 99), 0);
    assert_int_equal(hearth_promises_due(&promises, 10, 100), 1);
    assert_int_equal(hearth_promises_due(&promises, 10, 999 + HEARTH_PROMISE_KEPT_MS), 1);
    assert_int_equal(hearth_promises_due(&promises, 10, 1000 + HEARTH_PROMISE_KEPT_MS), 0);
    assert_int_equal(promises.count, 0);
    assert_true(promises.no_shows > 0);
}

static void test_only_who_was_told_takes_it_and_not_before_the_time(void **state)
{
    (void)state;
    struct hearth_promises promises = {0};
    promise(&promises, 7, 100, 1000);
    assert_false(hearth_promises_take(&promises, 7, 999));
    assert_false(hearth_promises_take(&promises, 8, 1000));
    assert_true(hearth_promises_take(&promises, 7, 1000));
    assert_false(hearth_promises_take(&promises, 7, 1000));
}

static void test_at_most_half_of_the_places_are_kept(void **state)
{
    (void)state;
    struct hearth_promises promises = {0};
    for (uint32_t i = 0; i < HEARTH_PROMISES_MAX + 5; i++)
        promise(&promises, i, 1, 2);
    assert_int_equal(promises.count, HEARTH_PROMISES_MAX);
    assert_int_equal(hearth_promises_due(&promises, 10, 2), 5);
    assert_int_equal(hearth_promises_due(&promises, 1, 2), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_place_is_kept_from_when_it_is_free_until_its_client_is_late),
        cmocka_unit_test(test_only_who_was_told_takes_it_and_not_before_the_time),
        cmocka_unit_test(test_at_most_half_of_the_places_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
