/* Numbers that look random and are the same in each run: xorshift64,
 * https://www.jstatsoft.org/article/view/v008i14. Seeded with anything but 0. */
#ifndef HEARTH_TEST_SEEDED_H
#define HEARTH_TEST_SEEDED_H

#include <stdint.h>

static inline uint64_t seeded_next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static inline uint64_t seeded_below(uint64_t *seed, uint64_t bound)
{
    return seeded_next(seed) % bound;
}

/* From `low` to `high`, both included. */
static inline uint32_t seeded_pick(uint64_t *seed, uint32_t low, uint32_t high)
{
    return low + (uint32_t)(seeded_next(seed) % (high - low + 1));
}

#endif
