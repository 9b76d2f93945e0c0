/* Every tensor's type, shape and size is checked against the architecture's row before anything is
 * mapped; a file that does not fit is refused by the name of what is wrong. */
#include "support/decoder_maker.h"
#include "unit/cmocka_all.h"

#include "base/error.h"
#include "network/decoder.h"

#include <stdlib.h>
#include <unistd.h>

static struct hearth_decoder_params params = {.context = 64,
                                              .sequences = 2,
                                              .batch = 32,
                                              .outputs = 2,
                                              .states = 2,
                                              .threads = 2,
                                              .kv_type = HEARTH_KV_F16};

static int open_made(const struct decoder_maker *maker, struct hearth_error *error)
{
    char path[] = "/tmp/hearth-weights-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    close(descriptor);
    assert_true(decoder_make(maker, path));
    struct hearth_decoder *decoder = NULL;
    *error = (struct hearth_error){0};
    int rc = hearth_decoder_open(path, &params, NULL, &decoder, error);
    assert_true(rc == 0 || decoder == NULL);
    assert_int_equal(rc, error->code);
    hearth_decoder_close(decoder);
    unlink(path);
    return rc;
}

static void every_architecture_of_the_table_opens(void **state)
{
    (void)state;
    struct hearth_error error;
    for (size_t i = 0; hearth_architecture_at(i) != NULL; i++) {
        struct decoder_maker maker = decoder_maker_small(hearth_architecture_at(i)->name);
        maker.experts = strcmp(maker.architecture, "qwen3moe") == 0 ? 4 : 0;
        maker.experts_used = maker.experts / 2;
        if (open_made(&maker, &error) != 0)
            fail_msg("%s: %s", maker.architecture, error.message);
        maker.fused = true;
        if (open_made(&maker, &error) != 0)
            fail_msg("%s, fused: %s", maker.architecture, error.message);
    }
}

/* Any tensor of the network, one after the other, left out or of another shape. */
static void a_tensor_that_is_missing_or_misshapen_is_named(void **state)
{
    (void)state;
    static const char *const names[] = {
        "token_embd.weight",      "output_norm.weight",   "blk.0.attn_q.weight",
        "blk.3.attn_k.weight",    "blk.1.attn_v.weight",  "blk.2.attn_output.weight",
        "blk.0.attn_norm.weight", "blk.3.ffn_up.weight",  "blk.1.ffn_gate.weight",
        "blk.2.ffn_down.weight",  "blk.0.ffn_norm.weight"};
    struct hearth_error error;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct decoder_maker maker = decoder_maker_small("llama");
        maker.wrong_name = names[i];
        maker.left_out = true;
        assert_int_equal(open_made(&maker, &error), HEARTH_EMODEL);
        assert_non_null(strstr(error.message, names[i]));
        maker.left_out = false;
        maker.wrong_extent = 32;
        assert_int_equal(open_made(&maker, &error), HEARTH_EMODEL);
        assert_non_null(strstr(error.message, names[i]));
        assert_non_null(strstr(error.message, "shape"));
    }
}

static void types_without_kernels_and_tensors_without_a_place_are_refused(void **state)
{
    (void)state;
    struct hearth_error error;
    struct decoder_maker maker = decoder_maker_small("llama");
    maker.wrong_name = "blk.0.attn_norm.weight";
    maker.wrong_type = HEARTH_QUANT_Q8_0; /* a vector is not quantized */
    assert_int_equal(open_made(&maker, &error), HEARTH_ENOTIMPL);
    assert_non_null(strstr(error.message, "blk.0.attn_norm.weight"));
    maker = decoder_maker_small("llama");
    maker.one_more = true;
    assert_int_equal(open_made(&maker, &error), HEARTH_ENOTIMPL);
    assert_non_null(strstr(error.message, "attn_sinks"));
}

/* With the name of the tensor that the maker made wrong. */
static void expect_refusal_of(const struct decoder_maker *maker, const char *words)
{
    struct hearth_error error;
    char name[96];
    snprintf(name, sizeof(name), "tensor '%s': ", maker->wrong_name);
    int rc = open_made(maker, &error);
    if (rc != HEARTH_EMODEL || strstr(error.message, name) == NULL ||
        strstr(error.message, words) == NULL)
        fail_msg("%d \"%s\" is no refusal of %s with \"%s\"", rc, error.message, maker->wrong_name,
                 words);
}

