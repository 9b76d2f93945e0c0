/* The promise of decoder.h at play: thousands of random interleavings of sequences that grow in
 * chunks of any size, are cut, copied, saved and restored, also into another decoder that was
 * opened afresh with other sizes and threads, as after a restart. Whatever happens, the logits of a
 * token are those of its text alone, to the bit. */
#include "support/decoder_maker.h"
#include "unit/cmocka_all.h"

#include "base/error.h"
#include "network/decoder.h"

#include <stdlib.h>
#include <unistd.h>

enum { SEQUENCES = 4, TEXTS = 4, LONGEST = 80, VOCABULARY = 96, BATCH = 48 };

struct play {
    const char *path;
    struct hearth_decoder_params params;
    struct hearth_decoder *decoder;
    int32_t tokens[TEXTS][LONGEST];
    float *expected[TEXTS];    /* [LONGEST][VOCABULARY] */
    uint32_t texts[SEQUENCES]; /* which text a sequence follows */
    uint32_t lengths[SEQUENCES];
    uint64_t seed;
    unsigned checked, restarts;
};

static uint32_t pick(struct play *play, uint32_t low, uint32_t high)
{
    return seeded_pick(&play->seed, low, high);
}

/* One to four, the larger numbers less often: more threads than cores wait for one another. */
static uint32_t some_threads(struct play *play)
{
    static const uint32_t threads[] = {1, 1, 1, 1, 2, 2, 2, 2, 3, 4};
    return threads[pick(play, 0, sizeof(threads) / sizeof(threads[0]) - 1)];
}

static struct hearth_decoder *open_decoder(const struct play *play)
{
    struct hearth_decoder *decoder = NULL;
    struct hearth_error error = {0};
    if (hearth_decoder_open(play->path, &play->params, NULL, &decoder, &error) != 0)
        fail_msg("open: %s", error.message);
    return decoder;
}

static void expect_same(const float *is, const float *expected, const char *what)
{
    for (uint32_t i = 0; i < VOCABULARY; i++)
        if (memcmp(&is[i], &expected[i], sizeof(float)) != 0)
            fail_msg("%s: logit %u is %.9g, not %.9g", what, i, (double)is[i], (double)expected[i]);
}

static void step(struct hearth_decoder *decoder, const struct hearth_decoder_span *spans,
                 size_t count)
{
    struct hearth_error error = {0};
    if (hearth_decoder_step(decoder, spans, count, HEARTH_DECODER_LOGITS, NULL, &error) != 0)
        fail_msg("step: %s", error.message);
}

/* In one fixed way: alone, a token at a time, on one thread. */
static void compute_expected(struct play *play)
{
    play->params.threads = 1;
    struct hearth_decoder *decoder = open_decoder(play);
    for (uint32_t text = 0; text < TEXTS; text++) {
        play->expected[text] = hearth_calloc((size_t)LONGEST * VOCABULARY, sizeof(float));
        for (uint32_t i = 0; i < LONGEST; i++) {
            play->tokens[text][i] = (int32_t)pick(play, 0, VOCABULARY - 1);
            const struct hearth_decoder_span span = {0, &play->tokens[text][i], 1, 1};
            step(decoder, &span, 1);
            memcpy(play->expected[text] + (size_t)i * VOCABULARY, hearth_decoder_result(decoder, 0),
                   VOCABULARY * sizeof(float));
        }
        hearth_decoder_trim(decoder, 0, 0);
    }
    hearth_decoder_close(decoder);
}

static void check_results(struct play *play, const struct hearth_decoder_span *spans, size_t count)
{
    uint32_t result = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t sequence = spans[i].sequence;
        play->lengths[sequence] += spans[i].count;
        uint32_t first = play->lengths[sequence] - spans[i].outputs;
        for (uint32_t j = 0; j < spans[i].outputs; j++, play->checked++)
            expect_same(hearth_decoder_result(play->decoder, result++),
                        play->expected[play->texts[sequence]] + (size_t)(first + j) * VOCABULARY,
                        "at play");
        assert_int_equal(hearth_decoder_length(play->decoder, sequence), play->lengths[sequence]);
    }
}

