/* The rules that leave candidates out. None of them sorts: each needs only a value that divides
 * those that stay from the others, which a search by the digits of an order-preserving key finds in
 * four passes, whatever the logits are. And most of a vocabulary is never looked at: the largest of
 * each block of logits says which blocks can have candidates. */
#include "compute/philox.h"
#include "compute/sampler_private.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Unsigned integers in the order of the floats. */
static uint32_t key_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof(bits));
    return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

void hearth_sampler_begin(struct hearth_sampler *sampler, const float *logits)
{
    sampler->all = logits;
    sampler->listed = false;
    sampler->count = sampler->nominal = sampler->vocabulary;
    sampler->top = sampler->floor = -INFINITY;
    sampler->ops->largest(logits, sampler->vocabulary, sampler->most);
    for (size_t b = 0; b < hearth_logit_blocks(sampler->vocabulary); b++)
        sampler->top = sampler->most[b] > sampler->top ? sampler->most[b] : sampler->top;
}

double hearth_sampler_weigh(struct hearth_sampler *sampler, float scale)
{
    double sum = 0;
    sampler->ops->weigh(sampler->listed ? sampler->logits : sampler->all, sampler->count,
                        sampler->top, scale, sampler->weights, sampler->sums);
    for (size_t b = 0; b < hearth_logit_blocks(sampler->count); b++)
        sum += sampler->sums[b];
    return sum;
}

/* A list of what lies at or above `floor` in the vocabulary. */
static void list_from(struct hearth_sampler *sampler, float floor)
{
    size_t count = 0;
    for (size_t b = 0; b < hearth_logit_blocks(sampler->vocabulary); b++) {
        size_t first = b * HEARTH_LOGIT_BLOCK, end = first + HEARTH_LOGIT_BLOCK;
        if (!(sampler->most[b] >= floor) || sampler->most[b] == -INFINITY)
            continue;
        end = end < sampler->vocabulary ? end : sampler->vocabulary;
        for (size_t i = first; i < end; i++) {
            /* Written in any case: which ones stay cannot be predicted, so no branch should try. */
            sampler->tokens[count] = (int32_t)i;
            sampler->logits[count] = sampler->all[i];
            count += sampler->all[i] >= floor && sampler->all[i] > -INFINITY;
        }
    }
    sampler->listed = true;
    sampler->count = count;
}

static void list_all(struct hearth_sampler *sampler)
{
    if (!sampler->listed)
        list_from(sampler, sampler->floor);
}

struct cut {
    uint32_t key; /* what lies above it stays; of its equals, those that come first */
    double above; /* the mass of what lies above it */
    double target;
    bool beyond; /* the mass must become more than the target; else it must reach it */
};

static bool reached(const struct cut *cut, double mass)
{
    return cut->beyond ? mass > cut->target : mass >= cut->target;
}

/* The largest keys whose mass reaches the target: their sum is followed from the largest digit
 * down, first by the highest eight bits of the keys, then within the digit where it is reached by
 * the next. No weights: each counts as 1. */
static void find_cut(const uint32_t *keys, const float *weights, size_t count, struct cut *cut)
{
    uint32_t prefix = 0, mask = 0;
    cut->above = 0;
    for (int shift = 24; shift >= 0; shift -= 8) {
        double mass[256] = {0};
        for (size_t i = 0; i < count; i++)
            if ((keys[i] & mask) == prefix)
                mass[keys[i] >> shift & 255] += weights ? (double)weights[i] : 1;
        uint32_t digit = 255;
        while (digit > 0 && !reached(cut, cut->above + mass[digit]))
            cut->above += mass[digit--];
        prefix |= digit << shift;
        mask |= 255u << shift;
    }
    cut->key = prefix;
}

/* Leaves what `cut` leaves. The order stays. */
static void apply_cut(struct hearth_sampler *sampler, const float *weights, struct cut *cut)
{
    size_t count = 0;
    for (size_t i = 0; i < sampler->count; i++) {
        bool stays = sampler->keys[i] > cut->key;
        if (sampler->keys[i] == cut->key && !reached(cut, cut->above)) {
            cut->above += weights ? (double)weights[i] : 1;
            stays = true;
        }
        sampler->tokens[count] = sampler->tokens[i];
        sampler->logits[count] = sampler->logits[i];
        count += stays;
    }
    sampler->count = sampler->nominal = count;
}

static void make_keys(struct hearth_sampler *sampler)
{
    for (size_t i = 0; i < sampler->count; i++)
        sampler->keys[i] = key_of(sampler->logits[i]);
}

/* As many blocks as tokens are wanted have a logit at or above the largest of the last of them, so
 * that no token below it is among the likeliest. */
static float floor_of_likeliest(struct hearth_sampler *sampler, size_t most)
{
    size_t blocks = hearth_logit_blocks(sampler->vocabulary);
    struct cut cut = {.target = (double)most};
    if (most > blocks)
        return sampler->floor;
    for (size_t b = 0; b < blocks; b++)
        sampler->keys[b] = key_of(sampler->most[b]);
    find_cut(sampler->keys, NULL, blocks, &cut);
    float floor = sampler->floor;
    for (size_t b = 0; b < blocks; b++)
        if (sampler->keys[b] == cut.key && sampler->most[b] > floor)
            floor = sampler->most[b];
    return floor;
}

void hearth_sampler_keep_likeliest(struct hearth_sampler *sampler, size_t most)
{
    size_t nominal = most < sampler->nominal ? most : sampler->nominal;
    if (most >= sampler->count)
        return;
    if (!sampler->listed)
        list_from(sampler, floor_of_likeliest(sampler, most));
    if (sampler->count > most) {
        struct cut cut = {.target = (double)most};
        make_keys(sampler);
        find_cut(sampler->keys, NULL, sampler->count, &cut);
        apply_cut(sampler, NULL, &cut);
    }
    sampler->nominal = nominal;
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
        sampler->keys[i] = ~key_of((float)fabs((double)sampler->logits[i] - expected));
    struct cut cut = {.target = (double)mass * sum, .beyond = true};
    find_cut(sampler->keys, sampler->weights, sampler->count, &cut);
    apply_cut(sampler, sampler->weights, &cut);
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
        list_from(sampler, last ? sampler->floor : sampler->top - depth);
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
    struct cut cut = {.target = fmax((double)mass * hearth_sampler_weigh(sampler, 1), DBL_MIN)};
    if (!sampler->listed)
        list_mass(sampler, cut.target);
    make_keys(sampler);
    find_cut(sampler->keys, sampler->weights, sampler->count, &cut);
    apply_cut(sampler, sampler->weights, &cut);
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
        list_from(sampler, floor > sampler->floor ? floor : sampler->floor);
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
