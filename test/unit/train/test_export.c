/* Adapters as files: read back by the reader that serves them they are what was trained, in either
 * order of rows; their bytes are the same each time; a disk without room leaves nothing half. */
#include "support/decoder_maker.h"
#include "support/temp_folder.h"
#include "unit/cmocka_all.h"

#include "base/error.h"
#include "base/json.h"
#include "base/small_file.h"
#include "domain/training_parameters.h"
#include "network/adapter_file.h"
#include "train/export.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RANK = 4, ALL = HEARTH_EXPORT_GGUF | HEARTH_EXPORT_PEFT | HEARTH_EXPORT_MLX };

struct bed {
    char base_path[32], folder[TEMP_FOLDER_BYTES];
    struct hearth_train_base *base;
    struct hearth_lora *lora;
};

static void begin(struct bed *bed, const char *architecture, bool rank_stabilized)
{
    struct decoder_maker maker = decoder_maker_small(architecture);
    struct hearth_lora_params params = {RANK, 10, rank_stabilized, 0, 0x7f & ~2u, 7};
    strcpy(bed->base_path, "/tmp/hearth-train-XXXXXX");
    close(mkstemp(bed->base_path));
    assert_true(decoder_make(&maker, bed->base_path));
    assert_int_equal(hearth_train_base_open(bed->base_path, &bed->base, NULL), 0);
    assert_int_equal(
        hearth_lora_create(hearth_train_base_network(bed->base), &params, &bed->lora, NULL), 0);
    uint64_t seed = 9;
    for (size_t i = 0; i < bed->lora->count; i++)
        bed->lora->values[i] += ((float)seeded_pick(&seed, 0, 2000) - 1000) * 1e-4f;
    temp_folder_make(bed->folder);
}

static void finish(struct bed *bed)
{
    temp_folder_remove(bed->folder);
    hearth_lora_destroy(bed->lora);
    hearth_train_base_close(bed->base);
    unlink(bed->base_path);
}

static enum hearth_module module_of(enum hearth_part part)
{
    enum hearth_module module = 0;
    while (module < HEARTH_MODULES && hearth_module_row(module)->part != part)
        module++;
    assert_true(module < HEARTH_MODULES);
    return module;
}

static void compare(const struct bed *bed, const struct hearth_adapter_file *file,
                    const struct hearth_adapter_pair *pair)
{
    struct hearth_lora_pair own = hearth_lora_at(bed->lora, pair->layer, module_of(pair->part));
    assert_non_null(own.a);
    float *a = malloc(RANK * own.inputs * sizeof(*a)), *b = malloc(own.outputs * RANK * sizeof(*b));
    assert_int_equal(hearth_adapter_read_a(file, pair, 0, RANK, a, NULL), 0);
    assert_int_equal(hearth_adapter_read_b(file, pair, 0, (uint32_t)own.outputs, b, NULL), 0);
    for (size_t i = 0; i < RANK * own.inputs; i++)
        assert_true(a[i] == own.a[i]);
    for (size_t i = 0; i < own.outputs * RANK; i++)
        assert_true(fabsf(b[i] - bed->lora->scale * own.b[i]) <=
                    1e-6f * fabsf(bed->lora->scale * own.b[i]));
    free(a);
    free(b);
}

static void read_back(const struct bed *bed, const char *name)
{
    char path[128];
    struct hearth_adapter_file *file = NULL;
    struct hearth_error error = {.code = 0};
    snprintf(path, sizeof(path), "%s/%s", bed->folder, name);
    if (hearth_adapter_file_open(path, bed->lora->network, &file, &error))
        fail_msg("%s", error.message);
    assert_int_equal(hearth_adapter_file_count(file), 6 * bed->lora->network->layers);
    for (size_t i = 0; i < hearth_adapter_file_count(file); i++)
        compare(bed, file, hearth_adapter_file_at(file, i));
    hearth_adapter_file_close(file);
}

