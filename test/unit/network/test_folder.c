/* A Hugging Face folder computes what the GGUF file made of it computes, for every model type; and
 * whatever a stranger writes into one ends in words. */
#include "support/folder_maker.h"
#include "unit/cmocka_all.h"

#include "base/error.h"
#include "format/engine_choice.h"
#include "network/decoder.h"

#include <math.h>
#include <stdlib.h>

enum { TOKENS = 40, VOCABULARY = 320 };

static struct hearth_decoder_params params = {.context = 128,
                                              .sequences = 1,
                                              .batch = TOKENS,
                                              .outputs = TOKENS,
                                              .states = TOKENS,
                                              .threads = 1,
                                              .kv_type = HEARTH_KV_F16};

static void logits_of(const char *path, const char *what, float *ret_logits)
{
    struct hearth_decoder *decoder = NULL;
    struct hearth_error error = {0};
    if (hearth_decoder_open(path, &params, NULL, &decoder, &error) != 0)
        fail_msg("%s: %s", what, error.message);
    int32_t tokens[TOKENS];
    for (int i = 0; i < TOKENS; i++)
        tokens[i] = (i * 37 + 11) % VOCABULARY;
    struct hearth_decoder_span span = {0, tokens, TOKENS, TOKENS};
    assert_int_equal(hearth_decoder_step(decoder, &span, 1, HEARTH_DECODER_LOGITS, NULL, &error),
                     0);
    for (uint32_t i = 0; i < TOKENS; i++)
        memcpy(ret_logits + i * VOCABULARY, hearth_decoder_result(decoder, i),
               VOCABULARY * sizeof(float));
    hearth_decoder_close(decoder);
}

/* The largest difference, in units of what logits differ by from one another. */
static float difference(const float *a, const float *b)
{
    float most = 0, low = a[0], high = a[0];
    for (size_t i = 0; i < (size_t)TOKENS * VOCABULARY; i++) {
        float apart = fabsf(a[i] - b[i]);
        most = !(apart <= most) ? apart : most;
        low = fminf(low, a[i]);
        high = fmaxf(high, a[i]);
    }
    return most / (high - low);
}

struct made {
    char gguf[32], folder[64];
};

static struct made make(struct folder_maker *maker)
{
    struct made made = {.gguf = "/tmp/hearth-folder-XXXXXX"};
    int descriptor = mkstemp(made.gguf);
    assert_true(descriptor >= 0);
    close(descriptor);
    assert_true(folder_make(maker, made.gguf, made.folder));
    return made;
}

static void drop(struct made *made)
{
    unlink(made->gguf);
    temp_folder_remove(made->folder);
}

static void expect_same(struct folder_maker *maker, const char *what)
{
    static float file[TOKENS * VOCABULARY], folder[TOKENS * VOCABULARY];
    struct made made = make(maker);
    logits_of(made.gguf, what, file);
    logits_of(made.folder, what, folder);
    float apart = difference(file, folder);
    if (!(apart < 5e-4f))
        fail_msg("%s: the folder's logits differ by %g of their range", what, (double)apart);
    drop(&made);
    folder_maker_free(maker);
}

/* What the maker's GGUF files say in keys of their own. */
static const struct {
    const char *type, *config;
} configs[] = {
    {"mistral", ",\"sliding_window\":null"},
    {"mixtral", ",\"rope_theta\":10000"},
    {"gemma2", ",\"query_pre_attn_scalar\":32,\"attn_logit_softcapping\":5,"
               "\"final_logit_softcapping\":3,\"sliding_window\":20"},
    {"gemma3_text", ",\"query_pre_attn_scalar\":32,\"rope_theta\":10000,\"sliding_window\":20"},
    {"granite", ",\"logits_scaling\":4,\"residual_multiplier\":0.5,\"embedding_multiplier\":6,"
                "\"attention_multiplier\":0.125"},
    {"olmo3", ",\"sliding_window\":20,\"rope_theta\":10000"},
    {"stablelm", ",\"partial_rotary_factor\":1.0"},
};

