/* The states of kept requests and of batches. */
#include "unit/cmocka_all.h"

#include "domain/kept_state.h"

static void every_name_reads_back_as_its_state(void **state)
{
    (void)state;
    for (int i = HEARTH_KEPT_QUEUED; i <= HEARTH_KEPT_CANCELED; i++)
        assert_int_equal(hearth_kept_state_parse(hearth_kept_state_name(i)), i);
    for (int i = HEARTH_BATCH_VALIDATING; i <= HEARTH_BATCH_CANCELLED; i++)
        assert_int_equal(hearth_batch_state_parse(hearth_batch_state_name(i)), i);
    assert_true(hearth_kept_state_parse("done") < 0);
    assert_true(hearth_batch_state_parse("") < 0);
}

static void nothing_follows_what_is_over(void **state)
{
    (void)state;
    for (int from = HEARTH_KEPT_SUCCEEDED; from <= HEARTH_KEPT_CANCELED; from++) {
        assert_true(hearth_kept_state_is_over(from));
        for (int to = HEARTH_KEPT_QUEUED; to <= HEARTH_KEPT_CANCELED; to++)
            assert_false(hearth_kept_state_may_follow(from, to));
    }
    assert_false(hearth_kept_state_is_over(HEARTH_KEPT_QUEUED));
    assert_false(hearth_kept_state_is_over(HEARTH_KEPT_RUNNING));
    assert_true(hearth_batch_state_is_over(HEARTH_BATCH_COMPLETED));
    assert_true(hearth_batch_state_is_over(HEARTH_BATCH_FAILED));
    assert_true(hearth_batch_state_is_over(HEARTH_BATCH_EXPIRED));
    assert_true(hearth_batch_state_is_over(HEARTH_BATCH_CANCELLED));
    assert_false(hearth_batch_state_is_over(HEARTH_BATCH_CANCELLING));
}

static void a_request_is_not_run_before_it_was_taken_up(void **state)
{
    (void)state;
    assert_false(hearth_kept_state_may_follow(HEARTH_KEPT_QUEUED, HEARTH_KEPT_SUCCEEDED));
    assert_true(hearth_kept_state_may_follow(HEARTH_KEPT_QUEUED, HEARTH_KEPT_CANCELED));
    assert_true(hearth_kept_state_may_follow(HEARTH_KEPT_RUNNING, HEARTH_KEPT_FAILED));
}

static void a_batch_completes_only_by_finalizing(void **state)
{
    (void)state;
    assert_false(hearth_batch_state_may_follow(HEARTH_BATCH_IN_PROGRESS, HEARTH_BATCH_COMPLETED));
    assert_true(hearth_batch_state_may_follow(HEARTH_BATCH_FINALIZING, HEARTH_BATCH_COMPLETED));
    assert_false(hearth_batch_state_may_follow(HEARTH_BATCH_CANCELLING, HEARTH_BATCH_COMPLETED));
}

static void what_ran_when_the_server_ended_is_run_once_more_and_then_fails(void **state)
{
    (void)state;
    assert_int_equal(hearth_kept_state_after_restart(HEARTH_KEPT_RUNNING, 1), HEARTH_KEPT_QUEUED);
    assert_int_equal(hearth_kept_state_after_restart(HEARTH_KEPT_RUNNING, 2), HEARTH_KEPT_FAILED);
    assert_int_equal(hearth_kept_state_after_restart(HEARTH_KEPT_QUEUED, 7), HEARTH_KEPT_QUEUED);
    assert_int_equal(hearth_kept_state_after_restart(HEARTH_KEPT_SUCCEEDED, 1),
                     HEARTH_KEPT_SUCCEEDED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_reads_back_as_its_state),
        cmocka_unit_test(nothing_follows_what_is_over),
        cmocka_unit_test(a_request_is_not_run_before_it_was_taken_up),
        cmocka_unit_test(a_batch_completes_only_by_finalizing),
        cmocka_unit_test(what_ran_when_the_server_ended_is_run_once_more_and_then_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
