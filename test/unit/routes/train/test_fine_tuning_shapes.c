/* What OpenAI's fine-tuning API asks for, and how jobs and their events look there. */
#include "unit/cmocka_all.h"

#include "base/error.h"
#include "domain/training_parameters.h"
#include "routes/train/fine_tuning_json.h"
#include "routes/train/fine_tuning_order.h"

#include <string.h>

static json_t *parse(const char *text)
{
    json_t *value = hearth_json_parse(text, strlen(text), NULL);
    assert_non_null(value);
    return value;
}

static struct hearth_fine_tuning_order read_order(const char *text, const char *base)
{
    struct hearth_fine_tuning_order order;
    struct hearth_error error;
    const char *param;
    json_t *body = parse(text);
    assert_int_equal(hearth_fine_tuning_order_read(body, base, &order, &param, &error), 0);
    order.training_file = order.validation_file = NULL; /* the body's, which goes */
    json_decref(body);
    return order;
}

static void check_name(const char *suffix, const char *base, const char *name)
{
    char text[300];
    snprintf(text, sizeof(text), "{\"training_file\": \"file-1\", \"suffix\": %s}", suffix);
    struct hearth_fine_tuning_order order = read_order(text, base);
    assert_string_equal(order.model, name);
    hearth_fine_tuning_order_finish(&order);
}

static void test_a_model_is_named_after_its_base_and_the_suffix(void **state)
{
    (void)state;
    char base[97], suffix[67], name[97];
    check_name("null", "base", "ft-base");
    check_name("\"facts\"", "base", "ft-base-facts");
    check_name("\"My facts, 2nd!!\"", "base", "ft-base-My-facts-2nd");
    check_name("\"é.v1\"", "base", "ft-base-v1");
    memset(base, 'b', 96), base[96] = '\0';
    memset(suffix, 's', 66), suffix[0] = suffix[65] = '"', suffix[66] = '\0';
    snprintf(name, sizeof(name), "ft-%.*s", 93, base);
    check_name("null", base, name);
    snprintf(name, sizeof(name), "ft-%.*s-%.*s", 28, base, 64, suffix + 1);
    check_name(suffix, base, name);
}

static void test_faults_name_their_parameter(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"{\"suffix\": \"!?\"}", "suffix"},
        {"{\"parameters\": {\"rang\": 4}}", "parameters"},
        {"{\"parameters\": {\"rank\": 0}}", "parameters"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct hearth_fine_tuning_order order;
        struct hearth_error error;
        const char *param;
        json_t *body = parse(cases[i][0]);
        assert_int_equal(hearth_fine_tuning_order_read(body, "base", &order, &param, &error),
                         HEARTH_EINVAL);
        assert_string_equal(param, cases[i][1]);
        json_decref(body);
    }
}

/* Hearth's own go first, the newer form before the older, and what is "auto" is preset. */
static void test_hyperparameters_become_parameters(void **state)
{
    (void)state;
    struct hearth_fine_tuning_order order =
        read_order("{\"hyperparameters\": {\"n_epochs\": 9}, \"seed\": 5, \"metadata\": {\"a\": "
                   "\"b\"}, \"method\": {\"type\": \"supervised\", \"supervised\": "
                   "{\"hyperparameters\": {\"n_epochs\": \"auto\", \"batch_size\": 6, "
                   "\"learning_rate_multiplier\": 2}}}, \"parameters\": {\"rank\": 4}}",
                   "base");
    assert_int_equal(hearth_json_integer(order.parameters, "epochs", 0), 3);
    assert_int_equal(hearth_json_integer(order.parameters, "batch_size", 0), 3);
    assert_int_equal(hearth_json_integer(order.parameters, "gradient_accumulation", 0), 2);
    assert_int_equal(hearth_json_integer(order.parameters, "seed", 0), 5);
    assert_int_equal(hearth_json_integer(order.parameters, "rank", 0), 4);
    struct hearth_training_parameters preset;
    hearth_training_parameters_read(NULL, &preset, NULL);
    assert_float_equal(hearth_json_number(order.parameters, "learning_rate", 0),
                       2 * preset.learning_rate, 1e-12);
    assert_string_equal(hearth_json_text(json_object_get(order.client, "metadata"), "a", ""), "b");
    hearth_fine_tuning_order_finish(&order);
}

static void test_rows_of_a_step_stay_as_many_as_were_asked_for(void **state)
{
    (void)state;
    for (int rows = 1; rows <= 4096; rows++) {
        char text[80];
        snprintf(text, sizeof(text), "{\"hyperparameters\": {\"batch_size\": %d}}", rows);
        struct hearth_fine_tuning_order order = read_order(text, "base");
        json_int_t together = hearth_json_integer(order.parameters, "batch_size", 0);
        assert_true(together >= 1 && together <= 4);
        assert_int_equal(
            together * hearth_json_integer(order.parameters, "gradient_accumulation", 0), rows);
        hearth_fine_tuning_order_finish(&order);
    }
}

static const char *status_of(const char *state_name)
{
    static char kept[32];
    json_t *job = json_pack("{s:s, s:{}}", "state", state_name, "plan");
    json_t *shown = hearth_fine_tuning_job_json(job, NULL, 0);
    snprintf(kept, sizeof(kept), "%s", hearth_json_text(shown, "status", ""));
    json_decref(shown);
    json_decref(job);
    return kept;
}

