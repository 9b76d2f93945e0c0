/* Reading the rules of sampling out of a body. */
#include "unit/cmocka_all.h"

#include "base/error.h"
#include "task/sampling.h"

#include <string.h>

static struct hearth_sampling read_body(const char *text, struct hearth_arena *arena)
{
    struct hearth_sampling sampling;
    struct hearth_error error = {0};
    const char *param = NULL;
    json_t *body = json_loads(text, 0, NULL);
    assert_non_null(body);
    if (hearth_sampling_read(body, arena, &sampling, &param, &error) != 0)
        fail_msg("%s: %s", param, error.message);
    json_decref(body);
    return sampling;
}

static void without_a_word_every_rule_is_off(void **state)
{
    struct hearth_sampling s = read_body("{}", *state);
    assert_true(s.temperature == 1 && s.dynamic_range == 0 && s.dynamic_exponent == 1);
    assert_true(s.top_p == 1 && s.min_p == 0 && s.typical_p == 1 && s.top_n_sigma <= 0);
    assert_true(s.xtc_probability == 0 && s.xtc_threshold == 0.1f && s.top_k == 0);
    assert_true(s.repeat_penalty == 1 && s.presence_penalty == 0 && s.frequency_penalty == 0);
    assert_int_equal(s.repeat_last_n, 64);
    assert_true(s.dry_multiplier == 0 && s.dry_base == 1.75f);
    assert_int_equal(s.dry_allowed_length, 2);
    assert_int_equal(s.dry_penalty_last_n, 64);
    assert_int_equal(s.dry_breaker_count, 4);
    assert_memory_equal(s.dry_breakers[3].bytes, "*", 1);
    assert_int_equal(s.grammar.length, 0);
}

static void each_member_is_read(void **state)
{
    struct hearth_sampling s = read_body(
        "{\"temperature\":0.5,\"dynatemp_range\":0.25,\"dynatemp_exponent\":2,\"top_p\":0.75,"
        "\"min_p\":0.125,\"typical_p\":0.5,\"top_n_sigma\":2,\"xtc_probability\":0.5,"
        "\"xtc_threshold\":0.25,\"top_k\":7,\"repeat_penalty\":1.5,\"repeat_last_n\":-1,"
        "\"dry_multiplier\":0.75,\"dry_base\":2,\"dry_allowed_length\":3,"
        "\"dry_penalty_last_n\":100.0,\"seed\":-1}",
        *state);
    assert_true(s.temperature == 0.5f && s.dynamic_range == 0.25f && s.dynamic_exponent == 2);
    assert_true(s.top_p == 0.75f && s.min_p == 0.125f && s.typical_p == 0.5f && s.top_n_sigma == 2);
    assert_true(s.xtc_probability == 0.5f && s.xtc_threshold == 0.25f && s.top_k == 7);
    assert_true(s.repeat_penalty == 1.5f && s.dry_multiplier == 0.75f && s.dry_base == 2);
    assert_int_equal(s.repeat_last_n, -1);
    assert_int_equal(s.dry_allowed_length, 3);
    assert_int_equal(s.dry_penalty_last_n, 100);
    assert_true(s.seed == UINT64_MAX);
}

static void breakers_of_a_request_replace_those_that_there_are(void **state)
{
    json_t *body = json_loads("{\"dry_sequence_breakers\":[\"ab\",\"\\n\"]}", 0, NULL);
    struct hearth_sampling s;
    const char *param;
    assert_int_equal(hearth_sampling_read(body, *state, &s, &param, NULL), 0);
    assert_int_equal(s.dry_breaker_count, 2);
    assert_memory_equal(s.dry_breakers[0].bytes, "ab", 2);
    json_decref(body);
    s = read_body("{\"dry_sequence_breakers\":[]}", *state);
    assert_int_equal(s.dry_breaker_count, 0);
}

static int set_up(void **state)
{
    *state = hearth_arena_create(1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    hearth_arena_destroy(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(without_a_word_every_rule_is_off, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_member_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(breakers_of_a_request_replace_those_that_there_are, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
