/* Decoders that make vectors and scores, on small random models of several rows, by both that
 * compute: libllama's context and the decoder of our own give the same numbers up to rounding, and
 * ours gives the same bits however inputs are cut into steps and put together. Skipped where the
 * plug-in is not built. */
#include "support/decoder_maker.h"
#include "support/engine_driver.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { MEAN = 1, CLS, LAST, RANK, VOCABULARY = 320, MXFP4 = 39 };

struct aborting {
    struct hearth_engine *engine;
    atomic_bool stop;
};

static const struct hearth_engine_ops *ops;
static char path[] = "/tmp/hearth-vectors-XXXXXX";

static void write_model(const struct decoder_maker *maker)
{
    if (ops == NULL) {
        print_message("skipped: the llama plug-in is not built\n");
        skip();
    }
    assert_true(decoder_make(maker, path));
}

static struct decoder_maker pooling_maker(const char *architecture, uint32_t pooling)
{
    struct decoder_maker maker = decoder_maker_small(architecture);
    maker.pooling = pooling;
    maker.words = true;
    maker.window = strcmp(architecture, "gemma2") == 0 ? 16 : 0;
    return maker;
}

static void open_model(struct driver *driver, const char *settings)
{
    struct hearth_load_params params = {
        .context = 256, .slots = 4, .batch = 64, .threads = 2, .settings_json = settings};
    driver_open(driver, ops, path, &params);
}

/* A pair when there is a second text. */
static void prepare(struct driver *driver, uint32_t sequence, const char *text, const char *pair)
{
    struct driven *run = &driver->runs[sequence];
    struct hearth_input input = {
        .task =
            (driver->facts.tasks & HEARTH_TASK_SCORE) != 0 ? HEARTH_TASK_SCORE : HEARTH_TASK_EMBED,
        .kind = HEARTH_INPUT_TEXT,
        .bytes = text,
        .length = strlen(text),
        .pair = pair,
        .pair_length = pair != NULL ? strlen(pair) : 0,
    };
    driver_clear(driver, sequence);
    if (ops->prepare(driver->engine, &input, &run->prepared, &driver->fault) != 0)
        fail_msg("prepare: %s", driver->fault.message);
    run->prompt_left = run->prepared->token_count;
}

static const char *const texts[] = {"a b c", "d e f g h i j k l m n o p q r s t u v w x y z a b c",
                                    "k", "z a c b"};

/* What computes says it when it is loaded. */
static void run_texts(const char *settings, const char *computes, uint32_t mask, uint32_t chunk,
                      float ret_values[4][128])
{
    struct driver driver;
    open_model(&driver, settings);
    assert_int_equal(strncmp(driver.facts.compute, computes, strlen(computes)), 0);
    for (uint32_t i = 0; i < 4; i++)
        if ((mask & (1u << i)) != 0)
            prepare(&driver, i, texts[i], NULL);
    driver_finish(&driver, mask, 0, chunk);
    for (uint32_t i = 0; i < 4; i++) {
        if ((mask & (1u << i)) == 0)
            continue;
        assert_int_equal(driver.runs[i].value_count, driver.facts.embedding_length);
        assert_true(driver.runs[i].value_count <= 128);
        memcpy(ret_values[i], driver.runs[i].values, driver.runs[i].value_count * sizeof(float));
    }
    driver_close(&driver);
}

static void expect_near(float ours[4][128], float theirs[4][128], uint32_t count, double most)
{
    for (uint32_t i = 0; i < 4; i++)
        for (uint32_t j = 0; j < count; j++)
            if (!(fabs((double)ours[i][j] - (double)theirs[i][j]) <= most))
                fail_msg("text %u, number %u: ours is %.7g, libllama's %.7g", i, j,
                         (double)ours[i][j], (double)theirs[i][j]);
}

static void vectors_are_libllamas_in_every_kind_of_pooling(void **state)
{
    (void)state;
    static const char *const rows[] = {"llama", "qwen2", "qwen3", "gemma2"};
    static float ours[4][128], theirs[4][128];
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (uint32_t pooling = MEAN; pooling <= LAST; pooling++) {
            struct decoder_maker maker = pooling_maker(rows[i], pooling);
            write_model(&maker);
            run_texts("{\"compute\":\"own\"}", "own, ", 15, 64, ours);
            run_texts("{\"compute\":\"libllama\"}", "libllama", 15, 64, theirs);
            expect_near(ours, theirs, 128, 2e-3);
        }
    }
}

