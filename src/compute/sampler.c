/* Drawing a token from the candidates that the rules leave. */
#include "base/memory.h"
#include "compute/philox.h"
#include "compute/sampler_private.h"

#include <math.h>

/* Tokens that are tried one by one where a gate refuses; then all candidates are asked at once. */
enum { TRIES = 16, LIKELIEST_TRIES = 16 };

uint64_t hearth_sampler_bytes(uint32_t vocabulary)
{
    uint64_t blocks = hearth_logit_blocks(vocabulary);
    return sizeof(struct hearth_sampler) + blocks * (sizeof(float) + sizeof(double)) +
           (uint64_t)vocabulary *
               (2 * sizeof(float) + sizeof(int32_t) + sizeof(uint32_t) + sizeof(bool));
}

struct hearth_sampler *hearth_sampler_create(uint32_t vocabulary,
                                             const struct hearth_logit_ops *ops)
{
    struct hearth_sampler *sampler = hearth_try_calloc(1, sizeof(*sampler));
    size_t blocks = hearth_logit_blocks(vocabulary);
    if (sampler == NULL)
        return NULL;
    sampler->ops = ops;
    sampler->vocabulary = vocabulary;
    sampler->tokens = hearth_try_calloc(vocabulary, sizeof(*sampler->tokens));
    sampler->logits = hearth_try_calloc(vocabulary, sizeof(*sampler->logits));
    sampler->weights = hearth_try_calloc(vocabulary, sizeof(*sampler->weights));
    sampler->keys = hearth_try_calloc(vocabulary, sizeof(*sampler->keys));
    sampler->allowed = hearth_try_calloc(vocabulary, sizeof(*sampler->allowed));
    sampler->most = hearth_try_calloc(blocks, sizeof(*sampler->most));
    sampler->sums = hearth_try_calloc(blocks, sizeof(*sampler->sums));
    if (sampler->tokens == NULL || sampler->logits == NULL || sampler->weights == NULL ||
        sampler->keys == NULL || sampler->allowed == NULL || sampler->most == NULL ||
        sampler->sums == NULL) {
        hearth_sampler_destroy(sampler);
        return NULL;
    }
    return sampler;
}

void hearth_sampler_destroy(struct hearth_sampler *sampler)
{
    if (sampler == NULL)
        return;
    hearth_free(sampler->tokens);
    hearth_free(sampler->logits);
    hearth_free(sampler->weights);
    hearth_free(sampler->keys);
    hearth_free(sampler->allowed);
    hearth_free(sampler->most);
    hearth_free(sampler->sums);
    hearth_free(sampler);
}

static int32_t token_of(const struct hearth_sampler *sampler, size_t candidate)
{
    return sampler->listed ? sampler->tokens[candidate] : (int32_t)candidate;
}

static bool passes(const struct hearth_sampler_gate *gate, int32_t token)
{
    bool allowed = true;
    if (gate != NULL)
        gate->test(gate->argument, &token, 1, &allowed);
    return allowed;
}

/* The first of the largest; 0 where nothing is above −∞. */
static size_t largest(const struct hearth_sampler *sampler)
{
    const float *logits = sampler->listed ? sampler->logits : sampler->all;
    size_t first = 0, end = sampler->count;
    if (!sampler->listed && sampler->top > -INFINITY) {
        while (!(sampler->most[first] == sampler->top))
            first++;
        first *= HEARTH_LOGIT_BLOCK;
    }
    for (size_t i = first; i < end; i++)
        if (logits[i] == sampler->top)
            return i;
    return 0;
}

/* The candidate at which the running sum of the weights passes `at`: first the block, then in it.
 * Rounding may leave `at` behind the last one; then it is the last that weighs anything. */
