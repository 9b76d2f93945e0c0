/* Checkpoints: whole or refused, whatever became of their bytes. */
#include "support/temp_folder.h"
#include "unit/cmocka_all.h"

#include "train/saved_state.h"

#include <math.h>
#include <string.h>

enum { COUNT = 5, FILE_MAX = 4096 };

static const char identity[HEARTH_SHA256_HEX] =
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

struct bed {
    char folder[TEMP_FOLDER_BYTES], file[TEMP_FOLDER_BYTES + 8];
    hearth_number values[COUNT], gradients[COUNT], best[COUNT];
    struct hearth_lora lora;
    struct hearth_optimizer *optimizer;
    struct hearth_job_progress progress;
};

static void begin(struct bed *bed)
{
    const struct hearth_optimizer_params params = {
        .rate = 0.1, .beta_1 = 0.9, .beta_2 = 0.999, .epsilon = 1e-8, .steps = 9};
    *bed = (struct bed){.progress = {3, 77, 0.5, 1, 1, 0.25}};
    temp_folder_make(bed->folder);
    snprintf(bed->file, sizeof(bed->file), "%s/state", bed->folder);
    for (int i = 0; i < COUNT; i++) {
        bed->values[i] = (hearth_number)i - 2;
        bed->gradients[i] = (hearth_number)(i + 1);
        bed->best[i] = (hearth_number)(10 * i);
    }
    bed->lora.count = COUNT;
    bed->lora.values = bed->values;
    bed->lora.gradients = bed->gradients;
    assert_int_equal(hearth_optimizer_create(&bed->lora, &params, &bed->optimizer, NULL), 0);
    hearth_optimizer_step(bed->optimizer);
    *hearth_optimizer_state(bed->optimizer).rate_factor = 0.5;
}

static void finish(struct bed *bed)
{
    hearth_optimizer_destroy(bed->optimizer);
    temp_folder_remove(bed->folder);
}

static int save(struct bed *bed, const hearth_number *best)
{
    return hearth_saved_state_write(bed->folder, identity, &bed->progress, &bed->lora,
                                    bed->optimizer, best, NULL);
}

static int load(struct bed *from, struct bed *into, const char *name, struct hearth_error *error)
{
    return hearth_saved_state_read(from->folder, name, &into->progress, &into->lora,
                                   into->optimizer, into->best, error);
}

/* Makes all that a checkpoint holds other than it was. */
static void forget(struct bed *bed)
{
    struct hearth_optimizer_state state = hearth_optimizer_state(bed->optimizer);
    for (int i = 0; i < COUNT; i++)
        bed->values[i] = bed->best[i] = state.first[i] = state.second[i] = 99;
    *state.step = 99;
    *state.rate_factor = 99;
    bed->progress = (struct hearth_job_progress){.step = 99};
}

static void assert_forgotten(const struct bed *bed)
{
    struct hearth_optimizer_state state = hearth_optimizer_state(bed->optimizer);
    for (int i = 0; i < COUNT; i++)
        assert_true(bed->values[i] == 99 && bed->best[i] == 99 && state.first[i] == 99 &&
                    state.second[i] == 99);
    assert_true(*state.step == 99 && *state.rate_factor == 99 && bed->progress.step == 99);
}

static size_t read_file(const char *path, char bytes[FILE_MAX])
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t length = fread(bytes, 1, FILE_MAX, file);
    fclose(file);
    assert_true(length < FILE_MAX);
    return length;
}

