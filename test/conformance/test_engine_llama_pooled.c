/* The llama engine on models that give vectors and scores: a BERT of random weights, written here,
 * so that no file is needed. Skipped where the plug-in is not built. */
#include "support/engine_driver.h"
#include "support/gguf_maker.h"

#include <math.h>
#include <unistd.h>

enum { WIDTH = 32, INNER = 64, WORDS = 128, CONTEXT = 64, LAYERS = 2, HEADS = 4 };
enum { MEAN = 1, CLS = 2, RANK = 4 };

static const struct hearth_engine_ops *ops;
static char path[] = "/tmp/hearth-bert-XXXXXX";

/* What the header says of the model, which is made with the numbers above. */
static struct {
    uint32_t heads, inner, layers, words_typed;
    float epsilon;
} told = {HEADS, INNER, LAYERS, WORDS, 1e-12f};

struct maker {
    struct hearth_buf head, data;
    uint32_t tensors, random;
};

static void put_weights(struct maker *maker, const char *name, uint64_t columns, uint64_t rows,
                        float middle)
{
    put_text(&maker->head, name);
    put_u32(&maker->head, rows > 0 ? 2 : 1);
    put_u64(&maker->head, columns);
    if (rows > 0)
        put_u64(&maker->head, rows);
    put_u32(&maker->head, 0);
    put_u64(&maker->head, maker->data.length);
    for (uint64_t i = 0; i < columns * (rows > 0 ? rows : 1); i++) {
        maker->random = maker->random * 1664525 + 1013904223;
        float value = middle + ((float)(maker->random >> 8) / (1 << 24) - 0.5f) * 0.6f;
        hearth_buf_append(&maker->data, &value, sizeof(value));
    }
    put_padding(&maker->data, 32);
    maker->tensors++;
}

static void put_pair(struct maker *maker, const char *name, uint64_t columns, uint64_t rows,
                     float middle)
{
    char full[64];
    snprintf(full, sizeof(full), "%s.weight", name);
    put_weights(maker, full, columns, rows, middle);
    snprintf(full, sizeof(full), "%s.bias", name);
    put_weights(maker, full, rows > 0 ? rows : columns, 0, 0);
}

static void put_layer(struct maker *maker, int layer)
{
    static const struct {
        const char *name;
        uint64_t columns, rows;
    } parts[] = {
        {"attn_q", WIDTH, WIDTH},      {"attn_k", WIDTH, WIDTH},        {"attn_v", WIDTH, WIDTH},
        {"attn_output", WIDTH, WIDTH}, {"attn_output_norm", WIDTH, 0},  {"ffn_up", WIDTH, INNER},
        {"ffn_down", INNER, WIDTH},    {"layer_output_norm", WIDTH, 0},
    };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        char name[48];
        snprintf(name, sizeof(name), "blk.%d.%s", layer, parts[i].name);
        put_pair(maker, name, parts[i].columns, parts[i].rows, parts[i].rows == 0 ? 1 : 0);
    }
}

static uint32_t put_keys(struct hearth_buf *file, uint32_t pooling)
{
    put_key_text(file, "general.architecture", "bert");
    put_key_u32(file, "bert.context_length", CONTEXT);
    put_key_u32(file, "bert.embedding_length", WIDTH);
    put_key_u32(file, "bert.block_count", told.layers);
    put_key_u32(file, "bert.feed_forward_length", told.inner);
    put_key_u32(file, "bert.attention.head_count", told.heads);
    put_key_f32(file, "bert.attention.layer_norm_epsilon", told.epsilon);
    put_key_truth(file, "bert.attention.causal", 0);
    put_key_u32(file, "bert.pooling_type", pooling);
    put_key_text(file, "tokenizer.ggml.model", "bert");
    put_key_u32(file, "tokenizer.ggml.token_type_count", 2);
    put_key_array(file, "tokenizer.ggml.tokens", 8, WORDS);
    static const char *const special[] = {"[UNK]", "[CLS]", "[SEP]", "[MASK]"};
    for (int i = 0; i < WORDS; i++) {
        char word[24];
        if (i >= 100 && i < 104)
            snprintf(word, sizeof(word), "%s", special[i - 100]);
        else if (i > 0 && i <= 26)
            snprintf(word, sizeof(word), "\xe2\x96\x81%c", 'a' + i - 1);
        else
            snprintf(word, sizeof(word), "[unused%d]", i);
        put_text(file, word);
    }
    put_key_array(file, "tokenizer.ggml.token_type", 5, told.words_typed);
    for (uint32_t i = 0; i < told.words_typed; i++)
        put_u32(file, 1);
    return 13;
}

