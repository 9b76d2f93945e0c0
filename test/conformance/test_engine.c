/* One suite over every engine that is here: the fake one always, llama when it is built and
 * HEARTH_TEST_GGUF names a model. The ops table is driven directly, as the worker drives it. */
#include "support/engine_driver.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#define CONTEXT 256u
#define SLOTS 4u

struct subject {
    const char *engine;
    const char *path;  /* of the model; NULL: not here */
    const char *wrong; /* a file that is no model of this engine */
};

static const struct hearth_engine_ops *ops;
static struct driver driver;
static const char prompt[] = "Once upon a time there was a fox";

static const struct subject *subject_of(void **state)
{
    const struct subject *subject = *state;
    if (!ops || !subject->path) {
        print_message("skipped: no model for the engine %s\n", subject->engine);
        skip();
    }
    return subject;
}

static int open_subject(void **state)
{
    const struct subject *subject = *state;
    ops = subject->path ? driver_plugin(subject->engine) : NULL;
    const struct hearth_load_params params = {.context = CONTEXT, .slots = SLOTS, .batch = 64};
    if (ops)
        driver_open(&driver, ops, subject->path, &params);
    return 0;
}

static int close_subject(void **state)
{
    (void)state;
    if (ops)
        driver_close(&driver);
    ops = NULL;
    return 0;
}

static void the_table_is_complete(void **state)
{
    const struct subject *subject = subject_of(state);
    assert_int_equal(ops->abi, HEARTH_ENGINE_ABI);
    assert_true(ops->size >= offsetof(struct hearth_engine_ops, detokenize));
    assert_string_equal(ops->name, subject->engine);
    assert_non_null(ops->version);
}

static void describe_agrees_with_load(void **state)
{
    const struct subject *subject = subject_of(state);
    const struct hearth_model_files files = {.path = subject->path};
    struct hearth_model_facts facts;
    struct hearth_error error = {0};
    assert_int_equal(ops->describe(&files, &facts, &error), 0);
    assert_string_equal(facts.architecture, driver.facts.architecture);
    assert_int_equal(facts.tasks, driver.facts.tasks);
    assert_int_equal(facts.trained_context, driver.facts.trained_context);
    assert_true(facts.tasks & HEARTH_TASK_GENERATE);
    assert_int_equal(driver.facts.context, CONTEXT);
}

static void a_plan_grows_with_context_and_slots(void **state)
{
    const struct subject *subject = subject_of(state);
    const struct hearth_model_files files = {.path = subject->path};
    const struct hearth_load_params small = {.context = 64, .slots = 1, .batch = 64};
    const struct hearth_load_params large = {.context = 1024, .slots = 8, .batch = 64};
    struct hearth_memory_plan a, b;
    assert_int_equal(ops->plan_memory(&files, &small, &a, NULL), 0);
    assert_int_equal(ops->plan_memory(&files, &large, &b, NULL), 0);
    assert_true(b.cache + b.scratch > a.cache + a.scratch);
    assert_int_equal(a.weights, b.weights);
}

static void a_file_that_is_no_model_is_an_error_with_a_reason(void **state)
{
    const struct subject *subject = subject_of(state);
    const struct hearth_model_files wrong = {.path = subject->wrong},
                                    none = {.path = "/nonexistent/model"};
    struct hearth_model_facts facts;
    struct hearth_memory_plan plan;
    struct hearth_error error = {0};
    assert_int_equal(ops->describe(&wrong, &facts, &error), HEARTH_EMODEL);
    assert_true(strlen(error.message) > 0);
    assert_int_not_equal(ops->plan_memory(&wrong, &(struct hearth_load_params){0}, &plan, &error),
                         0);
    error = (struct hearth_error){0};
    int rc = ops->describe(&none, &facts, &error);
    assert_true(rc < 0);
    assert_int_equal(error.code, rc);
}

static bool give_up(struct hearth_load_progress *progress, float fraction)
{
    (void)progress;
    return fraction < 0;
}

