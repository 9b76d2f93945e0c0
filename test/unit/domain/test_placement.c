#include "domain/placement.h"
#include "unit/cmocka_all.h"

static void a_stream_is_found_until_it_leaves(void **state)
{
    (void)state;
    struct hearth_placement *placement = hearth_placement_create(2);
    hearth_placement_take(placement, 1, 7, 10);
    assert_int_equal(hearth_placement_worker(placement, 7), 1);
    assert_int_equal(hearth_placement_worker(placement, 8), -1);
    hearth_placement_leave(placement, 8);
    assert_int_equal(hearth_placement_load(placement, 1).streams, 1);
    hearth_placement_leave(placement, 7);
    assert_int_equal(hearth_placement_worker(placement, 7), -1);
    assert_int_equal(hearth_placement_load(placement, 1).streams, 0);
    hearth_placement_destroy(placement);
}

static void a_load_is_the_sum_of_its_streams(void **state)
{
    (void)state;
    enum { STREAMS = 1000 };
    struct hearth_placement *placement = hearth_placement_create(3);
    for (uint32_t i = 0; i < STREAMS; i++)
        hearth_placement_take(placement, i % 3, i, i);
    uint64_t cost = 0;
    for (uint32_t worker = 0; worker < 3; worker++)
        cost += hearth_placement_load(placement, worker).cost;
    assert_int_equal(cost, STREAMS * (STREAMS - 1) / 2);
    for (uint32_t i = 0; i < STREAMS; i += 2)
        hearth_placement_leave(placement, i);
    assert_int_equal(hearth_placement_load(placement, 0).streams, 167);
    assert_int_equal(hearth_placement_load(placement, 1).streams, 167);
    assert_int_equal(hearth_placement_load(placement, 2).streams, 166);
    hearth_placement_destroy(placement);
}

static void all_of_one_worker_leave_and_no_others(void **state)
{
    (void)state;
    uint32_t streams[3] = {0};
    struct hearth_placement *placement = hearth_placement_create(2);
    for (uint32_t i = 0; i < 6; i++)
        hearth_placement_take(placement, i < 3, 10 + i, 1);
    assert_int_equal(hearth_placement_leave_all(placement, 1, streams), 3);
    uint32_t sum = 0;
    for (size_t i = 0; i < 3; i++)
        sum += streams[i];
    assert_int_equal(sum, 10 + 11 + 12);
    assert_int_equal(hearth_placement_load(placement, 1).cost, 0);
    for (uint32_t i = 3; i < 6; i++)
        assert_int_equal(hearth_placement_worker(placement, 10 + i), 0);
    assert_int_equal(hearth_placement_leave_all(placement, 1, streams), 0);
    hearth_placement_destroy(placement);
    hearth_placement_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_is_found_until_it_leaves),
        cmocka_unit_test(a_load_is_the_sum_of_its_streams),
        cmocka_unit_test(all_of_one_worker_leave_and_no_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
