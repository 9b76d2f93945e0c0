#include "domain/residency.h"
#include "unit/cmocka_all.h"

enum { MINUTE_MS = 60000, HOUR_MS = 60 * MINUTE_MS };

static uint64_t idle(uint64_t idle_unload_ms, uint64_t keep_max_ms, uint64_t keep_ms)
{
    const struct hearth_residency policy = {.idle_unload_ms = idle_unload_ms,
                                            .keep_max_ms = keep_max_ms};
    const struct hearth_resident resident = {.keep_given = true, .keep_ms = keep_ms};
    return hearth_residency_idle_ms(&policy, &resident);
}

static void test_a_model_whose_requests_say_nothing_stays_as_long_as_the_server_says(void **state)
{
    (void)state;
    const struct hearth_resident resident = {.last_use_ms = 100};
    const struct hearth_residency five = {.idle_unload_ms = 5 * MINUTE_MS}, never = {0};
    assert_int_equal(hearth_residency_idle_ms(&five, &resident), 5 * MINUTE_MS);
    assert_int_equal(hearth_residency_idle_due(&five, &resident), 100 + 5 * MINUTE_MS);
    assert_true(hearth_residency_idle_ms(&never, &resident) == HEARTH_KEEP_FOREVER);
    assert_int_equal(hearth_residency_idle_due(&never, &resident), 0);
}

static void test_a_request_may_shorten_the_time_but_lengthen_it_only_to_the_limit(void **state)
{
    (void)state;
    assert_int_equal(idle(5 * MINUTE_MS, HOUR_MS, MINUTE_MS), MINUTE_MS);
    assert_int_equal(idle(5 * MINUTE_MS, HOUR_MS, 30 * MINUTE_MS), 30 * MINUTE_MS);
    assert_int_equal(idle(5 * MINUTE_MS, HOUR_MS, 2 * HOUR_MS), HOUR_MS);
    assert_int_equal(idle(5 * MINUTE_MS, HOUR_MS, HEARTH_KEEP_FOREVER), HOUR_MS);
    assert_int_equal(idle(5 * MINUTE_MS, HOUR_MS, 0), 0);
}

static void test_what_the_server_would_do_anyway_is_never_over_the_limit(void **state)
{
    (void)state;
    assert_int_equal(idle(2 * HOUR_MS, HOUR_MS, HEARTH_KEEP_FOREVER), 2 * HOUR_MS);
    assert_true(idle(0, HOUR_MS, HEARTH_KEEP_FOREVER) == HEARTH_KEEP_FOREVER);
    assert_int_equal(idle(0, HOUR_MS, 5 * MINUTE_MS), 5 * MINUTE_MS);
    assert_true(idle(MINUTE_MS, 0, HEARTH_KEEP_FOREVER) == HEARTH_KEEP_FOREVER);
}

static void test_a_pinned_or_busy_model_is_not_unloaded_by_a_keep_of_0(void **state)
{
    (void)state;
    const struct hearth_residency policy = {0};
    struct hearth_resident resident = {.last_use_ms = 7, .keep_given = true};
    assert_int_equal(hearth_residency_idle_due(&policy, &resident), 7);
    resident.pinned = true;
    assert_int_equal(hearth_residency_idle_due(&policy, &resident), 0);
    resident.pinned = false;
    resident.busy = true;
    assert_int_equal(hearth_residency_idle_due(&policy, &resident), 0);
}

static const struct hearth_residency room_policy = {.shortest_ms = 1000, .longest_wait_ms = 5000};

static struct hearth_room_answer ask(const struct hearth_resident *residents, size_t count,
                                     uint64_t lacking, uint64_t waited_ms, bool *ret_marked)
{
    const struct hearth_room_wish wish = {.lacking.host = lacking, .waited_ms = waited_ms};
    return hearth_residency_ask(&room_policy, residents, count, &wish, HOUR_MS, ret_marked);
}

