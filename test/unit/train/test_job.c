/* A job from its order to its files, over a small base with letters for tokens: the same order
 * gives the same bytes however often it was stopped; numbers that are none never become an
 * adapter. */
#include "support/job_bed.h"

/* All values of the tensor are far too large. */
static void begin(struct job_bed *bed, const char *wrong_name)
{
    struct decoder_maker maker = decoder_maker_small("llama");
    maker.wrong_name = wrong_name;
    maker.wrong_values = wrong_name ? 3e38f : 0;
    job_bed_begin(bed, &maker);
}

/* Dropout, an uneven last batch, accumulation over it, and measurements are all in it. */
#define MANY                                                                                       \
    ",\"epochs\":3,\"dropout\":0.3,\"gradient_accumulation\":2,\"evaluation_share\":0.2,"          \
    "\"checkpoint_steps\":1"

static void a_job_that_is_stopped_after_each_step_gives_the_bytes_of_one_that_was_not(void **state)
{
    (void)state;
    struct job_bed bed;
    struct hearth_error error;
    char whole[HEARTH_SHA256_HEX], torn[HEARTH_SHA256_HEX];
    json_t *result;
    begin(&bed, NULL);
    job_bed_run_whole(&bed, "whole", MANY, 3, 0, whole);
    assert_true(bed.metrics == 3 && bed.plans == 1 && bed.checkpoints == 4);
    bed.stop_after = 1;
    for (int i = 0; i < 3; i++) {
        /* Behind the last step there is nothing to stop. */
        assert_int_equal(job_bed_run(&bed, "torn", MANY, &result, &error),
                         i < 2 ? HEARTH_ECANCELED : 0);
        assert_true(job_bed_has_made(&bed, "torn") == (i == 2));
        json_decref(result);
    }
    job_bed_digest_of(&bed, "torn", torn);
    assert_string_equal(whole, torn);
    job_bed_finish(&bed);
}

static void a_stop_within_a_step_is_taken_before_it(void **state)
{
    (void)state;
    struct job_bed bed;
    struct hearth_error error;
    char whole[HEARTH_SHA256_HEX], torn[HEARTH_SHA256_HEX];
    json_t *result;
    begin(&bed, NULL);
    job_bed_run_whole(&bed, "whole", MANY, 3, 0, whole);
    bed.stop_at_rest = 3; /* before the step, before its first batch, and before its second */
    assert_int_equal(job_bed_run(&bed, "torn", MANY, &result, &error), HEARTH_ECANCELED);
    assert_true(bed.metrics == 0 && bed.rests == 3);
    bed.stop_at_rest = 0;
    job_bed_run_whole(&bed, "torn", MANY, 3, 0, torn);
    assert_string_equal(whole, torn);
    job_bed_finish(&bed);
}

static void a_job_that_is_over_stays_over(void **state)
{
    (void)state;
    struct job_bed bed;
    char first[HEARTH_SHA256_HEX], again[HEARTH_SHA256_HEX];
    begin(&bed, NULL);
    job_bed_run_whole(&bed, "o", "", 3, 0, first);
    job_bed_run_whole(&bed, "o", "", 3, 3, again);
    assert_true(bed.metrics == 0);
    assert_string_equal(first, again);
    job_bed_finish(&bed);
}

/* A rate that is far too high makes each measurement worse than the first. */
#define WORSE                                                                                      \
    ",\"epochs\":20,\"learning_rate\":1,\"evaluation_share\":0.4,\"evaluation_steps\":1,"          \
    "\"patience\":2,\"checkpoint_steps\":1,\"clip\":0"

static void one_that_ended_early_has_ended_when_it_goes_on(void **state)
{
    (void)state;
    struct job_bed bed;
    struct hearth_error error;
    char first[HEARTH_SHA256_HEX], again[HEARTH_SHA256_HEX];
    json_t *result;
    begin(&bed, NULL);
    assert_int_equal(job_bed_run(&bed, "o", WORSE, &result, &error), 0);
    json_int_t steps = job_bed_number_of(result, "steps");
    assert_in_range(steps, 3, 39);
    json_decref(result);
    job_bed_digest_of(&bed, "o", first);
    job_bed_run_whole(&bed, "o", WORSE, steps, steps, again);
    assert_string_equal(first, again);
    job_bed_finish(&bed);
}

static void other_data_at_the_same_place_is_another_job(void **state)
{
    (void)state;
    struct job_bed bed;
    char first[HEARTH_SHA256_HEX], next[HEARTH_SHA256_HEX];
    begin(&bed, NULL);
    job_bed_run_whole(&bed, "o", "", 3, 0, first);
    job_bed_write_text(bed.data, "{\"text\":\"something else\"}\n");
    job_bed_run_whole(&bed, "o", "", 1, 0, next);
    assert_int_equal(bed.warnings, 1);
    assert_non_null(strstr(bed.warning, "another job's"));
    assert_string_not_equal(first, next);
    job_bed_finish(&bed);
}