/* A BERT that pools so; with a head of one score when it ranks. */
static void write_bert(uint32_t pooling)
{
    struct maker maker = {.random = 1};
    struct hearth_buf file;
    hearth_buf_init(&maker.head, 1u << 20);
    hearth_buf_init(&maker.data, 8u << 20);
    hearth_buf_init(&file, 16u << 20);
    put_weights(&maker, "token_embd.weight", WIDTH, WORDS, 0);
    put_weights(&maker, "token_types.weight", WIDTH, 2, 0);
    put_weights(&maker, "position_embd.weight", WIDTH, CONTEXT, 0);
    put_pair(&maker, "token_embd_norm", WIDTH, 0, 1);
    for (int i = 0; i < LAYERS; i++)
        put_layer(&maker, i);
    if (pooling == RANK) {
        put_pair(&maker, "cls", WIDTH, WIDTH, 0);
        put_pair(&maker, "cls.output", WIDTH, 1, 0);
    }
    struct hearth_buf keys;
    hearth_buf_init(&keys, 1u << 20);
    uint32_t count = put_keys(&keys, pooling);
    put_head(&file, 3, maker.tensors, count);
    hearth_buf_append(&file, keys.bytes, keys.length);
    hearth_buf_append(&file, maker.head.bytes, maker.head.length);
    put_padding(&file, 32);
    hearth_buf_append(&file, maker.data.bytes, maker.data.length);
    assert_int_equal(file.failed, 0);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(file.bytes, 1, file.length, out), file.length);
    assert_int_equal(fclose(out), 0);
    hearth_buf_finish(&file);
    hearth_buf_finish(&keys);
    hearth_buf_finish(&maker.head);
    hearth_buf_finish(&maker.data);
}

static void open_bert(struct driver *driver, uint32_t pooling)
{
    if (ops == NULL) {
        print_message("skipped: the llama plug-in is not built\n");
        skip();
    }
    write_bert(pooling);
    struct hearth_load_params params = {.slots = 4, .batch = 64, .threads = 1};
    driver_open(driver, ops, path, &params);
}

static void prepare(struct driver *driver, uint32_t sequence, const struct hearth_input *input)
{
    driver_clear(driver, sequence);
    struct driven *run = &driver->runs[sequence];
    if (ops->prepare(driver->engine, input, &run->prepared, &driver->fault) != 0)
        fail_msg("prepare: %s", driver->fault.message);
    run->prompt_left = run->prepared->token_count;
}

static void prepare_text(struct driver *driver, uint32_t sequence, const char *text)
{
    struct hearth_input input = {.task = HEARTH_TASK_EMBED,
                                 .kind = HEARTH_INPUT_TEXT,
                                 .bytes = text,
                                 .length = strlen(text)};
    prepare(driver, sequence, &input);
}

static double distance(const struct driven *a, const struct driven *b)
{
    double most = 0;
    assert_int_equal(a->value_count, b->value_count);
    for (uint32_t i = 0; i < a->value_count; i++)
        most = fmax(most, fabs((double)a->values[i] - (double)b->values[i]));
    return most;
}

static void the_facts_of_an_encoder_are_told(void **state)
{
    (void)state;
    struct driver driver;
    open_bert(&driver, CLS);
    struct hearth_model_files files = {.path = path};
    struct hearth_model_facts facts;
    struct hearth_memory_plan plan;
    struct hearth_load_params params = {0};
    assert_int_equal(ops->describe(&files, &facts, &driver.fault), 0);
    assert_string_equal(facts.architecture, "bert");
    assert_string_equal(facts.pooling, "cls");
    assert_int_equal(facts.tasks, HEARTH_TASK_EMBED | HEARTH_TASK_TOKENIZE);
    assert_int_equal(facts.trained_context, CONTEXT);
    assert_int_equal(facts.embedding_length, WIDTH);
    assert_true(facts.normalized);
    assert_int_equal(driver.facts.context, CONTEXT);
    assert_int_equal(ops->plan_memory(&files, &params, &plan, &driver.fault), 0);
    assert_int_equal(plan.cache, 0);
    struct hearth_input input = {
        .task = HEARTH_TASK_GENERATE, .kind = HEARTH_INPUT_TEXT, .bytes = "a", .length = 1};
    struct hearth_prepared *prepared = NULL;
    assert_int_equal(ops->prepare(driver.engine, &input, &prepared, &driver.fault), HEARTH_EINVAL);
    driver_close(&driver);
}