static struct folder_maker *usual(const struct hearth_model_type *type)
{
    struct folder_maker *maker = folder_maker_of(type);
    const char *architecture = type->architecture;
    for (size_t i = 0; i < sizeof(configs) / sizeof(configs[0]); i++)
        if (strcmp(configs[i].type, type->name) == 0)
            maker->more_config = configs[i].config;
    const struct hearth_architecture *row =
        hearth_architecture_find(architecture, strlen(architecture));
    if ((row->required & HEARTH_PART_BIT(HEARTH_PART_HEAD)) != 0)
        maker->decoder.tied = false;
    /* Biases that are always there; GGUF's Qwen may have one of the head as well, folders not. */
    maker->decoder.biases =
        strcmp(type->name, "qwen2") == 0 || strcmp(type->name, "starcoder2") == 0;
    maker->decoder.wrong_name = "output.bias";
    maker->decoder.left_out = true;
    if (strcmp(type->name, "olmo2") == 0)
        maker->decoder.window = 0;
    return maker;
}

static struct folder_maker *of(const char *name)
{
    const struct hearth_model_type *type = hearth_model_type_find(name, NULL);
    assert_non_null(type);
    return usual(type);
}

static void every_model_type_computes_what_its_gguf_file_computes(void **state)
{
    (void)state;
    for (size_t i = 0; hearth_model_type_at(i) != NULL; i++) {
        const struct hearth_model_type *type = hearth_model_type_at(i);
        expect_same(usual(type), type->name);
    }
}

static void a_head_of_its_own_biases_and_a_parallel_feed_forward_part_are_read(void **state)
{
    (void)state;
    struct folder_maker *maker = of("llama");
    maker->decoder.tied = false;
    expect_same(maker, "llama with a head");
    maker = of("llama");
    maker->decoder.biases = true;
    maker->more_config = ",\"attention_bias\":true,\"mlp_bias\":true";
    expect_same(maker, "llama with biases");
    maker = of("stablelm");
    maker->decoder.side_by_side = true;
    maker->more_config = ",\"partial_rotary_factor\":1.0,\"use_parallel_residual\":true,"
                         "\"qk_layernorm\":true";
    expect_same(maker, "stablelm side by side");
    maker = of("stablelm");
    maker->decoder.side_by_side = true;
    maker->decoder.key_heads = 1; /* a list of one norm */
    maker->more_config = ",\"partial_rotary_factor\":1.0,\"use_parallel_residual\":true,"
                         "\"qk_layernorm\":true";
    expect_same(maker, "stablelm with one key head");
}

static void experts_may_lie_apart_or_together(void **state)
{
    (void)state;
    struct folder_maker *maker = of("mixtral");
    maker->together = true;
    expect_same(maker, "mixtral together");
    maker = of("qwen3_moe");
    maker->together = true;
    expect_same(maker, "qwen3_moe together");
}

static void the_network_is_found_under_every_prefix(void **state)
{
    static const char *const prefixes[] = {"", "language_model.model.", "model.language_model."};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct folder_maker *maker = of("llama");
        maker->prefix = prefixes[i];
        expect_same(maker, prefixes[i]);
    }
}

static void a_folder_in_several_files_is_the_same_model(void **state)
{
    (void)state;
    struct folder_maker *maker = of("qwen3_moe");
    maker->shards = 3;
    expect_same(maker, "three files");
}

/* The difference of a quantized model from the whole one is that of its type. */
static void floats_are_quantized_while_they_are_loaded(void **state)
{
    static const struct {
        enum hearth_quant type;
        float least, most;
    } cases[] = {
        {HEARTH_QUANT_BF16, 1e-6f, 0.01f}, {HEARTH_QUANT_F16, 1e-7f, 0.002f},
        {HEARTH_QUANT_Q8_0, 1e-5f, 0.02f}, {HEARTH_QUANT_Q4_1, 1e-3f, 0.2f},
        {HEARTH_QUANT_Q4_0, 1e-3f, 0.2f},
    };
    static float whole[TOKENS * VOCABULARY], made_smaller[TOKENS * VOCABULARY];
    (void)state;
    /* Of a mixture a small difference may ask other experts, which is a large one. */
    struct folder_maker *maker = of("llama");
    maker->decoder.tied = false;
    struct made made = make(maker);
    struct hearth_decoder_plan plan, smaller;
    logits_of(made.folder, "whole", whole);
    assert_int_equal(hearth_decoder_plan(made.folder, &params, &plan, NULL), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        params.quantize = (struct hearth_weights_quantize){true, cases[i].type};
        logits_of(made.folder, "quantized", made_smaller);
        float apart = difference(whole, made_smaller);
        if (!(apart >= cases[i].least && apart <= cases[i].most))
            fail_msg("%s differs by %g", hearth_quant_type((uint32_t)cases[i].type)->name,
                     (double)apart);
        assert_int_equal(hearth_decoder_plan(made.folder, &params, &smaller, NULL), 0);
        assert_true(smaller.weights < plan.weights * 6 / 10);
        params.quantize.wanted = false;
    }
    drop(&made);
    folder_maker_free(maker);
}

