/* How many workers may end under one request before it is given up.
 *
 * When a worker ends, nobody knows which of its requests was to blame, so all of them are tried
 * again. One under which worker after worker ends must be stopped, or it takes down its neighbours
 * for ever: a request may lose three workers, one that generates only two, because its answer may
 * take long and is worth less than those that it delays. One that has lost all but its last is a
 * *suspect* and goes to a worker alone, so that if that one ends too only the guilty one is given
 * up.
 *
 * Pure; not thread-safe. */
#ifndef HEARTH_DOMAIN_CRASH_BUDGET_H
#define HEARTH_DOMAIN_CRASH_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

/* Workers that a request may lose; the last of these is the end of it. */
#define HEARTH_CRASHES_MAX 3u
#define HEARTH_CRASHES_GENERATING_MAX 2u

/* Of one request; zeroed memory is one that has lost none. */
struct hearth_crash_budget {
    uint32_t crashes; /* workers that ended under it */
    bool begun;       /* part of its answer is out, which a second try would repeat */
};

enum hearth_crash_verdict {
    HEARTH_CRASH_TRY_AGAIN,
    HEARTH_CRASH_CUT_OFF, /* it had begun: its client has to know that the answer is not whole */
    HEARTH_CRASH_GIVE_UP, /* too many have ended under it */
};

/* A worker ended that had it. */
enum hearth_crash_verdict hearth_crash_budget_spend(struct hearth_crash_budget *budget,
                                                    bool generates);
bool hearth_crash_budget_is_suspect(const struct hearth_crash_budget *budget);
/* May `next` go to the workers, which have `flights` requests, the first of them `first`? A suspect
 * shares them with nobody. */
bool hearth_crash_budget_may_join(const struct hearth_crash_budget *next, uint64_t flights,
                                  const struct hearth_crash_budget *first);

#endif
