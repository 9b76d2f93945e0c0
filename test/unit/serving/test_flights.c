/* Streams outlive canceled requests, move from one to another, and are lost with their workers. */
#include "serving/flights.h"
#include "unit/cmocka_all.h"

static void a_canceled_request_leaves_its_stream(void **state)
{
    (void)state;
    struct hearth_flights *flights = hearth_flights_create();
    struct hearth_request_flight a = {0}, *found;
    hearth_flights_open(flights, 2);
    hearth_flights_begin(flights, &a, 10);
    hearth_flight_leave(flights, &a);
    assert_true(hearth_flights_find(flights, a.stream, &found));
    assert_null(found);
    assert_null(hearth_flights_first(flights));
    assert_int_equal(hearth_flights_room(flights),
                     1); /* its place is free when the worker says so */
    hearth_flights_end(flights, a.stream);
    assert_false(hearth_flights_find(flights, a.stream, &found));
    assert_int_equal(hearth_flights_room(flights), 2);
    assert_int_equal(hearth_flights_cost(flights), 0);
    hearth_flights_destroy(flights);
}

static void what_it_costs_is_known_once_it_is_counted(void **state)
{
    (void)state;
    struct hearth_flights *flights = hearth_flights_create();
    struct hearth_request_flight a = {0}, b = {0};
    hearth_flights_open(flights, 2);
    hearth_flights_begin(flights, &a, 100);
    hearth_flights_begin(flights, &b, 50);
    hearth_flights_price(flights, a.stream, 30);
    assert_int_equal(hearth_flights_cost(flights), 80);
    hearth_flights_end(flights, b.stream);
    assert_int_equal(hearth_flights_cost(flights), 30);
    assert_int_equal(hearth_flights_next_stream(flights), 3); /* numbers are never used again */
    hearth_flights_destroy(flights);
}

static void an_heir_has_the_stream_and_its_past(void **state)
{
    (void)state;
    struct hearth_flights *flights = hearth_flights_create();
    struct hearth_request_flight first = {0}, heir = {0}, *found;
    hearth_flights_open(flights, 1);
    hearth_flights_begin(flights, &first, 10);
    hearth_flight_is_prepared(&first);
    first.budget.crashes = 1;
    hearth_flight_hand_over(flights, &first, &heir);
    assert_true(hearth_flights_find(flights, heir.stream, &found));
    assert_ptr_equal(found, &heir);
    assert_true(heir.prepared);
    assert_int_equal(heir.budget.crashes, 1);
    assert_int_equal(first.stream, 0);
    hearth_flight_leave(flights, &first); /* it has nothing any more */
    assert_ptr_equal(hearth_flights_first(flights), &heir);
    hearth_flights_destroy(flights);
}

static void what_is_tried_again_has_no_stream(void **state)
{
    (void)state;
    struct hearth_flights *flights = hearth_flights_create();
    struct hearth_request_flight fresh = {0}, begun = {0};
    hearth_flights_open(flights, 2);
    hearth_flights_begin(flights, &fresh, 1);
    hearth_flights_begin(flights, &begun, 1);
    hearth_flight_has_begun(&begun);
    hearth_flights_lose_all(flights);
    assert_int_equal(hearth_flights_count(flights), 0);
    assert_int_equal(hearth_flight_lost(&fresh, false), HEARTH_CRASH_TRY_AGAIN);
    assert_int_equal(fresh.stream, 0);
    assert_int_equal(hearth_flight_lost(&begun, false), HEARTH_CRASH_CUT_OFF);
    hearth_flights_destroy(flights);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_canceled_request_leaves_its_stream),
        cmocka_unit_test(what_it_costs_is_known_once_it_is_counted),
        cmocka_unit_test(an_heir_has_the_stream_and_its_past),
        cmocka_unit_test(what_is_tried_again_has_no_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
