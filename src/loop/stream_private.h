/* A stream's struct, for listener.c, which makes them. No other folder includes it. */
#ifndef HEARTH_LOOP_STREAM_PRIVATE_H
#define HEARTH_LOOP_STREAM_PRIVATE_H

#include "loop/stream.h"

#include <uv.h>

/* Of TCP or a Unix socket: for a stream, and for what listens. */
union stream_handle {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
};
/* `owner` becomes the handle's data. */
void stream_handle_init(union stream_handle *uv, struct hearth_loop *loop, bool tcp, void *owner);

struct hearth_stream {
    union stream_handle uv;
    struct hearth_loop *loop;
    const struct hearth_stream_events *events; /* NULL before start */
    void *argument;
    size_t queued;  /* bytes of writes whose end has not been told */
    size_t held;    /* of these, in memory of ours */
    bool ended;     /* nothing more will be read */
    bool broken;    /* nothing more can be written; on_end has said so */
    bool finishing; /* FIN is on its way */
    bool closed;
    char peer[INET6_ADDRSTRLEN];
};

struct hearth_stream *stream_create(struct hearth_loop *loop, bool tcp);

#endif
