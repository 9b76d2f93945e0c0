/* Batches: a file of requests that run when there is room for them, and the files of their results
 * (OpenAI's batches). Each is a record of the store (kind "batch", its label the state of
 * domain/kept_state.h, its facts OpenAI's object).
 *
 * While one is under way its results grow in files/<id>.output.part and files/<id>.errors.part, a
 * line for each request, written when the request is over: what stands there when the server ends
 * is not run again. At most `batch_parallel` requests of all batches run at once, in the class
 * batch, taken in turn from each. Life as of struct hearth_deferred. Loop thread only. */
#ifndef HEARTH_DEFERRED_BATCHES_H
#define HEARTH_DEFERRED_BATCHES_H

#include "base/json.h"
#include "hearth/error.h"
#include "store/record.h"

#include <stdbool.h>

struct hearth_batches;
struct hearth_gateway;
struct hearth_kept_files;

#define HEARTH_BATCH "batch" /* the kind of the records */

struct hearth_batches *hearth_batches_create(struct hearth_gateway *gateway,
                                             struct hearth_kept_files *files);
void hearth_batches_start(struct hearth_batches *batches);
void hearth_batches_stop(struct hearth_batches *batches);
void hearth_batches_destroy(struct hearth_batches *batches); /* NULL is allowed */

struct hearth_batch_order {
    const char *input_file_id, *endpoint, *window, *principal;
    const json_t *metadata; /* or NULL */
};

/* Tells the batch as a client sees it (the reference is the callee's), or why there is none:
 * HEARTH_ENOTFOUND without such a file, HEARTH_EINVAL when it is for something else,
 * HEARTH_EQUEUEFULL. The order is copied. */
void hearth_batches_add(struct hearth_batches *batches, const struct hearth_batch_order *order,
                        void (*on_added)(void *argument, json_t *shown,
                                         const struct hearth_error *error),
                        void *argument);

/* As a client sees it: of one under way what is true now, of others what the record says. */
json_t *hearth_batches_json(const struct hearth_batches *batches,
                            const struct hearth_record *record);
/* Begins to cancel one that is under way; false when it is not. What is done stays. */
bool hearth_batches_cancel(struct hearth_batches *batches, const char *id);

#endif
