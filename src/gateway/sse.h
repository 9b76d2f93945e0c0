/* Server-sent events (HTML standard, section 9.2): streams of events to clients, and how one event
 * is written.
 *
 * Whoever produces events embeds a struct hearth_sse, starts it with its exchange, and stops it
 * before the memory goes. The head is sent with the first write, so that until then the request can
 * still be answered with an error. Proxies and clients give up on connections that are silent for
 * long: a stream that has been quiet is told so (on_quiet) and says something. All streams of a
 * server share one timer for that, which runs while there are any. Loop thread only.
 *
 * An event is `data: `, JSON without line breaks, and an empty line, appended to a buffer; some
 * APIs name it in a line `event: ` before. Streams of another media type than text/event-stream
 * (lines of JSON) are sent and watched the same way. */
#ifndef HEARTH_GATEWAY_SSE_H
#define HEARTH_GATEWAY_SSE_H

#include "base/buf.h"
#include "net/exchange.h"

struct hearth_loop;
struct hearth_sse_streams;

/* `quiet_ms`: how long a stream may say nothing. */
struct hearth_sse_streams *hearth_sse_streams_create(struct hearth_loop *loop, uint32_t quiet_ms);
/* All streams must have been stopped. NULL is allowed. */
void hearth_sse_streams_destroy(struct hearth_sse_streams *streams);

struct hearth_sse {
    struct hearth_sse_streams *streams; /* NULL: not started, or stopped */
    struct hearth_exchange *exchange;
    void (*on_quiet)(struct hearth_sse *sse);
    struct hearth_sse *next, *previous;
    const char *type;    /* the media type; NULL: text/event-stream */
    uint64_t written_ms; /* when something was last sent; at first, the start */
    bool begun;          /* the head is sent */
};

/* `on_quiet`: nothing was sent for `quiet_ms`. It comes again soon until something is; it may
 * write, or let the stream be quiet when the client does not read. It must not stop other streams.
 */
void hearth_sse_start(struct hearth_sse *sse, struct hearth_sse_streams *streams,
                      struct hearth_exchange *exchange, void (*on_quiet)(struct hearth_sse *sse));
/* Also one that was never started, any number of times. */
void hearth_sse_stop(struct hearth_sse *sse);
/* Sends what the buffer holds, behind the head (status 200, and what keeps proxies from buffering).
 * False: hold back until the exchange is writable again. */
bool hearth_sse_write(struct hearth_sse *sse, const struct hearth_buf *buf);

/* Appends "data: "; what follows up to close is the event. Returns what close needs. */
size_t hearth_sse_open(struct hearth_buf *buf);
/* The same behind the event's name. */
size_t hearth_sse_open_named(struct hearth_buf *buf, const char *name);
/* Ends the event; one with nothing in it is taken back. */
void hearth_sse_close(struct hearth_buf *buf, size_t start);

#endif
