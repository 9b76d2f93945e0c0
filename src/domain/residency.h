/* Which loaded models are unloaded, when another one needs their memory or when nobody uses them.
 *
 * A busy, loading or pinned model never goes. Of the others those go first that were not used for
 * long, are large, and are quick to load again. A model stays at least `shortest_ms` after its
 * load, so that two that do not fit together do not thrash, unless the one that wants room has
 * waited `longest_wait_ms`, so that it does not starve. Memory of the machine and of its GPUs are
 * counted apart: who frees nothing of what lacks does not go for it. For such a one busy models are
 * *held*: what runs there goes on to its end, nothing new is sent, and once they are idle they go.
 * Pure; times in milliseconds. */
#ifndef HEARTH_DOMAIN_RESIDENCY_H
#define HEARTH_DOMAIN_RESIDENCY_H

#include "domain/memory_plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hearth_resident {
    struct hearth_memory bytes;
    uint64_t loaded_ms, last_use_ms; /* last_use_ms is loaded_ms while it was not used */
    uint64_t load_cost_ms;           /* how long the last load took */
    /* Busy: it has requests; of one that is held, such as run. */
    bool busy, loading, pinned, held;
    bool keep_given;  /* its last request said how long it is to stay behind it */
    uint64_t keep_ms; /* HEARTH_KEEP_FOREVER */
};

#define HEARTH_KEEP_FOREVER UINT64_MAX

struct hearth_residency {
    uint64_t shortest_ms, longest_wait_ms;
    uint64_t idle_unload_ms; /* 0: never */
    uint64_t keep_max_ms;    /* the longest that a request may ask for; 0: no limit */
};

/* May this one be unloaded for one that has waited `waited_ms` for room? */
bool hearth_residency_may_go(const struct hearth_residency *residency,
                             const struct hearth_resident *resident, uint64_t waited_ms,
                             uint64_t now_ms);
/* Marks in `ret_evict` (count of them) whom to unload for `needed` bytes: no more than it takes.
 * HEARTH_EMEMORY when even all that may go are not enough; then none is marked. `waited_ms` is how
 * long the one that wants room has waited. */
int hearth_residency_choose(const struct hearth_residency *residency,
                            const struct hearth_resident *residents, size_t count,
                            struct hearth_memory needed, uint64_t waited_ms, uint64_t now_ms,
                            bool *ret_evict);
/* What a model wishes that does not fit. */
struct hearth_room_wish {
    struct hearth_memory lacking;
    struct hearth_memory leaving; /* of models that unload already */
    struct hearth_memory claimed; /* lacking, that older wishes have before it */
    uint64_t waited_ms;           /* since it was asked for */
};
enum hearth_room_act { HEARTH_ROOM_NOTHING, HEARTH_ROOM_EVICT, HEARTH_ROOM_HOLD };
struct hearth_room_answer {
    bool hope;  /* it makes sense to wait */
    bool comes; /* room is being made for it: what becomes free is its own */
    enum hearth_room_act act;
};
/* To be asked again and again, a few times a second, until it fits or there is no hope.
 * `ret_marked` (count of them) says with whom to do what the answer says; a hold is for a second or
 * two, and is renewed by the next asking. */
struct hearth_room_answer hearth_residency_ask(const struct hearth_residency *residency,
                                               const struct hearth_resident *residents,
                                               size_t count, const struct hearth_room_wish *wish,
                                               uint64_t now_ms, bool *ret_marked);
/* How long a model stays loaded that nobody uses; HEARTH_KEEP_FOREVER. A request may shorten the
 * server's own time, and lengthen it up to keep_max_ms; it pins nothing, since memory that another
 * model needs is taken back all the same. */
uint64_t hearth_residency_idle_ms(const struct hearth_residency *residency,
                                  const struct hearth_resident *resident);
/* When an idle model is to be unloaded; 0: not at all as things stand. */
uint64_t hearth_residency_idle_due(const struct hearth_residency *residency,
                                   const struct hearth_resident *resident);

#endif
