/* The prefix tree: what a request starts with, who waits for whom, what is kept and what goes. */
#include "domain/prefix_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { SLOTS = 4, PLACES = 3, LENGTH = 200 };

struct bed {
    struct hearth_prefix_cells base; /* first */
    struct hearth_prefix_tree *tree;
    uint32_t lengths[SLOTS + PLACES];
    int32_t tokens[SLOTS][LENGTH];
    bool off_disk; /* what enters next */
};

static void copy(struct hearth_prefix_cells *cells, uint32_t from, uint32_t to, uint32_t count)
{
    struct bed *bed = (struct bed *)cells;
    assert_true(bed->lengths[from] >= count);
    bed->lengths[to] = count;
}

static void cut(struct hearth_prefix_cells *cells, uint32_t place, uint32_t count)
{
    ((struct bed *)cells)->lengths[place] = count;
}

static void open_bed(struct bed *bed, uint32_t cells)
{
    *bed = (struct bed){.base = {.copy = copy, .cut = cut}};
    bed->tree = hearth_prefix_tree_create(&(struct hearth_prefix_limits){.slots = SLOTS,
                                                                         .places = PLACES,
                                                                         .cell_tokens = 1,
                                                                         .cells = cells,
                                                                         .kept_cells = cells},
                                          &bed->base);
}

/* `shared` tokens of a family, then its own. */
static void enter(struct bed *bed, uint32_t slot, uint64_t key, int32_t family, uint32_t shared,
                  uint32_t count, enum hearth_class class_)
{
    static int32_t own = 1000;
    for (uint32_t i = 0; i < LENGTH; i++)
        bed->tokens[slot][i] = i < shared ? family * 1000 + (int32_t)i : ++own;
    const struct hearth_prefix_prompt prompt = {.key = key,
                                                .adapter = (uint32_t)key - 1,
                                                .tokens = bed->tokens[slot],
                                                .count = count,
                                                .most = count + 4,
                                                .off_disk = bed->off_disk,
                                                .class_ = class_};
    hearth_prefix_tree_enter(bed->tree, slot, &prompt);
}

static uint32_t started(struct bed *bed, uint32_t slot)
{
    uint32_t count = UINT32_MAX;
    assert_true(hearth_prefix_tree_start(bed->tree, slot, &count));
    return count;
}

static void read_to(struct bed *bed, uint32_t slot, uint32_t count)
{
    bed->lengths[slot] = count;
    hearth_prefix_tree_grow(bed->tree, slot, count);
}

static void end(struct bed *bed, uint32_t slot)
{
    hearth_prefix_tree_end(bed->tree, slot, bed->tokens[slot], bed->lengths[slot]);
    assert_int_equal(bed->lengths[slot], 0);
}

static void test_the_second_waits_for_a_piece_of_the_first_and_not_for_its_end(void **state)
{
    (void)state;
    struct bed bed;
    uint32_t count;
    open_bed(&bed, 1000);
    enter(&bed, 0, 1, 7, 100, 150, HEARTH_CLASS_NORMAL);
    enter(&bed, 1, 1, 7, 100, 130, HEARTH_CLASS_NORMAL);
    assert_int_equal(started(&bed, 0), 0);
    assert_false(hearth_prefix_tree_start(bed.tree, 1, &count));
    read_to(&bed, 0, 64);
    assert_false(hearth_prefix_tree_start(bed.tree, 1, &count));
    read_to(&bed, 0, 120);
    assert_int_equal(started(&bed, 1), 100);
    assert_int_equal(bed.lengths[1], 100);
    /* The same prompt again: all but the last token. */
    enter(&bed, 2, 1, 7, 100, 100, HEARTH_CLASS_NORMAL);
    assert_int_equal(started(&bed, 2), 99);
    hearth_prefix_tree_destroy(bed.tree);
}

static void test_nobody_waits_for_what_stands_still_is_less_urgent_or_spares_little(void **state)
{
    (void)state;
    struct bed bed;
    uint32_t count;
    open_bed(&bed, 1000);
    enter(&bed, 0, 1, 7, 100, 150, HEARTH_CLASS_NORMAL);
    assert_int_equal(started(&bed, 0), 0);
    enter(&bed, 1, 1, 7, 100, 150, HEARTH_CLASS_INTERACTIVE);
    assert_int_equal(started(&bed, 1), 0);
    enter(&bed, 2, 1, 7, HEARTH_PREFIX_WORTH_WAITING - 1, 150, HEARTH_CLASS_NORMAL);
    assert_int_equal(started(&bed, 2), 0);
    enter(&bed, 3, 1, 7, 100, 150, HEARTH_CLASS_NORMAL);
    assert_false(hearth_prefix_tree_start(bed.tree, 3, &count));
    hearth_prefix_tree_rest(bed.tree, 0, true);
    hearth_prefix_tree_rest(bed.tree, 1, true);
    assert_int_equal(started(&bed, 3), 0);
    hearth_prefix_tree_destroy(bed.tree);
}

