#include "serving/request_list.h"

#include "serving/request.h"

/* At the front, where no walk that is under way will come by. */
void hearth_request_list_add(struct hearth_request_list *list, struct hearth_inference *inference)
{
    inference->links.next = list->first;
    if (list->first)
        list->first->links.previous = inference;
    list->first = inference;
}

/* Every walk that would step on it next, whichever callback began it, steps on the one behind it
 * instead. */
void hearth_request_list_remove(struct hearth_request_list *list,
                                struct hearth_inference *inference)
{
    const struct hearth_request_links *links = &inference->links;
    for (struct hearth_walk *walk = list->walks; walk; walk = walk->outer)
        if (walk->next == inference)
            walk->next = links->next;
    if (links->next)
        links->next->links.previous = links->previous;
    *(links->previous ? &links->previous->links.next : &list->first) = links->next;
}

void hearth_walk_begin(struct hearth_walk *walk, struct hearth_request_list *list)
{
    *walk = (struct hearth_walk){.list = list, .next = list->first, .outer = list->walks};
    list->walks = walk;
}

struct hearth_inference *hearth_walk_next(struct hearth_walk *walk)
{
    struct hearth_inference *inference = walk->next;
    if (inference)
        walk->next = inference->links.next;
    else
        walk->list->walks = walk->outer;
    return inference;
}