static void test_what_is_read_back_is_what_was_trained(void **state)
{
    (void)state;
    for (int stabilized = 0; stabilized < 2; stabilized++) {
        struct bed bed;
        begin(&bed, "llama", stabilized);
        assert_int_equal(hearth_export_adapter(bed.lora, "base@1", ALL, bed.folder, NULL), 0);
        read_back(&bed, "adapter.gguf");
        read_back(&bed, "peft");
        finish(&bed);
    }
}

static json_t *read_json(const struct bed *bed, const char *name)
{
    struct hearth_buf text;
    hearth_buf_init(&text, 1 << 20);
    assert_int_equal(hearth_small_file_read_in(bed->folder, name, &text, NULL), 0);
    json_t *json = hearth_json_parse(hearth_buf_cstr(&text), text.length, NULL);
    hearth_buf_finish(&text);
    assert_non_null(json);
    return json;
}

static void test_configurations_say_what_was_trained(void **state)
{
    (void)state;
    struct bed bed;
    begin(&bed, "llama", false);
    assert_int_equal(hearth_export_adapter(bed.lora, "base@1", ALL, bed.folder, NULL), 0);
    json_t *peft = read_json(&bed, "peft/adapter_config.json");
    json_t *mlx = read_json(&bed, "mlx/adapter_config.json");
    assert_string_equal(hearth_json_text(peft, "base_model_name_or_path", ""), "base@1");
    assert_int_equal(json_array_size(json_object_get(peft, "target_modules")), 6);
    assert_int_equal(hearth_json_integer(peft, "r", 0), RANK);
    const json_t *parameters = json_object_get(mlx, "lora_parameters");
    assert_true(hearth_json_number(parameters, "scale", 0) == 2.5);
    json_decref(peft);
    json_decref(mlx);
    finish(&bed);
}

static void read_all(const struct bed *bed, struct hearth_buf *bytes)
{
    const char *files[HEARTH_EXPORT_FILES_MAX];
    size_t count;
    hearth_export_files(ALL, files, &count);
    assert_int_equal(count, 5);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(hearth_small_file_read_in(bed->folder, files[i], bytes, NULL), 0);
}

static void test_the_bytes_are_the_same_each_time(void **state)
{
    (void)state;
    struct bed bed;
    struct hearth_buf first, second;
    hearth_buf_init(&first, 64 << 20);
    hearth_buf_init(&second, 64 << 20);
    begin(&bed, "llama", false);
    assert_int_equal(hearth_export_adapter(bed.lora, "base", ALL, bed.folder, NULL), 0);
    read_all(&bed, &first);
    assert_int_equal(hearth_export_adapter(bed.lora, "base", ALL, bed.folder, NULL), 0);
    read_all(&bed, &second);
    assert_int_equal(first.length, second.length);
    assert_memory_equal(hearth_buf_cstr(&first), hearth_buf_cstr(&second), first.length);
    hearth_buf_finish(&first);
    hearth_buf_finish(&second);
    finish(&bed);
}

/* A limit on files' sizes answers like a full disk (blob_partial.c takes EFBIG for one too). */
static void test_without_room_nothing_is_half_there(void **state)
{
    (void)state;
    struct bed bed;
    struct rlimit before, small;
    char path[128];
    begin(&bed, "llama", false);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 4096;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    struct hearth_error error = {.code = 0};
    int rc = hearth_export_adapter(bed.lora, "base", HEARTH_EXPORT_GGUF, bed.folder, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_not_equal(rc, 0);
    snprintf(path, sizeof(path), "%s/adapter.gguf", bed.folder);
    assert_int_not_equal(access(path, F_OK), 0);
    strcat(path, ".partial");
    assert_int_not_equal(access(path, F_OK), 0);
    finish(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_read_back_is_what_was_trained),
        cmocka_unit_test(test_configurations_say_what_was_trained),
        cmocka_unit_test(test_the_bytes_are_the_same_each_time),
        cmocka_unit_test(test_without_room_nothing_is_half_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
