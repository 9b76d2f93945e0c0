/* Adapters that come to a loaded model and go again, over every engine that is here: the fake one
 * always, llama in both ways of computing when it is built and HEARTH_TEST_GGUF names a model. */
#include "support/engine_driver.h"

#include "network/network.h"
#include "support/adapter_maker.h"

#define PLACES 2u
#define SEQUENCES 4u
enum { SAID = 16, FILE_MAX_BYTES = 32 << 20 };

struct subject {
    const char *engine, *title, *path, *settings; /* path NULL: not here */
    bool exact;                                   /* a text does not depend on its neighbours */
};

struct file {
    char *bytes;
    size_t length;
};

static const struct hearth_engine_ops *ops;
static struct driver driver;
static struct file files[3]; /* the last is of too great a rank for what is kept free */
static struct decoder_maker base;
static bool exact;

static const char story[] = "Once upon a time there was a small village at the edge of a forest.";

static void need_subject(void)
{
    if (ops == NULL) {
        print_message("skipped: no engine or no model\n");
        skip();
    }
}

static struct file read_whole(const char *path)
{
    FILE *from = fopen(path, "rb");
    struct file file = {.bytes = hearth_alloc(FILE_MAX_BYTES)};
    assert_non_null(from);
    file.length = fread(file.bytes, 1, FILE_MAX_BYTES, from);
    fclose(from);
    return file;
}

static void read_base(const char *path)
{
    struct hearth_gguf *gguf = NULL;
    struct hearth_network network;
    struct hearth_error error = {0};
    assert_int_equal(hearth_gguf_open(path, &gguf, &error), 0);
    assert_int_equal(hearth_network_read(gguf, NULL, &network, &error), 0);
    hearth_gguf_destroy(gguf);
    base = decoder_maker_of(&network);
}

static struct file make_file(const struct subject *subject, unsigned number)
{
    char path[] = "/tmp/hearth-adapter-XXXXXX";
    if (strcmp(subject->engine, "fake") == 0) {
        static const char *const texts[] = {"fake adapter poet", "fake adapter coder",
                                            "no adapter at all"};
        return (struct file){hearth_strdup(texts[number]), strlen(texts[number])};
    }
    struct adapter_maker maker = adapter_maker_small(&base);
    maker.rank = number == 2 ? HEARTH_ADAPTER_RANK_MAX : 4 + 4 * number;
    maker.alpha = (float)maker.rank;
    maker.seed = 90 + number;
    maker.type = HEARTH_QUANT_F16;
    if (number == 2)
        maker.parts = HEARTH_PART_BIT(HEARTH_PART_ATTENTION_OUT);
    close(mkstemp(path));
    assert_true(adapter_make_gguf(&maker, path));
    struct file file = read_whole(path);
    unlink(path);
    return file;
}

static int open_subject(void **state)
{
    const struct subject *subject = *state;
    ops = subject->path ? driver_plugin(subject->engine) : NULL;
    exact = subject->exact;
    if (ops == NULL)
        return 0;
    if (strcmp(subject->engine, "llama") == 0)
        read_base(subject->path);
    for (unsigned i = 0; i < 3; i++)
        files[i] = make_file(subject, i);
    const struct hearth_load_params params = {.context = 256,
                                              .slots = SEQUENCES,
                                              .batch = 128,
                                              .settings_json = subject->settings,
                                              .adapter_places = PLACES};
    driver_open(&driver, ops, subject->path, &params);
    return 0;
}

static int close_subject(void **state)
{
    (void)state;
    if (ops != NULL)
        driver_close(&driver);
    for (unsigned i = 0; ops != NULL && i < 3; i++)
        hearth_free(files[i].bytes);
    ops = NULL;
    return 0;
}

/* From a copy that is gone afterwards, so that an engine that kept the pointer is found out. */
static int add(uint32_t place, unsigned number)
{
    char *copy = hearth_alloc(files[number].length);
    memcpy(copy, files[number].bytes, files[number].length);
    int rc =
        ops->adapter_load(driver.engine, place, "poet", copy, files[number].length, &driver.fault);
    memset(copy, 'x', files[number].length);
    hearth_free(copy);
    return rc;
}

/* `adapter` as of struct hearth_input. */
static int prepare(uint32_t sequence, uint32_t adapter, uint32_t tokens)
{
    driver_clear(&driver, sequence);
    struct hearth_sampling sampling = driver_greedy(tokens);
    struct hearth_input input = {.task = HEARTH_TASK_GENERATE,
                                 .kind = HEARTH_INPUT_TEXT,
                                 .bytes = story,
                                 .length = strlen(story),
                                 .sampling = &sampling,
                                 .adapter = adapter};
    int rc = ops->prepare(driver.engine, &input, &driver.runs[sequence].prepared, &driver.fault);
    if (rc == 0)
        driver.runs[sequence].prompt_left = driver.runs[sequence].prepared->token_count;
    return rc;
}

static char *say(uint32_t adapter)
{
    if (ops->trim != NULL)
        ops->trim(driver.engine, 0, 0);
    assert_int_equal(prepare(0, adapter, SAID), 0);
    driver_finish(&driver, 1, 0, 512);
    assert_int_equal(driver.runs[0].error, 0);
    char *text = hearth_strdup(driver_text(&driver, 0));
    driver_clear(&driver, 0);
    return text;
}

static void same_text(const char *is, const char *expected)
{
    if (exact)
        assert_string_equal(is, expected);
    else
        assert_int_equal(strncmp(is, expected, 6), 0);
}

