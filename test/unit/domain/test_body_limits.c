#include "domain/body_limits.h"
#include "unit/cmocka_all.h"

enum { MIB = 1 << 20 };

static void one_may_grow_tenfold_and_four_of_them_fit(void **state)
{
    (void)state;
    struct hearth_body_limits limits = hearth_body_limits_for(10 * MIB);
    assert_int_equal(limits.each_max, 100ull * MIB);
    assert_int_equal(limits.all_max, 400ull * MIB);
    assert_int_equal(hearth_body_judge(&limits, 0, limits.each_max, 3), HEARTH_BODY_FITS);
    assert_int_equal(hearth_body_judge(&limits, 0, limits.each_max + 1, 3), HEARTH_BODY_TOO_LARGE);
    assert_int_equal(hearth_body_judge(&limits, 0, 1, 257), HEARTH_BODY_TOO_DEEP);
}

static void the_last_quarter_is_for_small_ones(void **state)
{
    (void)state;
    struct hearth_body_limits limits = hearth_body_limits_for(10 * MIB);
    uint64_t used = limits.all_max / 4 * 3;
    assert_int_equal(hearth_body_judge(&limits, used, MIB + 1, 3), HEARTH_BODY_NO_ROOM);
    assert_int_equal(hearth_body_judge(&limits, used, MIB, 3), HEARTH_BODY_FITS);
    assert_int_equal(hearth_body_judge(&limits, limits.all_max, 1, 3), HEARTH_BODY_NO_ROOM);
}

static void extreme_limits_do_not_wrap(void **state)
{
    (void)state;
    struct hearth_body_limits small = hearth_body_limits_for(0);
    assert_int_equal(small.each_max, HEARTH_BODY_EACH_LEAST);
    struct hearth_body_limits large = hearth_body_limits_for(UINT64_MAX);
    assert_true(large.all_max >= large.each_max);
    assert_int_equal(hearth_body_judge(&large, large.all_max, UINT64_MAX / 4, 1),
                     HEARTH_BODY_NO_ROOM);
    assert_int_equal(hearth_body_judge(&large, UINT64_MAX, 5, 1), HEARTH_BODY_NO_ROOM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_may_grow_tenfold_and_four_of_them_fit),
        cmocka_unit_test(the_last_quarter_is_for_small_ones),
        cmocka_unit_test(extreme_limits_do_not_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
