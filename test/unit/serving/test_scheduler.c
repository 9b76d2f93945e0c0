/* The scheduler over a backend whose events the test gives by hand. The same with real workers is
 * test/integration/test_scheduler.c. */
#include "scheduler_bed.h"

#include "base/clock.h"
#include "support/inference_answer.h"

static const struct hearth_settings usual = {.queue_max = 8};

static void open_bed(struct bed *bed, const struct hearth_settings *options)
{
    bed_open_for(bed, HEARTH_TASK_GENERATE, options);
}

static void bed_close_with(struct bed *bed, const char *file)
{
    unlink(file);
    bed_close(bed);
}

static int submit_to(struct bed *bed, struct answer *answer, const char *model)
{
    const struct hearth_inference_request request = {
        .model = model,
        .input = {.task = HEARTH_TASK_GENERATE,
                  .kind = HEARTH_INPUT_TEXT,
                  .bytes = "hello",
                  .length = 5},
        .class_ = HEARTH_CLASS_NORMAL,
        .client = "tester",
        .request_id = "req_1",
        .credit = 4,
    };
    return answer_submit(bed->scheduler, &request, answer);
}

static int submit(struct bed *bed, struct answer *answer)
{
    return submit_to(bed, answer, "m");
}

static bool has_started(void *argument)
{
    return manual && manual_starts == *(int *)argument;
}

static bool has_error(void *argument)
{
    return ((struct answer *)argument)->error != 0;
}

static void run_until_started(struct bed *bed, int times)
{
    bed_until(bed, has_started, &times);
}

static void load(struct bed *bed)
{
    run_until_started(bed, manual_starts + 1);
    manual_planned();
    manual_ready();
}

static const struct hearth_model_report *report(struct bed *bed)
{
    return report_of(bed->scheduler);
}

static void test_a_request_loads_its_model_and_streams(void **state)
{
    (void)state;
    struct bed bed;
    struct answer answer = {0};
    open_bed(&bed, &usual);
    assert_int_equal(submit(&bed, &answer), 0);
    assert_string_equal(hearth_inference_model(answer.inference), "m");
    assert_int_equal(report(&bed)->state, HEARTH_MODEL_PLANNING);
    run_until_started(&bed, 1);
    manual_planned();
    assert_int_equal(report(&bed)->state, HEARTH_MODEL_LOADING);
    manual->spec.events->on_progress(manual->spec.argument, 0.5f);
    assert_int_equal(answer.loading, 2);
    manual_ready();
    assert_int_equal(manual->sent_count, 1);
    assert_int_equal(manual->credit_of_sent[0], 4);
    manual_text(manual->sent[0], "hi");
    hearth_inference_credit(answer.inference, 3);
    assert_int_equal(manual->credits, 3);
    manual_done(manual->sent[0]);
    assert_int_equal(answer.events, 1);
    assert_int_equal(answer.done, 1);
    assert_int_equal(answer.end.completion_tokens, 2);
    assert_int_equal(report(&bed)->tokens_out, 2);
    assert_int_equal(report(&bed)->loads, 1);
    bed_close(&bed);
}

static void test_no_more_than_slots_and_one_are_with_the_worker(void **state)
{
    (void)state;
    struct bed bed;
    struct answer answers[6] = {{0}};
    open_bed(&bed, &usual);
    for (int i = 0; i < 6; i++)
        assert_int_equal(submit(&bed, &answers[i]), 0);
    load(&bed);
    assert_int_equal(manual->sent_count, 3);
    assert_int_equal(report(&bed)->queued, 3);
    assert_int_equal(report(&bed)->slots_busy, 2);
    manual_done(manual->sent[1]);
    assert_int_equal(manual->sent_count, 4);
    bed_close(&bed);
    for (int i = 0; i < 6; i++)
        assert_int_equal(answers[i].error, i == 1 ? 0 : HEARTH_EDRAINING);
}