static void another_seed_gives_other_bytes(void **state)
{
    (void)state;
    struct job_bed bed;
    char first[HEARTH_SHA256_HEX], next[HEARTH_SHA256_HEX];
    begin(&bed, NULL);
    job_bed_run_whole(&bed, "a", "", 3, 0, first);
    job_bed_run_whole(&bed, "b", ",\"seed\":7", 3, 0, next);
    assert_string_not_equal(first, next);
    job_bed_finish(&bed);
}

static void a_base_that_overflows_is_told_with_its_layer_and_makes_no_adapter(void **state)
{
    (void)state;
    for (int retries = 0; retries < 2; retries++) {
        struct job_bed bed;
        struct hearth_error error;
        json_t *result;
        begin(&bed, "blk.2.ffn_down.weight");
        assert_int_equal(
            job_bed_run(&bed, "o", retries ? "" : ",\"retry_nan\":false", &result, &error),
            HEARTH_EINTERNAL);
        assert_non_null(strstr(error.message, "layer 2"));
        assert_int_equal(bed.warnings, retries);
        assert_true(bed.metrics == 0 && !job_bed_has_made(&bed, "o"));
        assert_null(result);
        job_bed_finish(&bed);
    }
}

/* All values of a tensor. */
static void set_values(const char *path, const char *name, float value)
{
    struct hearth_gguf *gguf = NULL;
    assert_int_equal(hearth_gguf_open(path, &gguf, NULL), 0);
    const struct hearth_gguf_tensor *tensor = hearth_gguf_find_tensor(gguf, name);
    assert_non_null(tensor);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, (long)tensor->offset, SEEK_SET), 0);
    for (uint64_t i = 0; i < tensor->element_count; i++)
        assert_int_equal(fwrite(&value, sizeof(value), 1, file), 1);
    assert_int_equal(fclose(file), 0);
    hearth_gguf_destroy(gguf);
}

/* V is B · A · h with h of about 1e36, and Q, K and V's own matrix are nothing. Adam's first step
 * makes B the rate, so that the second step's V is beyond a float's range or not, as the rate has
 * it; what comes after divides by 1e36 again. */
#define STEEP                                                                                      \
    ",\"modules\":[\"v_proj\"],\"learning_rate\":1,\"max_steps\":2,\"schedule\":\"constant\","     \
    "\"warmup_ratio\":0,\"alpha\":"

static void begin_steep(struct job_bed *bed)
{
    begin(bed, NULL);
    set_values(bed->base, "blk.0.attn_norm.weight", 1e36f);
    set_values(bed->base, "blk.0.attn_q.weight", 0);
    set_values(bed->base, "blk.0.attn_k.weight", 0);
    set_values(bed->base, "blk.0.attn_v.weight", 0);
    set_values(bed->base, "blk.0.attn_output.weight", 1e-36f);
}

static void a_rate_that_is_too_high_is_halved_once_and_the_job_completes(void **state)
{
    (void)state;
    struct job_bed bed;
    char first[HEARTH_SHA256_HEX], again[HEARTH_SHA256_HEX];
    begin_steep(&bed);
    job_bed_run_whole(&bed, "o", STEEP "640", 2, 0, first);
    assert_int_equal(bed.warnings, 1);
    assert_non_null(strstr(bed.warning, "layer 0: its result is not finite"));
    assert_non_null(strstr(bed.warning, "half the rate"));
    assert_int_equal(bed.metrics, 3); /* the first step twice */
    job_bed_run_whole(&bed, "p", STEEP "640", 2, 0, again);
    assert_string_equal(first, again);
    job_bed_finish(&bed);
}

static void one_that_is_too_high_by_half_fails_with_the_layer_and_makes_no_adapter(void **state)
{
    (void)state;
    struct job_bed bed;
    struct hearth_error error;
    json_t *result;
    begin_steep(&bed);
    assert_int_equal(job_bed_run(&bed, "o", STEEP "4000", &result, &error), HEARTH_EINTERNAL);
    assert_non_null(strstr(error.message, "layer 0"));
    assert_true(bed.warnings == 1 && bed.metrics == 2 && !job_bed_has_made(&bed, "o"));
    /* It does not try for ever when it is run again. */
    assert_int_equal(job_bed_run(&bed, "o", STEEP "4000", &result, &error), HEARTH_EINTERNAL);
    assert_true(bed.metrics == 1 && !job_bed_has_made(&bed, "o"));
    job_bed_finish(&bed);
}

