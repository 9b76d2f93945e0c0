/* A job from its order to its files, over a small base with letters for tokens: the same order
 * gives the same bytes however often it was stopped; numbers that are none never become an
 * adapter. */
#include "support/decoder_maker.h"
#include "support/temp_folder.h"
#include "unit/cmocka_all.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/small_file.h"
#include "train/job.h"

#include <string.h>

enum { ADAPTER_MAX = 4 << 20 };

struct bed {
    char folder[TEMP_FOLDER_BYTES], base[64], data[64];
    int stop_at_rest; /* between batches; 0: at none */
    int rests;
    int stop_after; /* events of the type `metrics`; −1: never */
    int metrics, checkpoints, warnings, plans;
    char warning[512];
};

static int render(void *argument, const json_t *conversation, struct hearth_buf *text,
                  struct hearth_error *error)
{
    (void)argument, (void)conversation, (void)text;
    return hearth_error_set(error, HEARTH_EINVAL, "no template");
}

static int tokenize(void *argument, const char *text, size_t length, bool begins, bool special,
                    int32_t **ret_tokens, uint32_t *ret_count, struct hearth_error *error)
{
    (void)argument, (void)begins, (void)special, (void)error;
    *ret_tokens = hearth_calloc(length + 1, sizeof(**ret_tokens));
    *ret_count = (uint32_t)length;
    for (size_t i = 0; i < length; i++)
        (*ret_tokens)[i] = (unsigned char)text[i];
    return 0;
}

static void spell(void *argument, int32_t token, struct hearth_buf *text)
{
    (void)argument;
    const char byte = (char)token;
    hearth_buf_append(text, &byte, 1);
}

static bool ends(void *argument, int32_t token)
{
    (void)argument;
    return token == 300;
}

static const struct hearth_words words = {render, tokenize, spell, NULL, 300, ends};

static void on_event(void *argument, json_t *event)
{
    struct bed *bed = argument;
    assert_non_null(event);
    const char *type = hearth_json_text(event, "type", "");
    bed->metrics += strcmp(type, "metrics") == 0;
    bed->checkpoints += strcmp(type, "checkpoint") == 0;
    bed->plans += strcmp(type, "plan") == 0;
    if (strcmp(hearth_json_text(event, "level", ""), "warning") == 0) {
        bed->warnings++;
        snprintf(bed->warning, sizeof(bed->warning), "%s", hearth_json_text(event, "message", ""));
    }
    json_decref(event);
}

static bool wants_stop(void *argument)
{
    struct bed *bed = argument;
    if (bed->stop_at_rest && bed->rests >= bed->stop_at_rest)
        return true;
    return bed->stop_after >= 0 && bed->metrics >= bed->stop_after;
}

