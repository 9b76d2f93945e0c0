#include "domain/queue.h"

#include "base/memory.h"
#include "hearth/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct hearth_queue *queue_of(size_t requests_max, uint64_t cost_max)
{
    return hearth_queue_create(
        &(struct hearth_queue_limits){.requests_max = requests_max, .cost_max = cost_max}, NULL);
}

static struct hearth_queued item_of(enum hearth_class class_, uint64_t cost)
{
    return (struct hearth_queued){.class_ = class_, .cost = cost};
}

static void drain(struct hearth_queue *queue)
{
    while (hearth_queue_pop(queue))
        ;
    assert_int_equal(hearth_queue_cost(queue), 0);
    hearth_queue_destroy(queue);
}

static void test_one_client_is_served_in_order(void **state)
{
    (void)state;
    struct hearth_queue *queue = queue_of(8, 0);
    struct hearth_queued items[3];
    for (int i = 0; i < 3; i++) {
        items[i] = item_of(HEARTH_CLASS_NORMAL, 100);
        assert_int_equal(hearth_queue_push(queue, &items[i], "a", 0), 0);
    }
    for (int i = 0; i < 3; i++)
        assert_ptr_equal(hearth_queue_pop(queue), &items[i]);
    assert_null(hearth_queue_pop(queue));
    drain(queue);
}

static void test_a_full_queue_refuses_by_count_and_by_cost(void **state)
{
    (void)state;
    struct hearth_queue *queue = queue_of(2, 1000);
    struct hearth_queued a = item_of(HEARTH_CLASS_NORMAL, 900), b = a, c = a;
    assert_int_equal(hearth_queue_push(queue, &a, "a", 0), 0);
    assert_int_equal(hearth_queue_push(queue, &b, "b", 0), HEARTH_EQUEUEFULL);
    b.cost = 100;
    assert_int_equal(hearth_queue_push(queue, &b, "b", 0), 0);
    c.cost = UINT64_MAX;
    assert_int_equal(hearth_queue_push(queue, &c, "c", 0), HEARTH_EQUEUEFULL);
    assert_int_equal(hearth_queue_length(queue), 2);
    drain(queue);
}

static void test_a_request_over_the_cost_cap_may_wait_alone(void **state)
{
    (void)state;
    struct hearth_queue *queue = queue_of(2, 1000);
    struct hearth_queued a = item_of(HEARTH_CLASS_NORMAL, 5000);
    assert_int_equal(hearth_queue_push(queue, &a, "a", 0), 0);
    assert_ptr_equal(hearth_queue_pop(queue), &a);
    drain(queue);
}

static int push(struct hearth_queue *queue, struct hearth_queued *item,
                enum hearth_queue_place place)
{
    *item = item_of(HEARTH_CLASS_NORMAL, 10);
    item->place = place;
    return hearth_queue_push(queue, item, "a", 0);
}

static void test_spare_parts_leave_half_of_the_room_and_a_kept_place_is_not_refused(void **state)
{
    (void)state;
    struct hearth_queue *queue = queue_of(4, 100);
    struct hearth_queued items[8];
    assert_int_equal(push(queue, &items[0], HEARTH_PLACE_NEW), 0);
    assert_int_equal(push(queue, &items[1], HEARTH_PLACE_SPARE), 0);
    assert_int_equal(push(queue, &items[2], HEARTH_PLACE_SPARE), HEARTH_EQUEUEFULL);
    assert_int_equal(push(queue, &items[2], HEARTH_PLACE_NEW), 0);
    assert_int_equal(push(queue, &items[3], HEARTH_PLACE_NEW), 0);
    assert_int_equal(push(queue, &items[4], HEARTH_PLACE_NEW), HEARTH_EQUEUEFULL);
    assert_int_equal(push(queue, &items[4], HEARTH_PLACE_KEPT), 0);
    drain(queue);
}

static void test_other_limits_hold_for_what_comes_next(void **state)
{
    (void)state;
    struct hearth_queue *queue = queue_of(2, 100);
    struct hearth_queued items[3];
    assert_int_equal(push(queue, &items[0], HEARTH_PLACE_NEW), 0);
    assert_int_equal(push(queue, &items[1], HEARTH_PLACE_NEW), 0);
    hearth_queue_limit(queue, &(struct hearth_queue_limits){.requests_max = 1});
    assert_int_equal(hearth_queue_length(queue), 2);
    assert_int_equal(push(queue, &items[2], HEARTH_PLACE_NEW), HEARTH_EQUEUEFULL);
    hearth_queue_limit(queue, &(struct hearth_queue_limits){.requests_max = 3});
    assert_int_equal(push(queue, &items[2], HEARTH_PLACE_NEW), 0);
    drain(queue);
}

static void test_a_huge_request_does_not_keep_a_small_client_waiting(void **state)
{
    (void)state;
    struct hearth_queue *queue = queue_of(8, 0);
    struct hearth_queued huge = item_of(HEARTH_CLASS_NORMAL, 1000000);
    struct hearth_queued small = item_of(HEARTH_CLASS_NORMAL, 10);
    hearth_queue_push(queue, &huge, "bulk", 0);
    hearth_queue_push(queue, &small, "person", 0);
    assert_ptr_equal(hearth_queue_pop(queue), &small);
    assert_ptr_equal(hearth_queue_pop(queue), &huge);
    drain(queue);
}

