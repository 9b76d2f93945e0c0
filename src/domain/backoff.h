/* How long to wait before the next try of something that has failed. The wait doubles with each
 * failure in a row, up to a cap, and is spread by chance, so that many who failed together do not
 * come back together. Pure; milliseconds. */
#ifndef HEARTH_DOMAIN_BACKOFF_H
#define HEARTH_DOMAIN_BACKOFF_H

#include <stdint.h>

struct hearth_backoff {
    uint64_t first_ms; /* after the first failure */
    uint64_t max_ms;
};

/* `failures` in a row, 0: no wait. `random` is any number; the wait lies between half of the
 * doubled time and the whole of it. */
uint64_t hearth_backoff_ms(const struct hearth_backoff *backoff, uint32_t failures,
                           uint32_t random);

#endif
