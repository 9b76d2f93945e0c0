/* What a config.json says becomes the network that transformers would make of it: the old and the
 * new forms, what is absent, and what no row describes. */
#include "unit/cmocka_all.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "network/config.h"
#include "network/rotary.h"

#include <string.h>

static struct hearth_config_factors factors;

static int read(const char *text, struct hearth_network *ret_network, struct hearth_error *error)
{
    struct hearth_config *config = NULL;
    char *copy = hearth_strdup(text);
    int rc = hearth_config_parse(copy, strlen(copy), &config, error);
    if (rc == 0)
        rc = hearth_config_network(config, NULL, ret_network, &factors, error);
    hearth_config_close(config);
    hearth_free(copy);
    return rc;
}

static struct hearth_network good(const char *text)
{
    struct hearth_network network;
    struct hearth_error error = {0};
    if (read(text, &network, &error) != 0)
        fail_msg("%s: %s", text, error.message);
    return network;
}

static void expect_fault(const char *text, int code, const char *words)
{
    struct hearth_network network;
    struct hearth_error error = {0};
    int rc = read(text, &network, &error);
    if (rc != code || strstr(error.message, words) == NULL)
        fail_msg("%s: %d \"%s\" is not %d with \"%s\"", text, rc, error.message, code, words);
}

/* google/gemma-3-4b-it has hardly more than this. */
static void what_is_absent_is_what_transformers_takes(void **state)
{
    (void)state;
    struct hearth_network network =
        good("{\"model_type\":\"gemma3\",\"text_config\":{\"model_type\":\"gemma3_text\","
             "\"hidden_size\":2560,\"intermediate_size\":10240,\"num_hidden_layers\":34,"
             "\"rope_scaling\":{\"factor\":8.0,\"rope_type\":\"linear\"},\"sliding_window\":1024},"
             "\"vision_config\":{\"hidden_size\":1152}}");
    assert_int_equal(network.heads, 8);
    assert_int_equal(network.key_heads, 4);
    assert_int_equal(network.head_size, 256);
    assert_int_equal(network.vocabulary, 262208);
    assert_int_equal(network.window, 1024);
    assert_true(network.windowed[4] && !network.windowed[5]);
    assert_true(network.tied && network.norms_add_one);
    assert_float_equal(network.attention_scale, 1.0 / 16, 1e-7);
    assert_float_equal(network.rotary.base, 1e6, 0);
    assert_float_equal(network.rotary.frequency_scale, 0.125, 0);
    assert_float_equal(network.windowed_rotary.base, 10000, 0);
    assert_float_equal(network.windowed_rotary.frequency_scale, 1, 0);
    network = good("{\"model_type\":\"stablelm\"}");
    assert_int_equal(network.rotary_size, 80 / 4);
    network = good("{\"model_type\":\"mistral\"}");
    assert_int_equal(network.window, 4096);
    assert_true(network.windowed[0] && network.windowed[31]);
    assert_int_equal(good("{\"model_type\":\"mistral\",\"sliding_window\":null}").window, 0);
    assert_float_equal(good("{\"model_type\":\"gemma2\"}").logit_cap, 30, 0);
    assert_float_equal(
        good("{\"model_type\":\"gemma2\",\"final_logit_softcapping\":null}").logit_cap, 0, 0);
    assert_float_equal(good("{\"model_type\":\"granite\",\"logits_scaling\":8}").logit_scale, 0.125,
                       0);
}

