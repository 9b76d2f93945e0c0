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

/* What it has of the kinds that lack; to compare, and not to sum up. */
static double helpful(const struct hearth_resident *resident, struct hearth_memory lacks)
{
    return (lacks.host ? (double)resident->bytes.host : 0) +
           (lacks.device ? (double)resident->bytes.device : 0);
}

/* Byte-seconds of idling that one second of loading buys. */
static double worth(const struct hearth_resident *resident, struct hearth_memory lacks,
                    uint64_t now_ms)
{
    double idle = (double)(now_ms - resident->last_use_ms) + 1;
    return idle * helpful(resident, lacks) / ((double)resident->load_cost_ms + 1);
}

/* Who may be taken: what asks, in the words of hearth_residency_may_go. */
struct question {
    const struct hearth_residency *residency;
    uint64_t waited_ms, now_ms;
    bool (*may)(const struct question *question, const struct hearth_resident *resident);
};

static bool may_go_now(const struct question *question, const struct hearth_resident *resident)
{
    return hearth_residency_may_go(question->residency, resident, question->waited_ms,
                                   question->now_ms);
}

static bool may_go_some_time(const struct question *question,
                             const struct hearth_resident *resident)
{
    (void)question;
    return !resident->pinned;
}

static bool may_be_held(const struct question *question, const struct hearth_resident *resident)
{
    (void)question;
    return !resident->pinned && !resident->loading;
}

/* One that is held already stays held: to hold now this one and now that one would let neither
 * become idle. */
static bool is_better(const struct hearth_resident *one, const struct hearth_resident *other,
                      struct hearth_memory lacks, uint64_t now_ms)
{
    if (one->held != other->held)
        return one->held;
    return worth(one, lacks, now_ms) > worth(other, lacks, now_ms);
}

/* Greedy and not optimal: the best of those that are left, again and again. Models are few, and a
 * set that frees a little more than it must is put right afterwards. */
static size_t best_of(const struct question *question, const struct hearth_resident *residents,
                      size_t count, struct hearth_memory lacks, const bool *taken)
{
    size_t best = count;
    for (size_t i = 0; i < count; i++) {
        if (taken[i] || helpful(&residents[i], lacks) <= 0 ||
            !question->may(question, &residents[i]))
            continue;
        if (best == count || is_better(&residents[i], &residents[best], lacks, question->now_ms))
            best = i;
    }
    return best;
}

static bool covers(struct hearth_memory memory, struct hearth_memory needed)
{
    return hearth_memory_is_none(hearth_memory_less(needed, memory));
}

/* The small 40 MB model does not go when the 13 GB one alone is enough. */
static void spare_needless(const struct hearth_resident *residents, size_t count,
                           struct hearth_memory needed, struct hearth_memory freed, bool *taken)
{
    for (size_t i = 0; i < count; i++) {
        struct hearth_memory without = hearth_memory_less(freed, residents[i].bytes);
        if (taken[i] && covers(without, needed)) {
            taken[i] = false;
            freed = without;
        }
    }
}

/* All or nothing: to unload some and still not have room would cost their users a load for nothing.
 */
static bool take(const struct question *question, const struct hearth_resident *residents,
                 size_t count, struct hearth_memory needed, bool *ret_taken)
{
    struct hearth_memory freed = {0};
    memset(ret_taken, 0, count * sizeof(*ret_taken));
    while (!covers(freed, needed)) {
        struct hearth_memory lacks = hearth_memory_less(needed, freed);
        size_t best = best_of(question, residents, count, lacks, ret_taken);
        if (best == count) {
            memset(ret_taken, 0, count * sizeof(*ret_taken));
            return false;
        }
        ret_taken[best] = true;
        freed = hearth_memory_sum(freed, residents[best].bytes);
    }
    spare_needless(residents, count, needed, freed, ret_taken);
    return true;
}

int hearth_residency_choose(const struct hearth_residency *residency,
                            const struct hearth_resident *residents, size_t count,
                            struct hearth_memory needed, uint64_t waited_ms, uint64_t now_ms,
                            bool *ret_evict)
{
    const struct question question = {
        .residency = residency, .waited_ms = waited_ms, .now_ms = now_ms, .may = may_go_now};
    return take(&question, residents, count, needed, ret_evict) ? 0 : HEARTH_EMEMORY;
}

/* One that loads counts twice, with what it has taken already and with all that it has planned:
 * there may be more room than it looks once it is loaded. */
static bool any_loads(const struct hearth_resident *residents, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (residents[i].loading)
            return true;
    return false;
}

/* Four ways, from the cheapest for the others to the dearest: enough is on its way out already;
 * idle ones go; one that has waited too long has busy ones held until they are idle; or it waits
 * until some are. */
struct hearth_room_answer hearth_residency_ask(const struct hearth_residency *residency,
                                               const struct hearth_resident *residents,
                                               size_t count, const struct hearth_room_wish *wish,
                                               uint64_t now_ms, bool *ret_marked)
{
    struct question question = {
        .residency = residency, .waited_ms = wish->waited_ms, .now_ms = now_ms, .may = may_go_now};
    struct hearth_room_answer answer = {.hope = true, .comes = true};
    memset(ret_marked, 0, count * sizeof(*ret_marked));
    struct hearth_memory needed = hearth_memory_less(wish->lacking, wish->leaving);
    if (hearth_memory_is_none(needed))
        return answer;
    if (take(&question, residents, count, needed, ret_marked)) {
        answer.act = HEARTH_ROOM_EVICT;
        return answer;
    }
    question.may = may_be_held;
    if (wish->waited_ms >= residency->longest_wait_ms &&
        take(&question, residents, count, needed, ret_marked)) {
        answer.act = HEARTH_ROOM_HOLD;
        return answer;
    }
    question.may = may_go_some_time;
    answer.comes = false;
    needed = hearth_memory_less(needed, wish->claimed);
    answer.hope =
        any_loads(residents, count) || take(&question, residents, count, needed, ret_marked);
    memset(ret_marked, 0, count * sizeof(*ret_marked));
    return answer;
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