static void our_vectors_are_the_same_bits_in_any_steps_and_company(void **state)
{
    (void)state;
    static float alone[4][128], beside[4][128];
    for (uint32_t pooling = MEAN; pooling <= LAST; pooling++) {
        struct decoder_maker maker = pooling_maker("qwen3", pooling);
        write_model(&maker);
        for (uint32_t i = 0; i < 4; i++)
            run_texts("{\"compute\":\"own\"}", "own, ", 1u << i, 64, alone);
        for (uint32_t chunk = 1; chunk < 64; chunk = chunk * 2 + 1) {
            run_texts("{\"compute\":\"own\"}", "own, ", 15, chunk, beside);
            assert_memory_equal(beside, alone, sizeof(alone));
        }
    }
}

static const char *const three[] = {"news", "sport", "weather", NULL};
static const char *const yes_or_no[] = {"yes", "no", NULL};

static void write_ranking(const char *const *labels)
{
    struct decoder_maker maker = pooling_maker("qwen3", RANK);
    maker.labels = labels;
    write_model(&maker);
}

/* libllama gives shares, which say nothing of what all logits have in common. */
static void a_classifiers_labels_have_libllamas_shares(void **state)
{
    (void)state;
    static float ours[4][128], theirs[4][128];
    struct hearth_model_facts facts;
    struct hearth_error error = {0};
    write_ranking(three);
    assert_int_equal(ops->describe(&(struct hearth_model_files){.path = path}, &facts, &error), 0);
    assert_int_equal(facts.embedding_length, 3);
    assert_string_equal(facts.compute, "own");
    assert_string_equal(facts.labels_json, "[\"news\",\"sport\",\"weather\"]");
    run_texts("{\"compute\":\"own\"}", "own, ", 15, 64, ours);
    run_texts("{\"compute\":\"libllama\"}", "libllama", 15, 64, theirs);
    for (uint32_t i = 0; i < 4; i++)
        for (uint32_t j = 3; j-- > 0;) {
            ours[i][j] -= ours[i][0];
            theirs[i][j] -= theirs[i][0];
        }
    expect_near(ours, theirs, 3, 2e-2); /* of numbers up to 6 */
    assert_true(fabs((double)ours[0][1]) > 1e-3);
}

static void a_reranker_of_yes_and_no_gives_one_number(void **state)
{
    (void)state;
    float scores[2][2];
    static const char *const settings[] = {"{\"compute\":\"own\"}", "{\"compute\":\"libllama\"}"};
    write_ranking(yes_or_no);
    for (int i = 0; i < 2; i++) {
        struct driver driver;
        open_model(&driver, settings[i]);
        assert_int_equal(driver.facts.embedding_length, 1);
        assert_string_equal(driver.facts.labels_json, "");
        prepare(&driver, 0, "a b", "c d e");
        prepare(&driver, 1, "a b", "x");
        driver_finish(&driver, 3, 0, 64);
        for (uint32_t j = 0; j < 2; j++) {
            assert_int_equal(driver.runs[j].value_count, 1);
            scores[i][j] = driver.runs[j].values[0];
        }
        driver_close(&driver);
    }
    for (uint32_t j = 0; j < 2; j++)
        if (!(fabs((double)scores[0][j] - (double)scores[1][j]) < 2e-2))
            fail_msg("ours %.7g, libllama's %.7g", (double)scores[0][j], (double)scores[1][j]);
    assert_true(fabs((double)scores[0][0] - (double)scores[0][1]) > 1e-3);
}

