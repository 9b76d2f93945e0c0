/* The work on the store that a call about records asks for: it runs on the store's lane, makes its
 * answer there, and comes back to the loop, which sends it if the client is still there. The call
 * is held meanwhile. Loop thread only, but for `run`. */
#ifndef HEARTH_ROUTES_REQUESTS_RECORD_CALL_H
#define HEARTH_ROUTES_REQUESTS_RECORD_CALL_H

#include "base/json.h"
#include "gateway/call.h"
#include "store/store_work.h"

struct hearth_record_call;

/* A kind of record, and how one is shown. */
struct hearth_record_view {
    const char *kind;
    json_t *(*show)(const struct hearth_record_call *record_call,
                    const struct hearth_record *record);
    int64_t page_default, page_max; /* records of a list */
};

struct hearth_record_call {
    struct hearth_store_work work; /* first */
    const struct hearth_record_view *view;
    struct hearth_call *call; /* on the lane only its json may be read */
    const char *id;           /* the first parameter of the path, or NULL */
    const char *principal;
    /* On the loop, when `run` has succeeded and the client is there: must end the call. NULL:
     * `answer` is sent with 200. */
    void (*on_done)(struct hearth_record_call *record_call);
    /* On the loop, before that, also when the client is gone; optional. */
    void (*on_always)(struct hearth_record_call *record_call);
    struct hearth_record *record; /* of hearth_record_call_read */
    struct hearth_record *records;
    size_t count;
    json_t *answer;
    int64_t now_ms, limit;
    bool flag, ascending;
    const char *after, *filter;
};

/* Takes the call over; the caller may set more members before start. */
struct hearth_record_call *
hearth_record_call_create(struct hearth_call *call, const struct hearth_record_view *view,
                          int (*run)(struct hearth_store *store, struct hearth_store_work *work));
void hearth_record_call_start(struct hearth_record_call *record_call);

/* A `run`: the principal's own record of the call's id. */
int hearth_record_call_read(struct hearth_store *store, struct hearth_store_work *work);
/* An `on_done` after it: answers with the record. */
void hearth_record_call_show(struct hearth_record_call *record_call);

/* Answers with the principal's records that have this label (NULL: any), as the query's `limit`,
 * `after` and `order` (asc, desc) ask: {"object": "list", "data", "first_id", "last_id",
 * "has_more"}. */
void hearth_record_call_list(struct hearth_call *call, const struct hearth_record_view *view,
                             const char *label);

#endif
