/* Choosing a token from the logits: bias and penalties are ours, in place; the chain is
 * libllama's. */
#include "engine/llama/llama_engine.h"

#include <math.h>

/* Samplers in the order of llama.cpp's default chain; bias and penalties come first, in place. */
struct llama_sampler *hearth_llama_sampler(const struct hearth_sampling *sampling)
{
    if (!(sampling->temperature > 0))
        return NULL;
    struct llama_sampler_chain_params params = llama_sampler_chain_default_params();
    params.no_perf = true;
    struct llama_sampler *chain = llama_sampler_chain_init(params);
    if (sampling->top_k > 0)
        llama_sampler_chain_add(chain, llama_sampler_init_top_k(sampling->top_k));
    if (sampling->top_p < 1)
        llama_sampler_chain_add(chain, llama_sampler_init_top_p(sampling->top_p, 0));
    if (sampling->min_p > 0)
        llama_sampler_chain_add(chain, llama_sampler_init_min_p(sampling->min_p, 0));
    llama_sampler_chain_add(chain, llama_sampler_init_temp(sampling->temperature));
    uint32_t seed = (uint32_t)(sampling->seed ^ (sampling->seed >> 32));
    /* libllama takes this one value as "choose one at random". */
    if (seed == LLAMA_DEFAULT_SEED)
        seed--;
    llama_sampler_chain_add(chain, llama_sampler_init_dist(seed));
    return chain;
}

/* OpenAI's formula for presence and frequency, and CTRL's for repetition, as in llama.cpp: each
 * token is punished once, for how often it occurs among the last. `counts` has a place for each
 * token and is left all zero. */
static void penalize(struct hearth_engine *engine, const struct hearth_llama_sequence *sequence,
                     float *logits)
{
    const struct hearth_sampling *sampling = &sequence->input->sampling;
    bool wanted = sampling->repeat_penalty != 1 || sampling->presence_penalty != 0 ||
                  sampling->frequency_penalty != 0;
    if (!wanted || sampling->repeat_last_n == 0 || !(sampling->repeat_penalty > 0))
        return;
    /* All tokens so far are in the cache, for the last one was just decoded. */
    uint32_t count = sequence->held_count;
    if (sampling->repeat_last_n > 0 && (uint32_t)sampling->repeat_last_n < count)
        count = (uint32_t)sampling->repeat_last_n;
    const int32_t *last = sequence->held + sequence->held_count - count;
    for (uint32_t i = 0; i < count; i++)
        engine->counts[last[i]]++;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t times = engine->counts[last[i]];
        if (times == 0)
            continue;
        engine->counts[last[i]] = 0;
        float *logit = &logits[last[i]];
        /* A negative logit is multiplied, so that the penalty never makes a token likelier. */
        if (*logit <= 0)
            *logit *= sampling->repeat_penalty;
        else
            *logit /= sampling->repeat_penalty;
        *logit -= (float)times * sampling->frequency_penalty + sampling->presence_penalty;
    }
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

static int32_t likeliest(const float *logits, uint32_t count)
{
    uint32_t best = 0;
    float most = logits[0];
    for (uint32_t i = 1; i < count; i++) {
        if (logits[i] > most) {
            most = logits[i];
            best = i;
        }
    }
    return (int32_t)best;
}

/* Temperature 0 has no chain: the likeliest token, without a sort. */
int32_t hearth_llama_pick(struct hearth_engine *engine, struct hearth_llama_sequence *sequence,
                          float *logits)
{
    uint32_t count = engine->facts.vocabulary_length;
    add_bias(engine, &sequence->input->sampling, logits);
    penalize(engine, sequence, logits);
    if (sequence->chain == NULL)
        return likeliest(logits, count);
    for (uint32_t i = 0; i < count; i++)
        engine->candidates[i] = (llama_token_data){(llama_token)i, logits[i], 0};
    int32_t token = hearth_llama_sample(sequence->chain, engine->candidates, count);
    if (token < 0 || (uint32_t)token >= count)
        token = likeliest(logits, count);
    return token;
}

/* The likeliest tokens, sorted; insertion into a list of at most 20. */
static void top_tokens(const float *logits, uint32_t count, uint32_t wanted,
                       struct hearth_llama_pending *pending)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (n == wanted && !(logits[i] > pending->alternatives[n - 1].logprob))
            continue;
        uint32_t at = n < wanted ? n++ : n - 1;
        while (at > 0 && logits[i] > pending->alternatives[at - 1].logprob) {
            pending->alternatives[at] = pending->alternatives[at - 1];
            at--;
        }
        pending->alternatives[at].token = (int32_t)i;
        pending->alternatives[at].logprob = logits[i];
    }
    pending->alternative_count = n;
}

/* log softmax: logit - (max + log(sum(exp(logit - max)))). Subtracting the maximum keeps exp from
 * overflowing; `ret_log_sum` is the part in brackets. */
void hearth_llama_logprobs_begin(struct hearth_engine *engine,
                                 struct hearth_llama_sequence *sequence, const float *logits,
                                 struct hearth_llama_pending *pending, double *ret_log_sum)
{
    uint32_t count = engine->facts.vocabulary_length;
    float most = logits[likeliest(logits, count)];
    double sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += (double)expf(logits[i] - most);
    *ret_log_sum = (double)most + log(sum);
    uint32_t wanted = sequence->input->sampling.top_logprobs;
    uint32_t room = sizeof(pending->alternatives) / sizeof(pending->alternatives[0]);
    pending->alternative_count = 0;
    if (wanted > 0)
        top_tokens(logits, count, wanted < room ? wanted : room, pending);
    for (uint32_t i = 0; i < pending->alternative_count; i++)
        pending->alternatives[i].logprob =
            (float)((double)pending->alternatives[i].logprob - *ret_log_sum);
}
