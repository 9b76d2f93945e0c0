/* Reads how long a client is willing to wait for an inference: from the header X-Request-Timeout
 * ("30", "2.5s", "250ms", "5m"; a bare number means seconds) or the body's `timeout` in seconds.
 * Where both are given, the shorter one counts. Loop thread only. */
#ifndef HEARTH_GATEWAY_TIME_LIMIT_H
#define HEARTH_GATEWAY_TIME_LIMIT_H

#include <stdbool.h>

struct hearth_call;

/* Sets call->deadline_ms, or leaves it 0. True: the header was not a duration, and the call has
 * been answered with an error. */
bool hearth_time_limit_read(struct hearth_call *call);

#endif
