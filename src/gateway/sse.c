/* Streams of events, in a list that one timer walks. */
#include "gateway/sse.h"

#include "base/memory.h"
#include "loop/loop.h"

#include <assert.h>

enum { TICKS = 5 }; /* looks at each stream, in `quiet_ms` */

struct hearth_sse_streams {
    struct hearth_loop *loop;
    uint32_t quiet_ms;
    struct hearth_timer *timer; /* runs while there is a stream */
    struct hearth_sse *first;
};

/* on_quiet may stop its own stream, hence `next`. */
static void on_tick(void *argument)
{
    struct hearth_sse_streams *streams = argument;
    uint64_t now_ms = hearth_loop_now_ms(streams->loop);
    for (struct hearth_sse *sse = streams->first, *next; sse; sse = next) {
        next = sse->next;
        if (now_ms - sse->written_ms >= streams->quiet_ms)
            sse->on_quiet(sse);
    }
}

struct hearth_sse_streams *hearth_sse_streams_create(struct hearth_loop *loop, uint32_t quiet_ms)
{
    struct hearth_sse_streams *streams = hearth_calloc(1, sizeof(*streams));
    streams->loop = loop;
    streams->quiet_ms = quiet_ms;
    streams->timer = hearth_timer_create(loop, on_tick, streams);
    return streams;
}

void hearth_sse_streams_destroy(struct hearth_sse_streams *streams)
{
    if (!streams)
        return;
    assert(!streams->first);
    hearth_timer_destroy(streams->timer);
    hearth_free(streams);
}

/* A fifth of the time that a stream may be quiet: so it speaks at most a fifth too late. */
static void start_timer(struct hearth_sse_streams *streams)
{
    uint64_t tick_ms = streams->quiet_ms / TICKS + 1;
    hearth_timer_start(streams->timer, tick_ms, tick_ms);
}

void hearth_sse_start(struct hearth_sse *sse, struct hearth_sse_streams *streams,
                      struct hearth_exchange *exchange, void (*on_quiet)(struct hearth_sse *sse))
{
    *sse = (struct hearth_sse){.streams = streams,
                               .exchange = exchange,
                               .on_quiet = on_quiet,
                               .next = streams->first,
                               .written_ms = hearth_loop_now_ms(streams->loop)};
    if (sse->next)
        sse->next->previous = sse;
    else
        start_timer(streams);
    streams->first = sse;
}

void hearth_sse_stop(struct hearth_sse *sse)
{
    struct hearth_sse_streams *streams = sse->streams;
    if (!streams)
        return;
    if (sse->previous)
        sse->previous->next = sse->next;
    else
        streams->first = sse->next;
    if (sse->next)
        sse->next->previous = sse->previous;
    if (!streams->first)
        hearth_timer_stop(streams->timer);
    sse->streams = NULL;
}

/* x-accel-buffering is nginx's word for "pass it on at once". */
static void begin(struct hearth_exchange *exchange, const char *type)
{
    hearth_exchange_set_header(exchange, "cache-control", "no-cache");
    hearth_exchange_set_header(exchange, "x-accel-buffering", "no");
    hearth_exchange_begin(exchange, 200, type ? type : "text/event-stream");
}

bool hearth_sse_write(struct hearth_sse *sse, const struct hearth_buf *buf)
{
    if (!sse->begun)
        begin(sse->exchange, sse->type);
    sse->begun = true;
    sse->written_ms = hearth_loop_now_ms(sse->streams->loop);
    return buf->length == 0 || hearth_exchange_write(sse->exchange, buf->bytes, buf->length);
}

size_t hearth_sse_open(struct hearth_buf *buf)
{
    size_t start = buf->length;
    hearth_buf_text(buf, "data: ");
    return start;
}

size_t hearth_sse_open_named(struct hearth_buf *buf, const char *name)
{
    hearth_buf_printf(buf, "event: %s\n", name);
    return hearth_sse_open(buf);
}

/* 6 is the length of "data: ". */
void hearth_sse_close(struct hearth_buf *buf, size_t start)
{
    if (buf->length == start + 6)
        buf->length = start;
    else
        hearth_buf_text(buf, "\n\n");
}
