/* Tiny inferences that show whether a model works. */
#include "scheduler_bed.h"

#include "support/inference_answer.h"

static void load_bed(struct bed *bed, const struct hearth_settings *settings)
{
    struct hearth_error error;
    bed_open_for(bed, HEARTH_TASK_GENERATE, settings);
    assert_int_equal(hearth_scheduler_load(bed->scheduler, "m", NULL, NULL, &error), 0);
    bed_become_ready(bed);
}

static bool has_probe(void *argument)
{
    const struct manual_backend *backend = argument;
    return backend->sent_count > 0;
}

static bool has_two(void *argument)
{
    const struct manual_backend *backend = argument;
    return backend->sent_count > 1;
}

static bool is_killed(void *argument)
{
    return ((const struct manual_backend *)argument)->killed;
}

static void test_a_loaded_model_is_warmed_up_once(void **state)
{
    (void)state;
    struct bed bed;
    const struct hearth_settings settings = {
        .queue_max = 8, .warm_up = true, .health_timeout = BED_WAIT_MS};
    load_bed(&bed, &settings);
    assert_string_equal(report_of(bed.scheduler)->health, "unknown");
    bed_until(&bed, has_probe, manual);
    manual_done(manual->sent[0]);
    assert_string_equal(report_of(bed.scheduler)->health, "ok");
    assert_int_equal(report_of(bed.scheduler)->last_use_ms, 0); /* nobody has used it */
    bed_close(&bed);
}

static void test_a_model_that_fails_two_probes_is_started_anew(void **state)
{
    (void)state;
    struct bed bed;
    const struct hearth_settings settings = {
        .queue_max = 8, .health_interval = 1, .health_timeout = BED_WAIT_MS};
    load_bed(&bed, &settings);
    bed_until(&bed, has_probe, manual);
    manual_error(manual->sent[0], HEARTH_EINTERNAL);
    assert_string_equal(report_of(bed.scheduler)->health, "failing");
    assert_false(manual->killed);
    bed_until(&bed, has_two, manual);
    manual_error(manual->sent[1], HEARTH_EINTERNAL);
    bed_until(&bed, is_killed, manual);
    manual_crash();
    assert_int_equal(report_of(bed.scheduler)->crashes, 1);
    bed_become_ready(&bed); /* it is pinned: it comes back by itself */
    bed_until(&bed, has_probe, manual);
    manual_done(manual->sent[0]);
    assert_string_equal(report_of(bed.scheduler)->health, "ok");
    bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_loaded_model_is_warmed_up_once),
        cmocka_unit_test(test_a_model_that_fails_two_probes_is_started_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
