#include "compute/penalties.h"

#include <math.h>

static bool repeats_wanted(const struct hearth_sampling *rules)
{
    return rules->repeat_last_n != 0 && rules->repeat_penalty > 0 &&
           (rules->repeat_penalty != 1 || rules->presence_penalty != 0 ||
            rules->frequency_penalty != 0);
}

bool hearth_dry_wanted(const struct hearth_sampling *rules)
{
    return rules->dry_multiplier != 0 && rules->dry_base >= 1 && rules->dry_penalty_last_n != 0;
}

bool hearth_penalties_wanted(const struct hearth_sampling *rules)
{
    return repeats_wanted(rules) || hearth_dry_wanted(rules);
}

/* −1 is all of it. */
static size_t last_of(int32_t wanted, size_t count)
{
    return wanted > 0 && (size_t)wanted < count ? (size_t)wanted : count;
}

/* OpenAI's formula for presence and frequency, and CTRL's for repetition (Keskar et al., arXiv
 * 1909.05858): each token is punished once, for how often it occurs among the last. */
static void penalize_repeats(const struct hearth_sampling *rules, const int32_t *last, size_t count,
                             uint32_t *counts, float *logits)
{
    for (size_t i = 0; i < count; i++)
        counts[last[i]]++;
    for (size_t i = 0; i < count; i++) {
        uint32_t times = counts[last[i]];
        if (times == 0)
            continue;
        counts[last[i]] = 0;
        float *logit = &logits[last[i]];
        /* A negative logit is multiplied, so that the penalty never makes a token likelier. */
        if (*logit <= 0)
            *logit *= rules->repeat_penalty;
        else
            *logit /= rules->repeat_penalty;
        *logit -= (float)times * rules->frequency_penalty + rules->presence_penalty;
    }
}

/* The first breaker with this head, or the end. */
static size_t first_with_head(const struct hearth_dry_breakers *breakers, int32_t head)
{
    size_t low = 0, high = breakers->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (breakers->list[middle].head < head)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Whether the `count` tokens behind a head are the tail of a breaker. */
static bool tail_follows(const struct hearth_dry_breakers *breakers,
                         const struct hearth_dry_breaker *breaker, const int32_t *behind,
                         size_t count)
{
    if (breaker->tail_count > count)
        return false;
    for (uint32_t i = 0; i < breaker->tail_count; i++)
        if (breakers->tails[breaker->tail_at + i] != behind[i])
            return false;
    return true;
}

/* Tokens at the end with no breaker in them. The newest breaker counts, and where several begin in
 * one token the longest. */
static size_t without_breaker(const struct hearth_dry_breakers *breakers, const int32_t *last,
                              size_t count)
{
    for (size_t behind = 0; breakers != NULL && behind < count; behind++) {
        const int32_t *head = last + count - 1 - behind;
        bool found = false;
        size_t longest = 0;
        for (size_t i = first_with_head(breakers, *head);
             i < breakers->count && breakers->list[i].head == *head; i++)
            if (tail_follows(breakers, &breakers->list[i], head + 1, behind)) {
                size_t length = breakers->list[i].tail_count;
                longest = length > longest ? length : longest;
                found = true;
            }
        if (found)
            return behind - longest;
    }
    return count;
}

/* repeats[k] is how many tokens before the last k are the same as those at the end: the
 * Z-algorithm (Gusfield, "Algorithms on strings, trees and sequences", 1.4) from the end
 * backwards, linear in the count. */
static void find_repeats(const int32_t *last, size_t count, uint32_t *repeats)
{
    size_t left = 0, right = 0; /* the match that reaches furthest is [left, right) */
    const int32_t *end = last + count - 1;
    for (size_t k = 1; k < count; k++) {
        size_t n = 0;
        if (k < right)
            n = repeats[k - left] < right - k ? repeats[k - left] : right - k;
        if (k + n >= right)
            while (k + n < count && *(end - n) == *(end - (k + n)))
                n++;
        repeats[k] = (uint32_t)n;
        if (k + n > right) {
            left = k;
            right = k + n;
        }
    }
}

static bool breaks_alone(const struct hearth_dry_breakers *breakers, int32_t token)
{
    if (breakers == NULL)
        return false;
    for (size_t i = first_with_head(breakers, token);
         i < breakers->count && breakers->list[i].head == token; i++)
        if (breakers->list[i].tail_count == 0)
            return true;
    return false;
}

/* The power must stay a float: 88.72 is the logarithm of the largest. */
static float dry_penalty(const struct hearth_sampling *rules, uint32_t beyond)
{
    int most = 0, power = beyond < INT32_MAX ? (int)beyond : INT32_MAX;
    if (rules->dry_base > 1.000001f)
        most = (int)(88.7228391f / logf(rules->dry_base));
    if (most > 0 && power > most)
        power = most;
    return (float)((double)rules->dry_multiplier * pow((double)rules->dry_base, power));
}

/* DRY (https://github.com/oobabooga/text-generation-webui/pull/5677): what would continue a
 * repetition of at least the allowed length loses multiplier · base^(length − allowed). The longest
 * repetition that a token would continue counts; it ends at a breaker. A token that is a breaker by
 * itself is not punished. */
static void penalize_dry(const struct hearth_sampling *rules,
                         const struct hearth_dry_breakers *breakers, const int32_t *last,
                         size_t count, struct hearth_penalty_scratch *scratch, float *logits)
{
    size_t allowed = rules->dry_allowed_length > 0 ? (size_t)rules->dry_allowed_length : 0;
    size_t limit = without_breaker(breakers, last, count);
    if (count <= allowed || limit < allowed)
        return;
    find_repeats(last, count, scratch->repeats);
    /* One more than the length, so that 0 says that there is none. */
    for (size_t k = 1; k < count; k++) {
        size_t length = scratch->repeats[k] < limit ? scratch->repeats[k] : limit;
        int32_t token = last[count - k];
        if (length >= allowed && scratch->counts[token] <= length)
            scratch->counts[token] = (uint32_t)length + 1;
    }
    for (size_t k = 1; k < count; k++) {
        int32_t token = last[count - k];
        if (scratch->counts[token] == 0)
            continue;
        uint32_t beyond = scratch->counts[token] - 1 - (uint32_t)allowed;
        scratch->counts[token] = 0;
        if (!breaks_alone(breakers, token))
            logits[token] -= dry_penalty(rules, beyond);
    }
}

void hearth_penalize(const struct hearth_sampling *rules,
                     const struct hearth_dry_breakers *breakers, const int32_t *history,
                     size_t count, struct hearth_penalty_scratch *scratch, float *logits)
{
    if (repeats_wanted(rules)) {
        size_t last = last_of(rules->repeat_last_n, count);
        penalize_repeats(rules, history + count - last, last, scratch->counts, logits);
    }
    if (hearth_dry_wanted(rules)) {
        size_t last = last_of(rules->dry_penalty_last_n, count);
        penalize_dry(rules, breakers, history + count - last, last, scratch, logits);
    }
}
