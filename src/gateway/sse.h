/* Server-sent events (HTML standard, section 9.2): the head of a stream, and events around JSON,
 * which has no line breaks of its own. */
#ifndef HEARTH_GATEWAY_SSE_H
#define HEARTH_GATEWAY_SSE_H

#include "base/buf.h"
#include "net/exchange.h"

/* Status 200 and the headers that keep proxies from buffering. */
void hearth_sse_begin(struct hearth_exchange *exchange);

/* Appends "data: "; what follows up to close is the event. Returns what close needs. */
size_t hearth_sse_open(struct hearth_buf *buf);
/* Ends the event; one with nothing in it is taken back. */
void hearth_sse_close(struct hearth_buf *buf, size_t start);

#endif
