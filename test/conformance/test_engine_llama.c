/* The llama engine, driven without a worker, on the model that HEARTH_TEST_GGUF names (a small
 * chat model; the demo's SmolLM2 in `make test`). Without one, or without the plug-in, the tests
 * are skipped.
 *
 * All tests run over both that compute: the decoder of our own and libllama's context; and those
 * that compute, once more over our own on each narrower instruction set, with a small random model
 * that has the same vocabulary (plain C would take minutes for a large one). Our own
 * gives the same text whatever shape a batch has. libllama's sums depend on the shape, so where
 * shapes differ (a batch against one alone, chunks against a whole) its texts are compared up to a
 * few words, which a fault in positions or caches would change. */
#include "base/clock.h"
#include "support/decoder_maker.h"
#include "support/engine_driver.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct hearth_engine_ops *ops;
static const char *model;
static struct driver driver;
static uint32_t small_vocabulary; /* of the model, for small ones */

#define CONTEXT 512u
#define COMPUTE "HEARTH_TEST_COMPUTE" /* which of the two; children inherit it */

#define NARROWED "HEARTH_TEST_INSTRUCTION_SET" /* to which set; unset: all that the CPU has */

static bool is_own(void)
{
    const char *name = getenv(COMPUTE);
    return name == NULL || strcmp(name, "own") == 0;
}

static const char *settings(void)
{
    static char narrowed[96];
    const char *set = getenv(NARROWED);
    if (set == NULL)
        return is_own() ? "{\"compute\":\"own\"}" : "{\"compute\":\"libllama\"}";
    snprintf(narrowed, sizeof(narrowed), "{\"compute\":\"own\",\"instruction_set\":\"%s\"}", set);
    return narrowed;
}

/* The same text; of libllama only its first `words` bytes, for shapes of batch differ. */
static void expect_text(const char *text, const char *expected, size_t words)
{
    if (is_own())
        assert_string_equal(text, expected);
    else
        assert_int_equal(strncmp(text, expected, words), 0);
}

static void need_model(void)
{
    if (ops != NULL && model != NULL)
        return;
    print_message("skipped: %s\n",
                  ops == NULL ? "the llama plug-in is not built" : "HEARTH_TEST_GGUF is not set");
    skip();
}

static int open_model(void **state)
{
    (void)state;
    ops = driver_plugin("llama");
    model = getenv("HEARTH_TEST_GGUF");
    if (ops == NULL || model == NULL)
        return 0;
    struct hearth_load_params params = {
        .context = CONTEXT, .slots = 4, .batch = 128, .settings_json = settings()};
    driver_open(&driver, ops, model, &params);
    small_vocabulary = driver.facts.vocabulary_length;
    return 0;
}

static int close_model(void **state)
{
    (void)state;
    if (ops != NULL && model != NULL)
        driver_close(&driver);
    return 0;
}

static const char brazil[] =
    "{\"messages\":[{\"role\":\"user\",\"content\":\"What language is spoken in Brazil?\"}]}";
static const char story[] = "Once upon a time there was a small village at the edge of a forest.";

/* " word", so many times: a token each. */
static char *words(uint32_t count)
{
    char *text = hearth_calloc(count + 1, 5);
    for (uint32_t i = 0; i < count; i++)
        memcpy(text + 5 * (size_t)i, " word", 5);
    return text;
}

/* What a request gave, to be kept beside another. */
static char *kept_say(const char *text, const struct hearth_sampling *sampling)
{
    return hearth_strdup(driver_say(&driver, text, sampling));
}

/* Beside its context each sequence has some cells for what prompts share. */
static void assert_within_a_tenth(uint64_t bytes, uint64_t expected)
{
    assert_in_range(bytes, expected - expected / 10, expected + expected / 10);
}

static void the_header_alone_gives_facts_and_a_memory_plan(void **state)
{
    (void)state;
    need_model();
    struct hearth_model_files files = {.path = model};
    struct hearth_model_facts facts;
    struct hearth_error error = {0};
    assert_int_equal(ops->describe(&files, &facts, &error), 0);
    assert_true(facts.architecture[0] != '\0');
    assert_int_equal(facts.vocabulary_length, driver.facts.vocabulary_length);
    assert_int_equal(facts.embedding_length, driver.facts.embedding_length);
    assert_true((facts.tasks & HEARTH_TASK_GENERATE) != 0);
    assert_true(facts.weight_bytes > 1000000);
    assert_int_equal(driver.facts.context, CONTEXT);
    assert_non_null(strstr(driver.facts.compute, is_own() ? "own, " : "libllama"));
    struct hearth_memory_plan small, large;
    struct hearth_load_params params = {.context = 512, .slots = 1, .settings_json = settings()};
    assert_int_equal(ops->plan_memory(&files, &params, &small, &error), 0);
    params = (struct hearth_load_params){.context = 1024, .slots = 4, .settings_json = settings()};
    assert_int_equal(ops->plan_memory(&files, &params, &large, &error), 0);
    assert_true(small.weights >= facts.weight_bytes);
    assert_within_a_tenth(large.cache, small.cache * 8);
    /* A type that only libllama's cache has. */
    params.settings_json = "{\"cache_type_k\":\"f32\",\"cache_type_v\":\"f32\"}";
    assert_int_equal(ops->plan_memory(&files, &params, &small, &error), 0);
    assert_within_a_tenth(small.cache, large.cache * 2);
}

static void settings_that_are_wrong_are_named(void **state)
{
    (void)state;
    need_model();
    struct hearth_model_files files = {.path = model};
    struct hearth_memory_plan plan;
    struct hearth_error error = {0};
    struct hearth_load_params params = {.settings_json = "{\"cache_tipe_k\":\"f16\"}"};
    assert_int_equal(ops->plan_memory(&files, &params, &plan, &error), HEARTH_EINVAL);
    assert_non_null(strstr(error.message, "is it 'cache_type_k'?"));
    params.settings_json = "{\"cache_type_v\":\"q9\"}";
    assert_int_equal(ops->plan_memory(&files, &params, &plan, &error), HEARTH_EINVAL);
    params.settings_json = "{\"flash_attention\":\"perhaps\"}";
    assert_int_equal(ops->plan_memory(&files, &params, &plan, &error), HEARTH_EINVAL);
    params.settings_json = "{\"compute\":\"none\"}";
    assert_int_equal(ops->plan_memory(&files, &params, &plan, &error), HEARTH_EINVAL);
    params.settings_json = "{\"compute\":\"own\",\"cache_type_k\":\"q4_0\"}";
    assert_int_equal(ops->plan_memory(&files, &params, &plan, &error), HEARTH_ENOTIMPL);
    assert_non_null(strstr(error.message, "q8_0"));
    params.settings_json = "{\"prompts\":[]}";
    assert_int_equal(ops->plan_memory(&files, &params, &plan, &error), HEARTH_EINVAL);
    assert_non_null(strstr(error.message, "an object of texts"));
    params.settings_json = "{\"prompts\":\"{\"}";
    assert_int_equal(ops->plan_memory(&files, &params, &plan, &error), HEARTH_EINVAL);
    params.settings_json = "{\"prompts\":{\"query\":\"q\"},\"default_prompt\":\"passage\"}";
    assert_int_equal(ops->plan_memory(&files, &params, &plan, &error), HEARTH_EINVAL);
    assert_non_null(strstr(error.message, "'passage' is not among the prompts"));
    params.settings_json = "{\"flash_attention\":\"off\"}";
    assert_int_equal(ops->plan_memory(&files, &params, &plan, &error), 0);
    params = (struct hearth_load_params){.context = 1u << 24};
    assert_int_equal(ops->plan_memory(&files, &params, &plan, &error), HEARTH_EINVAL);
    assert_non_null(strstr(error.message, "16777216"));
    /* As a limit it means: as much as the model can. */
    params.context_is_limit = true;
    assert_int_equal(ops->plan_memory(&files, &params, &plan, &error), 0);
    params = (struct hearth_load_params){.device = "cuda:0"};
    struct hearth_engine *engine = NULL;
    struct hearth_model_facts facts;
    assert_int_equal(ops->load(&files, &params, NULL, &engine, &facts, &error), HEARTH_ENOTIMPL);
    assert_null(engine);
}

