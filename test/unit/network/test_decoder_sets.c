/* Which instruction sets agree, to the bit: all of them, but for bf16 in tile registers
 * (compute/decoder_tiles.inc.h). Kernels take every sum in one order, and
 * fuse what they fuse in all tables alike; so a whole network gives the same logits in plain C and
 * in the widest vectors. The promise of decoder.h does not go so far (a machine may have another
 * libm, and its angles another last bit), but as long as it costs nothing it is kept, and this test
 * says when it ends. */
#include "support/decoder_maker.h"
#include "unit/cmocka_all.h"

#include "base/error.h"
#include "network/decoder.h"

#include <stdlib.h>
#include <unistd.h>

enum { TOKENS = 70, VOCABULARY = 320 };

static const enum hearth_quant types[] = {HEARTH_QUANT_F32,  HEARTH_QUANT_F16,  HEARTH_QUANT_BF16,
                                          HEARTH_QUANT_Q8_0, HEARTH_QUANT_Q4_0, HEARTH_QUANT_Q4_1};
enum { TYPES = sizeof(types) / sizeof(types[0]) };

/* A prompt, and tokens one by one behind it: products and attention take other ways for one row. */
static float *logits_of(const char *path, enum hearth_isa isa, enum hearth_kv_type kv_type)
{
    enum { PROMPT = TOKENS - 3 };
    const struct hearth_decoder_params params = {.context = TOKENS,
                                                 .sequences = 1,
                                                 .batch = TOKENS,
                                                 .outputs = TOKENS,
                                                 .states = 1,
                                                 .threads = 1,
                                                 .kv_type = kv_type,
                                                 .isa = isa};
    struct hearth_decoder *decoder = NULL;
    struct hearth_error error = {0};
    if (hearth_decoder_open(path, &params, NULL, &decoder, &error) != 0)
        fail_msg("%s", error.message);
    int32_t tokens[TOKENS];
    uint64_t seed = 3;
    for (uint32_t i = 0; i < TOKENS; i++)
        tokens[i] = (int32_t)seeded_pick(&seed, 0, VOCABULARY - 1);
    float *logits = hearth_calloc((size_t)TOKENS * VOCABULARY, sizeof(*logits));
    for (uint32_t at = 0, count = PROMPT; at < TOKENS; at += count, count = 1) {
        struct hearth_decoder_span span = {0, tokens + at, count, count};
        assert_int_equal(
            hearth_decoder_step(decoder, &span, 1, HEARTH_DECODER_LOGITS, NULL, &error), 0);
        memcpy(logits + (size_t)at * VOCABULARY, hearth_decoder_result(decoder, 0),
               (size_t)count * VOCABULARY * sizeof(*logits));
    }
    hearth_decoder_close(decoder);
    return logits;
}

static void expect_agreement(const struct decoder_maker *maker, enum hearth_kv_type kv_type)
{
    char path[] = "/tmp/hearth-decoder-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    close(descriptor);
    assert_true(decoder_make(maker, path));
    float *plain = logits_of(path, HEARTH_ISA_PLAIN, kv_type);
    for (int i = HEARTH_ISA_PLAIN + 1; i < HEARTH_ISA_COUNT; i++) {
        bool tiles =
            i == HEARTH_ISA_AMX && (maker->type == HEARTH_QUANT_BF16 || kv_type == HEARTH_KV_BF16);
        if (tiles || !hearth_isa_usable((enum hearth_isa)i))
            continue;
        float *other = logits_of(path, (enum hearth_isa)i, kv_type);
        if (memcmp(plain, other, (size_t)TOKENS * VOCABULARY * sizeof(*plain)) != 0)
            fail_msg("%s, %s, a cache of %s: %s has other bits than plain C", maker->architecture,
                     hearth_quant_type((uint32_t)maker->type)->name, hearth_kv_type_name(kv_type),
                     hearth_decoder_kernels_name(hearth_decoder_kernels_for((enum hearth_isa)i)));
        hearth_free(other);
    }
    hearth_free(plain);
    unlink(path);
}

static struct decoder_maker maker_of(const char *architecture)
{
    struct decoder_maker maker = decoder_maker_small(architecture);
    maker.window = 20;
    maker.layers = 2;
    if (strcmp(architecture, "qwen3moe") == 0) {
        maker.experts = 8;
        maker.experts_used = 3;
    }
    return maker;
}

static void all_instruction_sets_agree_in_every_architecture(void **state)
{
    (void)state;
    for (size_t i = 0; hearth_architecture_at(i) != NULL; i++) {
        struct decoder_maker maker = maker_of(hearth_architecture_at(i)->name);
        maker.type = types[i % TYPES];
        maker.biases = i % 2 == 0;
        expect_agreement(&maker, (enum hearth_kv_type)(i % HEARTH_KV_TYPE_COUNT));
    }
}

static void all_instruction_sets_agree_for_every_type_of_weights_and_cache(void **state)
{
    (void)state;
    for (size_t i = 0; i < TYPES; i++)
        for (int kv_type = 0; kv_type < HEARTH_KV_TYPE_COUNT; kv_type++) {
            struct decoder_maker maker = maker_of("llama");
            maker.type = types[i];
            expect_agreement(&maker, (enum hearth_kv_type)kv_type);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_instruction_sets_agree_in_every_architecture),
        cmocka_unit_test(all_instruction_sets_agree_for_every_type_of_weights_and_cache),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