static void spell_at_length(void *argument, int32_t token, struct hearth_buf *text)
{
    (void)argument, (void)token;
    hearth_buf_text(text, "a token whose text is far longer than others are \xc3\xa9\n");
}

static void write_long_rows(const struct job_bed *bed)
{
    char *words = hearth_calloc(4001, 1), *rows = hearth_calloc(10 * 4100, 1);
    memset(words, 'w', 4000);
    for (int i = 0; i < 10; i++)
        snprintf(rows + strlen(rows), 4100, "{\"text\":\"%s\"}\n", words);
    job_bed_write_text(bed->data, rows);
    hearth_free(words);
    hearth_free(rows);
}

typedef int look_fn(const struct hearth_job_order *order, const struct hearth_words *words,
                    const struct hearth_job_listener *listener, json_t **ret_result,
                    struct hearth_error *error);

static json_t *look(const struct job_bed *bed, const struct hearth_words *words, const char *work,
                    look_fn *run)
{
    const struct hearth_job_listener listener = {job_bed_on_event, NULL, job_bed_wants_stop,
                                                 job_bed_rest, (void *)bed};
    char text[512];
    struct hearth_job_order order;
    struct hearth_error error = {.code = 0};
    json_t *result = NULL;
    int length =
        snprintf(text, sizeof(text),
                 "{\"work\":\"%s\",\"base\":{\"path\":\"%s\",\"name\":\"b\"},"
                 "\"data\":{\"path\":\"%s\"},\"parameters\":{\"rank\":2,\"context\":4096}}",
                 work, bed->base, bed->data);
    assert_int_equal(hearth_job_order_read(text, (size_t)length, &order, &error), 0);
    if (run(&order, words, &listener, &result, &error))
        fail_msg("%s", error.message);
    hearth_job_order_finish(&order);
    return result;
}

static void a_preview_of_long_rows_fits_and_says_what_it_leaves_out(void **state)
{
    (void)state;
    struct job_bed bed;
    struct hearth_words wordy = job_bed_words;
    struct hearth_buf text;
    begin(&bed, NULL);
    write_long_rows(&bed);
    wordy.spell = spell_at_length;
    hearth_buf_init(&text, HEARTH_JOB_RESULT_MAX);
    json_t *result = look(&bed, &wordy, "preview", hearth_job_preview);
    assert_int_equal(hearth_json_dump(&text, result), 0);
    assert_true(text.length > HEARTH_JOB_RESULT_MAX / 4);
    const json_t *row = json_array_get(json_object_get(result, "rows"), 7);
    json_int_t shown = 0, cut = job_bed_number_of(row, "cut_tokens");
    const json_t *piece;
    size_t i;
    json_array_foreach(json_object_get(row, "pieces"), i, piece)
    {
        shown += job_bed_number_of(piece, "tokens");
    }
    assert_true(shown > 0 && cut > 0);
    assert_int_equal(shown + cut, job_bed_number_of(row, "tokens"));
    json_decref(result);
    hearth_buf_finish(&text);
    job_bed_finish(&bed);
}

static void a_measurement_cuts_no_row_and_counts_those_that_are_too_long(void **state)
{
    (void)state;
    struct job_bed bed;
    begin(&bed, NULL);
    write_long_rows(&bed);
    json_t *shown = look(&bed, &job_bed_words, "preview", hearth_job_preview);
    json_t *result = look(&bed, &job_bed_words, "measure", hearth_job_measure);
    const json_t *tokens = json_object_get(result, "tokens");
    json_int_t rows = job_bed_number_of(tokens, "rows");
    assert_int_equal(rows, job_bed_number_of(json_object_get(shown, "tokens"), "rows"));
    assert_true(job_bed_number_of(tokens, "max") >=
                job_bed_number_of(json_object_get(shown, "tokens"), "max"));
    assert_int_equal(job_bed_number_of(tokens, "total"),
                     job_bed_number_of(result, "learnt_tokens") + rows);
    assert_int_equal(job_bed_number_of(result, "over_context"),
                     job_bed_number_of(tokens, "max") > job_bed_number_of(result, "context") ? rows
                                                                                             : 0);
    assert_int_equal(job_bed_number_of(result, "faulty"), 0);
    json_decref(shown);
    json_decref(result);
    job_bed_finish(&bed);
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
        cmocka_unit_test(a_rate_that_is_too_high_is_halved_once_and_the_job_completes),
        cmocka_unit_test(one_that_is_too_high_by_half_fails_with_the_layer_and_makes_no_adapter),
        cmocka_unit_test(a_measurement_cuts_no_row_and_counts_those_that_are_too_long),
        cmocka_unit_test(a_preview_of_long_rows_fits_and_says_what_it_leaves_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
