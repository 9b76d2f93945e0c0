#include "gateway/sse.h"

void hearth_sse_begin(struct hearth_exchange *exchange)
{
    hearth_exchange_set_header(exchange, "cache-control", "no-cache");
    hearth_exchange_set_header(exchange, "x-accel-buffering", "no");
    hearth_exchange_begin(exchange, 200, "text/event-stream");
}

size_t hearth_sse_open(struct hearth_buf *buf)
{
    size_t start = buf->length;
    hearth_buf_text(buf, "data: ");
    return start;
}

void hearth_sse_close(struct hearth_buf *buf, size_t start)
{
    if (buf->length == start + 6)
        buf->length = start;
    else
        hearth_buf_text(buf, "\n\n");
}
