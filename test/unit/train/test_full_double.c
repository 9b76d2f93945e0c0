/* Gradients by every tensor of a base against finite differences, in double, on small random
 * networks. */
#include "support/decoder_maker.h"
#include "unit/cmocka_all.h"

#include "train/full.h"
#include "train/optimizer.h"
#include "train/pass.h"

#include <stdlib.h>
#include <unistd.h>

enum { TOKENS = 14, PROBES = 2, LAYERS = 2 };
static const uint32_t starts[] = {0, 9, TOKENS};

struct bed {
    struct hearth_train_base *base;
    struct hearth_lora *full;
    struct hearth_train_pass *pass;
    struct hearth_train_batch batch;
    int32_t tokens[TOKENS], labels[TOKENS];
};

static void begin(struct bed *bed, const char *architecture)
{
    char path[] = "/tmp/hearth-train-XXXXXX";
    struct decoder_maker maker = decoder_maker_small(architecture);
    struct hearth_train_pass_params sizes = {TOKENS, 9, false, 2};
    struct hearth_error error = {0};
    uint64_t seed = 5;
    maker.layers = LAYERS;
    maker.width = 64;
    maker.head_size = maker.rotary_size = 16;
    maker.feed = 96;
    maker.biases = strcmp(architecture, "qwen2") == 0;
    maker.window = strncmp(architecture, "gemma", 5) == 0 ? 4 : 0;
    maker.tied = maker.window > 0;
    close(mkstemp(path));
    assert_true(decoder_make(&maker, path));
    if (hearth_train_base_open(path, &bed->base, &error) != 0)
        fail_msg("%s", error.message);
    unlink(path);
    assert_int_equal(hearth_full_create(bed->base, &bed->full, &error), 0);
    hearth_full_read(bed->full);
    assert_int_equal(hearth_train_pass_create(bed->base, bed->full, &sizes, &bed->pass, &error), 0);
    for (uint32_t i = 0; i < TOKENS; i++) {
        bed->tokens[i] = (int32_t)seeded_pick(&seed, 0, 39); /* some of them more than once */
        bed->labels[i] = i % 3 == 0 ? HEARTH_TRAIN_UNLABELED : (int32_t)seeded_pick(&seed, 0, 319);
    }
    bed->batch = (struct hearth_train_batch){bed->tokens, bed->labels, starts, 2, 3};
}

static void finish(struct bed *bed)
{
    hearth_train_pass_destroy(bed->pass);
    hearth_lora_destroy(bed->full);
    hearth_train_base_close(bed->base);
}

static double loss_with(struct bed *bed, double *value, double put)
{
    double kept = *value, loss = 0;
    *value = put;
    assert_int_equal(hearth_train_pass_evaluate(bed->pass, &bed->batch, &loss, NULL), 0);
    *value = kept;
    return loss;
}

/* Rows of embeddings are probed where the batch has tokens. */
static size_t place_in(const struct bed *bed, enum hearth_part part,
                       const struct hearth_full_tensor *tensor, uint64_t *seed)
{
    if (part != HEARTH_PART_EMBEDDING)
        return seeded_pick(seed, 0, (uint32_t)tensor->count - 1);
    return (size_t)bed->tokens[seeded_pick(seed, 0, TOKENS - 1)] * 64 + seeded_pick(seed, 0, 63);
}

static void gradients_by_all_tensors_are_finite_differences(void **state)
{
    struct bed bed = {0};
    uint64_t seed = 8;
    double loss;
    size_t tensors = 0;
    begin(&bed, *state);
    assert_int_equal(hearth_train_pass_learn(bed.pass, &bed.batch, 1, &loss, NULL), 0);
    for (uint32_t layer = 0; layer < LAYERS; layer++)
        for (enum hearth_part part = 0; part < HEARTH_PART_COUNT; part++) {
            struct hearth_full_tensor tensor = hearth_full_at(bed.full, part, layer);
            tensors += tensor.values != NULL;
            for (int probe = 0; tensor.values != NULL && probe < PROBES; probe++) {
                size_t at = place_in(&bed, part, &tensor, &seed);
                double kept = tensor.values[at], step = 1e-5;
                double expected = (loss_with(&bed, &tensor.values[at], kept + step) -
                                   loss_with(&bed, &tensor.values[at], kept - step)) /
                                  (2 * step);
                if (!(fabs(tensor.gradient[at] - expected) <= 1e-6 * fmax(1, fabs(expected))))
                    fail_msg("part %d of layer %u: %.10g, not %.10g", (int)part, layer,
                             tensor.gradient[at], expected);
            }
        }
    assert_true(tensors >= 2 + 9 * LAYERS);
    finish(&bed);
}

static void steps_by_all_tensors_bring_the_loss_down(void **state)
{
    struct bed bed = {0};
    struct hearth_optimizer *optimizer = NULL;
    struct hearth_optimizer_params rates = {
        .rate = 1e-3, .beta_1 = 0.9, .beta_2 = 0.999, .epsilon = 1e-8, .clip = 1};
    double first, last = 0;
    (void)state;
    begin(&bed, "llama");
    assert_int_equal(hearth_optimizer_create(bed.full, &rates, &optimizer, NULL), 0);
    assert_int_equal(hearth_train_pass_evaluate(bed.pass, &bed.batch, &first, NULL), 0);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(hearth_train_pass_learn(bed.pass, &bed.batch, 0.1, &last, NULL), 0);
        hearth_optimizer_step(optimizer);
    }
    assert_true(last < first / 2);
    hearth_optimizer_destroy(optimizer);
    finish(&bed);
}

#define EACH(architecture)                                                                         \
    {                                                                                              \
        "gradients_by_all_tensors_are_finite_differences (" architecture ")",                      \
            gradients_by_all_tensors_are_finite_differences, NULL, NULL, architecture              \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH("llama"),
        EACH("qwen2"),
        EACH("qwen3"),
        EACH("gemma2"),
        EACH("gemma3"),
        EACH("granite"),
        cmocka_unit_test(steps_by_all_tensors_bring_the_loss_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
