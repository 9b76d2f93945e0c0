#include "domain/memory_plan.h"
#include "domain/residency.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define MIB (1024ull * 1024)

static const struct hearth_memory_plan plan = {
    .weights = 100 * MIB, .cache = 50 * MIB, .scratch = 30 * MIB, .process = 20 * MIB};

static void test_what_fits_exactly_is_taken(void **state)
{
    (void)state;
    struct hearth_memory_room room = {.available.host = 712 * MIB, .headroom = 512 * MIB};
    assert_int_equal(hearth_memory_check(&plan, &room, NULL), 0);
    room.available.host--;
    assert_int_equal(hearth_memory_check(&plan, &room, NULL), HEARTH_EMEMORY);
}

static void test_the_refusal_has_the_whole_sum(void **state)
{
    (void)state;
    struct hearth_error error;
    struct hearth_memory_room room = {.available.host = 612 * MIB, .headroom = 512 * MIB};
    assert_int_equal(hearth_memory_check(&plan, &room, &error), HEARTH_EMEMORY);
    assert_string_equal(error.message,
                        "needs weights 100.0 MiB + cache 50.0 MiB + scratch 30.0 MiB + process "
                        "20.0 MiB = 200.0 MiB; 100.0 MiB may be taken: 612.0 MiB free less "
                        "headroom 512.0 MiB");
    room.reserved.host = 7 * MIB;
    room.jobs = 60 * MIB;
    assert_int_equal(hearth_memory_check(&plan, &room, &error), HEARTH_EMEMORY);
    assert_non_null(strstr(error.message,
                           "33.0 MiB may be taken: 612.0 MiB free less headroom 512.0 MiB less 7.0 "
                           "MiB of models that load now less 60.0 MiB of training jobs that run"));
}

static void test_the_limit_counts_what_is_loaded(void **state)
{
    (void)state;
    struct hearth_error error;
    struct hearth_memory_room room = {
        .available.host = 9000 * MIB, .limit = 500 * MIB, .used = 300 * MIB};
    assert_int_equal(hearth_memory_check(&plan, &room, NULL), 0);
    room.used = 301 * MIB;
    assert_int_equal(hearth_memory_check(&plan, &room, &error), HEARTH_EMEMORY);
    assert_non_null(strstr(error.message, "limit 500.0 MiB less 301.0 MiB"));
    /* Neither would do: the nearer bound is told, from which what may be taken comes. */
    room.available.host = 199 * MIB;
    room.used = 400 * MIB;
    assert_int_equal(hearth_memory_check(&plan, &room, &error), HEARTH_EMEMORY);
    assert_non_null(
        strstr(error.message, "100.0 MiB may be taken: limit 500.0 MiB less 400.0 MiB"));
    const struct hearth_memory_room without =
        hearth_memory_without(&room, (struct hearth_memory){.host = 401 * MIB});
    assert_int_equal(without.used, 0);
    assert_int_equal(hearth_memory_most(&without).host, 500 * MIB);
    room.used = 600 * MIB;
    assert_int_equal(hearth_memory_most(&room).host, 0);
}

static void test_absurd_plans_do_not_wrap_round(void **state)
{
    (void)state;
    struct hearth_memory_plan absurd = {.weights = UINT64_MAX, .cache = UINT64_MAX, .scratch = 2};
    struct hearth_memory_room room = {.available.host = UINT64_MAX - 1};
    assert_int_equal(hearth_memory_total(&absurd).host, UINT64_MAX);
    assert_int_equal(hearth_memory_check(&absurd, &room, NULL), HEARTH_EMEMORY);
    room = (struct hearth_memory_room){
        .available.host = 5, .headroom = UINT64_MAX, .reserved.host = 9};
    assert_int_equal(hearth_memory_most(&room).host, 0);
}

static const struct hearth_residency policy = {
    .shortest_ms = 1000, .longest_wait_ms = 5000, .idle_unload_ms = 60000};

static void test_busy_loading_and_pinned_models_never_go(void **state)
{
    (void)state;
    const struct hearth_resident rows[] = {{.bytes.host = 100, .busy = true},
                                           {.bytes.host = 100, .loading = true},
                                           {.bytes.host = 100, .pinned = true}};
    bool evict[3];
    assert_int_equal(hearth_residency_choose(&policy, rows, 3, (struct hearth_memory){.host = 1},
                                             99999, 99999, evict),
                     HEARTH_EMEMORY);
    for (int i = 0; i < 3; i++) {
        assert_false(evict[i]);
        assert_int_equal(hearth_residency_idle_due(&policy, &rows[i]), 0);
    }
}

static void test_the_large_idle_model_goes_and_the_small_one_stays(void **state)
{
    (void)state; /* LocalAI 9375: the 40 MB model went and the 13 GB one stayed */
    const struct hearth_resident rows[] = {
        {.bytes.host = 40, .last_use_ms = 1000, .load_cost_ms = 1},
        {.bytes.host = 13000, .last_use_ms = 2000, .load_cost_ms = 900},
    };
    bool evict[2];
    assert_int_equal(hearth_residency_choose(&policy, rows, 2, (struct hearth_memory){.host = 5000},
                                             0, 100000, evict),
                     0);
    assert_false(evict[0]);
    assert_true(evict[1]);
}

