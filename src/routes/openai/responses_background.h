/* Answers of the Responses API that are made in the background: `background: true`.
 *
 * Each is an asynchronous request (deferred/kept_requests.h) whose id "areq_<digits>" gives the
 * answer's, "resp_<digits>": so it waits its turn, outlives a restart of the server, and is found
 * by its id before there is an answer. What runs it is this route again, without a client. Loop
 * thread only, but for what says that it runs on the store's lane. */
#ifndef HEARTH_ROUTES_OPENAI_RESPONSES_BACKGROUND_H
#define HEARTH_ROUTES_OPENAI_RESPONSES_BACKGROUND_H

#include "base/arena.h"
#include "base/json.h"
#include "hearth/error.h"

#include <stdbool.h>
#include <stdint.h>

struct hearth_call;
struct hearth_record;
struct hearth_store;

/* Whether this call runs such a request; then the id of its answer, in the call's arena. NULL: it
 * is a client's. */
const char *hearth_background_id(struct hearth_call *call);
/* Takes the call over: keeps its body as a request, and answers with what is known of it. */
void hearth_background_start(struct hearth_call *call);

/* On the store's lane: what is known of an answer that is not there yet, or never came: a new
 * object with the status queued, in_progress, failed or cancelled. HEARTH_ENOTFOUND when there is
 * no such request of this principal, and when it has succeeded: its answer was there, and is gone.
 */
int hearth_background_load(struct hearth_store *store, const char *response_id,
                           const char *principal, json_t **ret_response,
                           struct hearth_error *error);
/* On the store's lane: what such an answer was asked, a new reference. HEARTH_ENOTFOUND, also of
 * one that failed with an answer. */
int hearth_background_body(struct hearth_store *store, const char *response_id,
                           const char *principal, json_t **ret_body, struct hearth_error *error);
/* On the store's lane: ends one that is not over. `*ret_canceled`: the loop must forget it
 * (hearth_background_forget). HEARTH_ENOTFOUND. */
int hearth_background_cancel(struct hearth_store *store, const char *response_id,
                             const char *principal, int64_t keep_ms, bool *ret_canceled,
                             struct hearth_error *error);
void hearth_background_forget(struct hearth_call *call, const char *response_id);

#endif
