#include "store/store_work.h"

#include "base/error.h"
#include "base/memory.h"

enum { ARENA_MAX = 512 << 20 }; /* a body of a record, and a page of lists */

void *hearth_store_work_create(size_t size,
                               int (*run)(struct hearth_store *store,
                                          struct hearth_store_work *work),
                               void (*done)(struct hearth_store_work *work))
{
    struct hearth_store_work *work = hearth_calloc(1, size);
    work->arena = hearth_arena_create(ARENA_MAX);
    work->run = run;
    work->done = done;
    return work;
}

static void on_lane(struct hearth_store *store, void *argument)
{
    struct hearth_store_work *work = argument;
    work->rc = work->run(store, work);
}

static void on_loop(void *argument)
{
    struct hearth_store_work *work = argument;
    work->done(work);
}

void hearth_store_work_start(struct hearth_store *store, struct hearth_store_work *work)
{
    int rc = hearth_store_submit(store, on_lane, on_loop, work); /* it may run already */
    if (!rc)
        return;
    work->rc = hearth_error_set(&work->error, rc, "the store has too much to do at once");
    work->done(work);
}

void hearth_store_work_free(struct hearth_store_work *work)
{
    hearth_arena_destroy(work->arena);
    hearth_free(work);
}
