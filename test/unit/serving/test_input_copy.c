/* A request's input outlives the caller's memory, with all that it points to. */
#include "base/memory.h"
#include "serving/scheduler_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_everything_is_copied(void **state)
{
    (void)state;
    char bytes[] = "input", pair[] = "other", prompt[] = "query", stop[] = "END";
    int32_t tokens[] = {1, 2, 3};
    struct hearth_bytes stops[] = {{stop, 3}, {NULL, 0}};
    struct hearth_logit_bias biases[] = {{7, -100}};
    struct hearth_sampling sampling = {
        .temperature = 0.5f, .stops = stops, .stop_count = 2, .biases = biases, .bias_count = 1};
    struct hearth_input input = {.task = HEARTH_TASK_GENERATE,
                                 .kind = HEARTH_INPUT_TEXT,
                                 .bytes = bytes,
                                 .length = 5,
                                 .tokens = tokens,
                                 .token_count = 3,
                                 .pair = pair,
                                 .pair_length = 5,
                                 .prompt_name = prompt,
                                 .sampling = &sampling};
    struct hearth_input *copy = hearth_input_copy(&input);
    assert_non_null(copy);
    memset(bytes, 'x', 5);
    memset(pair, 'x', 5);
    memset(prompt, 'x', 5);
    memset(stop, 'x', 3);
    memset(tokens, 0, sizeof(tokens));
    memset(biases, 0, sizeof(biases));
    memset(stops, 0, sizeof(stops));
    memset(&sampling, 0, sizeof(sampling));
    assert_memory_equal(copy->bytes, "input", 5);
    assert_memory_equal(copy->pair, "other", 5);
    assert_string_equal(copy->prompt_name, "query");
    assert_int_equal(copy->tokens[2], 3);
    assert_true(copy->sampling->temperature == 0.5f);
    assert_memory_equal(copy->sampling->stops[0].bytes, "END", 3);
    assert_null(copy->sampling->stops[1].bytes);
    assert_int_equal(copy->sampling->biases[0].token, 7);
    hearth_free(copy);
}

static void test_what_is_not_there_stays_away(void **state)
{
    (void)state;
    const struct hearth_input input = {.task = HEARTH_TASK_EMBED, .kind = HEARTH_INPUT_TEXT};
    struct hearth_input *copy = hearth_input_copy(&input);
    assert_non_null(copy);
    assert_null(copy->bytes);
    assert_null(copy->tokens);
    assert_null(copy->prompt_name);
    assert_null(copy->sampling);
    hearth_free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything_is_copied),
        cmocka_unit_test(test_what_is_not_there_stays_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
