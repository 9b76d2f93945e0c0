#include "domain/climate.h"
#include "unit/cmocka_all.h"

#include <math.h>

static const struct hearth_climate_limits limits = {.pressure_max = 20, .temperature_max = 80};

static void test_pressure_over_its_limit_has_models_unload(void **state)
{
    (void)state;
    struct hearth_climate climate = {0};
    assert_false(hearth_climate_look(&climate, &limits, 20, NAN));
    assert_true(hearth_climate_look(&climate, &limits, 20.5, NAN));
    assert_false(hearth_climate_look(&climate, &limits, NAN, NAN));
    assert_int_equal(climate.slow, 1);
    const struct hearth_climate_limits never = {0};
    assert_false(hearth_climate_look(&climate, &never, 100, 200));
    assert_int_equal(climate.slow, 1);
}

static void test_heat_slows_step_by_step_and_cold_speeds_up_again(void **state)
{
    (void)state;
    struct hearth_climate climate = {0};
    const uint32_t down[] = {2, 4, 8, 8}, up[] = {4, 2, 1, 1};
    for (int i = 0; i < 4; i++) {
        hearth_climate_look(&climate, &limits, 0, 81);
        assert_int_equal(climate.slow, down[i]);
    }
    hearth_climate_look(&climate, &limits, 0, 78); /* cooler, and not cool */
    assert_int_equal(climate.slow, 8);
    for (int i = 0; i < 4; i++) {
        hearth_climate_look(&climate, &limits, 0, 75);
        assert_int_equal(climate.slow, up[i]);
    }
}

static void test_a_machine_that_stops_telling_is_not_slow_for_ever(void **state)
{
    (void)state;
    struct hearth_climate climate = {.slow = 8};
    for (int i = 0; i < 3; i++)
        hearth_climate_look(&climate, &limits, 0, NAN);
    assert_int_equal(climate.slow, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pressure_over_its_limit_has_models_unload),
        cmocka_unit_test(test_heat_slows_step_by_step_and_cold_speeds_up_again),
        cmocka_unit_test(test_a_machine_that_stops_telling_is_not_slow_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
