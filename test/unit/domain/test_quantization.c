#include "domain/quantization.h"
#include "unit/cmocka_all.h"

#include <string.h>

static void a_word_is_found_in_any_case(void **state)
{
    (void)state;
    assert_string_equal(hearth_quantization_of("q4_k_m")->name, "Q4_K_M");
    assert_string_equal(hearth_quantization_of("Q4_K_M")->word, "q4_k_m");
    assert_int_equal(hearth_quantization_of("q8_0")->file_type, 7);
    assert_null(hearth_quantization_of("q4"));
    assert_null(hearth_quantization_of(""));
}

static void a_word_that_is_none_is_told_with_those_that_are(void **state)
{
    (void)state;
    struct hearth_error error = {.code = 0};
    assert_int_equal(hearth_quantization_check("q6_k", &error), 0);
    assert_int_equal(hearth_quantization_check("q5", &error), HEARTH_EINVAL);
    assert_non_null(strstr(error.message, "'q5'"));
    assert_non_null(strstr(error.message, "q8_0, q6_k, "));
    assert_non_null(strstr(error.message, "q2_k"));
}

static void what_was_rounded_to_few_bits_is_not_rounded_again(void **state)
{
    (void)state;
    static const char *const whole[] = {"F32", "f16", "BF16"};
    const struct hearth_quantization *q8 = hearth_quantization_of("q8_0");
    const struct hearth_quantization *q4 = hearth_quantization_of("q4_0");
    struct hearth_error error;
    for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
        assert_int_equal(hearth_quantization_may(whole[i], q8, &error), 0);
        assert_false(hearth_quantization_is_second(whole[i]));
    }
    assert_int_equal(hearth_quantization_may("Q8_0", q4, &error), 0);
    assert_true(hearth_quantization_is_second("Q8_0"));
    assert_int_equal(hearth_quantization_may("Q8_0", q8, &error), HEARTH_EINVAL);
    assert_non_null(strstr(error.message, "Q8_0 already"));
    assert_int_equal(hearth_quantization_may("Q4_1", q8, &error), HEARTH_EINVAL);
    assert_non_null(strstr(error.message, "Q4_1"));
    assert_int_equal(hearth_quantization_may("Q6_K", q4, &error), HEARTH_EINVAL);
    assert_int_equal(hearth_quantization_may("", q4, &error), HEARTH_EINVAL);
}

static const struct hearth_quantization *chosen(const char *from, uint64_t most_mib)
{
    const struct hearth_quantization *type = NULL;
    const struct hearth_quantization_room room = {
        .weights = 1000000000, .rest = 500ull << 20, .most = most_mib << 20};
    char why[HEARTH_QUANTIZATION_WHY];
    struct hearth_error error = {.code = 0};
    int rc = hearth_quantization_choose(from, &room, &type, why, &error);
    assert_true(rc ? type == NULL && error.code == rc : strstr(why, "fit into the") != NULL);
    return type;
}

/* A thousand million weights take 1,013 MiB as q8_0, 782 as q6_k, 376 as q2_k; 500 go to the rest.
 */
static void auto_is_what_loses_least_among_those_that_fit(void **state)
{
    (void)state;
    assert_string_equal(chosen("F16", 100000)->word, "q8_0");
    assert_string_equal(chosen("F16", 1514)->word, "q8_0");
    assert_string_equal(chosen("F16", 1513)->word, "q6_k");
    assert_string_equal(chosen("Q8_0", 100000)->word, "q6_k");
    assert_string_equal(chosen("F16", 1090)->word, "q4_k_m");
    assert_string_equal(chosen("F16", 880)->word, "q2_k");
    assert_null(chosen("F16", 870));
    assert_null(chosen("F16", 100));
    assert_null(chosen("Q4_0", 100000));
}

/* What no memory is enough for is told with its sum. */
static void auto_without_room_tells_the_sum(void **state)
{
    (void)state;
    const struct hearth_quantization *type = NULL;
    const struct hearth_quantization_room room = {
        .weights = UINT64_MAX, .rest = UINT64_MAX, .most = 1 << 20};
    char why[HEARTH_QUANTIZATION_WHY];
    struct hearth_error error = {.code = 0};
    assert_int_equal(hearth_quantization_choose("F32", &room, &type, why, &error), HEARTH_EMEMORY);
    assert_non_null(strstr(error.message, "even as q2_k"));
    assert_non_null(strstr(error.message, "may take 1 MiB"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_word_is_found_in_any_case),
        cmocka_unit_test(a_word_that_is_none_is_told_with_those_that_are),
        cmocka_unit_test(auto_is_what_loses_least_among_those_that_fit),
        cmocka_unit_test(auto_without_room_tells_the_sum),
        cmocka_unit_test(what_was_rounded_to_few_bits_is_not_rounded_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
