/* A circuit breaker: after some failures in a row it opens and lets nothing through for a while,
 * then lets work through on trial.
 *
 *     closed ──failures_max in a row──▶ open ──rest is over──▶ half-open ──success──▶ closed
 *                                        ▲                        │
 *                                        └────────failure─────────┘
 *
 * Pure; time is an argument. */
#ifndef HEARTH_DOMAIN_BREAKER_H
#define HEARTH_DOMAIN_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

enum hearth_breaker_state {
    HEARTH_BREAKER_CLOSED,
    HEARTH_BREAKER_OPEN,
    HEARTH_BREAKER_HALF_OPEN,
};

struct hearth_breaker {
    enum hearth_breaker_state state;
    uint32_t failures; /* in a row */
    uint32_t failures_max;
    uint64_t rest_ms;
    uint64_t until_ms; /* while open: the end of the rest */
};

void hearth_breaker_init(struct hearth_breaker *breaker, uint32_t failures_max, uint64_t rest_ms);
/* Other limits from now on; of zeroed memory, the same as init. */
void hearth_breaker_limit(struct hearth_breaker *breaker, uint32_t failures_max, uint64_t rest_ms);
/* May work begin? Moves from open to half-open when the rest is over; in half-open the caller lets
 * one piece through at a time. */
bool hearth_breaker_admits(struct hearth_breaker *breaker, uint64_t now_ms);
void hearth_breaker_failure(struct hearth_breaker *breaker, uint64_t now_ms);
void hearth_breaker_success(struct hearth_breaker *breaker);
/* 0 unless it is open. */
uint64_t hearth_breaker_retry_after_ms(const struct hearth_breaker *breaker, uint64_t now_ms);
const char *hearth_breaker_state_name(enum hearth_breaker_state state);

#endif
