/* The modules of sentence-transformers behind the transformer: what they are saved as, in today's
 * form and in those before, and what comes out. The reference for one pooling are others: of two
 * tokens, "cls" is the first one's row and "lasttoken" the second one's. */
#include "support/encoder_folder.h"
#include "support/encoder_plugin.h"

#include <math.h>

enum { HIDDEN = 48, WIDTH_MAX = 6 * HIDDEN };

struct embedded {
    struct hearth_event_sink sink;
    struct hearth_model_facts facts;
    float values[WIDTH_MAX];
    uint32_t width;
};

static void take_vector(struct hearth_event_sink *sink, const struct hearth_event *event)
{
    struct embedded *embedded = (struct embedded *)sink;
    if (event->kind != HEARTH_EVENT_VECTOR)
        return;
    assert_true(event->value_count <= WIDTH_MAX);
    embedded->width = event->value_count;
    memcpy(embedded->values, event->values, event->value_count * sizeof(float));
}

/* A tokenizer that opens a text and closes it with nothing: "x" is two tokens. */
static struct encoder_folder make_folder(const char *modules)
{
    struct encoder_folder folder = encoder_folder_make("bert");
    encoder_folder_mkdir(&folder, "pool");
    encoder_folder_mkdir(&folder, "dense");
    encoder_folder_write(&folder, "modules.json", modules);
    encoder_folder_patch(&folder, "tokenizer.json",
                         "{\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[{"
                         "\"SpecialToken\":{\"id\":\"[CLS]\"}},{\"Sequence\":{\"id\":\"A\"}}],"
                         "\"pair\":[],\"special_tokens\":{\"[CLS]\":{\"ids\":[2]}}}}");
    return folder;
}

#define MODULE(type, path) "{\"type\":\"sentence_transformers." type "\",\"path\":\"" path "\"}"
#define TRANSFORMER MODULE("base.modules.transformer.Transformer", "")
#define POOLING MODULE("sentence_transformer.modules.pooling.Pooling", "pool")
#define DENSE MODULE("base.modules.dense.Dense", "dense")
#define NORMALIZE MODULE("base.modules.normalize.Normalize", "norm")

static int load_folder(const struct encoder_folder *folder, struct hearth_engine **ret_engine,
                       struct hearth_model_facts *ret_facts, struct hearth_error *error)
{
    const struct hearth_model_files files = {.path = folder->path};
    const struct hearth_load_params params = {.threads = 1, .slots = 2};
    return ops->load(&files, &params, NULL, ret_engine, ret_facts, error);
}

static struct embedded embed(const struct encoder_folder *folder, const char *text)
{
    struct hearth_engine *engine = NULL;
    struct hearth_error error = {0};
    struct embedded embedded = {.sink.emit = take_vector};
    if (load_folder(folder, &engine, &embedded.facts, &error))
        fail_msg("%s", error.message);
    struct hearth_prepared *prepared;
    const struct hearth_input input = {.task = HEARTH_TASK_EMBED,
                                       .kind = HEARTH_INPUT_TEXT,
                                       .bytes = text,
                                       .length = strlen(text)};
    assert_int_equal(ops->prepare(engine, &input, &prepared, &error), 0);
    const struct hearth_step_item item = {.begin = prepared, .token_count = prepared->token_count};
    assert_int_equal(ops->step(engine, &item, 1, &embedded.sink, &error), 0);
    ops->discard(engine, prepared);
    ops->unload(engine);
    assert_int_equal(embedded.width, embedded.facts.embedding_length);
    return embedded;
}

static struct embedded pooled(const char *pooling)
{
    struct encoder_folder folder = make_folder("[" TRANSFORMER "," POOLING "]");
    encoder_folder_write(&folder, "pool/config.json", pooling);
    struct embedded embedded = embed(&folder, "x");
    encoder_folder_remove(&folder);
    return embedded;
}

static struct embedded pooled_as(const char *mode)
{
    char *pooling = hearth_format("{\"embedding_dimension\":48,\"pooling_mode\":%s,"
                                  "\"include_prompt\":true}",
                                  mode);
    struct embedded embedded = pooled(pooling);
    hearth_free(pooling);
    return embedded;
}