/* Opens what the maker made wrong, and wants an error of this code with these words. */
static void expect_fault(struct folder_maker *maker, int code, const char *words)
{
    struct made made = make(maker);
    struct hearth_decoder *decoder = NULL;
    struct hearth_error error = {0};
    int rc = hearth_decoder_open(made.folder, &params, NULL, &decoder, &error);
    hearth_decoder_close(decoder);
    if (rc != code || strstr(error.message, words) == NULL)
        fail_msg("%d \"%s\" is not %d with \"%s\"", rc, error.message, code, words);
    drop(&made);
    folder_maker_free(maker);
}

static void a_tensor_that_is_missing_misshapen_or_too_much_is_named(void **state)
{
    static const char *const names[] = {
        "model.embed_tokens.weight", "model.norm.weight", "model.layers.2.self_attn.q_proj.weight",
        "model.layers.0.input_layernorm.weight", "model.layers.3.mlp.down_proj.weight"};
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct folder_maker *maker = of("llama");
        maker->wrong_name = names[i];
        maker->left_out = true;
        expect_fault(maker, HEARTH_EMODEL, names[i]);
        maker = of("llama");
        maker->wrong_name = names[i];
        maker->misshapen = true;
        expect_fault(maker, HEARTH_EMODEL, names[i]);
    }
    /* The config says that there are no biases. */
    struct folder_maker *maker = of("llama");
    maker->decoder.biases = true;
    expect_fault(maker, HEARTH_ENOTIMPL, "_proj.bias");
    maker = of("llama");
    maker->more_config = ",\"attention_bias\":true";
    expect_fault(maker, HEARTH_EMODEL, "self_attn.q_proj.bias");
    maker = of("qwen3_moe");
    maker->wrong_name = "model.layers.1.mlp.experts.3.up_proj.weight";
    maker->left_out = true;
    expect_fault(maker, HEARTH_EMODEL, "model.layers.1.mlp.experts.3.up_proj.weight");
    maker = of("stablelm");
    maker->decoder.side_by_side = true;
    maker->more_config = ",\"partial_rotary_factor\":1.0,\"use_parallel_residual\":true,"
                         "\"qk_layernorm\":true";
    maker->wrong_name = "model.layers.0.self_attn.q_layernorm.norms.2.weight";
    maker->left_out = true;
    expect_fault(maker, HEARTH_EMODEL, "q_layernorm.norms.2.weight");
}

static void an_index_that_leads_elsewhere_is_refused(void **state)
{
    static const struct {
        const char *file, *words;
    } cases[] = {
        {"../model-0.safetensors", "is no name of a safetensors file in this folder"},
        {"/etc/passwd", "is no name of a safetensors file in this folder"},
        {"a/../model-0.safetensors", "is no name of a safetensors file in this folder"},
        {".hidden.safetensors", "is no name of a safetensors file in this folder"},
        {"config.json", "is no name of a safetensors file in this folder"},
        {"", "is no name of a safetensors file in this folder"},
        {"model-9.safetensors", "model-9.safetensors is missing"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct folder_maker *maker = of("llama");
        maker->shards = 2;
        maker->wrong_name = "model.layers.1.mlp.up_proj.weight";
        maker->claimed_file = cases[i].file;
        expect_fault(maker, HEARTH_EMODEL, cases[i].words);
    }
    struct folder_maker *maker = of("llama");
    maker->shards = 2;
    maker->wrong_name = "model.layers.1.mlp.up_proj.weight";
    maker->misplaced = true;
    expect_fault(maker, HEARTH_EMODEL, "that the index does not look for there");
}

/* A link to itself and a folder in a file's place. */
static void files_that_are_none_are_refused(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct folder_maker *maker = of("llama");
        struct made made = make(maker);
        char *path = hearth_format("%s/model.safetensors", made.folder);
        struct hearth_error error = {0};
        struct hearth_decoder_plan plan;
        unlink(path);
        assert_int_equal(i == 0 ? symlink("model.safetensors", path) : mkdir(path, 0700), 0);
        assert_int_not_equal(hearth_decoder_plan(made.folder, &params, &plan, &error), 0);
        assert_non_null(strstr(error.message, "model.safetensors"));
        hearth_free(path);
        drop(&made);
        folder_maker_free(maker);
    }
}