static void weights_that_are_not_finite_are_refused_by_name(void **state)
{
    (void)state;
    /* Embeddings stay rows beside a head of its own, gates and ups lie in one matrix. */
    static const char *const names[] = {"blk.2.ffn_down.weight", "blk.1.ffn_norm.weight",
                                        "token_embd.weight",     "output.weight",
                                        "blk.3.ffn_gate.weight", "blk.3.ffn_up.weight"};
    static const uint32_t types[] = {HEARTH_QUANT_F32, HEARTH_QUANT_F16, HEARTH_QUANT_BF16,
                                     HEARTH_QUANT_Q8_0, HEARTH_QUANT_Q4_1};
    struct hearth_error error;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        for (size_t j = 0; j < sizeof(types) / sizeof(types[0]); j++) {
            struct decoder_maker maker = decoder_maker_small("llama");
            maker.type = (enum hearth_quant)types[j];
            maker.wrong_name = names[i];
            maker.wrong_value = INFINITY;
            expect_refusal_of(&maker, "is not a finite number");
        }
    struct decoder_maker maker = decoder_maker_small("llama");
    maker.wrong_name = names[2];
    maker.wrong_value = NAN;
    expect_refusal_of(&maker, "is not a finite number");
    maker.wrong_value = 0;
    assert_int_equal(open_made(&maker, &error), 0);
}

/* 10^6 is a number, but none of f16; nor is the scale of 10^8 in whole numbers up to 127. */
static void weights_that_are_too_large_for_their_new_type_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"token_embd.weight", "blk.1.attn_k.weight"};
    static const struct {
        enum hearth_quant type;
        float value;
        const char *words;
    } cases[] = {{HEARTH_QUANT_F16, 1e6f, "is too large for f16"},
                 {HEARTH_QUANT_Q8_0, 1e8f, "is too large for q8_0"},
                 {HEARTH_QUANT_Q8_0, INFINITY, "is not a finite number"}};
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < sizeof(cases) / sizeof(cases[0]); j++) {
            struct decoder_maker maker = decoder_maker_small("llama");
            maker.wrong_name = names[i];
            maker.wrong_value = cases[j].value;
            params.quantize = (struct hearth_weights_quantize){true, cases[j].type};
            expect_refusal_of(&maker, cases[j].words);
            params.quantize.wanted = false;
        }
}

static void numbers_that_cannot_be_are_refused(void **state)
{
    (void)state;
    struct hearth_error error;
    struct decoder_maker maker = decoder_maker_small("llama");
    maker.key_heads = 3; /* of 4 heads */
    assert_int_equal(open_made(&maker, &error), HEARTH_EMODEL);
    assert_non_null(strstr(error.message, "head_count_kv"));
    maker = decoder_maker_small("llama");
    maker.rotary_size = 33;
    assert_int_equal(open_made(&maker, &error), HEARTH_EMODEL);
    assert_non_null(strstr(error.message, "rope.dimension_count"));
    maker = decoder_maker_small("llama");
    maker.experts = 4;
    maker.experts_used = 5;
    assert_int_equal(open_made(&maker, &error), HEARTH_EMODEL);
    maker = decoder_maker_small("llama");
    maker.width = 127; /* rows of 127 are no whole blocks */
    maker.type = HEARTH_QUANT_F32;
    assert_int_equal(open_made(&maker, &error), 0);
}

/* The inverse of 10^-44 is infinite, that of 10^-30 makes others so. 0 means that there is none. */
static void numbers_that_nothing_can_be_divided_by_are_refused(void **state)
{
    (void)state;
    static const char *const keys[] = {"rope.scaling.factor", "rope.scale_linear", "logit_scale",
                                       "attn_logit_softcapping", "final_logit_softcapping"};
    static const float numbers[] = {1e-44f, -1e-44f, 1e-30f, -1e-30f};
    struct hearth_error error;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        struct decoder_maker maker = decoder_maker_small("llama");
        maker.wrong_key = keys[i];
        for (size_t j = 0; j < sizeof(numbers) / sizeof(numbers[0]); j++) {
            maker.wrong_number = numbers[j];
            assert_int_equal(open_made(&maker, &error), HEARTH_EMODEL);
            assert_non_null(strstr(error.message, keys[i]));
            assert_non_null(strstr(error.message, "to divide by"));
        }
        maker.wrong_number = 0;
        assert_int_equal(open_made(&maker, &error), 0);
    }
    struct decoder_maker maker = decoder_maker_small("llama");
    maker.rotary_factors = true;
    assert_int_equal(open_made(&maker, &error), 0);
    maker.wrong_name = "rope_freqs.weight";
    maker.wrong_value = 1e-44f;
    expect_refusal_of(&maker, "is too close to 0 to divide by");
}

