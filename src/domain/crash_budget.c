#include "domain/crash_budget.h"

#include <stddef.h>

/* What has begun is not charged: it ends here in any case, and its count is what a dead letter
 * shows. */
enum hearth_crash_verdict hearth_crash_budget_spend(struct hearth_crash_budget *budget,
                                                    bool generates)
{
    uint32_t most = generates ? HEARTH_CRASHES_GENERATING_MAX : HEARTH_CRASHES_MAX;
    if (budget->begun)
        return HEARTH_CRASH_CUT_OFF;
    return ++budget->crashes >= most ? HEARTH_CRASH_GIVE_UP : HEARTH_CRASH_TRY_AGAIN;
}

bool hearth_crash_budget_is_suspect(const struct hearth_crash_budget *budget)
{
    return budget->crashes >= HEARTH_CRASHES_MAX - 1;
}

/* Whoever is with the workers as a suspect is there alone, so that it is the first one. */
bool hearth_crash_budget_may_join(const struct hearth_crash_budget *next, uint64_t flights,
                                  const struct hearth_crash_budget *first)
{
    if (!flights)
        return true;
    return !hearth_crash_budget_is_suspect(next) &&
           !(first && hearth_crash_budget_is_suspect(first));
}
