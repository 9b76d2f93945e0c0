/* Adapters of the llama engine, over both that compute it, on the model that HEARTH_TEST_GGUF names
 * with random adapters that are made for it. Without one, or without the plug-in, the tests are
 * skipped.
 *
 * libllama has one set of adapters for a whole step, so a step of several sets goes through it in
 * parts; its texts are compared up to a few words, as in test_engine_llama.c. */
#include "support/engine_driver.h"

#include "base/error.h"
#include "network/network.h"
#include "support/adapter_maker.h"

static const struct hearth_engine_ops *ops;
static const char *model;
static struct driver driver;
static char paths[2][32], folder[48];
static struct decoder_maker base;

#define COMPUTE "HEARTH_TEST_COMPUTE"
#define SEQUENCES 4u

static const char story[] = "Once upon a time there was a small village at the edge of a forest.";

static bool is_own(void)
{
    return strcmp(getenv(COMPUTE), "own") == 0;
}

static void need_model(void)
{
    if (ops != NULL && model != NULL)
        return;
    print_message("skipped: %s\n",
                  ops == NULL ? "the llama plug-in is not built" : "HEARTH_TEST_GGUF is not set");
    skip();
}

/* What adapter_maker.h must know of the model. */
static void read_base(void)
{
    struct hearth_gguf *gguf = NULL;
    struct hearth_network network;
    struct hearth_error error = {0};
    assert_int_equal(hearth_gguf_open(model, &gguf, &error), 0);
    if (hearth_network_read(gguf, NULL, &network, &error) != 0)
        fail_msg("%s", error.message);
    hearth_gguf_destroy(gguf);
    base = decoder_maker_of(&network);
}

static struct adapter_maker adapter(unsigned number)
{
    struct adapter_maker maker = adapter_maker_small(&base);
    maker.rank = 4 + 4 * number;
    maker.alpha = (float)maker.rank;
    maker.seed = 90 + number;
    maker.type = HEARTH_QUANT_F16;
    return maker;
}

static char *settings_of(const char *first, const char *second)
{
    return hearth_format("{\"compute\":\"%s\",\"adapters\":[\"%s\",\"%s\"]}", getenv(COMPUTE),
                         first, second);
}

static int open_model(void **state)
{
    (void)state;
    ops = driver_plugin("llama");
    model = getenv("HEARTH_TEST_GGUF");
    if (ops == NULL || model == NULL)
        return 0;
    read_base();
    for (unsigned i = 0; i < 2; i++) {
        strcpy(paths[i], "/tmp/hearth-adapter-XXXXXX");
        close(mkstemp(paths[i]));
        const struct adapter_maker maker = adapter(i);
        assert_true(adapter_make_gguf(&maker, paths[i]));
    }
    snprintf(folder, sizeof(folder), "%s.peft", paths[1]);
    struct adapter_maker maker = adapter(1);
    /* PEFT's files are f32 here, of the same values. */
    assert_true(adapter_make_peft(&maker, folder, NULL));
    char *settings = settings_of(paths[0], paths[1]);
    struct hearth_load_params params = {
        .context = 256, .slots = SEQUENCES, .batch = 128, .settings_json = settings};
    driver_open(&driver, ops, model, &params);
    hearth_free(settings);
    return 0;
}

static int close_model(void **state)
{
    (void)state;
    if (ops == NULL || model == NULL)
        return 0;
    driver_close(&driver);
    adapter_remove_peft(folder);
    unlink(paths[0]);
    unlink(paths[1]);
    return 0;
}

/* Scales of the two; NULL: the input says nothing. */
static int prepare(struct driver *at, uint32_t sequence, const char *text, const float *scales,
                   uint32_t tokens)
{
    driver_clear(at, sequence);
    struct hearth_sampling sampling = driver_greedy(tokens);
    const struct hearth_adapter_scale chosen[] = {{1, scales ? scales[1] : 0},
                                                  {0, scales ? scales[0] : 0}};
    struct hearth_input input = {.task = HEARTH_TASK_GENERATE,
                                 .kind = HEARTH_INPUT_TEXT,
                                 .bytes = text,
                                 .length = strlen(text),
                                 .sampling = &sampling,
                                 .adapters = {scales != NULL, chosen, scales != NULL ? 2 : 0}};
    int rc = at->ops->prepare(at->engine, &input, &at->runs[sequence].prepared, &at->fault);
    if (rc == 0)
        at->runs[sequence].prompt_left = at->runs[sequence].prepared->token_count;
    return rc;
}

enum { SAID = 24 }; /* tokens of a text */

/* Something else goes first, so that nothing of the text is held: libllama's last bits depend on
 * how a prompt is cut, and with adapters of random numbers the two likeliest tokens are often near.
 */