static void a_chat_at_temperature_0_names_portuguese_and_ends(void **state)
{
    (void)state;
    need_model();
    struct hearth_sampling sampling = driver_greedy(24);
    const char *text = driver_say(&driver, brazil, &sampling);
    if (strstr(model, "SmolLM2") != NULL)
        assert_non_null(strstr(text, "Portuguese"));
    assert_int_equal(driver.runs[0].completion_tokens, 24);
    assert_int_equal(driver.runs[0].finish, HEARTH_FINISH_LENGTH);
    assert_int_equal(driver.runs[0].event_tokens, 24);
    assert_false(driver.runs[0].broken_text);
}

static void the_same_seed_gives_the_same_text_from_a_cold_prefix(void **state)
{
    (void)state;
    need_model();
    struct hearth_sampling sampling = driver_greedy(24);
    sampling.temperature = 1;
    sampling.top_p = 0.95f;
    sampling.seed = 7;
    driver_say(&driver, "something else entirely, to forget the prefix", &sampling);
    char *first = kept_say(story, &sampling);
    driver_say(&driver, "something else entirely, to forget the prefix", &sampling);
    assert_string_equal(driver_say(&driver, story, &sampling), first);
    driver_say(&driver, "something else entirely, to forget the prefix", &sampling);
    sampling.seed = 8;
    assert_string_not_equal(driver_say(&driver, story, &sampling), first);
    hearth_free(first);
}

static void a_prefix_that_a_sequence_still_holds_is_not_computed_again(void **state)
{
    (void)state;
    need_model();
    struct hearth_sampling sampling = driver_greedy(8);
    char *first = kept_say(story, &sampling);
    assert_int_equal(driver_prepare(&driver, 0, story, &sampling), 0);
    uint32_t count = driver.runs[0].prepared->token_count;
    assert_int_equal(ops->held_tokens(driver.engine, 0, driver.runs[0].prepared), count - 1);
    assert_int_equal(ops->held_tokens(driver.engine, 1, driver.runs[0].prepared), 0);
    driver_finish(&driver, 1, 0, 512);
    assert_int_equal(driver.runs[0].cached_tokens, count - 1);
    expect_text(driver_text(&driver, 0), first, 12);
    hearth_free(first);
}

/* The text that a sequence gives which holds all of the story but its last token. */
static void expect_story_from(uint32_t index, const char *expected)
{
    struct hearth_sampling sampling = driver_greedy(8);
    assert_int_equal(driver_prepare(&driver, index, story, &sampling), 0);
    uint32_t count = driver.runs[index].prepared->token_count;
    assert_int_equal(ops->held_tokens(driver.engine, index, driver.runs[index].prepared),
                     count - 1);
    driver_finish(&driver, 1u << index, 0, 512);
    assert_int_equal(driver.runs[index].cached_tokens, count - 1);
    expect_text(driver_text(&driver, index), expected, 12);
}

static void a_copy_goes_on_as_its_original_and_a_cut_one_as_what_is_left(void **state)
{
    (void)state;
    need_model();
    struct hearth_sampling sampling = driver_greedy(8);
    char *first = kept_say(story, &sampling);
    assert_int_equal(ops->fork(driver.engine, 0, 2), 0);
    expect_story_from(2, first);
    assert_int_equal(ops->fork(driver.engine, 2, 2), HEARTH_EINVAL);
    assert_int_equal(ops->fork(driver.engine, 99, 2), HEARTH_EINVAL);
    assert_int_equal(driver_prepare(&driver, 2, story, &sampling), 0);
    assert_int_equal(ops->trim(driver.engine, 2, 5), 0);
    assert_int_equal(ops->held_tokens(driver.engine, 2, driver.runs[2].prepared), 5);
    driver_finish(&driver, 4, 0, 512);
    expect_text(driver_text(&driver, 2), first, 12);
    hearth_free(first);
}

/* The same whose list lacks a token that the state has: head, tokens, state (llama_keep.c). */
static FILE *without_last_token(int saved)
{
    uint64_t head[4]; /* magic, tokens, bytes of the state, adapters */
    off_t length = lseek(saved, 0, SEEK_END);
    char *bytes = hearth_alloc((size_t)length);
    assert_int_equal(pread(saved, bytes, (size_t)length, 0), length);
    memcpy(head, bytes, sizeof(head));
    size_t state_at = (size_t)length - head[2];
    head[1]--;
    memcpy(bytes, head, sizeof(head));
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(write(fileno(file), bytes, state_at - 4), state_at - 4);
    assert_int_equal(write(fileno(file), bytes + state_at, head[2]), head[2]);
    lseek(fileno(file), 0, SEEK_SET);
    hearth_free(bytes);
    return file;
}

static void a_saved_sequence_is_restored_and_a_broken_one_is_refused(void **state)
{
    (void)state;
    need_model();
    struct hearth_sampling sampling = driver_greedy(8);
    char *first = kept_say(story, &sampling);
    FILE *file = tmpfile();
    assert_non_null(file);
    int descriptor = fileno(file);
    assert_int_equal(ops->save(driver.engine, 0, descriptor, &driver.fault), 0);
    driver_say(&driver, "something else entirely", &sampling);
    lseek(descriptor, 0, SEEK_SET);
    assert_int_equal(ops->restore(driver.engine, 3, descriptor, &driver.fault), 0);
    expect_story_from(3, first);
    assert_int_equal(ops->restore(driver.engine, 3, descriptor, &driver.fault), HEARTH_EPARSE);
    FILE *shorter = without_last_token(descriptor);
    assert_int_equal(ops->restore(driver.engine, 3, fileno(shorter), &driver.fault), HEARTH_EPARSE);
    const int32_t *tokens;
    assert_int_equal(ops->held(driver.engine, 3, &tokens), 0);
    fclose(shorter);
    off_t length = lseek(descriptor, 0, SEEK_END);
    assert_int_equal(ftruncate(descriptor, length - 1), 0);
    lseek(descriptor, 0, SEEK_SET);
    assert_int_equal(ops->restore(driver.engine, 3, descriptor, &driver.fault), HEARTH_EPARSE);
    assert_string_equal(driver_say(&driver, story, &sampling), first);
    fclose(file);
    hearth_free(first);
}

static void a_stop_string_across_tokens_cuts_the_text(void **state)
{
    (void)state;
    need_model();
    struct hearth_sampling sampling = driver_greedy(24);
    char *whole = kept_say(brazil, &sampling);
    assert_true(strlen(whole) > 24);
    /* From the middle of one word to the middle of another. */
    for (size_t at = 3; at < 16; at++) {
        struct hearth_bytes stop = {whole + at, 9};
        sampling.stops = &stop;
        sampling.stop_count = 1;
        const char *cut = driver_say(&driver, brazil, &sampling);
        size_t expected = (size_t)((char *)memmem(whole, strlen(whole), stop.bytes, 9) - whole);
        assert_int_equal(strlen(cut), expected);
        assert_int_equal(strncmp(cut, whole, expected), 0);
        assert_int_equal(driver.runs[0].finish, HEARTH_FINISH_STOP);
    }
    /* One that begins, and then goes on otherwise: nothing is lost. */
    char near_miss[16];
    memcpy(near_miss, whole + 3, 8);
    memcpy(near_miss + 8, "\x01", 2);
    struct hearth_bytes stop = {near_miss, 9};
    sampling.stops = &stop;
    assert_string_equal(driver_say(&driver, brazil, &sampling), whole);
    hearth_free(whole);
}

