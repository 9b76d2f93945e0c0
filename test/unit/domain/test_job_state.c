/* The states of training jobs: each allowed move, and that every other one is forbidden. */
#include "unit/cmocka_all.h"

#include "domain/job_state.h"

#include <string.h>

/* Written out apart from the table of the code, so that a slip in either shows. Rows: from. */
static const char *const allowed[HEARTH_JOB_STATES] = {
    [HEARTH_JOB_QUEUED] = "running failed cancelled paused",
    [HEARTH_JOB_RUNNING] = "completed failed cancelled interrupted paused",
    [HEARTH_JOB_COMPLETED] = "",
    [HEARTH_JOB_FAILED] = "queued",
    [HEARTH_JOB_CANCELLED] = "",
    [HEARTH_JOB_INTERRUPTED] = "queued failed cancelled paused",
    [HEARTH_JOB_PAUSED] = "queued cancelled",
};

static void every_name_reads_back_as_its_state(void **state)
{
    (void)state;
    for (int i = 0; i < HEARTH_JOB_STATES; i++)
        assert_int_equal(hearth_job_state_parse(hearth_job_state_name(i)), i);
    assert_true(hearth_job_state_parse("pausing") < 0);
    assert_true(hearth_job_state_parse("") < 0);
    assert_true(hearth_job_state_parse("canceled") < 0);
}

static void a_move_is_allowed_or_forbidden_as_the_table_says(void **state)
{
    (void)state;
    int moves = 0;
    for (int from = 0; from < HEARTH_JOB_STATES; from++)
        for (int to = 0; to < HEARTH_JOB_STATES; to++) {
            bool wanted = strstr(allowed[from], hearth_job_state_name(to)) != NULL;
            if (hearth_job_state_may_follow(from, to) != wanted)
                fail_msg("%s -> %s is %s", hearth_job_state_name(from), hearth_job_state_name(to),
                         wanted ? "forbidden" : "allowed");
            moves += wanted;
        }
    assert_int_equal(moves, 16);
}

static void what_is_over_goes_on_only_if_it_failed_and_somebody_asks(void **state)
{
    (void)state;
    for (int i = 0; i < HEARTH_JOB_STATES; i++) {
        bool over =
            i == HEARTH_JOB_COMPLETED || i == HEARTH_JOB_FAILED || i == HEARTH_JOB_CANCELLED;
        assert_int_equal(hearth_job_state_is_over(i), over);
        assert_int_equal(hearth_job_state_holds(i), !over);
        assert_int_equal(hearth_job_state_is_resumable(i), i == HEARTH_JOB_FAILED ||
                                                               i == HEARTH_JOB_INTERRUPTED ||
                                                               i == HEARTH_JOB_PAUSED);
    }
}

static void a_crash_is_tried_again_until_the_attempts_are_spent(void **state)
{
    (void)state;
    static const enum hearth_job_end ends[] = {HEARTH_JOB_END_CRASHED, HEARTH_JOB_END_GATEWAY_LOST};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(hearth_job_state_after_end(ends[i], 1, 3), HEARTH_JOB_INTERRUPTED);
        assert_int_equal(hearth_job_state_after_end(ends[i], 2, 3), HEARTH_JOB_INTERRUPTED);
        assert_int_equal(hearth_job_state_after_end(ends[i], 3, 3), HEARTH_JOB_FAILED);
        assert_int_equal(hearth_job_state_after_end(ends[i], 4, 3), HEARTH_JOB_FAILED);
        assert_int_equal(hearth_job_state_after_end(ends[i], 1, 1), HEARTH_JOB_FAILED);
    }
}

static void what_would_happen_again_is_not_tried_again(void **state)
{
    (void)state;
    assert_int_equal(hearth_job_state_after_end(HEARTH_JOB_END_TOLD, 1, 9), HEARTH_JOB_FAILED);
    assert_int_equal(hearth_job_state_after_end(HEARTH_JOB_END_TIMED_OUT, 1, 9), HEARTH_JOB_FAILED);
    assert_int_equal(hearth_job_state_after_end(HEARTH_JOB_END_CANCELLED, 1, 9),
                     HEARTH_JOB_CANCELLED);
    assert_int_equal(hearth_job_state_after_end(HEARTH_JOB_END_DONE, 9, 1), HEARTH_JOB_COMPLETED);
}

static void a_stop_of_the_gateway_and_a_pause_cost_no_attempt(void **state)
{
    (void)state;
    for (int end = 0; end < HEARTH_JOB_ENDS; end++)
        assert_int_equal(hearth_job_end_counts(end),
                         end != HEARTH_JOB_END_STOPPED && end != HEARTH_JOB_END_PAUSED);
    assert_int_equal(hearth_job_state_after_end(HEARTH_JOB_END_STOPPED, 9, 1),
                     HEARTH_JOB_INTERRUPTED);
    assert_int_equal(hearth_job_state_after_end(HEARTH_JOB_END_PAUSED, 9, 1), HEARTH_JOB_PAUSED);
}

static void whatever_ends_a_running_job_is_an_allowed_move(void **state)
{
    (void)state;
    for (int end = 0; end < HEARTH_JOB_ENDS; end++)
        for (uint32_t attempts = 0; attempts < 4; attempts++)
            assert_true(hearth_job_state_may_follow(HEARTH_JOB_RUNNING,
                                                    hearth_job_state_after_end(end, attempts, 2)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_reads_back_as_its_state),
        cmocka_unit_test(a_move_is_allowed_or_forbidden_as_the_table_says),
        cmocka_unit_test(what_is_over_goes_on_only_if_it_failed_and_somebody_asks),
        cmocka_unit_test(a_crash_is_tried_again_until_the_attempts_are_spent),
        cmocka_unit_test(what_would_happen_again_is_not_tried_again),
        cmocka_unit_test(a_stop_of_the_gateway_and_a_pause_cost_no_attempt),
        cmocka_unit_test(whatever_ends_a_running_job_is_an_allowed_move),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
