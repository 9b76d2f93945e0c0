/* The order of rows, what becomes of each answer, and MLflow's limits, each at its edge. */
#include "domain/outbox.h"
#include "unit/cmocka_all.h"

#include "hearth/error_codes.h"

#include <stdio.h>

static void rows_of_a_subject_wait_for_each_other(void **state)
{
    (void)state;
    struct hearth_outbox_scan scan;
    hearth_outbox_scan_begin(&scan, 1000);
    assert_false(hearth_outbox_scan_row(&scan, "run:a", 1500));
    assert_false(hearth_outbox_scan_row(&scan, "run:a", 0));
    assert_true(hearth_outbox_scan_row(&scan, "run:b", 1000));
    assert_false(hearth_outbox_scan_row(&scan, "run:c", 1200));
    assert_int_equal(scan.next_ms, 1200);
    hearth_outbox_scan_end(&scan);
}

static void many_subjects_may_wait(void **state)
{
    (void)state;
    struct hearth_outbox_scan scan;
    char subject[16];
    hearth_outbox_scan_begin(&scan, 0);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 100; i++) {
            snprintf(subject, sizeof(subject), "run:%d", i);
            assert_false(hearth_outbox_scan_row(&scan, subject, round ? 0 : 100 + i));
        }
    assert_int_equal(scan.count, 100);
    assert_int_equal(scan.next_ms, 100);
    hearth_outbox_scan_end(&scan);
}

/* A row may not wait for a time that a clock once showed by mistake. */
static void a_clock_set_back_holds_nothing(void **state)
{
    (void)state;
    struct hearth_outbox_scan scan;
    hearth_outbox_scan_begin(&scan, 1000);
    assert_true(hearth_outbox_scan_row(&scan, "run:a", 1000 + 300001));
    assert_false(hearth_outbox_scan_row(&scan, "run:a", 1000 + 300000));
    hearth_outbox_scan_end(&scan);
}

static void answers_are_judged(void **state)
{
    (void)state;
    static const struct {
        int rc, status;
        enum hearth_outbox_verdict verdict;
    } rows[] = {
        {0, 200, HEARTH_OUTBOX_TOLD},
        {0, 201, HEARTH_OUTBOX_TOLD},
        {0, 101, HEARTH_OUTBOX_AWAY},
        {0, 302, HEARTH_OUTBOX_AWAY},
        {0, 308, HEARTH_OUTBOX_AWAY},
        {0, 400, HEARTH_OUTBOX_REFUSED},
        {0, 401, HEARTH_OUTBOX_AWAY},
        {0, 403, HEARTH_OUTBOX_AWAY},
        {0, 404, HEARTH_OUTBOX_REFUSED},
        {0, 408, HEARTH_OUTBOX_LATER},
        {0, 413, HEARTH_OUTBOX_REFUSED},
        {0, 429, HEARTH_OUTBOX_LATER},
        {0, 500, HEARTH_OUTBOX_LATER},
        {0, 501, HEARTH_OUTBOX_LATER},
        {0, 502, HEARTH_OUTBOX_AWAY},
        {0, 503, HEARTH_OUTBOX_AWAY},
        {0, 504, HEARTH_OUTBOX_AWAY},
        {HEARTH_ENETWORK, 0, HEARTH_OUTBOX_AWAY},
        {HEARTH_ETIMEOUT, 200, HEARTH_OUTBOX_AWAY},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(hearth_outbox_judge(rows[i].rc, rows[i].status), rows[i].verdict);
}

static uint32_t fill(struct hearth_outbox_batch *batch, enum hearth_outbox_entity entity,
                     uint64_t bytes)
{
    uint32_t count = 0;
    while (hearth_outbox_batch_add(batch, entity, bytes))
        count++;
    return count;
}

static void a_batch_keeps_to_each_limit(void **state)
{
    (void)state;
    struct hearth_outbox_batch batch = {0};
    assert_int_equal(fill(&batch, HEARTH_OUTBOX_PARAM, 10), 100);
    assert_int_equal(fill(&batch, HEARTH_OUTBOX_TAG, 10), 100);
    assert_int_equal(fill(&batch, HEARTH_OUTBOX_METRIC, 10), 800);
    assert_int_equal(batch.entities, 1000);

    struct hearth_outbox_batch wide = {0};
    assert_int_equal(fill(&wide, HEARTH_OUTBOX_METRIC, 300000), 3);
    assert_true(wide.bytes <= 1000000);
    assert_true(hearth_outbox_batch_add(&wide, HEARTH_OUTBOX_METRIC, 90000));

    struct hearth_outbox_batch none = {0};
    assert_false(hearth_outbox_batch_add(&none, HEARTH_OUTBOX_METRIC, 1000000));
    assert_false(hearth_outbox_batch_add(&none, HEARTH_OUTBOX_METRIC, UINT64_MAX));
    assert_int_equal(none.entities, 0);
}

static void waits_grow_to_five_minutes(void **state)
{
    (void)state;
    assert_in_range(hearth_outbox_wait_ms(0, 7), 500, 1000);
    assert_in_range(hearth_outbox_wait_ms(1, 7), 500, 1000);
    assert_in_range(hearth_outbox_wait_ms(4, 7), 4000, 8000);
    assert_in_range(hearth_outbox_wait_ms(4000000000u, 7), 150000, 300000);
}

static void metrics_leave_room_for_the_rest(void **state)
{
    (void)state;
    struct hearth_outbox_bounds all = hearth_outbox_bounds(false),
                                some = hearth_outbox_bounds(true);
    assert_true(some.count_max < all.count_max);
    assert_true(some.size_max < all.size_max);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_a_subject_wait_for_each_other),
        cmocka_unit_test(many_subjects_may_wait),
        cmocka_unit_test(a_clock_set_back_holds_nothing),
        cmocka_unit_test(answers_are_judged),
        cmocka_unit_test(a_batch_keeps_to_each_limit),
        cmocka_unit_test(waits_grow_to_five_minutes),
        cmocka_unit_test(metrics_leave_room_for_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