static void text_is_released_in_whole_characters(void **state)
{
    (void)state;
    need_model();
    /* A bias towards byte tokens of other scripts: many of them are parts of characters. */
    struct hearth_sampling sampling = driver_greedy(48);
    sampling.temperature = 2;
    sampling.ignore_eos = true;
    for (uint64_t seed = 0; seed < 6; seed++) {
        sampling.seed = seed;
        driver_say(&driver, "日本語 العربية 🙂👩‍👩‍👧 Привет",
                   &sampling);
        assert_false(driver.runs[0].broken_text);
        assert_int_equal(driver.runs[0].event_tokens, 48);
    }
}

static void four_sequences_in_a_batch_say_what_each_says_alone(void **state)
{
    (void)state;
    need_model();
    static const char *const prompts[] = {
        story,
        "The capital of France is",
        "1, 2, 3, 4, 5, 6, 7,",
        "Water is made of hydrogen and",
    };
    struct hearth_sampling sampling = driver_greedy(12);
    char *alone[4];
    for (int i = 0; i < 4; i++)
        alone[i] = kept_say(prompts[i], &sampling);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(driver_prepare(&driver, i, prompts[i], &sampling), 0);
    driver_finish(&driver, 15, 0, 16);
    for (uint32_t i = 0; i < 4; i++) {
        expect_text(driver_text(&driver, i), alone[i], 8);
        hearth_free(alone[i]);
    }
}

static void a_prompt_in_chunks_gives_what_the_whole_gives(void **state)
{
    (void)state;
    need_model();
    struct hearth_sampling sampling = driver_greedy(12);
    driver_say(&driver, "forget", &sampling);
    char *whole = kept_say(story, &sampling);
    for (uint32_t chunk = 1; chunk < 8; chunk += 3) {
        driver_say(&driver, "forget", &sampling);
        assert_int_equal(driver_prepare(&driver, 0, story, &sampling), 0);
        driver_finish(&driver, 1, 0, chunk);
        expect_text(driver_text(&driver, 0), whole, 10);
    }
    hearth_free(whole);
}

static void a_cancelled_sequence_is_free_and_the_others_go_on(void **state)
{
    (void)state;
    need_model();
    struct hearth_sampling sampling = driver_greedy(10);
    char *alone = kept_say("The capital of France is", &sampling);
    assert_int_equal(driver_prepare(&driver, 1, story, &sampling), 0);
    assert_int_equal(driver_prepare(&driver, 2, "The capital of France is", &sampling), 0);
    uint32_t begun = 0;
    assert_int_equal(driver_step(&driver, 6, &begun, 4), 0);
    ops->cancel(driver.engine, 1);
    driver.runs[1].done = true;
    driver_finish(&driver, 6, begun, 4);
    expect_text(driver_text(&driver, 2), alone, 8);
    assert_int_equal(driver.runs[1].text.length, 0);
    assert_int_equal(driver_prepare(&driver, 1, "The capital of France is", &sampling), 0);
    driver_finish(&driver, 2, 0, 64);
    expect_text(driver_text(&driver, 1), alone, 8);
    hearth_free(alone);
}

struct aborter {
    atomic_int stop;
    int after_us;
};

static void *abort_often(void *argument)
{
    struct aborter *aborter = argument;
    while (!aborter->stop) {
        usleep((useconds_t)aborter->after_us);
        ops->abort(driver.engine);
    }
    return NULL;
}

static void an_aborted_step_may_be_given_again(void **state)
{
    (void)state;
    need_model();
    struct hearth_sampling sampling = driver_greedy(10);
    driver_say(&driver, "forget", &sampling);
    char *alone = kept_say(story, &sampling);
    driver_say(&driver, "forget", &sampling);
    assert_int_equal(driver_prepare(&driver, 0, story, &sampling), 0);
    struct aborter aborter = {.after_us = 300};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, abort_often, &aborter), 0);
    uint32_t begun = 0, aborted = 0;
    for (uint32_t i = 0; i < 100000 && !driver.runs[0].done; i++) {
        int rc = driver_step(&driver, 1, &begun, 7);
        assert_true(rc == 0 || rc == HEARTH_ECANCELED);
        aborted += rc != 0;
        /* After some of them, let it through. */
        if (aborted == 20)
            aborter.stop = 1;
    }
    aborter.stop = 1;
    pthread_join(thread, NULL);
    assert_true(driver.runs[0].done);
    assert_true(aborted > 0);
    expect_text(driver_text(&driver, 0), alone, 10);
    hearth_free(alone);
}

static void an_input_over_the_context_is_refused_with_both_numbers(void **state)
{
    (void)state;
    need_model();
    struct hearth_sampling sampling = driver_greedy(0);
    char *text = words(CONTEXT + 50);
    assert_int_equal(driver_prepare(&driver, 0, text, &sampling), HEARTH_ECONTEXT);
    assert_non_null(strstr(driver.fault.message, "512"));
    assert_non_null(strstr(driver.fault.message, "562"));
    struct hearth_input input = {.task = HEARTH_TASK_EMBED,
                                 .kind = HEARTH_INPUT_TEXT,
                                 .bytes = text,
                                 .length = strlen(text),
                                 .truncate = HEARTH_TRUNCATE_END};
    struct hearth_prepared *prepared = NULL;
    assert_int_equal(ops->prepare(driver.engine, &input, &prepared, &driver.fault), 0);
    assert_int_equal(prepared->token_count, CONTEXT);
    assert_int_equal(prepared->truncated_count, 50);
    ops->discard(driver.engine, prepared);
    /* One that just fits leaves room for one token. */
    text[5 * (CONTEXT - 1)] = '\0';
    driver_say(&driver, text, &sampling);
    assert_int_equal(driver.runs[0].completion_tokens, 1);
    assert_int_equal(driver.runs[0].finish, HEARTH_FINISH_LENGTH);
    hearth_free(text);
}

static void generation_ends_at_the_context(void **state)
{
    (void)state;
    need_model();
    struct hearth_sampling sampling = driver_greedy(0);
    sampling.ignore_eos = true;
    char *text = words(480);
    driver_say(&driver, text, &sampling);
    hearth_free(text);
    assert_int_equal(driver.runs[0].prompt_tokens + driver.runs[0].completion_tokens, CONTEXT);
    assert_int_equal(driver.runs[0].finish, HEARTH_FINISH_LENGTH);
}

static void logprobs_are_those_of_the_model(void **state)
{
    (void)state;
    need_model();
    struct hearth_sampling sampling = driver_greedy(8);
    sampling.logprobs = true;
    sampling.top_logprobs = 20;
    driver_say(&driver, story, &sampling);
    struct driven *run = &driver.runs[0];
    assert_int_equal(run->logprob_count, run->event_tokens);
    assert_true(run->logprob_count >= 7);
    for (uint32_t i = 0; i < run->logprob_count; i++) {
        assert_true(run->logprobs[i] <= 0);
        /* Greedy: the token is the first alternative. */
        assert_true(fabs(run->logprobs[i] - run->best_alternative[i]) < 1e-6);
        assert_true(run->alternative_mass[i] <= 1.0001);
        assert_true(run->alternative_mass[i] >= exp(run->logprobs[i]) - 1e-6);
    }
    /* A penalty changes what is picked, and not what the model thought of it. */
    double before = run->logprobs[0];
    struct hearth_logit_bias bias[2];
    assert_int_equal(driver_prepare(&driver, 1, driver_text(&driver, 0), &sampling), 0);
    bias[0] = (struct hearth_logit_bias){driver.runs[1].prepared->tokens[0], -100};
    sampling.biases = bias;
    sampling.bias_count = 1;
    driver_say(&driver, story, &sampling);
    assert_true(run->logprobs[0] < before);
    assert_true(fabs(run->best_alternative[0] - before) < 0.05);
}

static void a_bias_forces_and_forbids_tokens(void **state)
{
    (void)state;
    need_model();
    struct hearth_sampling sampling = driver_greedy(1);
    struct hearth_input input = {.task = HEARTH_TASK_TOKENIZE,
                                 .kind = HEARTH_INPUT_TEXT,
                                 .bytes = " purple",
                                 .length = 7,
                                 .no_special_tokens = true};
    struct hearth_prepared *prepared = NULL;
    assert_int_equal(ops->prepare(driver.engine, &input, &prepared, &driver.fault), 0);
    struct hearth_logit_bias bias = {prepared->tokens[0], 100};
    sampling.biases = &bias;
    sampling.bias_count = 1;
    const char *text = driver_say(&driver, story, &sampling);
    assert_true(text[0] != '\0' && strncmp(" purple", text, strlen(text)) == 0);
    ops->discard(driver.engine, prepared);
}

