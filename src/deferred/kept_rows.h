/* What becomes of the record of an asynchronous request, in the store. The store decides who wins
 * when a request is canceled while it begins or ends: each step reads the row's state, or brings
 * its revision, and a step that comes too late changes nothing. Blocking: on the store's lane. */
#ifndef HEARTH_DEFERRED_KEPT_ROWS_H
#define HEARTH_DEFERRED_KEPT_ROWS_H

#include "hearth/error.h"
#include "store/record.h"

#include <stdbool.h>

/* The record is marked as running, and read. HEARTH_ECONFLICT when it does not wait any more. */
int hearth_kept_row_begin(struct hearth_store *store, const char *id, int64_t now_ms,
                          struct hearth_arena *arena, struct hearth_record **ret_record,
                          struct hearth_error *error);

/* Cancels one that is not over, else deletes it. `*ret_canceled` says which. */
int hearth_kept_row_cancel(struct hearth_store *store, const char *id, const char *principal,
                           int64_t now_ms, int64_t keep_ms, struct hearth_arena *arena,
                           bool *ret_canceled, struct hearth_error *error);

struct hearth_kept_rows_left {
    int64_t limit;      /* records that are read */
    int64_t now_ms;     /* wall clock */
    int64_t expires_ms; /* of one that is given up */
};
/* What the last server left: first what was running becomes queued, or failed; then the queue is
 * read in its order. */
int hearth_kept_rows_recover(struct hearth_store *store, const struct hearth_kept_rows_left *left,
                             struct hearth_arena *arena, struct hearth_record **ret_records,
                             size_t *ret_count, struct hearth_error *error);

#endif
