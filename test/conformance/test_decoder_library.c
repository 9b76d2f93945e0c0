/* A decoder of our own against libllama: the same logits on small random networks of every
 * architecture, and as near to each other as two quantized computations are on the model that
 * HEARTH_TEST_GGUF names. Without libllama this program is not built. */
#include "support/adapter_maker.h"
#include "unit/cmocka_all.h"

#include "base/error.h"
#include "network/decoder.h"

#include <llama.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

enum { TOKENS = 60 };

/* `adapter` is the path of one, or NULL; its scale is 0.75. */
static float *own_logits(const char *path, const char *adapter, const int32_t *tokens,
                         uint32_t count, enum hearth_kv_type kv_type, uint32_t *ret_vocabulary)
{
    struct hearth_decoder_params params = {.context = count,
                                           .sequences = 1,
                                           .batch = count,
                                           .outputs = count,
                                           .states = 1,
                                           .threads = 2,
                                           .kv_type = kv_type,
                                           .isa = hearth_isa_best(),
                                           .adapters = &adapter,
                                           .adapter_count = adapter != NULL};
    struct hearth_decoder *decoder = NULL;
    struct hearth_error error = {0};
    if (hearth_decoder_open(path, &params, NULL, &decoder, &error) != 0)
        fail_msg("open: %s", error.message);
    const float scale = 0.75f;
    hearth_decoder_adapt(decoder, 0, &scale);
    struct hearth_decoder_span span = {0, tokens, count, count};
    if (hearth_decoder_step(decoder, &span, 1, HEARTH_DECODER_LOGITS, NULL, &error) != 0)
        fail_msg("step: %s", error.message);
    uint32_t words = hearth_decoder_network(decoder)->vocabulary;
    float *logits = hearth_calloc((size_t)count * words, sizeof(*logits));
    for (uint32_t i = 0; i < count; i++)
        memcpy(logits + (size_t)i * words, hearth_decoder_result(decoder, i),
               words * sizeof(*logits));
    hearth_decoder_close(decoder);
    *ret_vocabulary = words;
    return logits;
}

static float *library_logits(const char *path, const char *adapter, const int32_t *tokens,
                             uint32_t count, uint32_t *ret_vocabulary)
{
    struct llama_model_params model_params = llama_model_default_params();
    struct llama_model *model = llama_model_load_from_file(path, model_params);
    assert_non_null(model);
    struct llama_context_params params = llama_context_default_params();
    params.n_ctx = 256 * ((count + 255) / 256);
    params.n_batch = params.n_ubatch = params.n_outputs_max = count;
    params.n_seq_max = 1;
    params.n_threads = params.n_threads_batch = 2;
    /* Its fused attention rounds more than ours, three times as much on these networks. */
    params.type_k = params.type_v = GGML_TYPE_F32;
    params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
    struct llama_context *context = llama_init_from_model(model, params);
    assert_non_null(context);
    if (adapter != NULL) {
        struct llama_adapter_lora *lora = llama_adapter_lora_init(model, adapter);
        assert_non_null(lora);
        float scale = 0.75f;
        assert_int_equal(llama_set_adapters_lora(context, &lora, 1, &scale), 0);
    }
    struct llama_batch batch = llama_batch_init((int32_t)count, 0, 1);
    batch.n_tokens = (int32_t)count;
    for (uint32_t i = 0; i < count; i++) {
        batch.token[i] = tokens[i];
        batch.pos[i] = (llama_pos)i;
        batch.n_seq_id[i] = 1;
        batch.seq_id[i][0] = 0;
        batch.logits[i] = 1;
    }
    assert_int_equal(llama_decode(context, batch), 0);
    uint32_t words = (uint32_t)llama_vocab_n_tokens(llama_model_get_vocab(model));
    float *logits = hearth_calloc((size_t)count * words, sizeof(*logits));
    for (uint32_t i = 0; i < count; i++)
        memcpy(logits + (size_t)i * words, llama_get_logits_ith(context, (int32_t)i),
               words * sizeof(*logits));
    llama_batch_free(batch);
    llama_free(context);
    llama_model_free(model);
    *ret_vocabulary = words;
    return logits;
}