static void layers_have_windows_by_list_by_pattern_or_from_one_on(void **state)
{
    (void)state;
    struct hearth_network network =
        good("{\"model_type\":\"qwen2\",\"num_hidden_layers\":4,\"use_sliding_window\":true,"
             "\"sliding_window\":64,\"max_window_layers\":3}");
    assert_true(!network.windowed[2] && network.windowed[3]);
    network = good("{\"model_type\":\"qwen2\",\"num_hidden_layers\":4,\"sliding_window\":64}");
    assert_int_equal(network.window, 0);
    network = good("{\"model_type\":\"gemma2\",\"num_hidden_layers\":3,\"layer_types\":"
                   "[\"full_attention\",\"full_attention\",\"sliding_attention\"]}");
    assert_true(!network.windowed[0] && !network.windowed[1] && network.windowed[2]);
    network = good("{\"model_type\":\"gemma3_text\",\"num_hidden_layers\":4,"
                   "\"sliding_window_pattern\":3}");
    assert_true(network.windowed[1] && !network.windowed[2] && network.windowed[3]);
    expect_fault("{\"model_type\":\"gemma2\",\"num_hidden_layers\":2,\"layer_types\":"
                 "[\"full_attention\",\"chunked_attention\"]}",
                 HEARTH_ENOTIMPL, "layers of the kind \"chunked_attention\"");
    expect_fault("{\"model_type\":\"gemma2\",\"num_hidden_layers\":2,\"layer_types\":"
                 "[\"full_attention\"]}",
                 HEARTH_EMODEL, "layer_types");
}

/* Frequencies of a decoder that is opened for `context` tokens. */
static float frequency(const struct hearth_network *network, uint32_t context, uint32_t index)
{
    float all[HEARTH_CONFIG_FACTORS_MAX];
    struct hearth_rotary_scaling scaling =
        hearth_rotary_for(&network->rotary, network->rotary_size, context);
    const float *divisors = factors.count[0] > 0                         ? factors.values[0]
                            : factors.count[1] == 0                      ? NULL
                            : context > network->rotary.original_context ? factors.values[2]
                                                                         : factors.values[1];
    hearth_rotary_frequencies(&scaling, network->rotary_size, divisors, all);
    return all[index];
}

#define HEADS "\"model_type\":\"llama\",\"hidden_size\":128,\"num_attention_heads\":4,"

/* Every kind in both forms; the numbers are transformers' ROPE_INIT_FUNCTIONS', base 10,000 and
 * heads of 32. */