static void test_a_full_queue_refuses_with_a_time(void **state)
{
    (void)state;
    struct bed bed;
    struct answer answers[9] = {{0}};
    open_bed(&bed, &usual);
    for (int i = 0; i < 8; i++)
        assert_int_equal(submit(&bed, &answers[i]), 0);
    assert_int_equal(submit(&bed, &answers[8]), HEARTH_EQUEUEFULL);
    assert_true(answers[8].retry_after_ms >= 1000);
    bed_close(&bed);
}

static void test_a_canceled_request_leaves_queue_and_worker(void **state)
{
    (void)state;
    struct bed bed;
    struct answer answers[5] = {{0}};
    open_bed(&bed, &usual);
    for (int i = 0; i < 5; i++)
        assert_int_equal(submit(&bed, &answers[i]), 0);
    load(&bed);
    hearth_inference_cancel(answers[4].inference); /* queued */
    assert_int_equal(report(&bed)->queued, 1);
    hearth_inference_cancel(answers[0].inference); /* computed */
    assert_int_equal(manual->canceled_count, 1);
    assert_int_equal(manual->canceled[0], manual->sent[0]);
    manual_text(manual->sent[0], "late");
    assert_int_equal(manual->sent_count, 3); /* its place is free when the worker says so */
    manual_error(manual->sent[0], HEARTH_ECANCELED);
    assert_int_equal(manual->sent_count, 4);
    assert_int_equal(answers[0].events + answers[0].error + answers[0].done, 0);
    bed_close(&bed);
    assert_int_equal(answers[0].error + answers[4].error, 0);
}

static void test_a_request_may_be_canceled_from_its_own_event(void **state)
{
    (void)state;
    struct bed bed;
    struct answer answer = {.cancel_at_event = true};
    open_bed(&bed, &usual);
    assert_int_equal(submit(&bed, &answer), 0);
    load(&bed);
    manual_text(manual->sent[0], "a");
    manual_text(manual->sent[0], "b");
    assert_int_equal(answer.events, 1);
    assert_int_equal(manual->canceled_count, 1);
    bed_close(&bed);
}

static void test_a_crash_is_told_to_who_streams_and_retried_for_the_others(void **state)
{
    (void)state;
    struct bed bed;
    struct answer streams = {0}, waits = {0};
    open_bed(&bed, &usual);
    assert_int_equal(submit(&bed, &streams), 0);
    assert_int_equal(submit(&bed, &waits), 0);
    load(&bed);
    manual_text(manual->sent[0], "begun");
    manual_crash();
    assert_int_equal(streams.error, HEARTH_ECRASHED);
    assert_int_equal(waits.error, 0);
    assert_int_equal(report(&bed)->state, HEARTH_MODEL_RESTING);
    load(&bed);
    assert_int_equal(manual_starts, 2);
    assert_int_equal(manual->sent_count, 1);
    manual_done(manual->sent[0]);
    assert_int_equal(waits.done, 1);
    assert_int_equal(report(&bed)->retries, 1);
    assert_int_equal(report(&bed)->crashes, 1);
    bed_close(&bed);
}

static void test_a_request_that_crashes_two_workers_is_told(void **state)
{
    (void)state;
    struct bed bed;
    struct answer answer = {0};
    open_bed(&bed, &usual);
    assert_int_equal(submit(&bed, &answer), 0);
    load(&bed);
    manual_crash();
    assert_int_equal(answer.error, 0);
    load(&bed);
    manual_crash();
    assert_int_equal(answer.error, HEARTH_ECRASHED);
    bed_close(&bed);
}

