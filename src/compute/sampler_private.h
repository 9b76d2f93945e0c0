/* Between the sampler's own files: the candidates of a choice on their way through the
 * rules. */
#ifndef HEARTH_COMPUTE_SAMPLER_PRIVATE_H
#define HEARTH_COMPUTE_SAMPLER_PRIVATE_H

#include "compute/sampler.h"

/* What a random number is for; the second word of the counter. */
enum hearth_sampler_use { HEARTH_USE_TOKEN, HEARTH_USE_XTC };

struct hearth_sampler {
    const struct hearth_logit_ops *ops;
    uint32_t vocabulary;
    /* Candidates: at first all of the vocabulary that lies at or above `floor` (-∞: and above it),
     * where nothing is copied; once `listed`, the first `count` of tokens[] and logits[], by rising
     * token. */
    const float *all;
    bool listed;
    size_t count;
    float top, floor; /* the largest of the candidates; the floor of what is not listed */
    /* How many the candidates count as for the dynamic temperature: in llama.cpp top_n_sigma leaves
     * those out without making them fewer. */
    size_t nominal;
    int32_t *tokens;
    float *logits;
    float *weights; /* [vocabulary] of the candidates, as they stand */
    uint32_t *keys; /* [vocabulary] */
    float *most;    /* [blocks] of `all` */
    double *sums;   /* [blocks] of weights */
    bool *allowed;  /* [vocabulary] what a gate says */
};

/* sampler_list.c. The candidates become all of the vocabulary. */
void hearth_sampler_begin(struct hearth_sampler *sampler, const float *logits);
/* The candidates' weights under a scale of depths below the top; their sum, in one fixed order. */
double hearth_sampler_weigh(struct hearth_sampler *sampler, float scale);
/* A list of what lies at or above `floor` in the vocabulary. */
void hearth_sampler_list_from(struct hearth_sampler *sampler, float floor);
/* An unsigned integer in the order of the floats; and those of the list's logits as its keys. */
uint32_t hearth_sampler_key(float x);
void hearth_sampler_make_keys(struct hearth_sampler *sampler);
/* Of a list with keys: those with the largest, until their weights (NULL: 1 each) reach the target,
 * or become more than it. Of equal keys the lower tokens come first. */
void hearth_sampler_keep_mass(struct hearth_sampler *sampler, const float *weights, double target,
                              bool beyond);
/* Leaves the `most` likeliest candidates. */
void hearth_sampler_keep_likeliest(struct hearth_sampler *sampler, size_t most);

/* sampler_narrow.c. Applies all rules but the temperature, which is returned: 0 or less means the
 * likeliest. There is a candidate, and none is infinite. */
float hearth_sampler_narrow(struct hearth_sampler *sampler, const struct hearth_sampling *rules,
                            uint32_t position);

#endif
