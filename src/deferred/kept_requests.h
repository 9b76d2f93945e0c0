/* Asynchronous requests: calls that the server has taken on and runs without their client. Each is
 * a record of the store (kind "request": its label is the state of domain/kept_state.h, its body
 * the request's and, once it has an answer, the answer's), so that it outlives the server: what
 * waited goes on waiting, what was running is run once more.
 *
 * At most `async_parallel` of them run at once, in the order in which they came; the others are ids
 * in a list. Life: create, start once the catalogue is there, stop before the server and the store
 * are closed (what runs goes back into the queue), destroy after the store is closed. Loop thread
 * only. */
#ifndef HEARTH_DEFERRED_KEPT_REQUESTS_H
#define HEARTH_DEFERRED_KEPT_REQUESTS_H

#include "base/json.h"
#include "hearth/error.h"
#include "store/record.h"
#include "wire/http.h"

#include <stdbool.h>

struct hearth_callbacks;
struct hearth_gateway;
struct hearth_kept_requests;

#define HEARTH_KEPT_REQUEST "request" /* the kind of the records */

struct hearth_kept_requests *hearth_kept_requests_create(struct hearth_gateway *gateway,
                                                         struct hearth_callbacks *callbacks);
void hearth_kept_requests_start(struct hearth_kept_requests *kept);
void hearth_kept_requests_stop(struct hearth_kept_requests *kept);
void hearth_kept_requests_destroy(struct hearth_kept_requests *kept); /* NULL is allowed */

struct hearth_kept_order {
    const char *path, *query;            /* as of struct hearth_request_head */
    const struct hearth_header *headers; /* those that must not be kept are left out here */
    size_t header_count;
    const void *body;
    size_t body_length;
    const char *principal;
    const char *callback_url; /* checked (callback_url.h), or NULL */
};

/* Keeps it, then tells its record (valid while on_kept runs), or why not: HEARTH_EQUEUEFULL when as
 * many are kept as the settings allow. The order is copied. */
void hearth_kept_requests_add(struct hearth_kept_requests *kept,
                              const struct hearth_kept_order *order,
                              void (*on_kept)(void *argument, const struct hearth_record *record,
                                              const struct hearth_error *error),
                              void *argument);

/* What a client sees of one: state, place in the queue, progress, times. */
json_t *hearth_kept_requests_json(const struct hearth_kept_requests *kept,
                                  const struct hearth_record *record);

/* After hearth_kept_row_cancel: it is run no further. */
void hearth_kept_requests_forget(struct hearth_kept_requests *kept, const char *id);

#endif