static void test_repeated_crashes_open_the_breaker_and_it_closes_again(void **state)
{
    (void)state;
    struct bed bed;
    struct answer answers[3] = {{0}};
    struct hearth_settings options = usual;
    options.breaker_failures = 2;
    options.breaker_rest = 1500;
    open_bed(&bed, &options);
    assert_int_equal(submit(&bed, &answers[0]), 0);
    run_until_started(&bed, 1);
    manual_crash(); /* while loading: the request goes on waiting */
    assert_int_equal(answers[0].error, 0);
    run_until_started(&bed, 2);
    manual_crash();
    assert_int_equal(answers[0].error, HEARTH_EBREAKER);
    assert_in_range(answers[0].retry_after_ms, 1, 1500);
    assert_string_equal(report(&bed)->breaker, "open");
    assert_int_equal(submit(&bed, &answers[1]), HEARTH_EBREAKER);
    assert_in_range(answers[1].retry_after_ms, 1, 1500);
    usleep(1600 * 1000);
    bool yes = true;
    bed_until(&bed, is_true, &yes);
    assert_int_equal(submit(&bed, &answers[1]), 0);
    assert_int_equal(submit(&bed, &answers[2]), 0);
    load(&bed);
    assert_string_equal(report(&bed)->breaker, "half-open");
    assert_int_equal(manual->sent_count, 1); /* one on trial */
    manual_done(manual->sent[0]);
    assert_string_equal(report(&bed)->breaker, "closed");
    assert_int_equal(manual->sent_count, 2);
    bed_close(&bed);
}

static void test_a_model_that_does_not_fit_is_refused_with_the_sum(void **state)
{
    (void)state;
    struct bed bed;
    struct answer answer = {0};
    struct hearth_settings options = usual;
    options.memory_limit = 1000;
    open_bed(&bed, &options);
    manual_plan = (struct hearth_memory_plan){.weights = 2048, .cache = 1024};
    assert_int_equal(submit(&bed, &answer), 0);
    run_until_started(&bed, 1);
    assert_int_equal(manual->spec.hello.memory_limit, 1000);
    manual_planned();
    assert_true(manual->killed);
    manual_ended_as_asked();
    assert_int_equal(answer.error, HEARTH_EMEMORY);
    assert_non_null(strstr(answer.message, "weights 2.0 KiB + cache 1.0 KiB"));
    assert_non_null(strstr(answer.message, "limit 1000 B"));
    assert_int_equal(report(&bed)->state, HEARTH_MODEL_FAILED);
    assert_string_equal(report(&bed)->breaker, "closed");
    bed_close(&bed);
}

static void test_a_failed_load_is_told_to_all_and_tried_again_by_the_next(void **state)
{
    (void)state;
    struct bed bed;
    struct answer answers[3] = {{0}};
    struct hearth_error error;
    open_bed(&bed, &usual);
    assert_int_equal(submit(&bed, &answers[0]), 0);
    assert_int_equal(submit(&bed, &answers[1]), 0);
    run_until_started(&bed, 1);
    hearth_error_set(&error, HEARTH_EMODEL, "bad magic");
    manual->spec.events->on_failed(manual->spec.argument, &error);
    manual_ended_as_asked();
    assert_int_equal(answers[0].error, HEARTH_EMODEL);
    assert_int_equal(answers[1].error, HEARTH_EMODEL);
    assert_string_equal(answers[1].message, "bad magic");
    assert_int_equal(report(&bed)->failures, 1);
    assert_int_equal(submit(&bed, &answers[2]), 0);
    load(&bed);
    assert_int_equal(manual_starts, 2);
    bed_close(&bed);
}

static void fail_load(int code)
{
    struct hearth_error error;
    hearth_error_set(&error, code, "as it is");
    manual->spec.events->on_failed(manual->spec.argument, &error);
    manual_ended_as_asked();
}

static void test_a_load_that_fails_again_and_again_is_not_tried_by_every_request(void **state)
{
    (void)state;
    struct bed bed;
    struct answer answers[3] = {{0}};
    struct hearth_error error;
    open_bed(&bed, &usual);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(submit(&bed, &answers[i]), 0);
        run_until_started(&bed, i + 1);
        fail_load(HEARTH_EMODEL);
    }
    assert_int_equal(submit(&bed, &answers[2]), HEARTH_EMODEL);
    assert_true(answers[2].retry_after_ms > 0 && answers[2].retry_after_ms <= 1000);
    assert_int_equal(manual_starts, 2);
    /* a person may have mended it */
    assert_int_equal(hearth_scheduler_load(bed.scheduler, "m", NULL, NULL, &error), 0);
    load(&bed);
    assert_int_equal(submit(&bed, &answers[2]), 0);
    manual_done(manual->sent[0]);
    assert_int_equal(answers[2].done, 1);
    bed_close(&bed);
}

