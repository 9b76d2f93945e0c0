/* Folders that contradict themselves, or ask for what the encoder does not have: each is refused
 * with an error that names what is wrong, none is read behind its tables. */
#include "support/encoder_folder.h"
#include "support/encoder_plugin.h"

struct fault {
    const char *golden, *file, *patch;
    int code;
    const char *words;
};

static int load_folder(const struct encoder_folder *folder, struct hearth_engine **ret_engine,
                       struct hearth_error *error)
{
    const struct hearth_model_files files = {.path = folder->path};
    const struct hearth_load_params params = {.threads = 1, .slots = 2};
    struct hearth_model_facts facts;
    return ops->load(&files, &params, NULL, ret_engine, &facts, error);
}

static int describe_folder(const struct encoder_folder *folder, bool thorough,
                           struct hearth_error *error)
{
    const struct hearth_model_files files = {.path = folder->path, .thorough = thorough};
    struct hearth_model_facts facts;
    return ops->describe(&files, &facts, error);
}

/* By a load, and by the thorough look of an install before it. */
static void assert_refused(const struct encoder_folder *folder, int code, const char *words)
{
    struct hearth_engine *engine = NULL;
    struct hearth_error error = {0};
    int rc = load_folder(folder, &engine, &error);
    if (rc == 0)
        fail_msg("it was loaded, not refused with \"%s\"", words);
    if (rc != code || !strstr(error.message, words))
        fail_msg("%d \"%s\", not %d \"%s\"", rc, error.message, code, words);
    struct hearth_error told = {0};
    assert_int_equal(describe_folder(folder, true, &told), code);
    assert_string_equal(told.message, error.message);
}

static void assert_all_refused(const struct fault *faults, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct encoder_folder folder = encoder_folder_make(faults[i].golden);
        encoder_folder_patch(&folder, faults[i].file, faults[i].patch);
        assert_refused(&folder, faults[i].code, faults[i].words);
        encoder_folder_remove(&folder);
    }
}
#define ASSERT_ALL_REFUSED(faults) assert_all_refused(faults, sizeof(faults) / sizeof((faults)[0]))

#define TEMPLATE(single, pair, ids)                                                                \
    "{\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[" single "],\"pair\":[" pair \
    "],\"special_tokens\":{\"[CLS]\":{\"ids\":[" ids "]}}}}"
#define SPECIAL "{\"SpecialToken\":{\"id\":\"[CLS]\",\"type_id\":0}},"
#define TEXT(id, type) "{\"Sequence\":{\"id\":\"" id "\",\"type_id\":" type "}}"

static void ids_that_the_model_has_no_rows_for_are_a_broken_model(void **state)
{
    (void)state;
    static const struct fault faults[] = {
        {"bert", "tokenizer.json", "{\"post_processor\":{\"sep\":[\"[SEP]\",96]}}", HEARTH_EMODEL,
         "token ids up to 96, the model has 96 tokens"},
        {"bert", "tokenizer.json", "{\"post_processor\":{\"cls\":[\"[CLS]\",1000000]}}",
         HEARTH_EMODEL, "token ids up to 1000000"},
        {"bert", "tokenizer.json", TEMPLATE(SPECIAL TEXT("A", "0"), TEXT("B", "1"), "2,96"),
         HEARTH_EMODEL, "token ids up to 96"},
        {"bert", "tokenizer.json", TEMPLATE(TEXT("A", "0"), SPECIAL TEXT("B", "1"), "10000000"),
         HEARTH_EMODEL, "token ids up to 10000000"},
        {"bert", "tokenizer.json",
         "{\"added_tokens\":[{\"id\":96,\"content\":\"[X]\",\"special\":true}]}", HEARTH_EMODEL,
         "token ids up to 96"},
        {"bert", "tokenizer.json", "{\"model\":{\"vocab\":{\"zz\":96}}}", HEARTH_EMODEL,
         "token ids up to 96"},
    };
    ASSERT_ALL_REFUSED(faults);
}

static void segments_that_the_model_has_no_rows_for_are_a_broken_model(void **state)
{
    (void)state;
    static const struct fault faults[] = {
        {"bert", "tokenizer.json", TEMPLATE(TEXT("A", "2"), "", "2"), HEARTH_EMODEL,
         "segment ids up to 2, the model has 2 segments"},
        {"nomic", "tokenizer.json", TEMPLATE(TEXT("A", "255"), "", "2"), HEARTH_EMODEL,
         "segment ids up to 255"},
        {"bert-classifier", "tokenizer.json",
         TEMPLATE(TEXT("A", "0"), TEXT("A", "0") "," TEXT("B", "99"), "2"), HEARTH_EMODEL,
         "segment ids up to 99"},
    };
    ASSERT_ALL_REFUSED(faults);
}