static void a_load_that_is_given_up_is_canceled(void **state)
{
    const struct subject *subject = subject_of(state);
    const struct hearth_model_files files = {.path = subject->path};
    const struct hearth_load_params params = {.context = 64, .slots = 1};
    struct hearth_load_progress progress = {give_up};
    struct hearth_engine *engine = NULL;
    struct hearth_model_facts facts;
    assert_int_equal(ops->load(&files, &params, &progress, &engine, &facts, NULL),
                     HEARTH_ECANCELED);
    assert_null(engine);
}

static void greedy_text_is_the_same_again_and_in_chunks(void **state)
{
    subject_of(state);
    const struct hearth_sampling sampling = driver_greedy(6);
    char first[1024];
    snprintf(first, sizeof(first), "%s", driver_say(&driver, prompt, &sampling));
    assert_true(strlen(first) > 0);
    assert_int_equal(driver.runs[0].completion_tokens, 6);
    assert_int_equal(driver.runs[0].finish, HEARTH_FINISH_LENGTH);
    assert_string_equal(driver_say(&driver, prompt, &sampling), first);
    assert_false(driver.runs[0].broken_text);
}

static void the_tokens_of_an_answer_are_all_accounted_for(void **state)
{
    subject_of(state);
    struct hearth_sampling sampling = driver_greedy(5);
    sampling.logprobs = true;
    sampling.top_logprobs = 3;
    driver_say(&driver, prompt, &sampling);
    const struct driven *run = &driver.runs[0];
    assert_int_equal(run->event_tokens, run->completion_tokens);
    assert_int_equal(run->logprob_count, run->completion_tokens);
    assert_int_equal(run->prompt_tokens, run->prepared->token_count);
    for (uint32_t i = 0; i < run->logprob_count; i++)
        assert_true(run->logprobs[i] <= 0.0001);
}

static void the_logprobs_of_a_prompt_come_before_any_text(void **state)
{
    subject_of(state);
    struct hearth_sampling sampling = driver_greedy(3);
    sampling.logprobs = sampling.prompt_logprobs = true;
    sampling.top_logprobs = 1;
    const struct driven *run = &driver.runs[0];
    for (int again = 0; again < 2; again++) { /* the second time it may be in the cache */
        driver_say(&driver, prompt, &sampling);
        assert_int_equal(run->prompt_logprob_count, run->prompt_tokens);
        assert_true(isnan(run->prompt_logprobs[0]));
        for (uint32_t i = 1; i < run->prompt_logprob_count; i++)
            assert_true(run->prompt_logprobs[i] <= 0);
        assert_int_equal(run->completion_tokens, 3);
    }
    sampling.no_answer = true;
    assert_string_equal(driver_say(&driver, prompt, &sampling), "");
    assert_int_equal(run->prompt_logprob_count, run->prompt_tokens);
    assert_int_equal(run->completion_tokens, 0);
    assert_int_equal(run->finish, HEARTH_FINISH_LENGTH);
}

static void progress_is_told_up_to_the_whole_prompt_before_any_text(void **state)
{
    subject_of(state);
    struct hearth_sampling sampling = driver_greedy(1);
    const struct driven *run = &driver.runs[0];
    driver_say(&driver, prompt, &sampling);
    assert_int_equal(run->prompt_read, 0); /* nobody asked */
    sampling.progress = true;
    driver_say(&driver, prompt, &sampling);
    assert_true(run->prompt_tokens > 0);
    assert_int_equal(run->prompt_read, run->prompt_tokens);
}