static double softmax_sum(const float *logits, uint32_t count, float *ret_most)
{
    float most = logits[0];
    double sum = 0;
    for (uint32_t i = 1; i < count; i++)
        most = fmaxf(most, logits[i]);
    for (uint32_t i = 0; i < count; i++)
        sum += exp((double)(logits[i] - most));
    *ret_most = most;
    return sum;
}

/* KL(a, b) of two distributions given by logits. */
static double divergence(const float *a, const float *b, uint32_t count)
{
    float most_a, most_b;
    double sum_a = softmax_sum(a, count, &most_a), sum_b = softmax_sum(b, count, &most_b), kl = 0;
    for (uint32_t i = 0; i < count; i++) {
        double log_a = (double)(a[i] - most_a) - log(sum_a);
        double log_b = (double)(b[i] - most_b) - log(sum_b);
        kl += exp(log_a) * (log_a - log_b);
    }
    return kl;
}

static void expect_near_with(const struct decoder_maker *maker, const char *adapter, double most)
{
    char path[] = "/tmp/hearth-decoder-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    close(descriptor);
    assert_true(decoder_make(maker, path));
    int32_t tokens[TOKENS];
    uint64_t seed = 17;
    for (uint32_t i = 0; i < TOKENS; i++)
        tokens[i] = (int32_t)seeded_pick(&seed, 0, maker->vocabulary - 1);
    uint32_t words = 0, library_words = 0;
    float *own = own_logits(path, adapter, tokens, TOKENS, HEARTH_KV_F16, &words);
    float *library = library_logits(path, adapter, tokens, TOKENS, &library_words);
    unlink(path);
    assert_int_equal(words, library_words);
    double worst = 0, spread = 0;
    for (size_t i = 0; i < (size_t)TOKENS * words; i++) {
        worst = fmax(worst, fabs((double)(own[i] - library[i])));
        spread = fmax(spread, fabs((double)library[i]));
    }
    print_message("    %-10s differs by at most %.2g of logits up to %.3g\n", maker->architecture,
                  worst, spread);
    /* Not-a-number fails both. */
    assert_true(spread > 0.1);
    assert_true(worst <= most * fmax(1, spread));
    hearth_free(own);
    hearth_free(library);
}

static void expect_near(const struct decoder_maker *maker, double most)
{
    expect_near_with(maker, NULL, most);
}

static void every_architecture_gives_the_logits_of_libllama(void **state)
{
    (void)state;
    for (size_t i = 0; hearth_architecture_at(i) != NULL; i++) {
        struct decoder_maker maker = decoder_maker_small(hearth_architecture_at(i)->name);
        maker.window = 20;
        if (strcmp(maker.architecture, "qwen3moe") == 0) {
            maker.experts = 8;
            maker.experts_used = 3;
        }
        expect_near(&maker, 1e-3);
        maker.biases = maker.tied = true;
        maker.seed = 2;
        expect_near(&maker, 1e-3);
    }
}

/* The very file goes to both readers: what ours takes its names, shapes and scale for. */
static void every_architecture_with_an_adapter_gives_the_logits_of_libllama(void **state)
{
    (void)state;
    char path[] = "/tmp/hearth-adapter-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    close(descriptor);
    static const enum hearth_quant types[] = {HEARTH_QUANT_F32, HEARTH_QUANT_F16,
                                              HEARTH_QUANT_BF16};
    for (size_t i = 0; hearth_architecture_at(i) != NULL; i++) {
        struct decoder_maker maker = decoder_maker_small(hearth_architecture_at(i)->name);
        maker.window = 20;
        if (strcmp(maker.architecture, "qwen3moe") == 0) {
            maker.experts = 8;
            maker.experts_used = 3;
        }
        struct adapter_maker adapter = adapter_maker_small(&maker);
        adapter.parts = adapter_parts_of(&maker);
        adapter.type = types[i % 3];
        assert_true(adapter_make_gguf(&adapter, path));
        /* libllama rounds what a matrix of 16 bits multiplies to 16 bits as well. */
        expect_near_with(&maker, path, i % 3 == 0 ? 2e-3 : 2e-2);
    }
    unlink(path);
}