static void types_that_have_no_kernels_are_refused(void **state)
{
    static const char *const types[] = {"I32", "U32"}; /* as wide as what is written */
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct folder_maker *maker = of("llama");
        maker->dtype = types[i];
        expect_fault(maker, HEARTH_ENOTIMPL, "is of a type without kernels");
    }
}

static void a_config_with_any_byte_changed_ends_in_an_error_or_a_decoder(void **state)
{
    (void)state;
    struct folder_maker *maker = of("gemma3_text");
    maker->decoder.layers = 1;
    struct made made = make(maker);
    char *path = hearth_format("%s/config.json", made.folder);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    long length = ftell(file);
    uint64_t seed = 4;
    unsigned refused = 0;
    for (long at = 0; at < length; at++) {
        fseek(file, at, SEEK_SET);
        int old = fgetc(file);
        fseek(file, at, SEEK_SET);
        fputc(old ^ (1 << seeded_pick(&seed, 0, 7)), file);
        fflush(file);
        struct hearth_decoder_plan plan;
        struct hearth_error error = {0};
        int rc = hearth_decoder_plan(made.folder, &params, &plan, &error);
        assert_true(rc == 0 || error.message[0] != '\0');
        refused += rc != 0;
        fseek(file, at, SEEK_SET);
        fputc(old, file);
    }
    fclose(file);
    hearth_free(path);
    drop(&made);
    folder_maker_free(maker);
    assert_true(refused > 100);
}

static void a_folder_of_every_model_type_is_the_llama_engine_s(void **state)
{
    (void)state;
    char folder[TEMP_FOLDER_BYTES];
    temp_folder_make(folder);
    for (size_t i = 0; hearth_model_type_at(i) != NULL; i++) {
        const struct hearth_model_type *type = hearth_model_type_at(i);
        const char *const names[] = {type->name, type->outer};
        for (size_t j = 0; j < 2 && names[j] != NULL; j++) {
            char *text = hearth_format("{\"model_type\":\"%s\"}", names[j]);
            folder_write(folder, "config.json", text, strlen(text));
            assert_string_equal(hearth_engine_for_path(folder), "llama");
            hearth_free(text);
        }
    }
    static const char *const others[][2] = {
        {"{\"model_type\":\"new\",\"architectures\":[\"NewForCausalLM\"]}", "llama"},
        {"{\"model_type\":\"bert\",\"architectures\":[\"BertModel\"]}", "encoder"},
        {"{\"model_type\":\"xlm-roberta\"}", "encoder"},
        {"not JSON", "encoder"},
        {"", "encoder"},
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        folder_write(folder, "config.json", others[i][0], strlen(others[i][0]));
        assert_string_equal(hearth_engine_for_path(folder), others[i][1]);
    }
    temp_folder_remove(folder);
}

int main(void)
{
    params.isa = hearth_isa_best();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_model_type_computes_what_its_gguf_file_computes),
        cmocka_unit_test(a_head_of_its_own_biases_and_a_parallel_feed_forward_part_are_read),
        cmocka_unit_test(experts_may_lie_apart_or_together),
        cmocka_unit_test(the_network_is_found_under_every_prefix),
        cmocka_unit_test(a_folder_in_several_files_is_the_same_model),
        cmocka_unit_test(floats_are_quantized_while_they_are_loaded),
        cmocka_unit_test(a_tensor_that_is_missing_misshapen_or_too_much_is_named),
        cmocka_unit_test(an_index_that_leads_elsewhere_is_refused),
        cmocka_unit_test(files_that_are_none_are_refused),
        cmocka_unit_test(types_that_have_no_kernels_are_refused),
        cmocka_unit_test(a_config_with_any_byte_changed_ends_in_an_error_or_a_decoder),
        cmocka_unit_test(a_folder_of_every_model_type_is_the_llama_engine_s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
