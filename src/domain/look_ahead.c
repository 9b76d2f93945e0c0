#include "domain/look_ahead.h"

/* Cut inputs: one for each slot, and one more for each worker, which is prepared meanwhile. Whole
 * inputs: a second step as large as the first, and as much again that only interactive requests may
 * use. */
size_t hearth_look_ahead_most(const struct hearth_look_ahead *policy, bool interactive)
{
    size_t slots = (size_t)policy->slots * policy->workers;
    if (policy->probing)
        return 1;
    if (!policy->whole)
        return slots + policy->workers;
    return slots * (interactive ? 3 : 2);
}

static bool has_enough(const struct hearth_look_ahead *policy, size_t count, uint64_t cost)
{
    uint64_t tokens = (uint64_t)policy->batch * policy->workers * HEARTH_LOOK_AHEAD_STEPS;
    if (count >= hearth_look_ahead_most(policy, false))
        return true;
    /* Two for each worker in any case: one is computed, one is prepared. */
    return policy->whole && cost >= tokens && count >= 2 * (size_t)policy->workers;
}

/* When the workers have enough, an interactive request may still go ahead: a worker takes it into
 * its next step before the others, so that it waits for one step and not for three. */
struct hearth_queued *hearth_look_ahead_pop(const struct hearth_look_ahead *policy,
                                            struct hearth_queue *queue, size_t count, uint64_t cost)
{
    if (!has_enough(policy, count, cost))
        return hearth_queue_pop(queue);
    if (policy->whole && count < hearth_look_ahead_most(policy, true))
        return hearth_queue_pop_class(queue, HEARTH_CLASS_INTERACTIVE);
    return NULL;
}
