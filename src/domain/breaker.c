#include "domain/breaker.h"

#include <assert.h>

enum event { SUCCESS, FAILURE, LAST_FAILURE, RESTED, EVENT_COUNT };

/* Every move there is: the row is where it stands, the column what happens. */
static const enum hearth_breaker_state moves[][EVENT_COUNT] = {
    [HEARTH_BREAKER_CLOSED] = {[SUCCESS] = HEARTH_BREAKER_CLOSED,
                               [FAILURE] = HEARTH_BREAKER_CLOSED,
                               [LAST_FAILURE] = HEARTH_BREAKER_OPEN,
                               [RESTED] = HEARTH_BREAKER_CLOSED},
    /* What was let through before it opened may still end, either way: that changes nothing. */
    [HEARTH_BREAKER_OPEN] = {[SUCCESS] = HEARTH_BREAKER_OPEN,
                             [FAILURE] = HEARTH_BREAKER_OPEN,
                             [LAST_FAILURE] = HEARTH_BREAKER_OPEN,
                             [RESTED] = HEARTH_BREAKER_HALF_OPEN},
    [HEARTH_BREAKER_HALF_OPEN] = {[SUCCESS] = HEARTH_BREAKER_CLOSED,
                                  [FAILURE] = HEARTH_BREAKER_OPEN,
                                  [LAST_FAILURE] = HEARTH_BREAKER_OPEN,
                                  [RESTED] = HEARTH_BREAKER_HALF_OPEN},
};

static const char *const names[] = {
    [HEARTH_BREAKER_CLOSED] = "closed",
    [HEARTH_BREAKER_OPEN] = "open",
    [HEARTH_BREAKER_HALF_OPEN] = "half-open",
};

const char *hearth_breaker_state_name(enum hearth_breaker_state state)
{
    return names[state];
}

void hearth_breaker_init(struct hearth_breaker *breaker, uint32_t failures_max, uint64_t rest_ms)
{
    *breaker = (struct hearth_breaker){.state = HEARTH_BREAKER_CLOSED};
    hearth_breaker_limit(breaker, failures_max, rest_ms);
}

void hearth_breaker_limit(struct hearth_breaker *breaker, uint32_t failures_max, uint64_t rest_ms)
{
    assert(failures_max > 0);
    breaker->failures_max = failures_max;
    breaker->rest_ms = rest_ms;
}

/* Time alone does not change the state: it is looked at when somebody asks, so that no timer is
 * needed for a breaker. */
bool hearth_breaker_admits(struct hearth_breaker *breaker, uint64_t now_ms)
{
    if (breaker->state == HEARTH_BREAKER_OPEN && now_ms >= breaker->until_ms)
        breaker->state = moves[breaker->state][RESTED];
    return breaker->state != HEARTH_BREAKER_OPEN;
}

/* The rest begins when it opens, and is not prolonged by work that was let through before and fails
 * now. */
void hearth_breaker_failure(struct hearth_breaker *breaker, uint64_t now_ms)
{
    if (breaker->failures < UINT32_MAX)
        breaker->failures++;
    enum event event = breaker->failures >= breaker->failures_max ? LAST_FAILURE : FAILURE;
    enum hearth_breaker_state next = moves[breaker->state][event];
    if (next == HEARTH_BREAKER_OPEN && breaker->state != HEARTH_BREAKER_OPEN)
        breaker->until_ms = now_ms + breaker->rest_ms;
    breaker->state = next;
}

/* While it is open a success is late news, and the count stays. */
void hearth_breaker_success(struct hearth_breaker *breaker)
{
    breaker->state = moves[breaker->state][SUCCESS];
    if (breaker->state == HEARTH_BREAKER_CLOSED)
        breaker->failures = 0;
}

uint64_t hearth_breaker_retry_after_ms(const struct hearth_breaker *breaker, uint64_t now_ms)
{
    if (breaker->state != HEARTH_BREAKER_OPEN || now_ms >= breaker->until_ms)
        return 0;
    return breaker->until_ms - now_ms;
}
