/* The gate that loads pass one by one, and the memory that is promised to those that have passed.
 *
 * A process that plans looks at what memory is free. So only one plans at a time: the next one
 * counts what the one before it will take. Plans are upper bounds, so what runs is counted with its
 * plan. Each load has a *pass*; the pass is the load's, the gate changes it. Loop thread only. */
#ifndef HEARTH_SERVING_LOAD_GATE_H
#define HEARTH_SERVING_LOAD_GATE_H

#include "domain/memory_plan.h"

#include <stdbool.h>
#include <stdint.h>

struct hearth_load_gate;

struct hearth_load_pass {
    struct hearth_load_pass *next; /* of all */
    void (*on_turn)(void *argument);
    void *argument;
    bool waits;
    bool loading;                  /* it has not taken its memory yet */
    struct hearth_memory promised; /* none: nothing runs */
    uint64_t order;                /* of the beginnings of loads */
    struct hearth_memory claimed;  /* that others free for it */
};

struct hearth_load_gate *hearth_load_gate_create(void);       /* nothing is reserved */
void hearth_load_gate_destroy(struct hearth_load_gate *gate); /* no pass is left */
void hearth_load_gate_add(struct hearth_load_gate *gate, struct hearth_load_pass *pass);
void hearth_load_gate_remove(struct hearth_load_gate *gate, struct hearth_load_pass *pass);

/* A load begins, which may enter several times: from now on it is the youngest. */
void hearth_load_gate_begin(struct hearth_load_gate *gate, struct hearth_load_pass *pass);
/* `on_turn` comes from here, or from another one's leave. */
void hearth_load_gate_enter(struct hearth_load_gate *gate, struct hearth_load_pass *pass);
/* It plans no more, or no longer waits to: the next one may. Nothing happens outside the gate. */
void hearth_load_gate_leave(struct hearth_load_gate *gate, struct hearth_load_pass *pass);

/* What the process will hold; `loading` until it is loaded. None when it has ended. */
void hearth_load_gate_promise(struct hearth_load_pass *pass, struct hearth_memory memory,
                              bool loading);
/* Others free memory for it: until it has it (a promise ends the claim), or gives it up (none),
 * younger loads do not get it. So whoever has waited longest comes in next, and no one is overtaken
 * for ever by others that come back. */
void hearth_load_gate_claim(struct hearth_load_pass *pass, struct hearth_memory memory);
/* What `other` claims before `pass` may have it. */
struct hearth_memory hearth_load_gate_claim_before(const struct hearth_load_pass *other,
                                                   const struct hearth_load_pass *pass);
/* Of what is free now, what loads have been promised and have not taken for certain, or claim. */
struct hearth_memory hearth_load_gate_promised(const struct hearth_load_gate *gate);
/* Of what is free now, what training jobs that run are still to take. */
void hearth_load_gate_reserve(struct hearth_load_gate *gate, uint64_t bytes);
/* The room for this one, with what the others have been promised; `available` was measured. */
void hearth_load_gate_room(const struct hearth_load_gate *gate, const struct hearth_load_pass *pass,
                           struct hearth_memory available, uint64_t headroom, uint64_t limit,
                           struct hearth_memory_room *ret_room);

#endif
