/* Passes in f32: how tokens are cut into batches and what is kept change nothing, and the loss is
 * that of the decoder that serves. */
#include "support/decoder_maker.h"
#include "unit/cmocka_all.h"

#include "network/decoder.h"
#include "train/pass.h"

#include <stdlib.h>
#include <unistd.h>

enum { DOCUMENTS = 8, TOKENS = 60, VOCABULARY = 320 };
static const uint32_t starts[DOCUMENTS + 1] = {0, 3, 14, 16, 27, 32, 41, 52, TOKENS};

struct bed {
    char path[32];
    struct hearth_train_base *base;
    struct hearth_lora *lora;
    int32_t tokens[TOKENS], labels[TOKENS];
};

static void begin(struct bed *bed, const char *architecture)
{
    struct decoder_maker maker = decoder_maker_small(architecture);
    maker.window = strncmp(architecture, "gemma", 5) == 0 ? 4 : 0;
    maker.layers = maker.window > 0 ? 6 : 4; /* windowed ones and a full one */
    maker.tied = maker.window > 0;
    maker.biases = strcmp(architecture, "qwen2") == 0;
    struct hearth_lora_params params = {4, 8, true, 0, (1 << HEARTH_MODULES) - 1, 7};
    uint64_t seed = 5;
    strcpy(bed->path, "/tmp/hearth-train-XXXXXX");
    close(mkstemp(bed->path));
    assert_true(decoder_make(&maker, bed->path));
    assert_int_equal(hearth_train_base_open(bed->path, &bed->base, NULL), 0);
    assert_int_equal(
        hearth_lora_create(hearth_train_base_network(bed->base), &params, &bed->lora, NULL), 0);
    for (uint32_t i = 0; i < TOKENS; i++) {
        bed->tokens[i] = (int32_t)seeded_pick(&seed, 0, VOCABULARY - 1);
        bed->labels[i] =
            i % 3 == 0 ? HEARTH_TRAIN_UNLABELED : (int32_t)seeded_pick(&seed, 0, VOCABULARY - 1);
    }
}

static void perturb(struct bed *bed)
{
    uint64_t seed = 9;
    for (size_t i = 0; i < bed->lora->count; i++)
        bed->lora->values[i] += ((float)seeded_pick(&seed, 0, 2000) - 1000) * 1e-4f;
}

static void finish(struct bed *bed)
{
    hearth_lora_destroy(bed->lora);
    hearth_train_base_close(bed->base);
    unlink(bed->path);
}

/* Gradients of all documents, `together` of them in a batch. */
static float *gradients(struct bed *bed, uint32_t together, bool checkpoints, double *ret_loss)
{
    struct hearth_train_pass_params sizes = {TOKENS, 11, checkpoints, 2};
    struct hearth_train_pass *pass = NULL;
    double loss;
    assert_int_equal(hearth_train_pass_create(bed->base, bed->lora, &sizes, &pass, NULL), 0);
    hearth_lora_clear_gradients(bed->lora);
    *ret_loss = 0;
    for (uint32_t first = 0; first < DOCUMENTS; first += together) {
        uint32_t own[DOCUMENTS + 1];
        for (uint32_t i = 0; i <= together; i++)
            own[i] = starts[first + i] - starts[first];
        struct hearth_train_batch batch = {bed->tokens + starts[first], bed->labels + starts[first],
                                           own, together, first};
        assert_int_equal(hearth_train_pass_learn(pass, &batch, 1.0 / 40, &loss, NULL), 0);
        *ret_loss += loss;
    }
    hearth_train_pass_destroy(pass);
    float *copy = hearth_calloc(bed->lora->count, sizeof(*copy));
    memcpy(copy, bed->lora->gradients, bed->lora->count * sizeof(*copy));
    return copy;
}

static void eight_batches_of_one_document_give_the_gradients_of_one_of_eight(void **state)
{
    (void)state;
    struct bed bed;
    double one, eight, difference = 0, size = 0;
    begin(&bed, "llama");
    perturb(&bed);
    float *apart = gradients(&bed, 1, false, &one), *packed = gradients(&bed, 8, false, &eight);
    for (size_t i = 0; i < bed.lora->count; i++) {
        difference += pow((double)apart[i] - (double)packed[i], 2);
        size += pow((double)packed[i], 2);
    }
    assert_true(size > 0 && sqrt(difference / size) <= 1e-5);
    assert_true(fabs(one - eight) <= 1e-5 * eight);
    hearth_free(apart);
    hearth_free(packed);
    finish(&bed);
}

