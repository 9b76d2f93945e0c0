#include "deferred/kept_list.h"

#include <string.h>

void hearth_kept_list_init(struct hearth_kept_list *list)
{
    list->first = NULL;
    list->end = &list->first;
}

void hearth_kept_list_add(struct hearth_kept_list *list, struct hearth_kept *kept)
{
    kept->next = NULL;
    *list->end = kept;
    list->end = &kept->next;
}

struct hearth_kept *hearth_kept_list_take(struct hearth_kept_list *list, const char *id)
{
    for (struct hearth_kept **at = &list->first; *at; at = &(*at)->next) {
        struct hearth_kept *kept = *at;
        if (strcmp(kept->id, id) != 0)
            continue;
        *at = kept->next;
        if (!*at)
            list->end = at;
        return kept;
    }
    return NULL;
}

struct hearth_kept *hearth_kept_list_take_first(struct hearth_kept_list *list)
{
    struct hearth_kept *kept = list->first;
    list->first = kept->next;
    if (!list->first)
        list->end = &list->first;
    return kept;
}