static void positions_are_scaled_as_transformers_scales_them(void **state)
{
    static const struct {
        const char *scaling, *rest;
        uint32_t context, index;
        float frequency, magnitude;
    } cases[] = {
        {"\"rope_type\":\"default\"", "", 4096, 3, 0.17782794f, 1},
        {"\"rope_type\":\"linear\",\"factor\":4.0", "", 4096, 3, 0.17782794f / 4, 1},
        /* base · (4 · 64/32 − 3)^(32/30) = 55,663 */
        {"\"rope_type\":\"dynamic\",\"factor\":4.0", ",\"max_position_embeddings\":32", 64, 8,
         0.00423854f, 1},
        {"\"rope_type\":\"dynamic\",\"factor\":4.0", ",\"max_position_embeddings\":32", 32, 8,
         0.01f, 1},
        {"\"rope_type\":\"yarn\",\"factor\":4.0,\"original_max_position_embeddings\":2048", "",
         8192, 0, 1, 1.1386294f},
        {"\"rope_type\":\"yarn\",\"factor\":4.0,\"original_max_position_embeddings\":2048", "",
         8192, 15, 0.00017782794f / 4, 1.1386294f},
        {"\"rope_type\":\"yarn\",\"factor\":4.0,\"attention_factor\":1.5", "", 8192, 0, 1, 1.5f},
        {"\"rope_type\":\"llama3\",\"factor\":8.0,\"low_freq_factor\":1.0,"
         "\"high_freq_factor\":4.0,\"original_max_position_embeddings\":8192",
         "", 4096, 0, 1, 1},
        {"\"rope_type\":\"llama3\",\"factor\":8.0,\"low_freq_factor\":1.0,"
         "\"high_freq_factor\":4.0,\"original_max_position_embeddings\":8192",
         "", 4096, 15, 0.00017782794f / 8, 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *old = hearth_format("{" HEADS "\"rope_theta\":10000,\"rope_scaling\":{%s}%s}",
                                  cases[i].scaling, cases[i].rest);
        char *new = hearth_format("{" HEADS "\"rope_parameters\":{\"rope_theta\":10000,%s}%s}",
                                  cases[i].scaling, cases[i].rest);
        const char *const forms[] = {old, new};
        for (size_t j = 0; j < 2; j++) {
            struct hearth_network network = good(forms[j]);
            float is = frequency(&network, cases[i].context, cases[i].index);
            if (!(is > cases[i].frequency * 0.99999f && is < cases[i].frequency * 1.00001f))
                fail_msg("%s: frequency %g", forms[j], (double)is);
            assert_float_equal(network.rotary.magnitude, cases[i].magnitude, 1e-6);
        }
        hearth_free(old);
        hearth_free(new);
    }
}

#define LISTS                                                                                      \
    "\"short_factor\":[1,1,1,1,1,1,1,1,1,1,1,1,2,2,2,2],"                                          \
    "\"long_factor\":[1,1,1,1,1,1,1,1,1,1,1,1,4,4,4,4]"

static void longrope_has_a_list_for_short_and_one_for_long_contexts(void **state)
{
    (void)state;
    struct hearth_network network =
        good("{\"model_type\":\"phi3\",\"hidden_size\":128,\"num_attention_heads\":4,"
             "\"max_position_embeddings\":131072,\"original_max_position_embeddings\":4096,"
             "\"rope_scaling\":{\"type\":\"longrope\"," LISTS "}}");
    assert_float_equal(frequency(&network, 4096, 15), 0.00017782794 / 2, 1e-9);
    assert_float_equal(frequency(&network, 4097, 15), 0.00017782794 / 4, 1e-9);
    assert_float_equal(network.rotary.magnitude, 1.1902381, 1e-6); /* √(1 + ln 32 / ln 4096) */
    expect_fault("{\"model_type\":\"phi3\",\"rope_scaling\":{\"type\":\"longrope\"," LISTS "}}",
                 HEARTH_EMODEL, "short_factor");
}

/* A scaling that lengthens the context says so beside it, or the context is the long one already.
 */
static void the_context_is_the_scaled_one(void **state)
{
    (void)state;
    assert_int_equal(good("{" HEADS "\"max_position_embeddings\":32768,\"rope_scaling\":{\"type\":"
                          "\"yarn\",\"factor\":4.0,\"original_max_position_embeddings\":32768}}")
                         .trained_context,
                     131072);
    assert_int_equal(good("{" HEADS "\"max_position_embeddings\":131072,\"rope_scaling\":{\"type\":"
                          "\"yarn\",\"factor\":4.0,\"original_max_position_embeddings\":32768}}")
                         .trained_context,
                     131072);
    assert_int_equal(good("{" HEADS "\"max_position_embeddings\":131072,\"rope_scaling\":{"
                          "\"rope_type\":\"llama3\",\"factor\":8,\"low_freq_factor\":1,"
                          "\"high_freq_factor\":4,\"original_max_position_embeddings\":8192}}")
                         .trained_context,
                     131072);
}

static void what_no_row_describes_is_refused_by_name(void **state)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"{\"model_type\":\"mamba\"}", "the model type \"mamba\""},
        {"{}", "the model type \"\""},
        {"{\"model_type\":\"llava\",\"text_config\":{\"model_type\":\"llama\"}}",
         "the model type \"llava\""},
        {"{\"model_type\":\"bad\\u001b[31m\"}", "the model type \"bad?[31m\""},
        {"{\"model_type\":\"llama\",\"hidden_act\":\"relu\"}", "the activation \"relu\""},
        {"{\"model_type\":\"llama\",\"quantization_config\":{\"quant_method\":\"gptq\"}}",
         "weights quantized by \"gptq\""},
        {"{\"model_type\":\"llama\",\"rope_scaling\":{\"rope_type\":\"proportional\"}}",
         "a scaling of positions \"proportional\""},
        {"{\"model_type\":\"llama\",\"rope_scaling\":{\"rope_type\":\"yarn\",\"factor\":4,"
         "\"truncate\":false}}",
         "yarn without truncate"},
        {"{\"model_type\":\"qwen3_moe\"}", "norm_topk_prob: false"},
        {"{\"model_type\":\"qwen3_moe\",\"norm_topk_prob\":true,\"mlp_only_layers\":[1]}",
         "mlp_only_layers"},
        {"{\"model_type\":\"gemma3_text\",\"use_bidirectional_attention\":true}",
         "use_bidirectional_attention"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_fault(cases[i].text, HEARTH_ENOTIMPL, cases[i].words);
}

