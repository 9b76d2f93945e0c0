/* Every architecture against what transformers computes in f32 for a small random model of it
 * (test/golden/make_decoders.py): texts longer than windows, pages and original contexts, in one
 * prefill and token by token, on every instruction set. */
#include "support/golden_decoder.h"
#include "support/temp_folder.h"

#include "base/error.h"
#include "network/decoder.h"

#include <dirent.h>

enum { TOKENS_MAX = 128, MODELS_MAX = 64 };

/* With keys and values in f32, as transformers has them; what is measured is at most 6e-5, and
 * f16 there alone would make 2e-3 of it. */
static const double most = 2e-4;

struct run {
    const char *model;
    const json_t *logits;
    uint32_t each; /* one logit in so many is kept */
    int32_t tokens[TOKENS_MAX];
    uint32_t count;
    double worst;
};

static struct run run_of(const char *model, const json_t *json)
{
    struct run run = {
        .model = model,
        .logits = json_object_get(json, "logits"),
        .each = (uint32_t)json_integer_value(json_object_get(json, "each")),
    };
    const json_t *tokens = json_object_get(json, "tokens");
    run.count = (uint32_t)json_array_size(tokens);
    assert_in_range(run.count, 1, TOKENS_MAX);
    for (uint32_t i = 0; i < run.count; i++)
        run.tokens[i] = (int32_t)json_integer_value(json_array_get(tokens, i));
    return run;
}

/* The context is the text's length: scalings that depend on the context then have the factors that
 * transformers has for this text. */
static struct hearth_decoder *open_for(const struct run *run, const char *folder,
                                       enum hearth_isa isa)
{
    const struct hearth_decoder_params params = {.context = run->count,
                                                 .sequences = 1,
                                                 .batch = run->count,
                                                 .outputs = run->count,
                                                 .states = 1,
                                                 .threads = 2,
                                                 .kv_type = HEARTH_KV_F32,
                                                 .isa = isa};
    struct hearth_decoder *decoder = NULL;
    struct hearth_error error = {0};
    if (hearth_decoder_open(folder, &params, NULL, &decoder, &error) != 0)
        fail_msg("%s: %s", run->model, error.message);
    return decoder;
}

/* Logits of the tokens from `first` on that the last step gave. */
static void compare(struct run *run, struct hearth_decoder *decoder, uint32_t first, uint32_t count)
{
    uint32_t words = hearth_decoder_network(decoder)->vocabulary;
    size_t index;
    const json_t *row;
    json_array_foreach(run->logits, index, row)
    {
        uint32_t position = (uint32_t)json_integer_value(json_object_get(row, "position"));
        const json_t *values = json_object_get(row, "values");
        if (position < first || position >= first + count)
            continue;
        const float *logits = hearth_decoder_result(decoder, position - first);
        assert_int_equal(json_array_size(values), (words + run->each - 1) / run->each);
        for (uint32_t i = 0; i < words; i += run->each) {
            double expected = json_number_value(json_array_get(values, i / run->each));
            double distance = fabs((double)logits[i] - expected);
            if (!(distance <= most))
                fail_msg("%s: logit %u at position %u is %.6f, not %.6f", run->model, i, position,
                         (double)logits[i], expected);
            run->worst = fmax(run->worst, distance);
        }
    }
}

static void take(struct hearth_decoder *decoder, const int32_t *tokens, uint32_t count)
{
    const struct hearth_decoder_span span = {0, tokens, count, count};
    struct hearth_error error = {0};
    if (hearth_decoder_step(decoder, &span, 1, HEARTH_DECODER_LOGITS, NULL, &error) != 0)
        fail_msg("step: %s", error.message);
}

static void expect_run(struct run *run, const char *folder, enum hearth_isa isa)
{
    struct hearth_decoder *decoder = open_for(run, folder, isa);
    take(decoder, run->tokens, run->count);
    compare(run, decoder, 0, run->count);
    hearth_decoder_trim(decoder, 0, 0);
    for (uint32_t i = 0; i < run->count; i++) {
        take(decoder, run->tokens + i, 1);
        compare(run, decoder, i, 1);
    }
    hearth_decoder_close(decoder);
}