/* A header whose every byte is changed in turn by chance: an error or a decoder, never an end. */
static void a_header_with_any_byte_changed_ends_in_an_error_or_a_decoder(void **state)
{
    (void)state;
    struct decoder_maker maker = decoder_maker_small("gemma2");
    maker.layers = 1;
    char path[] = "/tmp/hearth-weights-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    close(descriptor);
    assert_true(decoder_make(&maker, path));
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    uint64_t seed = 4;
    unsigned refused = 0;
    for (long at = 0; at < 2200; at += 3) {
        fseek(file, at, SEEK_SET);
        int old = fgetc(file);
        fseek(file, at, SEEK_SET);
        fputc(old ^ (1 << seeded_pick(&seed, 0, 7)), file);
        fflush(file);
        struct hearth_decoder_plan plan;
        struct hearth_error error = {0};
        int rc = hearth_decoder_plan(path, &params, &plan, &error);
        assert_true(rc == 0 || error.message[0] != '\0');
        refused += rc != 0;
        fseek(file, at, SEEK_SET);
        fputc(old, file);
    }
    fclose(file);
    unlink(path);
    assert_true(refused > 100);
}

static uint64_t held_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    unsigned long pages = 0, resident = 0;
    char line[128] = "";
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof(line), file));
    fclose(file);
    char *end = NULL;
    pages = strtoul(line, &end, 10);
    resident = strtoul(end, NULL, 10);
    assert_true(pages > 0);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void the_plan_is_not_exceeded(void **state)
{
    (void)state;
    struct decoder_maker maker = decoder_maker_small("llama");
    maker.width = 512;
    maker.feed = 2048;
    maker.heads = 8;
    maker.head_size = maker.rotary_size = 64;
    maker.vocabulary = 4000;
    maker.layers = 3;
    maker.type = HEARTH_QUANT_Q8_0;
    char path[] = "/tmp/hearth-weights-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    close(descriptor);
    assert_true(decoder_make(&maker, path));
    struct hearth_decoder_params wide = params;
    wide.context = 256;
    wide.batch = 256;
    struct hearth_decoder_plan plan;
    struct hearth_decoder *decoder = NULL;
    struct hearth_error error = {0};
    assert_int_equal(hearth_decoder_plan(path, &wide, &plan, &error), 0);
    uint64_t before = held_bytes();
    assert_int_equal(hearth_decoder_open(path, &wide, NULL, &decoder, &error), 0);
    int32_t tokens[256] = {1, 2, 3};
    struct hearth_decoder_span span = {0, tokens, 256, 1};
    assert_int_equal(hearth_decoder_step(decoder, &span, 1, HEARTH_DECODER_LOGITS, NULL, &error),
                     0);
    uint64_t held = held_bytes() - before;
    hearth_decoder_close(decoder);
    unlink(path);
    /* Stacks and the heap of two threads come on top. */
    assert_true(held <= plan.weights + plan.cache + plan.scratch + (2u << 20));
    assert_true(plan.weights >= 3u * (512u * 2048u * 3u));
}

int main(void)
{
    params.isa = hearth_isa_best();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_architecture_of_the_table_opens),
        cmocka_unit_test(a_tensor_that_is_missing_or_misshapen_is_named),
        cmocka_unit_test(types_without_kernels_and_tensors_without_a_place_are_refused),
        cmocka_unit_test(weights_that_are_not_finite_are_refused_by_name),
        cmocka_unit_test(weights_that_are_too_large_for_their_new_type_are_refused),
        cmocka_unit_test(numbers_that_cannot_be_are_refused),
        cmocka_unit_test(numbers_that_nothing_can_be_divided_by_are_refused),
        cmocka_unit_test(a_header_with_any_byte_changed_ends_in_an_error_or_a_decoder),
        cmocka_unit_test(the_plan_is_not_exceeded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
