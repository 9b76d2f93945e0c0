#include "base/hash.h"
#include "unit/cmocka_all.h"

/* The values are those of the page that base/hash.h cites. */
static void test_bytes_hash_as_the_definition_says(void **state)
{
    (void)state;
    assert_int_equal(hearth_hash32(HEARTH_HASH32_START, NULL, 0), 0x811c9dc5u);
    assert_int_equal(hearth_hash32(HEARTH_HASH32_START, "a", 1), 0xe40c292cu);
    assert_int_equal(hearth_hash32(HEARTH_HASH32_START, "foobar", 6), 0xbf9cf968u);
    assert_int_equal(hearth_hash64(HEARTH_HASH64_START, NULL, 0), 0xcbf29ce484222325u);
    assert_int_equal(hearth_hash64(HEARTH_HASH64_START, "a", 1), 0xaf63dc4c8601ec8cu);
    assert_int_equal(hearth_hash64(HEARTH_HASH64_START, "foobar", 6), 0x85944171f73967e8u);
}

static void test_parts_hash_like_the_whole(void **state)
{
    (void)state;
    assert_int_equal(hearth_hash32(hearth_hash32(HEARTH_HASH32_START, "foo", 3), "bar", 3),
                     hearth_hash32(HEARTH_HASH32_START, "foobar", 6));
    assert_int_equal(hearth_hash64(hearth_hash64(HEARTH_HASH64_START, "foo", 3), "bar", 3),
                     hearth_hash64(HEARTH_HASH64_START, "foobar", 6));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_hash_as_the_definition_says),
        cmocka_unit_test(test_parts_hash_like_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