static char *say(struct driver *at, const char *text, const float *scales)
{
    assert_int_equal(prepare(at, 0, "1, 2, 3", scales, 1), 0);
    driver_finish(at, 1, 0, 512);
    assert_int_equal(prepare(at, 0, text, scales, SAID), 0);
    driver_finish(at, 1, 0, 512);
    return hearth_strdup(driver_text(at, 0));
}

static const float none[] = {0, 0}, first[] = {1, 0}, second[] = {0, 1}, half[] = {0.5f, 0},
                   both[] = {1, 1};

static void adapters_change_the_text_and_none_is_the_base_alone(void **state)
{
    (void)state;
    need_model();
    char *settings = hearth_format("{\"compute\":\"%s\"}", getenv(COMPUTE));
    struct hearth_load_params params = {
        .context = 256, .slots = 1, .batch = 128, .settings_json = settings};
    static struct driver plain;
    driver_open(&plain, ops, model, &params);
    char *expected = say(&plain, story, NULL);
    driver_close(&plain);
    hearth_free(settings);
    char *texts[] = {say(&driver, story, none), say(&driver, story, first),
                     say(&driver, story, second), say(&driver, story, half),
                     say(&driver, story, both)};
    char *unsaid = say(&driver, story, NULL);
    assert_string_equal(texts[0], expected);
    assert_string_equal(texts[4], unsaid);
    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(texts[i], texts[j]);
    for (size_t i = 0; i < 5; i++)
        hearth_free(texts[i]);
    hearth_free(expected);
    hearth_free(unsaid);
    /* It ends with the random part of the file's name. */
    char *list = hearth_format("[\"%s\",\"%s\"]", paths[0] + 5, paths[1] + 5);
    assert_string_equal(driver.facts.adapters_json, list);
    bool own = strcmp(getenv(COMPUTE), "own") == 0;
    assert_int_equal(strlen(driver.facts.adapters_digest), own ? 64 : 0);
    hearth_free(list);
}

static void sequences_with_other_adapters_in_a_batch_say_what_each_says_alone(void **state)
{
    (void)state;
    need_model();
    const float *scales[SEQUENCES] = {first, none, second, first};
    static const char *const prompts[SEQUENCES] = {story, story, story, "The capital of France is"};
    char *alone[SEQUENCES];
    for (uint32_t i = 0; i < SEQUENCES; i++)
        alone[i] = say(&driver, prompts[i], scales[i]);
    for (uint32_t i = 0; i < SEQUENCES; i++)
        assert_int_equal(prepare(&driver, i, prompts[i], scales[i], SAID), 0);
    driver_finish(&driver, 15, 0, 7);
    for (uint32_t i = 0; i < SEQUENCES; i++) {
        if (is_own())
            assert_string_equal(driver_text(&driver, i), alone[i]);
        else
            assert_int_equal(strncmp(driver_text(&driver, i), alone[i], 6), 0);
        hearth_free(alone[i]);
    }
}

static void a_prefix_is_held_for_the_same_adapters_only(void **state)
{
    (void)state;
    need_model();
    hearth_free(say(&driver, story, first));
    assert_int_equal(prepare(&driver, 0, story, first, 4), 0);
    uint32_t count = driver.runs[0].prepared->token_count;
    assert_int_equal(ops->held_tokens(driver.engine, 0, driver.runs[0].prepared), count - 1);
    const float *others[] = {none, second, half, both, NULL};
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(prepare(&driver, 0, story, others[i], 4), 0);
        assert_int_equal(ops->held_tokens(driver.engine, 0, driver.runs[0].prepared), 0);
    }
    driver_finish(&driver, 1, 0, 512);
    assert_int_equal(driver.runs[0].cached_tokens, 0);
}

static void copied_and_restored_sequences_keep_their_adapters(void **state)
{
    (void)state;
    need_model();
    char *expected = say(&driver, story, first);
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(ops->save(driver.engine, 0, fileno(file), &driver.fault), 0);
    assert_int_equal(ops->fork(driver.engine, 0, 2), 0);
    hearth_free(say(&driver, story, second));
    lseek(fileno(file), 0, SEEK_SET);
    assert_int_equal(ops->restore(driver.engine, 3, fileno(file), &driver.fault), 0);
    for (uint32_t i = 2; i <= 3; i++) {
        assert_int_equal(prepare(&driver, i, story, second, SAID), 0);
        assert_int_equal(ops->held_tokens(driver.engine, i, driver.runs[i].prepared), 0);
        assert_int_equal(prepare(&driver, i, story, first, SAID), 0);
        assert_true(ops->held_tokens(driver.engine, i, driver.runs[i].prepared) > 5);
        driver_finish(&driver, 1u << i, 0, 512);
        if (is_own())
            assert_string_equal(driver_text(&driver, i), expected);
        else
            assert_int_equal(strncmp(driver_text(&driver, i), expected, 6), 0);
    }
    fclose(file);
    hearth_free(expected);
}

