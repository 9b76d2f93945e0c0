/* The work on the store that a call asks for. It runs on the store's lane, makes its answer there,
 * and comes back to the loop, which sends it. What was written is in the catalogue before the
 * client hears of it, so that its next request already finds it. */
#ifndef HEARTH_TASK_STORE_JOB_H
#define HEARTH_TASK_STORE_JOB_H

#include "base/arena.h"
#include "base/json.h"
#include "gateway/call.h"
#include "gateway/query_reader.h"
#include "store/store.h"

struct hearth_store_job {
    struct hearth_call *call; /* only its json may be read on the lane */
    struct hearth_arena *arena;
    const char *params[HEARTH_ROUTE_PARAMS_MAX]; /* copies */
    /* On the lane: fills `result` and `status`, or `error` and returns its code. */
    int (*work)(struct hearth_store *store, struct hearth_store_job *job);
    /* On the loop, instead of sending `result`; optional. Must end the call, if it has not ended
     * already: see `outlives_client`. */
    void (*on_done)(struct hearth_store_job *job);
    bool writes; /* the catalogue is refreshed before the answer */
    /* What `work` has begun must be ended: on_done comes also when the client has gone meanwhile
     * (call->exchange is NULL then). */
    bool outlives_client;
    /* A reading of models, versions and aliases only: while the store is away, `work` runs on the
     * catalogue's rows, on another lane, and the answer says as of when they are. */
    bool recalls;
    /* Those, while `work` runs on them or has; else NULL. They have no records. */
    struct hearth_catalog_rows *rows;
    void *input; /* the route's own, in the arena */
    json_t *result;
    int status; /* 200 */
    int rc;
    struct hearth_error error;
    int64_t model_id, number; /* the route's own, and */
    bool created;             /* whether the row is this call's */
    int64_t quantized_number; /* of a version that is to be made of that one; 0: none is */
};

/* Holds the call and copies its parameters. Loop thread only, like the two below; ends in exactly
 * one of them. */
struct hearth_store_job *hearth_store_job_create(struct hearth_call *call);
/* Takes the call over. */
void hearth_store_job_start(struct hearth_store_job *job);
/* The same, unless the query that it was made of has faults: then the call is answered with them.
 */
void hearth_store_job_start_query(struct hearth_store_job *job,
                                  const struct hearth_query_reader *reader);
/* Instead of start: frees it and leaves the call. */
void hearth_store_job_cancel(struct hearth_store_job *job);

#endif
