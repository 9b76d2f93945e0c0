/* The way of a parcel: the store (claim, and the next that may be told), the lane (telling), the
 * store again (what came of it, and the next). While the server is away nothing is written. */
#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "loop/loop.h"
#include "loop/pool.h"
#include "track/telling.h"
#include "track/track_private.h"
#include "track/tracked_models.h"

#include <stdio.h>
#include <string.h>

/* POLL_MS: how late what another process left is seen. TAKEN_MS: how soon it is looked again while
 * another gateway has the claim. COUNT_MS: how often rows are counted while they are told. */
enum {
    POLL_MS = 30000,
    TAKEN_MS = 500,
    STORE_RETRY_MS = 5000,
    SOONEST_MS = 20,
    FORGET_MS = 3600000,
    COUNT_MS = 1000
};
#define CLAIM "outbox"

/* What a waiter hears of a try, once it is noted. */
struct tried {
    char id[HEARTH_TRACK_ID]; /* of the row; "": there was none */
    bool told;
    char experiment_id[80], reason[320];
};

/* One turn of that way. */
struct turn {
    struct hearth_track *track;
    struct hearth_outbox_parcel parcel;
    struct hearth_telling telling;
    enum hearth_outbox_verdict verdict; /* 0: nothing was told yet */
    uint32_t random;
    int64_t fence;
    uint64_t lease_until_ms; /* when it was claimed last, on the monotonic clock */
    char wanted[HEARTH_TRACK_ID];
    struct tried tried;
    bool forgets, is_taken, counts;
    int64_t pending, refused; /* rows; -1: not counted */
    int rc;
    struct hearth_error error;
};

static void begin(struct hearth_track *track);

static void free_turn(struct turn *turn)
{
    hearth_outbox_parcel_end(&turn->parcel);
    hearth_free(turn);
}

static uint32_t chance(void)
{
    uint32_t random;
    hearth_random_bytes(&random, sizeof(random));
    return random;
}

static void sleep_for(struct hearth_track *track, int64_t ms)
{
    int64_t wait = ms < SOONEST_MS ? SOONEST_MS : ms > POLL_MS ? POLL_MS : ms;
    hearth_timer_start(track->wake, (uint64_t)wait, 0);
}

/* On the store's lane */

static int claim(struct hearth_store *store, struct turn *turn)
{
    uint64_t now_ms = hearth_clock_monotonic_ms();
    int rc = hearth_store_claim(store, CLAIM, turn->track->owner, HEARTH_OUTBOX_LEASE_MS,
                                hearth_clock_wall_ms(), &turn->fence, &turn->error);
    turn->lease_until_ms = rc ? 0 : now_ms + HEARTH_OUTBOX_LEASE_MS;
    turn->is_taken = rc == HEARTH_EINUSE;
    return rc;
}

/* What was told is noted only by who still has the claim: else the other one has told it too, which
 * the server takes as told once, and notes it. */
static int note(struct hearth_store *store, struct turn *turn)
{
    const struct hearth_outbox_result result = {
        .verdict = turn->verdict,
        .has_more = turn->telling.has_more,
        .reason = turn->telling.reason,
        .random = turn->random,
    };
    return hearth_outbox_note(store, &turn->parcel, &result, hearth_clock_wall_ms(), &turn->error);
}

/* Once an hour, and first of all: what is written here is told in this very turn. */
static void tidy_up(struct hearth_store *store)
{
    struct hearth_error error;
    int64_t now_ms = hearth_clock_wall_ms();
    if (hearth_outbox_forget(store, now_ms, &error) ||
        hearth_tracked_models_catch_up(store, now_ms, &error))
        HEARTH_LOG(HEARTH_LOG_WARNING, "track.store_failed", HEARTH_TEXT("reason", error.message));
}

static void count(struct hearth_store *store, struct turn *turn)
{
    struct hearth_error ignored;
    if (hearth_outbox_count(store, NULL, &turn->pending, &turn->refused, &ignored))
        turn->pending = -1;
}

/* The claim is kept only while there is something to do, so that another gateway's rows need not
 * wait for ours. */
static void at_store(struct hearth_store *store, void *argument)
{
    struct turn *turn = argument;
    struct hearth_error ignored;
    bool is_away = turn->verdict == HEARTH_OUTBOX_AWAY;
    bool goes_on = !is_away && !atomic_load(&turn->track->stopped);
    turn->rc = claim(store, turn);
    if (!turn->rc && turn->verdict && !is_away)
        turn->rc = note(store, turn);
    hearth_outbox_parcel_end(&turn->parcel);
    hearth_outbox_parcel_begin(&turn->parcel);
    if (!turn->rc && turn->forgets)
        tidy_up(store);
    if (!turn->rc && goes_on)
        turn->rc = hearth_outbox_pick(store, *turn->wanted ? turn->wanted : NULL,
                                      hearth_clock_wall_ms(), &turn->parcel, &turn->error);
    if (turn->counts || !turn->parcel.row_count)
        count(store, turn);
    if (turn->lease_until_ms && (turn->rc || !turn->parcel.row_count))
        hearth_store_release(store, CLAIM, turn->fence, &ignored);
}

