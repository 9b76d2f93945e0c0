/* The requests that a model has, and walks over them. A callback may end any request while one is
 * walked, or begin another walk: a walk never steps on what is gone, and what is new it does not
 * meet. Loop thread only. */
#ifndef HEARTH_SERVING_REQUEST_LIST_H
#define HEARTH_SERVING_REQUEST_LIST_H

struct hearth_inference;
struct hearth_walk;

/* Zeroed memory is an empty one. Only request_list.c changes it. */
struct hearth_request_list {
    struct hearth_inference *first;
    struct hearth_walk *walks; /* under way, the innermost first */
};

void hearth_request_list_add(struct hearth_request_list *list, struct hearth_inference *inference);
void hearth_request_list_remove(struct hearth_request_list *list,
                                struct hearth_inference *inference);

struct hearth_walk {
    struct hearth_request_list *list;
    struct hearth_inference *next;
    struct hearth_walk *outer;
};
/* It must be walked to its end, where next is NULL; the walk lies on the stack. */
void hearth_walk_begin(struct hearth_walk *walk, struct hearth_request_list *list);
struct hearth_inference *hearth_walk_next(struct hearth_walk *walk);

#endif
