/* Philox4x32-10, a generator without a state: four random words are a function of a key and a
 * counter (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
 * Pure, any thread. */
#ifndef HEARTH_COMPUTE_PHILOX_H
#define HEARTH_COMPUTE_PHILOX_H

#include <stdint.h>

void hearth_philox(uint64_t key, const uint32_t counter[4], uint32_t ret_words[4]);

/* From 0 to below 1, of 53 bits: what number `number` of use `use` at `position` is under a seed.
 */
double hearth_philox_uniform(uint64_t seed, uint32_t position, uint32_t use, uint32_t number);

#endif