/* On the lane */

static void at_server(void *argument)
{
    struct turn *turn = argument;
    turn->verdict = hearth_telling_run(&turn->telling);
}

/* On the loop */

static void log_outcome(const struct turn *turn)
{
    const char *subject = turn->parcel.subject;
    const char *verb = hearth_json_text(turn->parcel.order, "verb", "");
    if (turn->verdict == HEARTH_OUTBOX_TOLD && !turn->telling.part_refused)
        HEARTH_LOG(HEARTH_LOG_DEBUG, "track.told", HEARTH_TEXT("subject", subject),
                   HEARTH_TEXT("verb", verb));
    else
        HEARTH_LOG(HEARTH_LOG_WARNING,
                   turn->verdict == HEARTH_OUTBOX_LATER ? "track.later" : "track.refused",
                   HEARTH_TEXT("subject", subject), HEARTH_TEXT("verb", verb),
                   HEARTH_TEXT("reason", turn->telling.reason));
}

/* Everybody who waits hears it: nothing of theirs is going to be told now. */
static void go_away(struct hearth_track *track, const struct turn *turn)
{
    const struct hearth_track_outcome outcome = {.experiment_id = "",
                                                 .reason = turn->telling.reason};
    uint32_t failures = ++track->away_failures;
    uint64_t wait_ms = hearth_outbox_wait_ms(failures, turn->random);
    track->away_until_ms = hearth_loop_now_ms(track->options.loop) + wait_ms;
    snprintf(track->away_reason, sizeof(track->away_reason), "%s", turn->telling.reason);
    if ((failures & (failures - 1)) == 0)
        HEARTH_LOG(HEARTH_LOG_WARNING, "track.away", HEARTH_TEXT("reason", turn->telling.reason),
                   HEARTH_INT("failures", failures), HEARTH_INT("again_ms", wait_ms));
    hearth_track_waiters_tell(track, NULL, &outcome);
}

static void on_answered(struct hearth_track *track, struct turn *turn)
{
    struct tried *tried = &turn->tried;
    bool told = tried->told = turn->verdict == HEARTH_OUTBOX_TOLD;
    snprintf(tried->id, sizeof(tried->id), "%s", turn->parcel.rows[0]->id);
    snprintf(tried->experiment_id, sizeof(tried->experiment_id), "%s",
             told ? hearth_json_text(turn->parcel.tracked, "experiment_id", "") : "");
    snprintf(tried->reason, sizeof(tried->reason), "%s", told ? "" : turn->telling.reason);
    if (track->away_failures)
        HEARTH_LOG(HEARTH_LOG_INFO, "track.back", HEARTH_INT("failures", track->away_failures));
    track->away_failures = 0;
    track->away_until_ms = 0;
    track->told += told ? turn->parcel.row_count : 0;
    log_outcome(turn);
}

/* Only now: a client that is answered finds noted what it was told. */
static void tell_waiters(struct hearth_track *track, struct turn *turn)
{
    struct tried tried = turn->tried;
    const struct hearth_track_outcome outcome = {
        .told = tried.told, .experiment_id = tried.experiment_id, .reason = tried.reason};
    turn->tried.id[0] = '\0';
    if (tried.id[0])
        hearth_track_waiters_tell(track, tried.id, &outcome);
}

static void go_to_store(struct turn *turn);

/* What was broken off by the end of this process is not known to be told; the next goes on. The
 * claim is given back in either case. */
static void after_server(void *argument, bool dropped)
{
    struct turn *turn = argument;
    struct hearth_track *track = turn->track;
    hearth_timer_stop(track->renew);
    if (dropped)
        turn->verdict = HEARTH_OUTBOX_AWAY;
    else if (turn->verdict != HEARTH_OUTBOX_AWAY)
        on_answered(track, turn);
    else if (!atomic_load(&track->stopped))
        go_away(track, turn);
    go_to_store(turn);
}

static void go_to_server(struct turn *turn)
{
    struct hearth_track *track = turn->track;
    turn->telling = (struct hearth_telling){
        .mlflow = track->mlflow,
        .order = turn->parcel.order,
        .tracked = turn->parcel.tracked,
        .done = turn->parcel.done,
    };
    turn->verdict = 0;
    track->phase = HEARTH_TRACK_AT_SERVER;
    atomic_store(&track->lease_until_ms, turn->lease_until_ms);
    hearth_timer_start(track->renew, HEARTH_OUTBOX_LEASE_MS / 3, HEARTH_OUTBOX_LEASE_MS / 3);
    if (hearth_lane_submit(track->lane, at_server, after_server, turn))
        after_server(turn, true);
}