static void a_vector_has_length_1_and_does_not_depend_on_the_batch(void **state)
{
    (void)state;
    static const char *const texts[] = {"a b c", "d e f g h i j", "k", "a c b"};
    for (uint32_t pooling = MEAN; pooling <= CLS; pooling++) {
        struct driver driver;
        open_bert(&driver, pooling);
        float alone[4][WIDTH];
        for (int i = 0; i < 4; i++) {
            prepare_text(&driver, 0, texts[i]);
            assert_true(driver.runs[0].prepared->indivisible);
            driver_finish(&driver, 1, 0, 64);
            assert_int_equal(driver.runs[0].value_count, WIDTH);
            double sum = 0;
            for (int j = 0; j < WIDTH; j++)
                sum += (double)driver.runs[0].values[j] * (double)driver.runs[0].values[j];
            assert_true(fabs(sum - 1) < 1e-5);
            memcpy(alone[i], driver.runs[0].values, sizeof(alone[i]));
        }
        for (uint32_t i = 0; i < 4; i++)
            prepare_text(&driver, i, texts[i]);
        driver_finish(&driver, 15, 0, 64);
        for (uint32_t i = 0; i < 4; i++)
            for (int j = 0; j < WIDTH; j++)
                assert_true(fabsf(driver.runs[i].values[j] - alone[i][j]) < 1e-4f);
        /* The order of words counts. */
        assert_true(distance(&driver.runs[0], &driver.runs[3]) > 1e-3);
        driver_close(&driver);
    }
}

static void more_inputs_than_a_batch_holds_are_all_answered(void **state)
{
    (void)state;
    struct driver driver;
    open_bert(&driver, MEAN);
    char text[2 * (CONTEXT - 2) + 1];
    for (int i = 0; i < CONTEXT - 2; i++)
        memcpy(text + 2 * i, "a ", 2);
    text[2 * (CONTEXT - 2)] = '\0';
    struct hearth_step_item items[4];
    for (uint32_t i = 0; i < 4; i++) {
        prepare_text(&driver, i, text);
        assert_int_equal(driver.runs[i].prepared->token_count, CONTEXT);
        items[i] = (struct hearth_step_item){i, driver.runs[i].prepared, CONTEXT};
    }
    assert_int_equal(ops->step(driver.engine, items, 4, &driver.sink, &driver.fault), 0);
    for (uint32_t i = 0; i < 4; i++) {
        assert_true(driver.runs[i].done);
        assert_int_equal(driver.runs[i].prompt_tokens, CONTEXT);
        assert_true(distance(&driver.runs[0], &driver.runs[i]) < 1e-5);
    }
    driver_close(&driver);
}

static void an_input_that_is_too_long_is_refused_or_cut_as_asked(void **state)
{
    (void)state;
    struct driver driver;
    open_bert(&driver, MEAN);
    char text[2 * 80 + 1];
    for (int i = 0; i < 80; i++) {
        text[2 * i] = (char)('a' + i % 26);
        text[2 * i + 1] = ' ';
    }
    text[160] = '\0';
    struct hearth_input input = {
        .task = HEARTH_TASK_EMBED, .kind = HEARTH_INPUT_TEXT, .bytes = text, .length = 160};
    struct hearth_prepared *prepared = NULL;
    assert_int_equal(ops->prepare(driver.engine, &input, &prepared, &driver.fault),
                     HEARTH_ECONTEXT);
    assert_non_null(strstr(driver.fault.message, "82"));
    assert_non_null(strstr(driver.fault.message, "64"));
    for (int side = HEARTH_TRUNCATE_END; side <= HEARTH_TRUNCATE_START; side++) {
        input.truncate = (enum hearth_truncate)side;
        prepare(&driver, 0, &input);
        const struct hearth_prepared *cut = driver.runs[0].prepared;
        assert_int_equal(cut->token_count, CONTEXT);
        assert_int_equal(cut->truncated_count, 18);
        assert_int_equal(cut->tokens[0], 101);
        assert_int_equal(cut->tokens[CONTEXT - 1], 102);
        /* The words are 1 to 26, over and over. */
        assert_int_equal(cut->tokens[1], side == HEARTH_TRUNCATE_END ? 1 : 19);
        driver_finish(&driver, 1, 0, 64);
        assert_int_equal(driver.runs[0].value_count, WIDTH);
    }
    driver_close(&driver);
}

