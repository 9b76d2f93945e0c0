/* What is wrong with an adapter is refused before it is loaded, in our words and with its name; and
 * what PEFT's config says about scales is understood. */
#include "support/adapter_maker.h"
#include "unit/cmocka_all.h"

#include "base/error.h"
#include "network/adapter.h"

#include <stdlib.h>

static char path[32], folder[48];

static int set_up(void **state)
{
    (void)state;
    strcpy(path, "/tmp/hearth-adapter-XXXXXX");
    int descriptor = mkstemp(path);
    snprintf(folder, sizeof(folder), "%s.peft", path);
    return descriptor < 0 || close(descriptor) != 0;
}

static int tear_down(void **state)
{
    (void)state;
    adapter_remove_peft(folder);
    return unlink(path);
}

/* Opens and loads, and frees whatever came of it. */
static int try(const char *from, const struct decoder_maker *base, struct hearth_error *error)
{
    struct hearth_network network = adapter_network(base);
    struct hearth_adapter adapter;
    *error = (struct hearth_error){0};
    int rc = hearth_adapter_init(&adapter, from, &network, error);
    if (rc == 0) {
        rc = hearth_adapter_load(&adapter, error);
        hearth_adapter_finish(&adapter);
    }
    assert_int_equal(rc, error->code);
    return rc;
}

static void expect_refusal(const char *from, const struct decoder_maker *base, int code,
                           const char *words)
{
    struct hearth_error error;
    int rc = try(from, base, &error);
    if (rc != code || strstr(error.message, words) == NULL)
        fail_msg("%d \"%s\", not %d with \"%s\"", rc, error.message, code, words);
    /* The file's own name, so that a person with several knows which. */
    assert_non_null(strstr(error.message, "hearth-adapter-"));
}

static void expect_gguf(const struct adapter_maker *maker, int code, const char *words)
{
    assert_true(adapter_make_gguf(maker, path));
    expect_refusal(path, maker->base, code, words);
}

static void an_adapter_for_another_base_is_refused_with_both_names(void **state)
{
    (void)state;
    struct decoder_maker base = decoder_maker_small("llama"), other = decoder_maker_small("qwen2");
    struct adapter_maker maker = adapter_maker_small(&base);
    assert_true(adapter_make_gguf(&maker, path));
    expect_refusal(path, &other, HEARTH_EMODEL, "for 'llama', and this is 'qwen2'");
    other = base;
    other.width = 192;
    expect_refusal(path, &other, HEARTH_EMODEL,
                   "its tensor 'blk.0.attn_q.weight.lora_a' has 128 inputs, and "
                   "'blk.0.attn_q.weight' of this llama network has 192");
    other = base;
    other.key_heads = 4;
    expect_refusal(path, &other, HEARTH_EMODEL, "has 64 outputs");
    other = base;
    other.layers = 2;
    expect_refusal(path, &other, HEARTH_EMODEL, "is of layer 2, and this llama network has 2");
}

static void a_header_that_is_no_adapters_is_refused(void **state)
{
    (void)state;
    struct decoder_maker base = decoder_maker_small("llama");
    struct adapter_maker maker = adapter_maker_small(&base);
    maker.general_type = "model";
    expect_gguf(&maker, HEARTH_EMODEL, "is no adapter");
    maker = adapter_maker_small(&base);
    maker.kind = "control\x1bvector";
    expect_gguf(&maker, HEARTH_ENOTIMPL, "'control?vector'; only 'lora'");
    maker = adapter_maker_small(&base);
    maker.architecture = "ll\nama";
    expect_gguf(&maker, HEARTH_EMODEL, "for 'll?ama'");
}

static void shapes_ranks_and_values_that_cannot_be_are_refused(void **state)
{
    (void)state;
    struct decoder_maker base = decoder_maker_small("llama");
    struct adapter_maker maker = adapter_maker_small(&base);
    maker.wrong_inputs = 32;
    expect_gguf(&maker, HEARTH_EMODEL, "160 inputs");
    maker = adapter_maker_small(&base);
    maker.wrong_outputs = 1;
    expect_gguf(&maker, HEARTH_EMODEL, "129 outputs");
    maker = adapter_maker_small(&base);
    maker.wrong_rank = 1;
    expect_gguf(&maker, HEARTH_EMODEL, "ranks 8 and 9");
    maker = adapter_maker_small(&base);
    maker.rank = HEARTH_ADAPTER_RANK_MAX + 1;
    expect_gguf(&maker, HEARTH_EMODEL, "from 1 to 512");
    maker = adapter_maker_small(&base);
    maker.half = true;
    expect_gguf(&maker, HEARTH_EMODEL, "only one of the two matrices of 'blk.0.attn_q.weight'");
    maker = adapter_maker_small(&base);
    maker.not_finite = true;
    expect_gguf(&maker, HEARTH_EMODEL, "a value for 'blk.0.attn_q.weight' is not finite");
    maker = adapter_maker_small(&base);
    maker.alpha = INFINITY;
    expect_gguf(&maker, HEARTH_EMODEL, "the scale of");
    maker = adapter_maker_small(&base);
    maker.alpha = NAN;
    expect_gguf(&maker, HEARTH_EMODEL, "the scale of");
    maker = adapter_maker_small(&base);
    maker.parts = 0;
    expect_gguf(&maker, HEARTH_EMODEL, "changes nothing");
}

