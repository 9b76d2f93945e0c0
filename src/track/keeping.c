/* From the verbs to the store: one write at a time, so that what comes meanwhile goes together. The
 * store may be away for a while (a database elsewhere): then rows wait here, up to a bound. */
#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "loop/loop.h"
#include "track/orders.h"
#include "track/track_private.h"

#include <stdio.h>
#include <string.h>

/* METRICS_WAIT_MS: so long a row of metrics waits for others to go with it. */
enum {
    UNKEPT_MAX = 4096,
    UNKEPT_METRICS_MAX = 3072,
    WRITTEN_MAX = 64,
    METRICS_MAX = 1000,
    RETRY_MS = 1000,
    METRICS_WAIT_MS = 1000
};

/* Some rows on their way to the store's lane. */
struct writing {
    struct hearth_track *track;
    struct hearth_track_unkept *first;
    size_t kept, refused; /* of those from the first on */
    struct hearth_error error;
};

static void free_row(struct hearth_track_unkept *row)
{
    json_decref(row->order);
    hearth_free(row);
}

static bool is_metrics(const json_t *order)
{
    return strcmp(hearth_json_text(order, "verb", ""), "metrics") == 0;
}

/* On the store's lane. A row that finds no room is passed over: what lies behind it may be smaller,
 * or matter more. */
static void write_rows(struct hearth_store *store, void *argument)
{
    struct writing *writing = argument;
    for (struct hearth_track_unkept *row = writing->first; row; row = row->next) {
        int64_t due_ms = is_metrics(row->order) ? row->created_ms + METRICS_WAIT_MS : 0;
        int rc = hearth_outbox_row_create(store, row->id, row->order, row->created_ms, due_ms,
                                          &writing->error);
        bool is_hopeless = rc == HEARTH_EQUEUEFULL || rc == HEARTH_ETOOLARGE ||
                           rc == HEARTH_EINVAL || rc == HEARTH_ECONFLICT;
        if (rc && !is_hopeless)
            break;
        row->created_ms = rc ? -1 : row->created_ms; /* marks what could not be kept */
        writing->refused += rc != 0;
        writing->kept++;
    }
}

static void lose(struct hearth_track *track, const struct hearth_track_unkept *row,
                 const char *reason)
{
    const struct hearth_track_outcome outcome = {.experiment_id = "", .reason = reason};
    track->lost++;
    if ((track->lost & (track->lost - 1)) == 0)
        HEARTH_LOG(HEARTH_LOG_ERROR, "track.lost", HEARTH_TEXT("reason", reason),
                   HEARTH_TEXT("verb", hearth_json_text(row->order, "verb", "")),
                   HEARTH_INT("rows", track->lost));
    hearth_track_waiters_tell(track, row->id, &outcome);
}

/* What is left goes back to the front. */
static void put_back(struct hearth_track *track, struct hearth_track_unkept *rows)
{
    struct hearth_track_unkept *last = rows;
    for (track->unkept_count++; last->next; last = last->next)
        track->unkept_count++;
    last->next = track->unkept;
    if (!track->unkept)
        track->unkept_end = &last->next;
    track->unkept = rows;
}

static void on_written(void *argument)
{
    struct writing *writing = argument;
    struct hearth_track *track = writing->track;
    struct hearth_track_unkept *row = writing->first, *next;
    for (size_t i = 0; i < writing->kept; i++, row = next) {
        next = row->next;
        if (row->created_ms < 0)
            lose(track, row, writing->error.message);
        else
            hearth_track_waiters_kept(track, row->id);
        free_row(row);
    }
    track->is_keeping = false;
    if (row) {
        HEARTH_LOG(HEARTH_LOG_WARNING, "track.not_kept",
                   HEARTH_TEXT("reason", writing->error.message));
        put_back(track, row);
    }
    bool is_stuck = row != NULL, stopped = atomic_load(&track->stopped);
    track->pending += (int64_t)(writing->kept - writing->refused);
    if (writing->kept && !stopped)
        hearth_track_kick(track);
    hearth_free(writing);
    if (is_stuck && !stopped)
        hearth_timer_start(track->keep_timer, RETRY_MS, 0);
    else if (!is_stuck && !stopped)
        hearth_track_keep_on(track);
}