static void test_many_small_requests_of_one_client_leave_another_its_turn(void **state)
{
    (void)state;
    struct hearth_queue *queue = queue_of(64, 0);
    struct hearth_queued many[40], one = item_of(HEARTH_CLASS_NORMAL, 10);
    for (size_t i = 0; i < 40; i++) {
        many[i] = item_of(HEARTH_CLASS_NORMAL, 10);
        hearth_queue_push(queue, &many[i], "bulk", 0);
    }
    assert_ptr_equal(hearth_queue_pop(queue), &many[0]);
    hearth_queue_push(queue, &one, "person", 0);
    size_t before = 0;
    while (hearth_queue_pop(queue) != &one)
        before++;
    assert_in_range(before, 0, HEARTH_QUEUE_QUANTUM / 10);
    assert_true(before < 10);
    drain(queue);
}

static void test_interactive_goes_before_batch_but_not_for_ever(void **state)
{
    (void)state;
    struct hearth_queue *queue = queue_of(100, 0);
    struct hearth_queued interactive[40], batch = item_of(HEARTH_CLASS_BATCH, 1);
    hearth_queue_push(queue, &batch, "b", 0);
    for (int i = 0; i < 40; i++) {
        interactive[i] = item_of(HEARTH_CLASS_INTERACTIVE, 1);
        hearth_queue_push(queue, &interactive[i], "a", 0);
    }
    int before = 0;
    assert_ptr_equal(hearth_queue_pop(queue), &interactive[0]);
    while (hearth_queue_pop(queue) != &batch)
        before++;
    assert_true(before <= 17);
    drain(queue);
}

static void test_an_idle_class_earns_no_turns(void **state)
{
    (void)state;
    struct hearth_queue *queue = queue_of(100, 0);
    struct hearth_queued interactive[60], batch[20];
    for (int i = 0; i < 60; i++) {
        interactive[i] = item_of(HEARTH_CLASS_INTERACTIVE, 1);
        hearth_queue_push(queue, &interactive[i], "a", 0);
    }
    for (int i = 0; i < 40; i++)
        hearth_queue_pop(queue);
    for (int i = 0; i < 20; i++) {
        batch[i] = item_of(HEARTH_CLASS_BATCH, 1);
        hearth_queue_push(queue, &batch[i], "b", 0);
    }
    int batches = 0;
    for (int i = 0; i < 16; i++)
        batches += hearth_queue_pop(queue)->class_ == HEARTH_CLASS_BATCH;
    assert_in_range(batches, 1, 2);
    drain(queue);
}

static void test_what_is_put_back_is_next(void **state)
{
    (void)state;
    struct hearth_queue *queue = queue_of(1, 0);
    struct hearth_queued a = item_of(HEARTH_CLASS_NORMAL, 3000), b = a;
    hearth_queue_push(queue, &a, "a", 0);
    assert_ptr_equal(hearth_queue_pop(queue), &a);
    hearth_queue_push(queue, &b, "b", 0);
    hearth_queue_unpop(queue, &a, "a"); /* also over the cap: it was admitted once */
    assert_int_equal(hearth_queue_length(queue), 2);
    assert_ptr_equal(hearth_queue_pop(queue), &a);
    assert_ptr_equal(hearth_queue_pop(queue), &b);
    drain(queue);
}

static void test_all_queues_together_have_caps_too(void **state)
{
    (void)state;
    struct hearth_queue_total total = {.limits = {.requests_max = 3, .cost_max = 100}};
    const struct hearth_queue_limits each = {.requests_max = 8};
    struct hearth_queue *a = hearth_queue_create(&each, &total);
    struct hearth_queue *b = hearth_queue_create(&each, &total);
    struct hearth_queued items[5];
    assert_int_equal(push(a, &items[0], HEARTH_PLACE_NEW), 0);
    assert_int_equal(push(b, &items[1], HEARTH_PLACE_NEW), 0);
    items[2] = item_of(HEARTH_CLASS_NORMAL, 90);
    assert_true(hearth_queue_total_is_full(&total, &items[2]));
    assert_int_equal(hearth_queue_push(b, &items[2], "a", 0), HEARTH_EQUEUEFULL);
    assert_int_equal(push(b, &items[2], HEARTH_PLACE_NEW), 0);
    assert_int_equal(push(a, &items[3], HEARTH_PLACE_NEW), HEARTH_EQUEUEFULL);
    assert_int_equal(push(a, &items[3], HEARTH_PLACE_KEPT), 0);
    hearth_queue_remove(b, &items[1]);
    drain(b);
    assert_int_equal(total.length, 2);
    assert_int_equal(push(a, &items[4], HEARTH_PLACE_NEW), 0);
    drain(a);
    assert_int_equal(total.length, 0);
    assert_int_equal(total.cost, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_client_is_served_in_order),
        cmocka_unit_test(test_a_full_queue_refuses_by_count_and_by_cost),
        cmocka_unit_test(test_a_request_over_the_cost_cap_may_wait_alone),
        cmocka_unit_test(test_spare_parts_leave_half_of_the_room_and_a_kept_place_is_not_refused),
        cmocka_unit_test(test_other_limits_hold_for_what_comes_next),
        cmocka_unit_test(test_a_huge_request_does_not_keep_a_small_client_waiting),
        cmocka_unit_test(test_many_small_requests_of_one_client_leave_another_its_turn),
        cmocka_unit_test(test_interactive_goes_before_batch_but_not_for_ever),
        cmocka_unit_test(test_an_idle_class_earns_no_turns),
        cmocka_unit_test(test_what_is_put_back_is_next),
        cmocka_unit_test(test_all_queues_together_have_caps_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
