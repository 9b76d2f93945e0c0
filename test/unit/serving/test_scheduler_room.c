/* Memory that idle models give back for somebody beside the models. */
#include "scheduler_bed.h"

#include "base/clock.h"
#include "domain/climate.h"
#include "support/inference_answer.h"

static void ask(struct bed *bed, struct answer *answer)
{
    const struct hearth_inference_request request = {
        .model = "m",
        .input = {.task = HEARTH_TASK_GENERATE,
                  .kind = HEARTH_INPUT_TEXT,
                  .bytes = "hello",
                  .length = 5},
        .class_ = HEARTH_CLASS_NORMAL,
        .client = "tester",
        .request_id = "req_1",
        .credit = 4,
    };
    assert_int_equal(answer_submit(bed->scheduler, &request, answer), 0);
}

/* One model of 600 bytes, loaded, that computes an answer. */
static void open_loaded(struct bed *bed, uint64_t shortest_residency_ms, struct answer *answer)
{
    const struct hearth_settings settings = {.queue_max = 8,
                                             .shortest_residency = shortest_residency_ms};
    bed_open_for(bed, HEARTH_TASK_GENERATE, &settings);
    manual_plan = (struct hearth_memory_plan){.weights = 600};
    ask(bed, answer);
    bed_until(bed, bed_has_worker, NULL);
    manual_planned();
    assert_int_equal(hearth_scheduler_promised(bed->scheduler), 600);
    manual_ready();
    assert_int_equal(hearth_scheduler_promised(bed->scheduler), 0);
}

static void expect_room(const struct bed *bed, uint64_t idle, uint64_t busy)
{
    uint64_t now_idle, now_busy;
    hearth_scheduler_room(bed->scheduler, &now_idle, &now_busy);
    assert_int_equal(now_idle, idle);
    assert_int_equal(now_busy, busy);
}

static bool is_later(void *argument)
{
    return hearth_clock_monotonic_ms() > *(uint64_t *)argument;
}

static void count(void *argument, const struct hearth_error *error)
{
    assert_null(error);
    ++*(int *)argument;
}

static bool is_counted(void *argument)
{
    return *(int *)argument > 0;
}

static void test_room_tells_used_memory_from_idle(void **state)
{
    (void)state;
    struct bed bed;
    struct answer answer = {0};
    open_loaded(&bed, 0, &answer);
    expect_room(&bed, 0, 600);
    manual_done(manual->sent[0]);
    expect_room(&bed, 600, 0);
    bed_close(&bed);
}

static void test_a_model_loaded_just_now_is_not_idle_yet(void **state)
{
    (void)state;
    struct bed bed;
    struct answer answer = {0};
    int gone = 0;
    open_loaded(&bed, 60000, &answer);
    manual_done(manual->sent[0]);
    expect_room(&bed, 0, 600);
    assert_int_equal(hearth_scheduler_evict_idle(bed.scheduler, 1, count, &gone), HEARTH_EMEMORY);
    bed_close(&bed);
}

static void test_idle_models_unload_and_their_end_is_told_once(void **state)
{
    (void)state;
    struct bed bed;
    struct answer answer = {0};
    int gone = 0;
    open_loaded(&bed, 0, &answer);
    manual_done(manual->sent[0]);
    assert_int_equal(hearth_scheduler_evict_idle(bed.scheduler, 600, count, &gone), 0);
    assert_true(manual->stopping);
    assert_int_equal(gone, 0);
    expect_room(&bed, 0, 600); /* on its way, and not there yet */
    manual_ended_as_asked();
    bed_until(&bed, is_counted, &gone);
    assert_int_equal(gone, 1);
    expect_room(&bed, 0, 0);
    bed_close(&bed);
}