/* Some of the sequences in any order, each by one token or by a chunk. */
static void play_step(struct play *play)
{
    struct hearth_decoder_span spans[SEQUENCES];
    uint32_t order = pick(play, 0, SEQUENCES - 1), room = play->params.batch;
    size_t count = 0;
    for (uint32_t i = 0; i < SEQUENCES; i++) {
        uint32_t sequence = (i + order) % SEQUENCES, length = play->lengths[sequence];
        uint32_t most = LONGEST - length < room ? LONGEST - length : room;
        if (most == 0 || pick(play, 0, 3) == 0)
            continue;
        uint32_t n = pick(play, 0, 2) == 0 ? 1 : pick(play, 1, most);
        spans[count++] = (struct hearth_decoder_span){
            sequence, play->tokens[play->texts[sequence]] + length, n, pick(play, 0, n)};
        room -= n;
    }
    step(play->decoder, spans, count);
    check_results(play, spans, count);
}

/* One that is cut to nothing begins another text. */
static void play_cut(struct play *play)
{
    uint32_t sequence = pick(play, 0, SEQUENCES - 1);
    uint32_t count = pick(play, 0, 3) == 0 ? 0 : pick(play, 0, play->lengths[sequence]);
    hearth_decoder_trim(play->decoder, sequence, count);
    play->lengths[sequence] = count;
    if (count == 0)
        play->texts[sequence] = pick(play, 0, TEXTS - 1);
}

/* What a cached prefix is: a copy of another sequence, and maybe only its beginning. */
static void play_copy(struct play *play)
{
    uint32_t from = pick(play, 0, SEQUENCES - 1), to = pick(play, 0, SEQUENCES - 1);
    hearth_decoder_copy(play->decoder, from, to);
    play->lengths[to] = play->lengths[from];
    play->texts[to] = play->texts[from];
    if (from == to || pick(play, 0, 1) == 0)
        return;
    play->lengths[to] = pick(play, 0, play->lengths[to]);
    hearth_decoder_trim(play->decoder, to, play->lengths[to]);
}

static char *saved(const struct play *play, uint32_t sequence, size_t *ret_length)
{
    *ret_length = hearth_decoder_saved_bytes(play->decoder, sequence);
    char *bytes = hearth_calloc(*ret_length, 1);
    hearth_decoder_save(play->decoder, sequence, bytes);
    return bytes;
}

static void restore(const struct play *play, uint32_t sequence, char *bytes, size_t length)
{
    struct hearth_error error = {0};
    if (hearth_decoder_restore(play->decoder, sequence, bytes, length, &error) != 0)
        fail_msg("restore: %s", error.message);
    hearth_free(bytes);
}

/* Into another sequence of the same decoder; what is cut off or of another model is refused. */
static void play_save(struct play *play)
{
    uint32_t from = pick(play, 0, SEQUENCES - 1), to = pick(play, 0, SEQUENCES - 1);
    size_t length = 0;
    struct hearth_error error = {0};
    char *bytes = saved(play, from, &length);
    hearth_decoder_trim(play->decoder, from, 0);
    uint32_t kept = play->lengths[from];
    play->lengths[from] = 0;
    play->lengths[to] = kept;
    play->texts[to] = play->texts[from];
    assert_int_equal(hearth_decoder_restore(play->decoder, to, bytes, length - 1, &error),
                     HEARTH_EPARSE);
    bytes[9] ^= 1;
    assert_int_equal(hearth_decoder_restore(play->decoder, to, bytes, length, &error),
                     HEARTH_EPARSE);
    bytes[9] ^= 1;
    restore(play, to, bytes, length);
}

/* Everything is saved, the decoder goes, and another one goes on: of other sizes, and with other
 * threads. */
static void play_restart(struct play *play)
{
    char *bytes[SEQUENCES];
    size_t lengths[SEQUENCES];
    for (uint32_t i = 0; i < SEQUENCES; i++)
        bytes[i] = saved(play, i, &lengths[i]);
    hearth_decoder_close(play->decoder);
    play->params.threads = some_threads(play);
    play->params.batch = play->params.outputs = pick(play, SEQUENCES, BATCH);
    play->params.context = pick(play, LONGEST, 2 * LONGEST);
    play->decoder = open_decoder(play);
    for (uint32_t i = 0; i < SEQUENCES; i++)
        restore(play, i, bytes[i], lengths[i]);
    play->restarts++;
}

static void play_turn(struct play *play)
{
    switch (pick(play, 0, 9)) {
    case 0:
        play_cut(play);
        break;
    case 1:
        play_copy(play);
        break;
    case 2:
        play_save(play);
        break;
    default:
        play_step(play);
    }
}