static void checkpoints_and_repetition_give_the_same_bits(void **state)
{
    (void)state;
    struct bed bed;
    double loss;
    begin(&bed, "llama");
    perturb(&bed);
    float *first = gradients(&bed, 8, false, &loss), *again = gradients(&bed, 8, false, &loss);
    float *checkpointed = gradients(&bed, 8, true, &loss);
    assert_memory_equal(first, again, bed.lora->count * sizeof(*first));
    assert_memory_equal(first, checkpointed, bed.lora->count * sizeof(*first));
    hearth_free(first);
    hearth_free(again);
    hearth_free(checkpointed);
    finish(&bed);
}

/* B begins with zeros, so that a new adapter leaves the base as it is. */
static void the_loss_of_a_new_adapter_is_that_of_the_serving_decoder(void **state)
{
    struct bed bed;
    struct hearth_decoder *decoder = NULL;
    struct hearth_decoder_params params = {.context = 64,
                                           .sequences = 1,
                                           .batch = 64,
                                           .outputs = 64,
                                           .states = 64,
                                           .threads = 1,
                                           .kv_type = HEARTH_KV_F32,
                                           .isa = hearth_isa_best()};
    double loss, expected = 0;
    begin(&bed, *state);
    assert_int_equal(hearth_decoder_open(bed.path, &params, NULL, &decoder, NULL), 0);
    for (uint32_t i = 0; i < DOCUMENTS; i++) {
        uint32_t count = starts[i + 1] - starts[i];
        struct hearth_decoder_span span = {0, bed.tokens + starts[i], count, count};
        hearth_decoder_trim(decoder, 0, 0);
        assert_int_equal(hearth_decoder_step(decoder, &span, 1, HEARTH_DECODER_LOGITS, NULL, NULL),
                         0);
        for (uint32_t row = 0; row < count; row++) {
            const float *logits = hearth_decoder_result(decoder, row);
            int32_t label = bed.labels[starts[i] + row];
            double sum = 0;
            for (uint32_t j = 0; j < VOCABULARY; j++)
                sum += exp((double)logits[j]);
            expected += label < 0 ? 0 : log(sum) - (double)logits[label];
        }
    }
    hearth_decoder_close(decoder);
    hearth_free(gradients(&bed, 8, false, &loss));
    if (!(fabs(loss - expected) <= 1e-5 * expected))
        fail_msg("%.9g, not %.9g", loss, expected);
    finish(&bed);
}

static void what_is_not_computed_is_refused(void **state)
{
    static const char *const others[] = {"qwen3moe", "phi3", "olmo2", "starcoder2", "stablelm"};
    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        char path[] = "/tmp/hearth-train-XXXXXX";
        struct decoder_maker maker = decoder_maker_small(others[i]);
        struct hearth_train_base *base = NULL;
        struct hearth_error error = {0};
        maker.experts = strcmp(others[i], "qwen3moe") == 0 ? 4 : 0;
        maker.experts_used = 2;
        close(mkstemp(path));
        assert_true(decoder_make(&maker, path));
        assert_int_equal(hearth_train_base_open(path, &base, &error), HEARTH_ENOTIMPL);
        assert_non_null(strstr(error.message, "cannot be trained here"));
        unlink(path);
    }
}

#define LOSS(architecture)                                                                         \
    {                                                                                              \
        "the_loss_of_a_new_adapter_is_that_of_the_serving_decoder (" architecture ")",             \
            the_loss_of_a_new_adapter_is_that_of_the_serving_decoder, NULL, NULL, architecture     \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eight_batches_of_one_document_give_the_gradients_of_one_of_eight),
        cmocka_unit_test(checkpoints_and_repetition_give_the_same_bits),
        LOSS("llama"),
        LOSS("qwen2"),
        LOSS("qwen3"),
        LOSS("gemma"),
        LOSS("gemma2"),
        LOSS("gemma3"),
        LOSS("granite"),
        cmocka_unit_test(what_is_not_computed_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