static void test_more_than_is_idle_unloads_nothing(void **state)
{
    (void)state;
    struct bed bed;
    struct answer answer = {0};
    int gone = 0;
    open_loaded(&bed, 0, &answer);
    manual_done(manual->sent[0]);
    assert_int_equal(hearth_scheduler_evict_idle(bed.scheduler, 601, count, &gone), HEARTH_EMEMORY);
    assert_false(manual->stopping);
    expect_room(&bed, 600, 0);
    bed_close(&bed);
    assert_int_equal(gone, 0);
}

static void test_no_bytes_are_there_at_once(void **state)
{
    (void)state;
    struct bed bed;
    int gone = 0;
    bed_open_for(&bed, HEARTH_TASK_GENERATE, &(struct hearth_settings){.queue_max = 8});
    assert_int_equal(hearth_scheduler_evict_idle(bed.scheduler, 0, count, &gone), 0);
    assert_int_equal(gone, 0); /* never from inside the call */
    bed_until(&bed, is_counted, &gone);
    bed_close(&bed);
}

static void test_a_model_asked_for_while_it_goes_loads_again_behind_that(void **state)
{
    (void)state;
    struct bed bed;
    struct answer first = {0}, second = {0};
    int gone = 0;
    open_loaded(&bed, 0, &first);
    manual_done(manual->sent[0]);
    assert_int_equal(hearth_scheduler_evict_idle(bed.scheduler, 600, count, &gone), 0);
    ask(&bed, &second);
    manual_ended_as_asked();
    bed_until(&bed, is_counted, &gone);
    bed_become_ready(&bed);
    manual_done(manual->sent[0]);
    assert_int_equal(second.done, 1);
    bed_close(&bed);
}

static bool stops(void *argument)
{
    return ((const struct manual_backend *)argument)->stopping;
}

static void test_memory_pressure_has_an_idle_model_unload(void **state)
{
    (void)state;
    struct bed bed;
    struct answer answer = {0};
    const struct hearth_settings settings = {.queue_max = 8, .memory_pressure_max = 20};
    bed_open_for(&bed, HEARTH_TASK_GENERATE, &settings);
    ask(&bed, &answer);
    bed_become_ready(&bed);
    bed_pressure = 50;
    bed_until(&bed, is_later, &(uint64_t){hearth_clock_monotonic_ms() + 100});
    assert_false(manual->stopping); /* it has work */
    manual_done(manual->sent[0]);
    bed_until(&bed, stops, manual);
    bed_close(&bed);
}

static bool is_slow(void *argument)
{
    const struct bed *bed = argument;
    return hearth_scheduler_climate(bed->scheduler)->slow == HEARTH_CLIMATE_SLOWEST;
}

static bool has_all(void *argument)
{
    (void)argument;
    return manual->sent_count == 5;
}

static void test_heat_has_fewer_requests_computed_at_once(void **state)
{
    (void)state;
    struct bed bed;
    struct answer answers[5] = {0};
    const struct hearth_settings settings = {.queue_max = 8, .slots = 4, .temperature_max = 80};
    bed_open_for(&bed, HEARTH_TASK_GENERATE, &settings);
    bed_temperature = 90;
    bed_until(&bed, is_slow, &bed);
    for (int i = 0; i < 5; i++)
        ask(&bed, &answers[i]);
    bed_become_ready(&bed);
    assert_int_equal(manual->sent_count, 2); /* one, and one that is prepared meanwhile */
    bed_temperature = 40;
    bed_until(&bed, has_all, NULL);
    for (int i = 0; i < 5; i++)
        manual_done(manual->sent[i]);
    bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_room_tells_used_memory_from_idle),
        cmocka_unit_test(test_a_model_loaded_just_now_is_not_idle_yet),
        cmocka_unit_test(test_idle_models_unload_and_their_end_is_told_once),
        cmocka_unit_test(test_more_than_is_idle_unloads_nothing),
        cmocka_unit_test(test_no_bytes_are_there_at_once),
        cmocka_unit_test(test_a_model_asked_for_while_it_goes_loads_again_behind_that),
        cmocka_unit_test(test_memory_pressure_has_an_idle_model_unload),
        cmocka_unit_test(test_heat_has_fewer_requests_computed_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
