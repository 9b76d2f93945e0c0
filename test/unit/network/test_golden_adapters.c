/* Adapters as PEFT saves them against what PEFT computes with them in f32, beside the small random
 * decoders of test/golden/decoder (test/golden/make_adapters.py): ranks and scales by pattern,
 * rsLoRA, fused matrices, every layout of a layer. */
#include "support/golden_decoder.h"
#include "support/temp_folder.h"

#include "base/error.h"
#include "network/decoder.h"

#include <dirent.h>

#define GOLDEN_ADAPTERS HEARTH_SOURCE_DIR "/test/golden/adapter/"

enum { TOKENS_MAX = 128, ADAPTERS_MAX = 32 };

/* As for the decoders themselves; what is measured is in the order of 1e-5. */
static const double most = 2e-4;

static json_t *read_json(const char *adapter, const char *file)
{
    char *path = hearth_format(GOLDEN_ADAPTERS "%s/%s", adapter, file);
    json_t *json = json_load_file(path, 0, NULL);
    if (json == NULL)
        fail_msg("%s is no JSON", path);
    hearth_free(path);
    return json;
}

static void make_adapter(const char *adapter, const json_t *expected, const char *folder)
{
    json_t *config = read_json(adapter, "adapter_config.json");
    char *text = json_dumps(config, JSON_COMPACT);
    golden_write(folder, "adapter_config.json", text);
    golden_write_weights(folder, "adapter_model.safetensors", json_object_get(expected, "tensors"));
    free(text);
    json_decref(config);
}

/* The largest distance of the logits that are kept. */
static double distance(struct hearth_decoder *decoder, const json_t *run)
{
    int32_t tokens[TOKENS_MAX];
    const json_t *list = json_object_get(run, "tokens"), *row;
    uint32_t count = (uint32_t)json_array_size(list), words;
    uint32_t each = (uint32_t)json_integer_value(json_object_get(run, "each"));
    double worst = 0;
    assert_in_range(count, 1, TOKENS_MAX);
    for (uint32_t i = 0; i < count; i++)
        tokens[i] = (int32_t)json_integer_value(json_array_get(list, i));
    const struct hearth_decoder_span span = {0, tokens, count, count};
    struct hearth_error error = {0};
    if (hearth_decoder_step(decoder, &span, 1, HEARTH_DECODER_LOGITS, NULL, &error) != 0)
        fail_msg("step: %s", error.message);
    words = hearth_decoder_network(decoder)->vocabulary;
    size_t index;
    json_array_foreach(json_object_get(run, "logits"), index, row)
    {
        const json_t *values = json_object_get(row, "values");
        const float *logits = hearth_decoder_result(
            decoder, (uint32_t)json_integer_value(json_object_get(row, "position")));
        assert_int_equal(json_array_size(values), (words + each - 1) / each);
        for (uint32_t i = 0; i < words; i += each)
            worst = fmax(worst, fabs((double)logits[i] -
                                     json_number_value(json_array_get(values, i / each))));
    }
    return worst;
}

static void a_golden_adapter_gives_the_logits_of_peft(void **state)
{
    const char *adapter = *state;
    char base[TEMP_FOLDER_BYTES], folder[TEMP_FOLDER_BYTES];
    const char *const adapters[] = {folder};
    json_t *expected = read_json(adapter, "expected.json");
    const json_t *run = json_array_get(json_object_get(expected, "runs"), 0);
    temp_folder_make(base);
    temp_folder_make(folder);
    golden_make_folder(json_string_value(json_object_get(expected, "base")), base);
    make_adapter(adapter, expected, folder);
    const struct hearth_decoder_params params = {.context = TOKENS_MAX,
                                                 .sequences = 1,
                                                 .batch = TOKENS_MAX,
                                                 .outputs = TOKENS_MAX,
                                                 .states = 1,
                                                 .threads = 2,
                                                 .kv_type = HEARTH_KV_F32,
                                                 .isa = hearth_isa_best(),
                                                 .adapters = adapters,
                                                 .adapter_count = 1};
    struct hearth_decoder *decoder = NULL;
    struct hearth_error error = {0};
    if (hearth_decoder_open(base, &params, NULL, &decoder, &error) != 0)
        fail_msg("%s: %s", adapter, error.message);
    /* Without it the logits are others, so that the adapter is what is tested. */
    assert_true(distance(decoder, run) > 0.5);
    hearth_decoder_adapt(decoder, 0, (const float[]){1});
    double worst = distance(decoder, run);
    print_message("    differs by at most %.2g\n", worst);
    assert_true(worst <= most);
    hearth_decoder_close(decoder);
    temp_folder_remove(base);
    temp_folder_remove(folder);
    json_decref(expected);
}

/* A test for each folder, by its name. */
int main(void)
{
    static struct CMUnitTest tests[ADAPTERS_MAX];
    struct dirent **entries = NULL;
    int count = scandir(GOLDEN_ADAPTERS, &entries, NULL, alphasort), adapters = 0;
    for (int i = 0; i < count && adapters < ADAPTERS_MAX; i++)
        if (entries[i]->d_name[0] != '.')
            tests[adapters++] = (struct CMUnitTest){
                .name = entries[i]->d_name,
                .test_func = a_golden_adapter_gives_the_logits_of_peft,
                .initial_state = entries[i]->d_name,
            };
    int failed = 1;
    if (adapters > 0)
        failed = _cmocka_run_group_tests("golden adapters", tests, (size_t)adapters, NULL, NULL);
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    return failed;
}