static size_t candidate_at(const struct hearth_sampler *sampler, double at)
{
    size_t block = 0, blocks = hearth_logit_blocks(sampler->count), found = 0;
    double sum = 0;
    while (block + 1 < blocks && sum + sampler->sums[block] <= at)
        sum += sampler->sums[block++];
    for (size_t i = block * HEARTH_LOGIT_BLOCK; i < sampler->count; i++) {
        if (!(sampler->weights[i] > 0))
            continue;
        found = i;
        sum += (double)sampler->weights[i];
        if (sum > at)
            break;
    }
    return found;
}

static double sum_of(const struct hearth_sampler *sampler)
{
    double sum = 0;
    for (size_t b = 0; b < hearth_logit_blocks(sampler->count); b++)
        sum += sampler->sums[b];
    return sum;
}

/* After weights of a block were taken away. */
static void sum_block(struct hearth_sampler *sampler, size_t block)
{
    size_t end = (block + 1) * HEARTH_LOGIT_BLOCK;
    end = end < sampler->count ? end : sampler->count;
    sampler->sums[block] = 0;
    for (size_t i = block * HEARTH_LOGIT_BLOCK; i < end; i++)
        sampler->sums[block] += (double)sampler->weights[i];
}

/* What the gate refuses weighs nothing any more. */
static void ask_all(struct hearth_sampler *sampler, const struct hearth_sampler_gate *gate)
{
    size_t asked = 0;
    int32_t *tokens = (int32_t *)sampler->keys; /* nobody needs the keys now */
    for (size_t i = 0; i < sampler->count; i++)
        if (sampler->weights[i] > 0)
            tokens[asked++] = token_of(sampler, i);
    gate->test(gate->argument, tokens, asked, sampler->allowed);
    asked = 0;
    for (size_t i = 0; i < sampler->count; i++)
        if (sampler->weights[i] > 0 && !sampler->allowed[asked++])
            sampler->weights[i] = 0;
    for (size_t b = 0; b < hearth_logit_blocks(sampler->count); b++)
        sum_block(sampler, b);
}

/* Draws until the gate lets one through, each time without those that it refused before. This is
 * exact: the first one that passes, in a row of draws without replacement, is each of those that
 * pass with a probability in proportion to its weight, as if all others had been left out at the
 * start. So nearly always one or a few tokens are asked, and not a vocabulary; only after some
 * tries all candidates are. −1: the gate lets none of them through. */
static int32_t draw(struct hearth_sampler *sampler, float temperature, uint64_t seed,
                    uint32_t position, const struct hearth_sampler_gate *gate)
{
    double sum = hearth_sampler_weigh(sampler, 1 / temperature);
    for (uint32_t tries = 0; sum > 0; tries++) {
        double at = hearth_philox_uniform(seed, position, HEARTH_USE_TOKEN, tries) * sum;
        size_t candidate = candidate_at(sampler, at);
        int32_t token = token_of(sampler, candidate);
        if (passes(gate, token))
            return token;
        sampler->weights[candidate] = 0;
        sum_block(sampler, candidate / HEARTH_LOGIT_BLOCK);
        if (tries + 1 == TRIES)
            ask_all(sampler, gate);
        sum = sum_of(sampler);
    }
    return -1;
}

/* The likeliest that passes. Candidates are asked in their order. */
static int32_t take_largest(struct hearth_sampler *sampler, const struct hearth_sampler_gate *gate)
{
    int32_t token = token_of(sampler, largest(sampler));
    if (gate == NULL || (sampler->top > -INFINITY && passes(gate, token)))
        return token;
    hearth_sampler_keep_likeliest(sampler, LIKELIEST_TRIES);
    while (sampler->listed && sampler->count > 0) {
        size_t at = largest(sampler);
        if (passes(gate, sampler->tokens[at]))
            return sampler->tokens[at];
        sampler->count--;
        sampler->top = -INFINITY;
        for (size_t i = 0; i < sampler->count; i++) {
            sampler->tokens[i] = sampler->tokens[i + (i >= at)];
            sampler->logits[i] = sampler->logits[i + (i >= at)];
            sampler->top = sampler->logits[i] > sampler->top ? sampler->logits[i] : sampler->top;
        }
    }
    return -1;
}

