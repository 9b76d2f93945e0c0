/* Work on the store's lane that belongs to no call: an object that runs there, comes back to the
 * loop, and frees itself. Whoever needs more embeds it as the first member.
 *
 * `run` must touch nothing that the loop may change. `done` is called exactly once, on the loop,
 * also when the store takes no more work (then from within start, with HEARTH_EQUEUEFULL in `rc`);
 * it takes what it needs out and calls hearth_store_work_free. Loop thread only, but for `run`. */
#ifndef HEARTH_STORE_STORE_WORK_H
#define HEARTH_STORE_STORE_WORK_H

#include "base/arena.h"
#include "hearth/error.h"
#include "store/record.h"

struct hearth_store_work {
    struct hearth_arena *arena; /* rows and whatever lives as long as the work */
    int (*run)(struct hearth_store *store, struct hearth_store_work *work);
    void (*done)(struct hearth_store_work *work);
    int rc;
    struct hearth_error error;
};

/* `size` bytes of zeroed memory, of which this is the first member. */
void *hearth_store_work_create(size_t size,
                               int (*run)(struct hearth_store *store,
                                          struct hearth_store_work *work),
                               void (*done)(struct hearth_store_work *work));
void hearth_store_work_start(struct hearth_store *store, struct hearth_store_work *work);
void hearth_store_work_free(struct hearth_store_work *work);

#endif
