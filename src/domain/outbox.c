#include "domain/outbox.h"

#include "base/hash.h"
#include "base/memory.h"
#include "domain/backoff.h"

#include <string.h>

enum { ROWS_MAX = 20000, METRIC_ROWS_MAX = 18000 };
#define SIZE_MAX_BYTES (256ll << 20)
#define METRIC_SIZE_MAX_BYTES (224ll << 20)

/* mlflow/utils/validation.py: MAX_ENTITIES_PER_BATCH, MAX_PARAMS_TAGS_PER_BATCH and
 * MAX_BATCH_LOG_REQUEST_SIZE, the last less what surrounds the entities. */
enum { ENTITIES_MAX = 1000, PARAMS_MAX = 100, TAGS_MAX = 100, BYTES_MAX = 1000000 - 4096 };

enum { FIRST_WAIT_MS = 1000, MAX_WAIT_MS = 300000 };

struct hearth_outbox_bounds hearth_outbox_bounds(bool for_metrics)
{
    if (for_metrics)
        return (struct hearth_outbox_bounds){METRIC_ROWS_MAX, METRIC_SIZE_MAX_BYTES};
    return (struct hearth_outbox_bounds){ROWS_MAX, SIZE_MAX_BYTES};
}

bool hearth_outbox_batch_add(struct hearth_outbox_batch *batch, enum hearth_outbox_entity entity,
                             uint64_t bytes)
{
    if (batch->entities >= ENTITIES_MAX || bytes > BYTES_MAX - batch->bytes ||
        (entity == HEARTH_OUTBOX_PARAM && batch->params >= PARAMS_MAX) ||
        (entity == HEARTH_OUTBOX_TAG && batch->tags >= TAGS_MAX))
        return false;
    batch->entities++;
    batch->params += entity == HEARTH_OUTBOX_PARAM;
    batch->tags += entity == HEARTH_OUTBOX_TAG;
    batch->bytes += bytes;
    return true;
}

/* A refusal of the credentials or a redirect is a matter of settings, which may be mended; so is a
 * proxy's word that it reaches nobody. A server's own fault may be of that one request. */
enum hearth_outbox_verdict hearth_outbox_judge(int rc, int status)
{
    if (rc || status < 200)
        return HEARTH_OUTBOX_AWAY;
    if (status < 300)
        return HEARTH_OUTBOX_TOLD;
    switch (status) {
    case 401:
    case 403:
    case 407:
    case 502:
    case 503:
    case 504:
        return HEARTH_OUTBOX_AWAY;
    case 408:
    case 425:
    case 429:
        return HEARTH_OUTBOX_LATER;
    default:
        if (status < 400)
            return HEARTH_OUTBOX_AWAY;
        return status < 500 ? HEARTH_OUTBOX_REFUSED : HEARTH_OUTBOX_LATER;
    }
}

uint64_t hearth_outbox_wait_ms(uint32_t failures, uint32_t random)
{
    static const struct hearth_backoff backoff = {FIRST_WAIT_MS, MAX_WAIT_MS};
    return hearth_backoff_ms(&backoff, failures ? failures : 1, random);
}

void hearth_outbox_scan_begin(struct hearth_outbox_scan *scan, int64_t now_ms)
{
    *scan = (struct hearth_outbox_scan){.now_ms = now_ms};
}

void hearth_outbox_scan_end(struct hearth_outbox_scan *scan)
{
    hearth_free(scan->waiting);
    *scan = (struct hearth_outbox_scan){0};
}

/* Two subjects of one hash hold each other back, which only costs time. */
static bool waits(const struct hearth_outbox_scan *scan, uint64_t hash)
{
    for (size_t i = 0; i < scan->count; i++)
        if (scan->waiting[i] == hash)
            return true;
    return false;
}

static void add_waiting(struct hearth_outbox_scan *scan, uint64_t hash)
{
    if (scan->count == scan->capacity) {
        scan->capacity = scan->capacity ? scan->capacity * 2 : 16;
        scan->waiting = hearth_realloc(scan->waiting, scan->capacity * sizeof(scan->waiting[0]));
    }
    scan->waiting[scan->count++] = hash;
}

bool hearth_outbox_scan_row(struct hearth_outbox_scan *scan, const char *subject, int64_t due_ms)
{
    uint64_t hash = hearth_hash64(HEARTH_HASH64_START, subject, strlen(subject));
    if (waits(scan, hash))
        return false;
    if (due_ms <= scan->now_ms || due_ms - scan->now_ms > MAX_WAIT_MS)
        return true;
    add_waiting(scan, hash);
    if (!scan->next_ms || due_ms < scan->next_ms)
        scan->next_ms = due_ms;
    return false;
}
