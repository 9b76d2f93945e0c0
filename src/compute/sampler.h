/* Chooses a token from logits, by the rules that a request asks for (struct hearth_sampling).
 *
 * The rules are applied in the order of llama.cpp: penalties for repetition and DRY change logits
 * (penalties.h; a bias is added before), then top_n_sigma, top_k, typical_p, top_p, min_p and XTC
 * leave candidates out, then the temperature is set, and one candidate is drawn. Temperature 0 is
 * the likeliest token after the penalties, whatever the other rules say. Among equal logits the
 * lower token goes first. A token whose logit is −∞ or not a number is no candidate.
 *
 * **The same bits.** A choice depends on the logits, the rules, the seed and the position alone:
 * the random numbers of a position are Philox's (philox.h) under the seed, with the position as
 * counter, so that a sequence that was restored, copied or split otherwise goes on as it would
 * have.
 *
 * Life: create, then pick as often as wanted, destroy. One thread at a time. The scratch of a
 * sampler has a size that the vocabulary decides; a choice allocates nothing. */
#ifndef HEARTH_COMPUTE_SAMPLER_H
#define HEARTH_COMPUTE_SAMPLER_H

#include "compute/logits.h"
#include "hearth/engine.h"

struct hearth_sampler;

/* What else a token must pass: a grammar. Tokens that were asked once in a choice may be asked
 * again. */
struct hearth_sampler_gate {
    void (*test)(void *argument, const int32_t *tokens, size_t count, bool *ret_allowed);
    void *argument;
};

/* For vocabularies of up to `vocabulary` tokens, at least 1. NULL: no memory. */
struct hearth_sampler *hearth_sampler_create(uint32_t vocabulary,
                                             const struct hearth_logit_ops *ops);
void hearth_sampler_destroy(struct hearth_sampler *sampler); /* NULL is allowed */
uint64_t hearth_sampler_bytes(uint32_t vocabulary);          /* that create takes */

/* The token at `position` of its sequence. `logits` are of the whole vocabulary, already with bias
 * and penalties; what a gate refuses may be −∞ in them afterwards. Without a gate it never fails:
 * where no token is a candidate, it is token 0. With one, −1 says that it allows none at all. */
int32_t hearth_sampler_pick(struct hearth_sampler *sampler, const struct hearth_sampling *rules,
                            uint32_t position, float *logits,
                            const struct hearth_sampler_gate *gate);

/* The probability of each token of being picked under the same arguments, where XTC, by its random
 * number of this position, is applied or not; with a temperature over 0 only. */
void hearth_sampler_chances(struct hearth_sampler *sampler, const struct hearth_sampling *rules,
                            uint32_t position, const float *logits, double *ret_chances);

/* log Σ e^logit, and the likeliest tokens, sorted, `wanted` at most; returns their number. Both in
 * one go, because both begin with the largest of each block. */
size_t hearth_sampler_likeliest(struct hearth_sampler *sampler, const float *logits, size_t wanted,
                                int32_t *ret_tokens, double *ret_log_sum);

#endif