static void rest(void *argument)
{
    struct bed *bed = argument;
    bed->rests++;
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void begin(struct bed *bed, const char *wrong_name)
{
    struct decoder_maker maker = decoder_maker_small("llama");
    maker.wrong_name = wrong_name;
    maker.wrong_values = wrong_name ? 3e38f : 0;
    *bed = (struct bed){.stop_after = -1};
    temp_folder_make(bed->folder);
    snprintf(bed->base, sizeof(bed->base), "%s/base.gguf", bed->folder);
    snprintf(bed->data, sizeof(bed->data), "%s/data.jsonl", bed->folder);
    assert_true(decoder_make(&maker, bed->base));
    write_text(bed->data, "{\"prompt\":\"one \",\"completion\":\"two three\"}\n"
                          "{\"prompt\":\"a\",\"completion\":\"b\"}\n{\"text\":\"some words\"}\n"
                          "{\"prompt\":\"who? \",\"completion\":\"nobody\"}\n{\"text\":\"x\"}\n");
}

static void finish(struct bed *bed)
{
    temp_folder_remove(bed->folder);
}

/* Runs a job in `output` of the bed's folder, with some parameters beside the usual ones. */
static int run(struct bed *bed, const char *output, const char *parameters, json_t **ret_result,
               struct hearth_error *error)
{
    const struct hearth_job_listener listener = {on_event, NULL, wants_stop, rest, bed};
    char text[2048];
    struct hearth_job_order order;
    snprintf(text, sizeof(text), "%s/%s", bed->folder, output);
    mkdir(text, 0700);
    int length = snprintf(text, sizeof(text),
                          "{\"base\":{\"path\":\"%s\",\"name\":\"b\"},\"data\":{\"path\":\"%s\"},"
                          "\"output\":\"%s/%s\",\"parameters\":{\"rank\":2,\"batch_size\":2,"
                          "\"exports\":[\"gguf\"]%s}}",
                          bed->base, bed->data, bed->folder, output, parameters);
    *ret_result = NULL;
    *error = (struct hearth_error){.code = 0};
    bed->rests = bed->metrics = bed->checkpoints = bed->warnings = bed->plans = 0;
    assert_int_equal(hearth_job_order_read(text, (size_t)length, &order, error), 0);
    int rc = hearth_job_run(&order, &words, &listener, ret_result, error);
    hearth_job_order_finish(&order);
    return rc;
}

static void digest_of(const struct bed *bed, const char *output, char ret[HEARTH_SHA256_HEX])
{
    char path[128];
    struct hearth_buf bytes;
    snprintf(path, sizeof(path), "%s/%s/artifacts", bed->folder, output);
    hearth_buf_init(&bytes, ADAPTER_MAX);
    assert_int_equal(hearth_small_file_read_in(path, "adapter.gguf", &bytes, NULL), 0);
    hearth_sha256_of(bytes.bytes, bytes.length, ret);
    hearth_buf_finish(&bytes);
}

static bool has_adapter(const struct bed *bed, const char *output)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s/artifacts/adapter.gguf", bed->folder, output);
    return access(path, F_OK) == 0;
}

static json_int_t number_of(const json_t *result, const char *key)
{
    return json_integer_value(json_object_get(result, key));
}

static void run_whole(struct bed *bed, const char *output, const char *parameters, json_int_t steps,
                      json_int_t resumed, char ret_digest[HEARTH_SHA256_HEX])
{
    struct hearth_error error;
    json_t *result;
    if (run(bed, output, parameters, &result, &error))
        fail_msg("%s", error.message);
    assert_int_equal(number_of(result, "steps"), steps);
    assert_int_equal(number_of(result, "resumed_from"), resumed);
    json_decref(result);
    digest_of(bed, output, ret_digest);
}

/* Dropout, an uneven last batch, accumulation over it, and measurements are all in it. */
#define MANY                                                                                       \
    ",\"epochs\":3,\"dropout\":0.3,\"gradient_accumulation\":2,\"evaluation_share\":0.2,"          \
    "\"checkpoint_steps\":1"

static void a_job_that_is_stopped_after_each_step_gives_the_bytes_of_one_that_was_not(void **state)
{
    (void)state;
    struct bed bed;
    struct hearth_error error;
    char whole[HEARTH_SHA256_HEX], torn[HEARTH_SHA256_HEX];
    json_t *result;
    begin(&bed, NULL);
    run_whole(&bed, "whole", MANY, 3, 0, whole);
    assert_true(bed.metrics == 3 && bed.plans == 1 && bed.checkpoints == 4);
    bed.stop_after = 1;
    for (int i = 0; i < 3; i++) {
        /* Behind the last step there is nothing to stop. */
        assert_int_equal(run(&bed, "torn", MANY, &result, &error), i < 2 ? HEARTH_ECANCELED : 0);
        assert_true(has_adapter(&bed, "torn") == (i == 2));
        json_decref(result);
    }
    digest_of(&bed, "torn", torn);
    assert_string_equal(whole, torn);
    finish(&bed);
}

static void a_stop_within_a_step_is_taken_before_it(void **state)
{
    (void)state;
    struct bed bed;
    struct hearth_error error;
    char whole[HEARTH_SHA256_HEX], torn[HEARTH_SHA256_HEX];
    json_t *result;
    begin(&bed, NULL);
    run_whole(&bed, "whole", MANY, 3, 0, whole);
    bed.stop_at_rest = 3; /* before the step, before its first batch, and before its second */
    assert_int_equal(run(&bed, "torn", MANY, &result, &error), HEARTH_ECANCELED);
    assert_true(bed.metrics == 0 && bed.rests == 3);
    bed.stop_at_rest = 0;
    run_whole(&bed, "torn", MANY, 3, 0, torn);
    assert_string_equal(whole, torn);
    finish(&bed);
}