static void variants_of_a_row_give_the_logits_of_libllama(void **state)
{
    (void)state;
    struct decoder_maker maker = decoder_maker_small("llama");
    maker.rotary_factors = true;
    expect_near(&maker, 1e-3);
    maker.rotary_factors = false;
    maker.experts = 4;
    maker.experts_used = 2;
    expect_near(&maker, 1e-3);
    maker = decoder_maker_small("stablelm");
    maker.rotary_size = 8;
    expect_near(&maker, 1e-3);
    maker.side_by_side = true;
    expect_near(&maker, 1e-3);
    maker = decoder_maker_small("phi3");
    maker.fused = true;
    expect_near(&maker, 1e-3);
    maker = decoder_maker_small("gemma");
    maker.head_size = maker.rotary_size = 64;
    maker.key_heads = 1;
    expect_near(&maker, 1e-3);
}

static void quantized_weights_give_what_libllama_gives_within_their_rounding(void **state)
{
    (void)state;
    static const enum hearth_quant types[] = {HEARTH_QUANT_F16, HEARTH_QUANT_BF16,
                                              HEARTH_QUANT_Q8_0, HEARTH_QUANT_Q4_0,
                                              HEARTH_QUANT_Q4_1};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct decoder_maker maker = decoder_maker_small("llama");
        maker.type = types[i];
        expect_near(&maker, 3e-2);
    }
}

static void a_real_model_differs_from_libllama_as_little_as_rounding_does(void **state)
{
    (void)state;
    const char *path = getenv("HEARTH_TEST_GGUF");
    if (path == NULL) {
        print_message("skipped: HEARTH_TEST_GGUF is not set\n");
        skip();
    }
    static const int32_t tokens[] = {504,  3575, 282, 4649, 314,  7042, 30,  657, 314,  260,
                                     6027, 3060, 281, 260,  1109, 30,   198, 504, 1743, 282,
                                     260,  3575, 359, 2436, 411,  28,   284, 502, 2147, 335};
    uint32_t count = sizeof(tokens) / sizeof(tokens[0]), words = 0;
    float *library = library_logits(path, NULL, tokens, count, &words);
    for (int type = 0; type < HEARTH_KV_TYPE_COUNT; type++) {
        float *own = own_logits(path, NULL, tokens, count, (enum hearth_kv_type)type, &words);
        double sum = 0;
        for (uint32_t i = 0; i < count; i++)
            sum += divergence(library + (size_t)i * words, own + (size_t)i * words, words);
        print_message("    KV cache %s: mean KL to libllama %.2g\n",
                      hearth_kv_type_name((enum hearth_kv_type)type), sum / count);
        assert_true(sum / count < 0.01);
        hearth_free(own);
    }
    hearth_free(library);
}

static void no_log(enum ggml_log_level level, const char *text, void *argument)
{
    (void)argument;
    if (level == GGML_LOG_LEVEL_ERROR)
        fputs(text, stderr);
}

int main(void)
{
    llama_log_set(no_log, NULL);
    llama_backend_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_architecture_gives_the_logits_of_libllama),
        cmocka_unit_test(every_architecture_with_an_adapter_gives_the_logits_of_libllama),
        cmocka_unit_test(variants_of_a_row_give_the_logits_of_libllama),
        cmocka_unit_test(quantized_weights_give_what_libllama_gives_within_their_rounding),
        cmocka_unit_test(a_real_model_differs_from_libllama_as_little_as_rounding_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
