/* Asynchronous requests that wait or run, in the order in which they came. An element is of one
 * list at a time, and is freed by who took it out. Loop thread only. */
#ifndef HEARTH_DEFERRED_KEPT_LIST_H
#define HEARTH_DEFERRED_KEPT_LIST_H

#include "base/json.h"
#include "gateway/call.h"

#include <stdint.h>

enum { HEARTH_KEPT_ID_SIZE = 32 };

struct hearth_detached;
struct hearth_kept_requests;

/* One that waits or runs. `detached` is NULL while it waits, and while the store is asked. */
struct hearth_kept {
    struct hearth_kept *next;
    struct hearth_kept_requests *all;
    struct hearth_detached *detached;
    json_t *facts; /* from its begin on */
    const char *principal;
    int64_t created_ms, revision, size;
    struct hearth_call_progress progress; /* of the call that runs */
    char id[HEARTH_KEPT_ID_SIZE];
};

struct hearth_kept_list {
    struct hearth_kept *first, **end;
};

void hearth_kept_list_init(struct hearth_kept_list *list);
void hearth_kept_list_add(struct hearth_kept_list *list, struct hearth_kept *kept);
/* NULL: it is not in the list. */
struct hearth_kept *hearth_kept_list_take(struct hearth_kept_list *list, const char *id);
/* Of a list that is not empty. */
struct hearth_kept *hearth_kept_list_take_first(struct hearth_kept_list *list);

#endif
