/* The tracker's parts: keeping.c writes rows, sending.c tells them, track.c is its life and who
 * waits for a first try. Loop thread only but where it is said. Private to src/track. */
#ifndef HEARTH_TRACK_TRACK_PRIVATE_H
#define HEARTH_TRACK_TRACK_PRIVATE_H

#include "base/json.h"
#include "track/outbox_rows.h"
#include "track/track.h"

#include <stdatomic.h>

struct hearth_lane;
struct hearth_mlflow;
struct hearth_timer;

enum { HEARTH_TRACK_ID = 40 };

/* A row that the store has not yet. */
struct hearth_track_unkept {
    struct hearth_track_unkept *next;
    json_t *order;
    char id[HEARTH_TRACK_ID];
    int64_t created_ms;
};

/* Somebody who wants to know what comes of a row's first try. */
struct hearth_track_waiter {
    struct hearth_track_waiter *next;
    struct hearth_track *track;
    struct hearth_timer *timer;
    char id[HEARTH_TRACK_ID];
    bool is_kept; /* its row is in the store */
    void (*on_tried)(void *argument, const struct hearth_track_outcome *outcome);
    void *argument;
};

enum hearth_track_phase { HEARTH_TRACK_IDLE, HEARTH_TRACK_AT_STORE, HEARTH_TRACK_AT_SERVER };

struct hearth_track {
    struct hearth_track_options options;
    struct hearth_track_listener listener;
    char owner[HEARTH_TRACK_ID]; /* of the claim on the outbox */
    /* keeping */
    struct hearth_track_unkept *unkept, **unkept_end;
    size_t unkept_count;
    uint64_t lost; /* rows for which there was no room */
    bool is_keeping;
    struct hearth_timer *keep_timer;
    /* sending */
    enum hearth_track_phase phase;
    bool again; /* something new has come meanwhile */
    bool is_renewing;
    struct hearth_timer *wake, *renew;
    struct hearth_lane *lane;
    struct hearth_mlflow *mlflow; /* for the lane's thread */
    uint32_t away_failures;
    uint64_t away_until_ms; /* on the loop's clock */
    char away_reason[320];
    int64_t pending, refused; /* rows, as they were counted last */
    uint64_t counted_ms, told;
    int64_t forgotten_ms; /* when old rows were looked for */
    struct hearth_track_waiter *waiters;
    _Atomic bool stopped;
    _Atomic uint64_t lease_until_ms; /* monotonic */
};

/* Queues an order for the store; takes the order, which may be NULL. `ret_id` (may be NULL) is the
 * row's; false when there is no room. */
bool hearth_track_keep(struct hearth_track *track, json_t *order, char *ret_id);
/* Goes on with what is queued, unless a write is under way. */
void hearth_track_keep_on(struct hearth_track *track);
/* Hands all that is queued to the store, without waiting for what is under way. */
void hearth_track_keep_rest(struct hearth_track *track);
void hearth_track_keep_forget(struct hearth_track *track);

/* Looks for something to tell, now or when the one under way is over. */
void hearth_track_kick(struct hearth_track *track);
/* Makes the claim last longer. */
void hearth_track_renew(struct hearth_track *track);

/* The row is in the store; or cannot be kept (reason), or was tried. */
void hearth_track_waiters_kept(struct hearth_track *track, const char *id);
void hearth_track_waiters_tell(struct hearth_track *track, const char *id,
                               const struct hearth_track_outcome *outcome);
/* The row of the first who waits, or NULL. */
const char *hearth_track_waiters_first(const struct hearth_track *track);

#endif