static void an_adapter_that_comes_changes_the_text_and_its_going_changes_it_back(void **state)
{
    (void)state;
    need_subject();
    assert_int_equal(driver.facts.adapter_places, PLACES);
    char *plain = say(0);
    assert_int_equal(add(0, 0), 0);
    assert_int_equal(add(1, 1), 0);
    char *poet = say(1), *coder = say(2), *beside = say(0);
    assert_string_not_equal(poet, plain);
    assert_string_not_equal(coder, plain);
    assert_string_not_equal(coder, poet);
    same_text(beside, plain);
    /* The other way round: which place an adapter has does not matter. */
    ops->adapter_unload(driver.engine, 0);
    ops->adapter_unload(driver.engine, 1);
    ops->adapter_unload(driver.engine, 1);
    char *after = say(0);
    assert_int_equal(add(0, 1), 0);
    assert_int_equal(add(1, 0), 0);
    char *swapped = say(1);
    same_text(after, plain);
    same_text(swapped, coder);
    char *texts[] = {plain, poet, coder, beside, after, swapped};
    for (size_t i = 0; i < 6; i++)
        hearth_free(texts[i]);
}

static void two_adapters_in_one_batch_say_what_each_says_alone(void **state)
{
    (void)state;
    need_subject();
    static const uint32_t adapters[SEQUENCES] = {1, 0, 2, 1};
    char *alone[3];
    assert_int_equal(add(0, 0), 0);
    assert_int_equal(add(1, 1), 0);
    for (uint32_t i = 0; i < 3; i++)
        alone[i] = say(i);
    for (uint32_t i = 0; i < SEQUENCES; i++)
        assert_int_equal(prepare(i, adapters[i], SAID), 0);
    driver_finish(&driver, 15, 0, 7);
    for (uint32_t i = 0; i < SEQUENCES; i++)
        same_text(driver_text(&driver, i), alone[adapters[i]]);
    for (uint32_t i = 0; i < 3; i++)
        hearth_free(alone[i]);
}

/* The number of tokens that a free sequence 0 holds of the story with `adapter`. */
static uint32_t held(uint32_t adapter)
{
    assert_int_equal(prepare(0, adapter, 1), 0);
    uint32_t count = ops->held_tokens(driver.engine, 0, driver.runs[0].prepared);
    driver_clear(&driver, 0);
    return count;
}

static void what_is_held_belongs_to_the_adapter_and_goes_with_it(void **state)
{
    (void)state;
    need_subject();
    assert_int_equal(add(0, 0), 0);
    assert_int_equal(add(1, 1), 0);
    hearth_free(say(1));
    uint32_t most = held(1);
    assert_true(most > 3);
    assert_true(held(0) <= 1 && held(2) <= 1);
    /* Another one at the same place is not the one before. */
    ops->adapter_unload(driver.engine, 0);
    assert_int_equal(add(0, 1), 0);
    assert_true(held(1) <= 1);
}

static void what_is_no_adapter_is_refused_and_the_model_goes_on(void **state)
{
    (void)state;
    need_subject();
    char *plain = say(0);
    assert_int_equal(add(PLACES, 0), HEARTH_EINVAL);
    assert_int_equal(prepare(0, PLACES + 1, 4), HEARTH_EINVAL);
    struct file whole = files[0];
    files[0].length /= 2;
    int rc = add(0, 0);
    assert_true(rc == HEARTH_EMODEL || strcmp(ops->name, "fake") == 0);
    ops->adapter_unload(driver.engine, 0);
    files[0].length = 8;
    assert_int_equal(add(0, 0), HEARTH_EMODEL);
    assert_non_null(strstr(driver.fault.message, "poet"));
    files[0] = whole;
    /* Too great for what is kept free: the fake one is no adapter at all. */
    rc = add(0, 2);
    assert_true(rc == HEARTH_ENOMEM || rc == HEARTH_EMODEL || !exact);
    ops->adapter_unload(driver.engine, 0);
    char *after = say(0);
    same_text(after, plain);
    assert_int_equal(add(0, 0), 0);
    char *poet = say(1);
    assert_string_not_equal(poet, plain);
    hearth_free(poet);
    hearth_free(plain);
    hearth_free(after);
}

static int run_suite(struct subject *subject)
{
#define CASE(f)                                                                                    \
    {                                                                                              \
#f, f, open_subject, close_subject, subject                                                \
    }
    const struct CMUnitTest tests[] = {
        CASE(an_adapter_that_comes_changes_the_text_and_its_going_changes_it_back),
        CASE(two_adapters_in_one_batch_say_what_each_says_alone),
        CASE(what_is_held_belongs_to_the_adapter_and_goes_with_it),
        CASE(what_is_no_adapter_is_refused_and_the_model_goes_on),
    };
    print_message("%s\n", subject->title);
    return cmocka_run_group_tests_name(subject->title, tests, NULL, NULL);
}

int main(void)
{
    char script[] = "/tmp/hearth-conformance-XXXXXX";
    static const char text[] = "cache = yes\n";
    int descriptor = mkstemp(script);
    if (descriptor < 0 || write(descriptor, text, strlen(text)) != (ssize_t)strlen(text))
        abort();
    close(descriptor);
    const char *model = getenv("HEARTH_TEST_GGUF");
    struct subject subjects[] = {
        {"fake", "fake", script, NULL, true},
        {"llama", "llama, own", model, "{\"compute\":\"own\"}", true},
        {"llama", "llama, libllama", model, "{\"compute\":\"libllama\"}", false},
    };
    int failed = 0;
    for (size_t i = 0; i < 3; i++)
        failed += run_suite(&subjects[i]);
    unlink(script);
    return failed;
}
