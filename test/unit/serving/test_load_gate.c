/* One load plans at a time, and what is promised to the others is not free any more. */
#include "serving/load_gate.h"
#include "unit/cmocka_all.h"

static void count_turn(void *argument)
{
    ++*(int *)argument;
}

static struct hearth_load_pass pass_of(int *turns)
{
    return (struct hearth_load_pass){.on_turn = count_turn, .argument = turns};
}

static void they_pass_one_by_one(void **state)
{
    (void)state;
    int turns[3] = {0};
    struct hearth_load_pass a = pass_of(&turns[0]), b = pass_of(&turns[1]), c = pass_of(&turns[2]);
    struct hearth_load_gate *gate = hearth_load_gate_create();
    hearth_load_gate_add(gate, &a);
    hearth_load_gate_add(gate, &b);
    hearth_load_gate_add(gate, &c);
    hearth_load_gate_begin(gate, &a);
    hearth_load_gate_begin(gate, &b);
    hearth_load_gate_begin(gate, &c);
    hearth_load_gate_enter(gate, &a);
    hearth_load_gate_enter(gate, &b);
    hearth_load_gate_enter(gate, &c);
    assert_int_equal(turns[0], 1);
    assert_int_equal(turns[1] + turns[2], 0);
    hearth_load_gate_leave(gate, &b); /* it waits no longer; the one within stays */
    assert_int_equal(turns[2], 0);
    hearth_load_gate_leave(gate, &a);
    assert_int_equal(turns[1], 0);
    assert_int_equal(turns[2], 1);
    hearth_load_gate_leave(gate, &a); /* outside: nothing happens */
    hearth_load_gate_enter(gate, &a);
    assert_int_equal(turns[0], 1);
    hearth_load_gate_remove(gate, &c); /* its model goes while it is within */
    assert_int_equal(turns[0], 2);
    hearth_load_gate_remove(gate, &a);
    hearth_load_gate_remove(gate, &b);
    hearth_load_gate_destroy(gate);
}

static void the_room_is_what_the_others_leave(void **state)
{
    (void)state;
    int turns = 0;
    struct hearth_load_pass loaded = pass_of(&turns), loading = pass_of(&turns),
                            own = pass_of(&turns);
    struct hearth_load_gate *gate = hearth_load_gate_create();
    hearth_load_gate_add(gate, &loaded);
    hearth_load_gate_add(gate, &loading);
    hearth_load_gate_add(gate, &own);
    hearth_load_gate_promise(&loaded, (struct hearth_memory){.host = 100}, false);
    hearth_load_gate_promise(&loading, (struct hearth_memory){.host = 50}, true);
    hearth_load_gate_promise(&own, (struct hearth_memory){.host = 7}, true); /* of an earlier try */
    struct hearth_memory_room room;
    hearth_load_gate_room(gate, &own, (struct hearth_memory){.host = 1000}, 10, 400, &room);
    assert_int_equal(room.used, 150);
    assert_int_equal(room.reserved.host,
                     50); /* what is loaded is missing from `available` already */
    assert_int_equal(hearth_memory_most(&room).host, 250);
    hearth_load_gate_promise(&loaded, (struct hearth_memory){.host = 0}, false);
    hearth_load_gate_promise(&loading, (struct hearth_memory){.host = 50}, false);
    hearth_load_gate_room(gate, &own, (struct hearth_memory){.host = 1000}, 10, 0, &room);
    assert_int_equal(hearth_memory_most(&room).host, 990);
    /* By a training job, which the limit of models is not for. */
    hearth_load_gate_reserve(gate, 200);
    hearth_load_gate_room(gate, &own, (struct hearth_memory){.host = 1000}, 10, 820, &room);
    assert_int_equal(hearth_memory_most(&room).host, 770);
    assert_int_equal(hearth_load_gate_promised(gate).host, 7); /* to loads only */
    hearth_load_gate_remove(gate, &loaded);
    hearth_load_gate_remove(gate, &loading);
    hearth_load_gate_remove(gate, &own);
    hearth_load_gate_destroy(gate);
}

static void what_others_free_for_one_is_not_taken_by_a_younger_one(void **state)
{
    (void)state;
    int turns = 0;
    struct hearth_load_pass old = pass_of(&turns), young = pass_of(&turns);
    struct hearth_load_gate *gate = hearth_load_gate_create();
    hearth_load_gate_add(gate, &young); /* made first, asked for last */
    hearth_load_gate_add(gate, &old);
    hearth_load_gate_begin(gate, &old);
    hearth_load_gate_begin(gate, &young);
    hearth_load_gate_claim(&old, (struct hearth_memory){.host = 600});
    hearth_load_gate_claim(&young, (struct hearth_memory){.host = 50});
    struct hearth_memory_room room;
    hearth_load_gate_room(gate, &young, (struct hearth_memory){.host = 2000}, 0, 1000, &room);
    assert_int_equal(hearth_memory_most(&room).host, 400);
    hearth_load_gate_room(gate, &young, (struct hearth_memory){.host = 1000}, 0, 0, &room);
    assert_int_equal(hearth_memory_most(&room).host, 400);
    hearth_load_gate_room(gate, &old, (struct hearth_memory){.host = 1000}, 0, 0, &room);
    assert_int_equal(hearth_memory_most(&room).host, 1000);
    hearth_load_gate_promise(&old, (struct hearth_memory){.host = 600},
                             false); /* it has it: the claim is over */
    hearth_load_gate_room(gate, &young, (struct hearth_memory){.host = 400}, 0, 1000, &room);
    assert_int_equal(hearth_memory_most(&room).host, 400);
    hearth_load_gate_remove(gate, &young);
    hearth_load_gate_remove(gate, &old);
    hearth_load_gate_destroy(gate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_pass_one_by_one),
        cmocka_unit_test(the_room_is_what_the_others_leave),
        cmocka_unit_test(what_others_free_for_one_is_not_taken_by_a_younger_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
