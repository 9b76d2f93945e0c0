#include "deferred/deferred.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "deferred/batches.h"
#include "deferred/callbacks.h"
#include "deferred/idempotency.h"
#include "deferred/kept_files.h"
#include "deferred/kept_requests.h"
#include "gateway/gateway_state.h"
#include "loop/loop.h"
#include "store/store_work.h"

#include <string.h>

enum { EXPIRY_MS = 30000, EXPIRED_MAX = 1000 };

/* What has expired goes, of each kind up to EXPIRED_MAX in one round. */
struct round {
    struct hearth_store_work work;
    struct hearth_kept_files *files;
    int64_t now_ms, gone;
};

static int forget_kind(struct hearth_store *store, struct round *round, const char *kind)
{
    struct hearth_record *records;
    size_t count;
    const struct hearth_record_filter filter = {
        .kind = kind, .expired_by_ms = round->now_ms, .limit = EXPIRED_MAX};
    int rc = hearth_store_record_list(store, &filter, round->work.arena, &records, &count,
                                      &round->work.error);
    for (size_t i = 0; !rc && i < count; i++) {
        const char *id = records[i].id;
        rc = strcmp(kind, HEARTH_KEPT_FILE) == 0
                 ? hearth_kept_file_delete(round->files, store, id, round->work.arena,
                                           &round->work.error)
                 : hearth_store_record_delete(store, kind, id, &round->work.error);
        round->gone += !rc;
        rc = rc == HEARTH_EINUSE ? 0 : rc; /* it goes when nobody needs it any more */
    }
    return rc;
}

static int forget_expired(struct hearth_store *store, struct hearth_store_work *work)
{
    static const char *const kinds[] = {HEARTH_KEPT_REQUEST, HEARTH_IDEMPOTENCY_KEY,
                                        HEARTH_KEPT_FILE, HEARTH_BATCH, HEARTH_KEPT_RESPONSE};
    int rc = 0;
    for (size_t i = 0; !rc && i < sizeof(kinds) / sizeof(kinds[0]); i++)
        rc = forget_kind(store, (struct round *)work, kinds[i]);
    return rc;
}

static void after_round(struct hearth_store_work *work)
{
    const struct round *round = (struct round *)work;
    if (work->rc)
        HEARTH_LOG(HEARTH_LOG_WARNING, "deferred.not_expired",
                   HEARTH_TEXT("reason", work->error.message));
    else if (round->gone)
        HEARTH_LOG(HEARTH_LOG_INFO, "deferred.expired", HEARTH_INT("records", round->gone));
    hearth_store_work_free(work);
}

static void on_time(void *argument)
{
    struct hearth_deferred *deferred = argument;
    struct round *round = hearth_store_work_create(sizeof(*round), forget_expired, after_round);
    round->files = deferred->files;
    round->now_ms = hearth_clock_wall_ms();
    hearth_store_work_start(deferred->gateway->store, &round->work);
}

struct hearth_deferred *hearth_deferred_create(struct hearth_gateway *gateway)
{
    struct hearth_deferred *deferred = hearth_calloc(1, sizeof(*deferred));
    deferred->gateway = gateway;
    deferred->callbacks = hearth_callbacks_create(gateway);
    deferred->requests = hearth_kept_requests_create(gateway, deferred->callbacks);
    deferred->idempotency = hearth_idempotency_create(gateway);
    deferred->files = hearth_kept_files_create(gateway);
    deferred->batches = hearth_batches_create(gateway, deferred->files);
    deferred->expiry = hearth_timer_create(gateway->loop, on_time, deferred);
    gateway->deferred = deferred;
    gateway->takes = hearth_deferred_takes;
    return deferred;
}

void hearth_deferred_start(struct hearth_deferred *deferred)
{
    hearth_timer_start(deferred->expiry, 0, EXPIRY_MS);
    hearth_callbacks_start(deferred->callbacks);
    hearth_kept_requests_start(deferred->requests);
    hearth_batches_start(deferred->batches);
}

void hearth_deferred_stop(struct hearth_deferred *deferred)
{
    if (!deferred || deferred->is_stopped)
        return;
    deferred->is_stopped = true;
    hearth_timer_stop(deferred->expiry);
    hearth_kept_requests_stop(deferred->requests);
    hearth_batches_stop(deferred->batches);
    hearth_callbacks_stop(deferred->callbacks);
}

void hearth_deferred_destroy(struct hearth_deferred *deferred)
{
    if (!deferred)
        return;
    hearth_batches_destroy(deferred->batches);
    hearth_kept_files_destroy(deferred->files);
    hearth_idempotency_destroy(deferred->idempotency);
    hearth_kept_requests_destroy(deferred->requests);
    hearth_callbacks_destroy(deferred->callbacks);
    hearth_timer_destroy(deferred->expiry);
    hearth_free(deferred);
}
