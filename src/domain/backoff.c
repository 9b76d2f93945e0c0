#include "domain/backoff.h"

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
