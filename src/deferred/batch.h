/* One batch under way, and what batches.c (all of them, the store), batch_run.c (what is next),
 * batch_requests.c (its requests) and batch_results.c (its files) have to do with it. Private to
 * src/deferred; loop thread only.
 *
 * What happens next is decided in one place, hearth_batch_step, which is called whenever something
 * has ended; it begins nothing twice, since `away` counts what is on a lane or in the store. */
#ifndef HEARTH_DEFERRED_BATCH_H
#define HEARTH_DEFERRED_BATCH_H

#include "deferred/batch_lines.h"
#include "deferred/batches.h"
#include "domain/kept_state.h"

#include <stdint.h>

struct hearth_batch_request; /* one that runs (batch_requests.c) */

/* What could not be done now is tried again after this, by the loop's clock. */
enum { HEARTH_BATCH_BUSY_MS = 1000 };

enum hearth_batch_ending {
    HEARTH_BATCH_ENDS_COMPLETED,
    HEARTH_BATCH_ENDS_EXPIRED,
    HEARTH_BATCH_ENDS_CANCELLED,
    HEARTH_BATCH_ENDS_FAILED,
};

enum { HEARTH_BATCH_TODO, HEARTH_BATCH_DONE, HEARTH_BATCH_UNDER_WAY };

struct hearth_batch {
    struct hearth_batches *all;
    struct hearth_batch *next;
    char id[32];
    char endpoint[64], input_file_id[64];
    const char *principal;
    json_t *shown; /* OpenAI's object, but for the counts */
    int64_t created_ms, expires_ms, revision;
    enum hearth_batch_state state;

    /* From the opening on. */
    bool is_open;
    struct hearth_batch_lines lines;
    unsigned char *done; /* for each request: TODO … */
    size_t first_todo;   /* none before it is TODO */
    size_t completed, failed;
    int input, output, errors; /* descriptors, -1: closed */
    int64_t output_bytes, error_bytes;

    struct hearth_batch_request *running;
    size_t running_count;
    uint64_t resume_ms; /* the loop's clock: models were busy; nothing is begun before */
    unsigned away;
    bool is_saving, is_dirty; /* the store has it; it has changed meanwhile */
    bool is_finishing;
    bool is_broken; /* a result could not be written: nothing more is begun */
};

struct hearth_batches {
    struct hearth_gateway *gateway;
    struct hearth_kept_files *files;
    struct hearth_lane *lane; /* one thread: results are written in order */
    struct hearth_timer *tick;
    struct hearth_batch *first;
    size_t running_count; /* requests of all batches */
    bool is_stopped;
};

/* batches.c */
/* As the diagram allows; notes the time, and saves. */
void hearth_batch_move(struct hearth_batch *batch, enum hearth_batch_state state);
/* The batch is over in this state; its files are in place. It is gone when the store has it. */
void hearth_batch_end(struct hearth_batch *batch, enum hearth_batch_state state);
/* Looks at all batches for what can go on. */
void hearth_batches_go_on(struct hearth_batches *all);

/* batch_run.c */
/* Does what is next for this batch, but for beginning requests. */
void hearth_batch_step(struct hearth_batch *batch);

/* batch_requests.c */
/* Whether it has a request that may be begun now; and begins it. */
bool hearth_batch_may_begin(const struct hearth_batch *batch);
void hearth_batch_begin_next(struct hearth_batch *batch);
void hearth_batch_cancel_running(struct hearth_batch *batch);
/* Brings `first_todo` past what is done or under way. */
void hearth_batch_skip_done(struct hearth_batch *batch);
/* "batch_req_…" of the request of a line. */
void hearth_batch_request_name(const struct hearth_batch *batch, size_t index, char name[64]);

/* batch_results.c */
/* "file-…" of its results; takes 40 bytes. */
void hearth_batch_file_id(const struct hearth_batch *batch, bool errors, char ret_id[40]);
void hearth_batch_close(struct hearth_batch *batch);

/* batch_faults.c */
/* A fault that is no line's; those of the lines. */
void hearth_batch_tell_fault(const struct hearth_batch *batch, const char *code,
                             const char *message);
void hearth_batch_tell_faults(const struct hearth_batch *batch);

#endif
