/* Bodies that come and go in seeded order: never more memory than there is, and the small ones are
 * never locked out by the large ones. */
#include "domain/body_limits.h"
#include "support/seeded.h"
#include "unit/cmocka_all.h"

#include <stdbool.h>

enum { TEXT_MAX = 8 << 20, BODIES = 64, STEPS = 20000 };

static void large_bodies_never_lock_small_ones_out(void **state)
{
    (void)state;
    const struct hearth_body_limits limits = hearth_body_limits_for(TEXT_MAX);
    for (uint64_t seed = 1; seed <= 20; seed++) {
        uint64_t random = seed * 7919, held[BODIES] = {0}, used = 0, small = 0;
        for (int step = 0; step < STEPS; step++) {
            uint32_t i = seeded_pick(&random, 0, BODIES - 1);
            used -= held[i];
            small -= held[i] <= HEARTH_BODY_SMALL ? held[i] : 0;
            held[i] = 0;
            bool is_small = seeded_pick(&random, 0, 3) == 0;
            uint64_t bytes = seeded_pick(&random, 1, is_small ? HEARTH_BODY_SMALL : 100u << 20);
            enum hearth_body_verdict verdict = hearth_body_judge(&limits, used, bytes, 4);
            if (bytes > limits.each_max)
                assert_int_equal(verdict, HEARTH_BODY_TOO_LARGE);
            if (is_small && small + bytes <= limits.all_max / 4)
                assert_int_equal(verdict, HEARTH_BODY_FITS);
            if (verdict != HEARTH_BODY_FITS)
                continue;
            held[i] = bytes;
            used += bytes;
            small += is_small ? bytes : 0;
            assert_true(used <= limits.all_max);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(large_bodies_never_lock_small_ones_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
