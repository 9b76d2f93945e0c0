/* RLIMIT_DATA, computed from the model's plan. */
#include "worker/memory_cap.h"

#include <stdbool.h>
#include <sys/resource.h>
#include <unistd.h>

#define HEADER_BYTES (2ull << 30)
/* A plan is an estimate from above; the smallest models need proportionally more beside it. */
#define MARGIN_LEAST (512ull << 20)
#define MARGIN_PART 4
/* Threads of the worker itself, beside the engine's. */
#define OWN_THREADS 8u
#define STACK_BYTES (8ull << 20)

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const bool can_cap = false;
#else
static const bool can_cap = true;
#endif

/* The numbers come from a model file by way of its plan: a sum that wraps would be a tiny limit. */
static uint64_t add(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* `for_good` lowers the hard limit too, which an engine could otherwise raise the soft one up
 * to. */
static void cap(uint64_t bytes, bool for_good)
{
    struct rlimit limit;
    if (!can_cap || getrlimit(RLIMIT_DATA, &limit))
        return;
    if (bytes < limit.rlim_max)
        limit.rlim_cur = bytes;
    if (for_good)
        limit.rlim_max = limit.rlim_cur;
    setrlimit(RLIMIT_DATA, &limit);
}

void memory_cap_header(void)
{
    cap(HEADER_BYTES, false);
}

/* The stack that a thread gets when nobody says: that of the process. */
static uint64_t stack_bytes(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_STACK, &limit) || limit.rlim_cur == RLIM_INFINITY)
        return STACK_BYTES;
    return limit.rlim_cur > STACK_BYTES ? limit.rlim_cur : STACK_BYTES;
}

void memory_cap_plan(const struct hearth_memory_plan *plan, uint32_t threads)
{
    uint64_t sum = add(add(plan->weights, plan->cache), add(plan->scratch, plan->process));
    uint64_t margin = sum / MARGIN_PART > MARGIN_LEAST ? sum / MARGIN_PART : MARGIN_LEAST;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t count = threads ? threads : cores > 0 ? (uint64_t)cores : 1;
    cap(add(add(sum, margin), (count + OWN_THREADS) * stack_bytes()), true);
}
