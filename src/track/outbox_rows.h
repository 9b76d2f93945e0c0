/* Rows of the outbox in the store: the next that may be told, with what is known of its run or
 * model, and what became of it. Blocking verbs of the store, for its lane.
 *
 * A row is a record of kind "outbox" whose owner is its subject, label "pending" or "refused"; its
 * facts are {"subject", "verb", "failures", "due_ms", "done", "reason"}, its body the order
 * (orders.h). What is known is a record of kind "tracked" with the subject as its id. */
#ifndef HEARTH_TRACK_OUTBOX_ROWS_H
#define HEARTH_TRACK_OUTBOX_ROWS_H

#include "base/json.h"
#include "domain/outbox.h"
#include "store/record.h"

#define HEARTH_OUTBOX_PENDING "pending"
#define HEARTH_OUTBOX_REFUSED_LABEL "refused"

enum { HEARTH_OUTBOX_LEASE_MS = 15000, HEARTH_OUTBOX_JOINED_MAX = 200 };

/* What is told at once: a row, or several rows of metrics of one run as one order. */
struct hearth_outbox_parcel {
    struct hearth_arena *arena; /* of all below */
    struct hearth_record *rows[HEARTH_OUTBOX_JOINED_MAX];
    size_t row_count;            /* 0: nothing may be told now */
    struct hearth_record *known; /* NULL: nothing yet */
    char subject[160];
    json_t *order, *tracked;
    int64_t done;
    int64_t next_ms; /* wall clock; of those that wait, 0: none */
};
void hearth_outbox_parcel_begin(struct hearth_outbox_parcel *parcel);
void hearth_outbox_parcel_end(struct hearth_outbox_parcel *parcel);

/* Writes a new row. HEARTH_EQUEUEFULL when as much is kept as may be. */
int hearth_outbox_row_create(struct hearth_store *store, const char *id, const json_t *order,
                             int64_t now_ms, int64_t due_ms, struct hearth_error *error);
/* The row of this id if there is one that waits (or NULL), else the first that may be told. Into a
 * parcel that was begun. */
int hearth_outbox_pick(struct hearth_store *store, const char *wanted_id, int64_t now_ms,
                       struct hearth_outbox_parcel *parcel, struct hearth_error *error);

struct hearth_outbox_result {
    enum hearth_outbox_verdict verdict; /* not AWAY: then nothing is noted */
    bool has_more;
    const char *reason;
    uint32_t random;
};
/* What is known first, then the row: cut off between the two, it is told again, and nothing is
 * found to be told. */
int hearth_outbox_note(struct hearth_store *store, struct hearth_outbox_parcel *parcel,
                       const struct hearth_outbox_result *result, int64_t now_ms,
                       struct hearth_error *error);
/* How many there are, of a subject or (NULL) of all. */
int hearth_outbox_count(struct hearth_store *store, const char *subject, int64_t *ret_pending,
                        int64_t *ret_refused, struct hearth_error *error);
/* Rows that were refused long ago, and what is known of runs that ended long ago. */
int hearth_outbox_forget(struct hearth_store *store, int64_t now_ms, struct hearth_error *error);

#endif
