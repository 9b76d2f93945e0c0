#include "serving/load_gate.h"

#include "base/memory.h"

#include <assert.h>
#include <stddef.h>

struct hearth_load_gate {
    struct hearth_load_pass *first;   /* in the order in which their models were made */
    struct hearth_load_pass *planner; /* within the gate */
    uint64_t begun;                   /* loads so far */
    uint64_t reserved;                /* bytes for others than models */
};

struct hearth_load_gate *hearth_load_gate_create(void)
{
    return hearth_calloc(1, sizeof(struct hearth_load_gate));
}

void hearth_load_gate_destroy(struct hearth_load_gate *gate)
{
    if (!gate)
        return;
    assert(!gate->first);
    hearth_free(gate);
}

void hearth_load_gate_add(struct hearth_load_gate *gate, struct hearth_load_pass *pass)
{
    struct hearth_load_pass **end = &gate->first;
    while (*end)
        end = &(*end)->next;
    *end = pass;
}

/* It may be within the gate, or wait before it: then the next one has its turn now. */
void hearth_load_gate_remove(struct hearth_load_gate *gate, struct hearth_load_pass *pass)
{
    struct hearth_load_pass **link = &gate->first;
    while (*link != pass)
        link = &(*link)->next;
    *link = pass->next;
    hearth_load_gate_leave(gate, pass);
}

void hearth_load_gate_begin(struct hearth_load_gate *gate, struct hearth_load_pass *pass)
{
    pass->order = ++gate->begun;
    pass->claimed = (struct hearth_memory){0};
}

/* One that stands within already would wait for itself; a load enters once for each try, and leaves
 * before the next. */
void hearth_load_gate_enter(struct hearth_load_gate *gate, struct hearth_load_pass *pass)
{
    if (gate->planner) {
        pass->waits = true;
        return;
    }
    gate->planner = pass;
    pass->on_turn(pass->argument);
}

static struct hearth_load_pass *oldest_waiting(const struct hearth_load_gate *gate)
{
    struct hearth_load_pass *oldest = NULL;
    for (struct hearth_load_pass *pass = gate->first; pass; pass = pass->next)
        if (pass->waits && (!oldest || pass->order < oldest->order))
            oldest = pass;
    return oldest;
}

/* Whoever was asked for first goes next, not whoever came first: a model that has waited for room
 * comes back to the gate again and again, and must not be overtaken by newer ones each time. */
void hearth_load_gate_leave(struct hearth_load_gate *gate, struct hearth_load_pass *pass)
{
    pass->waits = false;
    if (gate->planner != pass)
        return;
    gate->planner = NULL;
    struct hearth_load_pass *next = oldest_waiting(gate);
    if (next) {
        next->waits = false;
        hearth_load_gate_enter(gate, next);
    }
}

static const struct hearth_memory none;

void hearth_load_gate_promise(struct hearth_load_pass *pass, struct hearth_memory memory,
                              bool loading)
{
    pass->promised = memory;
    pass->loading = loading;
    if (!hearth_memory_is_none(memory))
        pass->claimed = none;
}

void hearth_load_gate_claim(struct hearth_load_pass *pass, struct hearth_memory memory)
{
    pass->claimed = memory;
}

struct hearth_memory hearth_load_gate_claim_before(const struct hearth_load_pass *other,
                                                   const struct hearth_load_pass *pass)
{
    return other->order < pass->order ? other->claimed : none;
}

struct hearth_memory hearth_load_gate_promised(const struct hearth_load_gate *gate)
{
    struct hearth_memory promised = none;
    for (const struct hearth_load_pass *pass = gate->first; pass; pass = pass->next) {
        promised = hearth_memory_sum(promised, pass->claimed);
        promised = hearth_memory_sum(promised, pass->loading ? pass->promised : none);
    }
    return promised;
}

void hearth_load_gate_reserve(struct hearth_load_gate *gate, uint64_t bytes)
{
    gate->reserved = bytes;
}

void hearth_load_gate_room(const struct hearth_load_gate *gate, const struct hearth_load_pass *pass,
                           struct hearth_memory available, uint64_t headroom, uint64_t limit,
                           struct hearth_memory_room *ret_room)
{
    *ret_room = (struct hearth_memory_room){
        .available = available, .jobs = gate->reserved, .headroom = headroom, .limit = limit};
    for (const struct hearth_load_pass *other = gate->first; other; other = other->next) {
        if (other == pass)
            continue;
        struct hearth_memory claimed = hearth_load_gate_claim_before(other, pass);
        ret_room->used += other->promised.host + claimed.host;
        ret_room->reserved = hearth_memory_sum(ret_room->reserved, claimed);
        /* What is loaded has its memory: `available` no longer shows that. What loads still comes.
         */
        if (other->loading)
            ret_room->reserved = hearth_memory_sum(ret_room->reserved, other->promised);
    }
}