static void test_a_fresh_model_stays_until_the_wait_is_too_long(void **state)
{
    (void)state;
    const struct hearth_resident row = {
        .bytes.host = 100, .loaded_ms = 10000, .last_use_ms = 10000};
    bool evict;
    assert_int_equal(hearth_residency_choose(&policy, &row, 1, (struct hearth_memory){.host = 50},
                                             0, 10500, &evict),
                     HEARTH_EMEMORY);
    assert_int_equal(hearth_residency_choose(&policy, &row, 1, (struct hearth_memory){.host = 50},
                                             5000, 10500, &evict),
                     0);
    assert_true(evict);
    assert_int_equal(hearth_residency_choose(&policy, &row, 1, (struct hearth_memory){.host = 50},
                                             0, 11000, &evict),
                     0);
}

static void test_none_goes_when_all_together_are_not_enough(void **state)
{
    (void)state;
    const struct hearth_resident rows[] = {{.bytes.host = 100}, {.bytes.host = 100}};
    bool evict[2];
    assert_int_equal(hearth_residency_choose(&policy, rows, 2, (struct hearth_memory){.host = 201},
                                             0, 100000, evict),
                     HEARTH_EMEMORY);
    assert_false(evict[0] || evict[1]);
}

static void test_idle_is_counted_from_the_last_use(void **state)
{
    (void)state;
    const struct hearth_resident row = {.loaded_ms = 5, .last_use_ms = 700};
    assert_int_equal(hearth_residency_idle_due(&policy, &row), 60700);
}

static void test_memory_of_gpus_is_counted_by_itself_and_named(void **state)
{
    (void)state;
    struct hearth_error error;
    const struct hearth_memory_plan wants = {.weights = 10 * MIB, .device = 300 * MIB};
    struct hearth_memory_room room = {.available = {.host = 4000 * MIB, .device = 500 * MIB},
                                      .reserved.device = 200 * MIB};
    assert_int_equal(hearth_memory_check(&wants, &room, NULL), 0);
    room.reserved.device++;
    assert_int_equal(hearth_memory_check(&wants, &room, &error), HEARTH_EMEMORY);
    assert_non_null(strstr(error.message, "needs 300.0 MiB of GPU memory"));
    assert_non_null(strstr(error.message, "500.0 MiB free less 200.0 MiB of models that load now"));
    room = (struct hearth_memory_room){.available.host = 4000 * MIB};
    assert_int_equal(hearth_memory_check(&wants, &room, &error), HEARTH_EMEMORY);
    assert_int_equal(hearth_memory_check(&plan, &room, &error), 0);
}

/* Memory of one kind is no help where the other lacks, and nobody goes in vain. */
static void test_who_goes_for_a_gpu_has_memory_there(void **state)
{
    (void)state;
    const struct hearth_residency patient = {.shortest_ms = 0, .longest_wait_ms = 1000};
    const struct hearth_resident rows[] = {{.bytes.host = 9000},
                                           {.bytes = {.host = 10, .device = 50}},
                                           {.bytes = {.host = 10, .device = 80}}};
    bool evict[3];
    assert_int_equal(hearth_residency_choose(
                         &patient, rows, 3, (struct hearth_memory){.device = 60}, 0, 100000, evict),
                     0);
    assert_true(!evict[0] && !evict[1] && evict[2]);
    assert_int_equal(hearth_residency_choose(&patient, rows, 3,
                                             (struct hearth_memory){.host = 100, .device = 10}, 0,
                                             100000, evict),
                     0);
    assert_true(evict[0] && (evict[1] != evict[2]));
    assert_int_equal(hearth_residency_choose(&patient, rows, 3,
                                             (struct hearth_memory){.device = 131}, 0, 100000,
                                             evict),
                     HEARTH_EMEMORY);
    assert_true(!evict[0] && !evict[1] && !evict[2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_fits_exactly_is_taken),
        cmocka_unit_test(test_the_refusal_has_the_whole_sum),
        cmocka_unit_test(test_the_limit_counts_what_is_loaded),
        cmocka_unit_test(test_absurd_plans_do_not_wrap_round),
        cmocka_unit_test(test_busy_loading_and_pinned_models_never_go),
        cmocka_unit_test(test_the_large_idle_model_goes_and_the_small_one_stays),
        cmocka_unit_test(test_a_fresh_model_stays_until_the_wait_is_too_long),
        cmocka_unit_test(test_none_goes_when_all_together_are_not_enough),
        cmocka_unit_test(test_idle_is_counted_from_the_last_use),
        cmocka_unit_test(test_memory_of_gpus_is_counted_by_itself_and_named),
        cmocka_unit_test(test_who_goes_for_a_gpu_has_memory_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