static void what_cannot_be_is_refused_by_the_name_of_the_member(void **state)
{
    static const char *const members[][2] = {
        {"\"hidden_size\":0", "hidden_size"},
        {"\"hidden_size\":-4", "hidden_size"},
        {"\"hidden_size\":1e300", "hidden_size"},
        {"\"hidden_size\":64.5", "hidden_size"},
        {"\"hidden_size\":\"4096\"", "hidden_size"},
        {"\"hidden_size\":1000000000000000000000000", "hidden_size"},
        {"\"num_hidden_layers\":100000", "num_hidden_layers"},
        {"\"num_attention_heads\":5000000", "num_attention_heads"},
        {"\"num_key_value_heads\":5", "num_key_value_heads"},
        {"\"head_dim\":100000", "head_dim"},
        {"\"head_dim\":7", "head_dim"},
        {"\"vocab_size\":-1", "vocab_size"},
        {"\"rms_norm_eps\":-1", "rms_norm_eps"},
        {"\"rms_norm_eps\":[1]", "rms_norm_eps"},
        {"\"rope_theta\":0", "rope_theta"},
        {"\"rope_scaling\":[1]", "rope_scaling"},
        {"\"rope_scaling\":{\"type\":\"linear\"}", "rope_scaling"},
        {"\"rope_scaling\":{\"type\":\"linear\",\"factor\":0}", "rope_scaling"},
        {"\"rope_scaling\":{\"type\":\"llama3\",\"factor\":8}", "rope_scaling"},
        {"\"partial_rotary_factor\":2", "partial_rotary_factor"},
        {"\"tie_word_embeddings\":1", "tie_word_embeddings"},
        {"\"attention_bias\":\"yes\"", "attention_bias"},
        {"\"hidden_act\":7", "hidden_act"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        char *text = hearth_format("{\"model_type\":\"llama\",%s}", members[i][0]);
        expect_fault(text, HEARTH_EMODEL, members[i][1]);
        hearth_free(text);
    }
    /* Their inverses are beyond f32. */
    expect_fault("{\"model_type\":\"granite\",\"logits_scaling\":1e-44}", HEARTH_EMODEL,
                 "logits_scaling");
    expect_fault("{\"model_type\":\"gemma2\",\"query_pre_attn_scalar\":1e-44}", HEARTH_EMODEL,
                 "query_pre_attn_scalar");
    expect_fault("{\"model_type\":\"gemma2\",\"final_logit_softcapping\":1e-44}", HEARTH_EMODEL,
                 "final_logit_softcapping");
    expect_fault("[]", HEARTH_EMODEL, "config.json is no JSON object");
    expect_fault("{\"model_type\":", HEARTH_EMODEL, "config.json");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_absent_is_what_transformers_takes),
        cmocka_unit_test(layers_have_windows_by_list_by_pattern_or_from_one_on),
        cmocka_unit_test(positions_are_scaled_as_transformers_scales_them),
        cmocka_unit_test(longrope_has_a_list_for_short_and_one_for_long_contexts),
        cmocka_unit_test(the_context_is_the_scaled_one),
        cmocka_unit_test(what_no_row_describes_is_refused_by_name),
        cmocka_unit_test(what_cannot_be_is_refused_by_the_name_of_the_member),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
