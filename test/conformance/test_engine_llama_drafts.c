/* Speculative decoding in the llama engine: whatever is drafted, the text is that of one token at a
 * time. On the model that HEARTH_TEST_GGUF names; without one the tests are skipped. Our own
 * decoder gives the same bits however many tokens a step has, so that there all of a text is
 * compared. */
#include "support/engine_driver.h"

static const struct hearth_engine_ops *ops;
static const char *model;
static struct driver driver;

static const char list[] =
    "{\"messages\":[{\"role\":\"user\",\"content\":\"Repeat this list three times, word for word: "
    "apple, banana, cherry, dragon fruit, elderberry, fig, grape, apple, banana, cherry, dragon "
    "fruit, elderberry, fig, grape.\"}]}";
static const char counting[] = "one two three four one two three four one two three four one two";

static void open_with(const char *settings)
{
    ops = driver_plugin("llama");
    model = getenv("HEARTH_TEST_GGUF");
    if (ops == NULL || model == NULL) {
        print_message("skipped: no llama plug-in, or HEARTH_TEST_GGUF is not set\n");
        skip();
    }
    struct hearth_load_params params = {
        .context = 256, .slots = 4, .batch = 128, .settings_json = settings};
    driver_open(&driver, ops, model, &params);
}

static char *say(const char *text, const struct hearth_sampling *sampling, uint32_t drafts)
{
    driver.drafts = drafts;
    return hearth_strdup(driver_say(&driver, text, sampling));
}

/* With drafts of several lengths, and without; returns the tokens that were accepted. */
static uint32_t expect_same(const char *text, const struct hearth_sampling *sampling)
{
    char *without = say(text, sampling, 0);
    uint32_t tokens = driver.runs[0].completion_tokens, accepted = 0;
    uint32_t logprobs = driver.runs[0].logprob_count;
    double last = logprobs > 0 ? driver.runs[0].logprobs[logprobs - 1] : 0;
    assert_int_equal(driver.runs[0].drafted_tokens, 0);
    for (uint32_t drafts = 2; drafts <= 27; drafts += 25) {
        char *with = say(text, sampling, drafts);
        const struct driven *run = &driver.runs[0];
        assert_string_equal(with, without);
        assert_int_equal(run->completion_tokens, tokens);
        assert_true(run->accepted_tokens <= run->drafted_tokens);
        assert_int_equal(run->logprob_count, logprobs);
        if (logprobs > 0)
            assert_true(run->logprobs[logprobs - 1] == last);
        accepted = run->accepted_tokens;
        hearth_free(with);
    }
    hearth_free(without);
    return accepted;
}

static void greedy_text_is_the_same_and_comes_in_fewer_steps(void **state)
{
    (void)state;
    open_with("{\"compute\":\"own\"}");
    struct hearth_sampling sampling = driver_greedy(80);
    sampling.ignore_eos = true;
    assert_true(expect_same(counting, &sampling) > 40);
    assert_true(expect_same(list, &sampling) > 20);
    for (uint32_t most = 1; most < 4; most++) {
        sampling.max_tokens = most;
        expect_same(counting, &sampling);
    }
    sampling.max_tokens = 0; /* up to the context's end */
    expect_same(counting, &sampling);
    driver_close(&driver);
}

static void a_seed_gives_the_same_text_at_any_temperature(void **state)
{
    (void)state;
    open_with("{\"compute\":\"own\"}");
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct hearth_sampling sampling = driver_greedy(40);
        sampling.temperature = 0.4f * (float)seed;
        sampling.top_p = 0.95f;
        sampling.seed = seed;
        expect_same(list, &sampling);
        expect_same(counting, &sampling);
    }
    driver_close(&driver);
}