static void a_bias_outside_the_vocabulary_is_named(void **state)
{
    (void)state;
    need_model();
    static const int32_t outside[] = {-1, 99999999};
    for (int i = 0; i < 2; i++) {
        struct hearth_sampling sampling = driver_greedy(1);
        struct hearth_logit_bias bias = {outside[i], 1};
        struct hearth_input input = {.task = HEARTH_TASK_GENERATE,
                                     .kind = HEARTH_INPUT_TEXT,
                                     .bytes = "a",
                                     .length = 1,
                                     .sampling = &sampling};
        struct hearth_prepared *prepared = NULL;
        sampling.biases = &bias;
        sampling.bias_count = 1;
        assert_int_equal(ops->prepare(driver.engine, &input, &prepared, &driver.fault),
                         HEARTH_EINVAL);
        assert_non_null(strstr(driver.fault.message, i ? "token 99999999" : "token -1"));
    }
}

static void narrow_sampling_equals_greedy(void **state)
{
    (void)state;
    need_model();
    struct hearth_sampling sampling = driver_greedy(16);
    driver_say(&driver, "forget", &sampling);
    char *greedy = kept_say(story, &sampling);
    sampling.temperature = 1.5f;
    static const struct {
        int32_t top_k;
        float top_p, min_p;
    } narrow[] = {{1, 1, 0}, {0, 1e-6f, 0}, {0, 1, 1}};
    for (int i = 0; i < 3; i++) {
        sampling.top_k = narrow[i].top_k;
        sampling.top_p = narrow[i].top_p;
        sampling.min_p = narrow[i].min_p;
        sampling.seed = (uint64_t)i;
        driver_say(&driver, "forget", &sampling);
        assert_string_equal(driver_say(&driver, story, &sampling), greedy);
    }
    hearth_free(greedy);
}

static void a_repeat_penalty_breaks_a_loop(void **state)
{
    (void)state;
    need_model();
    static const char loop[] = "red blue red blue red blue red blue red blue red blue red";
    struct hearth_sampling sampling = driver_greedy(6);
    char *plain = kept_say(loop, &sampling);
    assert_non_null(strstr(plain, "blue"));
    sampling.presence_penalty = 2;
    sampling.frequency_penalty = 2;
    assert_null(strstr(driver_say(&driver, loop, &sampling), "blue"));
    sampling.presence_penalty = 0;
    sampling.frequency_penalty = 0;
    sampling.repeat_penalty = 3;
    assert_null(strstr(driver_say(&driver, loop, &sampling), "blue"));
    sampling.repeat_last_n = 0;
    assert_string_equal(driver_say(&driver, loop, &sampling), plain);
    hearth_free(plain);
}

static void a_small_sigma_equals_greedy(void **state)
{
    (void)state;
    need_model();
    struct hearth_sampling sampling = driver_greedy(12);
    char *greedy = kept_say(story, &sampling);
    sampling.temperature = 1.5f;
    sampling.top_n_sigma = 1e-4f;
    assert_string_equal(driver_say(&driver, story, &sampling), greedy);
    hearth_free(greedy);
}

/* At a small temperature the likeliest is certain, so that XTC is seen by its absence. */
static void xtc_leaves_out_the_likeliest(void **state)
{
    (void)state;
    need_model();
    struct hearth_sampling sampling = driver_greedy(1);
    char *greedy = kept_say(story, &sampling);
    sampling.temperature = 0.01f;
    sampling.xtc_threshold = 0.01f;
    assert_string_equal(driver_say(&driver, story, &sampling), greedy);
    sampling.xtc_probability = 1;
    assert_string_not_equal(driver_say(&driver, story, &sampling), greedy);
    hearth_free(greedy);
}

static void dry_breaks_a_loop_that_no_breaker_ends(void **state)
{
    (void)state;
    need_model();
    static const char loop[] = "red blue red blue red blue red blue red blue red blue red";
    struct hearth_bytes red = {" red", 4}, other = {"|", 1};
    struct hearth_sampling sampling = driver_greedy(1);
    char *plain = kept_say(loop, &sampling);
    assert_non_null(strstr(plain, "blue"));
    sampling.dry_multiplier = 5;
    sampling.dry_base = 1.75f;
    sampling.dry_allowed_length = 2;
    sampling.dry_penalty_last_n = -1;
    assert_null(strstr(driver_say(&driver, loop, &sampling), "blue"));
    sampling.dry_breakers = &other;
    sampling.dry_breaker_count = 1;
    assert_null(strstr(driver_say(&driver, loop, &sampling), "blue"));
    /* No repetition is longer than " blue" then. */
    sampling.dry_breakers = &red;
    assert_string_equal(driver_say(&driver, loop, &sampling), plain);
    hearth_free(plain);
}

static void breakers_of_no_sense_are_named(void **state)
{
    (void)state;
    need_model();
    static const char longest[] = "a text of more than forty bytes is no breaker";
    struct hearth_bytes breakers[17] = {{"a", 1}, {longest, sizeof(longest) - 1}};
    struct hearth_sampling sampling = driver_greedy(1);
    sampling.dry_multiplier = sampling.dry_base = 1;
    sampling.dry_penalty_last_n = 64;
    sampling.dry_breakers = breakers;
    sampling.dry_breaker_count = 2;
    assert_int_equal(driver_prepare(&driver, 0, "a", &sampling), HEARTH_EINVAL);
    assert_non_null(strstr(driver.fault.message, "dry_sequence_breakers[1]"));
    for (size_t i = 0; i < 17; i++)
        breakers[i] = (struct hearth_bytes){"a", 1};
    sampling.dry_breaker_count = 17;
    assert_int_equal(driver_prepare(&driver, 0, "a", &sampling), HEARTH_EINVAL);
    assert_non_null(strstr(driver.fault.message, "17 texts"));
}

/* The random number of a token belongs to its position, so that a request which takes over in the
 * middle of a text goes on as the first one did. */
static void a_seed_goes_on_from_any_place_of_a_text(void **state)
{
    (void)state;
    need_model();
    if (!is_own()) /* the logits of libllama depend on the shape of a batch */
        skip();
    struct hearth_sampling sampling = driver_greedy(16);
    sampling.temperature = 1;
    uint32_t compared = 0;
    for (uint64_t seed = 1; seed < 8; seed++) {
        sampling.seed = seed;
        sampling.max_tokens = 16;
        char *whole = kept_say(story, &sampling);
        uint32_t prompt = driver.runs[0].prompt_tokens;
        sampling.max_tokens = 6;
        char *start = kept_say(story, &sampling);
        assert_int_equal(strncmp(whole, start, strlen(start)), 0);
        char *both = hearth_format("%s%s", story, start);
        sampling.max_tokens = 10;
        const char *rest = driver_say(&driver, both, &sampling);
        /* Only where the text has become the same tokens. */
        if (driver.runs[0].prompt_tokens == prompt + 6) {
            assert_string_equal(rest, whole + strlen(start));
            compared++;
        }
        hearth_free(whole);
        hearth_free(start);
        hearth_free(both);
    }
    assert_true(compared >= 3);
}

