/* The rules that leave candidates out. Each needs only a value that divides those that stay from
 * the others (sampler_list.c). */
#include "compute/philox.h"
#include "compute/sampler_private.h"

#include <float.h>
#include <math.h>

static void list_all(struct hearth_sampler *sampler)
{
    if (!sampler->listed)
        hearth_sampler_list_from(sampler, sampler->floor);
}

/* "Top-nσ" (Tang et al., arXiv 2411.07641): what is within n standard deviations of the top. */
static void top_n_sigma(struct hearth_sampler *sampler, float n)
{
    struct hearth_logit_moments m;
    sampler->ops->moments(sampler->all, sampler->vocabulary, &m);
    double mean = m.sum / m.count, variance = m.squares / m.count - mean * mean;
    sampler->floor = (float)((double)sampler->top - (double)n * sqrt(variance > 0 ? variance : 0));
}

/* Locally typical (Meister et al., arXiv 2202.00666): of all candidates those whose surprise −log p
 * is nearest to the expected one, with a mass over `mass`. With d = logit − top, −log p is log Z −
 * d, and the distance of two surprises that of their d. */
static void typical(struct hearth_sampler *sampler, float mass)
{
    list_all(sampler);
    double sum = hearth_sampler_weigh(sampler, 1), expected = 0;
    for (size_t i = 0; i < sampler->count; i++)
        expected +=
            (double)sampler->weights[i] * ((double)sampler->logits[i] - (double)sampler->top);
    expected = expected / sum + (double)sampler->top;
    for (size_t i = 0; i < sampler->count; i++)
        sampler->keys[i] = ~hearth_sampler_key((float)fabs((double)sampler->logits[i] - expected));
    hearth_sampler_keep_mass(sampler, sampler->weights, (double)mass * sum, true);
    /* The likeliest may be among those that are left out. */
    sampler->top = -INFINITY;
    for (size_t i = 0; i < sampler->count; i++)
        sampler->top = sampler->logits[i] > sampler->top ? sampler->logits[i] : sampler->top;
}

/* A list that is sure to have the likeliest tokens of a mass, with their weights. Most vocabularies
 * have nearly all of it close to the top. */
static void list_mass(struct hearth_sampler *sampler, double mass)
{
    for (float depth = 3;; depth += 3) {
        bool last = depth > 30;
        hearth_sampler_list_from(sampler, last ? sampler->floor : sampler->top - depth);
        if (hearth_sampler_weigh(sampler, 1) >= mass || last)
            return;
    }
}

/* Nucleus (Holtzman et al., arXiv 1904.09751): the likeliest tokens whose mass reaches `mass`. */
static void top_p(struct hearth_sampler *sampler, float mass)
{
    if (!sampler->listed && sampler->floor > -INFINITY)
        list_all(sampler);
    /* More than nothing, because one candidate always stays. */
    double target = fmax((double)mass * hearth_sampler_weigh(sampler, 1), DBL_MIN);
    if (!sampler->listed)
        list_mass(sampler, target);
    hearth_sampler_make_keys(sampler);
    hearth_sampler_keep_mass(sampler, sampler->weights, target, false);
}

static void keep_from(struct hearth_sampler *sampler, float floor)
{
    size_t count = 0;
    for (size_t i = 0; i < sampler->count; i++) {
        sampler->tokens[count] = sampler->tokens[i];
        sampler->logits[count] = sampler->logits[i];
        count += sampler->logits[i] >= floor;
    }
    sampler->count = count;
}

/* What has at least `share` of the likeliest's probability (Nguyen et al., arXiv 2407.01082). */
static void min_p(struct hearth_sampler *sampler, float share)
{
    float floor = sampler->top + logf(share);
    if (sampler->listed)
        keep_from(sampler, floor);
    else
        hearth_sampler_list_from(sampler, floor > sampler->floor ? floor : sampler->floor);
    sampler->nominal = sampler->count;
}

/* XTC: of those that have at least the threshold's probability only the least likely stays
 * (https://github.com/oobabooga/text-generation-webui/pull/6335). */
static void exclude_top(struct hearth_sampler *sampler, float threshold)
{
    size_t above = 0, least = 0, count = 0;
    list_all(sampler);
    double limit = (double)threshold * hearth_sampler_weigh(sampler, 1);
    for (size_t i = 0; i < sampler->count; i++)
        if ((double)sampler->weights[i] >= limit) {
            if (above++ == 0 || sampler->logits[i] <= sampler->logits[least])
                least = i;
        }
    if (above < 2)
        return;
    sampler->top = sampler->logits[least];
    for (size_t i = 0; i < sampler->count; i++) {
        bool stays = i == least || (double)sampler->weights[i] < limit;
        sampler->tokens[count] = sampler->tokens[i];
        sampler->logits[count] = sampler->logits[i];
        count += stays;
    }
    sampler->count = sampler->nominal = count;
}

/* Between temperature − range and + range, by how near the entropy of the candidates is to that of
 * equal ones (https://github.com/ggml-org/llama.cpp/pull/4972). */
static float dynamic_temperature(struct hearth_sampler *sampler,
                                 const struct hearth_sampling *rules)
{
    float low = fmaxf(0, rules->temperature - rules->dynamic_range);
    float high = rules->temperature + rules->dynamic_range;
    if (sampler->nominal <= 1)
        return rules->temperature;
    list_all(sampler);
    double sum = hearth_sampler_weigh(sampler, 1), entropy = 0;
    for (size_t i = 0; i < sampler->count; i++)
        if (sampler->weights[i] > 0)
            entropy -= (double)sampler->weights[i] *
                       ((double)sampler->logits[i] - (double)sampler->top - log(sum));
    entropy = fmax(entropy / sum, 0) / log((double)sampler->nominal);
    return low + (high - low) * (float)pow(entropy, (double)rules->dynamic_exponent);
}

float hearth_sampler_narrow(struct hearth_sampler *sampler, const struct hearth_sampling *rules,
                            uint32_t position)
{
    if (rules->top_n_sigma > 0)
        top_n_sigma(sampler, rules->top_n_sigma);
    if (rules->top_k > 0)
        hearth_sampler_keep_likeliest(sampler, (size_t)rules->top_k);
    if (rules->typical_p > 0 && rules->typical_p < 1)
        typical(sampler, rules->typical_p);
    if (rules->top_p < 1)
        top_p(sampler, rules->top_p);
    if (rules->min_p > 0)
        min_p(sampler, rules->min_p);
    if (rules->xtc_probability > 0 && rules->xtc_threshold <= 0.5f &&
        hearth_philox_uniform(rules->seed, position, HEARTH_USE_XTC, 0) <
            (double)rules->xtc_probability)
        exclude_top(sampler, rules->xtc_threshold);
    if (!sampler->listed && sampler->floor > -INFINITY)
        list_all(sampler);
    return rules->dynamic_range > 0 ? dynamic_temperature(sampler, rules) : rules->temperature;
}