static void write_file(const char *path, const char *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static void all_comes_back(void **state)
{
    (void)state;
    struct bed bed;
    begin(&bed);
    struct hearth_optimizer_state now = hearth_optimizer_state(bed.optimizer);
    const struct bed saved = bed;
    hearth_number first[COUNT], second[COUNT];
    memcpy(first, now.first, sizeof(first));
    memcpy(second, now.second, sizeof(second));
    assert_int_equal(save(&bed, bed.best), 0);
    forget(&bed);
    assert_int_equal(load(&bed, &bed, identity, NULL), 0);
    assert_memory_equal(bed.values, saved.values, sizeof(bed.values));
    assert_memory_equal(bed.best, saved.best, sizeof(bed.best));
    assert_memory_equal(&bed.progress, &saved.progress, sizeof(bed.progress));
    assert_memory_equal(now.first, first, sizeof(first));
    assert_memory_equal(now.second, second, sizeof(second));
    assert_true(*now.step == 1 && *now.rate_factor == 0.5);
    finish(&bed);
}

static void one_without_a_best_leaves_the_best_alone(void **state)
{
    (void)state;
    struct bed bed;
    begin(&bed);
    bed.progress.best = INFINITY;
    assert_int_equal(save(&bed, NULL), 0);
    forget(&bed);
    assert_int_equal(load(&bed, &bed, identity, NULL), 0);
    assert_true(isinf(bed.progress.best) && bed.best[0] == 99 && bed.values[0] != 99);
    finish(&bed);
}

/* Each byte in turn, which is each field of the head, each number and each digit of the digest. */
static void a_changed_byte_is_found_wherever_it_is(void **state)
{
    (void)state;
    struct bed bed;
    char bytes[FILE_MAX];
    begin(&bed);
    assert_int_equal(save(&bed, bed.best), 0);
    size_t length = read_file(bed.file, bytes);
    forget(&bed);
    for (size_t i = 0; i < length; i++) {
        bytes[i] ^= 0x20;
        write_file(bed.file, bytes, length);
        assert_int_equal(load(&bed, &bed, identity, NULL), HEARTH_EPARSE);
        assert_forgotten(&bed);
        bytes[i] ^= 0x20;
    }
    write_file(bed.file, bytes, length);
    assert_int_equal(load(&bed, &bed, identity, NULL), 0);
    finish(&bed);
}

static void one_that_is_cut_or_longer_is_refused(void **state)
{
    (void)state;
    struct bed bed;
    struct hearth_error error = {.code = 0};
    char bytes[FILE_MAX] = {0};
    begin(&bed);
    assert_int_equal(save(&bed, NULL), 0);
    size_t length = read_file(bed.file, bytes);
    forget(&bed);
    for (size_t i = 0; i < length + 80; i++) {
        write_file(bed.file, bytes, i);
        if (i != length)
            assert_int_equal(load(&bed, &bed, identity, &error), HEARTH_EPARSE);
        assert_forgotten(&bed);
    }
    assert_non_null(strstr(error.message, "it is damaged"));
    finish(&bed);
}

static void one_of_another_job_is_refused(void **state)
{
    (void)state;
    struct bed bed;
    struct hearth_error error = {.code = 0};
    char other[HEARTH_SHA256_HEX];
    begin(&bed);
    assert_int_equal(save(&bed, NULL), 0);
    forget(&bed);
    memcpy(other, identity, sizeof(other));
    other[63] = '0';
    assert_int_equal(load(&bed, &bed, other, &error), HEARTH_EPARSE);
    assert_non_null(strstr(error.message, "it is another job's"));
    bed.lora.count = COUNT - 1;
    assert_int_equal(load(&bed, &bed, identity, &error), HEARTH_EPARSE);
    bed.lora.count = COUNT;
    assert_forgotten(&bed);
    finish(&bed);
}

static void none_is_not_found_and_a_folder_that_is_not_there_cannot_be_written(void **state)
{
    (void)state;
    struct bed bed;
    begin(&bed);
    assert_int_equal(load(&bed, &bed, identity, NULL), HEARTH_ENOTFOUND);
    temp_folder_remove(bed.folder);
    assert_int_not_equal(save(&bed, NULL), 0);
    assert_int_equal(mkdir(bed.folder, 0700), 0);
    finish(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_comes_back),
        cmocka_unit_test(one_without_a_best_leaves_the_best_alone),
        cmocka_unit_test(a_changed_byte_is_found_wherever_it_is),
        cmocka_unit_test(one_that_is_cut_or_longer_is_refused),
        cmocka_unit_test(one_of_another_job_is_refused),
        cmocka_unit_test(none_is_not_found_and_a_folder_that_is_not_there_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
