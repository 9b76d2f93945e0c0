/* One round at a time, each an object of its own, because the store's lane may outlive us. */
#include "server/housekeeping.h"

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "blob/blob.h"
#include "loop/loop.h"
#include "store/store.h"

struct hearth_housekeeping {
    struct hearth_housekeeping_options options;
    struct hearth_timer *timer;
    struct round *round; /* that runs, or NULL */
};

/* Outlives the housekeeping when that ends first. */
struct round {
    struct hearth_housekeeping *housekeeping; /* NULL: it is gone */
    struct hearth_blob_store *blobs;
    int64_t changes_kept, partials_before_ms;
    int64_t changes, partial_bytes; /* that went */
    struct hearth_error error;
};

/* On the store's lane. */
static void clean(struct hearth_store *store, void *argument)
{
    struct round *round = argument;
    struct hearth_error *error = &round->error;
    int rc = hearth_store_forget_changes(store, round->changes_kept, &round->changes, error);
    if (!rc)
        rc = hearth_blob_forget_partials(round->blobs, round->partials_before_ms,
                                         &round->partial_bytes, error);
    error->code = rc;
}

static void on_clean(void *argument)
{
    struct round *round = argument;
    if (round->housekeeping)
        round->housekeeping->round = NULL;
    if (round->error.code)
        HEARTH_LOG(HEARTH_LOG_WARNING, "housekeeping.failed",
                   HEARTH_TEXT("reason", round->error.message));
    else if (round->changes || round->partial_bytes)
        HEARTH_LOG(HEARTH_LOG_INFO, "housekeeping.done", HEARTH_INT("changes", round->changes),
                   HEARTH_INT("partial_bytes", round->partial_bytes));
    hearth_free(round);
}

/* A round that still runs after a whole period is not doubled. */
static void on_time(void *argument)
{
    struct hearth_housekeeping *housekeeping = argument;
    const struct hearth_housekeeping_options *options = &housekeeping->options;
    if (housekeeping->round)
        return;
    struct round *round = hearth_calloc(1, sizeof(*round));
    round->housekeeping = housekeeping;
    round->blobs = options->blobs;
    round->changes_kept = options->changes_kept;
    round->partials_before_ms = options->wall_ms() - options->partial_age_ms;
    if (hearth_store_submit(options->store, clean, on_clean, round))
        hearth_free(round); /* the store has too much to do: the next time will do */
    else
        housekeeping->round = round;
}

struct hearth_housekeeping *
hearth_housekeeping_create(const struct hearth_housekeeping_options *options)
{
    struct hearth_housekeeping *housekeeping = hearth_calloc(1, sizeof(*housekeeping));
    housekeeping->options = *options;
    housekeeping->timer = hearth_timer_create(options->loop, on_time, housekeeping);
    hearth_timer_start(housekeeping->timer, 0, options->period_ms);
    return housekeeping;
}

void hearth_housekeeping_destroy(struct hearth_housekeeping *housekeeping)
{
    if (!housekeeping)
        return;
    if (housekeeping->round)
        housekeeping->round->housekeeping = NULL;
    hearth_timer_destroy(housekeeping->timer);
    hearth_free(housekeeping);
}
