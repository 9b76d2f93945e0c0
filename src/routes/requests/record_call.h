/* The work on the store that a call about records asks for: it runs on the store's lane, makes its
 * answer there, and comes back to the loop, which sends it if the client is still there. The call
 * is held meanwhile. Loop thread only, but for `run`. */
#ifndef HEARTH_ROUTES_REQUESTS_RECORD_CALL_H
#define HEARTH_ROUTES_REQUESTS_RECORD_CALL_H

#include "base/json.h"
#include "deferred/store_work.h"
#include "gateway/call.h"

struct hearth_record_call {
    struct hearth_store_work work; /* first */
    struct hearth_call *call;      /* on the lane only its json may be read */
    const char *id;                /* the first parameter of the path, or NULL */
    const char *principal;
    /* On the loop, when `run` has succeeded and the client is there: must end the call. NULL:
     * `answer` is sent with 200. */
    void (*on_done)(struct hearth_record_call *record_call);
    /* On the loop, before that, also when the client is gone; optional. */
    void (*on_always)(struct hearth_record_call *record_call);
    struct hearth_record *record; /* the route's own, and */
    struct hearth_record *records;
    size_t count;
    json_t *answer;
    int64_t now_ms, limit;
    bool flag, ascending;
    const char *after, *filter;
};

/* Takes the call over; the caller may set more members before start. */
struct hearth_record_call *hearth_record_call_create(struct hearth_call *call,
                                                     int (*run)(struct hearth_store *store,
                                                                struct hearth_store_work *work));
void hearth_record_call_start(struct hearth_record_call *record_call);

/* Reads `limit` (1 to `limit_max`; its default), `after` and `order` (asc, desc) of the query.
 * False: one is faulty, and the call is answered; the record call is freed. */
bool hearth_record_call_page(struct hearth_record_call *record_call, int64_t limit_default,
                             int64_t limit_max);
/* {"object": "list", "data", "first_id", "last_id", "has_more"} of the records, of which one more
 * than the page was asked for; `show` makes each. */
json_t *hearth_record_call_list(const struct hearth_record_call *record_call,
                                json_t *(*show)(const struct hearth_record_call *record_call,
                                                const struct hearth_record *record));

#endif
