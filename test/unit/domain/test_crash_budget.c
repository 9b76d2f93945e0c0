#include "domain/crash_budget.h"
#include "unit/cmocka_all.h"

static void a_vector_may_lose_three_workers_and_an_answer_two(void **state)
{
    (void)state;
    struct hearth_crash_budget vector = {0}, answer = {0};
    assert_int_equal(hearth_crash_budget_spend(&vector, false), HEARTH_CRASH_TRY_AGAIN);
    assert_int_equal(hearth_crash_budget_spend(&vector, false), HEARTH_CRASH_TRY_AGAIN);
    assert_int_equal(hearth_crash_budget_spend(&vector, false), HEARTH_CRASH_GIVE_UP);
    assert_int_equal(hearth_crash_budget_spend(&answer, true), HEARTH_CRASH_TRY_AGAIN);
    assert_int_equal(hearth_crash_budget_spend(&answer, true), HEARTH_CRASH_GIVE_UP);
}

static void what_has_begun_is_not_repeated(void **state)
{
    (void)state;
    struct hearth_crash_budget budget = {.begun = true};
    assert_int_equal(hearth_crash_budget_spend(&budget, true), HEARTH_CRASH_CUT_OFF);
    assert_int_equal(budget.crashes, 0);
}

static void a_suspect_is_alone(void **state)
{
    (void)state;
    struct hearth_crash_budget good = {0}, suspect = {.crashes = 2};
    assert_true(hearth_crash_budget_is_suspect(&suspect));
    assert_false(hearth_crash_budget_is_suspect(&good));
    assert_true(hearth_crash_budget_may_join(&suspect, 0, NULL));
    assert_false(hearth_crash_budget_may_join(&suspect, 1, &good));
    assert_false(hearth_crash_budget_may_join(&good, 1, &suspect));
    assert_true(hearth_crash_budget_may_join(&good, 3, &good));
    assert_true(hearth_crash_budget_may_join(&good, 1, NULL)); /* the first one was canceled */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_vector_may_lose_three_workers_and_an_answer_two),
        cmocka_unit_test(what_has_begun_is_not_repeated),
        cmocka_unit_test(a_suspect_is_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
