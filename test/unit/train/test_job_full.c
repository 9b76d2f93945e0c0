/* A job that trains all of a base: the same bytes however often it was stopped, a model that is
 * read back, and none where numbers are no numbers. */
#include "support/job_bed.h"

#include "compute/quant.h"
#include "train/full.h"

#include <dirent.h>

static void begin(struct job_bed *bed, enum hearth_quant type, const char *wrong_name)
{
    struct decoder_maker maker = decoder_maker_small("llama");
    maker.type = type;
    maker.wrong_name = wrong_name;
    maker.wrong_values = wrong_name ? 3e38f : 0;
    job_bed_begin(bed, &maker);
    bed->made = "model.gguf";
}

/* Half written ones too. */
static int files_in_artifacts(const struct job_bed *bed, const char *output)
{
    char path[128];
    int count = 0;
    snprintf(path, sizeof(path), "%s/%s/artifacts", bed->folder, output);
    const struct dirent *entry;
    DIR *folder = opendir(path);
    assert_non_null(folder);
    while ((entry = readdir(folder)))
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(folder);
    return count;
}

#define FULL ",\"method\":\"full\",\"learning_rate\":0.001"
#define MANY                                                                                       \
    FULL ",\"epochs\":3,\"gradient_accumulation\":2,\"evaluation_share\":0.2,\"checkpoint_"        \
         "steps\":1"

static void one_that_is_stopped_after_each_step_gives_the_bytes_of_one_that_was_not(void **state)
{
    (void)state;
    struct job_bed bed;
    struct hearth_error error;
    char whole[HEARTH_SHA256_HEX], torn[HEARTH_SHA256_HEX];
    json_t *result;
    begin(&bed, HEARTH_QUANT_F32, NULL);
    job_bed_run_whole(&bed, "whole", MANY, 3, 0, whole);
    assert_true(bed.metrics == 3 && bed.plans == 1 && bed.checkpoints == 4);
    bed.stop_after = 1;
    /* The last stop comes while the model is written. */
    for (int i = 0; i < 4; i++) {
        assert_int_equal(job_bed_run(&bed, "torn", MANY, &result, &error),
                         i < 3 ? HEARTH_ECANCELED : 0);
        assert_int_equal(files_in_artifacts(&bed, "torn"), i == 3);
        json_decref(result);
    }
    job_bed_digest_of(&bed, "torn", torn);
    assert_string_equal(whole, torn);
    job_bed_finish(&bed);
}

static void numbers_of(const char *path, struct hearth_train_base **ret_base,
                       struct hearth_lora **ret_full)
{
    assert_int_equal(hearth_train_base_open(path, ret_base, NULL), 0);
    assert_int_equal(hearth_full_create(*ret_base, ret_full, NULL), 0);
    hearth_full_read(*ret_full);
}

/* Each step moves a value by about the rate, and half of all by nothing: most of the vocabulary is
 * in no row. */
static void what_it_makes_is_its_base_a_little_changed(void **state)
{
    (void)state;
    struct job_bed bed;
    char digest[HEARTH_SHA256_HEX], path[128];
    struct hearth_train_base *bases[2];
    struct hearth_lora *models[2];
    begin(&bed, HEARTH_QUANT_F32, NULL);
    job_bed_run_whole(&bed, "o", FULL, 3, 0, digest);
    snprintf(path, sizeof(path), "%s/o/artifacts/model.gguf", bed.folder);
    numbers_of(bed.base, &bases[0], &models[0]);
    numbers_of(path, &bases[1], &models[1]);
    size_t changed = 0, count = models[0]->count;
    assert_int_equal(count, models[1]->count);
    for (size_t i = 0; i < count; i++) {
        double by = fabs((double)models[0]->values[i] - (double)models[1]->values[i]);
        changed += by > 0;
        assert_true(by < 0.01);
    }
    assert_true(changed > count / 2);
    for (int i = 0; i < 2; i++) {
        hearth_lora_destroy(models[i]);
        hearth_train_base_close(bases[i]);
    }
    job_bed_finish(&bed);
}

static void a_base_of_blocks_becomes_one_that_does_not_round_what_was_learnt(void **state)
{
    (void)state;
    struct job_bed bed;
    char digest[HEARTH_SHA256_HEX], path[128];
    struct hearth_gguf *gguf = NULL;
    begin(&bed, HEARTH_QUANT_Q8_0, NULL);
    job_bed_run_whole(&bed, "o", FULL, 3, 0, digest);
    snprintf(path, sizeof(path), "%s/o/artifacts/model.gguf", bed.folder);
    assert_int_equal(hearth_gguf_open(path, &gguf, NULL), 0);
    assert_int_equal(hearth_gguf_find_tensor(gguf, "blk.1.ffn_up.weight")->type, HEARTH_QUANT_F16);
    assert_int_equal(hearth_gguf_find_tensor(gguf, "blk.1.attn_norm.weight")->type,
                     HEARTH_QUANT_F32);
    hearth_gguf_destroy(gguf);
    job_bed_finish(&bed);
}

static void one_that_overflows_is_told_with_its_layer_and_makes_no_model(void **state)
{
    (void)state;
    struct job_bed bed;
    struct hearth_error error;
    json_t *result;
    begin(&bed, HEARTH_QUANT_F32, "blk.2.ffn_down.weight");
    assert_int_equal(job_bed_run(&bed, "o", FULL, &result, &error), HEARTH_EINTERNAL);
    assert_non_null(strstr(error.message, "layer 2"));
    assert_int_equal(bed.warnings, 1);
    assert_int_equal(files_in_artifacts(&bed, "o"), 0);
    job_bed_finish(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_is_stopped_after_each_step_gives_the_bytes_of_one_that_was_not),
        cmocka_unit_test(what_it_makes_is_its_base_a_little_changed),
        cmocka_unit_test(a_base_of_blocks_becomes_one_that_does_not_round_what_was_learnt),
        cmocka_unit_test(one_that_overflows_is_told_with_its_layer_and_makes_no_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
