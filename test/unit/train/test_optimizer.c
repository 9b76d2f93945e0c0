/* AdamW and its rates, by hand-computed numbers. */
#include "unit/cmocka_all.h"

#include "train/optimizer.h"

#include <math.h>

static void the_first_step_is_one_rate_against_the_gradient_and_decay_stands_apart(void **state)
{
    (void)state;
    hearth_number values[] = {1, -2}, gradients[] = {3, -4};
    struct hearth_lora lora = {.count = 2, .values = values, .gradients = gradients};
    struct hearth_optimizer_params params = {
        .rate = 0.1, .beta_1 = 0.9, .beta_2 = 0.999, .epsilon = 1e-8, .decay = 0.5, .clip = 1};
    struct hearth_optimizer *optimizer = NULL;
    assert_int_equal(hearth_optimizer_create(&lora, &params, &optimizer, NULL), 0);
    assert_true(fabs(hearth_optimizer_step(optimizer) - 5) < 1e-6);
    assert_true(fabs((double)values[0] - (1 - 0.1 * (1 + 0.5))) < 1e-5);
    assert_true(fabs((double)values[1] - (-2 + 0.1 * (1 + 1.0))) < 1e-5);
    assert_true(gradients[0] == 0 && gradients[1] == 0);
    hearth_optimizer_destroy(optimizer);
}

static void rates_warm_up_and_then_fall_as_their_schedule_says(void **state)
{
    (void)state;
    struct hearth_optimizer_params params = {
        .rate = 1, .warm_up = 4, .steps = 12, .schedule = HEARTH_SCHEDULE_COSINE};
    assert_true(fabs(hearth_schedule_rate(&params, 0) - 0.25) < 1e-12);
    assert_true(fabs(hearth_schedule_rate(&params, 4) - 1) < 1e-12);
    assert_true(fabs(hearth_schedule_rate(&params, 6) - 0.8535533905932737) < 1e-12);
    params.schedule = HEARTH_SCHEDULE_LINEAR;
    assert_true(fabs(hearth_schedule_rate(&params, 6) - 0.75) < 1e-12);
    params.schedule = HEARTH_SCHEDULE_CONSTANT;
    assert_true(fabs(hearth_schedule_rate(&params, 11) - 1) < 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_step_is_one_rate_against_the_gradient_and_decay_stands_apart),
        cmocka_unit_test(rates_warm_up_and_then_fall_as_their_schedule_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