static void a_job_that_is_over_stays_over(void **state)
{
    (void)state;
    struct bed bed;
    char first[HEARTH_SHA256_HEX], again[HEARTH_SHA256_HEX];
    begin(&bed, NULL);
    run_whole(&bed, "o", "", 3, 0, first);
    run_whole(&bed, "o", "", 3, 3, again);
    assert_true(bed.metrics == 0);
    assert_string_equal(first, again);
    finish(&bed);
}

/* A rate that is far too high makes each measurement worse than the first. */
#define WORSE                                                                                      \
    ",\"epochs\":20,\"learning_rate\":1,\"evaluation_share\":0.4,\"evaluation_steps\":1,"          \
    "\"patience\":2,\"checkpoint_steps\":1,\"clip\":0"

static void one_that_ended_early_has_ended_when_it_goes_on(void **state)
{
    (void)state;
    struct bed bed;
    struct hearth_error error;
    char first[HEARTH_SHA256_HEX], again[HEARTH_SHA256_HEX];
    json_t *result;
    begin(&bed, NULL);
    assert_int_equal(run(&bed, "o", WORSE, &result, &error), 0);
    json_int_t steps = number_of(result, "steps");
    assert_in_range(steps, 3, 39);
    json_decref(result);
    digest_of(&bed, "o", first);
    run_whole(&bed, "o", WORSE, steps, steps, again);
    assert_string_equal(first, again);
    finish(&bed);
}

static void other_data_at_the_same_place_is_another_job(void **state)
{
    (void)state;
    struct bed bed;
    char first[HEARTH_SHA256_HEX], next[HEARTH_SHA256_HEX];
    begin(&bed, NULL);
    run_whole(&bed, "o", "", 3, 0, first);
    write_text(bed.data, "{\"text\":\"something else\"}\n");
    run_whole(&bed, "o", "", 1, 0, next);
    assert_int_equal(bed.warnings, 1);
    assert_non_null(strstr(bed.warning, "another job's"));
    assert_string_not_equal(first, next);
    finish(&bed);
}

static void another_seed_gives_other_bytes(void **state)
{
    (void)state;
    struct bed bed;
    char first[HEARTH_SHA256_HEX], next[HEARTH_SHA256_HEX];
    begin(&bed, NULL);
    run_whole(&bed, "a", "", 3, 0, first);
    run_whole(&bed, "b", ",\"seed\":7", 3, 0, next);
    assert_string_not_equal(first, next);
    finish(&bed);
}

static void a_base_that_overflows_is_told_with_its_layer_and_makes_no_adapter(void **state)
{
    (void)state;
    for (int retries = 0; retries < 2; retries++) {
        struct bed bed;
        struct hearth_error error;
        json_t *result;
        begin(&bed, "blk.2.ffn_down.weight");
        assert_int_equal(run(&bed, "o", retries ? "" : ",\"retry_nan\":false", &result, &error),
                         HEARTH_EINTERNAL);
        assert_non_null(strstr(error.message, "layer 2"));
        assert_int_equal(bed.warnings, retries);
        assert_true(bed.metrics == 0 && !has_adapter(&bed, "o"));
        assert_null(result);
        finish(&bed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_that_is_stopped_after_each_step_gives_the_bytes_of_one_that_was_not),
        cmocka_unit_test(a_stop_within_a_step_is_taken_before_it),
        cmocka_unit_test(a_job_that_is_over_stays_over),
        cmocka_unit_test(one_that_ended_early_has_ended_when_it_goes_on),
        cmocka_unit_test(other_data_at_the_same_place_is_another_job),
        cmocka_unit_test(another_seed_gives_other_bytes),
        cmocka_unit_test(a_base_that_overflows_is_told_with_its_layer_and_makes_no_adapter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
