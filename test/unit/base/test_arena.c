#include "base/arena.h"
#include "unit/cmocka_all.h"

#include <string.h>

static void test_memory_is_zeroed_and_aligned_for_any_type(void **state)
{
    (void)state;
    struct hearth_arena *arena = hearth_arena_create(1 << 20);
    for (size_t size = 1; size < 200; size += 7) {
        unsigned char *block = hearth_arena_alloc(arena, size);
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(block[i], 0);
        memset(block, 0xff, size);
    }
    hearth_arena_destroy(arena);
}

static void test_blocks_do_not_overlap(void **state)
{
    (void)state;
    struct hearth_arena *arena = hearth_arena_create(1 << 20);
    char *blocks[100];
    for (int i = 0; i < 100; i++) {
        blocks[i] = hearth_arena_alloc(arena, 100);
        memset(blocks[i], i, 100);
    }
    for (int i = 0; i < 100; i++)
        for (int k = 0; k < 100; k++)
            assert_int_equal(blocks[i][k], i);
    hearth_arena_destroy(arena);
}

static void test_the_cap_is_exact_and_lasting(void **state)
{
    (void)state;
    struct hearth_arena *arena = hearth_arena_create(1000);
    assert_non_null(hearth_arena_alloc(arena, 600));
    assert_null(hearth_arena_alloc(arena, 401));
    assert_non_null(hearth_arena_alloc(arena, 400));
    assert_null(hearth_arena_alloc(arena, 1));
    assert_null(hearth_arena_alloc(arena, SIZE_MAX));
    hearth_arena_destroy(arena);
}

static void test_a_block_larger_than_the_usual_one_is_given(void **state)
{
    (void)state;
    struct hearth_arena *arena = hearth_arena_create(1 << 20);
    char *large = hearth_arena_alloc(arena, 100000);
    assert_non_null(large);
    memset(large, 1, 100000);
    hearth_arena_destroy(arena);
}

static void test_texts_are_copied(void **state)
{
    (void)state;
    struct hearth_arena *arena = hearth_arena_create(64);
    char original[] = "hearth";
    char *copy = hearth_arena_strdup(arena, original);
    original[0] = 'H';
    assert_string_equal(copy, "hearth");
    assert_string_equal(hearth_arena_strndup(arena, "abcdef", 3), "abc");
    assert_null(hearth_arena_strdup(arena, NULL));
    assert_string_equal(hearth_arena_format(arena, "%d-%s", 7, "x"), "7-x");
    assert_null(hearth_arena_format(arena, "%0100d", 1));
    assert_null(hearth_arena_strndup(arena, "", SIZE_MAX));
    hearth_arena_destroy(arena);
}

static void test_destroying_nothing_is_allowed(void **state)
{
    (void)state;
    hearth_arena_destroy(NULL);
    hearth_arena_destroy(hearth_arena_create(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_is_zeroed_and_aligned_for_any_type),
        cmocka_unit_test(test_blocks_do_not_overlap),
        cmocka_unit_test(test_the_cap_is_exact_and_lasting),
        cmocka_unit_test(test_a_block_larger_than_the_usual_one_is_given),
        cmocka_unit_test(test_texts_are_copied),
        cmocka_unit_test(test_destroying_nothing_is_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
