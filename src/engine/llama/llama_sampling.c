/* Choosing a token from the logits: bias here, penalties and rules in src/compute/, the grammar in
 * llama_grammar.h. */
#include "base/memory.h"
#include "compute/penalties.h"
#include "engine/llama/llama_engine.h"

#include <math.h>
#include <string.h>

int hearth_llama_sampling_init(struct hearth_llama_scratch *scratch, uint32_t vocabulary,
                               uint32_t context, enum hearth_isa isa)
{
    const struct hearth_logit_ops *ops = hearth_logit_ops(hearth_decoder_kernels_for(isa));
    scratch->sampler = hearth_sampler_create(vocabulary, ops);
    scratch->penalties.counts = hearth_try_calloc(vocabulary, sizeof(*scratch->penalties.counts));
    scratch->penalties.repeats = hearth_try_calloc(context, sizeof(*scratch->penalties.repeats));
    scratch->unchanged = hearth_try_calloc(vocabulary, sizeof(*scratch->unchanged));
    return scratch->sampler != NULL && scratch->penalties.counts != NULL &&
                   scratch->penalties.repeats != NULL && scratch->unchanged != NULL
               ? 0
               : HEARTH_ENOMEM;
}

void hearth_llama_sampling_finish(struct hearth_llama_scratch *scratch)
{
    hearth_sampler_destroy(scratch->sampler);
    hearth_free(scratch->penalties.counts);
    hearth_free(scratch->penalties.repeats);
    hearth_free(scratch->unchanged);
}

uint64_t hearth_llama_sampling_bytes(uint32_t vocabulary, uint32_t context)
{
    return hearth_sampler_bytes(vocabulary) +
           (uint64_t)vocabulary * (sizeof(uint32_t) + sizeof(float)) +
           (uint64_t)context * sizeof(uint32_t);
}

/* -100 means "never" in OpenAI's API. Suppressed tokens are the model's own choice (GGUF
 * suppress_tokens). */
static void add_bias(struct hearth_engine *engine, const struct hearth_sampling *sampling,
                     float *logits)
{
    for (uint32_t i = 0; i < sampling->bias_count; i++) {
        const struct hearth_logit_bias *bias = &sampling->biases[i];
        if (bias->token >= 0 && (uint32_t)bias->token < engine->facts.vocabulary_length)
            logits[bias->token] += bias->bias <= -100 ? -INFINITY : bias->bias;
    }
    if (sampling->ignore_eos)
        for (uint32_t i = 0; i < engine->end_count; i++)
            logits[engine->end_tokens[i]] = -INFINITY;
    int32_t count = 0;
    const llama_token *suppressed = llama_vocab_get_suppress_tokens(engine->vocab, &count);
    for (int32_t i = 0; i < count; i++)
        if (suppressed[i] >= 0 && (uint32_t)suppressed[i] < engine->facts.vocabulary_length)
            logits[suppressed[i]] = -INFINITY;
}

/* Whether anything but the rules changes logits of tokens that may be picked. */
static bool changes_logits(const struct hearth_engine *engine,
                           const struct hearth_sampling *sampling)
{
    int32_t suppressed = 0;
    llama_vocab_get_suppress_tokens(engine->vocab, &suppressed);
    return sampling->bias_count > 0 || sampling->ignore_eos || suppressed > 0 ||
           hearth_penalties_wanted(sampling);
}

/* All tokens so far are in the cache, because the last one was just decoded; their number is the
 * position of the one that is picked. */
int32_t hearth_llama_pick(struct hearth_engine *engine, struct hearth_llama_sequence *sequence,
                          float *logits)
{
    const struct hearth_llama_input *input = sequence->input;
    struct hearth_llama_scratch *scratch = &engine->scratch;
    if (input->grammar != NULL && sequence->grammar == NULL)
        sequence->grammar = hearth_llama_grammar_copy(input->grammar);
    if (input->grammar != NULL && sequence->grammar == NULL)
        return -1;
    const struct hearth_sampler_gate gate = {hearth_llama_grammar_test, sequence->grammar};
    add_bias(engine, &input->sampling, logits);
    hearth_penalize(&input->sampling, &input->breakers.found, sequence->held, sequence->held_count,
                    &scratch->penalties, logits);
    int32_t token = hearth_sampler_pick(scratch->sampler, &input->sampling, sequence->held_count,
                                        logits, sequence->grammar != NULL ? &gate : NULL);
    if (token >= 0 && sequence->grammar != NULL &&
        hearth_llama_grammar_accept(sequence->grammar, token) != 0)
        return -1;
    return token;
}

static void fill_alternatives(struct hearth_llama_pending *pending, const int32_t *tokens,
                              size_t count, const float *logits, double log_sum)
{
    pending->alternative_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        pending->alternatives[i].token = tokens[i];
        pending->alternatives[i].logprob = (float)((double)logits[tokens[i]] - log_sum);
    }
}

/* The likeliest tokens into `pending`; returns the logarithm of the sum that makes logprobs of
 * logits.
 */
static double fill_likeliest(struct hearth_engine *engine,
                             const struct hearth_llama_sequence *sequence, const float *logits,
                             struct hearth_llama_pending *pending)
{
    enum { ROOM = sizeof(pending->alternatives) / sizeof(pending->alternatives[0]) };
    uint32_t asked = sequence->input->sampling.top_logprobs;
    int32_t tokens[ROOM];
    double log_sum = 0;
    size_t count = hearth_sampler_likeliest(engine->scratch.sampler, logits,
                                            asked < ROOM ? asked : ROOM, tokens, &log_sum);
    fill_alternatives(pending, tokens, count, logits, log_sum);
    return log_sum;
}

bool hearth_llama_score_token(struct hearth_engine *engine,
                              const struct hearth_llama_sequence *sequence, const float *logits,
                              int32_t token, struct hearth_llama_pending *ret_pending)
{
    double log_sum = fill_likeliest(engine, sequence, logits, ret_pending);
    ret_pending->token = token;
    ret_pending->logprob = (float)((double)logits[token] - log_sum);
    return !isnan(ret_pending->logprob) && ret_pending->logprob < INFINITY;
}

/* Logprobs are those of the model, before bias and penalties. The logits are copied only where one
 * of these changes them. */
int32_t hearth_llama_pick_with_logprobs(struct hearth_engine *engine,
                                        struct hearth_llama_sequence *sequence, float *logits,
                                        struct hearth_llama_pending *pending)
{
    const struct hearth_sampling *sampling = &sequence->input->sampling;
    double log_sum = fill_likeliest(engine, sequence, logits, pending);
    const float *unchanged = logits;
    if (changes_logits(engine, sampling)) {
        memcpy(engine->scratch.unchanged, logits,
               engine->facts.vocabulary_length * sizeof(*logits));
        unchanged = engine->scratch.unchanged;
    }
    pending->token = hearth_llama_pick(engine, sequence, logits);
    if (pending->token >= 0)
        pending->logprob = (float)((double)unchanged[pending->token] - log_sum);
    return pending->token;
}