static void tables_of_positions_that_cannot_be_used_are_a_broken_model(void **state)
{
    (void)state;
    static const struct fault faults[] = {
        {"mpnet", "config.json", "{\"relative_attention_num_buckets\":1}", HEARTH_EMODEL,
         "relative_attention_num_buckets must be a number from 4"},
        {"mpnet", "config.json", "{\"relative_attention_num_buckets\":512}", HEARTH_EMODEL,
         "relative_attention_num_buckets must be a number from 1 to 511"},
        {"xlm-roberta", "config.json", "{\"pad_token_id\":79}", HEARTH_EMODEL,
         "pad_token_id must be a number that leaves some of 80 positions"},
        {"xlm-roberta", "config.json", "{\"pad_token_id\":-3}", HEARTH_EMODEL,
         "pad_token_id must be a number that leaves some of 80 positions"},
        {"xlm-roberta", "config.json", "{\"pad_token_id\":9223372036854775807}", HEARTH_EMODEL,
         "pad_token_id must be a number that leaves some of 80 positions"},
    };
    ASSERT_ALL_REFUSED(faults);
}

static void values_of_a_wrong_type_or_size_are_a_broken_model(void **state)
{
    (void)state;
    static const struct fault faults[] = {
        {"bert", "config.json", "{\"layer_norm_eps\":\"x\"}", HEARTH_EMODEL,
         "config.json: layer_norm_eps must be a number"},
        {"bert", "config.json", "{\"layer_norm_eps\":-1}", HEARTH_EMODEL,
         "layer_norm_eps must be a number from 0 to 1"},
        {"bert", "config.json", "{\"hidden_act\":[\"x\"]}", HEARTH_EMODEL,
         "hidden_act must be a text"},
        {"bert", "config.json", "{\"model_type\":7}", HEARTH_EMODEL, "model_type must be a text"},
        {"bert", "config.json", "{\"is_decoder\":1}", HEARTH_EMODEL,
         "is_decoder must be true or false"},
        {"bert", "config.json", "{\"num_attention_heads\":5}", HEARTH_EMODEL,
         "5 heads do not share a width of 48 evenly"},
        {"xlm-roberta", "config.json", "{\"pad_token_id\":\"1\"}", HEARTH_EMODEL, "pad_token_id"},
        {"modernbert", "config.json", "{\"rope_parameters\":7}", HEARTH_EMODEL,
         "rope_parameters must be an object"},
        {"nomic", "config.json", "{\"rope_parameters\":{\"rope_theta\":0}}", HEARTH_EMODEL,
         "must be a number over 0"},
        {"modernbert", "config.json", "{\"norm_bias\":true}", HEARTH_EMODEL,
         "norm.bias\": is missing"},
        {"modernbert", "config.json", "{\"attention_bias\":true}", HEARTH_EMODEL,
         "attn.Wqkv.bias\": is missing"},
        {"modernbert", "config.json", "{\"mlp_bias\":true}", HEARTH_EMODEL,
         "mlp.Wi.bias\": is missing"},
        {"bert", "tokenizer.json", "{\"post_processor\":{\"type\":null}}", HEARTH_EMODEL,
         "the post-processor has no type"},
    };
    ASSERT_ALL_REFUSED(faults);
}

static void what_is_not_known_here_is_refused_by_name(void **state)
{
    (void)state;
    static const struct fault faults[] = {
        {"bert", "config.json", "{\"is_decoder\":true}", HEARTH_ENOTIMPL, "is_decoder"},
        {"bert", "config.json", "{\"position_embedding_type\":\"relative_key\"}", HEARTH_ENOTIMPL,
         "position_embedding_type \"relative_key\""},
        {"bert", "config.json", "{\"num_attention_heads\":48}", HEARTH_ENOTIMPL,
         "48 heads share a width of 48, so each is 1 wide"},
        {"bert", "config.json", "{\"head_dim\":8}", HEARTH_ENOTIMPL, "head_dim other than 12"},
        {"bert", "config.json", "{\"model_type\":\"gpt2\"}", HEARTH_ENOTIMPL,
         "model_type \"gpt2\""},
        {"nomic", "config.json", "{\"num_experts\":8}", HEARTH_ENOTIMPL, "num_experts"},
        {"nomic", "config.json", "{\"moe_every_n_layers\":2}", HEARTH_ENOTIMPL,
         "moe_every_n_layers"},
        {"nomic", "config.json", "{\"causal\":true}", HEARTH_ENOTIMPL, "causal"},
        {"nomic", "config.json", "{\"rope_parameters\":{\"rope_type\":\"yarn\"}}", HEARTH_ENOTIMPL,
         "rope_parameters of the type \"yarn\""},
        {"modernbert", "config.json",
         "{\"rope_parameters\":{\"sliding_attention\":{\"rope_type\":\"linear\"}}}",
         HEARTH_ENOTIMPL, "rope_parameters of the type \"linear\""},
        {"modernbert", "config.json", "{\"rope_scaling\":{\"type\":\"dynamic\"}}", HEARTH_ENOTIMPL,
         "rope_scaling of the type \"dynamic\""},
        {"modernbert-classifier", "config.json", "{\"classifier_activation\":\"relu\"}",
         HEARTH_ENOTIMPL, "classifier_activation \"relu\""},
    };
    ASSERT_ALL_REFUSED(faults);
}