static void an_answer_follows_its_grammar(void **state)
{
    (void)state;
    need_model();
    static const char text[] = "root ::= \"{\" kind \", \" [0-9]{2} \"}\"\n"
                               "kind ::= \"cat\" | \"caterpillar\" | \"Grüße\"";
    static const float temperatures[] = {0, 1, 2};
    struct hearth_sampling sampling = driver_greedy(24);
    sampling.grammar = (struct hearth_bytes){text, strlen(text)};
    for (int i = 0; i < 12; i++) {
        sampling.temperature = temperatures[i % 3];
        sampling.seed = (uint64_t)i;
        sampling.top_k = i < 6 ? 0 : 3;
        sampling.logprobs = i % 2 != 0;
        const char *answer = driver_say(&driver, i % 4 ? story : brazil, &sampling);
        size_t length = strlen(answer);
        assert_int_equal(driver.runs[0].finish, HEARTH_FINISH_STOP);
        assert_true(strncmp(answer, "{cat, ", 6) == 0 ||
                    strncmp(answer, "{caterpillar, ", 14) == 0 ||
                    strncmp(answer, "{Grüße, ", 10) == 0);
        assert_true(answer[length - 1] == '}' && strspn(answer + length - 3, "0123456789") == 2);
    }
}

static void a_grammar_that_cannot_be_read_is_refused(void **state)
{
    (void)state;
    need_model();
    static const char *const wrong[] = {"root ::= root \"a\"", "other ::= \"a\"", "root ::= \"a",
                                        "root ::= missing", "{\"type\":\"object\"}"};
    struct hearth_sampling sampling = driver_greedy(4);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        sampling.grammar = (struct hearth_bytes){wrong[i], strlen(wrong[i])};
        assert_int_equal(driver_prepare(&driver, 0, wrong[0], &sampling), HEARTH_EINVAL);
        assert_non_null(strstr(driver.fault.message, "grammar"));
    }
    /* So deep, so often: refused in bounded time and memory, or taken. */
    char *deep = hearth_calloc(1, 400020);
    memcpy(deep, "root ::= ", 9);
    memset(deep + 9, '(', 400000);
    sampling.grammar = (struct hearth_bytes){deep, strlen(deep)};
    assert_int_equal(driver_prepare(&driver, 0, "a", &sampling), HEARTH_EINVAL);
    hearth_free(deep);
    static const char many[] = "root ::= ((((\"a\"{1,999}){1,999}){1,999}){1,999}){1,999}";
    sampling.grammar = (struct hearth_bytes){many, strlen(many)};
    assert_int_equal(driver_prepare(&driver, 0, "a", &sampling), HEARTH_EINVAL);
}

/* Bias and grammar together may leave nothing. */
static void a_grammar_of_which_nothing_is_allowed_ends_its_sequence_only(void **state)
{
    (void)state;
    need_model();
    struct hearth_sampling sampling = driver_greedy(4), other = driver_greedy(4);
    struct hearth_logit_bias biases[512];
    struct hearth_input input = {.task = HEARTH_TASK_TOKENIZE,
                                 .kind = HEARTH_INPUT_TEXT,
                                 .bytes = "7",
                                 .length = 1,
                                 .no_special_tokens = true};
    struct hearth_prepared *prepared = NULL;
    assert_int_equal(ops->prepare(driver.engine, &input, &prepared, &driver.fault), 0);
    biases[0] = (struct hearth_logit_bias){prepared->tokens[0], -100};
    sampling.grammar = (struct hearth_bytes){"root ::= \"7\"", 12};
    sampling.biases = biases;
    sampling.bias_count = 1;
    assert_int_equal(driver_prepare(&driver, 0, story, &sampling), 0);
    assert_int_equal(driver_prepare(&driver, 1, story, &other), 0);
    driver_finish(&driver, 3, 0, 64);
    assert_int_equal(driver.runs[0].error, HEARTH_EINVAL);
    assert_int_equal(driver.runs[1].error, 0);
    assert_true(driver.runs[1].text.length > 0);
    ops->discard(driver.engine, prepared);
}

static void tokens_and_text_turn_into_each_other(void **state)
{
    (void)state;
    need_model();
    static const char text[] = "Grüße, 世界! 🙂 <|im_end|>";
    struct hearth_input input = {.task = HEARTH_TASK_TOKENIZE,
                                 .kind = HEARTH_INPUT_TEXT,
                                 .bytes = text,
                                 .length = strlen(text),
                                 .no_special_tokens = true};
    struct hearth_prepared *prepared = NULL;
    assert_int_equal(ops->prepare(driver.engine, &input, &prepared, &driver.fault), 0);
    driver_clear(&driver, 0);
    assert_int_equal(ops->detokenize(driver.engine, prepared->tokens, prepared->token_count,
                                     &driver.sink, &driver.fault),
                     0);
    assert_string_equal(driver_text(&driver, 0), text);
    ops->discard(driver.engine, prepared);
    int32_t bad[] = {0, INT32_MAX};
    assert_int_equal(ops->detokenize(driver.engine, bad, 2, &driver.sink, &driver.fault),
                     HEARTH_EINVAL);
    input = (struct hearth_input){
        .task = HEARTH_TASK_GENERATE, .kind = HEARTH_INPUT_TOKENS, .tokens = bad, .token_count = 2};
    assert_int_equal(ops->prepare(driver.engine, &input, &prepared, &driver.fault), HEARTH_EINVAL);
    assert_non_null(strstr(driver.fault.message, "2147483647"));
}

static void messages_that_are_wrong_are_refused(void **state)
{
    (void)state;
    need_model();
    static const char *const wrong[] = {
        "{",
        "{}",
        "{\"messages\":5}",
        "{\"messages\":[]}",
        "{\"messages\":[{\"role\":7}]}",
        "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}]}",
    };
    struct hearth_sampling sampling = driver_greedy(1);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        int rc = driver_prepare(&driver, 0, wrong[i], &sampling);
        assert_true(rc == HEARTH_EPARSE || rc == HEARTH_EINVAL);
        assert_true(driver.fault.message[0] != '\0');
    }
}

static void *prepare_often(void *argument)
{
    struct hearth_sampling sampling = driver_greedy(4);
    struct hearth_input input = {.task = HEARTH_TASK_GENERATE,
                                 .kind = HEARTH_INPUT_MESSAGES,
                                 .bytes = brazil,
                                 .length = strlen(brazil),
                                 .sampling = &sampling};
    uint32_t *faults = argument;
    for (int i = 0; i < 100; i++) {
        struct hearth_prepared *prepared = NULL;
        if (ops->prepare(driver.engine, &input, &prepared, NULL) != 0 ||
            prepared->token_count != driver.runs[0].prepared->token_count)
            ++*faults;
        ops->discard(driver.engine, prepared);
    }
    return NULL;
}

static void inputs_are_prepared_on_any_thread_while_a_step_runs(void **state)
{
    (void)state;
    need_model();
    struct hearth_sampling sampling = driver_greedy(24);
    char *alone = kept_say(brazil, &sampling);
    assert_int_equal(driver_prepare(&driver, 0, brazil, &sampling), 0);
    pthread_t threads[2];
    uint32_t faults[2] = {0};
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, prepare_often, &faults[i]), 0);
    driver_finish(&driver, 1, 0, 512);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(faults[0] + faults[1], 0);
    expect_text(driver_text(&driver, 0), alone, 12);
    hearth_free(alone);
}

/* What the model would see of messages. */
static const char *rendered(const char *messages)
{
    struct hearth_input input = {.task = HEARTH_TASK_TOKENIZE,
                                 .kind = HEARTH_INPUT_MESSAGES,
                                 .bytes = messages,
                                 .length = strlen(messages)};
    struct hearth_prepared *prepared = NULL;
    if (ops->prepare(driver.engine, &input, &prepared, &driver.fault) != 0)
        fail_msg("prepare: %s", driver.fault.message);
    driver_clear(&driver, 0);
    assert_int_equal(ops->detokenize(driver.engine, prepared->tokens, prepared->token_count,
                                     &driver.sink, &driver.fault),
                     0);
    ops->discard(driver.engine, prepared);
    return driver_text(&driver, 0);
}

static void assert_ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), wanted = strlen(end);
    if (length < wanted || strcmp(text + length - wanted, end) != 0)
        fail_msg("\"%s\" does not end with \"%s\"", text, end);
}