static void test_a_pinned_model_that_failed_for_the_moment_is_tried_again_by_itself(void **state)
{
    (void)state;
    struct bed bed;
    struct hearth_error error;
    open_bed(&bed, &usual);
    assert_int_equal(hearth_scheduler_load(bed.scheduler, "m", NULL, NULL, &error), 0);
    run_until_started(&bed, 1);
    fail_load(HEARTH_EMEMORY);
    assert_int_equal(report(&bed)->state, HEARTH_MODEL_FAILED);
    load(&bed);
    assert_int_equal(manual_starts, 2);
    assert_int_equal(report(&bed)->state, HEARTH_MODEL_READY);
    bed_close(&bed);
}

static void test_a_request_times_out_in_the_queue_and_in_the_worker(void **state)
{
    (void)state;
    struct bed bed;
    struct answer first = {0}, second = {0};
    struct hearth_settings options = usual;
    options.request_timeout = 300;
    open_bed(&bed, &options);
    assert_int_equal(submit(&bed, &first), 0);
    run_until_started(&bed, 1);
    bed_until(&bed, has_error, &first);
    assert_int_equal(first.error, HEARTH_ETIMEOUT);
    manual_planned();
    manual_ready();
    assert_int_equal(submit(&bed, &second), 0);
    assert_int_equal(manual->sent_count, 1);
    bed_until(&bed, has_error, &second);
    assert_int_equal(second.error, HEARTH_ETIMEOUT);
    assert_int_equal(manual->canceled_count, 1);
    bed_close(&bed);
}

static void test_a_load_that_takes_too_long_is_given_up(void **state)
{
    (void)state;
    struct bed bed;
    struct answer answer = {0};
    struct hearth_settings options = usual;
    options.load_timeout = 300;
    open_bed(&bed, &options);
    assert_int_equal(submit(&bed, &answer), 0);
    run_until_started(&bed, 1);
    manual_planned();
    bed_until(&bed, is_true, &manual->killed);
    manual_ended_as_asked();
    assert_int_equal(answer.error, HEARTH_ETIMEOUT);
    bed_close(&bed);
}

static void set_flag(void *argument)
{
    *(bool *)argument = true;
}

static void set_flag_of_model(void *argument, const struct hearth_error *error)
{
    assert_null(error);
    *(bool *)argument = true;
}

static void test_stop_lets_running_ones_finish_and_answers_the_rest(void **state)
{
    (void)state;
    struct bed bed;
    struct answer answers[4] = {{0}};
    struct hearth_error error;
    bool stopped = false;
    open_bed(&bed, &usual);
    for (int i = 0; i < 4; i++)
        assert_int_equal(submit(&bed, &answers[i]), 0);
    load(&bed);
    assert_int_equal(
        hearth_scheduler_stop(bed.scheduler, "m", false, set_flag_of_model, &stopped, &error), 0);
    assert_int_equal(answers[3].error, HEARTH_EDRAINING);
    assert_true(manual->stopping);
    assert_true(hearth_scheduler_uses(bed.scheduler, "m", 0));
    for (int i = 0; i < 3; i++)
        manual_done(manual->sent[i]);
    assert_false(stopped);
    manual_ended_as_asked();
    assert_true(stopped);
    assert_int_equal(answers[0].done + answers[1].done + answers[2].done, 3);
    assert_int_equal(report(&bed)->state, HEARTH_MODEL_UNLOADED);
    assert_false(hearth_scheduler_uses(bed.scheduler, "m", 0));
    bed_close(&bed);
}

