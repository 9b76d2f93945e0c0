/* The gradients of an adapter against finite differences, in double, on small random networks. */
#include "support/decoder_maker.h"
#include "unit/cmocka_all.h"

#include "train/pass.h"

#include <stdlib.h>
#include <unistd.h>

enum { TOKENS = 14, PROBES = 4 };
static const uint32_t starts[] = {0, 9, TOKENS};

static struct decoder_maker maker_of(const char *architecture, bool biases)
{
    struct decoder_maker maker = decoder_maker_small(architecture);
    maker.layers = 2;
    maker.width = 64;
    maker.head_size = maker.rotary_size = 16;
    maker.feed = 96;
    maker.biases = biases;
    maker.window = strncmp(architecture, "gemma", 5) == 0 ? 4 : 0;
    maker.tied = maker.window > 0;
    return maker;
}

static void expect_gradients(const char *architecture, bool biases, bool checkpoints, float dropout)
{
    char path[] = "/tmp/hearth-train-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    close(descriptor);
    struct decoder_maker maker = maker_of(architecture, biases);
    assert_true(decoder_make(&maker, path));
    struct hearth_error error = {0};
    struct hearth_train_base *base = NULL;
    struct hearth_lora *lora = NULL;
    struct hearth_train_pass *pass = NULL;
    struct hearth_lora_params params = {3, 6, false, dropout, (1 << HEARTH_MODULES) - 1, 7};
    if (hearth_train_base_open(path, &base, &error) != 0)
        fail_msg("%s", error.message);
    assert_int_equal(hearth_lora_create(hearth_train_base_network(base), &params, &lora, &error),
                     0);
    uint64_t seed = 5;
    for (size_t i = 0; i < lora->count; i++)
        lora->values[i] += ((double)seeded_pick(&seed, 0, 2000) - 1000) * 1e-4;
    int32_t tokens[TOKENS], labels[TOKENS];
    for (uint32_t i = 0; i < TOKENS; i++) {
        tokens[i] = (int32_t)seeded_pick(&seed, 0, 319);
        labels[i] = i % 3 == 0 ? HEARTH_TRAIN_UNLABELED : (int32_t)seeded_pick(&seed, 0, 319);
    }
    struct hearth_train_batch batch = {tokens, labels, starts, 2, 3};
    struct hearth_train_pass_params sizes = {TOKENS, 9, checkpoints, checkpoints ? 2 : 1};
    assert_int_equal(hearth_train_pass_create(base, lora, &sizes, &pass, &error), 0);
    double loss, above, below;
    assert_int_equal(hearth_train_pass_learn(pass, &batch, 1, &loss, &error), 0);
    double *gradients = hearth_calloc(lora->count, sizeof(*gradients));
    memcpy(gradients, lora->gradients, lora->count * sizeof(*gradients));
    for (uint32_t layer = 0; layer < 2; layer++)
        for (enum hearth_module module = 0; module < HEARTH_MODULES; module++) {
            struct hearth_lora_pair pair = hearth_lora_at(lora, layer, module);
            size_t first = (size_t)(pair.a - lora->values), size = 3 * (pair.inputs + pair.outputs);
            for (int probe = 0; probe < PROBES; probe++) {
                size_t at = first + seeded_pick(&seed, 0, (uint32_t)size - 1);
                double kept = lora->values[at], step = 1e-4;
                lora->values[at] = kept + step;
                assert_int_equal(hearth_train_pass_learn(pass, &batch, 1, &above, &error), 0);
                lora->values[at] = kept - step;
                assert_int_equal(hearth_train_pass_learn(pass, &batch, 1, &below, &error), 0);
                lora->values[at] = kept;
                double expected = (above - below) / (2 * step);
                if (!(fabs(gradients[at] - expected) <= 1e-6 * fmax(1, fabs(expected))))
                    fail_msg("%s, layer %u, module %d: %.10g, not %.10g", architecture, layer,
                             (int)module, gradients[at], expected);
            }
        }
    hearth_free(gradients);
    hearth_train_pass_destroy(pass);
    hearth_lora_destroy(lora);
    hearth_train_base_close(base);
    unlink(path);
}

static void gradients_are_finite_differences(void **state)
{
    expect_gradients(*state, false, false, 0);
}

static void gradients_with_biases_are_finite_differences(void **state)
{
    expect_gradients(*state, true, false, 0);
}

static void gradients_with_checkpoints_and_dropout_are_finite_differences(void **state)
{
    expect_gradients(*state, false, true, 0.25f);
}

#define EACH(test, architecture)                                                                   \
    {                                                                                              \
#test " (" architecture ")", test, NULL, NULL, architecture                                \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(gradients_are_finite_differences, "llama"),
        EACH(gradients_with_checkpoints_and_dropout_are_finite_differences, "llama"),
        EACH(gradients_with_biases_are_finite_differences, "qwen2"),
        EACH(gradients_are_finite_differences, "qwen3"),
        EACH(gradients_are_finite_differences, "gemma"),
        EACH(gradients_are_finite_differences, "gemma2"),
        EACH(gradients_with_checkpoints_and_dropout_are_finite_differences, "gemma3"),
        EACH(gradients_with_biases_are_finite_differences, "granite"),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
