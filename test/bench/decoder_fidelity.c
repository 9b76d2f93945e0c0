/* How far a decoder of our own and libllama are from the same weights in f32, on real text: mean
 * Kullback-Leibler divergence, and how often the likeliest token is another.
 *
 *     bench_decoder_fidelity FILE REFERENCE TEXT [kv type]
 *
 * REFERENCE is the same model with its weights dequantized to f32 (a GGUF file). */
#include "base/error.h"
#include "network/decoder.h"

#include <llama.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOKENS = 512 };

static int32_t tokens[TOKENS];
static uint32_t words;

static void fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static struct hearth_decoder *open_own(const char *path, enum hearth_kv_type kv_type)
{
    struct hearth_decoder_params params = {.context = TOKENS,
                                           .sequences = 1,
                                           .batch = TOKENS,
                                           .outputs = TOKENS,
                                           .states = 1,
                                           .threads = 2,
                                           .kv_type = kv_type,
                                           .isa = hearth_isa_best()};
    struct hearth_decoder *decoder = NULL;
    struct hearth_error error = {0};
    struct hearth_decoder_span span = {0, tokens, TOKENS, TOKENS};
    if (hearth_decoder_open(path, &params, NULL, &decoder, &error) != 0 ||
        hearth_decoder_step(decoder, &span, 1, HEARTH_DECODER_LOGITS, NULL, &error) != 0)
        fail(error.message);
    return decoder;
}

static struct llama_context *run_library(struct llama_model *model)
{
    struct llama_context_params params = llama_context_default_params();
    params.n_ctx = params.n_batch = params.n_ubatch = params.n_outputs_max = TOKENS;
    params.n_threads = params.n_threads_batch = 2;
    struct llama_context *context = llama_init_from_model(model, params);
    struct llama_batch batch = llama_batch_init(TOKENS, 0, 1);
    if (context == NULL)
        fail("libllama makes no context");
    batch.n_tokens = TOKENS;
    for (int32_t i = 0; i < TOKENS; i++) {
        batch.token[i] = tokens[i];
        batch.pos[i] = i;
        batch.n_seq_id[i] = 1;
        batch.seq_id[i][0] = 0;
        batch.logits[i] = 1;
    }
    if (llama_decode(context, batch) != 0)
        fail("libllama cannot decode");
    llama_batch_free(batch);
    return context;
}

static double log_sum(const float *logits, uint32_t *ret_best)
{
    uint32_t best = 0;
    double sum = 0;
    for (uint32_t i = 1; i < words; i++)
        if (logits[i] > logits[best])
            best = i;
    for (uint32_t i = 0; i < words; i++)
        sum += exp((double)(logits[i] - logits[best]));
    *ret_best = best;
    return (double)logits[best] + log(sum);
}

struct distance {
    double divergence;
    unsigned other;
};

static void compare(const float *reference, const float *logits, struct distance *distance)
{
    uint32_t best, reference_best;
    double sum = log_sum(logits, &best), reference_sum = log_sum(reference, &reference_best);
    for (uint32_t i = 0; i < words; i++) {
        double expected = (double)reference[i] - reference_sum;
        distance->divergence += exp(expected) * (expected - ((double)logits[i] - sum));
    }
    distance->other += best != reference_best;
}

static void print(const char *name, const struct distance *distance)
{
    printf("%-22s mean KL %.5f, another likeliest token %.1f %%\n", name,
           distance->divergence / TOKENS, 100.0 * distance->other / TOKENS);
}

static void read_text(const char *path, const struct llama_vocab *vocab)
{
    static char text[1 << 16];
    static int32_t all[1 << 16];
    FILE *file = fopen(path, "rb");
    size_t length = file != NULL ? fread(text, 1, sizeof(text), file) : 0;
    int32_t count = llama_tokenize(vocab, text, (int32_t)length, all, 1 << 16, true, false);
    if (count < TOKENS)
        fail("the text is too short");
    memcpy(tokens, all, sizeof(tokens));
    fclose(file);
}

static void no_log(enum ggml_log_level level, const char *text, void *argument)
{
    (void)argument;
    if (level == GGML_LOG_LEVEL_ERROR)
        fputs(text, stderr);
}

int main(int argc, char **argv)
{
    if (argc < 4)
        fail("bench_decoder_fidelity FILE REFERENCE TEXT [f16|bf16|q8_0]");
    enum hearth_kv_type kv_type = HEARTH_KV_F16;
    for (int i = 0; argc > 4 && i < HEARTH_KV_TYPE_COUNT; i++)
        if (strcmp(argv[4], hearth_kv_type_name((enum hearth_kv_type)i)) == 0)
            kv_type = (enum hearth_kv_type)i;
    llama_log_set(no_log, NULL);
    llama_backend_init();
    /* libllama first: its threads would stay on the core that our team keeps this one to. */
    struct llama_model *model = llama_model_load_from_file(argv[1], llama_model_default_params());
    if (model == NULL)
        fail("libllama cannot load the model");
    const struct llama_vocab *vocab = llama_model_get_vocab(model);
    words = (uint32_t)llama_vocab_n_tokens(vocab);
    read_text(argv[3], vocab);
    struct llama_context *context = run_library(model);
    struct hearth_decoder *own = open_own(argv[1], kv_type);
    struct hearth_decoder *reference = open_own(argv[2], HEARTH_KV_F16);
    struct distance own_distance = {0}, library_distance = {0}, between = {0};
    for (uint32_t i = 0; i < TOKENS; i++) {
        const float *expected = hearth_decoder_result(reference, i);
        const float *library = llama_get_logits_ith(context, (int32_t)i);
        compare(expected, hearth_decoder_result(own, i), &own_distance);
        compare(expected, library, &library_distance);
        compare(library, hearth_decoder_result(own, i), &between);
    }
    print("own to f32", &own_distance);
    print("libllama to f32", &library_distance);
    print("own to libllama", &between);
    hearth_decoder_close(own);
    hearth_decoder_close(reference);
    llama_free(context);
    llama_model_free(model);
    return 0;
}
