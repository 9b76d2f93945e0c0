#include "domain/turns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void turns_go_by_class_and_then_by_arrival(void **state)
{
    (void)state;
    struct hearth_turns turns = {0};
    struct hearth_turn batch = {.class_ = HEARTH_CLASS_BATCH};
    struct hearth_turn first = {.class_ = HEARTH_CLASS_NORMAL};
    struct hearth_turn second = {.class_ = HEARTH_CLASS_NORMAL};
    struct hearth_turn urgent = {.class_ = HEARTH_CLASS_INTERACTIVE};
    hearth_turns_add(&turns, &batch);
    hearth_turns_add(&turns, &first);
    hearth_turns_add(&turns, &second);
    hearth_turns_add(&turns, &urgent);
    assert_true(batch.came < first.came && first.came < second.came && second.came < urgent.came);
    assert_ptr_equal(hearth_turns_take(&turns), &urgent);
    assert_ptr_equal(hearth_turns_take(&turns), &first);
    assert_ptr_equal(hearth_turns_take(&turns), &second);
    assert_ptr_equal(hearth_turns_take(&turns), &batch);
    assert_null(hearth_turns_take(&turns));
}

static void one_that_is_canceled_leaves_the_others_in_order(void **state)
{
    (void)state;
    struct hearth_turns turns = {0};
    struct hearth_turn three[3] = {0};
    for (int i = 0; i < 3; i++)
        hearth_turns_add(&turns, &three[i]);
    hearth_turns_remove(&turns, &three[1]);
    assert_ptr_equal(hearth_turns_take(&turns), &three[0]);
    assert_ptr_equal(hearth_turns_take(&turns), &three[2]);
    assert_null(turns.first);
}

static void the_sequence_that_holds_most_of_the_prompt_is_chosen(void **state)
{
    (void)state;
    uint32_t chosen = 99;
    const struct hearth_turn_sequence sequences[] = {
        {.held = 10, .freed_at = 1},
        {.held = 90, .freed_at = 9, .busy = true},
        {.held = 30, .freed_at = 8},
        {.held = 30, .freed_at = 5},
    };
    assert_true(hearth_turns_choose(sequences, 4, &chosen));
    assert_int_equal(chosen, 3); /* as much as the one before, and free for longer */
    assert_true(hearth_turns_choose(sequences, 3, &chosen));
    assert_int_equal(chosen, 2);
    assert_true(hearth_turns_choose(sequences, 2, &chosen));
    assert_int_equal(chosen, 0);
    chosen = 99;
    assert_false(hearth_turns_choose(sequences + 1, 1, &chosen));
    assert_int_equal(chosen, 99);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(turns_go_by_class_and_then_by_arrival),
        cmocka_unit_test(one_that_is_canceled_leaves_the_others_in_order),
        cmocka_unit_test(the_sequence_that_holds_most_of_the_prompt_is_chosen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
