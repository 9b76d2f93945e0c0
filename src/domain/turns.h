/* Requests that wait for a sequence of a worker: whose turn it is, and which sequence it gets. By
 * class, and within a class in the order in which they came; the free sequence that holds most of
 * the prompt, and among equals the one that is free for the longest, so that what the others hold
 * stays there for a prompt to come. Pure: no clock, no memory; not thread-safe. */
#ifndef HEARTH_DOMAIN_TURNS_H
#define HEARTH_DOMAIN_TURNS_H

#include "domain/queue.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The part of a request that this file owns, from add until take or remove. */
struct hearth_turn {
    struct hearth_turn *next;
    enum hearth_class class_;
    uint64_t came; /* out, of add: counts up with each arrival */
};

/* Zeroed memory is one in which nobody waits. */
struct hearth_turns {
    struct hearth_turn *first;
    uint64_t arrivals;
};

void hearth_turns_add(struct hearth_turns *turns, struct hearth_turn *turn);
/* The one whose turn it is, taken out; NULL when nobody waits. */
struct hearth_turn *hearth_turns_take(struct hearth_turns *turns);
void hearth_turns_remove(struct hearth_turns *turns, struct hearth_turn *turn); /* one that waits */

struct hearth_turn_sequence {
    bool busy;
    uint32_t held;     /* tokens of the prompt that it holds; of a free one */
    uint64_t freed_at; /* when it became free: any count that does not go back */
};

/* False when all are busy. */
bool hearth_turns_choose(const struct hearth_turn_sequence *sequences, size_t count,
                         uint32_t *ret_sequence);

#endif
