/* Whose turn it is, waits, time limits, rests and memory of training jobs. */
#include "unit/cmocka_all.h"

#include "domain/job_policy.h"

#include <math.h>

static void the_first_that_came_runs_first(void **state)
{
    (void)state;
    struct hearth_job_turn jobs[] = {
        {.state = HEARTH_JOB_COMPLETED, .queued_ms = 1},
        {.state = HEARTH_JOB_QUEUED, .queued_ms = 30},
        {.state = HEARTH_JOB_QUEUED, .queued_ms = 20},
        {.state = HEARTH_JOB_QUEUED, .queued_ms = 20},
    };
    assert_int_equal(hearth_job_next(jobs, 4, 1, 100), 2);
    jobs[2].state = HEARTH_JOB_RUNNING;
    assert_int_equal(hearth_job_next(jobs, 4, 1, 100), -1);
    assert_int_equal(hearth_job_next(jobs, 4, 2, 100), 3);
    assert_int_equal(hearth_job_next(jobs, 4, 0, 100), -1);
    assert_int_equal(hearth_job_next(NULL, 0, 1, 100), -1);
}

static void only_what_is_queued_is_begun(void **state)
{
    (void)state;
    for (int i = 0; i < HEARTH_JOB_STATES; i++) {
        struct hearth_job_turn job = {.state = i};
        assert_int_equal(hearth_job_next(&job, 1, 2, 0), i == HEARTH_JOB_QUEUED ? 0 : -1);
    }
}

static void one_that_waits_after_an_end_does_not_hold_up_the_next(void **state)
{
    (void)state;
    struct hearth_job_turn jobs[] = {
        {.state = HEARTH_JOB_QUEUED, .queued_ms = 1, .not_before_ms = 50},
        {.state = HEARTH_JOB_QUEUED, .queued_ms = 2},
    };
    assert_int_equal(hearth_job_next(jobs, 2, 1, 49), 1);
    assert_int_equal(hearth_job_next(jobs, 2, 1, 50), 0);
}

static void two_jobs_never_make_a_version_of_one_model_at_once(void **state)
{
    (void)state;
    struct hearth_job_turn jobs[] = {
        {.state = HEARTH_JOB_RUNNING, .queued_ms = 1, .target = "a"},
        {.state = HEARTH_JOB_QUEUED, .queued_ms = 2, .target = "a"},
        {.state = HEARTH_JOB_QUEUED, .queued_ms = 3, .target = "b"},
    };
    assert_int_equal(hearth_job_next(jobs, 3, 2, 9), 2);
    jobs[0].state = HEARTH_JOB_FAILED;
    assert_int_equal(hearth_job_next(jobs, 3, 2, 9), 1);
}

static void waits_grow_and_are_bounded(void **state)
{
    (void)state;
    assert_int_equal(hearth_job_wait_ms(0, 7), 0);
    assert_in_range(hearth_job_wait_ms(1, 7), HEARTH_JOB_WAIT_FIRST_MS / 2,
                    HEARTH_JOB_WAIT_FIRST_MS);
    assert_true(hearth_job_wait_ms(3, 0) > hearth_job_wait_ms(1, 0));
    assert_in_range(hearth_job_wait_ms(UINT32_MAX, 7), HEARTH_JOB_WAIT_MOST_MS / 2,
                    HEARTH_JOB_WAIT_MOST_MS);
}

static void the_time_limit_counts_all_attempts_and_no_rest(void **state)
{
    (void)state;
    struct hearth_job_watch watch;
    hearth_job_watch_start(&watch, 400, 1000);
    assert_false(hearth_job_watch_is_over_time(&watch, 1000, 1599));
    assert_true(hearth_job_watch_is_over_time(&watch, 1000, 1600));
    hearth_job_watch_rest(&watch, 1500);
    hearth_job_watch_rest(&watch, 1550);
    assert_int_equal(hearth_job_watch_ran_ms(&watch, 9000), 900);
    hearth_job_watch_go_on(&watch, 9000);
    hearth_job_watch_go_on(&watch, 9050);
    assert_false(hearth_job_watch_is_over_time(&watch, 1000, 9099));
    assert_true(hearth_job_watch_is_over_time(&watch, 1000, 9100));
    assert_false(hearth_job_watch_is_over_time(&watch, 0, UINT64_MAX));
}

static const struct hearth_job_rest_limits limits = {
    .pressure_max = 20, .temperature_max = 90, .calm_ms = 1000, .cool_down_most_ms = 60000};

static enum hearth_job_rest_reason look(struct hearth_job_rest *rest, double pressure,
                                        double temperature, bool epoch_over, uint64_t now_ms)
{
    struct hearth_job_climate climate = {
        .pressure = pressure, .temperature = temperature, .epoch_over = epoch_over};
    return hearth_job_rest_look(rest, &limits, &climate, now_ms);
}

static void pressure_on_memory_stops_at_once_and_calm_must_last(void **state)
{
    (void)state;
    struct hearth_job_rest rest = {0};
    assert_int_equal(look(&rest, 19.9, 20, false, 0), HEARTH_JOB_RESTS_NOT);
    assert_int_equal(look(&rest, 20, 20, false, 10), HEARTH_JOB_RESTS_FOR_MEMORY);
    assert_int_equal(look(&rest, 15, 20, false, 2000), HEARTH_JOB_RESTS_FOR_MEMORY);
    assert_int_equal(look(&rest, 10, 20, false, 2999), HEARTH_JOB_RESTS_FOR_MEMORY);
    assert_int_equal(look(&rest, 10, 20, false, 3000), HEARTH_JOB_RESTS_NOT);
    assert_int_equal(look(&rest, 15, 20, false, 3001), HEARTH_JOB_RESTS_NOT);
}

