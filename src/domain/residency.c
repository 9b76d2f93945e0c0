#include "domain/residency.h"

#include "hearth/error.h"

#include <string.h>

bool hearth_residency_may_go(const struct hearth_residency *residency,
                             const struct hearth_resident *resident, uint64_t waited_ms,
                             uint64_t now_ms)
{
    if (resident->busy || resident->loading || resident->pinned)
        return false;
    return now_ms - resident->loaded_ms >= residency->shortest_ms ||
           waited_ms >= residency->longest_wait_ms;
}

/* Byte-seconds of idling that one second of loading buys. */
static double worth(const struct hearth_resident *resident, uint64_t now_ms)
{
    double idle = (double)(now_ms - resident->last_use_ms) + 1;
    return idle * (double)resident->bytes / ((double)resident->load_cost_ms + 1);
}

/* Greedy and not optimal: the best of those that are left, again and again. Models are few, and a
 * set that frees a little more than it must is put right afterwards. */
static size_t best_of(const struct hearth_residency *residency,
                      const struct hearth_resident *residents, size_t count, uint64_t waited_ms,
                      uint64_t now_ms, const bool *taken)
{
    size_t best = count;
    for (size_t i = 0; i < count; i++) {
        if (taken[i] || !hearth_residency_may_go(residency, &residents[i], waited_ms, now_ms))
            continue;
        if (best == count || worth(&residents[i], now_ms) > worth(&residents[best], now_ms))
            best = i;
    }
    return best;
}

/* The small 40 MB model does not go when the 13 GB one alone is enough. */
static void spare_needless(const struct hearth_resident *residents, size_t count, uint64_t needed,
                           uint64_t freed, bool *evict)
{
    for (size_t i = 0; i < count; i++) {
        if (evict[i] && freed - residents[i].bytes >= needed) {
            evict[i] = false;
            freed -= residents[i].bytes;
        }
    }
}

/* All or nothing: to unload some and still not have room would cost their users a load for nothing.
 */
int hearth_residency_choose(const struct hearth_residency *residency,
                            const struct hearth_resident *residents, size_t count, uint64_t needed,
                            uint64_t waited_ms, uint64_t now_ms, bool *ret_evict)
{
    uint64_t freed = 0;
    memset(ret_evict, 0, count * sizeof(*ret_evict));
    while (freed < needed) {
        size_t best = best_of(residency, residents, count, waited_ms, now_ms, ret_evict);
        if (best == count) {
            memset(ret_evict, 0, count * sizeof(*ret_evict));
            return HEARTH_EMEMORY;
        }
        ret_evict[best] = true;
        freed += residents[best].bytes;
    }
    spare_needless(residents, count, needed, freed, ret_evict);
    return 0;
}

uint64_t hearth_residency_idle_ms(const struct hearth_residency *residency,
                                  const struct hearth_resident *resident)
{
    uint64_t own = residency->idle_unload_ms ? residency->idle_unload_ms : HEARTH_KEEP_FOREVER;
    uint64_t longest = residency->keep_max_ms ? residency->keep_max_ms : HEARTH_KEEP_FOREVER;
    if (!resident->keep_given)
        return own;
    if (longest < own)
        longest = own;
    return resident->keep_ms < longest ? resident->keep_ms : longest;
}

uint64_t hearth_residency_idle_due(const struct hearth_residency *residency,
                                   const struct hearth_resident *resident)
{
    uint64_t idle_ms = hearth_residency_idle_ms(residency, resident);
    if (idle_ms == HEARTH_KEEP_FOREVER || resident->busy || resident->loading || resident->pinned)
        return 0;
    uint64_t due_ms = resident->last_use_ms + idle_ms;
    return due_ms ? due_ms : 1;
}
