/* How far a decoder of our own and libllama are from the same weights in f32, on real text, for one
 * type of weights: mean Kullback-Leibler divergence, how often the likeliest token is another, and
 * perplexity. One line; test/bench/fidelity.py makes a table of them.
 *
 *     bench_decoder_fidelity TYPE MODEL TEXT TOKENS
 *
 * MODEL becomes TYPE by llama.cpp's own quantizer ("as-is": it stays), and the result is
 * dequantized by the same for the reference; both in files under /tmp that go again. What is
 * printed, thrice, for ours, for libllama and for the reference itself: divergence, other tokens in
 * per cent, perplexity. */
#include "two_decoders.h"

#include <unistd.h>

static const struct {
    const char *name;
    enum llama_ftype type;
} types[] = {
    {"f16", LLAMA_FTYPE_MOSTLY_F16},       {"bf16", LLAMA_FTYPE_MOSTLY_BF16},
    {"q4_0", LLAMA_FTYPE_MOSTLY_Q4_0},     {"q4_1", LLAMA_FTYPE_MOSTLY_Q4_1},
    {"q5_0", LLAMA_FTYPE_MOSTLY_Q5_0},     {"q5_1", LLAMA_FTYPE_MOSTLY_Q5_1},
    {"q8_0", LLAMA_FTYPE_MOSTLY_Q8_0},     {"q2_k", LLAMA_FTYPE_MOSTLY_Q2_K},
    {"q3_k", LLAMA_FTYPE_MOSTLY_Q3_K_S},   {"q4_k", LLAMA_FTYPE_MOSTLY_Q4_K_S},
    {"q5_k", LLAMA_FTYPE_MOSTLY_Q5_K_S},   {"q6_k", LLAMA_FTYPE_MOSTLY_Q6_K},
    {"iq4_nl", LLAMA_FTYPE_MOSTLY_IQ4_NL}, {"iq4_xs", LLAMA_FTYPE_MOSTLY_IQ4_XS},
};

static enum llama_ftype type_named(const char *name)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (strcmp(types[i].name, name) == 0)
            return types[i].type;
    give_up("no such type");
    return LLAMA_FTYPE_ALL_F32;
}

/* `pure`: every tensor whose rows are whole blocks of it, and not a mixture of types. */
static void make(const char *from, enum llama_ftype type, const char *to)
{
    struct llama_model_quantize_params params = llama_model_quantize_default_params();
    params.ftype = type;
    params.allow_requantize = true;
    params.pure = true;
    params.nthread = 2;
    if (llama_model_quantize(from, to, &params) != 0)
        give_up("llama.cpp cannot quantize the model");
}

static uint32_t read_text(const char *path, const struct llama_vocab *vocab, int32_t *tokens,
                          uint32_t most)
{
    size_t room = (size_t)most * 8;
    char *text = malloc(room);
    int32_t *all = malloc(room * sizeof(*all));
    FILE *file = fopen(path, "rb");
    size_t length = file != NULL && text != NULL ? fread(text, 1, room, file) : 0;
    int32_t count = llama_tokenize(vocab, text, (int32_t)length, all, (int32_t)room, true, false);
    if (count < (int32_t)most)
        give_up("the text is too short");
    memcpy(tokens, all, most * sizeof(*tokens));
    fclose(file);
    free(text);
    free(all);
    return most;
}

struct distance {
    double divergence, surprise;
    unsigned other;
};

/* `next`: the token that follows, or −1 at the end. */
static void add(struct distance *distance, const float *reference, const float *logits,
                uint32_t words, int32_t next)
{
    uint32_t best = likeliest(logits, words);
    distance->divergence += divergence(reference, logits, words);
    distance->other += best != likeliest(reference, words);
    if (next >= 0)
        distance->surprise += log_sum(logits, words, best) - (double)logits[next];
}

static void measure(struct two_decoders *two, const int32_t *tokens, uint32_t count,
                    struct distance distances[3])
{
    for (uint32_t first = 0; first < count; first += CHUNK) {
        uint32_t chunk = count - first < CHUNK ? count - first : CHUNK;
        step_all(two, tokens + first, first, chunk);
        for (uint32_t i = 0; i < chunk; i++) {
            const float *reference = hearth_decoder_result(two->reference, i);
            int32_t next = first + i + 1 < count ? tokens[first + i + 1] : -1;
            add(&distances[0], reference, hearth_decoder_result(two->own, i), two->words, next);
            add(&distances[1], reference, llama_get_logits_ith(two->library, (int32_t)i),
                two->words, next);
            add(&distances[2], reference, reference, two->words, next);
        }
    }
}

int main(int argc, char **argv)
{
    char made[64] = "/tmp/hearth-fidelity-XXXXXX", reference[80];
    if (argc != 5)
        give_up("bench_decoder_fidelity TYPE MODEL TEXT TOKENS");
    uint32_t count = (uint32_t)strtoul(argv[4], NULL, 10);
    int32_t *tokens = calloc(count, sizeof(*tokens));
    int descriptor = mkstemp(made);
    if (tokens == NULL || descriptor < 0 || count == 0)
        give_up("no memory, no temporary file or no tokens");
    close(descriptor);
    snprintf(reference, sizeof(reference), "%s.f32", made);
    llama_log_set(only_errors, NULL);
    bool as_is = strcmp(argv[1], "as-is") == 0;
    if (!as_is)
        make(argv[2], type_named(argv[1]), made);
    const char *path = as_is ? argv[2] : made;
    make(path, LLAMA_FTYPE_ALL_F32, reference);
    struct two_decoders two = open_two(path, reference, count);
    unlink(made);
    unlink(reference);
    read_text(argv[3], llama_model_get_vocab(two.model), tokens, count);
    struct distance distances[3] = {0};
    measure(&two, tokens, count, distances);
    printf("%s", argv[1]);
    for (int i = 0; i < 3; i++)
        printf(" %.6f %.2f %.4f", distances[i].divergence / count,
               100.0 * distances[i].other / count, exp(distances[i].surprise / (count - 1)));
    printf("\n");
    close_two(&two);
    free(tokens);
    return 0;
}