static void the_template_renders_roles_parts_and_tools(void **state)
{
    (void)state;
    need_model();
    const char *text = rendered("{\"messages\":[{\"role\":\"system\",\"content\":\"Be terse.\"},"
                                "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":"
                                "\"Hello there\"}]}]}");
    assert_non_null(strstr(text, "Be terse."));
    assert_non_null(strstr(text, "Hello there"));
    text =
        rendered("{\"messages\":[{\"role\":\"user\",\"content\":\"Rain?\"}],\"tools\":[{\"type\":"
                 "\"function\",\"function\":{\"name\":\"get_weather\",\"description\":\"d\","
                 "\"parameters\":{\"type\":\"object\",\"properties\":{}}}}]}");
    assert_non_null(strstr(text, "Rain?"));
    if (strstr(model, "SmolLM2") != NULL) {
        /* Word for word what the template of this model says. */
        assert_string_equal(rendered("{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"),
                            "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, "
                            "trained by Hugging Face<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n"
                            "<|im_start|>assistant\n");
    }
}

static void embed(uint32_t sequence, const char *text, uint32_t chunk)
{
    driver_clear(&driver, sequence);
    struct hearth_input input = {.task = HEARTH_TASK_EMBED,
                                 .kind = HEARTH_INPUT_TEXT,
                                 .bytes = text,
                                 .length = strlen(text)};
    assert_int_equal(
        ops->prepare(driver.engine, &input, &driver.runs[sequence].prepared, &driver.fault), 0);
    driver.runs[sequence].prompt_left = driver.runs[sequence].prepared->token_count;
    driver_finish(&driver, 1u << sequence, 0, chunk);
}

static double cosine(const struct driven *a, const struct driven *b)
{
    double sum = 0;
    assert_int_equal(a->value_count, b->value_count);
    for (uint32_t i = 0; i < a->value_count; i++)
        sum += (double)a->values[i] * (double)b->values[i];
    return sum;
}

static void a_generating_model_makes_vectors_too(void **state)
{
    (void)state;
    need_model();
    embed(0, "A cat sat on the mat.", 512);
    embed(1, "A cat sat on the mat.", 2);
    embed(2, "Quarterly earnings rose by eleven percent.", 512);
    assert_int_equal(driver.runs[0].value_count, driver.facts.embedding_length);
    assert_true(fabs(cosine(&driver.runs[0], &driver.runs[0]) - 1) < 1e-5);
    assert_true(cosine(&driver.runs[0], &driver.runs[1]) > 0.999);
    assert_true(cosine(&driver.runs[0], &driver.runs[2]) < 0.99);
    /* And generates as before. */
    struct hearth_sampling sampling = driver_greedy(8);
    driver_say(&driver, story, &sampling);
    assert_int_equal(driver.runs[0].completion_tokens, 8);
}

static uint64_t status_kib(const char *field)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    uint64_t value = 0;
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, field, strlen(field)) != 0)
            continue;
        for (const char *at = line; *at != '\0'; at++)
            if (*at >= '0' && *at <= '9')
                value = value * 10 + (uint64_t)(*at - '0');
    }
    if (file != NULL)
        fclose(file);
    return value;
}

/* This program again, on a file: what this process holds does not count, and what ends the child
 * does not end the tests. */
static int in_child(const char *what, const char *path, unsigned seconds)
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        alarm(seconds);
        execl("/proc/self/exe", "test", what, path, NULL);
        _exit(99);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static int memory_in_plan(const char *path)
{
    struct hearth_model_files files = {.path = path};
    struct hearth_load_params params = {.context = 2048, .slots = 4, .settings_json = settings()};
    struct hearth_memory_plan plan;
    struct hearth_error error = {0};
    if (ops->plan_memory(&files, &params, &plan, &error) != 0)
        return 2;
    uint64_t before = status_kib("VmRSS");
    struct driver own;
    driver_open(&own, ops, path, &params);
    struct hearth_sampling sampling = driver_greedy(2);
    char *text = words(600);
    driver_say(&own, text, &sampling);
    hearth_free(text);
    uint64_t held = (status_kib("VmHWM") - before) / 1024;
    uint64_t planned = (plan.weights + plan.cache + plan.scratch + plan.process) >> 20;
    driver_close(&own);
    print_message("held %lu MiB, planned %lu MiB\n", (unsigned long)held, (unsigned long)planned);
    return held > planned ? 3 : planned > 2 * held + 128 ? 4 : 0;
}

static void the_memory_plan_is_an_upper_bound_and_not_a_wild_one(void **state)
{
    (void)state;
    need_model();
#ifdef __SANITIZE_ADDRESS__
    skip();
#endif
    assert_int_equal(in_child("memory", model, 120), 0);
}

static bool give_up(struct hearth_load_progress *progress, float fraction)
{
    (void)progress;
    return fraction < 0.5f;
}

static void loading_can_be_given_up(void **state)
{
    (void)state;
    need_model();
    struct hearth_load_progress progress = {give_up};
    struct hearth_model_files files = {.path = model};
    struct hearth_load_params params = {.context = 256, .slots = 1, .settings_json = settings()};
    struct hearth_engine *engine = NULL;
    struct hearth_model_facts facts;
    struct hearth_error error = {0};
    assert_int_equal(ops->load(&files, &params, &progress, &engine, &facts, &error),
                     HEARTH_ECANCELED);
    assert_null(engine);
}

static int load_any(const char *path)
{
    struct hearth_model_files files = {.path = path};
    struct hearth_load_params params = {.context = 256, .slots = 1, .settings_json = settings()};
    struct hearth_engine *engine = NULL;
    struct hearth_model_facts facts;
    struct hearth_error error = {0};
    int rc = ops->load(&files, &params, NULL, &engine, &facts, &error);
    if (rc == 0) {
        ops->unload(engine);
        return 0;
    }
    if (engine != NULL || error.code != rc || error.message[0] == '\0')
        return 2;
    return 1;
}

/* A copy of the model: its first bytes, with some of them changed. */
static void put_copy(const char *path, size_t length, size_t flip_at, int flip, bool random_tail)
{
    FILE *in = fopen(model, "rb"), *out = fopen(path, "wb");
    assert_non_null(in);
    assert_non_null(out);
    char block[65536];
    uint32_t random = 1;
    for (size_t at = 0; at < length;) {
        size_t n = fread(block, 1, sizeof(block) < length - at ? sizeof(block) : length - at, in);
        if (n == 0)
            break;
        if (flip_at >= at && flip_at < at + n)
            block[flip_at - at] ^= (char)flip;
        for (size_t i = 0; random_tail && at > length / 2 && i < n; i++)
            block[i] = (char)((random = random * 1664525 + 1013904223) >> 24);
        assert_int_equal(fwrite(block, 1, n, out), n);
        at += n;
    }
    fclose(in);
    fclose(out);
}

static void corrupt_files_are_errors_within_seconds(void **state)
{
    (void)state;
    need_model();
    char path[] = "/tmp/hearth-llama-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    close(descriptor);
    static const size_t cuts[] = {0, 3, 100, 5000, 1000000, 4000000};
    for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
        put_copy(path, cuts[i], SIZE_MAX, 0, false);
        assert_int_equal(in_child("load", path, 20), 1 << 8);
    }
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    fputs("Dear diary, today I was mistaken for a model.\n", out);
    fclose(out);
    assert_int_equal(in_child("load", path, 20), 1 << 8);
    /* Weights of noise load, for nobody can tell them from a model; but our own looks at their
     * scales, of which some are not finite. */
    put_copy(path, SIZE_MAX, SIZE_MAX, 0, false);
    FILE *noise = fopen(path, "r+b");
    assert_non_null(noise);
    fseek(noise, -1000000, SEEK_END);
    for (uint32_t i = 0, random = 1; i < 1000000; i++)
        fputc((int)((random = random * 1664525 + 1013904223) >> 24), noise);
    fclose(noise);
    assert_int_equal(in_child("load", path, 60), is_own() ? 1 << 8 : 0);
    unlink(path);
}