static void what_cannot_be_chosen_is_refused(void **state)
{
    (void)state;
    need_model();
    const float endless[] = {INFINITY, 0};
    assert_int_equal(prepare(&driver, 0, story, endless, 4), HEARTH_EINVAL);
    assert_non_null(strstr(driver.fault.message, "not finite"));
    struct hearth_sampling sampling = driver_greedy(4);
    const struct hearth_adapter_scale wrong = {2, 1};
    struct hearth_input input = {.task = HEARTH_TASK_GENERATE,
                                 .kind = HEARTH_INPUT_TEXT,
                                 .bytes = story,
                                 .length = strlen(story),
                                 .sampling = &sampling,
                                 .adapters = {true, &wrong, 1}};
    struct hearth_prepared *prepared = NULL;
    assert_int_equal(ops->prepare(driver.engine, &input, &prepared, &driver.fault), HEARTH_EINVAL);
    assert_non_null(strstr(driver.fault.message, "there is no adapter 2; this model has 2"));
    const struct hearth_adapter_scale twice[] = {{1, 0}, {0, 1}, {1, 1}};
    input.adapters = (struct hearth_adapter_choice){true, twice, 3};
    assert_int_equal(ops->prepare(driver.engine, &input, &prepared, &driver.fault), HEARTH_EINVAL);
    assert_non_null(strstr(driver.fault.message, "adapter 1 is named twice"));
}

static void a_peft_folder_says_what_the_same_adapter_says_in_gguf(void **state)
{
    (void)state;
    need_model();
    char *settings = settings_of(folder, paths[0]);
    struct hearth_load_params params = {
        .context = 256, .slots = 1, .batch = 128, .settings_json = settings};
    static struct driver other;
    driver_open(&other, ops, model, &params);
    hearth_free(settings);
    /* Other values, or the same ones in another order, are told from these. */
    if (strcmp(getenv(COMPUTE), "own") == 0)
        assert_string_not_equal(other.facts.adapters_digest, driver.facts.adapters_digest);
    char *expected = say(&driver, story, second), *is = say(&other, story, first);
    assert_string_equal(is, expected);
    hearth_free(expected);
    hearth_free(is);
    driver_close(&other);
}

static void adapters_are_in_the_plan_and_wrong_ones_end_it(void **state)
{
    (void)state;
    need_model();
    struct hearth_model_files files = {.path = model};
    struct hearth_memory_plan with, without;
    struct hearth_error error = {0};
    char *settings = settings_of(paths[0], paths[1]);
    struct hearth_load_params params = {.context = 256, .settings_json = settings};
    assert_int_equal(ops->plan_memory(&files, &params, &with, &error), 0);
    hearth_free(settings);
    params.settings_json = settings = hearth_format("{\"compute\":\"%s\"}", getenv(COMPUTE));
    assert_int_equal(ops->plan_memory(&files, &params, &without, &error), 0);
    hearth_free(settings);
    /* Ranks 4 and 8: a hundredth of the model's width each, in f32. */
    assert_true(with.weights > without.weights + (1u << 20));
    params.settings_json = settings = settings_of(paths[0], model);
    assert_int_equal(ops->plan_memory(&files, &params, &with, &error), HEARTH_EMODEL);
    assert_non_null(strstr(error.message, "is no adapter"));
    hearth_free(settings);
    params.settings_json = settings = settings_of(paths[0], "/nonexistent/poet.gguf");
    assert_int_equal(ops->plan_memory(&files, &params, &with, &error), HEARTH_ENOTFOUND);
    assert_non_null(strstr(error.message, "adapter 'poet'"));
    hearth_free(settings);
    params.settings_json = "{\"adapters\":[\"poet.gguf\"]}";
    assert_int_equal(ops->plan_memory(&files, &params, &with, &error), HEARTH_EINVAL);
    assert_non_null(strstr(error.message, "absolute"));
    params.settings_json = "{\"compute\":\"auto\",\"adapters\":[\"/nonexistent/poet.gguf\"]}";
    assert_int_equal(ops->plan_memory(&files, &params, &with, &error), HEARTH_ENOTFOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adapters_change_the_text_and_none_is_the_base_alone),
        cmocka_unit_test(sequences_with_other_adapters_in_a_batch_say_what_each_says_alone),
        cmocka_unit_test(a_prefix_is_held_for_the_same_adapters_only),
        cmocka_unit_test(copied_and_restored_sequences_keep_their_adapters),
        cmocka_unit_test(what_cannot_be_chosen_is_refused),
        cmocka_unit_test(a_peft_folder_says_what_the_same_adapter_says_in_gguf),
        cmocka_unit_test(adapters_are_in_the_plan_and_wrong_ones_end_it),
    };
    int failures = 0;
    static const char *const computes[] = {"own", "libllama"};
    for (size_t i = 0; i < 2; i++) {
        setenv(COMPUTE, computes[i], 1);
        print_message("computed by %s\n", computes[i]);
        failures += cmocka_run_group_tests(tests, open_model, close_model);
    }
    return failures;
}