static void test_what_comes_while_a_model_stops_loads_it_again(void **state)
{
    (void)state;
    struct bed bed;
    struct answer answer = {0}, late = {0};
    struct hearth_error error;
    open_bed(&bed, &usual);
    assert_int_equal(submit(&bed, &answer), 0);
    load(&bed);
    hearth_scheduler_stop(bed.scheduler, "m", true, NULL, NULL, &error);
    assert_true(manual->killed);
    assert_int_equal(submit(&bed, &late), 0);
    manual_ended_as_asked();
    assert_int_equal(answer.error, HEARTH_EDRAINING);
    load(&bed);
    manual_done(manual->sent[0]);
    assert_int_equal(late.done, 1);
    bed_close(&bed);
}

static void test_stop_ends_a_load_and_what_waits_for_it(void **state)
{
    (void)state;
    struct bed bed;
    struct answer answers[2] = {{0}};
    struct hearth_error error;
    bool stopped = false;
    open_bed(&bed, &usual);
    assert_int_equal(submit(&bed, &answers[0]), 0);
    /* while its files are looked for */
    hearth_scheduler_stop(bed.scheduler, "m", false, set_flag_of_model, &stopped, &error);
    assert_int_equal(answers[0].error, HEARTH_EDRAINING);
    assert_int_equal(report(&bed)->state, HEARTH_MODEL_UNLOADED);
    bed_until(&bed, is_true, &stopped);
    assert_int_equal(manual_starts, 0);
    /* while it is loaded */
    assert_int_equal(submit(&bed, &answers[1]), 0);
    run_until_started(&bed, 1);
    manual_planned();
    stopped = false;
    hearth_scheduler_stop(bed.scheduler, "m", false, set_flag_of_model, &stopped, &error);
    assert_int_equal(answers[1].error, HEARTH_EDRAINING);
    assert_true(manual->killed);
    manual_ended_as_asked();
    assert_true(stopped);
    assert_int_equal(report(&bed)->state, HEARTH_MODEL_UNLOADED);
    bed_close(&bed);
}

static void test_an_idle_model_is_unloaded_and_a_pinned_one_is_not(void **state)
{
    (void)state;
    struct hearth_settings options = usual;
    options.idle_unload = 100;
    struct bed bed;
    struct answer answer = {0};
    struct hearth_error error;
    open_bed(&bed, &options);
    assert_int_equal(submit(&bed, &answer), 0);
    load(&bed);
    manual_done(manual->sent[0]);
    bed_until(&bed, is_true, &manual->stopping);
    manual_ended_as_asked();
    assert_int_equal(report(&bed)->unloads, 1);
    /* a file that is served without a row is pinned when it is loaded by name */
    assert_int_equal(hearth_scheduler_load(bed.scheduler, "m", NULL, NULL, &error), 0);
    load(&bed);
    usleep(200 * 1000);
    bool yes = true;
    bed_until(&bed, is_true, &yes);
    assert_false(manual->stopping);
    bed_close(&bed);
}

static void test_drain_finishes_what_is_there_and_takes_nothing_new(void **state)
{
    (void)state;
    struct bed bed;
    struct answer answers[4] = {{0}}, late = {0};
    bool drained = false;
    open_bed(&bed, &usual);
    for (int i = 0; i < 4; i++)
        assert_int_equal(submit(&bed, &answers[i]), 0);
    load(&bed);
    hearth_scheduler_drain(bed.scheduler, hearth_loop_now_ms(bed.loop) + BED_WAIT_MS, set_flag,
                           &drained);
    assert_int_equal(submit(&bed, &late), HEARTH_EDRAINING);
    for (int i = 0; i < 4; i++)
        manual_done(manual->sent[i]); /* the queued one as well */
    for (int i = 0; i < 4; i++)
        assert_int_equal(answers[i].done, 1);
    assert_true(manual->stopping);
    manual_ended_as_asked();
    bed_until(&bed, is_true, &drained);
    bed_close(&bed);
}