static void a_model_that_ranks_gives_one_score_for_a_pair(void **state)
{
    (void)state;
    struct driver driver;
    open_bert(&driver, RANK);
    assert_int_equal(driver.facts.tasks, HEARTH_TASK_SCORE | HEARTH_TASK_TOKENIZE);
    static const char *const documents[] = {"d e f", "x y z w", "d e f"};
    for (uint32_t i = 0; i < 3; i++) {
        struct hearth_input input = {.task = HEARTH_TASK_SCORE,
                                     .kind = HEARTH_INPUT_TEXT,
                                     .bytes = "a b c",
                                     .length = 5,
                                     .pair = documents[i],
                                     .pair_length = strlen(documents[i])};
        prepare(&driver, i, &input);
        assert_int_equal(driver.runs[i].prepared->tokens[0], 101);
    }
    driver_finish(&driver, 7, 0, 64);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(driver.runs[i].value_count, 1);
    assert_true(distance(&driver.runs[0], &driver.runs[2]) < 1e-5);
    assert_true(distance(&driver.runs[0], &driver.runs[1]) > 1e-6);
    driver_close(&driver);
}

static void of_a_pair_only_the_second_text_is_cut(void **state)
{
    (void)state;
    struct driver driver;
    open_bert(&driver, RANK);
    char text[2 * 80];
    for (int i = 0; i < 80; i++)
        memcpy(text + 2 * i, i < 40 ? "a " : "b ", 2);
    struct hearth_input input = {.task = HEARTH_TASK_SCORE,
                                 .kind = HEARTH_INPUT_TEXT,
                                 .bytes = text,
                                 .length = 80,
                                 .pair = text + 80,
                                 .pair_length = 80,
                                 .truncate = HEARTH_TRUNCATE_END};
    prepare(&driver, 0, &input);
    const struct hearth_prepared *cut = driver.runs[0].prepared;
    uint32_t first = 0, second = 0;
    for (uint32_t i = 0; i < cut->token_count; i++) {
        first += cut->tokens[i] == 1;
        second += cut->tokens[i] == 2;
    }
    assert_int_equal(cut->token_count, CONTEXT);
    assert_int_equal(first, 40);
    assert_int_equal(second, 40 - cut->truncated_count);
    driver_finish(&driver, 1, 0, 64);
    struct hearth_prepared *refused = NULL;
    input.truncate = HEARTH_TRUNCATE_START;
    assert_int_equal(ops->prepare(driver.engine, &input, &refused, &driver.fault), HEARTH_EINVAL);
    input.truncate = HEARTH_TRUNCATE_END;
    input.length = 160;
    assert_int_equal(ops->prepare(driver.engine, &input, &refused, &driver.fault), HEARTH_ECONTEXT);
    assert_non_null(strstr(driver.fault.message, "leaves no room for the second"));
    driver_close(&driver);
}

/* A header that is sound as GGUF, but that libllama would answer with abort(). */
static void expect_screened(void (*put)(struct hearth_buf *file), uint32_t keys, const char *text)
{
    struct hearth_buf file;
    hearth_buf_init(&file, 1u << 20);
    put_head(&file, 3, 1, keys + 5);
    put_key_text(&file, "general.architecture", "llama");
    put_key_u32(&file, "llama.context_length", 64);
    put_key_u32(&file, "llama.embedding_length", 8);
    put_key_u32(&file, "llama.feed_forward_length", 8);
    put_key_u32(&file, "llama.attention.head_count", 2);
    put(&file);
    put_tensor(&file, "token_embd.weight", 0, 8, 2, 0);
    put_padding(&file, 32);
    put_zeros(&file, 64);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(file.bytes, 1, file.length, out), file.length);
    assert_int_equal(fclose(out), 0);
    hearth_buf_finish(&file);
    struct hearth_model_files files = {.path = path};
    struct hearth_model_facts facts;
    struct hearth_error error = {0};
    assert_int_equal(ops->describe(&files, &facts, &error), HEARTH_EMODEL);
    if (strstr(error.message, text) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", text, error.message);
}

static void put_layers(struct hearth_buf *file)
{
    put_key_u32(file, "llama.block_count", 513);
}

static void put_experts(struct hearth_buf *file)
{
    put_key_u32(file, "llama.block_count", 1);
    put_key_u32(file, "llama.expert_count", 4);
    put_key_u32(file, "llama.expert_used_count", 5);
}

static void put_rope(struct hearth_buf *file)
{
    put_key_u32(file, "llama.block_count", 1);
    put_key_text(file, "llama.rope.scaling.type", "spiral");
}