static void a_stop_string_is_taken_out_of_the_text_and_told(void **state)
{
    subject_of(state);
    struct hearth_sampling sampling = driver_greedy(6);
    char whole[1024];
    snprintf(whole, sizeof(whole), "%s", driver_say(&driver, prompt, &sampling));
    size_t length = strlen(whole);
    assert_true(length >= 8);
    const struct hearth_bytes stops[] = {{"never said", 10}, {whole + length / 2, 3}};
    const char *first = memmem(whole, length, stops[1].bytes, stops[1].length);
    sampling.stops = stops;
    sampling.stop_count = 2;
    const char *cut = driver_say(&driver, prompt, &sampling);
    assert_int_equal(strlen(cut), first - whole);
    assert_memory_equal(cut, whole, strlen(cut));
    assert_int_equal(driver.runs[0].finish, HEARTH_FINISH_STOP);
    assert_int_equal(driver.runs[0].stop, 2);
}

static void an_input_over_the_context_is_refused_with_both_numbers(void **state)
{
    subject_of(state);
    const struct hearth_sampling sampling = driver_greedy(1);
    char *text = calloc(CONTEXT + 50, 5);
    for (uint32_t i = 0; i < CONTEXT + 49; i++)
        memcpy(text + (size_t)i * 5, " word", 5);
    driver.fault = (struct hearth_error){0};
    assert_int_equal(driver_prepare(&driver, 0, text, &sampling), HEARTH_ECONTEXT);
    assert_non_null(strstr(driver.fault.message, "256"));
    assert_non_null(strpbrk(driver.fault.message, "3"));
    free(text);
}

static void generation_ends_at_the_context(void **state)
{
    subject_of(state);
    struct hearth_sampling sampling = driver_greedy(0);
    sampling.ignore_eos = true;
    driver_say(&driver, prompt, &sampling);
    const struct driven *run = &driver.runs[0];
    assert_int_equal(run->finish, HEARTH_FINISH_LENGTH);
    assert_true(run->prompt_tokens + run->completion_tokens <= CONTEXT);
    assert_true(run->prompt_tokens + run->completion_tokens >= CONTEXT - 1);
}

static void sequences_run_side_by_side_and_a_canceled_one_frees_its_place(void **state)
{
    subject_of(state);
    const struct hearth_sampling sampling = driver_greedy(12);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(driver_prepare(&driver, i, prompt, &sampling), 0);
    uint32_t begun = 0;
    for (int i = 0; i < 3; i++)
        assert_int_equal(driver_step(&driver, 7, &begun, 512), 0);
    uint32_t said = driver.runs[1].text_events;
    ops->cancel(driver.engine, 1);
    driver_finish(&driver, 5, begun, 512);
    assert_int_equal(driver.runs[1].text_events, said);
    assert_int_equal(driver.runs[0].completion_tokens, driver.runs[2].completion_tokens);
    assert_int_equal(driver_prepare(&driver, 1, prompt, &sampling), 0);
    driver_finish(&driver, 2, 0, 512);
    assert_true(driver.runs[1].completion_tokens > 0);
}

static void a_canceled_prefill_leaves_nothing_behind(void **state)
{
    subject_of(state);
    const struct hearth_sampling sampling = driver_greedy(6);
    char whole[1024];
    snprintf(whole, sizeof(whole), "%s", driver_say(&driver, prompt, &sampling));
    assert_int_equal(driver_prepare(&driver, 0, "A quite different text, to be dropped", &sampling),
                     0);
    uint32_t begun = 0;
    assert_int_equal(driver_step(&driver, 1, &begun, 3), 0);
    ops->cancel(driver.engine, 0);
    assert_string_equal(driver_say(&driver, prompt, &sampling), whole);
}

static void abort_without_a_step_does_nothing(void **state)
{
    subject_of(state);
    const struct hearth_sampling sampling = driver_greedy(3);
    ops->abort(driver.engine);
    driver_say(&driver, prompt, &sampling);
    assert_int_equal(driver.runs[0].completion_tokens, 3);
}

static void what_prepare_gives_may_be_discarded_unused(void **state)
{
    subject_of(state);
    const struct hearth_sampling sampling = driver_greedy(3);
    for (int i = 0; i < 20; i++)
        assert_int_equal(driver_prepare(&driver, 0, prompt, &sampling), 0);
    assert_int_equal(driver_prepare(&driver, 0, "{\"messages\":3}", &sampling) < 0, 1);
}