static void a_pooling_means_the_same_in_its_old_form_and_in_the_new_one(void **state)
{
    (void)state;
    static const struct {
        const char *mode, *old, *told;
    } forms[] = {
        {"\"cls\"", "pooling_mode_cls_token", "cls"},
        {"\"max\"", "pooling_mode_max_tokens", "max"},
        {"\"mean\"", "pooling_mode_mean_tokens", "mean"},
        {"\"mean_sqrt_len_tokens\"", "pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len"},
        {"\"weightedmean\"", "pooling_mode_weightedmean_tokens", "weightedmean"},
        {"\"lasttoken\"", "pooling_mode_lasttoken", "last"},
        {"[\"mean\"]", "pooling_mode_mean_tokens", "mean"},
    };
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        char *old = hearth_format("{\"word_embedding_dimension\":48,\"%s\":true}", forms[i].old);
        struct embedded before = pooled(old), now = pooled_as(forms[i].mode);
        assert_memory_equal(before.values, now.values, HIDDEN * sizeof(float));
        assert_string_equal(now.facts.pooling, forms[i].told);
        hearth_free(old);
    }
}

static void a_pooling_that_names_none_is_the_mean(void **state)
{
    (void)state;
    struct embedded mean = pooled_as("\"mean\"");
    struct embedded none = pooled("{\"pooling_mode_cls_token\":false,\"include_prompt\":true}");
    assert_memory_equal(mean.values, none.values, sizeof(mean.values));
}

static void later_tokens_weigh_more_in_a_weighted_mean(void **state)
{
    (void)state;
    struct embedded first = pooled_as("\"cls\""), second = pooled_as("\"lasttoken\"");
    struct embedded weighted = pooled_as("\"weightedmean\"");
    for (int i = 0; i < HIDDEN; i++)
        assert_true(fabsf((first.values[i] + 2 * second.values[i]) / 3 - weighted.values[i]) <
                    1e-6f);
}

static void several_poolings_stand_one_behind_the_other(void **state)
{
    (void)state;
    struct embedded first = pooled_as("\"cls\""), second = pooled_as("\"lasttoken\"");
    struct embedded both = pooled_as("[\"lasttoken\",\"cls\"]");
    struct embedded old =
        pooled("{\"pooling_mode_lasttoken\":true,\"pooling_mode_cls_token\":true}");
    struct embedded all = pooled_as("[\"cls\",\"max\",\"mean\",\"mean_sqrt_len_tokens\","
                                    "\"weightedmean\",\"lasttoken\"]");
    const size_t bytes = HIDDEN * sizeof(float);
    assert_int_equal(both.width, 2 * HIDDEN);
    assert_string_equal(both.facts.pooling, "last+cls");
    assert_memory_equal(both.values, second.values, bytes);
    assert_memory_equal(both.values + HIDDEN, first.values, bytes);
    assert_memory_equal(old.values, first.values, bytes);
    assert_memory_equal(old.values + HIDDEN, second.values, bytes);
    assert_int_equal(all.width, 6 * HIDDEN);
    assert_string_equal(all.facts.pooling, "several");
    assert_memory_equal(all.values + 5 * HIDDEN, second.values, bytes);
}

/* Weights that pick two numbers. */
static void write_dense(const struct encoder_folder *folder, const char *config)
{
    float weights[2 * HIDDEN];
    const char *header = "{\"linear.weight\":{\"dtype\":\"F32\",\"shape\":[2,48],"
                         "\"data_offsets\":[0,384]}}";
    char *path = hearth_format("%s/dense/model.safetensors", folder->path);
    uint64_t length = strlen(header);
    for (int i = 0; i < 2 * HIDDEN; i++)
        weights[i] = i == 3 || i == HIDDEN + 5 ? 2 : 0; /* twice the numbers 3 and 5 */
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(&length, sizeof(length), 1, file), 1);
    assert_int_equal(fwrite(header, length, 1, file), 1);
    assert_int_equal(fwrite(weights, sizeof(weights), 1, file), 1);
    assert_int_equal(fclose(file), 0);
    hearth_free(path);
    encoder_folder_write(folder, "dense/config.json", config);
}