/* Whoever waited for it goes on from where it came to. */
static void test_one_that_is_canceled_leaves_what_it_has_read(void **state)
{
    (void)state;
    struct bed bed;
    uint32_t count;
    open_bed(&bed, 1000);
    enter(&bed, 0, 1, 7, 150, 160, HEARTH_CLASS_NORMAL);
    enter(&bed, 1, 1, 7, 150, 160, HEARTH_CLASS_NORMAL);
    enter(&bed, 2, 1, 7, 150, 160, HEARTH_CLASS_NORMAL);
    assert_int_equal(started(&bed, 0), 0);
    read_to(&bed, 0, 50);
    end(&bed, 0);
    assert_int_equal(started(&bed, 1), 50);
    assert_false(hearth_prefix_tree_start(bed.tree, 2, &count));
    read_to(&bed, 1, 160);
    assert_int_equal(started(&bed, 2), 150);
    hearth_prefix_tree_destroy(bed.tree);
}

static void test_keys_share_nothing_and_an_adapter_takes_what_was_its_own_along(void **state)
{
    (void)state;
    struct bed bed;
    open_bed(&bed, 1000);
    for (uint64_t key = 1; key <= 2; key++) {
        enter(&bed, 0, key, 7, 100, 120, HEARTH_CLASS_NORMAL);
        assert_int_equal(started(&bed, 0), 0);
        read_to(&bed, 0, 120);
        end(&bed, 0);
    }
    hearth_prefix_tree_forget(bed.tree, 1); /* of key 2 */
    enter(&bed, 0, 1, 7, 100, 120, HEARTH_CLASS_NORMAL);
    assert_int_equal(started(&bed, 0), 100);
    enter(&bed, 1, 2, 7, 100, 120, HEARTH_CLASS_NORMAL);
    assert_int_equal(started(&bed, 1), 0);
    enter(&bed, 2, 0, 7, 100, 120, HEARTH_CLASS_NORMAL);
    assert_int_equal(started(&bed, 2), 0);
    hearth_prefix_tree_destroy(bed.tree);
}

/* Three ways from one trunk, and room for two: the one that was not used goes, the trunk stays. */
static void test_the_leaf_goes_that_was_not_used_for_the_longest(void **state)
{
    (void)state;
    struct bed bed;
    open_bed(&bed, 330);
    for (int32_t family = 1; family <= 2; family++) {
        enter(&bed, 0, 1, family, 100, 100, HEARTH_CLASS_NORMAL);
        started(&bed, 0);
        read_to(&bed, 0, 100);
        end(&bed, 0);
    }
    enter(&bed, 0, 1, 1, 50, 60, HEARTH_CLASS_NORMAL); /* uses half of the first */
    assert_int_equal(started(&bed, 0), 50);
    end(&bed, 0);
    enter(&bed, 0, 1, 3, 150, 150, HEARTH_CLASS_NORMAL);
    assert_int_equal(started(&bed, 0), 0);
    end(&bed, 0);
    assert_true(hearth_prefix_tree_counts(bed.tree).evictions > 0);
    enter(&bed, 0, 1, 1, 50, 60, HEARTH_CLASS_NORMAL);
    assert_int_equal(started(&bed, 0), 50);
    hearth_prefix_tree_destroy(bed.tree);
}

/* Two that need more than there is: the second waits until the first is gone. */
static void test_a_sequence_without_room_waits(void **state)
{
    (void)state;
    struct bed bed;
    uint32_t count;
    open_bed(&bed, 200);
    enter(&bed, 0, 1, 1, 120, 120, HEARTH_CLASS_NORMAL);
    enter(&bed, 1, 1, 2, 120, 120, HEARTH_CLASS_NORMAL);
    assert_int_equal(started(&bed, 0), 0);
    assert_false(hearth_prefix_tree_start(bed.tree, 1, &count));
    read_to(&bed, 0, 120);
    end(&bed, 0);
    assert_int_equal(started(&bed, 1), 0);
    hearth_prefix_tree_destroy(bed.tree);
}

/* As many cells as the slots' contexts have: nobody waits for another one, and the only one not for
 * ever. A copy of a cell of a single token is never needed. */
static void test_all_slots_have_room_for_whole_contexts(void **state)
{
    (void)state;
    struct bed bed;
    open_bed(&bed, 124 * SLOTS);
    for (uint32_t slot = 0; slot < SLOTS; slot++)
        enter(&bed, slot, 1, (int32_t)slot, 120, 120, HEARTH_CLASS_NORMAL);
    for (uint32_t slot = 0; slot < SLOTS; slot++)
        assert_int_equal(started(&bed, slot), 0);
    hearth_prefix_tree_destroy(bed.tree);
}