/* Token n is the n-th letter. */
static void a_pair_stands_in_the_models_own_words_and_only_its_second_text_is_cut(void **state)
{
    (void)state;
    static const int32_t expected[] = {17, 1, 2, 4, 3, 5, 24, 25};
    struct decoder_maker maker = pooling_maker("qwen3", RANK);
    struct driver driver;
    char document[2 * 300];
    maker.labels = yes_or_no;
    maker.pair_template = "q {query} d {document} x y";
    write_model(&maker);
    open_model(&driver, "{\"compute\":\"own\"}");
    prepare(&driver, 0, "a b", "c e");
    const struct hearth_prepared *whole = driver.runs[0].prepared;
    assert_int_equal(whole->token_count, sizeof(expected) / sizeof(expected[0]));
    assert_memory_equal(whole->tokens, expected, sizeof(expected));
    for (size_t i = 0; i < sizeof(document); i++)
        document[i] = i % 2 == 0 ? 'c' : ' ';
    struct hearth_input input = {.task = HEARTH_TASK_SCORE,
                                 .kind = HEARTH_INPUT_TEXT,
                                 .bytes = "a b",
                                 .length = 3,
                                 .pair = document,
                                 .pair_length = sizeof(document),
                                 .truncate = HEARTH_TRUNCATE_END};
    struct hearth_prepared *cut = NULL;
    assert_int_equal(ops->prepare(driver.engine, &input, &cut, &driver.fault), 0);
    assert_int_equal(cut->token_count, 256);
    assert_memory_equal(cut->tokens, expected, 5 * sizeof(int32_t));
    assert_int_equal(cut->tokens[253], 3);
    assert_memory_equal(cut->tokens + 254, expected + 6, 2 * sizeof(int32_t));
    ops->discard(driver.engine, cut);
    /* A first text that leaves no room. */
    input.bytes = document;
    input.length = 2 * 252;
    assert_int_equal(ops->prepare(driver.engine, &input, &cut, &driver.fault), HEARTH_ECONTEXT);
    driver_close(&driver);
}

/* What closes a pair has more tokens than the context. */
static void a_template_that_leaves_no_room_for_a_document_is_an_error(void **state)
{
    (void)state;
    struct decoder_maker maker = pooling_maker("qwen3", RANK);
    struct driver driver;
    char template[10 + 2 * 300 + 1] = "{document}";
    for (size_t i = 10; i < sizeof(template) - 1; i++)
        template[i] = i % 2 == 0 ? ' ' : 'x';
    maker.labels = yes_or_no;
    maker.pair_template = template;
    write_model(&maker);
    open_model(&driver, "{\"compute\":\"own\"}");
    struct hearth_input input = {.task = HEARTH_TASK_SCORE,
                                 .kind = HEARTH_INPUT_TEXT,
                                 .bytes = "a",
                                 .length = 1,
                                 .pair = "b",
                                 .pair_length = 1,
                                 .truncate = HEARTH_TRUNCATE_END};
    struct hearth_prepared *refused = NULL;
    assert_int_equal(ops->prepare(driver.engine, &input, &refused, &driver.fault), HEARTH_ECONTEXT);
    driver_close(&driver);
}

static void expect_refused(const char *text)
{
    struct hearth_model_files files = {.path = path};
    struct hearth_load_params params = {
        .context = 256, .slots = 1, .settings_json = "{\"compute\":\"own\"}"};
    struct hearth_memory_plan plan;
    struct hearth_error error = {0};
    assert_int_equal(ops->plan_memory(&files, &params, &plan, &error), HEARTH_ENOTIMPL);
    if (strstr(error.message, text) == NULL)
        fail_msg("'%s' does not say '%s'", error.message, text);
    struct hearth_model_facts facts;
    assert_int_equal(ops->describe(&files, &facts, &error), 0);
    assert_string_equal(facts.compute, "libllama");
    params.settings_json = "{\"compute\":\"auto\"}";
    if (ops->plan_memory(&files, &params, &plan, &error) != 0)
        fail_msg("auto: %s", error.message);
}

/* libllama takes the state itself for scores then; whatever that means, we do not do it. */
static void a_network_that_ranks_without_a_classifier_is_libllamas(void **state)
{
    (void)state;
    struct decoder_maker maker = pooling_maker("qwen3", RANK);
    write_model(&maker);
    expect_refused("a network that ranks without a classifier");
}

static void a_type_without_kernels_is_named_and_is_libllamas(void **state)
{
    (void)state;
    struct decoder_maker maker = decoder_maker_small("llama");
    maker.words = true;
    maker.type = (enum hearth_quant)MXFP4;
    write_model(&maker);
    expect_refused("is of a type without kernels (mxfp4)");
}

static void *abort_often(void *argument)
{
    struct aborting *aborting = argument;
    for (uint32_t i = 0; !atomic_load(&aborting->stop); i++) {
        usleep((useconds_t)(100 + i * 1370 % 9100)); /* a step takes some milliseconds */
        ops->abort(aborting->engine);
    }
    return NULL;
}

/* Steps of several texts, of which libllama computes each by itself: an abort may come between two
 * of them. Returns how many steps were given again. */
