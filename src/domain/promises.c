#include "domain/promises.h"

void hearth_promises_add(struct hearth_promises *promises, const struct hearth_promise *promise)
{
    if (promises->count < HEARTH_PROMISES_MAX)
        promises->list[promises->count++] = *promise;
}

/* The share is that of the last twenty or so. */
static void end(struct hearth_promises *promises, size_t i, bool came)
{
    promises->no_shows = 0.95 * promises->no_shows + (came ? 0 : 0.05);
    promises->list[i] = promises->list[--promises->count];
}

bool hearth_promises_take(struct hearth_promises *promises, uint32_t client, uint64_t now_ms)
{
    for (size_t i = 0; i < promises->count; i++)
        if (promises->list[i].client == client && promises->list[i].due_ms <= now_ms) {
            end(promises, i, true);
            return true;
        }
    return false;
}

size_t hearth_promises_due(struct hearth_promises *promises, size_t places, uint64_t now_ms)
{
    size_t due = 0;
    for (size_t i = 0; i < promises->count;) {
        const struct hearth_promise *promise = &promises->list[i];
        if (promise->due_ms + HEARTH_PROMISE_KEPT_MS <= now_ms) {
            end(promises, i, false);
            continue;
        }
        due += promise->free_ms <= now_ms;
        i++;
    }
    return due < places / 2 ? due : places / 2;
}
