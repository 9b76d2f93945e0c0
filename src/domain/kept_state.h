/* The states of what the server keeps and runs for clients that do not wait: asynchronous requests
 * and batches. Which may follow which is a table; what becomes of a state when the server has ended
 * and starts again is decided here too. Pure.
 *
 *     request:  queued ──▶ running ──▶ succeeded | failed
 *                  ▲          │
 *                  └──────────┘ the server ended meanwhile, for the first time
 *               queued, running ──▶ canceled
 *
 *     batch:    validating ──▶ in_progress ──▶ finalizing ──▶ completed
 *                   │               │    └────▶ finalizing ──▶ expired
 *                   ▼               ▼
 *                 failed        cancelling ──▶ cancelled
 *               validating ──▶ cancelling
 */
#ifndef HEARTH_DOMAIN_KEPT_STATE_H
#define HEARTH_DOMAIN_KEPT_STATE_H

#include <stdbool.h>
#include <stdint.h>

enum hearth_kept_state {
    HEARTH_KEPT_QUEUED,
    HEARTH_KEPT_RUNNING,
    HEARTH_KEPT_SUCCEEDED,
    HEARTH_KEPT_FAILED,
    HEARTH_KEPT_CANCELED,
};

/* "queued" …; and back, negative when it is none of them. */
const char *hearth_kept_state_name(enum hearth_kept_state state);
int hearth_kept_state_parse(const char *name);
bool hearth_kept_state_may_follow(enum hearth_kept_state from, enum hearth_kept_state to);
bool hearth_kept_state_is_over(enum hearth_kept_state state);
/* Of a request that the last server left in this state, having begun it `attempts` times: what was
 * running is run once more, and then given up, since it may be what ended the server. */
enum hearth_kept_state hearth_kept_state_after_restart(enum hearth_kept_state state,
                                                       uint32_t attempts);

enum hearth_batch_state {
    HEARTH_BATCH_VALIDATING,
    HEARTH_BATCH_IN_PROGRESS,
    HEARTH_BATCH_FINALIZING,
    HEARTH_BATCH_COMPLETED,
    HEARTH_BATCH_FAILED,
    HEARTH_BATCH_EXPIRED,
    HEARTH_BATCH_CANCELLING,
    HEARTH_BATCH_CANCELLED,
};

/* As OpenAI spells them: "validating", "in_progress" … */
const char *hearth_batch_state_name(enum hearth_batch_state state);
int hearth_batch_state_parse(const char *name);
bool hearth_batch_state_may_follow(enum hearth_batch_state from, enum hearth_batch_state to);
bool hearth_batch_state_is_over(enum hearth_batch_state state);

#endif