static uint32_t sum_under_aborts(float ret_values[4][128])
{
    struct driver driver;
    pthread_t thread;
    uint32_t begun = 0, aborted = 0;
    open_model(&driver, "{\"compute\":\"libllama\"}");
    for (uint32_t i = 0; i < 4; i++)
        prepare(&driver, i, texts[1], NULL);
    struct aborting aborting = {.engine = driver.engine};
    assert_int_equal(pthread_create(&thread, NULL, abort_often, &aborting), 0);
    for (uint32_t steps = 0; steps < 10000 && !driver.runs[3].done; steps++) {
        int rc = driver_step(&driver, 15, &begun, 3);
        assert_true(rc == 0 || rc == HEARTH_ECANCELED);
        aborted += rc != 0;
        if (aborted == 30)
            atomic_store(&aborting.stop, true);
    }
    atomic_store(&aborting.stop, true);
    pthread_join(thread, NULL);
    for (uint32_t i = 0; i < 4; i++) {
        assert_true(driver.runs[i].done);
        memcpy(ret_values[i], driver.runs[i].values, 128 * sizeof(float));
    }
    driver_close(&driver);
    return aborted;
}

static void an_aborted_step_counts_no_token_twice(void **state)
{
    (void)state;
    static float alone[4][128], aborted[4][128];
    struct decoder_maker maker =
        pooling_maker("llama", 0); /* it generates, and makes vectors too */
    uint32_t aborts = 0;
    write_model(&maker);
    run_texts("{\"compute\":\"libllama\"}", "libllama", 2, 3, alone);
    for (uint32_t i = 0; i < 4; i++)
        memcpy(alone[i], alone[1], sizeof(alone[1]));
    for (uint32_t i = 0; i < 10; i++) {
        aborts += sum_under_aborts(aborted);
        expect_near(aborted, alone, 128, 1e-4);
    }
    assert_true(aborts > 0);
}

/* The largest numbers that a file may have: the logits become infinite or NaN. */
static void logits_that_are_not_finite_are_the_models_fault(void **state)
{
    (void)state;
    static const char *const settings[] = {"{\"compute\":\"own\"}", "{\"compute\":\"libllama\"}"};
    static const char grammar[] = "root ::= [a-z ]+";
    struct decoder_maker maker = decoder_maker_small("llama");
    maker.words = true;
    maker.wrong_name = "output_norm.weight";
    maker.wrong_values = 3e38f;
    write_model(&maker);
    for (uint32_t i = 0; i < 8; i++) {
        struct driver driver;
        struct hearth_sampling sampling = driver_greedy(4);
        sampling.logprobs = (i & 1) != 0;
        sampling.temperature = (i & 2) != 0 ? 1 : 0;
        if ((i & 4) != 0)
            sampling.grammar = (struct hearth_bytes){grammar, sizeof(grammar) - 1};
        for (uint32_t j = 0; j < 2; j++) {
            open_model(&driver, settings[j]);
            driver_say(&driver, "a b c", &sampling);
            if (driver.runs[0].error != HEARTH_EMODEL)
                fail_msg("%s, case %u: the error is %d", settings[j], i, driver.runs[0].error);
            assert_int_equal(driver.runs[0].text.length, 0);
            driver_close(&driver);
        }
    }
}

static int find_plugin(void **state)
{
    (void)state;
    int descriptor = mkstemp(path);
    ops = driver_plugin("llama");
    return descriptor < 0 || close(descriptor) != 0;
}

static int remove_model(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_are_libllamas_in_every_kind_of_pooling),
        cmocka_unit_test(our_vectors_are_the_same_bits_in_any_steps_and_company),
        cmocka_unit_test(a_classifiers_labels_have_libllamas_shares),
        cmocka_unit_test(a_reranker_of_yes_and_no_gives_one_number),
        cmocka_unit_test(a_pair_stands_in_the_models_own_words_and_only_its_second_text_is_cut),
        cmocka_unit_test(a_template_that_leaves_no_room_for_a_document_is_an_error),
        cmocka_unit_test(a_network_that_ranks_without_a_classifier_is_libllamas),
        cmocka_unit_test(a_type_without_kernels_is_named_and_is_libllamas),
        cmocka_unit_test(an_aborted_step_counts_no_token_twice),
        cmocka_unit_test(logits_that_are_not_finite_are_the_models_fault),
    };
    return cmocka_run_group_tests(tests, find_plugin, remove_model);
}