static void heat_stops_only_between_epochs_and_not_for_ever(void **state)
{
    (void)state;
    struct hearth_job_rest rest = {0};
    assert_int_equal(look(&rest, 0, 99, false, 0), HEARTH_JOB_RESTS_NOT);
    assert_int_equal(look(&rest, 0, 90, true, 1), HEARTH_JOB_RESTS_NOT);
    assert_int_equal(look(&rest, 0, 91, true, 2), HEARTH_JOB_RESTS_FOR_HEAT);
    assert_int_equal(look(&rest, 0, 86, false, 3), HEARTH_JOB_RESTS_FOR_HEAT);
    assert_int_equal(look(&rest, 0, 85, false, 4), HEARTH_JOB_RESTS_NOT);
    assert_int_equal(look(&rest, 0, 95, true, 5), HEARTH_JOB_RESTS_FOR_HEAT);
    assert_int_equal(look(&rest, 0, 95, false, 60004), HEARTH_JOB_RESTS_FOR_HEAT);
    assert_int_equal(look(&rest, 0, 95, false, 60005), HEARTH_JOB_RESTS_NOT);
}

static void memory_comes_before_heat(void **state)
{
    (void)state;
    struct hearth_job_rest rest = {0};
    assert_int_equal(look(&rest, 50, 99, true, 0), HEARTH_JOB_RESTS_FOR_MEMORY);
    rest = (struct hearth_job_rest){0};
    assert_int_equal(look(&rest, 0, 99, true, 0), HEARTH_JOB_RESTS_FOR_HEAT);
    assert_int_equal(look(&rest, 50, 20, false, 1), HEARTH_JOB_RESTS_FOR_MEMORY);
}

static void what_cannot_be_measured_or_is_off_stops_nothing(void **state)
{
    (void)state;
    struct hearth_job_rest rest = {0};
    assert_int_equal(look(&rest, NAN, NAN, true, 0), HEARTH_JOB_RESTS_NOT);
    assert_int_equal(look(&rest, 50, 20, false, 1), HEARTH_JOB_RESTS_FOR_MEMORY);
    assert_int_equal(look(&rest, NAN, NAN, false, 1001), HEARTH_JOB_RESTS_NOT);
    struct hearth_job_rest_limits off = {.calm_ms = 1000, .cool_down_most_ms = 1000};
    struct hearth_job_climate worst = {.pressure = 100, .temperature = 120, .epoch_over = true};
    assert_int_equal(hearth_job_rest_look(&rest, &off, &worst, 2), HEARTH_JOB_RESTS_NOT);
    assert_string_equal(hearth_job_rest_name(HEARTH_JOB_RESTS_NOT), "none");
    assert_string_equal(hearth_job_rest_name(HEARTH_JOB_RESTS_FOR_MEMORY), "memory");
    assert_string_equal(hearth_job_rest_name(HEARTH_JOB_RESTS_FOR_HEAT), "temperature");
}

static enum hearth_job_room_answer ask(uint64_t needs, bool may_wait, uint64_t *ret_free)
{
    struct hearth_job_room room = {.needs = needs,
                                   .available = 100,
                                   .headroom = 10,
                                   .idle = 50,
                                   .busy = 30,
                                   .may_wait = may_wait};
    return hearth_job_room_ask(&room, ret_free);
}

static void idle_models_go_before_a_job_waits_or_is_refused(void **state)
{
    (void)state;
    uint64_t bytes = 1;
    assert_int_equal(ask(90, true, &bytes), HEARTH_JOB_ROOM_FITS);
    assert_int_equal(bytes, 0);
    assert_int_equal(ask(91, true, &bytes), HEARTH_JOB_ROOM_EVICT);
    assert_int_equal(bytes, 1);
    assert_int_equal(ask(140, false, &bytes), HEARTH_JOB_ROOM_EVICT);
    assert_int_equal(bytes, 50);
    assert_int_equal(ask(141, true, &bytes), HEARTH_JOB_ROOM_WAIT);
    assert_int_equal(bytes, 0);
    assert_int_equal(ask(141, false, &bytes), HEARTH_JOB_ROOM_REFUSE);
    assert_int_equal(ask(170, true, &bytes), HEARTH_JOB_ROOM_WAIT);
}

static void what_never_fits_does_not_wait(void **state)
{
    (void)state;
    uint64_t bytes;
    assert_int_equal(ask(171, true, &bytes), HEARTH_JOB_ROOM_NEVER);
    assert_int_equal(ask(171, false, &bytes), HEARTH_JOB_ROOM_NEVER);
    assert_int_equal(ask(UINT64_MAX, true, &bytes), HEARTH_JOB_ROOM_NEVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_that_came_runs_first),
        cmocka_unit_test(only_what_is_queued_is_begun),
        cmocka_unit_test(one_that_waits_after_an_end_does_not_hold_up_the_next),
        cmocka_unit_test(two_jobs_never_make_a_version_of_one_model_at_once),
        cmocka_unit_test(waits_grow_and_are_bounded),
        cmocka_unit_test(the_time_limit_counts_all_attempts_and_no_rest),
        cmocka_unit_test(pressure_on_memory_stops_at_once_and_calm_must_last),
        cmocka_unit_test(heat_stops_only_between_epochs_and_not_for_ever),
        cmocka_unit_test(memory_comes_before_heat),
        cmocka_unit_test(what_cannot_be_measured_or_is_off_stops_nothing),
        cmocka_unit_test(idle_models_go_before_a_job_waits_or_is_refused),
        cmocka_unit_test(what_never_fits_does_not_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
