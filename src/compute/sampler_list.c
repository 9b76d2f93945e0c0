/* The list of candidates, and how it is cut. Nothing is sorted: what stays is divided from the
 * others by a value that a search by the digits of an order-preserving key finds in four passes,
 * whatever the logits are. And most of a vocabulary is never looked at: the largest of each block
 * of logits says which blocks can have candidates. */
#include "compute/sampler_private.h"

#include <math.h>
#include <string.h>

uint32_t hearth_sampler_key(float x)
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

void hearth_sampler_list_from(struct hearth_sampler *sampler, float floor)
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

void hearth_sampler_keep_mass(struct hearth_sampler *sampler, const float *weights, double target,
                              bool beyond)
{
    struct cut cut = {.target = target, .beyond = beyond};
    find_cut(sampler->keys, weights, sampler->count, &cut);
    apply_cut(sampler, weights, &cut);
}

void hearth_sampler_make_keys(struct hearth_sampler *sampler)
{
    for (size_t i = 0; i < sampler->count; i++)
        sampler->keys[i] = hearth_sampler_key(sampler->logits[i]);
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
        sampler->keys[b] = hearth_sampler_key(sampler->most[b]);
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
        hearth_sampler_list_from(sampler, floor_of_likeliest(sampler, most));
    if (sampler->count > most) {
        hearth_sampler_make_keys(sampler);
        hearth_sampler_keep_mass(sampler, NULL, (double)most, false);
    }
    sampler->nominal = nominal;
}
