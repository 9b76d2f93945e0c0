#include "domain/turns.h"

void hearth_turns_add(struct hearth_turns *turns, struct hearth_turn *turn)
{
    struct hearth_turn **link = &turns->first;
    turn->came = turns->arrivals++;
    while (*link && (*link)->class_ <= turn->class_)
        link = &(*link)->next;
    turn->next = *link;
    *link = turn;
}

struct hearth_turn *hearth_turns_take(struct hearth_turns *turns)
{
    struct hearth_turn *turn = turns->first;
    if (turn)
        turns->first = turn->next;
    return turn;
}

void hearth_turns_remove(struct hearth_turns *turns, struct hearth_turn *turn)
{
    struct hearth_turn **link = &turns->first;
    while (*link != turn)
        link = &(*link)->next;
    *link = turn->next;
}

static bool is_better(const struct hearth_turn_sequence *one,
                      const struct hearth_turn_sequence *other)
{
    return one->held != other->held ? one->held > other->held : one->freed_at < other->freed_at;
}

bool hearth_turns_choose(const struct hearth_turn_sequence *sequences, size_t count,
                         uint32_t *ret_sequence)
{
    const struct hearth_turn_sequence *best = NULL;
    for (size_t i = 0; i < count; i++)
        if (!sequences[i].busy && (!best || is_better(&sequences[i], best)))
            best = &sequences[i];
    if (best)
        *ret_sequence = (uint32_t)(best - sequences);
    return best != NULL;
}