struct preparer {
    atomic_bool stop;
    unsigned count;
    int failed;
};

static void *prepare_again_and_again(void *argument)
{
    struct preparer *preparer = argument;
    const struct hearth_sampling sampling = driver_greedy(3);
    const struct hearth_input input = {.task = HEARTH_TASK_GENERATE,
                                       .kind = HEARTH_INPUT_TEXT,
                                       .bytes = prompt,
                                       .length = strlen(prompt),
                                       .sampling = &sampling};
    do {
        struct hearth_prepared *prepared = NULL;
        preparer->failed |= ops->prepare(driver.engine, &input, &prepared, NULL);
        if (prepared)
            ops->discard(driver.engine, prepared);
        preparer->count++;
    } while (!atomic_load(&preparer->stop));
    return NULL;
}

static void prepare_runs_beside_a_step(void **state)
{
    subject_of(state);
    const struct hearth_sampling sampling = driver_greedy(8);
    struct preparer preparer = {0};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, prepare_again_and_again, &preparer), 0);
    for (int i = 0; i < 3; i++)
        driver_say(&driver, prompt, &sampling);
    atomic_store(&preparer.stop, true);
    pthread_join(thread, NULL);
    assert_true(preparer.count > 0);
    assert_int_equal(preparer.failed, 0);
}

static void tokens_turn_back_into_the_text(void **state)
{
    subject_of(state);
    static const char *const texts[] = {"plain words", "  two  spaces ",
                                        "Zürich – 東京 🙂\n\tend"};
    if (ops->size < offsetof(struct hearth_engine_ops, detokenize) + sizeof(ops->detokenize) ||
        !ops->detokenize)
        skip();
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const struct hearth_input input = {.task = HEARTH_TASK_TOKENIZE,
                                           .kind = HEARTH_INPUT_TEXT,
                                           .bytes = texts[i],
                                           .length = strlen(texts[i]),
                                           .no_special_tokens = true};
        struct hearth_prepared *prepared = NULL;
        assert_int_equal(ops->prepare(driver.engine, &input, &prepared, NULL), 0);
        driver_clear(&driver, 0);
        assert_int_equal(ops->detokenize(driver.engine, prepared->tokens, prepared->token_count,
                                         &driver.sink, NULL),
                         0);
        ops->discard(driver.engine, prepared);
        assert_string_equal(driver_text(&driver, 0), texts[i]);
    }
}

static void what_a_sequence_holds_is_not_counted_twice(void **state)
{
    subject_of(state);
    const struct hearth_sampling sampling = driver_greedy(3);
    if (ops->size < offsetof(struct hearth_engine_ops, held_tokens) + sizeof(ops->held_tokens) ||
        !ops->held_tokens)
        skip();
    driver_say(&driver, prompt, &sampling);
    assert_int_equal(driver_prepare(&driver, 0, prompt, &sampling), 0);
    uint32_t held = ops->held_tokens(driver.engine, 0, driver.runs[0].prepared);
    assert_true(held < driver.runs[0].prepared->token_count);
    driver_finish(&driver, 1, 0, 512);
    assert_int_equal(driver.runs[0].cached_tokens, held);
}

/* While one sequence runs, another takes what it has computed, through a place behind the slots;
 * and says what it would have said without. */
