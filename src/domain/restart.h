/* When a process that has ended may be started again, and whether work may go to it meanwhile.
 *
 * Two rules together. The back-off: each end in a row doubles the wait, from a quarter of a second
 * to ten seconds, spread by chance so that many that ended together do not start together
 * (domain/backoff.h). The breaker: after a number of ends in a row it opens, nothing is started
 * until its rest is over, and then work is let through on trial, one piece at a time, until one
 * succeeds (domain/breaker.h). The longer of the two waits counts.
 *
 * Pure: time and chance are arguments, in milliseconds and any number; not thread-safe. */
#ifndef HEARTH_DOMAIN_RESTART_H
#define HEARTH_DOMAIN_RESTART_H

#include "domain/breaker.h"

#include <stdbool.h>
#include <stdint.h>

/* Wait after the first end in a row, and the longest one. */
#define HEARTH_RESTART_FIRST_MS 250
#define HEARTH_RESTART_MOST_MS 10000

struct hearth_restart {
    struct hearth_breaker breaker;
    uint32_t random;
};

/* `seed` is any number: processes that start at the same time should have different ones. */
void hearth_restart_init(struct hearth_restart *restart, uint32_t failures_max, uint64_t rest_ms,
                         uint32_t seed);
/* Other limits from now on; what was counted stays. */
void hearth_restart_limit(struct hearth_restart *restart, uint32_t failures_max, uint64_t rest_ms);

/* The process ended by itself: how long to wait before the next start. */
uint64_t hearth_restart_after_end(struct hearth_restart *restart, uint64_t now_ms);
/* A piece of work went well: what was counted is forgotten. */
void hearth_restart_worked(struct hearth_restart *restart);
/* May it be started, or work be sent to it? */
bool hearth_restart_admits(struct hearth_restart *restart, uint64_t now_ms);
/* It has to show that it lives: one piece of work at a time. */
bool hearth_restart_is_on_trial(const struct hearth_restart *restart);
/* It ended too often, and nothing is admitted while it rests. */
bool hearth_restart_is_resting(const struct hearth_restart *restart);
/* How long it still rests; 0 when it does not. */
uint64_t hearth_restart_rest_left_ms(const struct hearth_restart *restart, uint64_t now_ms);
/* Ends in a row. */
uint32_t hearth_restart_ends(const struct hearth_restart *restart);
/* The breaker's state as reports show it: "closed", "open", "half-open". */
const char *hearth_restart_state_name(const struct hearth_restart *restart);

#endif
