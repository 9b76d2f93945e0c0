/* Logits of several shapes and sets of sampling rules, for the tests of samplers. */
#ifndef HEARTH_TEST_SAMPLER_RULES_H
#define HEARTH_TEST_SAMPLER_RULES_H

#include "support/seeded.h"

#include "base/memory.h"
#include "compute/sampler.h"

#include <math.h>

enum { LARGE = 49152 };

/* Of a distribution that is like normal: the sum of twelve uniform numbers. */
static inline float bell(uint64_t *seed)
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += (double)(seeded_next(seed) >> 11) * 0x1p-53;
    return (float)sum;
}

enum shape { WIDE, PEAKED, FLAT, SMALL, BARRED, SHAPES };

static const char *const shape_names[] = {"wide", "peaked", "flat", "small", "with barred tokens"};

struct logits {
    float *values;
    uint32_t count;
};

static inline struct logits make_logits(enum shape shape)
{
    uint64_t seed = 77 + (uint64_t)shape;
    struct logits logits = {.count = shape == SMALL ? 50 : LARGE};
    logits.values = hearth_calloc(logits.count, sizeof(float));
    for (uint32_t i = 0; i < logits.count; i++)
        logits.values[i] = shape == FLAT                      ? bell(&seed) / 3
                           : shape == WIDE || shape == BARRED ? bell(&seed) * 3 - 4
                                                              : bell(&seed) - 6;
    if (shape == PEAKED || shape == SMALL)
        for (uint32_t i = 0; i < 6; i++)
            logits.values[(i * 7919) % logits.count] = 12 - 1.3f * (float)i;
    for (uint32_t i = 0; shape == BARRED && i < logits.count; i += 3)
        logits.values[i] = -INFINITY;
    return logits;
}

static inline struct hearth_sampling no_rules(void)
{
    return (struct hearth_sampling){.temperature = 1,
                                    .dynamic_exponent = 1,
                                    .top_p = 1,
                                    .typical_p = 1,
                                    .xtc_threshold = 0.1f,
                                    .repeat_penalty = 1,
                                    .dry_base = 1.75f,
                                    .dry_allowed_length = 2};
}

/* Each differs from no_rules in what its name says. */
static inline struct hearth_sampling rules_of(size_t number, const char **ret_name)
{
    struct hearth_sampling r = no_rules();
#define RULES(name, ...)                                                                           \
    if (number-- == 0) {                                                                           \
        *ret_name = name;                                                                          \
        __VA_ARGS__;                                                                               \
        return r;                                                                                  \
    }
    RULES("none", (void)0)
    RULES("temperature 0.7", r.temperature = 0.7f)
    RULES("temperature 1.9", r.temperature = 1.9f)
    RULES("top_k 1", r.top_k = 1)
    RULES("top_k 40", r.top_k = 40)
    RULES("top_k 700", r.top_k = 700)
    RULES("top_k 5000", r.top_k = 5000)
    RULES("top_k over the vocabulary", r.top_k = 1 << 30)
    RULES("top_p 0", r.top_p = 0)
    RULES("top_p 0.3", r.top_p = 0.3f)
    RULES("top_p 0.95", r.top_p = 0.95f)
    RULES("min_p 0.05", r.min_p = 0.05f)
    RULES("min_p 1", r.min_p = 1)
    RULES("typical_p 0.2", r.typical_p = 0.2f)
    RULES("typical_p 0.9", r.typical_p = 0.9f)
    RULES("top_n_sigma 1", r.top_n_sigma = 1)
    RULES("top_n_sigma 3.2", r.top_n_sigma = 3.2f)
    RULES("xtc", r.xtc_probability = 1, r.xtc_threshold = 0.05f)
    RULES("xtc with every token over the threshold", r.xtc_probability = 1, r.xtc_threshold = 0)
    RULES("xtc at a threshold that is off", r.xtc_probability = 1, r.xtc_threshold = 0.6f)
    RULES("dynamic temperature", r.dynamic_range = 0.5f, r.dynamic_exponent = 1.3f)
    RULES("llama.cpp's defaults", r.temperature = 0.8f, r.top_k = 40, r.top_p = 0.95f,
          r.min_p = 0.05f)
    RULES("all of them", r.temperature = 0.8f, r.top_n_sigma = 3, r.top_k = 100,
          r.typical_p = 0.95f, r.top_p = 0.9f, r.min_p = 0.01f, r.xtc_probability = 1,
          r.xtc_threshold = 0.02f, r.dynamic_range = 0.4f)
    RULES("typical_p, then min_p", r.typical_p = 0.6f, r.min_p = 0.3f)
    RULES("top_n_sigma, then top_p", r.top_n_sigma = 2, r.top_p = 0.7f)
    RULES("top_k, then xtc", r.top_k = 20, r.xtc_probability = 1)
#undef RULES
    *ret_name = NULL;
    return r;
}

static inline const struct hearth_logit_ops *best_ops(void)
{
    return hearth_logit_ops(hearth_decoder_kernels_for(hearth_isa_best()));
}

#endif