static void test_drain_ends_at_its_deadline(void **state)
{
    (void)state;
    struct bed bed;
    struct answer answer = {0};
    bool drained = false;
    open_bed(&bed, &usual);
    assert_int_equal(submit(&bed, &answer), 0);
    load(&bed);
    hearth_scheduler_drain(bed.scheduler, hearth_loop_now_ms(bed.loop) + 100, set_flag, &drained);
    bed_until(&bed, has_error, &answer);
    assert_int_equal(answer.error, HEARTH_EDRAINING);
    assert_true(manual->killed);
    manual_ended_as_asked();
    bed_until(&bed, is_true, &drained);
    bed_close(&bed);
}

static bool is_later(void *argument)
{
    return hearth_clock_monotonic_ms() > *(uint64_t *)argument;
}

static void test_one_model_plans_at_a_time(void **state)
{
    (void)state;
    struct bed bed;
    struct answer first = {0}, second = {0};
    struct hearth_error error;
    char other[64];
    struct hearth_settings options = usual;
    options.memory_limit = 1000;
    open_bed(&bed, &options);
    snprintf(other, sizeof(other), "%s/n.fake", bed.directory);
    bed_touch(other);
    assert_int_equal(hearth_catalog_add_file(bed.catalog, other, &error), 0);
    manual_plan = (struct hearth_memory_plan){.weights = 600};
    assert_int_equal(submit(&bed, &first), 0);
    run_until_started(&bed, 1);
    assert_int_equal(submit_to(&bed, &second, "n"), 0);
    uint64_t later = hearth_clock_monotonic_ms() + 100;
    bed_until(&bed, is_later, &later);
    assert_int_equal(manual_starts, 1);
    manual_planned(); /* the other starts, and the room that is left is what it may take */
    run_until_started(&bed, 2);
    assert_int_equal(manual->spec.hello.memory_limit, 400);
    manual_planned();
    assert_true(manual->killed);
    manual_ended_as_asked();
    assert_int_equal(second.error, 0); /* the first may go when it has done its work */
    hearth_inference_cancel(second.inference);
    bed_close_with(&bed, other);
}

/* Two models of 600 bytes where 1000 may be taken; the first is loaded and has answered. */
static struct manual_backend *open_crowded_bed(struct bed *bed, char other[64],
                                               uint64_t longest_wait_ms, struct answer *first)
{
    struct hearth_error error;
    struct hearth_settings options = usual;
    options.memory_limit = 1000;
    options.longest_wait = longest_wait_ms;
    open_bed(bed, &options);
    snprintf(other, 64, "%s/n.fake", bed->directory);
    bed_touch(other);
    assert_int_equal(hearth_catalog_add_file(bed->catalog, other, &error), 0);
    manual_plan = (struct hearth_memory_plan){.weights = 600};
    assert_int_equal(submit(bed, first), 0);
    load(bed);
    return manual;
}

static bool has_two_sent(void *argument)
{
    return ((const struct manual_backend *)argument)->sent_count == 2;
}

static void start_second(struct bed *bed, struct answer *second)
{
    assert_int_equal(submit_to(bed, second, "n"), 0);
    run_until_started(bed, 2);
    manual_planned();
    assert_true(manual->killed);
    manual_ended_as_asked();
}

static void test_an_idle_model_unloads_for_another(void **state)
{
    (void)state;
    struct bed bed;
    struct answer first = {0}, second = {0};
    char other[64];
    struct manual_backend *resident = open_crowded_bed(&bed, other, 0, &first);
    manual_done(resident->sent[0]);
    start_second(&bed, &second);
    assert_int_equal(second.error, 0);
    assert_true(resident->stopping);
    manual = resident;
    manual_ended_as_asked();
    run_until_started(&bed, 3);
    manual_planned();
    manual_ready();
    manual_done(manual->sent[0]);
    assert_int_equal(second.done, 1);
    bed_close_with(&bed, other);
}