/* Members of config.json that say a class's default may be missing, and in folders often are. */
static void expect_same_without_defaults(const char *model, const char *folder,
                                         const json_t *expected)
{
    json_t *config = golden_json(model, "config.json");
    size_t index;
    const json_t *key;
    json_array_foreach(json_object_get(expected, "droppable"), index, key)
        assert_int_equal(json_object_del(config, json_string_value(key)), 0);
    char *text = json_dumps(config, JSON_COMPACT);
    golden_write(folder, "config.json", text);
    struct run run = run_of(model, json_array_get(json_object_get(expected, "runs"), 0));
    expect_run(&run, folder, hearth_isa_best());
    free(text);
    json_decref(config);
}

static void a_golden_model_gives_the_logits_of_transformers(void **state)
{
    const char *model = *state;
    char folder[TEMP_FOLDER_BYTES];
    size_t index;
    const json_t *json;
    json_t *expected = golden_json(model, "expected.json");
    double worst = 0;
    temp_folder_make(folder);
    golden_make_folder(model, folder);
    json_array_foreach(json_object_get(expected, "runs"), index, json)
    {
        struct run run = run_of(model, json);
        for (int isa = 0; isa < HEARTH_ISA_COUNT; isa++)
            if (hearth_isa_usable((enum hearth_isa)isa))
                expect_run(&run, folder, (enum hearth_isa)isa);
        worst = fmax(worst, run.worst);
    }
    expect_same_without_defaults(model, folder, expected);
    print_message("    differs by at most %.2g\n", worst);
    temp_folder_remove(folder);
    json_decref(expected);
}

static json_t *last_values(const json_t *expected)
{
    const json_t *run = json_array_get(json_object_get(expected, "runs"), 0);
    const json_t *logits = json_object_get(run, "logits");
    return json_object_get(json_array_get(logits, json_array_size(logits) - 1), "values");
}

/* All of these have the same weights and texts, so that only windows and scalings are between
 * them: a reader that missed one would be seen. */
static void windows_and_scalings_change_what_is_expected(void **state)
{
    static const char *const models[] = {"llama-linear", "llama-dynamic",    "llama-yarn",
                                         "llama-llama3", "llama-llama3-new", "mistral"};
    json_t *plain = golden_json("llama", "expected.json");
    (void)state;
    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
        json_t *other = golden_json(models[i], "expected.json");
        double most_apart = 0;
        json_t *of_plain = last_values(plain), *of_other = last_values(other);
        assert_true(
            json_equal(json_object_get(plain, "tensors"), json_object_get(other, "tensors")));
        for (size_t j = 0; j < json_array_size(of_plain); j++)
            most_apart = fmax(most_apart, fabs(json_number_value(json_array_get(of_plain, j)) -
                                               json_number_value(json_array_get(of_other, j))));
        if (most_apart < 100 * most)
            fail_msg("%s is as near to llama as %.2g", models[i], most_apart);
        json_decref(other);
    }
    json_decref(plain);
}

/* A test for each folder, by its name. */
int main(void)
{
    static struct CMUnitTest tests[MODELS_MAX] = {
        cmocka_unit_test(windows_and_scalings_change_what_is_expected),
    };
    struct dirent **entries = NULL;
    int count = scandir(GOLDEN_DECODERS, &entries, NULL, alphasort), models = 0;
    for (int i = 0; i < count && models + 1 < MODELS_MAX; i++) {
        const char *name = entries[i]->d_name;
        if (name[0] != '.')
            tests[++models] = (struct CMUnitTest){
                .name = name,
                .test_func = a_golden_model_gives_the_logits_of_transformers,
                .initial_state = entries[i]->d_name,
            };
    }
    int failed = models == 0;
    if (failed == 0)
        failed = _cmocka_run_group_tests("golden decoders", tests, (size_t)models + 1, NULL, NULL);
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    return failed;
}