static void tensors_that_are_not_computed_are_refused_by_name(void **state)
{
    (void)state;
    static const char *const names[] = {
        "token_embd.weight.lora_a",
        "output.weight.lora_b",
        "blk.0.attn_norm.weight",
        "blk.0.ffn_gate_inp.weight.lora_a",
        "blk.0.attn_sinks.lora_a",
        "blk.00.attn_q.weight.lora_a",
        "blk.99999999.attn_q.weight.lora_a",
        ".lora_a",
        "blk.0.attn_q.weight.lora_c",
        "lora_magnitude",
    };
    struct decoder_maker base = decoder_maker_small("llama");
    struct adapter_maker maker = adapter_maker_small(&base);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        maker.one_more = names[i];
        expect_gguf(&maker, HEARTH_ENOTIMPL, names[i]);
    }
    maker.one_more = "blk.3.attn_q.weight.lora_b";
    expect_gguf(&maker, HEARTH_EMODEL, "blk.3.attn_q.weight.lora_b");
    maker.one_more = NULL;
    maker.parts |= HEARTH_PART_BIT(HEARTH_PART_QKV);
    expect_gguf(&maker, HEARTH_ENOTIMPL, "both as one and in parts");
    base.experts = 4;
    base.experts_used = 2;
    maker = adapter_maker_small(&base);
    expect_gguf(&maker, HEARTH_ENOTIMPL, "ffn_");
}

/* Every byte of the header changed, one after the other, and the file cut off everywhere: whatever
 * comes of it, it ends, and nothing is read that is not there (ASan). */
static void damaged_files_are_refused_or_harmless(void **state)
{
    (void)state;
    struct decoder_maker base = decoder_maker_small("llama");
    base.layers = 1;
    struct adapter_maker maker = adapter_maker_small(&base);
    maker.parts = HEARTH_PART_BIT(HEARTH_PART_QUERY);
    maker.rank = 2;
    struct hearth_error error;
    assert_true(adapter_make_gguf(&maker, path));
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    static unsigned char bytes[8192];
    size_t length = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    assert_true(length > 400 && length < sizeof(bytes));
    unsigned refused = 0;
    for (size_t at = 0; at < 400; at++) {
        bytes[at] ^= 0xff;
        file = fopen(path, "wb");
        assert_int_equal(fwrite(bytes, 1, length, file), length);
        fclose(file);
        refused += try(path, &base, &error) != 0;
        bytes[at] ^= 0xff;
    }
    assert_true(refused > 250);
    for (size_t cut = 0; cut < length - 32; cut += 37) {
        file = fopen(path, "wb");
        assert_int_equal(fwrite(bytes, 1, cut, file), cut);
        fclose(file);
        assert_int_not_equal(try(path, &base, &error), 0);
    }
}

static void expect_peft(const struct adapter_maker *maker, const char *config, int code,
                        const char *words)
{
    assert_true(adapter_make_peft(maker, folder, config));
    expect_refusal(folder, maker->base, code, words);
}

static void what_a_peft_config_asks_for_beyond_two_matrices_is_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *config, *words;
    } cases[] = {
        {",\"use_dora\":true", "DoRA"},
        {",\"bias\":\"lora_only\"", "bias: 'lora_only'"},
        {",\"lora_bias\":true", "biases of its matrices"},
        {",\"modules_to_save\":[\"lm_head\"]", "modules_to_save"},
        {",\"trainable_token_indices\":[1,2]", "trainable_token_indices"},
        {",\"layer_replication\":[[0,4],[2,5]]", "layer_replication"},
        {",\"fan_in_fan_out\":true", "fan_in_fan_out"},
        {",\"init_lora_weights\":\"pissa_niter_16\"", "'pissa', which changes the base"},
        {",\"init_lora_weights\":\"loftq\"", "'loftq'"},
        {",\"alora_invocation_tokens\":[7]", "aLoRA"},
        {",\"kasa_config\":{\"beta\":1}", "asks for 'kasa_config'"},
        {",\"later\\u0007thing\":1", "asks for 'later?thing'"},
        {",\"rank_pattern\":{\"layers.[0-9].self_attn.q_proj\":8}", "an expression"},
    };
    struct decoder_maker base = decoder_maker_small("llama");
    struct adapter_maker maker = adapter_maker_small(&base);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_peft(&maker, cases[i].config, HEARTH_ENOTIMPL, cases[i].words);
    expect_peft(&maker, ",\"rank_pattern\":{\"self_attn.k_proj\":16}", HEARTH_EMODEL,
                "another rank");
    expect_peft(&maker, ",", HEARTH_EMODEL, "adapter_config.json");
    maker.one_more = "base_model.model.model.layers.0.self_attn.q_proj.lora_magnitude_vector";
    expect_peft(&maker, NULL, HEARTH_ENOTIMPL, "DoRA");
    maker.one_more = "base_model.model.model.embed_tokens.lora_embedding_A";
    expect_peft(&maker, NULL, HEARTH_ENOTIMPL, "embed_tokens.lora_embedding_A");
    maker.one_more = "base_model.model.lm_head.weight";
    expect_peft(&maker, NULL, HEARTH_ENOTIMPL, "lm_head.weight");
    maker.one_more = "base_model.model.model.layers.00.self_attn.q_proj.lora_A.weight";
    expect_peft(&maker, NULL, HEARTH_ENOTIMPL, "layers.00.self_attn.q_proj");
    maker.one_more = NULL;
    maker.cut_off = true;
    expect_peft(&maker, NULL, HEARTH_EMODEL, "adapter_model.safetensors");
}