/* A temperature whose inverse overflows is so low that only the likeliest token has a weight. */
static bool is_cold(float temperature)
{
    return !(temperature > 0) || !isfinite(1 / temperature);
}

static int32_t choose(struct hearth_sampler *sampler, const struct hearth_sampling *rules,
                      uint32_t position, const float *logits,
                      const struct hearth_sampler_gate *gate)
{
    hearth_sampler_begin(sampler, logits);
    if (is_cold(rules->temperature) || !isfinite(sampler->top))
        return take_largest(sampler, gate);
    float temperature = hearth_sampler_narrow(sampler, rules, position);
    if (is_cold(temperature))
        return take_largest(sampler, gate);
    return draw(sampler, temperature, rules->seed, position, gate);
}

/* In the vocabulary: what the gate refuses becomes −∞. False when nothing is left. */
static bool mask(struct hearth_sampler *sampler, float *logits,
                 const struct hearth_sampler_gate *gate)
{
    size_t asked = 0;
    bool any = false;
    int32_t *tokens = sampler->tokens;
    for (uint32_t i = 0; i < sampler->vocabulary; i++)
        if (logits[i] > -INFINITY)
            tokens[asked++] = (int32_t)i;
    gate->test(gate->argument, tokens, asked, sampler->allowed);
    for (size_t i = 0; i < asked; i++) {
        any = any || sampler->allowed[i];
        if (!sampler->allowed[i])
            logits[tokens[i]] = -INFINITY;
    }
    return any;
}

/* Where the gate refuses all that the rules left, they are applied once more to what it allows. */
int32_t hearth_sampler_pick(struct hearth_sampler *sampler, const struct hearth_sampling *rules,
                            uint32_t position, float *logits,
                            const struct hearth_sampler_gate *gate)
{
    int32_t token = choose(sampler, rules, position, logits, gate);
    if (token >= 0 || gate == NULL || !mask(sampler, logits, gate))
        return token;
    return choose(sampler, rules, position, logits, NULL);
}

void hearth_sampler_chances(struct hearth_sampler *sampler, const struct hearth_sampling *rules,
                            uint32_t position, const float *logits, double *ret_chances)
{
    hearth_sampler_begin(sampler, logits);
    float temperature = hearth_sampler_narrow(sampler, rules, position);
    for (uint32_t i = 0; i < sampler->vocabulary; i++)
        ret_chances[i] = 0;
    if (is_cold(temperature)) {
        ret_chances[token_of(sampler, largest(sampler))] = 1;
        return;
    }
    double sum = hearth_sampler_weigh(sampler, 1 / temperature);
    for (size_t i = 0; i < sampler->count; i++)
        ret_chances[token_of(sampler, i)] = (double)sampler->weights[i] / sum;
}

/* By the largest of each block few are looked at; those few are sorted by insertion. Log softmax is
 * logit − (top + log Σ e^(logit − top)): subtracting the largest keeps the powers from
 * overflowing. */
size_t hearth_sampler_likeliest(struct hearth_sampler *sampler, const float *logits, size_t wanted,
                                int32_t *ret_tokens, double *ret_log_sum)
{
    hearth_sampler_begin(sampler, logits);
    *ret_log_sum = (double)sampler->top;
    if (isfinite(sampler->top))
        *ret_log_sum += log(hearth_sampler_weigh(sampler, 1));
    if (wanted == 0)
        return 0;
    hearth_sampler_keep_likeliest(sampler, wanted);
    size_t count = 0;
    for (size_t i = 0; i < sampler->count; i++) {
        int32_t token = token_of(sampler, i);
        size_t at = count;
        if (!(logits[token] > -INFINITY))
            continue;
        for (; at > 0 && logits[ret_tokens[at - 1]] < logits[token]; at--)
            ret_tokens[at] = ret_tokens[at - 1];
        ret_tokens[at] = token;
        count++;
    }
    return count;
}
