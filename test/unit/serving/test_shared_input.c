/* A request's input outlives the caller's memory, with all that it points to. */
#include "serving/shared_input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_everything_is_copied(void **state)
{
    (void)state;
    char bytes[] = "input", pair[] = "other", prompt[] = "query", stop[] = "END";
    char breaker[] = "\n", grammar[] = "root";
    int32_t tokens[] = {1, 2, 3};
    struct hearth_bytes stops[] = {{stop, 3}, {NULL, 0}};
    struct hearth_bytes breakers[] = {{breaker, 1}};
    struct hearth_logit_bias biases[] = {{7, -100}};
    struct hearth_adapter_scale scales[] = {{3, 0.5f}, {1, 2}};
    struct hearth_sampling sampling = {.temperature = 0.5f,
                                       .stops = stops,
                                       .stop_count = 2,
                                       .dry_breakers = breakers,
                                       .dry_breaker_count = 1,
                                       .biases = biases,
                                       .bias_count = 1,
                                       .grammar = {grammar, 4}};
    struct hearth_input input = {.task = HEARTH_TASK_GENERATE,
                                 .kind = HEARTH_INPUT_TEXT,
                                 .bytes = bytes,
                                 .length = 5,
                                 .tokens = tokens,
                                 .token_count = 3,
                                 .pair = pair,
                                 .pair_length = 5,
                                 .prompt_name = prompt,
                                 .sampling = &sampling,
                                 .adapters = {true, scales, 2}};
    struct hearth_shared_input *shared = hearth_shared_input_create(&input);
    assert_non_null(shared);
    const struct hearth_input *copy = hearth_shared_input_view(shared);
    memset(scales, 0, sizeof(scales));
    memset(bytes, 'x', 5);
    memset(pair, 'x', 5);
    memset(prompt, 'x', 5);
    memset(stop, 'x', 3);
    memset(tokens, 0, sizeof(tokens));
    memset(biases, 0, sizeof(biases));
    memset(stops, 0, sizeof(stops));
    memset(breakers, 0, sizeof(breakers));
    memset(breaker, 'x', 1);
    memset(grammar, 'x', 4);
    memset(&sampling, 0, sizeof(sampling));
    assert_memory_equal(copy->bytes, "input", 5);
    assert_memory_equal(copy->pair, "other", 5);
    assert_string_equal(copy->prompt_name, "query");
    assert_int_equal(copy->tokens[2], 3);
    assert_true(copy->sampling->temperature == 0.5f);
    assert_memory_equal(copy->sampling->stops[0].bytes, "END", 3);
    assert_null(copy->sampling->stops[1].bytes);
    assert_memory_equal(copy->sampling->dry_breakers[0].bytes, "\n", 1);
    assert_memory_equal(copy->sampling->grammar.bytes, "root", 4);
    assert_int_equal(copy->sampling->biases[0].token, 7);
    assert_true(copy->adapters.given && copy->adapters.count == 2);
    assert_int_equal(copy->adapters.scales[1].adapter, 1);
    assert_true(copy->adapters.scales[0].scale == 0.5f);
    hearth_shared_input_release(shared);
}

static void test_what_is_not_there_stays_away(void **state)
{
    (void)state;
    const struct hearth_input input = {.task = HEARTH_TASK_EMBED, .kind = HEARTH_INPUT_TEXT};
    struct hearth_shared_input *shared = hearth_shared_input_create(&input);
    assert_non_null(shared);
    const struct hearth_input *copy = hearth_shared_input_view(shared);
    assert_null(copy->bytes);
    assert_null(copy->tokens);
    assert_null(copy->prompt_name);
    assert_null(copy->sampling);
    hearth_shared_input_release(shared);
}

static void test_it_lives_until_the_last_one_lets_go(void **state)
{
    (void)state;
    hearth_flag canceled = 1;
    const struct hearth_input input = {.task = HEARTH_TASK_GENERATE,
                                       .kind = HEARTH_INPUT_TEXT,
                                       .bytes = "once",
                                       .length = 4,
                                       .canceled = &canceled};
    struct hearth_shared_input *first = hearth_shared_input_create(&input);
    assert_non_null(first);
    assert_true(hearth_shared_input_bytes(first) >= sizeof(input) + 4);
    struct hearth_shared_input *second = hearth_shared_input_keep(first);
    assert_ptr_equal(first, second);
    hearth_shared_input_release(first);
    assert_memory_equal(hearth_shared_input_view(second)->bytes, "once", 4);
    assert_null(hearth_shared_input_view(second)->canceled);
    hearth_shared_input_release(second); /* ASan has the last word */
    hearth_shared_input_release(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything_is_copied),
        cmocka_unit_test(test_what_is_not_there_stays_away),
        cmocka_unit_test(test_it_lives_until_the_last_one_lets_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
