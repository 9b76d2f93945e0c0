/* Adapters beside a base: what they compute is the base with their change merged in, and the
 * promise of decoder.h holds with any mix of them in one step. */
#include "support/adapter_maker.h"
#include "support/golden_decoder.h"
#include "unit/cmocka_all.h"

#include "base/error.h"
#include "network/decoder.h"

#include <stdlib.h>

enum { SEQUENCES = 5, LONGEST = 60, VOCABULARY = 320, BATCH = 64, ADAPTERS = 3, TEXTS = 6 };

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

static void make_path(char path[32])
{
    strcpy(path, "/tmp/hearth-adapter-XXXXXX");
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    close(descriptor);
}

static struct hearth_decoder *open_at(const char *path, struct hearth_decoder_params params,
                                      const char *const *adapters, uint32_t count)
{
    struct hearth_decoder *decoder = NULL;
    struct hearth_error error = {0};
    params.adapters = adapters;
    params.adapter_count = count;
    if (hearth_decoder_open(path, &params, NULL, &decoder, &error) != 0)
        fail_msg("open: %s", error.message);
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

/* Logits of every token, computed alone and a token at a time. */
static float *logits_alone(struct hearth_decoder *decoder, const int32_t *tokens, uint32_t count,
                           const float *scales)
{
    float *logits = hearth_calloc((size_t)count * VOCABULARY, sizeof(*logits));
    hearth_decoder_trim(decoder, 0, 0);
    hearth_decoder_adapt(decoder, 0, scales);
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

static double largest_difference(const float *a, const float *b, size_t count, double *ret_spread)
{
    double worst = 0;
    *ret_spread = 0;
    for (size_t i = 0; i < count; i++) {
        worst = fmax(worst, fabs((double)(a[i] - b[i])));
        *ret_spread = fmax(*ret_spread, fabs((double)b[i]));
    }
    return worst;
}

static void expect_same(const float *is, const float *expected, const char *what)
{
    for (uint32_t i = 0; i < VOCABULARY; i++)
        if (memcmp(&is[i], &expected[i], sizeof(float)) != 0)
            fail_msg("%s: logit %u is %.9g, not %.9g", what, i, (double)is[i], (double)expected[i]);
}

/* W += scale · B · A in the base's file, whose matrices are f32. */
static void merge(const char *path, const struct adapter_maker *maker, double scale)
{
    struct adapter_making *making = adapter_begin(maker, 32);
    struct hearth_gguf *gguf = NULL;
    struct hearth_error error = {0};
    assert_int_equal(hearth_gguf_open(path, &gguf, &error), 0);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    for (size_t i = 0; i < making->count; i += 2) {
        const struct adapter_tensor *a = &making->tensors[i], *b = &making->tensors[i + 1];
        const struct hearth_gguf_tensor *tensor = hearth_gguf_find_tensor(gguf, a->name);
        assert_non_null(tensor);
        size_t count = a->columns * b->rows;
        assert_int_equal(tensor->size_bytes, count * sizeof(float));
        float *values = hearth_calloc(count, sizeof(*values));
        assert_int_equal(fseek(file, (long)tensor->offset, SEEK_SET), 0);
        assert_int_equal(fread(values, sizeof(*values), count, file), count);
        for (uint64_t row = 0; row < b->rows; row++)
            for (uint64_t column = 0; column < a->columns; column++) {
                double sum = 0;
                for (uint64_t j = 0; j < a->rows; j++)
                    sum += (double)adapter_value(maker, b, row, j) *
                           (double)adapter_value(maker, a, j, column);
                values[row * a->columns + column] += (float)(scale * sum);
            }
        assert_int_equal(fseek(file, (long)tensor->offset, SEEK_SET), 0);
        assert_int_equal(fwrite(values, sizeof(*values), count, file), count);
        hearth_free(values);
    }
    fclose(file);
    hearth_gguf_destroy(gguf);
    hearth_free(making);
}

static void expect_merged(const struct decoder_maker *base, enum hearth_quant type)
{
    char path[32], adapter_path[32];
    const char *const adapters[] = {adapter_path};
    make_path(path);
    make_path(adapter_path);
    struct adapter_maker maker = adapter_maker_small(base);
    maker.parts = adapter_parts_of(base);
    maker.type = type;
    maker.rank = 12;
    maker.alpha = 18;
    assert_true(decoder_make(base, path));
    assert_true(adapter_make_gguf(&maker, adapter_path));
    int32_t tokens[40];
    uint64_t seed = 13;
    random_tokens(&seed, tokens, 40);
    struct hearth_decoder *decoder = open_at(path, small_params(), adapters, 1);
    const float scales[] = {0.5f};
    float *alone = logits_alone(decoder, tokens, 40, NULL);
    float *adapted = logits_alone(decoder, tokens, 40, scales);
    hearth_decoder_close(decoder);
    merge(path, &maker, 0.5 * 18 / 12);
    decoder = open_at(path, small_params(), NULL, 0);
    float *merged = logits_alone(decoder, tokens, 40, NULL);
    hearth_decoder_close(decoder);
    double spread, worst = largest_difference(adapted, merged, 40 * VOCABULARY, &spread);
    double changed = largest_difference(adapted, alone, 40 * VOCABULARY, &spread);
    /* The KV cache rounds to f16, and a value that lies between two may fall to either side. */
    if (!(worst < 2e-3 * fmax(1, spread) && changed > 50 * worst && changed > 0.05))
        fail_msg("%s: %g from the merged weights, %g from the base", base->architecture, worst,
                 changed);
    hearth_free(alone);
    hearth_free(adapted);
    hearth_free(merged);
    unlink(path);
    unlink(adapter_path);
}

static void every_architecture_with_an_adapter_is_its_base_with_merged_weights(void **state)
{
    (void)state;
    for (size_t i = 0; hearth_architecture_at(i) != NULL; i++) {
        struct decoder_maker base = decoder_maker_small(hearth_architecture_at(i)->name);
        base.biases = i % 2 == 0;
        base.window = 20;
        if (strcmp(base.architecture, "qwen3moe") == 0) {
            base.experts = 8;
            base.experts_used = 3;
        }
        static const enum hearth_quant types[] = {HEARTH_QUANT_F32, HEARTH_QUANT_F16,
                                                  HEARTH_QUANT_BF16};
        expect_merged(&base, types[i % 3]);
        base.fused = true;
        expect_merged(&base, HEARTH_QUANT_F32);
    }
    struct decoder_maker base = decoder_maker_small("stablelm");
    base.side_by_side = true;
    expect_merged(&base, HEARTH_QUANT_F32);
    /* Heads that are finished apart from their product, and packed apart from attention. */
    base = decoder_maker_small("qwen3");
    base.head_size = base.rotary_size = 24;
    expect_merged(&base, HEARTH_QUANT_F32);
}

/* Sequences that grow, are cut and copied by chance, each with adapters of its own. */
struct play {
    struct hearth_decoder *decoder;
    int32_t tokens[TEXTS][LONGEST];
    float scales[TEXTS][ADAPTERS];
    const float *scales_of[TEXTS]; /* NULL: the base alone */
    float *expected[TEXTS];
    uint32_t texts[SEQUENCES], lengths[SEQUENCES];
    uint64_t seed;
    unsigned checked, mixed;
};

static size_t choose_spans(struct play *play, struct hearth_decoder_span *spans)
{
    uint32_t order = seeded_pick(&play->seed, 0, SEQUENCES - 1), room = BATCH;
    size_t count = 0;
    for (uint32_t i = 0; i < SEQUENCES; i++) {
        uint32_t sequence = (i + order) % SEQUENCES, length = play->lengths[sequence];
        uint32_t most = LONGEST - length < room ? LONGEST - length : room;
        if (most == 0 || seeded_pick(&play->seed, 0, 3) == 0)
            continue;
        uint32_t n = seeded_pick(&play->seed, 0, 2) != 0 ? 1 : seeded_pick(&play->seed, 1, most);
        uint32_t text = play->texts[sequence];
        spans[count++] = (struct hearth_decoder_span){sequence, play->tokens[text] + length, n,
                                                      seeded_pick(&play->seed, 0, n)};
        room -= n;
    }
    return count;
}

static void play_step(struct play *play)
{
    struct hearth_decoder_span spans[SEQUENCES];
    size_t count = choose_spans(play, spans);
    struct hearth_error error = {0};
    assert_int_equal(
        hearth_decoder_step(play->decoder, spans, count, HEARTH_DECODER_LOGITS, NULL, &error), 0);
    uint32_t result = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t sequence = spans[i].sequence, text = play->texts[sequence];
        play->lengths[sequence] += spans[i].count;
        play->mixed += i > 0 && text != play->texts[spans[0].sequence];
        uint32_t first = play->lengths[sequence] - spans[i].outputs;
        for (uint32_t j = 0; j < spans[i].outputs; j++, play->checked++)
            expect_same(hearth_decoder_result(play->decoder, result++),
                        play->expected[text] + (size_t)(first + j) * VOCABULARY, "at play");
    }
}

static void play_turn(struct play *play)
{
    uint32_t from = seeded_pick(&play->seed, 0, SEQUENCES - 1);
    uint32_t to = seeded_pick(&play->seed, 0, SEQUENCES - 1);
    switch (seeded_pick(&play->seed, 0, 7)) {
    case 0:
        play->lengths[from] = seeded_pick(&play->seed, 0, play->lengths[from]);
        if (seeded_pick(&play->seed, 0, 1) == 0) {
            uint32_t text = seeded_pick(&play->seed, 0, TEXTS - 1);
            hearth_decoder_adapt(play->decoder, from, play->scales_of[text]);
            play->lengths[from] = 0;
            play->texts[from] = text;
        }
        hearth_decoder_trim(play->decoder, from, play->lengths[from]);
        break;
    case 1:
        hearth_decoder_copy(play->decoder, from, to);
        play->lengths[to] = play->lengths[from];
        play->texts[to] = play->texts[from];
        break;
    default:
        play_step(play);
    }
}

static void play_on(const struct decoder_maker *base, const struct hearth_decoder_params *params,
                    unsigned turns, uint64_t seed)
{
    char path[32], adapter_paths[ADAPTERS][32];
    const char *const adapters[ADAPTERS] = {adapter_paths[0], adapter_paths[1], adapter_paths[2]};
    make_path(path);
    assert_true(decoder_make(base, path));
    for (uint32_t i = 0; i < ADAPTERS; i++) {
        struct adapter_maker maker = adapter_maker_small(base);
        make_path(adapter_paths[i]);
        maker.parts = adapter_parts_of(base);
        maker.rank = 4 + 13 * i;
        maker.seed = 70 + i;
        maker.first_layer = i;
        if (i == 1)
            maker.parts &= ~HEARTH_PART_BIT(HEARTH_PART_KEY);
        if (i == 2) /* wider than one task, and a part that the others change too */
            maker.rank = 70;
        assert_true(adapter_make_gguf(&maker, adapter_paths[i]));
    }
    struct play play = {.decoder = open_at(path, *params, adapters, ADAPTERS), .seed = seed};
    for (uint32_t i = 0; i < TEXTS; i++) {
        random_tokens(&play.seed, play.tokens[i], LONGEST);
        if (i > 0) /* the same beginnings, so that only adapters tell some of them apart */
            memcpy(play.tokens[i], play.tokens[0], LONGEST / 2 * sizeof(int32_t));
        for (uint32_t j = 0; j < ADAPTERS; j++)
            play.scales[i][j] = i < ADAPTERS ? i == j : (float)seeded_pick(&play.seed, 0, 3) / 2;
        play.scales_of[i] = i == TEXTS - 1 ? NULL : play.scales[i];
        play.expected[i] = logits_alone(play.decoder, play.tokens[i], LONGEST, play.scales_of[i]);
    }
    for (uint32_t i = 0; i < SEQUENCES; i++) {
        play.texts[i] = i;
        hearth_decoder_adapt(play.decoder, i, play.scales_of[i]);
    }
    for (unsigned turn = 0; turn < turns; turn++)
        play_turn(&play);
    assert_true(play.checked > turns && play.mixed > turns / 4);
    for (uint32_t i = 0; i < TEXTS; i++)
        hearth_free(play.expected[i]);
    hearth_decoder_close(play.decoder);
    unlink(path);
    for (uint32_t i = 0; i < ADAPTERS; i++)
        unlink(adapter_paths[i]);
}

static void
random_interleavings_give_the_bits_of_each_sequence_with_its_adapters_alone(void **state)
{
    (void)state;
    static const enum hearth_quant types[] = {HEARTH_QUANT_Q4_1, HEARTH_QUANT_Q8_0,
                                              HEARTH_QUANT_BF16};
    struct decoder_maker base = decoder_maker_small("llama");
    struct hearth_decoder_params params = small_params();
    for (int i = 0; i < 3; i++) {
        base.type = types[i];
        params.kv_type = (enum hearth_kv_type)i;
        params.threads = (uint32_t)i + 1;
        play_on(&base, &params, 300, 11 + (uint64_t)i);
    }
}

static void other_networks_interleave_with_adapters_as_well(void **state)
{
    (void)state;
    struct hearth_decoder_params params = small_params();
    struct decoder_maker base = decoder_maker_small("gemma2");
    base.window = 20;
    play_on(&base, &params, 100, 21);
    params.threads = 2;
    base = decoder_maker_small("qwen3moe");
    base.experts = 8;
    base.experts_used = 3;
    play_on(&base, &params, 100, 22);
    base = decoder_maker_small("starcoder2");
    base.biases = true;
    play_on(&base, &params, 100, 23);
    params.threads = 3;
    base = decoder_maker_small("stablelm");
    base.side_by_side = true;
    play_on(&base, &params, 100, 24);
    base = decoder_maker_small("phi3");
    base.fused = true;
    base.type = HEARTH_QUANT_Q4_0;
    play_on(&base, &params, 100, 25);
}

static void every_instruction_set_gives_the_same_bits(void **state)
{
    (void)state;
    char path[32], adapter_path[32];
    const char *const adapters[] = {adapter_path};
    struct decoder_maker base = decoder_maker_small("llama");
    base.type = HEARTH_QUANT_Q8_0;
    struct adapter_maker maker = adapter_maker_small(&base);
    make_path(path);
    make_path(adapter_path);
    assert_true(decoder_make(&base, path));
    assert_true(adapter_make_gguf(&maker, adapter_path));
    int32_t tokens[20];
    uint64_t seed = 3;
    random_tokens(&seed, tokens, 20);
    float *expected = NULL;
    const float scales[] = {0.75f};
    for (int isa = 0; isa < HEARTH_ISA_COUNT; isa++) {
        struct hearth_decoder_params params = small_params();
        if (!hearth_isa_usable((enum hearth_isa)isa))
            continue;
        params.isa = (enum hearth_isa)isa;
        struct hearth_decoder *decoder = open_at(path, params, adapters, 1);
        float *logits = logits_alone(decoder, tokens, 20, scales);
        for (uint32_t i = 0; expected != NULL && i < 20; i++)
            expect_same(logits + (size_t)i * VOCABULARY, expected + (size_t)i * VOCABULARY,
                        hearth_decoder_kernels_name(hearth_decoder_kernels_for(params.isa)));
        hearth_free(expected);
        expected = logits;
        hearth_decoder_close(decoder);
    }
    hearth_free(expected);
    unlink(path);
    unlink(adapter_path);
}

static void an_adapter_of_scale_0_leaves_the_bits_of_the_base(void **state)
{
    (void)state;
    char path[32], adapter_path[32];
    const char *const adapters[] = {adapter_path};
    struct decoder_maker base = decoder_maker_small("llama");
    struct adapter_maker maker = adapter_maker_small(&base);
    make_path(path);
    make_path(adapter_path);
    assert_true(decoder_make(&base, path));
    assert_true(adapter_make_gguf(&maker, adapter_path));
    int32_t tokens[20];
    uint64_t seed = 8;
    random_tokens(&seed, tokens, 20);
    struct hearth_decoder *without = open_at(path, small_params(), NULL, 0);
    struct hearth_decoder *with = open_at(path, small_params(), adapters, 1);
    const float scales[] = {0};
    float *expected = logits_alone(without, tokens, 20, NULL);
    float *off = logits_alone(with, tokens, 20, scales);
    float *none = logits_alone(with, tokens, 20, NULL);
    for (uint32_t i = 0; i < 20; i++) {
        expect_same(off + (size_t)i * VOCABULARY, expected + (size_t)i * VOCABULARY, "scale 0");
        expect_same(none + (size_t)i * VOCABULARY, expected + (size_t)i * VOCABULARY, "no scales");
    }
    struct hearth_decoder_params params = small_params();
    struct hearth_decoder_plan plan, larger;
    struct hearth_error error = {0};
    assert_int_equal(hearth_decoder_plan(path, &params, &plan, &error), 0);
    params.adapters = adapters;
    params.adapter_count = 1;
    assert_int_equal(hearth_decoder_plan(path, &params, &larger, &error), 0);
    assert_true(larger.weights > plan.weights && larger.scratch > plan.scratch);
    hearth_decoder_close(with);
    hearth_decoder_close(without);
    hearth_free(expected);
    hearth_free(off);
    hearth_free(none);
    unlink(path);
    unlink(adapter_path);
}

static void a_peft_folder_has_the_bits_of_the_same_adapter_in_gguf(void **state)
{
    (void)state;
    static const char *const names[] = {"llama", "qwen3", "phi3"};
    for (size_t i = 0; i < 3; i++) {
        char path[32], gguf[32], folder[48];
        const char *const adapters[] = {gguf, folder};
        struct decoder_maker base = decoder_maker_small(names[i]);
        base.fused = i == 2;
        struct adapter_maker maker = adapter_maker_small(&base);
        maker.parts = adapter_parts_of(&base);
        make_path(path);
        make_path(gguf);
        snprintf(folder, sizeof(folder), "%s.peft", gguf);
        assert_true(decoder_make(&base, path));
        assert_true(adapter_make_gguf(&maker, gguf));
        assert_true(adapter_make_peft(&maker, folder, ",\"bias\":\"none\",\"use_dora\":false"));
        int32_t tokens[20];
        uint64_t seed = 8;
        random_tokens(&seed, tokens, 20);
        struct hearth_decoder *decoder = open_at(path, small_params(), adapters, 2);
        const float first[] = {1, 0}, second[] = {0, 1};
        float *expected = logits_alone(decoder, tokens, 20, first);
        float *is = logits_alone(decoder, tokens, 20, second);
        for (uint32_t row = 0; row < 20; row++)
            expect_same(is + (size_t)row * VOCABULARY, expected + (size_t)row * VOCABULARY,
                        names[i]);
        hearth_free(expected);
        hearth_free(is);
        hearth_decoder_close(decoder);
        adapter_remove_peft(folder);
        unlink(path);
        unlink(gguf);
    }
}

/* A folder of Hugging Face's has its Q and K in halves, where GGUF's adapters have neighbours. */
static void a_folder_takes_adapters_of_both_formats(void **state)
{
    (void)state;
    char model[] = "/tmp/hearth-folder-XXXXXX", gguf[32], folder[48];
    const char *const adapters[] = {gguf, folder};
    assert_non_null(mkdtemp(model));
    golden_make_folder("llama", model);
    struct hearth_checkpoint *checkpoint = NULL;
    struct hearth_network network;
    struct hearth_error error = {0};
    assert_int_equal(hearth_checkpoint_open(model, &checkpoint, &error), 0);
    assert_int_equal(hearth_checkpoint_network(checkpoint, NULL, &network, &error), 0);
    hearth_checkpoint_close(checkpoint);
    assert_int_equal(network.rotation, HEARTH_ROTARY_HALVES);
    const struct decoder_maker base = decoder_maker_of(&network);
    const struct adapter_maker maker = adapter_maker_small(&base);
    make_path(gguf);
    snprintf(folder, sizeof(folder), "%s.peft", gguf);
    assert_true(adapter_make_gguf(&maker, gguf));
    assert_true(adapter_make_peft(&maker, folder, NULL));
    struct hearth_decoder *decoder = open_at(model, small_params(), adapters, 2);
    const float scales[3][2] = {{1, 0}, {0, 1}, {0, 0}};
    const size_t words = network.vocabulary;
    float *logits[3];
    for (int i = 0; i < 3; i++) {
        const int32_t tokens[] = {1, 2, 3, 5, 8, 13};
        logits[i] = hearth_calloc(words, sizeof(float));
        hearth_decoder_adapt(decoder, 0, scales[i]);
        take(decoder, 0, tokens, 6, 1);
        memcpy(logits[i], hearth_decoder_result(decoder, 0), words * sizeof(float));
    }
    assert_memory_equal(logits[0], logits[1], words * sizeof(float));
    double spread;
    assert_true(largest_difference(logits[0], logits[2], words, &spread) > 0.05);
    for (int i = 0; i < 3; i++)
        hearth_free(logits[i]);
    hearth_decoder_close(decoder);
    adapter_remove_peft(folder);
    unlink(gguf);
    char *weights = hearth_format("%s/model.safetensors", model);
    char *config = hearth_format("%s/config.json", model);
    unlink(weights);
    unlink(config);
    rmdir(model);
    hearth_free(weights);
    hearth_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_architecture_with_an_adapter_is_its_base_with_merged_weights),
        cmocka_unit_test(
            random_interleavings_give_the_bits_of_each_sequence_with_its_adapters_alone),
        cmocka_unit_test(other_networks_interleave_with_adapters_as_well),
        cmocka_unit_test(every_instruction_set_gives_the_same_bits),
        cmocka_unit_test(an_adapter_of_scale_0_leaves_the_bits_of_the_base),
        cmocka_unit_test(a_peft_folder_has_the_bits_of_the_same_adapter_in_gguf),
        cmocka_unit_test(a_folder_takes_adapters_of_both_formats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
