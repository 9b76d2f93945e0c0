/* Words about inputs that clients know. */
#include "base/input_error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void a_prompt_over_the_context_is_told_in_openais_words(void **state)
{
    (void)state;
    struct hearth_error error;
    const struct hearth_sampling sampling = {.max_tokens = 100};
    struct hearth_input input = {.task = HEARTH_TASK_GENERATE, .kind = HEARTH_INPUT_MESSAGES};
    assert_int_equal(hearth_input_error_context(&error, &input, 64, 64), HEARTH_ECONTEXT);
    assert_string_equal(error.message,
                        "This model's maximum context length is 64 tokens. However, you requested "
                        "65 tokens (64 in the messages, 1 in the completion). Please reduce the "
                        "length of the messages or completion. The prompt is too long.");
    input.kind = HEARTH_INPUT_TEXT;
    input.sampling = &sampling;
    hearth_input_error_context(&error, &input, 80, 64);
    assert_string_equal(error.message,
                        "This model's maximum context length is 64 tokens. However, you requested "
                        "180 tokens (80 in the prompt, 100 in the completion). Please reduce the "
                        "length of the prompt or completion. The prompt is too long.");
    input.task = HEARTH_TASK_EMBED;
    hearth_input_error_context(&error, &input, 80, 64);
    assert_string_equal(error.message,
                        "This model's maximum context length is 64 tokens. However, you requested "
                        "80 tokens (80 in the input). Please reduce the length of the input.");
    assert_int_equal(hearth_input_error_length(&error, &input, 90, 64), HEARTH_ECONTEXT);
    assert_string_equal(error.message,
                        "This model's maximum context length is 64 tokens. However, you requested "
                        "at least 90 tokens in the input. Please reduce the length of the input.");
}

static int check(const int32_t *ids, size_t count, const int32_t *frame, size_t frame_count,
                 size_t opening)
{
    struct hearth_error error;
    const struct hearth_input input = {.task = HEARTH_TASK_EMBED,
                                       .kind = HEARTH_INPUT_TOKENS,
                                       .tokens = ids,
                                       .token_count = count};
    return hearth_input_check_frame(&input, frame, frame_count, opening, &error);
}

static void ids_are_framed_as_the_models_own_are(void **state)
{
    (void)state;
    static const int32_t ids[] = {1, 7, 7, 2};
    static const int32_t both[] = {1, 2}, twice[] = {1, 7, 7, 2}, other[] = {3, 2};
    assert_int_equal(check(ids, 4, both, 2, 1), 0);
    assert_int_equal(check(ids, 4, both, 1, 1), 0);     /* a model that only opens */
    assert_int_equal(check(ids, 4, both + 1, 1, 0), 0); /* one that only closes */
    assert_int_equal(check(ids, 4, NULL, 0, 0), 0);     /* neither: nothing can be told */
    assert_int_equal(check(ids, 4, twice, 4, 2), 0);
    assert_int_equal(check(ids, 4, other, 2, 1), HEARTH_EINVAL);
    assert_int_equal(check(ids, 3, both, 2, 1), HEARTH_EINVAL);
    assert_int_equal(check(ids, 1, both, 2, 1), HEARTH_EINVAL);
    assert_int_equal(check(NULL, 0, both, 2, 1), HEARTH_EINVAL);
}

static void only_ids_that_are_embedded_are_checked(void **state)
{
    (void)state;
    static const int32_t ids[] = {7}, frame[] = {1, 2};
    struct hearth_error error;
    struct hearth_input input = {
        .task = HEARTH_TASK_GENERATE, .kind = HEARTH_INPUT_TOKENS, .tokens = ids, .token_count = 1};
    assert_int_equal(hearth_input_check_frame(&input, frame, 2, 1, &error), 0);
    input.task = HEARTH_TASK_EMBED;
    assert_int_equal(hearth_input_check_frame(&input, frame, 2, 1, &error), HEARTH_EINVAL);
    input.no_special_tokens = true;
    assert_int_equal(hearth_input_check_frame(&input, frame, 2, 1, &error), 0);
    input.no_special_tokens = false;
    input.kind = HEARTH_INPUT_TEXT;
    assert_int_equal(hearth_input_check_frame(&input, frame, 2, 1, &error), 0);
}

static void the_hint_for_langchain_is_for_embeddings(void **state)
{
    (void)state;
    struct hearth_error error;
    struct hearth_input input = {.task = HEARTH_TASK_EMBED};
    assert_int_equal(hearth_input_error_vocabulary(&error, &input, 9, 5), HEARTH_EINVAL);
    assert_non_null(strstr(error.message, "check_embedding_ctx_length=False"));
    input.task = HEARTH_TASK_GENERATE;
    hearth_input_error_vocabulary(&error, &input, 9, 5);
    assert_string_equal(error.message, "token id 9 is not in this model's vocabulary of 5 tokens");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_prompt_over_the_context_is_told_in_openais_words),
        cmocka_unit_test(ids_are_framed_as_the_models_own_are),
        cmocka_unit_test(only_ids_that_are_embedded_are_checked),
        cmocka_unit_test(the_hint_for_langchain_is_for_embeddings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