/* The default in place of such a value would be another adapter without a word. */
static void members_of_a_peft_config_of_another_kind_are_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *config, *words;
    } cases[] = {
        {"{\"peft_type\":\"LORA\",\"lora_alpha\":\"x\"}", "'lora_alpha' is no number"},
        {"{\"peft_type\":\"LORA\",\"lora_alpha\":true}", "'lora_alpha' is no number"},
        {"{\"peft_type\":\"LORA\",\"r\":[8]}", "'r' is no number"},
        {",\"use_rslora\":1", "'use_rslora' is neither true nor false"},
        {",\"use_rslora\":\"false\"", "'use_rslora' is neither true nor false"},
        {",\"rank_pattern\":[]", "'rank_pattern' is no object with numbers"},
        {",\"rank_pattern\":{\"nothing\":null}", "'rank_pattern' is no object with numbers"},
        {",\"alpha_pattern\":\"\"", "'alpha_pattern' is no object with numbers"},
        {",\"alpha_pattern\":{\"self_attn.k_proj\":\"x\"}", "'alpha_pattern' is no object with"},
        {",\"init_lora_weights\":[\"pissa\"]", "'init_lora_weights' is neither a text nor"},
        {",\"bias\":false", "'bias' is no text"},
        {"{\"peft_type\":1}", "'peft_type' is no text"},
    };
    struct decoder_maker base = decoder_maker_small("llama");
    struct adapter_maker maker = adapter_maker_small(&base);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_peft(&maker, cases[i].config, HEARTH_EMODEL, cases[i].words);
}

static void expect_scale(const char *config, enum hearth_part part, uint32_t layer, double scale)
{
    struct decoder_maker base = decoder_maker_small("llama");
    struct adapter_maker maker = adapter_maker_small(&base);
    struct hearth_network network = adapter_network(&base);
    struct hearth_adapter_file *file = NULL;
    struct hearth_error error = {0};
    assert_true(adapter_make_peft(&maker, folder, config));
    if (hearth_adapter_file_open(folder, &network, &file, &error) != 0)
        fail_msg("%s", error.message);
    bool found = false;
    for (size_t i = 0; i < hearth_adapter_file_count(file); i++) {
        const struct hearth_adapter_pair *pair = hearth_adapter_file_at(file, i);
        if (pair->part != part || pair->layer != layer)
            continue;
        found = true;
        if (fabs((double)pair->scale - scale) > 1e-6)
            fail_msg("%s: %g, not %g", config, (double)pair->scale, scale);
    }
    assert_true(found);
    hearth_adapter_file_close(file);
}

/* r is 8 and lora_alpha 16. */
static void scales_are_pefts(void **state)
{
    (void)state;
    static const char patterns[] =
        ",\"alpha_pattern\":{\"layers.1.self_attn.q_proj\":4,\"q_proj\":12,\"roj\":99,"
        "\"^model.layers.2.mlp.up_proj\":20,\"^mlp.down_proj\":99}";
    expect_scale("", HEARTH_PART_QUERY, 0, 2);
    expect_scale(",\"rank_pattern\":null,\"use_rslora\":null", HEARTH_PART_QUERY, 0, 2);
    expect_scale(",\"use_rslora\":true", HEARTH_PART_DOWN, 3, 16 / sqrt(8));
    expect_scale(patterns, HEARTH_PART_QUERY, 1, 0.5);
    expect_scale(patterns, HEARTH_PART_QUERY, 3, 1.5);
    expect_scale(patterns, HEARTH_PART_KEY, 3, 2);
    expect_scale(patterns, HEARTH_PART_UP, 2, 2.5);
    expect_scale(patterns, HEARTH_PART_DOWN, 2, 2);
    expect_scale(",\"rank_pattern\":{\"v_proj\":8}", HEARTH_PART_VALUE, 0, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_adapter_for_another_base_is_refused_with_both_names),
        cmocka_unit_test(a_header_that_is_no_adapters_is_refused),
        cmocka_unit_test(shapes_ranks_and_values_that_cannot_be_are_refused),
        cmocka_unit_test(tensors_that_are_not_computed_are_refused_by_name),
        cmocka_unit_test(damaged_files_are_refused_or_harmless),
        cmocka_unit_test(what_a_peft_config_asks_for_beyond_two_matrices_is_refused_by_name),
        cmocka_unit_test(members_of_a_peft_config_of_another_kind_are_refused_by_name),
        cmocka_unit_test(scales_are_pefts),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