static void a_sequence_that_runs_shares_what_it_has_computed(void **state)
{
    subject_of(state);
    const struct hearth_sampling sampling = driver_greedy(6);
    if (driver.facts.prefix_places == 0)
        skip();
    assert_true(driver.facts.cells >= SLOTS * CONTEXT / driver.facts.cell_tokens);
    driver_say(&driver, prompt, &sampling);
    char *alone = hearth_strdup(driver_text(&driver, 0));
    assert_int_equal(ops->trim(driver.engine, 0, 0), 0);
    uint32_t begun = 0, place = driver.facts.slots + driver.facts.prefix_places - 1;
    const int32_t *tokens;
    assert_int_equal(driver_prepare(&driver, 0, prompt, &sampling), 0);
    assert_int_equal(driver_prepare(&driver, 1, prompt, &sampling), 0);
    const struct hearth_prepared *prepared = driver.runs[1].prepared;
    assert_true(prepared->prefix_key != 0 &&
                prepared->prefix_key == driver.runs[0].prepared->prefix_key);
    assert_true(prepared->tokens_most > prepared->token_count);
    assert_int_equal(driver_step(&driver, 1, &begun, 4), 0);
    assert_int_equal(ops->held(driver.engine, 0, &tokens), 4);
    assert_memory_equal(tokens, prepared->tokens, 4 * sizeof(*tokens));
    assert_int_equal(ops->fork(driver.engine, 0, place), 0);
    assert_int_equal(ops->trim(driver.engine, place, 3), 0);
    assert_int_equal(ops->fork(driver.engine, place, 1), 0);
    assert_int_equal(ops->held_tokens(driver.engine, 1, prepared), 3);
    assert_true(ops->fork(driver.engine, place, 0) != 0); /* it runs */
    driver_finish(&driver, 3, begun, 512);
    assert_int_equal(driver.runs[1].cached_tokens, 3);
    assert_string_equal(driver_text(&driver, 0), alone);
    assert_string_equal(driver_text(&driver, 1), alone);
    assert_int_equal(ops->held(driver.engine, place, &tokens), 3);
    hearth_free(alone);
}

static int run_suite(struct subject *subject)
{
#define CASE(f)                                                                                    \
    {                                                                                              \
#f, f, open_subject, close_subject, subject                                                \
    }
    const struct CMUnitTest tests[] = {
        CASE(the_table_is_complete),
        CASE(describe_agrees_with_load),
        CASE(a_plan_grows_with_context_and_slots),
        CASE(a_file_that_is_no_model_is_an_error_with_a_reason),
        CASE(a_load_that_is_given_up_is_canceled),
        CASE(greedy_text_is_the_same_again_and_in_chunks),
        CASE(the_tokens_of_an_answer_are_all_accounted_for),
        CASE(the_logprobs_of_a_prompt_come_before_any_text),
        CASE(progress_is_told_up_to_the_whole_prompt_before_any_text),
        CASE(a_stop_string_is_taken_out_of_the_text_and_told),
        CASE(an_input_over_the_context_is_refused_with_both_numbers),
        CASE(generation_ends_at_the_context),
        CASE(sequences_run_side_by_side_and_a_canceled_one_frees_its_place),
        CASE(a_canceled_prefill_leaves_nothing_behind),
        CASE(abort_without_a_step_does_nothing),
        CASE(what_prepare_gives_may_be_discarded_unused),
        CASE(prepare_runs_beside_a_step),
        CASE(tokens_turn_back_into_the_text),
        CASE(what_a_sequence_holds_is_not_counted_twice),
        CASE(a_sequence_that_runs_shares_what_it_has_computed),
    };
    print_message("engine %s\n", subject->engine);
    return cmocka_run_group_tests_name(subject->engine, tests, NULL, NULL);
}

static void write_file(char *path, const char *text)
{
    int descriptor = mkstemp(path);
    if (descriptor < 0 || write(descriptor, text, strlen(text)) != (ssize_t)strlen(text))
        abort();
    close(descriptor);
}

int main(void)
{
    char script[] = "/tmp/hearth-conformance-XXXXXX", wrong[] = "/tmp/hearth-conformance-XXXXXX";
    write_file(script, "cache = yes\n");
    write_file(wrong, "This is no model, nor a script.");
    struct subject fake = {"fake", script, wrong};
    struct subject llama = {"llama", getenv("HEARTH_TEST_GGUF"), wrong};
    int failed = run_suite(&fake) + run_suite(&llama);
    unlink(script);
    unlink(wrong);
    return failed;
}