static struct writing *take_some(struct hearth_track *track)
{
    struct writing *writing = hearth_calloc(1, sizeof(*writing));
    struct hearth_track_unkept *last = track->unkept;
    size_t count = 1;
    for (; last->next && count < WRITTEN_MAX; count++)
        last = last->next;
    writing->track = track;
    writing->first = track->unkept;
    track->unkept = last->next;
    last->next = NULL;
    track->unkept_count -= count;
    if (!track->unkept)
        track->unkept_end = &track->unkept;
    return writing;
}

static bool submit(struct hearth_track *track)
{
    struct writing *writing = take_some(track);
    track->is_keeping = true;
    if (!hearth_store_submit(track->options.store, write_rows, on_written, writing))
        return true;
    track->is_keeping = false;
    put_back(track, writing->first);
    hearth_free(writing);
    return false;
}

void hearth_track_keep_on(struct hearth_track *track)
{
    if (!track->is_keeping && track->unkept && !submit(track))
        hearth_timer_start(track->keep_timer, RETRY_MS, 0);
}

void hearth_track_keep_rest(struct hearth_track *track)
{
    while (track->unkept && submit(track))
        ;
}

void hearth_track_keep_forget(struct hearth_track *track)
{
    if (track->unkept)
        HEARTH_LOG(HEARTH_LOG_ERROR, "track.lost", HEARTH_INT("rows", track->unkept_count),
                   HEARTH_TEXT("reason", "the store took no more before the end"));
    while (track->unkept) {
        struct hearth_track_unkept *row = track->unkept;
        track->unkept = row->next;
        free_row(row);
    }
}

/* Metrics of one run that come while a write is under way become one row. */
static bool joins_last(struct hearth_track *track, json_t *order)
{
    struct hearth_track_unkept *last = track->unkept;
    if (!last || !is_metrics(order))
        return false;
    while (last->next)
        last = last->next;
    json_t *metrics = json_object_get(last->order, "metrics");
    const json_t *more = json_object_get(order, "metrics");
    if (!is_metrics(last->order) ||
        strcmp(hearth_json_text(last->order, "run", ""), hearth_json_text(order, "run", "")) != 0 ||
        json_array_size(metrics) + json_array_size(more) > METRICS_MAX)
        return false;
    return json_array_extend(metrics, (json_t *)more) == 0;
}

static struct hearth_track_unkept *new_row(json_t *order)
{
    struct hearth_track_unkept *row = hearth_calloc(1, sizeof(*row));
    unsigned char random[16];
    char hex[2 * sizeof(random) + 1];
    hearth_random_bytes(random, sizeof(random));
    hearth_hex(random, sizeof(random), hex);
    snprintf(row->id, sizeof(row->id), "out_%s", hex);
    row->order = order;
    row->created_ms = hearth_clock_wall_ms();
    return row;
}

bool hearth_track_keep(struct hearth_track *track, json_t *order, char *ret_id)
{
    if (!order) {
        HEARTH_LOG(HEARTH_LOG_ERROR, "track.not_an_order");
        return false;
    }
    if (!ret_id && joins_last(track, order)) {
        json_decref(order);
        return true;
    }
    struct hearth_track_unkept *row = new_row(order);
    if (track->unkept_count >= (is_metrics(order) ? UNKEPT_METRICS_MAX : UNKEPT_MAX)) {
        lose(track, row, "too much waits for the store");
        free_row(row);
        return false;
    }
    if (ret_id)
        memcpy(ret_id, row->id, HEARTH_TRACK_ID);
    *track->unkept_end = row;
    track->unkept_end = &row->next;
    track->unkept_count++;
    hearth_track_keep_on(track);
    return true;
}