static struct embedded projected(const char *activation)
{
    struct encoder_folder folder = make_folder("[" TRANSFORMER "," POOLING "," DENSE "]");
    char *config = hearth_format("{\"in_features\":48,\"out_features\":2,\"bias\":false%s%s%s}",
                                 activation ? ",\"activation_function\":\"torch.nn.modules." : "",
                                 activation ? activation : "", activation ? "\"" : "");
    encoder_folder_write(&folder, "pool/config.json", "{\"pooling_mode\":\"cls\"}");
    write_dense(&folder, config);
    struct embedded embedded = embed(&folder, "x");
    encoder_folder_remove(&folder);
    hearth_free(config);
    return embedded;
}

static void a_dense_module_has_the_activation_that_it_names_and_else_tanh(void **state)
{
    (void)state;
    struct embedded first = pooled_as("\"cls\"");
    struct embedded plain = projected("linear.Identity"), gelu = projected("activation.GELU");
    struct embedded relu = projected("activation.ReLU"), absent = projected(NULL);
    assert_int_equal(plain.width, 2);
    for (int i = 0; i < 2; i++) {
        float x = 2 * first.values[i ? 5 : 3];
        assert_true(fabsf(plain.values[i] - x) < 1e-5f);
        assert_true(fabsf(absent.values[i] - tanhf(x)) < 1e-5f);
        assert_true(fabsf(relu.values[i] - (x > 0 ? x : 0)) < 1e-5f);
        assert_true(fabsf(gelu.values[i] - x * 0.5f * (1 + erff(x / sqrtf(2)))) < 1e-5f);
    }
}

static void a_model_may_ask_for_fewer_numbers_of_its_vectors(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        uint32_t told;
    } cases[] = {{"{\"truncate_dim\":16}", 16},
                 {"{\"truncate_dim\":null}", 0},
                 {"{\"truncate_dim\":48}", 0},
                 {"{\"truncate_dim\":100}", 0},
                 {"{\"prompts\":null}", 0}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct encoder_folder folder = make_folder("[" TRANSFORMER "]");
        encoder_folder_write(&folder, "config_sentence_transformers.json", cases[i].json);
        struct embedded embedded = embed(&folder, "x");
        assert_int_equal(embedded.width, HIDDEN);
        assert_int_equal(embedded.facts.default_dimensions, cases[i].told);
        encoder_folder_remove(&folder);
    }
}

static void a_prompt_that_is_null_is_none(void **state)
{
    (void)state;
    struct encoder_folder folder = make_folder("[" TRANSFORMER "]");
    encoder_folder_write(&folder, "config_sentence_transformers.json",
                         "{\"prompts\":{\"q\":null,\"d\":\"a \"},\"default_prompt_name\":null}");
    struct embedded embedded = embed(&folder, "x");
    assert_string_equal(embedded.facts.prompts_json, "{\"d\":\"a \"}");
    encoder_folder_remove(&folder);
}

static void texts_are_lower_cased_first_where_the_model_says_so(void **state)
{
    (void)state;
    struct encoder_folder folder = make_folder("[" TRANSFORMER "]");
    encoder_folder_patch(&folder, "tokenizer.json", "{\"normalizer\":null}");
    struct embedded small = embed(&folder, "x"), large = embed(&folder, "X");
    assert_memory_not_equal(small.values, large.values, HIDDEN * sizeof(float));
    encoder_folder_write(&folder, "sentence_bert_config.json", "{\"do_lower_case\":true}");
    large = embed(&folder, "X");
    assert_memory_equal(small.values, large.values, HIDDEN * sizeof(float));
    encoder_folder_remove(&folder);
}

static void assert_refused(const struct encoder_folder *folder, int code, const char *words)
{
    struct hearth_engine *engine = NULL;
    struct hearth_model_facts facts;
    struct hearth_error error = {0};
    int rc = load_folder(folder, &engine, &facts, &error);
    if (rc != code || !strstr(error.message, words))
        fail_msg("%d \"%s\", not %d \"%s\"", rc, error.message, code, words);
}