static void put_twins(struct hearth_buf *file)
{
    put_key_u32(file, "llama.block_count", 1);
    put_key_array(file, "tokenizer.ggml.tokens", 8, 3);
    put_text(file, "one");
    put_text(file, "two");
    put_text(file, "one");
}

static void put_twins_up_to_a_nul(struct hearth_buf *file)
{
    put_key_u32(file, "llama.block_count", 1);
    put_key_array(file, "tokenizer.ggml.tokens", 8, 2);
    put_text(file, "one");
    put_u64(file, 5);
    hearth_buf_append(file, "one\0x", 5);
}

static void put_short_scores(struct hearth_buf *file)
{
    put_key_u32(file, "llama.block_count", 1);
    put_key_array(file, "tokenizer.ggml.tokens", 8, 2);
    put_text(file, "one");
    put_text(file, "two");
    put_key_array(file, "tokenizer.ggml.scores", 6, 1);
    put_u32(file, 0);
}

static void headers_that_libllama_would_abort_on_are_errors(void **state)
{
    (void)state;
    if (ops == NULL)
        skip();
    expect_screened(put_layers, 1, "llama.block_count");
    expect_screened(put_experts, 3, "expert_used_count");
    expect_screened(put_rope, 2, "rope.scaling.type");
    expect_screened(put_twins, 2, "holds a token twice (the second at 2)");
    expect_screened(put_twins_up_to_a_nul, 2, "holds a token twice (the second at 1)");
    expect_screened(put_short_scores, 3, "shorter than the vocabulary");
}

static void expect_install(uint32_t pooling, const char *text)
{
    write_bert(pooling);
    struct hearth_model_files files = {.path = path, .thorough = true};
    struct hearth_model_facts facts;
    struct hearth_error error = {0};
    int rc = ops->describe(&files, &facts, &error);
    if (text == NULL && rc != 0)
        fail_msg("%s", error.message);
    if (text == NULL)
        return;
    assert_int_equal(rc, HEARTH_EMODEL);
    if (strstr(error.message, text) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", text, error.message);
    assert_null(strstr(error.message, "llama_"));
}

static void an_install_finds_what_a_load_or_a_step_would_refuse(void **state)
{
    (void)state;
    if (ops == NULL)
        skip();
    expect_install(MEAN, NULL);
    expect_install(CLS, NULL);
    expect_install(RANK, NULL);
    told.heads = 0;
    expect_install(MEAN, "'bert.attention.head_count' is 0, and there must be at least one");
    told.heads = 5;
    expect_install(MEAN, "is 5, which does not divide the embedding_length");
    told.heads = HEADS;
    told.inner = INNER / 2;
    expect_install(MEAN, "'blk.0.ffn_up.weight' does not fit the header's numbers, which ask for "
                         "the shape 32, 32; it has 32, 64");
    told.inner = INNER;
    told.layers = LAYERS + 1;
    expect_install(MEAN, "the model has no tensor 'blk.2.attn_q.weight'");
    told.layers = LAYERS - 1;
    expect_install(MEAN, "tensors, of which its architecture uses");
    told.layers = LAYERS;
    told.epsilon = -1;
    expect_install(MEAN, "'bert.attention.layer_norm_epsilon' is -1, and must be a number from 0");
    told.epsilon = 1e-12f;
    told.words_typed = WORDS - 1;
    expect_install(MEAN, "'tokenizer.ggml.token_type' is shorter than the vocabulary");
    told.words_typed = WORDS;
    expect_install(MEAN, NULL);
}

static int begin(void **state)
{
    (void)state;
    ops = driver_plugin("llama");
    int descriptor = mkstemp(path);
    if (descriptor < 0)
        return -1;
    close(descriptor);
    return 0;
}

static int end(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_facts_of_an_encoder_are_told),
        cmocka_unit_test(a_vector_has_length_1_and_does_not_depend_on_the_batch),
        cmocka_unit_test(more_inputs_than_a_batch_holds_are_all_answered),
        cmocka_unit_test(an_input_that_is_too_long_is_refused_or_cut_as_asked),
        cmocka_unit_test(a_model_that_ranks_gives_one_score_for_a_pair),
        cmocka_unit_test(of_a_pair_only_the_second_text_is_cut),
        cmocka_unit_test(headers_that_libllama_would_abort_on_are_errors),
        cmocka_unit_test(an_install_finds_what_a_load_or_a_step_would_refuse),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