/* An interleaving: all sequences begin anew, and `TURNS` things happen to them. */
static void play_once(struct play *play)
{
    enum { TURNS = 12 };
    for (uint32_t i = 0; i < SEQUENCES; i++) {
        hearth_decoder_trim(play->decoder, i, 0);
        play->lengths[i] = 0;
        play->texts[i] = pick(play, 0, TEXTS - 1);
    }
    uint32_t restart = pick(play, 0, 15);
    for (uint32_t turn = 0; turn < TURNS; turn++) {
        play_turn(play);
        if (turn == restart)
            play_restart(play);
    }
}

static void play_on(const struct decoder_maker *maker, enum hearth_kv_type kv_type,
                    unsigned interleavings, uint64_t seed)
{
    char path[] = "/tmp/hearth-decoder-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    close(descriptor);
    assert_true(decoder_make(maker, path));
    struct play play = {
        .path = path,
        .params = {.context = LONGEST,
                   .sequences = SEQUENCES,
                   .batch = BATCH,
                   .outputs = BATCH,
                   .states = 1,
                   .kv_type = kv_type,
                   .isa = hearth_isa_best()},
        .seed = seed,
    };
    compute_expected(&play);
    play.params.threads = some_threads(&play);
    play.decoder = open_decoder(&play);
    for (unsigned i = 0; i < interleavings; i++)
        play_once(&play);
    print_message("    %-10s %u interleavings, %u logits compared, %u restarts\n",
                  maker->architecture, interleavings, play.checked * VOCABULARY, play.restarts);
    assert_true(play.checked > 20 * interleavings && play.restarts > interleavings / 4);
    for (uint32_t i = 0; i < TEXTS; i++)
        hearth_free(play.expected[i]);
    hearth_decoder_close(play.decoder);
    unlink(path);
}

static struct decoder_maker small_maker(const char *architecture)
{
    struct decoder_maker maker = decoder_maker_small(architecture);
    maker.layers = 2;
    maker.width = 64;
    maker.feed = 96;
    maker.vocabulary = VOCABULARY;
    maker.window = 20;
    return maker;
}

#ifdef __SANITIZE_ADDRESS__
enum { INTERLEAVINGS = 20 }; /* of each of what follows */
#else
enum { INTERLEAVINGS = 150 };
#endif

static void any_interleaving_gives_the_bits_of_each_text_alone_in_every_architecture(void **state)
{
    (void)state;
    static const enum hearth_quant types[] = {HEARTH_QUANT_Q4_1, HEARTH_QUANT_Q8_0,
                                              HEARTH_QUANT_BF16, HEARTH_QUANT_Q4_0,
                                              HEARTH_QUANT_F16,  HEARTH_QUANT_F32};
    for (size_t i = 0; hearth_architecture_at(i) != NULL; i++) {
        struct decoder_maker maker = small_maker(hearth_architecture_at(i)->name);
        maker.type = types[i % (sizeof(types) / sizeof(types[0]))];
        maker.biases = i % 2 == 0;
        if (strcmp(maker.architecture, "qwen3moe") == 0) {
            maker.experts = 8;
            maker.experts_used = 3;
        }
        play_on(&maker, (enum hearth_kv_type)(i % HEARTH_KV_TYPE_COUNT), INTERLEAVINGS, 11 + i);
    }
}

static void any_interleaving_gives_the_same_bits_in_every_type_of_cache(void **state)
{
    (void)state;
    struct decoder_maker maker = small_maker("llama");
    maker.type = HEARTH_QUANT_Q4_0;
    for (int i = 0; i < HEARTH_KV_TYPE_COUNT; i++)
        play_on(&maker, (enum hearth_kv_type)i, INTERLEAVINGS, 31 + (uint64_t)i);
}

static void heads_that_are_no_whole_strips_or_parts_play_as_well(void **state)
{
    (void)state;
    /* Sizes of heads: finished in the product (32), attended apart (16), all apart (24). */
    static const uint32_t sizes[] = {32, 16, 24};
    for (size_t i = 0; i < 3; i++) {
        struct decoder_maker maker = small_maker("qwen3");
        maker.head_size = maker.rotary_size = sizes[i];
        play_on(&maker, HEARTH_KV_F16, INTERLEAVINGS, 41 + i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_interleaving_gives_the_bits_of_each_text_alone_in_every_architecture),
        cmocka_unit_test(any_interleaving_gives_the_same_bits_in_every_type_of_cache),
        cmocka_unit_test(heads_that_are_no_whole_strips_or_parts_play_as_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
