#include "domain/vector_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct hearth_vector_digest key_of(unsigned number)
{
    struct hearth_vector_digest key;
    char digits[HEARTH_VECTOR_DIGEST_LENGTH + 1];
    snprintf(digits, sizeof(digits), "%08x%056x", number * 2654435761u, number);
    memcpy(key.digits, digits, sizeof(key.digits));
    return key;
}

static void put(struct hearth_vector_cache *cache, unsigned number)
{
    const float values[4] = {(float)number, 1, 2, 3};
    struct hearth_vector_digest key = key_of(number);
    hearth_vector_cache_put(
        cache, &key,
        &(struct hearth_cached_vector){.values = values, .count = 4, .prompt_tokens = number});
}

static bool has(struct hearth_vector_cache *cache, unsigned number)
{
    struct hearth_vector_digest key = key_of(number);
    struct hearth_cached_vector got;
    if (!hearth_vector_cache_get(cache, &key, &got))
        return false;
    assert_int_equal(got.count, 4);
    assert_int_equal(got.prompt_tokens, number);
    assert_float_equal(got.values[0], (float)number, 0);
    assert_float_equal(got.values[3], 3, 0);
    return true;
}

static struct hearth_vector_cache_state state_of(const struct hearth_vector_cache *cache)
{
    struct hearth_vector_cache_state state;
    hearth_vector_cache_state(cache, &state);
    return state;
}

static void what_was_put_comes_back_and_is_counted(void **state)
{
    (void)state;
    struct hearth_vector_cache *cache = hearth_vector_cache_create(1 << 20);
    assert_false(has(cache, 1));
    put(cache, 1);
    put(cache, 2);
    assert_true(has(cache, 1));
    assert_true(has(cache, 2));
    assert_int_equal(state_of(cache).hits, 2);
    assert_int_equal(state_of(cache).misses, 1);
    assert_int_equal(state_of(cache).entries, 2);
    hearth_vector_cache_clear(cache);
    assert_false(has(cache, 1));
    assert_int_equal(state_of(cache).entries, 0);
    assert_int_equal(state_of(cache).bytes, 0);
    hearth_vector_cache_destroy(cache);
}

static void the_bytes_are_bounded_and_the_least_recently_used_goes(void **state)
{
    (void)state;
    struct hearth_vector_cache *one = hearth_vector_cache_create(1 << 20);
    put(one, 1);
    uint64_t each = state_of(one).bytes;
    assert_true(each > 4 * sizeof(float));
    hearth_vector_cache_destroy(one);
    struct hearth_vector_cache *cache = hearth_vector_cache_create(3 * each);
    put(cache, 1);
    put(cache, 2);
    put(cache, 3);
    assert_true(has(cache, 1));
    put(cache, 4);
    assert_false(has(cache, 2));
    assert_true(has(cache, 1));
    assert_true(has(cache, 3));
    assert_true(has(cache, 4));
    assert_int_equal(state_of(cache).evictions, 1);
    for (unsigned i = 5; i < 1000; i++) {
        put(cache, i);
        assert_true(state_of(cache).bytes <= 3 * each);
    }
    hearth_vector_cache_destroy(cache);
}

static void many_are_found_after_the_table_has_grown(void **state)
{
    (void)state;
    struct hearth_vector_cache *cache = hearth_vector_cache_create(64 << 20);
    for (unsigned i = 0; i < 5000; i++)
        put(cache, i);
    for (unsigned i = 0; i < 5000; i++)
        assert_true(has(cache, i));
    put(cache, 77);
    assert_int_equal(state_of(cache).entries, 5000);
    hearth_vector_cache_destroy(cache);
}

static void without_bytes_nothing_is_kept(void **state)
{
    (void)state;
    struct hearth_vector_cache *cache = hearth_vector_cache_create(0);
    put(cache, 1);
    assert_false(has(cache, 1));
    hearth_vector_cache_destroy(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_comes_back_and_is_counted),
        cmocka_unit_test(the_bytes_are_bounded_and_the_least_recently_used_goes),
        cmocka_unit_test(many_are_found_after_the_table_has_grown),
        cmocka_unit_test(without_bytes_nothing_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