static void a_folder_that_can_be_loaded_is_good_to_a_thorough_look(void **state)
{
    (void)state;
    static const char *const names[] = {"bert",
                                        "bert-tanh",
                                        "xlm-roberta",
                                        "distilbert",
                                        "mpnet",
                                        "nomic",
                                        "modernbert",
                                        "bert-classifier",
                                        "xlm-roberta-classifier",
                                        "modernbert-classifier"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct encoder_folder folder = encoder_folder_make(names[i]);
        struct hearth_error error = {0};
        if (describe_folder(&folder, true, &error))
            fail_msg("%s: %s", names[i], error.message);
        encoder_folder_unlink(&folder, "tokenizer.json");
        assert_int_equal(describe_folder(&folder, false, &error), 0);
        assert_int_equal(describe_folder(&folder, true, &error), HEARTH_EMODEL);
        encoder_folder_remove(&folder);
    }
}

/* Only the file's name is told: where the model lies is the server's business. */
static void assert_missing(const char *file, const char *words)
{
    struct encoder_folder folder = encoder_folder_make("bert");
    struct hearth_engine *engine = NULL;
    struct hearth_error error = {0};
    encoder_folder_unlink(&folder, file);
    if (load_folder(&folder, &engine, &error) != HEARTH_EMODEL || !strstr(error.message, words))
        fail_msg("%d \"%s\", not \"%s\"", error.code, error.message, words);
    assert_null(strstr(error.message, folder.path));
    encoder_folder_remove(&folder);
}

static void files_that_are_missing_are_a_broken_model(void **state)
{
    (void)state;
    assert_missing("config.json", "it has no config.json");
    assert_missing("tokenizer.json", "neither a tokenizer.json nor a vocab.txt");
    assert_missing("model.safetensors", "model.safetensors is missing");
}

static void shards_that_are_missing_or_elsewhere_are_a_broken_model(void **state)
{
    (void)state;
    struct encoder_folder folder = encoder_folder_make("bert");
    encoder_folder_write(&folder, "model.safetensors.index.json",
                         "{\"weight_map\":{\"a\":\"model-00001-of-00002.safetensors\"}}");
    assert_refused(&folder, HEARTH_EMODEL, "model-00001-of-00002.safetensors is missing");
    encoder_folder_write(&folder, "model.safetensors.index.json",
                         "{\"weight_map\":{\"a\":\"../model.safetensors\"}}");
    assert_refused(&folder, HEARTH_EMODEL, "\"../model.safetensors\" is no plain file name");
    encoder_folder_write(&folder, "model.safetensors", "");
    encoder_folder_unlink(&folder, "model.safetensors.index.json");
    assert_refused(&folder, HEARTH_EMODEL, "model.safetensors is not a file with content");
    encoder_folder_remove(&folder);
}

/* Its text is a letter, so its normal form is a million of another. */
static void a_normalizer_that_blows_a_text_up_is_stopped_while_it_does(void **state)
{
    (void)state;
    enum { EACH = 1 << 20, LETTERS = 100000 };
    struct encoder_folder folder = encoder_folder_make("bert");
    struct hearth_engine *engine = NULL;
    struct hearth_error error = {0};
    char *content = hearth_calloc(EACH + 1, 1), *text = hearth_calloc(LETTERS, 1);
    memset(content, 'b', EACH);
    memset(text, 'a', LETTERS);
    char *patch = hearth_format("{\"normalizer\":{\"type\":\"Replace\",\"pattern\":{"
                                "\"String\":\"a\"},\"content\":\"%s\"}}",
                                content);
    encoder_folder_patch(&folder, "tokenizer.json", patch);
    if (load_folder(&folder, &engine, &error))
        fail_msg("%s", error.message);
    struct hearth_prepared *prepared;
    const struct hearth_input input = {
        .task = HEARTH_TASK_EMBED, .kind = HEARTH_INPUT_TEXT, .bytes = text, .length = LETTERS};
    assert_int_equal(ops->prepare(engine, &input, &prepared, &error), HEARTH_ETOOLARGE);
    assert_non_null(strstr(error.message, "the model's normalizer makes of this text"));
    ops->unload(engine);
    encoder_folder_remove(&folder);
    hearth_free(patch);
    hearth_free(content);
    hearth_free(text);
}

