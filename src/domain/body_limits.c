/* Nothing is counted here: the callers run on several threads, and each counts with one atomic
 * number before it asks. */
#include "domain/body_limits.h"

struct hearth_body_limits hearth_body_limits_for(uint64_t text_max)
{
    struct hearth_body_limits limits = {.each_max = UINT64_MAX / HEARTH_BODY_LARGEST_AT_ONCE};
    if (text_max <= UINT64_MAX / HEARTH_BODY_GROWTH_MAX / HEARTH_BODY_LARGEST_AT_ONCE)
        limits.each_max = text_max * HEARTH_BODY_GROWTH_MAX;
    if (limits.each_max < HEARTH_BODY_EACH_LEAST)
        limits.each_max = HEARTH_BODY_EACH_LEAST;
    limits.all_max = limits.each_max * HEARTH_BODY_LARGEST_AT_ONCE;
    return limits;
}

enum hearth_body_verdict hearth_body_judge(const struct hearth_body_limits *limits, uint64_t used,
                                           uint64_t bytes, uint64_t depth)
{
    if (depth > HEARTH_BODY_NESTING_MAX)
        return HEARTH_BODY_TOO_DEEP;
    if (bytes > limits->each_max)
        return HEARTH_BODY_TOO_LARGE;
    uint64_t room = bytes > HEARTH_BODY_SMALL ? limits->all_max / 4 * 3 : limits->all_max;
    return used > room || bytes > room - used ? HEARTH_BODY_NO_ROOM : HEARTH_BODY_FITS;
}
