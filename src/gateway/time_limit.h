/* How long a client is willing to wait for an inference: the header X-Request-Timeout ("30",
 * "2.5s", "250ms", "5m"; a bare number is seconds) or the body's `timeout` in seconds; the shorter
 * of both. Loop thread only. */
#ifndef HEARTH_GATEWAY_TIME_LIMIT_H
#define HEARTH_GATEWAY_TIME_LIMIT_H

#include <stdbool.h>

struct hearth_call;

/* Sets call->deadline_ms. True: it was no time, and the call is answered. */
bool hearth_time_limit_read(struct hearth_call *call);

#endif
