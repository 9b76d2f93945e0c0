/* Lengths of rows: ranks and steps, counted by hand. */
#include "unit/cmocka_all.h"

#include "dataset/token_lengths.h"

static void test_ranks_and_steps(void **state)
{
    (void)state;
    uint32_t lengths[100];
    struct hearth_token_lengths found;
    for (uint32_t i = 0; i < 100; i++)
        lengths[i] = 100 - i;
    hearth_token_lengths_of(lengths, 100, &found);
    assert_int_equal(found.least, 1);
    assert_int_equal(found.median, 50);
    assert_int_equal(found.most_of_95, 95);
    assert_int_equal(found.most, 100);
    assert_int_equal(found.tokens, 5050);
    static const uint64_t steps[] = {1, 2, 4, 8, 16, 32, 37};
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(found.steps[i], steps[i]);
}

static void test_one_row_and_none(void **state)
{
    (void)state;
    uint32_t lengths[] = {7};
    struct hearth_token_lengths found;
    hearth_token_lengths_of(lengths, 1, &found);
    assert_int_equal(found.median, 7);
    assert_int_equal(found.most_of_95, 7);
    json_t *told = hearth_token_lengths_json(&found);
    assert_int_equal(json_integer_value(json_object_get(told, "max")), 7);
    assert_true(json_real_value(json_object_get(told, "mean")) == 7);
    const json_t *step = json_array_get(json_object_get(told, "histogram"), 0);
    assert_int_equal(json_integer_value(json_object_get(step, "from")), 4);
    json_decref(told);
    hearth_token_lengths_of(lengths, 0, &found);
    assert_int_equal(found.rows, 0);
    assert_int_equal(found.most, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranks_and_steps),
        cmocka_unit_test(test_one_row_and_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