static void modules_that_are_not_known_here_are_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *modules, *pooling, *dense;
        int code;
        const char *words;
    } cases[] = {
        {"[" TRANSFORMER "," POOLING "]", "{\"pooling_mode\":\"attention\"}", "{}", HEARTH_ENOTIMPL,
         "pool/config.json: pooling_mode \"attention\""},
        {"[" TRANSFORMER "," POOLING "]", "{\"pooling_mode\":7}", "{}", HEARTH_EMODEL,
         "pool/config.json: pooling_mode"},
        {"[" TRANSFORMER "," POOLING "]", "{\"pooling_mode_max_tokens\":\"yes\"}", "{}",
         HEARTH_EMODEL, "pooling_mode_max_tokens must be true or false"},
        {"[" TRANSFORMER "," POOLING
         "," MODULE("sentence_transformer.modules.layer_norm.LayerNorm", "norm") "]",
         "{}", "{}", HEARTH_ENOTIMPL, "a module \"LayerNorm\" is not known here"},
        {"[" TRANSFORMER "," DENSE "," POOLING "]", "{}", "{}", HEARTH_ENOTIMPL,
         "\"Dense\" at this place"},
        {"[" TRANSFORMER "," POOLING "," NORMALIZE "," DENSE "]", "{}", "{}", HEARTH_ENOTIMPL,
         "\"Dense\" at this place"},
        {"[" TRANSFORMER "," POOLING "," POOLING "]", "{}", "{}", HEARTH_ENOTIMPL,
         "\"Pooling\" at this place"},
        {"[" MODULE("base.modules.transformer.Transformer", "0_Transformer") "]", "{}", "{}",
         HEARTH_ENOTIMPL, "\"Transformer\" in a folder of its own"},
        {"[{\"type\":\"custom_st.Transformer\",\"path\":\"\"}]", "{}", "{}", HEARTH_ENOTIMPL,
         "\"custom_st.Transformer\" is not known"},
        {"[" TRANSFORMER "," POOLING "," DENSE "]", "{}",
         "{\"in_features\":48,\"out_features\":2,\"use_residual\":true}", HEARTH_ENOTIMPL,
         "dense/config.json: use_residual"},
        {"[" TRANSFORMER "," POOLING "," DENSE "]", "{}",
         "{\"in_features\":48,\"out_features\":2,\"module_input_name\":\"token_embeddings\"}",
         HEARTH_ENOTIMPL, "module_input_name \"token_embeddings\""},
        {"[" TRANSFORMER "," POOLING "," DENSE "]", "{}", "{\"in_features\":47,\"out_features\":2}",
         HEARTH_EMODEL, "in_features is 47, what comes to it has 48"},
        {"[" TRANSFORMER "," POOLING "," DENSE "]", "{}", "{\"in_features\":48,\"out_features\":2}",
         HEARTH_EMODEL, "dense/model.safetensors is missing"},
        {"[" TRANSFORMER "," MODULE("models.Pooling", "gone") "]", "{}", "{}", HEARTH_EMODEL,
         "gone/config.json is missing"},
        {"[" TRANSFORMER "," MODULE("models.Pooling", "../pool") "]", "{}", "{}", HEARTH_EMODEL,
         "the path of a module is not allowed"},
        {"{}", "{}", "{}", HEARTH_EMODEL, "modules.json must be a list"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct encoder_folder folder = make_folder(cases[i].modules);
        encoder_folder_write(&folder, "pool/config.json", cases[i].pooling);
        encoder_folder_write(&folder, "dense/config.json", cases[i].dense);
        assert_refused(&folder, cases[i].code, cases[i].words);
        encoder_folder_remove(&folder);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pooling_means_the_same_in_its_old_form_and_in_the_new_one),
        cmocka_unit_test(a_pooling_that_names_none_is_the_mean),
        cmocka_unit_test(later_tokens_weigh_more_in_a_weighted_mean),
        cmocka_unit_test(several_poolings_stand_one_behind_the_other),
        cmocka_unit_test(a_dense_module_has_the_activation_that_it_names_and_else_tanh),
        cmocka_unit_test(a_model_may_ask_for_fewer_numbers_of_its_vectors),
        cmocka_unit_test(a_prompt_that_is_null_is_none),
        cmocka_unit_test(texts_are_lower_cased_first_where_the_model_says_so),
        cmocka_unit_test(modules_that_are_not_known_here_are_refused_by_name),
    };
    return cmocka_run_group_tests(tests, open_plugin, NULL);
}
