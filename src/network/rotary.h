/* The frequencies at which a network turns pairs of components by their position. What scalings
 * there are (linear, yarn, llama3's and longrope's factors) are only other frequencies, and a
 * magnitude; the angles themselves are computed by compute/rows.h.
 *
 * θ_i = position · base^(−2i/d) · scale / factor_i; yarn (Peng et al., arXiv 2309.00071) blends
 * the scaled with the unscaled frequency by how often it turns within the original context.
 * Pure; any thread. */
#ifndef HEARTH_NETWORK_ROTARY_H
#define HEARTH_NETWORK_ROTARY_H

#include "network/network.h"

/* The scaling for sequences of up to `context` tokens. A base that grows with the length (dynamic
 * NTK) is decided once, by the length that a decoder is opened for, and not by a sequence's present
 * one: keys that are stored already were turned by the frequencies of their time, and what a token
 * gives must not depend on the tokens behind it. */
struct hearth_rotary_scaling hearth_rotary_for(const struct hearth_rotary_scaling *scaling,
                                               uint32_t size, uint32_t context);

/* `size`/2 frequencies; `factors` holds as many divisors, or is NULL. */
void hearth_rotary_frequencies(const struct hearth_rotary_scaling *scaling, uint32_t size,
                               const float *factors, float *ret_frequencies);

#endif
