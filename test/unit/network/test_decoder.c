/* The promise of decoder.h, on small random networks of each architecture: a row's result depends
 * on its sequence's tokens alone, to the bit. test/sim/test_decoder_play.c plays with many
 * sequences. */
#include "support/decoder_maker.h"
#include "unit/cmocka_all.h"

#include "base/error.h"
#include "network/decoder.h"

#include <stdlib.h>
#include <unistd.h>

enum { SEQUENCES = 4, VOCABULARY = 320, BATCH = 64 };

static struct hearth_decoder_params small_params(void)
{
    return (struct hearth_decoder_params){
        .context = 128,
        .sequences = SEQUENCES,
        .batch = BATCH,
        .outputs = BATCH,
        .states = BATCH,
        .threads = 1,
        .kv_type = HEARTH_KV_F16,
        .isa = hearth_isa_best(),
    };
}

static struct hearth_decoder *open_params(const struct decoder_maker *maker,
                                          const struct hearth_decoder_params *params)
{
    char path[] = "/tmp/hearth-decoder-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    close(descriptor);
    assert_true(decoder_make(maker, path));
    struct hearth_decoder *decoder = NULL;
    struct hearth_error error = {0};
    if (hearth_decoder_open(path, params, NULL, &decoder, &error) != 0)
        fail_msg("%s: %s", maker->architecture, error.message);
    unlink(path);
    return decoder;
}

static void take(struct hearth_decoder *decoder, uint32_t sequence, const int32_t *tokens,
                 uint32_t count, uint32_t outputs)
{
    struct hearth_decoder_span span = {sequence, tokens, count, outputs};
    struct hearth_error error = {0};
    if (hearth_decoder_step(decoder, &span, 1, HEARTH_DECODER_LOGITS, NULL, &error) != 0)
        fail_msg("step: %s", error.message);
}

/* Logits of every token of a text, [count][VOCABULARY], computed in one fixed way: alone, a token
 * at a time. */
static float *logits_alone(struct hearth_decoder *decoder, const int32_t *tokens, uint32_t count)
{
    float *logits = hearth_calloc((size_t)count * VOCABULARY, sizeof(*logits));
    hearth_decoder_trim(decoder, 0, 0);
    for (uint32_t i = 0; i < count; i++) {
        take(decoder, 0, tokens + i, 1, 1);
        memcpy(logits + (size_t)i * VOCABULARY, hearth_decoder_result(decoder, 0),
               VOCABULARY * sizeof(*logits));
    }
    hearth_decoder_trim(decoder, 0, 0);
    return logits;
}

static void random_tokens(uint64_t *seed, int32_t *tokens, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        tokens[i] = (int32_t)seeded_pick(seed, 0, VOCABULARY - 1);
}

static void expect_same(const float *is, const float *expected, const char *what)
{
    for (uint32_t i = 0; i < VOCABULARY; i++)
        if (memcmp(&is[i], &expected[i], sizeof(float)) != 0)
            fail_msg("%s: logit %u is %.9g, not %.9g", what, i, (double)is[i], (double)expected[i]);
}

static struct decoder_maker maker_at(size_t index)
{
    struct decoder_maker maker = decoder_maker_small(hearth_architecture_at(index)->name);
    maker.biases = index % 2 == 0;
    maker.tied = index % 3 == 0;
    if (strcmp(maker.architecture, "qwen3moe") == 0) {
        maker.experts = 8;
        maker.experts_used = 3;
    }
    maker.window = 20;
    return maker;
}

static void one_prefill_gives_the_bits_of_single_tokens_in_every_architecture(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (size_t i = 0; hearth_architecture_at(i) != NULL; i++) {
        struct decoder_maker maker = maker_at(i);
        struct hearth_decoder_params params = small_params();
        struct hearth_decoder *decoder = open_params(&maker, &params);
        int32_t tokens[50];
        random_tokens(&seed, tokens, 50);
        float *alone = logits_alone(decoder, tokens, 50);
        take(decoder, 2, tokens, 50, 50);
        for (uint32_t row = 0; row < 50; row++)
            expect_same(hearth_decoder_result(decoder, row), alone + (size_t)row * VOCABULARY,
                        maker.architecture);
        hearth_free(alone);
        hearth_decoder_close(decoder);
    }
}

static void threads_change_no_bit(void **state)
{
    (void)state;
    struct decoder_maker maker = decoder_maker_small("gemma3");
    maker.type = HEARTH_QUANT_Q4_0;
    maker.window = 24;
    int32_t tokens[60];
    uint64_t seed = 3;
    random_tokens(&seed, tokens, 60);
    float *expected = NULL;
    for (uint32_t threads = 1; threads <= 3; threads++) {
        struct hearth_decoder_params params = small_params();
        params.threads = threads;
        struct hearth_decoder *decoder = open_params(&maker, &params);
        take(decoder, 1, tokens, 60, 1);
        if (expected == NULL) {
            expected = hearth_calloc(VOCABULARY, sizeof(*expected));
            memcpy(expected, hearth_decoder_result(decoder, 0), VOCABULARY * sizeof(*expected));
        }
        expect_same(hearth_decoder_result(decoder, 0), expected, "threads");
        hearth_decoder_close(decoder);
    }
    hearth_free(expected);
}