static void test_a_refusal_counts_on_what_idle_models_would_free(void **state)
{
    (void)state;
    struct bed bed;
    struct answer first = {0}, second = {0};
    char other[64];
    struct manual_backend *resident = open_crowded_bed(&bed, other, 0, &first);
    manual_done(resident->sent[0]);
    manual_plan.weights = 2000;
    assert_int_equal(submit_to(&bed, &second, "n"), 0);
    run_until_started(&bed, 2);
    assert_int_equal(manual->spec.hello.memory_limit, 400);
    assert_int_equal(manual->spec.hello.memory_reach, 1000);
    manual_planned();
    manual_ended_as_asked();
    assert_int_equal(second.error, HEARTH_EMEMORY);
    assert_non_null(strstr(second.message, "1000 B may be taken: limit 1000 B less 0 B"));
    assert_false(resident->stopping);
    bed_close_with(&bed, other);
}

static void test_a_pinned_model_does_not_unload_for_another(void **state)
{
    (void)state;
    struct bed bed;
    struct answer first = {0}, second = {0};
    struct hearth_error error;
    char other[64];
    struct manual_backend *resident = open_crowded_bed(&bed, other, 0, &first);
    /* a file that is served without a row is pinned when it is loaded by name */
    assert_int_equal(hearth_scheduler_load(bed.scheduler, "m", NULL, NULL, &error), 0);
    manual_done(resident->sent[0]);
    start_second(&bed, &second);
    assert_int_equal(second.error, HEARTH_EMEMORY);
    assert_non_null(strstr(second.message, "weights 600 B"));
    assert_false(resident->stopping);
    bed_close_with(&bed, other);
}

/* What runs ends as ever, what comes meanwhile waits for the next load: so a model that is never
 * idle by itself does not keep another one out for ever. */
static void test_a_busy_model_is_held_for_one_that_has_waited_too_long(void **state)
{
    (void)state;
    struct bed bed;
    struct answer first = {0}, second = {0}, third = {0};
    char other[64];
    struct manual_backend *resident = open_crowded_bed(&bed, other, 0, &first);
    start_second(&bed, &second);
    assert_int_equal(second.error, 0);
    assert_int_equal(submit(&bed, &third), 0);
    assert_int_equal(resident->sent_count, 1);
    assert_false(resident->stopping);
    manual = resident;
    manual_done(resident->sent[0]);
    assert_int_equal(first.done, 1);
    bed_until(&bed, is_true, &resident->stopping);
    assert_int_equal(resident->sent_count, 1);
    manual = resident;
    manual_ended_as_asked();
    run_until_started(&bed, 3); /* the one that went comes back at once … */
    manual_planned();
    assert_true(manual->killed); /* … and does not overtake the one that waited */
    manual_ended_as_asked();
    run_until_started(&bed, 4);
    manual_planned();
    assert_false(manual->killed);
    manual_ready();
    assert_int_equal(third.error, 0);
    assert_int_equal(manual->sent_count, 1);
    manual_done(manual->sent[0]);
    assert_int_equal(second.done, 1);
    hearth_inference_cancel(third.inference);
    bed_close_with(&bed, other);
}

static void test_a_held_model_goes_on_when_nobody_waits_for_its_room_any_more(void **state)
{
    (void)state;
    struct bed bed;
    struct answer first = {0}, second = {0}, third = {0};
    struct hearth_error error;
    char other[64];
    struct manual_backend *resident = open_crowded_bed(&bed, other, 0, &first);
    start_second(&bed, &second);
    assert_int_equal(submit(&bed, &third), 0);
    assert_int_equal(resident->sent_count, 1);
    assert_int_equal(hearth_scheduler_stop(bed.scheduler, "n", false, NULL, NULL, &error), 0);
    assert_int_equal(second.error, HEARTH_EDRAINING);
    bed_until(&bed, has_two_sent, resident);
    manual = resident;
    manual_done(resident->sent[0]);
    manual_done(resident->sent[1]);
    assert_int_equal(third.done, 1);
    bed_close_with(&bed, other);
}