static void a_header_with_a_flipped_byte_never_ends_the_process(void **state)
{
    (void)state;
    need_model();
    char path[] = "/tmp/hearth-llama-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    close(descriptor);
    put_copy(path, SIZE_MAX, SIZE_MAX, 0, false);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    uint32_t random = 12345;
    for (int i = 0; i < 40; i++) {
        random = random * 1664525 + 1013904223;
        long at = i < 30 ? (long)(random % 1500) : (long)(random % 2000000);
        fseek(file, at, SEEK_SET);
        int old = fgetc(file);
        fseek(file, at, SEEK_SET);
        fputc(old ^ (1 << (random >> 29)), file);
        fflush(file);
        int status = in_child("load", path, 60);
        if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
            fail_msg("byte %ld, bit %u: status %x", at, random >> 29, (unsigned)status);
        fseek(file, at, SEEK_SET);
        fputc(old, file);
    }
    fclose(file);
    unlink(path);
}

static struct hearth_buf piece;

static void keep_piece(struct hearth_event_sink *sink, const struct hearth_event *event)
{
    (void)sink;
    hearth_buf_clear(&piece);
    hearth_buf_append(&piece, event->bytes.bytes, event->bytes.length);
}

/* A token whose text is only the beginning of a character. */
static int32_t cut_token(void)
{
    struct hearth_event_sink sink = {.emit = keep_piece};
    hearth_buf_init(&piece, 1u << 16);
    int32_t found = -1;
    for (int32_t i = 0; found < 0 && i < (int32_t)driver.facts.vocabulary_length; i++) {
        assert_int_equal(ops->detokenize(driver.engine, &i, 1, &sink, &driver.fault), 0);
        if (piece.length > 0 && hearth_utf8_whole(piece.bytes, piece.length) == 0)
            found = i;
    }
    hearth_buf_finish(&piece);
    return found;
}

static void what_there_is_of_a_cut_character_is_left_out(void **state)
{
    (void)state;
    need_model();
    const struct hearth_logit_bias bias = {.token = cut_token(), .bias = 100};
    assert_true(bias.token >= 0);
    struct hearth_sampling sampling = driver_greedy(1);
    sampling.biases = &bias;
    sampling.bias_count = 1;
    assert_string_equal(driver_say(&driver, story, &sampling), "");
    assert_int_equal(driver.runs[0].finish, HEARTH_FINISH_LENGTH);
    assert_int_equal(driver.runs[0].completion_tokens, 1);
    sampling.logprobs = true; /* the token is told, and its text is still empty */
    assert_string_equal(driver_say(&driver, story, &sampling), "");
    assert_int_equal(driver.runs[0].logprob_count, 1);
    assert_false(driver.runs[0].broken_text);
}

static void members_of_a_conversation_that_are_null_are_as_absent(void **state)
{
    (void)state;
    need_model();
    static const char *const same[] = {
        "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"},{\"role\":\"assistant\"},"
        "{\"role\":\"user\",\"content\":\"Go\"}]}",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\",\"name\":null,\"tool_calls\":null,"
        "\"tool_call_id\":null,\"reasoning_content\":null},{\"role\":\"assistant\","
        "\"content\":null},{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"Go\"}]}],"
        "\"tools\":null,\"tool_choice\":null,\"chat_template_kwargs\":null}",
    };
    uint32_t counts[2];
    for (int i = 0; i < 2; i++) {
        if (driver_prepare(&driver, 0, same[i], NULL) != 0)
            fail_msg("%s", driver.fault.message);
        counts[i] = driver.runs[0].prepared->token_count;
    }
    assert_int_equal(counts[0], counts[1]);
}

static void an_assistant_message_without_content_is_answered_and_not_gone_on_with(void **state)
{
    (void)state;
    need_model();
    static const char *const silent[] = {"", ",\"content\":null", ",\"content\":\"\"",
                                         ",\"content\":[]",
                                         ",\"content\":[{\"type\":\"text\",\"text\":\"\"}]"};
    if (strstr(model, "SmolLM2") == NULL)
        skip();
    for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++) {
        char json[256];
        snprintf(json, sizeof(json),
                 "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"},"
                 "{\"role\":\"assistant\"%s}]}",
                 silent[i]);
        assert_non_null(strstr(rendered(json), "<|im_start|>user\nHi<|im_end|>\n"));
        assert_ends_with(rendered(json), "<|im_start|>assistant\n");
        snprintf(json, sizeof(json), "{\"messages\":[{\"role\":\"assistant\"%s}]}", silent[i]);
        assert_ends_with(rendered(json), "<|im_start|>assistant\n");
    }
    assert_ends_with(rendered("{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"},"
                              "{\"role\":\"assistant\",\"content\":\"Well\"}]}"),
                     "<|im_start|>assistant\nWell");
}

static void a_text_that_cannot_fit_by_its_bytes_is_refused_before_it_is_tokenized(void **state)
{
    (void)state;
    need_model();
    enum { LENGTH = 5000000 };
    struct hearth_sampling sampling = driver_greedy(1);
    static const char open[] = "{\"messages\":[{\"role\":\"user\",\"content\":\"";
    static const char close[] = "\"}]}";
    char *json = hearth_calloc(1, LENGTH + sizeof(open) + sizeof(close));
    memcpy(json, open, sizeof(open) - 1);
    char *text = json + sizeof(open) - 1;
    memset(text, 'x', LENGTH);
    uint64_t began_ms = hearth_clock_monotonic_ms();
    assert_int_equal(driver_prepare(&driver, 0, text, &sampling), HEARTH_ECONTEXT);
    assert_true(hearth_clock_monotonic_ms() - began_ms < 100);
    assert_non_null(strstr(driver.fault.message,
                           "This model's maximum context length is 512 tokens. However, you "
                           "requested at least "));
    assert_non_null(strstr(driver.fault.message, "Please reduce the length of the prompt."));
    memcpy(text + LENGTH, close, sizeof(close));
    assert_int_equal(driver_prepare(&driver, 0, json, &sampling), HEARTH_ECONTEXT);
    assert_non_null(strstr(driver.fault.message, "Please reduce the length of the messages."));
    hearth_free(json);
}

static void a_fault_of_a_conversation_is_named_by_its_place(void **state)
{
    (void)state;
    need_model();
    static const struct {
        const char *json, *words;
    } rows[] = {
        {"{\"messages\":[]}", "messages must hold at least one message"},
        {"{\"messages\":{}}", "messages must be a list"},
        {"{\"messages\":[1]}", "messages[0] must be an object"},
        {"{\"messages\":[{}]}", "messages[0].role is missing"},
        {"{\"messages\":[{\"role\":\"user\",\"content\":7}]}",
         "messages[0].content must be a text or"},
        {"{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\"}]}]}",
         "messages[0].content[0].type must be \"text\""},
        {"{\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"id\":null}]}]}",
         "messages[0].tool_calls[0].function is missing"},
        {"{\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":null}}]}]"
         "}",
         "messages[0].tool_calls[0].function.name is missing"},
        {"{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"tools\":[{\"function\":"
         "{\"name\":\"f\",\"parameters\":[]}}]}",
         "tools[0].function.parameters must be an object"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(driver_prepare(&driver, 0, rows[i].json, NULL), HEARTH_EINVAL);
        if (strncmp(driver.fault.message, rows[i].words, strlen(rows[i].words)) != 0)
            fail_msg("\"%s\" does not begin with \"%s\"", driver.fault.message, rows[i].words);
    }
    assert_int_equal(driver_prepare(&driver, 0, "{broken", NULL), HEARTH_EPARSE);
    assert_null(strstr(driver.fault.message, "json"));
}