static void test_idle_ones_go_before_busy_ones_are_held(void **state)
{
    (void)state;
    const struct hearth_resident rows[] = {{.bytes.host = 100, .busy = true}, {.bytes.host = 100}};
    bool marked[2];
    struct hearth_room_answer answer = ask(rows, 2, 100, 5000, marked);
    assert_int_equal(answer.act, HEARTH_ROOM_EVICT);
    assert_true(answer.comes && marked[1] && !marked[0]);
}

static void test_busy_ones_are_held_only_after_the_longest_wait(void **state)
{
    (void)state;
    const struct hearth_resident rows[] = {{.bytes.host = 100, .busy = true},
                                           {.bytes.host = 100, .busy = true, .pinned = true}};
    bool marked[2];
    struct hearth_room_answer answer = ask(rows, 2, 100, 4999, marked);
    assert_true(answer.hope && !answer.comes && answer.act == HEARTH_ROOM_NOTHING);
    answer = ask(rows, 2, 100, 5000, marked);
    assert_int_equal(answer.act, HEARTH_ROOM_HOLD);
    assert_true(answer.comes && marked[0] && !marked[1]);
    answer = ask(rows, 2, 101, 5000, marked); /* pinned ones never go */
    assert_false(answer.hope || answer.comes || marked[0] || marked[1]);
}

static void test_who_is_held_stays_held_whatever_the_others_do(void **state)
{
    (void)state;
    const struct hearth_resident rows[] = {{.bytes.host = 100,
                                            .busy = true,
                                            .held = true,
                                            .load_cost_ms = 9000,
                                            .last_use_ms = HOUR_MS},
                                           {.bytes.host = 900, .busy = true, .load_cost_ms = 1}};
    bool marked[2];
    assert_int_equal(ask(rows, 2, 100, 5000, marked).act, HEARTH_ROOM_HOLD);
    assert_true(marked[0] && !marked[1]);
}

static void test_what_leaves_already_is_waited_for(void **state)
{
    (void)state;
    const struct hearth_resident row = {.bytes.host = 100};
    const struct hearth_room_wish wish = {.lacking.host = 50, .leaving.host = 50};
    bool marked;
    struct hearth_room_answer answer =
        hearth_residency_ask(&room_policy, &row, 1, &wish, HOUR_MS, &marked);
    assert_true(answer.comes && answer.act == HEARTH_ROOM_NOTHING && !marked);
}

static void test_what_loads_may_be_waited_for_and_not_held(void **state)
{
    (void)state;
    const struct hearth_resident row = {.bytes.host = 100, .loading = true};
    bool marked;
    struct hearth_room_answer answer = ask(&row, 1, 100, 99999, &marked);
    assert_true(answer.hope && !answer.comes && answer.act == HEARTH_ROOM_NOTHING && !marked);
}

static void test_what_an_older_wish_has_first_is_hope_for_later(void **state)
{
    (void)state;
    struct hearth_room_wish wish = {.lacking.host = 50, .claimed.host = 50};
    bool none[1];
    struct hearth_room_answer answer =
        hearth_residency_ask(&room_policy, NULL, 0, &wish, HOUR_MS, none);
    assert_true(answer.hope && !answer.comes);
    wish.claimed.host = 49;
    assert_false(hearth_residency_ask(&room_policy, NULL, 0, &wish, HOUR_MS, none).hope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_model_whose_requests_say_nothing_stays_as_long_as_the_server_says),
        cmocka_unit_test(test_a_request_may_shorten_the_time_but_lengthen_it_only_to_the_limit),
        cmocka_unit_test(test_what_the_server_would_do_anyway_is_never_over_the_limit),
        cmocka_unit_test(test_a_pinned_or_busy_model_is_not_unloaded_by_a_keep_of_0),
        cmocka_unit_test(test_idle_ones_go_before_busy_ones_are_held),
        cmocka_unit_test(test_busy_ones_are_held_only_after_the_longest_wait),
        cmocka_unit_test(test_who_is_held_stays_held_whatever_the_others_do),
        cmocka_unit_test(test_what_leaves_already_is_waited_for),
        cmocka_unit_test(test_what_loads_may_be_waited_for_and_not_held),
        cmocka_unit_test(test_what_an_older_wish_has_first_is_hope_for_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