/* When to look again, where nothing is to be told now. */
static void rest(struct hearth_track *track, const struct turn *turn)
{
    uint64_t now_ms = hearth_loop_now_ms(track->options.loop);
    bool is_away = track->away_until_ms > now_ms;
    track->phase = HEARTH_TRACK_IDLE;
    if (turn->is_taken)
        sleep_for(track, TAKEN_MS);
    else if (turn->rc)
        sleep_for(track, STORE_RETRY_MS);
    else if (track->again && (!is_away || hearth_track_waiters_first(track)))
        begin(track);
    else if (is_away)
        sleep_for(track, (int64_t)(track->away_until_ms - now_ms));
    else if (turn->parcel.next_ms)
        sleep_for(track, turn->parcel.next_ms - hearth_clock_wall_ms());
    else
        sleep_for(track, POLL_MS);
}

static void take_counts(struct hearth_track *track, const struct turn *turn)
{
    if (turn->pending < 0)
        return;
    track->pending = turn->pending;
    track->refused = turn->refused;
    track->counted_ms = hearth_loop_now_ms(track->options.loop);
}

static void after_store(void *argument)
{
    struct turn *turn = argument;
    struct hearth_track *track = turn->track;
    if (turn->rc && !turn->is_taken)
        HEARTH_LOG(HEARTH_LOG_WARNING, "track.store_failed",
                   HEARTH_TEXT("reason", turn->error.message));
    take_counts(track, turn);
    tell_waiters(track, turn);
    if (turn->forgets && !turn->rc)
        track->forgotten_ms = hearth_clock_wall_ms();
    if (atomic_load(&track->stopped)) {
        track->phase = HEARTH_TRACK_IDLE;
        free_turn(turn);
        return;
    }
    if (!turn->rc && turn->parcel.row_count) {
        go_to_server(turn);
        return;
    }
    rest(track, turn);
    free_turn(turn);
}

/* What came up to here is in the store, so the pick will see it. */
static void go_to_store(struct turn *turn)
{
    struct hearth_track *track = turn->track;
    const char *wanted = hearth_track_waiters_first(track);
    track->phase = HEARTH_TRACK_AT_STORE;
    track->again = false;
    turn->parcel.done = turn->telling.done;
    turn->random = chance();
    turn->pending = -1;
    turn->counts = hearth_loop_now_ms(track->options.loop) >= track->counted_ms + COUNT_MS;
    turn->forgets = hearth_clock_wall_ms() - track->forgotten_ms > FORGET_MS;
    snprintf(turn->wanted, sizeof(turn->wanted), "%s", wanted ? wanted : "");
    if (!hearth_store_submit(track->options.store, at_store, after_store, turn))
        return;
    track->phase = HEARTH_TRACK_IDLE;
    tell_waiters(track, turn);
    if (!atomic_load(&track->stopped))
        sleep_for(track, STORE_RETRY_MS);
    free_turn(turn);
}

static void begin(struct hearth_track *track)
{
    struct turn *turn = hearth_calloc(1, sizeof(*turn));
    turn->track = track;
    hearth_outbox_parcel_begin(&turn->parcel);
    hearth_timer_stop(track->wake);
    go_to_store(turn);
}

/* A client who waits is worth a try, even where the server was away a moment ago. */
void hearth_track_kick(struct hearth_track *track)
{
    uint64_t now_ms = hearth_loop_now_ms(track->options.loop);
    if (atomic_load(&track->stopped) || !track->lane)
        return;
    track->again = true;
    bool may_try = now_ms >= track->away_until_ms || hearth_track_waiters_first(track);
    if (track->phase == HEARTH_TRACK_IDLE && may_try)
        begin(track);
}

/* Renewing the claim while a large file is sent, or the server is slow */

struct renewal {
    struct hearth_track *track;
    uint64_t until_ms;
    int rc;
};

static void renew(struct hearth_store *store, void *argument)
{
    struct renewal *renewal = argument;
    struct hearth_error ignored;
    int64_t fence;
    renewal->until_ms = hearth_clock_monotonic_ms() + HEARTH_OUTBOX_LEASE_MS;
    renewal->rc = hearth_store_claim(store, CLAIM, renewal->track->owner, HEARTH_OUTBOX_LEASE_MS,
                                     hearth_clock_wall_ms(), &fence, &ignored);
}

/* Where it is another's now, what is under way is broken off. Where only the store fails, the lease
 * goes on until its end. */
static void on_renewed(void *argument)
{
    struct renewal *renewal = argument;
    struct hearth_track *track = renewal->track;
    if (!renewal->rc)
        atomic_store(&track->lease_until_ms, renewal->until_ms);
    else if (renewal->rc == HEARTH_EINUSE)
        atomic_store(&track->lease_until_ms, 0);
    track->is_renewing = false;
    hearth_free(renewal);
}

void hearth_track_renew(struct hearth_track *track)
{
    if (track->is_renewing)
        return;
    struct renewal *renewal = hearth_calloc(1, sizeof(*renewal));
    renewal->track = track;
    track->is_renewing = !hearth_store_submit(track->options.store, renew, on_renewed, renewal);
    if (!track->is_renewing)
        hearth_free(renewal);
}