static atomic_bool canceled;

static void a_canceled_step_leaves_sequences_as_they_were(void **state)
{
    (void)state;
    struct decoder_maker maker = decoder_maker_small("llama");
    struct hearth_decoder_params params = small_params();
    params.threads = 2;
    struct hearth_decoder *decoder = open_params(&maker, &params);
    int32_t tokens[40];
    uint64_t seed = 5;
    random_tokens(&seed, tokens, 40);
    float *alone = logits_alone(decoder, tokens, 40);
    take(decoder, 1, tokens, 30, 0);
    struct hearth_decoder_span span = {1, tokens + 30, 10, 10};
    struct hearth_error error = {0};
    atomic_store(&canceled, true);
    for (int i = 0; i < 3; i++)
        assert_int_equal(
            hearth_decoder_step(decoder, &span, 1, HEARTH_DECODER_LOGITS, &canceled, &error),
            HEARTH_ECANCELED);
    assert_int_equal(hearth_decoder_length(decoder, 1), 30);
    take(decoder, 1, tokens + 30, 10, 10);
    for (uint32_t i = 0; i < 10; i++)
        expect_same(hearth_decoder_result(decoder, i), alone + (size_t)(30 + i) * VOCABULARY,
                    "after a cancel");
    hearth_free(alone);
    hearth_decoder_close(decoder);
}

static void what_is_over_the_limits_is_refused(void **state)
{
    (void)state;
    struct decoder_maker maker = decoder_maker_small("llama");
    struct hearth_decoder_params params = small_params();
    struct hearth_decoder *decoder = open_params(&maker, &params);
    int32_t tokens[200] = {0};
    struct hearth_error error = {0};
    struct hearth_decoder_span spans[2] = {{0, tokens, BATCH + 1, 0}};
    assert_int_equal(hearth_decoder_step(decoder, spans, 1, HEARTH_DECODER_LOGITS, NULL, &error),
                     HEARTH_EINVAL);
    spans[0] = (struct hearth_decoder_span){0, tokens, 1, 1};
    spans[1] = spans[0];
    assert_int_equal(hearth_decoder_step(decoder, spans, 2, HEARTH_DECODER_LOGITS, NULL, &error),
                     HEARTH_EINVAL);
    tokens[0] = VOCABULARY;
    assert_int_equal(hearth_decoder_step(decoder, spans, 1, HEARTH_DECODER_LOGITS, NULL, &error),
                     HEARTH_EINVAL);
    tokens[0] = 0;
    take(decoder, 0, tokens, 64, 0);
    take(decoder, 0, tokens, 64, 0);
    assert_int_equal(hearth_decoder_step(decoder, spans, 1, HEARTH_DECODER_LOGITS, NULL, &error),
                     HEARTH_ECONTEXT);
    assert_int_equal(hearth_decoder_length(decoder, 0), 128);
    hearth_decoder_close(decoder);
}

static void states_are_those_that_the_head_would_take(void **state)
{
    (void)state;
    struct decoder_maker maker = decoder_maker_small("qwen2");
    struct hearth_decoder_params params = small_params();
    struct hearth_decoder *decoder = open_params(&maker, &params);
    int32_t tokens[20];
    uint64_t seed = 9;
    random_tokens(&seed, tokens, 20);
    float whole[20 * 128];
    struct hearth_error error = {0};
    struct hearth_decoder_span span = {0, tokens, 20, 20};
    assert_int_equal(hearth_decoder_step(decoder, &span, 1, HEARTH_DECODER_STATES, NULL, &error),
                     0);
    memcpy(whole, hearth_decoder_result(decoder, 0), sizeof(whole));
    for (uint32_t i = 0; i < 20; i++) {
        span = (struct hearth_decoder_span){1, tokens + i, 1, 1};
        assert_int_equal(
            hearth_decoder_step(decoder, &span, 1, HEARTH_DECODER_STATES, NULL, &error), 0);
        assert_memory_equal(hearth_decoder_result(decoder, 0), whole + (size_t)i * 128,
                            128 * sizeof(float));
    }
    hearth_decoder_close(decoder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_prefill_gives_the_bits_of_single_tokens_in_every_architecture),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(a_canceled_step_leaves_sequences_as_they_were),
        cmocka_unit_test(what_is_over_the_limits_is_refused),
        cmocka_unit_test(states_are_those_that_the_head_would_take),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
