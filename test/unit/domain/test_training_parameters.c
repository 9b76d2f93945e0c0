/* What may be said of a training job. */
#include "base/error.h"
#include "domain/training_parameters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static int read_text(const char *text, struct hearth_training_parameters *ret,
                     struct hearth_error *error)
{
    json_t *object = hearth_json_parse(text, strlen(text), error);
    assert_non_null(object);
    int rc = hearth_training_parameters_read(object, ret, error);
    json_decref(object);
    return rc;
}

static void test_what_is_not_said_is_preset(void **state)
{
    (void)state;
    struct hearth_training_parameters parameters;
    assert_int_equal(hearth_training_parameters_read(NULL, &parameters, NULL), 0);
    assert_int_equal(parameters.rank, 8);
    assert_int_equal(parameters.modules, 0x7f);
    assert_int_equal(parameters.exports, HEARTH_EXPORT_GGUF | HEARTH_EXPORT_PEFT);
    assert_int_equal(parameters.schedule, HEARTH_TRAINING_COSINE);
    assert_true(parameters.retry_nan);
    assert_true(parameters.learning_rate == 2e-4);
}

static void test_values_are_taken_by_their_kinds(void **state)
{
    (void)state;
    struct hearth_training_parameters parameters;
    static const char text[] = "{\"method\":\"full\",\"rank\":16,\"alpha\":32,\"dropout\":0.1,"
                               "\"modules\":[\"v_proj\",\"q_proj\"],\"checkpointing\":true,"
                               "\"long_rows\":\"refuse\",\"exports\":[\"mlx\"]}";
    assert_int_equal(read_text(text, &parameters, NULL), 0);
    assert_int_equal(parameters.method, HEARTH_TRAINING_FULL);
    assert_int_equal(parameters.rank, 16);
    assert_true(parameters.alpha == 32);
    assert_int_equal(parameters.modules, 1 | 4);
    assert_int_equal(parameters.long_rows, HEARTH_LONG_ROWS_REFUSE);
    assert_int_equal(parameters.exports, HEARTH_EXPORT_MLX);
    assert_true(parameters.checkpointing);
}

static void test_written_and_read_again_they_are_the_same(void **state)
{
    (void)state;
    struct hearth_training_parameters first, second;
    memset(&first, 0, sizeof(first));
    memset(&second, 0, sizeof(second));
    assert_int_equal(
        read_text("{\"rank\":3,\"learning_rate\":0.1,\"train_on\":\"all\"}", &first, NULL), 0);
    json_t *object = hearth_training_parameters_json(&first);
    size_t rows = 0;
    while (hearth_training_parameters_table[rows].key)
        rows++;
    assert_int_equal(json_object_size(object), rows);
    assert_int_equal(hearth_training_parameters_read(object, &second, NULL), 0);
    json_t *again = hearth_training_parameters_json(&second);
    assert_true(json_equal(object, again));
    json_decref(object);
    json_decref(again);
}

static void test_what_is_wrong_is_named(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"{\"rnak\":8}", "did you mean 'rank'"},
        {"{\"lr\":1}", "did you mean 'learning_rate'"},
        {"{\"max_seq_length\":8}", "did you mean 'context'"},
        {"{\"rank\":0}", "parameters.rank must be an integer from 1 to 1024"},
        {"{\"rank\":8.5}", "parameters.rank"},
        {"{\"rank\":\"8\"}", "parameters.rank"},
        {"{\"learning_rate\":-1}", "parameters.learning_rate must be a number from 0 to 1"},
        {"{\"modules\":[]}", "parameters.modules must be a list of q_proj"},
        {"{\"modules\":[\"lm_head\"]}", "parameters.modules"},
        {"{\"modules\":\"q_proj\"}", "parameters.modules"},
        {"{\"schedule\":\"step\"}", "parameters.schedule must be one of constant, linear, cosine"},
        {"{\"checkpointing\":1}", "parameters.checkpointing must be true or false"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct hearth_training_parameters parameters;
        struct hearth_error error = {.code = 0};
        assert_int_equal(read_text(rows[i][0], &parameters, &error), HEARTH_EFIELDS);
        if (!strstr(error.message, rows[i][1]))
            fail_msg("%s: %s", rows[i][0], error.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_not_said_is_preset),
        cmocka_unit_test(test_values_are_taken_by_their_kinds),
        cmocka_unit_test(test_written_and_read_again_they_are_the_same),
        cmocka_unit_test(test_what_is_wrong_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
