/* A decoder of our own, the same weights in f32, and libllama's context side by side, over one
 * text: for the programs that measure how far they are from each other.
 *
 * Threads of libllama inherit the cores that the calling thread may use, and a team of ours keeps
 * it to one of them: so libllama's are started first, by the first step. */
#ifndef HEARTH_BENCH_TWO_DECODERS_H
#define HEARTH_BENCH_TWO_DECODERS_H

#include "base/error.h"
#include "network/decoder.h"

#include <llama.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 256 }; /* tokens of a step, each with its logits */

struct two_decoders {
    uint32_t words, context;
    struct llama_model *model;
    struct llama_context *library;
    struct hearth_decoder *own, *reference; /* reference: f32 weights and f32 cache */
};

static inline void give_up(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static inline void only_errors(enum ggml_log_level level, const char *text, void *argument)
{
    (void)argument;
    if (level == GGML_LOG_LEVEL_ERROR)
        fputs(text, stderr);
}

static inline struct hearth_decoder *open_decoder(const char *path, uint32_t context,
                                                  enum hearth_kv_type kv_type)
{
    const struct hearth_decoder_params params = {.context = context,
                                                 .sequences = 1,
                                                 .batch = CHUNK,
                                                 .outputs = CHUNK,
                                                 .states = 1,
                                                 .threads = 2,
                                                 .kv_type = kv_type,
                                                 .isa = hearth_isa_best()};
    struct hearth_decoder *decoder = NULL;
    struct hearth_error error = {0};
    if (hearth_decoder_open(path, &params, NULL, &decoder, &error) != 0)
        give_up(error.message);
    return decoder;
}

static inline void step_own(struct hearth_decoder *decoder, const int32_t *tokens, uint32_t count)
{
    const struct hearth_decoder_span span = {0, tokens, count, count};
    struct hearth_error error = {0};
    if (hearth_decoder_step(decoder, &span, 1, HEARTH_DECODER_LOGITS, NULL, &error) != 0)
        give_up(error.message);
}

static inline void step_library(struct llama_context *library, const int32_t *tokens,
                                uint32_t first, uint32_t count)
{
    struct llama_batch batch = llama_batch_init((int32_t)count, 0, 1);
    batch.n_tokens = (int32_t)count;
    for (uint32_t i = 0; i < count; i++) {
        batch.token[i] = tokens[i];
        batch.pos[i] = (llama_pos)(first + i);
        batch.n_seq_id[i] = 1;
        batch.seq_id[i][0] = 0;
        batch.logits[i] = 1;
    }
    if (llama_decode(library, batch) != 0)
        give_up("libllama cannot decode");
    llama_batch_free(batch);
}

/* `path` as both compute it, with caches of f16 as is libllama's default. */
static inline struct two_decoders open_two(const char *path, const char *reference,
                                           uint32_t context)
{
    struct two_decoders two = {.context = context};
    struct llama_context_params params = llama_context_default_params();
    int32_t token = 0;
    llama_log_set(only_errors, NULL);
    llama_backend_init();
    two.model = llama_model_load_from_file(path, llama_model_default_params());
    if (two.model == NULL)
        give_up("libllama cannot load the model");
    two.words = (uint32_t)llama_vocab_n_tokens(llama_model_get_vocab(two.model));
    params.n_ctx = (context + 255) / 256 * 256;
    params.n_batch = params.n_ubatch = params.n_outputs_max = CHUNK;
    params.n_threads = params.n_threads_batch = 2;
    two.library = llama_init_from_model(two.model, params);
    if (two.library == NULL)
        give_up("libllama makes no context");
    step_library(two.library, &token, 0, 1);
    llama_memory_clear(llama_get_memory(two.library), true);
    two.own = open_decoder(path, context, HEARTH_KV_F16);
    two.reference = open_decoder(reference, context, HEARTH_KV_F32);
    return two;
}

static inline void close_two(struct two_decoders *two)
{
    hearth_decoder_close(two->own);
    hearth_decoder_close(two->reference);
    llama_free(two->library);
    llama_model_free(two->model);
}

static inline void forget_all(struct two_decoders *two)
{
    hearth_decoder_trim(two->own, 0, 0);
    hearth_decoder_trim(two->reference, 0, 0);
    llama_memory_clear(llama_get_memory(two->library), true);
}

static inline void step_all(struct two_decoders *two, const int32_t *tokens, uint32_t first,
                            uint32_t count)
{
    step_library(two->library, tokens, first, count);
    step_own(two->own, tokens, count);
    step_own(two->reference, tokens, count);
}

static inline uint32_t likeliest(const float *logits, uint32_t words)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < words; i++)
        if (logits[i] > logits[best])
            best = i;
    return best;
}

static inline double log_sum(const float *logits, uint32_t words, uint32_t best)
{
    double sum = 0;
    for (uint32_t i = 0; i < words; i++)
        sum += exp((double)(logits[i] - logits[best]));
    return (double)logits[best] + log(sum);
}

/* Kullback and Leibler's divergence of the distribution `other` from `reference`, in nats. */
static inline double divergence(const float *reference, const float *other, uint32_t words)
{
    double reference_sum = log_sum(reference, words, likeliest(reference, words)), kl = 0;
    double other_sum = log_sum(other, words, likeliest(other, words));
    for (uint32_t i = 0; i < words; i++) {
        double expected = (double)reference[i] - reference_sum;
        kl += exp(expected) * (expected - ((double)other[i] - other_sum));
    }
    return kl;
}

#endif