static void penalties_stops_grammars_and_logprobs_are_as_without(void **state)
{
    (void)state;
    open_with("{\"compute\":\"own\"}");
    static const char grammar[] = "root ::= (\"one \" | \"two \" | \"three \" | \"four \")+";
    static const char any[] = "root ::= \"[\" [0-9]+ (\", \" [0-9]+)* \"]\"";
    struct hearth_sampling sampling = driver_greedy(40);
    sampling.ignore_eos = true;
    sampling.repeat_penalty = 1.05f;
    sampling.frequency_penalty = 0.02f;
    expect_same(counting, &sampling);
    sampling = driver_greedy(40);
    const struct hearth_bytes stop = {"four one two three four one two three", 37};
    sampling.stops = &stop;
    sampling.stop_count = 1;
    expect_same(counting, &sampling);
    assert_int_equal(driver.runs[0].stop, 1);
    sampling = driver_greedy(40);
    sampling.logprobs = true;
    sampling.top_logprobs = 3;
    expect_same(counting, &sampling);
    sampling = driver_greedy(40);
    sampling.grammar = (struct hearth_bytes){grammar, strlen(grammar)};
    assert_true(expect_same(counting, &sampling) > 10);
    sampling.grammar = (struct hearth_bytes){any, strlen(any)};
    expect_same(list, &sampling);
    driver_close(&driver);
}

/* Four at once, and a fifth that finds what a first has left behind its draft. */
static void a_batch_says_what_each_says_alone_and_leaves_a_sound_cache(void **state)
{
    (void)state;
    static const char *const texts[] = {counting, list, "the cat sat. the cat sat. the cat",
                                        "a b c d e f g a b c d e f g a b c"};
    open_with("{\"compute\":\"own\"}");
    struct hearth_sampling sampling = driver_greedy(50);
    sampling.ignore_eos = true;
    char *alone[4];
    for (int i = 0; i < 4; i++)
        alone[i] = say(texts[i], &sampling, 0);
    driver.drafts = 8;
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(driver_prepare(&driver, i, texts[i], &sampling), 0);
    driver_finish(&driver, 15, 0, 512);
    for (uint32_t i = 0; i < 4; i++) {
        assert_string_equal(driver_text(&driver, i), alone[i]);
        hearth_free(alone[i]);
    }
    sampling.max_tokens = 37;
    struct hearth_buf longer;
    char *first = say(counting, &sampling, 16);
    hearth_buf_init(&longer, 1u << 16);
    hearth_buf_printf(&longer, "%s%s", counting, first);
    char *from_cache = say(hearth_buf_cstr(&longer), &sampling, 16);
    assert_true(driver.runs[0].cached_tokens > 20);
    hearth_free(say("something else", &sampling, 0));
    char *fresh = say(hearth_buf_cstr(&longer), &sampling, 0);
    assert_string_equal(from_cache, fresh);
    hearth_free(first);
    hearth_free(from_cache);
    hearth_free(fresh);
    hearth_buf_finish(&longer);
    driver_close(&driver);
}

static void off_is_off_and_libllama_drafts_when_it_is_asked_to(void **state)
{
    (void)state;
    struct hearth_sampling sampling = driver_greedy(40);
    sampling.ignore_eos = true;
    static const char *const silent[] = {"{\"compute\":\"own\",\"speculation\":\"off\"}",
                                         "{\"compute\":\"libllama\"}"};
    for (int i = 0; i < 2; i++) {
        open_with(silent[i]);
        hearth_free(say(counting, &sampling, 16));
        assert_int_equal(driver.runs[0].drafted_tokens, 0);
        driver_close(&driver);
    }
    open_with("{\"compute\":\"libllama\",\"speculation\":\"lookup\"}");
    char *without = say(counting, &sampling, 0);
    char *with = say(counting, &sampling, 16);
    assert_true(driver.runs[0].accepted_tokens > 20);
    /* Its sums depend on the number of rows. */
    assert_memory_equal(with, without, 30);
    hearth_free(with);
    hearth_free(without);
    driver_close(&driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(greedy_text_is_the_same_and_comes_in_fewer_steps),
        cmocka_unit_test(a_seed_gives_the_same_text_at_any_temperature),
        cmocka_unit_test(penalties_stops_grammars_and_logprobs_are_as_without),
        cmocka_unit_test(a_batch_says_what_each_says_alone_and_leaves_a_sound_cache),
        cmocka_unit_test(off_is_off_and_libllama_drafts_when_it_is_asked_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
