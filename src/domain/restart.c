#include "domain/restart.h"

#include "domain/backoff.h"

static const struct hearth_backoff backoff = {.first_ms = HEARTH_RESTART_FIRST_MS,
                                              .max_ms = HEARTH_RESTART_MOST_MS};

void hearth_restart_init(struct hearth_restart *restart, uint32_t failures_max, uint64_t rest_ms,
                         uint32_t seed)
{
    restart->random = seed;
    hearth_breaker_init(&restart->breaker, failures_max, rest_ms);
}

void hearth_restart_limit(struct hearth_restart *restart, uint32_t failures_max, uint64_t rest_ms)
{
    hearth_breaker_limit(&restart->breaker, failures_max, rest_ms);
}

/* A linear congruential generator is good enough to spread starts: W. H. Press et al., Numerical
 * Recipes, section 7.1. Its low bits have short periods, so the high ones are taken. */
static uint32_t draw(struct hearth_restart *restart)
{
    restart->random = restart->random * 1664525u + 1013904223u;
    return restart->random >> 8;
}

/* The breaker counts first, because its count is what the back-off goes by. */
uint64_t hearth_restart_after_end(struct hearth_restart *restart, uint64_t now_ms)
{
    hearth_breaker_failure(&restart->breaker, now_ms);
    uint64_t wait_ms = hearth_backoff_ms(&backoff, restart->breaker.failures, draw(restart));
    uint64_t rest_ms = hearth_breaker_retry_after_ms(&restart->breaker, now_ms);
    return rest_ms > wait_ms ? rest_ms : wait_ms;
}

void hearth_restart_worked(struct hearth_restart *restart)
{
    hearth_breaker_success(&restart->breaker);
}

bool hearth_restart_admits(struct hearth_restart *restart, uint64_t now_ms)
{
    return hearth_breaker_admits(&restart->breaker, now_ms);
}

bool hearth_restart_is_on_trial(const struct hearth_restart *restart)
{
    return restart->breaker.state == HEARTH_BREAKER_HALF_OPEN;
}

bool hearth_restart_is_resting(const struct hearth_restart *restart)
{
    return restart->breaker.state == HEARTH_BREAKER_OPEN;
}

uint64_t hearth_restart_rest_left_ms(const struct hearth_restart *restart, uint64_t now_ms)
{
    return hearth_breaker_retry_after_ms(&restart->breaker, now_ms);
}

uint32_t hearth_restart_ends(const struct hearth_restart *restart)
{
    return restart->breaker.failures;
}

const char *hearth_restart_state_name(const struct hearth_restart *restart)
{
    return hearth_breaker_state_name(restart->breaker.state);
}
