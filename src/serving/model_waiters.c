#include "serving/model_waiters.h"

#include "base/memory.h"

struct hearth_model_waiter {
    struct hearth_model_waiter *next;
    hearth_on_model on_done;
    void *argument;
};

/* At the end: who has waited longest is told first. */
void hearth_model_waiters_add(struct hearth_model_waiter **waiters, hearth_on_model on_done,
                              void *argument)
{
    struct hearth_model_waiter *waiter = hearth_calloc(1, sizeof(*waiter));
    waiter->on_done = on_done;
    waiter->argument = argument;
    while (*waiters)
        waiters = &(*waiters)->next;
    *waiters = waiter;
}

/* A callback may add waiters to the same list; they are not told by this run. */
void hearth_model_waiters_tell(struct hearth_model_waiter **waiters,
                               const struct hearth_error *error)
{
    struct hearth_model_waiter *waiter = *waiters;
    *waiters = NULL;
    while (waiter) {
        struct hearth_model_waiter *next = waiter->next;
        if (waiter->on_done)
            waiter->on_done(waiter->argument, error);
        hearth_free(waiter);
        waiter = next;
    }
}