static void more_messages_than_the_context_has_tokens_are_not_rendered(void **state)
{
    (void)state;
    need_model();
    struct hearth_buf chat;
    hearth_buf_init(&chat, 16u << 20);
    hearth_buf_text(&chat, "{\"messages\":[");
    for (uint32_t i = 0; i < CONTEXT; i++)
        hearth_buf_text(&chat, "{\"role\":\"user\",\"content\":\"a\"},");
    hearth_buf_text(&chat, "{\"role\":\"user\",\"content\":\"a\"}]}");
    assert_int_equal(driver_prepare(&driver, 0, hearth_buf_cstr(&chat), NULL), HEARTH_ECONTEXT);
    assert_non_null(strstr(driver.fault.message, "the conversation has 513 messages"));
    hearth_buf_finish(&chat);
}

static void the_instruction_set_is_told(void **state)
{
    (void)state;
    need_model();
    assert_non_null(strstr(driver.facts.compute, getenv(NARROWED)));
}

/* A network of two small layers, one type of weights for each instruction set, with the model's
 * vocabulary. */
static int open_small_model(void **state)
{
    static char path[64];
    snprintf(path, sizeof(path), "/tmp/hearth-small-%d", (int)getpid());
    static const enum hearth_quant types[] = {HEARTH_QUANT_Q4_0, HEARTH_QUANT_Q4_1,
                                              HEARTH_QUANT_Q8_0, HEARTH_QUANT_BF16,
                                              HEARTH_QUANT_F16,  HEARTH_QUANT_F32};
    static unsigned made;
    struct decoder_maker maker = decoder_maker_small("llama");
    (void)state;
    if (ops == NULL || getenv("HEARTH_TEST_GGUF") == NULL)
        return 0;
    maker.tokens_of = getenv("HEARTH_TEST_GGUF");
    maker.layers = 2;
    maker.width = 64;
    maker.tied = true;
    maker.vocabulary = small_vocabulary;
    maker.type = types[made++ % (sizeof(types) / sizeof(types[0]))];
    if (!decoder_make(&maker, path))
        return 1;
    model = path;
    struct hearth_load_params params = {
        .context = CONTEXT, .slots = 4, .batch = 128, .settings_json = settings()};
    driver_open(&driver, ops, model, &params);
    return 0;
}

static int close_small_model(void **state)
{
    int rc = close_model(state);
    if (ops != NULL && model != NULL)
        unlink(model);
    return rc;
}

int main(int argc, char **argv)
{
    if (argc == 3) {
        ops = driver_plugin("llama");
        return strcmp(argv[1], "memory") == 0 ? memory_in_plan(argv[2]) : load_any(argv[2]);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_header_alone_gives_facts_and_a_memory_plan),
        cmocka_unit_test(settings_that_are_wrong_are_named),
        cmocka_unit_test(a_chat_at_temperature_0_names_portuguese_and_ends),
        cmocka_unit_test(the_same_seed_gives_the_same_text_from_a_cold_prefix),
        cmocka_unit_test(a_prefix_that_a_sequence_still_holds_is_not_computed_again),
        cmocka_unit_test(a_copy_goes_on_as_its_original_and_a_cut_one_as_what_is_left),
        cmocka_unit_test(a_saved_sequence_is_restored_and_a_broken_one_is_refused),
        cmocka_unit_test(a_stop_string_across_tokens_cuts_the_text),
        cmocka_unit_test(text_is_released_in_whole_characters),
        cmocka_unit_test(four_sequences_in_a_batch_say_what_each_says_alone),
        cmocka_unit_test(a_prompt_in_chunks_gives_what_the_whole_gives),
        cmocka_unit_test(a_cancelled_sequence_is_free_and_the_others_go_on),
        cmocka_unit_test(an_aborted_step_may_be_given_again),
        cmocka_unit_test(an_input_over_the_context_is_refused_with_both_numbers),
        cmocka_unit_test(generation_ends_at_the_context),
        cmocka_unit_test(logprobs_are_those_of_the_model),
        cmocka_unit_test(a_bias_forces_and_forbids_tokens),
        cmocka_unit_test(a_bias_outside_the_vocabulary_is_named),
        cmocka_unit_test(narrow_sampling_equals_greedy),
        cmocka_unit_test(a_repeat_penalty_breaks_a_loop),
        cmocka_unit_test(a_small_sigma_equals_greedy),
        cmocka_unit_test(xtc_leaves_out_the_likeliest),
        cmocka_unit_test(dry_breaks_a_loop_that_no_breaker_ends),
        cmocka_unit_test(breakers_of_no_sense_are_named),
        cmocka_unit_test(a_seed_goes_on_from_any_place_of_a_text),
        cmocka_unit_test(an_answer_follows_its_grammar),
        cmocka_unit_test(a_grammar_that_cannot_be_read_is_refused),
        cmocka_unit_test(a_grammar_of_which_nothing_is_allowed_ends_its_sequence_only),
        cmocka_unit_test(tokens_and_text_turn_into_each_other),
        cmocka_unit_test(messages_that_are_wrong_are_refused),
        cmocka_unit_test(inputs_are_prepared_on_any_thread_while_a_step_runs),
        cmocka_unit_test(the_template_renders_roles_parts_and_tools),
        cmocka_unit_test(a_generating_model_makes_vectors_too),
        cmocka_unit_test(loading_can_be_given_up),
        cmocka_unit_test(the_memory_plan_is_an_upper_bound_and_not_a_wild_one),
        cmocka_unit_test(corrupt_files_are_errors_within_seconds),
        cmocka_unit_test(what_there_is_of_a_cut_character_is_left_out),
        cmocka_unit_test(members_of_a_conversation_that_are_null_are_as_absent),
        cmocka_unit_test(an_assistant_message_without_content_is_answered_and_not_gone_on_with),
        cmocka_unit_test(a_text_that_cannot_fit_by_its_bytes_is_refused_before_it_is_tokenized),
        cmocka_unit_test(a_fault_of_a_conversation_is_named_by_its_place),
        cmocka_unit_test(more_messages_than_the_context_has_tokens_are_not_rendered),
        cmocka_unit_test(a_header_with_a_flipped_byte_never_ends_the_process),
    };
    /* What computes, and needs neither a model's words nor a slow one. */
    const struct CMUnitTest computing[] = {
        cmocka_unit_test(the_instruction_set_is_told),
        cmocka_unit_test(the_same_seed_gives_the_same_text_from_a_cold_prefix),
        cmocka_unit_test(a_prefix_that_a_sequence_still_holds_is_not_computed_again),
        cmocka_unit_test(a_copy_goes_on_as_its_original_and_a_cut_one_as_what_is_left),
        cmocka_unit_test(a_saved_sequence_is_restored_and_a_broken_one_is_refused),
        cmocka_unit_test(text_is_released_in_whole_characters),
        cmocka_unit_test(four_sequences_in_a_batch_say_what_each_says_alone),
        cmocka_unit_test(a_prompt_in_chunks_gives_what_the_whole_gives),
        cmocka_unit_test(a_cancelled_sequence_is_free_and_the_others_go_on),
        cmocka_unit_test(an_input_over_the_context_is_refused_with_both_numbers),
        cmocka_unit_test(generation_ends_at_the_context),
        cmocka_unit_test(logprobs_are_those_of_the_model),
        cmocka_unit_test(a_bias_forces_and_forbids_tokens),
        cmocka_unit_test(narrow_sampling_equals_greedy),
        cmocka_unit_test(inputs_are_prepared_on_any_thread_while_a_step_runs),
        cmocka_unit_test(a_generating_model_makes_vectors_too),
    };
    setenv(COMPUTE, "own", 1);
    int failed = cmocka_run_group_tests_name("our own", tests, open_model, close_model);
    setenv(COMPUTE, "libllama", 1);
    failed += cmocka_run_group_tests_name("libllama", tests, open_model, close_model);
    setenv(COMPUTE, "own", 1);
    for (int isa = 0; isa < HEARTH_ISA_COUNT; isa++) {
        if (!hearth_isa_usable((enum hearth_isa)isa))
            continue;
        const char *name =
            hearth_decoder_kernels_name(hearth_decoder_kernels_for((enum hearth_isa)isa));
        setenv(NARROWED, name, 1);
        failed += cmocka_run_group_tests_name(name, computing, open_small_model, close_small_model);
    }
    return failed;
}