static void test_states_are_openais(void **state)
{
    (void)state;
    assert_string_equal(status_of("queued"), "queued");
    assert_string_equal(status_of("running"), "running");
    assert_string_equal(status_of("interrupted"), "queued");
    assert_string_equal(status_of("paused"), "paused");
    assert_string_equal(status_of("completed"), "succeeded");
    assert_string_equal(status_of("failed"), "failed");
    assert_string_equal(status_of("cancelled"), "cancelled");
}

static void test_a_job_whose_check_was_cut_short_validates_its_files(void **state)
{
    (void)state;
    static const char *const states[][2] = {{"queued", "validating_files"},
                                            {"running", "validating_files"},
                                            {"paused", "paused"},
                                            {"failed", "failed"}};
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        json_t *job = json_pack("{s:s}", "state", states[i][0]);
        json_t *shown = hearth_fine_tuning_job_json(job, NULL, 0);
        assert_string_equal(hearth_json_text(shown, "status", ""), states[i][1]);
        json_decref(shown);
        json_decref(job);
    }
}

/* One of /training/jobs has data sets and no files. */
static void test_a_job_of_the_hub_is_shown_too(void **state)
{
    (void)state;
    json_t *job = parse(
        "{\"id\": \"ftjob-0a\", \"state\": \"failed\", \"base_model\": \"base:1\", \"dataset_id\": "
        "\"ds-1\", \"evaluation_dataset_id\": null, \"version\": null, \"created_at\": "
        "\"1970-01-01T00:00:02.500Z\", \"finished_at\": \"1970-01-01T00:00:09.000Z\", \"error\": "
        "{\"code\": \"timeout\", \"message\": \"too long\"}}");
    json_t *shown = hearth_fine_tuning_job_json(job, "file-9", 0);
    assert_string_equal(hearth_json_text(shown, "training_file", ""), "ds-1");
    assert_true(json_is_null(json_object_get(shown, "validation_file")));
    assert_int_equal(hearth_json_integer(shown, "created_at", 0), 2);
    assert_int_equal(hearth_json_integer(shown, "finished_at", 0), 9);
    assert_string_equal(
        json_string_value(json_array_get(json_object_get(shown, "result_files"), 0)), "file-9");
    assert_string_equal(hearth_json_text(json_object_get(shown, "error"), "message", ""),
                        "too long");
    assert_null(hearth_fine_tuning_checkpoint_json(job));
    json_decref(shown);
    json_decref(job);
}

static void check_event(const char *line_text, const char *level, const char *message)
{
    json_t *job = parse("{\"id\": \"ftjob-0a\", \"steps\": 3}"), *line = parse(line_text);
    json_t *event = hearth_fine_tuning_event_json(job, line);
    assert_string_equal(hearth_json_text(event, "message", ""), message);
    assert_string_equal(hearth_json_text(event, "level", ""), level);
    json_decref(event);
    json_decref(line);
    json_decref(job);
}

static void test_lines_of_the_log_are_events(void **state)
{
    (void)state;
    check_event("{\"n\": 1, \"type\": \"state\", \"state\": \"queued\"}", "info",
                "Created fine-tuning job: ftjob-0a");
    check_event("{\"n\": 9, \"type\": \"state\", \"state\": \"queued\"}", "info",
                "Fine-tuning job waits for its turn again");
    check_event("{\"type\": \"state\", \"state\": \"interrupted\"}", "warn",
                "Fine-tuning job was interrupted; it will go on from its checkpoint");
    check_event("{\"type\": \"state\", \"state\": \"paused\"}", "info", "Fine-tuning job paused");
    check_event("{\"type\": \"state\", \"state\": \"failed\", \"error\": {\"message\": \"why\"}}",
                "error", "The job failed: why");
    check_event("{\"type\": \"metrics\", \"step\": 2, \"loss\": 1.5}", "info",
                "Step 2/3: training loss=1.5000");
    check_event("{\"type\": \"log\", \"level\": \"warning\", \"message\": \"hm\"}", "warn", "hm");
    check_event("{}", "info", "");
}

static void test_ids_of_events_have_their_number(void **state)
{
    (void)state;
    static const char *const strange[] = {"",
                                          "ftevent-0a-",
                                          "ftevent-0a-0",
                                          "ftevent-0a--1",
                                          "ftevent-0a-x",
                                          "ftevent-0b-1",
                                          "ftevent-0a-99999999999999999999",
                                          "ftjob-0a"};
    uint64_t number = 0;
    assert_true(hearth_fine_tuning_event_number("ftevent-0a-17", "ftjob-0a", &number));
    assert_int_equal(number, 17);
    for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++)
        assert_false(hearth_fine_tuning_event_number(strange[i], "ftjob-0a", &number));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_model_is_named_after_its_base_and_the_suffix),
        cmocka_unit_test(test_faults_name_their_parameter),
        cmocka_unit_test(test_hyperparameters_become_parameters),
        cmocka_unit_test(test_rows_of_a_step_stay_as_many_as_were_asked_for),
        cmocka_unit_test(test_states_are_openais),
        cmocka_unit_test(test_a_job_whose_check_was_cut_short_validates_its_files),
        cmocka_unit_test(test_a_job_of_the_hub_is_shown_too),
        cmocka_unit_test(test_lines_of_the_log_are_events),
        cmocka_unit_test(test_ids_of_events_have_their_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
