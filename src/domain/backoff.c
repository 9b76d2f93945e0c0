#include "domain/backoff.h"

/* wait(n) = min(max, first * 2^(n-1)), and of that between a half and the whole: "equal jitter" of
 * M. Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015. A half at least is
 * always waited, so that a process that ends at once is never started in a tight loop. */
uint64_t hearth_backoff_ms(const struct hearth_backoff *backoff, uint32_t failures, uint32_t random)
{
    if (failures == 0)
        return 0;
    uint64_t wait = backoff->first_ms;
    for (uint32_t i = 1; i < failures && wait < backoff->max_ms; i++)
        wait = wait > UINT64_MAX / 2 ? UINT64_MAX : wait * 2;
    if (wait > backoff->max_ms)
        wait = backoff->max_ms;
    uint64_t half = wait / 2;
    return wait - half + (half ? random % (half + 1) : 0);
}