static void test_room_is_waited_for_until_a_busy_model_is_idle(void **state)
{
    (void)state;
    struct bed bed;
    struct answer first = {0}, second = {0};
    char other[64];
    struct manual_backend *resident = open_crowded_bed(&bed, other, BED_WAIT_MS, &first);
    start_second(&bed, &second);
    assert_int_equal(second.error, 0);
    assert_false(resident->stopping);
    manual = resident;
    manual_done(resident->sent[0]);
    bed_until(&bed, is_true, &resident->stopping);
    manual_ended_as_asked();
    run_until_started(&bed, 3);
    hearth_inference_cancel(second.inference);
    bed_close_with(&bed, other);
}

static void test_unknown_models_and_engines_are_refused_at_once(void **state)
{
    (void)state;
    struct bed bed;
    struct answer answer = {0};
    struct hearth_error error;
    open_bed(&bed, &usual);
    char other[64];
    snprintf(other, sizeof(other), "%s/n.gguf", bed.directory); /* its engine is not in the bed */
    FILE *file = fopen(other, "w");
    assert_non_null(file);
    fputs("GGUF", file);
    fclose(file);
    assert_int_equal(hearth_catalog_add_file(bed.catalog, other, &error), 0);
    assert_int_equal(submit_to(&bed, &answer, "n"), HEARTH_ENOTIMPL);
    unlink(other);
    assert_int_equal(hearth_scheduler_load(bed.scheduler, "nobody", NULL, NULL, &error),
                     HEARTH_ENOMODEL);
    assert_int_equal(hearth_scheduler_load(bed.scheduler, "../x", NULL, NULL, &error),
                     HEARTH_ENOMODEL);
    bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_request_loads_its_model_and_streams),
        cmocka_unit_test(test_no_more_than_slots_and_one_are_with_the_worker),
        cmocka_unit_test(test_a_full_queue_refuses_with_a_time),
        cmocka_unit_test(test_a_canceled_request_leaves_queue_and_worker),
        cmocka_unit_test(test_a_request_may_be_canceled_from_its_own_event),
        cmocka_unit_test(test_a_crash_is_told_to_who_streams_and_retried_for_the_others),
        cmocka_unit_test(test_a_request_that_crashes_two_workers_is_told),
        cmocka_unit_test(test_repeated_crashes_open_the_breaker_and_it_closes_again),
        cmocka_unit_test(test_a_model_that_does_not_fit_is_refused_with_the_sum),
        cmocka_unit_test(test_a_failed_load_is_told_to_all_and_tried_again_by_the_next),
        cmocka_unit_test(test_a_load_that_fails_again_and_again_is_not_tried_by_every_request),
        cmocka_unit_test(test_a_pinned_model_that_failed_for_the_moment_is_tried_again_by_itself),
        cmocka_unit_test(test_a_request_times_out_in_the_queue_and_in_the_worker),
        cmocka_unit_test(test_a_load_that_takes_too_long_is_given_up),
        cmocka_unit_test(test_stop_lets_running_ones_finish_and_answers_the_rest),
        cmocka_unit_test(test_what_comes_while_a_model_stops_loads_it_again),
        cmocka_unit_test(test_stop_ends_a_load_and_what_waits_for_it),
        cmocka_unit_test(test_an_idle_model_is_unloaded_and_a_pinned_one_is_not),
        cmocka_unit_test(test_drain_finishes_what_is_there_and_takes_nothing_new),
        cmocka_unit_test(test_drain_ends_at_its_deadline),
        cmocka_unit_test(test_one_model_plans_at_a_time),
        cmocka_unit_test(test_an_idle_model_unloads_for_another),
        cmocka_unit_test(test_a_refusal_counts_on_what_idle_models_would_free),
        cmocka_unit_test(test_a_pinned_model_does_not_unload_for_another),
        cmocka_unit_test(test_a_busy_model_is_held_for_one_that_has_waited_too_long),
        cmocka_unit_test(test_a_held_model_goes_on_when_nobody_waits_for_its_room_any_more),
        cmocka_unit_test(test_room_is_waited_for_until_a_busy_model_is_idle),
        cmocka_unit_test(test_unknown_models_and_engines_are_refused_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