/* Else a question that many ask would push out everything else. */
static void test_the_same_answer_is_kept_once(void **state)
{
    (void)state;
    struct bed bed;
    open_bed(&bed, 1000);
    for (int i = 0; i < 10; i++) {
        enter(&bed, 0, 1, 7, 120, 100, HEARTH_CLASS_NORMAL);
        assert_int_equal(started(&bed, 0), i == 0 ? 0 : 99);
        read_to(&bed, 0, 100);
        bed.lengths[0] = 104;
        end(&bed, 0);
    }
    assert_true(hearth_prefix_tree_counts(bed.tree).nodes <= 2);
    assert_true(hearth_prefix_tree_counts(bed.tree).cells <= 105);
    hearth_prefix_tree_destroy(bed.tree);
}

/* How many tokens of each place that is offered, which then is settled. */
static void check_offered(struct bed *bed, uint32_t expected)
{
    uint32_t place;
    uint64_t key;
    if (expected) {
        assert_true(hearth_prefix_tree_unsettled(bed->tree, &place, &key));
        assert_int_equal(bed->lengths[place], expected);
        hearth_prefix_tree_settle(bed->tree, place);
    }
    assert_false(hearth_prefix_tree_unsettled(bed->tree, &place, &key));
}

/* A request of 100 tokens of family 7, and its own up to 150. */
static void run(struct bed *bed, bool off_disk)
{
    bed->off_disk = off_disk;
    enter(bed, 0, 1, 7, 100, 150, HEARTH_CLASS_NORMAL);
    started(bed, 0);
    read_to(bed, 0, 150);
    end(bed, 0);
}

static void test_what_is_to_stay_off_disk_is_not_offered(void **state)
{
    (void)state;
    struct bed bed;
    open_bed(&bed, 1000);
    run(&bed, true);
    check_offered(&bed, 0);
    run(&bed, false); /* begins as the first, whose rest stays off disk */
    check_offered(&bed, 150);
    run(&bed, true);
    check_offered(&bed, 0);
    hearth_prefix_tree_destroy(bed.tree);
}

static void test_a_node_does_not_grow_by_tokens_that_are_to_stay_off_disk(void **state)
{
    (void)state;
    struct bed bed;
    open_bed(&bed, 1000);
    bed.off_disk = true;
    enter(&bed, 0, 1, 7, 120, 150, HEARTH_CLASS_NORMAL);
    started(&bed, 0);
    read_to(&bed, 0, 100);
    bed.off_disk = false;
    enter(&bed, 1, 1, 7, 101, 101, HEARTH_CLASS_NORMAL);
    assert_int_equal(started(&bed, 1), 100);
    end(&bed, 1);
    read_to(&bed, 0, 150);
    end(&bed, 0);
    check_offered(&bed, 0); /* the leaf holds more than may be written */
    hearth_prefix_tree_forget_off_disk(bed.tree);
    check_offered(&bed, 100);
    hearth_prefix_tree_destroy(bed.tree);
}

/* The same tokens from one that may be written are kept beside those that may not. */
static void test_the_same_answer_is_kept_for_the_disk(void **state)
{
    (void)state;
    struct bed bed;
    open_bed(&bed, 1000);
    for (int i = 0; i < 3; i++) {
        bed.off_disk = i != 1;
        enter(&bed, 0, 1, 7, 120, 100, HEARTH_CLASS_NORMAL);
        started(&bed, 0);
        read_to(&bed, 0, 100);
        bed.lengths[0] = 104;
        end(&bed, 0);
        check_offered(&bed, i == 1 ? 104 : 0);
    }
    hearth_prefix_tree_destroy(bed.tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_second_waits_for_a_piece_of_the_first_and_not_for_its_end),
        cmocka_unit_test(test_nobody_waits_for_what_stands_still_is_less_urgent_or_spares_little),
        cmocka_unit_test(test_one_that_is_canceled_leaves_what_it_has_read),
        cmocka_unit_test(test_keys_share_nothing_and_an_adapter_takes_what_was_its_own_along),
        cmocka_unit_test(test_the_leaf_goes_that_was_not_used_for_the_longest),
        cmocka_unit_test(test_a_sequence_without_room_waits),
        cmocka_unit_test(test_all_slots_have_room_for_whole_contexts),
        cmocka_unit_test(test_the_same_answer_is_kept_once),
        cmocka_unit_test(test_what_is_to_stay_off_disk_is_not_offered),
        cmocka_unit_test(test_a_node_does_not_grow_by_tokens_that_are_to_stay_off_disk),
        cmocka_unit_test(test_the_same_answer_is_kept_for_the_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