struct counted {
    struct hearth_event_sink sink;
    uint32_t vectors;
};

static void count_vectors(struct hearth_event_sink *sink, const struct hearth_event *event)
{
    ((struct counted *)sink)->vectors += event->kind == HEARTH_EVENT_VECTOR;
}

/* RoBERTa's tokenizers give no segments, whatever their tokenizer.json says of pairs. */
static void a_pair_is_one_segment_where_the_model_has_one(void **state)
{
    (void)state;
    struct encoder_folder folder = encoder_folder_make("xlm-roberta-classifier");
    struct hearth_engine *engine = NULL;
    struct hearth_error error = {0};
    encoder_folder_patch(&folder, "tokenizer.json",
                         TEMPLATE(TEXT("A", "0"), TEXT("A", "0") "," TEXT("B", "255"), "2"));
    if (load_folder(&folder, &engine, &error))
        fail_msg("%s", error.message);
    struct hearth_prepared *prepared;
    struct counted counted = {.sink.emit = count_vectors};
    const struct hearth_input input = {.task = HEARTH_TASK_SCORE,
                                       .kind = HEARTH_INPUT_TEXT,
                                       .bytes = "a b",
                                       .length = 3,
                                       .pair = "c",
                                       .pair_length = 1};
    assert_int_equal(ops->prepare(engine, &input, &prepared, &error), 0);
    const struct hearth_step_item item = {.begin = prepared, .token_count = prepared->token_count};
    assert_int_equal(ops->step(engine, &item, 1, &counted.sink, &error), 0);
    assert_int_equal(counted.vectors, 1);
    ops->discard(engine, prepared);
    ops->unload(engine);
    encoder_folder_remove(&folder);
}

/* Only pairs have such a segment, and the model is asked for one text at a time. */
static void a_pair_without_a_row_for_its_segment_is_refused_when_it_comes(void **state)
{
    (void)state;
    struct encoder_folder folder = encoder_folder_make("bert");
    struct hearth_engine *engine = NULL;
    struct hearth_error error = {0};
    encoder_folder_patch(&folder, "tokenizer.json",
                         TEMPLATE(TEXT("A", "0"), TEXT("A", "0") "," TEXT("B", "2"), "2"));
    if (load_folder(&folder, &engine, &error))
        fail_msg("%s", error.message);
    struct hearth_prepared *prepared;
    struct hearth_input input = {.task = HEARTH_TASK_EMBED,
                                 .kind = HEARTH_INPUT_TEXT,
                                 .bytes = "a b",
                                 .length = 3,
                                 .pair = "c",
                                 .pair_length = 1};
    assert_int_equal(ops->prepare(engine, &input, &prepared, &error), HEARTH_EMODEL);
    assert_non_null(strstr(error.message, "the segment id 2, the model has 2 segments"));
    input.pair = NULL;
    assert_int_equal(ops->prepare(engine, &input, &prepared, &error), 0);
    ops->discard(engine, prepared);
    ops->unload(engine);
    encoder_folder_remove(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_that_the_model_has_no_rows_for_are_a_broken_model),
        cmocka_unit_test(segments_that_the_model_has_no_rows_for_are_a_broken_model),
        cmocka_unit_test(tables_of_positions_that_cannot_be_used_are_a_broken_model),
        cmocka_unit_test(values_of_a_wrong_type_or_size_are_a_broken_model),
        cmocka_unit_test(what_is_not_known_here_is_refused_by_name),
        cmocka_unit_test(a_folder_that_can_be_loaded_is_good_to_a_thorough_look),
        cmocka_unit_test(files_that_are_missing_are_a_broken_model),
        cmocka_unit_test(shards_that_are_missing_or_elsewhere_are_a_broken_model),
        cmocka_unit_test(a_normalizer_that_blows_a_text_up_is_stopped_while_it_does),
        cmocka_unit_test(a_pair_is_one_segment_where_the_model_has_one),
        cmocka_unit_test(a_pair_without_a_row_for_its_segment_is_refused_when_it_comes),
    };
    return cmocka_run_group_tests(tests, open_plugin, NULL);
}
