/* Does a model fit into memory? What it plans to take (weights, cache, scratch, process) is held
 * against two bounds: what is free on the machine less the headroom, and the limit for all models
 * together less what they have; and what it plans to take of GPUs against what is free there. Pure;
 * bytes. */
#ifndef HEARTH_DOMAIN_MEMORY_PLAN_H
#define HEARTH_DOMAIN_MEMORY_PLAN_H

#include "hearth/engine.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Two kinds that do not stand in for each other. */
struct hearth_memory {
    uint64_t host;   /* the machine's own */
    uint64_t device; /* of all its GPUs together, over which an engine may spread a model */
};
/* Sums stop at UINT64_MAX, differences at 0; each kind by itself. */
struct hearth_memory hearth_memory_sum(struct hearth_memory a, struct hearth_memory b);
struct hearth_memory hearth_memory_less(struct hearth_memory a, struct hearth_memory b);
bool hearth_memory_is_none(struct hearth_memory memory);

struct hearth_memory_room {
    struct hearth_memory available; /* free on the machine or in its cgroup, as measured */
    struct hearth_memory reserved;  /* planned for models that load now and have not taken it yet */
    /* All of the host's. */
    uint64_t jobs;     /* planned for training jobs that run and have not taken it yet */
    uint64_t headroom; /* must stay free */
    uint64_t limit;    /* for all models together; 0: none */
    uint64_t used;     /* by the models that are loaded or loading */
};

/* What a plan takes. */
struct hearth_memory hearth_memory_total(const struct hearth_memory_plan *plan);
/* The most that one more model may take. */
struct hearth_memory hearth_memory_most(const struct hearth_memory_room *room);
/* The room that there would be if `others`, which are loaded, went. */
struct hearth_memory_room hearth_memory_without(const struct hearth_memory_room *room,
                                                struct hearth_memory others);
/* 0, or HEARTH_EMEMORY with the whole sum in words. */
int hearth_memory_check(const struct hearth_memory_plan *plan,
                        const struct hearth_memory_room *room, struct hearth_error *error);
/* Adds to such an error what would fit instead; `context` 0: nothing is known to. `slots` 0: as
 * many as there are. */
void hearth_memory_suggest(uint32_t context, uint32_t slots, struct hearth_error *error);

#endif
