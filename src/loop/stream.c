/* Streams over libuv: written at once where the kernel takes it, queued where it does not. */
#include "loop/stream.h"

#include "base/memory.h"
#include "loop/loop_private.h"
#include "loop/stream_private.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <string.h>

struct pending_write {
    uv_write_t uv;
    struct hearth_stream *stream;
    size_t length, held;
    void *owned;  /* freed with it: what the bytes lie in, or NULL */
    char bytes[]; /* a copy, or nothing */
};

static void stream_free(uv_handle_t *handle)
{
    hearth_free(handle->data);
}

/* Told once: after an error the stream stays broken, and a second one is of no news to anybody. */
static void tell_end(struct hearth_stream *stream, int error)
{
    if (stream->closed || stream->broken)
        return;
    stream->broken = error != 0;
    if (stream->events)
        stream->events->on_end(stream->argument, error);
}

/* All streams of a loop read into one buffer: what is read is taken before the next read begins. */
static void give_read_bytes(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    (void)suggested;
    struct hearth_stream *stream = handle->data;
    *buf = uv_buf_init(stream->loop->read_bytes, HEARTH_LOOP_READ_MAX);
}

/* At the end reading stops, because libuv would tell it again in each turn. */
static void on_bytes(uv_stream_t *uv, ssize_t length, const uv_buf_t *buf)
{
    struct hearth_stream *stream = uv->data;
    if (length > 0) {
        stream->events->on_read(stream->argument, buf->base, (size_t)length);
    } else if (length < 0) {
        uv_read_stop(uv);
        stream->ended = true;
        tell_end(stream, length == UV_EOF ? 0 : (int)length);
    }
}

void stream_handle_init(union stream_handle *uv, struct hearth_loop *loop, bool tcp, void *owner)
{
    if (tcp)
        uv_tcp_init(&loop->uv, &uv->tcp);
    else
        uv_pipe_init(&loop->uv, &uv->pipe, 0);
    uv->handle.data = owner;
}

struct hearth_stream *stream_create(struct hearth_loop *loop, bool tcp)
{
    struct hearth_stream *stream = hearth_calloc(1, sizeof(*stream));
    stream->loop = loop;
    stream_handle_init(&stream->uv, loop, tcp, stream);
    return stream;
}

void hearth_stream_start(struct hearth_stream *stream, const struct hearth_stream_events *events,
                         void *argument)
{
    stream->events = events;
    stream->argument = argument;
    hearth_stream_pause(stream, false);
}

/* After its end a stream is not read again, or libuv would tell the same end once more. */
void hearth_stream_pause(struct hearth_stream *stream, bool paused)
{
    if (stream->ended || stream->closed)
        return;
    if (paused)
        uv_read_stop(&stream->uv.stream);
    else
        uv_read_start(&stream->uv.stream, give_read_bytes, on_bytes);
}

/* Also while reading is paused, when libuv does not look: POLLRDHUP says that the peer has closed
 * its side (poll(2)). */
bool hearth_stream_peer_closed(const struct hearth_stream *stream)
{
    uv_os_fd_t descriptor;
    if (stream->ended || uv_fileno(&stream->uv.handle, &descriptor))
        return true;
    struct pollfd look = {.fd = descriptor, .events = POLLRDHUP};
    return poll(&look, 1, 0) > 0 && look.revents;
}

static void forget_write(struct hearth_stream *stream, struct pending_write *pending)
{
    stream->queued -= pending->length;
    stream->held -= pending->held;
    hearth_free(pending->owned);
    hearth_free(pending);
}

/* libuv tells each write, also after the close; the counts must be kept before `closed` is looked
 * at. */
static void on_written(uv_write_t *uv, int status)
{
    struct pending_write *pending = uv->data;
    struct hearth_stream *stream = pending->stream;
    forget_write(stream, pending);
    if (stream->closed)
        return;
    if (status < 0)
        tell_end(stream, status);
    else if (stream->queued == 0 && stream->events && !stream->broken)
        stream->events->on_drained(stream->argument);
}

static bool takes_writes(const struct hearth_stream *stream)
{
    return !stream->broken && !stream->closed && !stream->finishing;
}

/* A write that libuv refuses has no callback, so its counts are taken back here. That the stream is
 * broken shows at the next read. */
static void queue(struct hearth_stream *stream, struct pending_write *pending, const char *bytes)
{
    pending->stream = stream;
    pending->uv.data = pending;
    stream->queued += pending->length;
    stream->held += pending->held;
    uv_buf_t buf = {.base = (char *)bytes, .len = pending->length};
    if (uv_write(&pending->uv, &stream->uv.stream, &buf, 1, on_written))
        forget_write(stream, pending);
}

/* What the kernel takes of these at once; of a stream that takes nothing more, all is dropped. */
static size_t send_now(struct hearth_stream *stream, uv_buf_t *bufs, unsigned count, size_t length)
{
    if (!takes_writes(stream))
        return length;
    if (stream->queued || length == 0)
        return 0; /* in order, behind what waits */
    int rc = uv_try_write(&stream->uv.stream, bufs, count);
    /* A real error comes back through uv_write, after this call has returned. */
    return rc > 0 ? (size_t)rc : 0;
}

static void queue_copy(struct hearth_stream *stream, const char *bytes, size_t length)
{
    if (length == 0)
        return;
    struct pending_write *pending = hearth_alloc(sizeof(*pending) + length);
    pending->length = pending->held = length;
    pending->owned = NULL;
    memcpy(pending->bytes, bytes, length);
    queue(stream, pending, pending->bytes);
}

/* Tries to write at once, which saves the copy for most answers; only the rest is copied and
 * queued. */
void hearth_stream_write(struct hearth_stream *stream, const void *bytes, size_t length)
{
    uv_buf_t buf = {.base = (char *)bytes, .len = length};
    size_t sent = send_now(stream, &buf, 1, length);
    queue_copy(stream, (const char *)bytes + sent, length - sent);
}

/* Head and bytes are offered to the kernel in one call, so that a small answer leaves in one
 * packet. What is left of the head is copied; what is left of the bytes stays where it lies. */
void hearth_stream_write_in_place(struct hearth_stream *stream, const void *head,
                                  size_t head_length, const void *bytes, size_t length, void *owned)
{
    uv_buf_t bufs[] = {{.base = (char *)head, .len = head_length},
                       {.base = (char *)bytes, .len = length}};
    size_t sent = send_now(stream, bufs, 2, head_length + length);
    if (sent == head_length + length) {
        hearth_free(owned);
        return;
    }
    size_t head_sent = sent < head_length ? sent : head_length;
    queue_copy(stream, (const char *)head + head_sent, head_length - head_sent);
    struct pending_write *pending = hearth_alloc(sizeof(*pending));
    sent -= head_sent;
    pending->length = length - sent;
    pending->held = owned ? length : 0;
    pending->owned = owned;
    queue(stream, pending, (const char *)bytes + sent);
}

size_t hearth_stream_held(const struct hearth_stream *stream)
{
    return stream->held;
}

size_t hearth_stream_queued(const struct hearth_stream *stream)
{
    /* libuv's own count falls with each partial write; but a write whose end has not been told yet
     * is never 0, so that on_drained follows whenever something is queued. */
    size_t left = uv_stream_get_write_queue_size(&stream->uv.stream);
    return stream->queued && left == 0 ? 1 : left;
}

static void on_shut_down(uv_shutdown_t *request, int status)
{
    (void)status;
    hearth_free(request);
}

/* Half a close: what is queued is still written, and the peer's last bytes are still read. */
void hearth_stream_shutdown(struct hearth_stream *stream)
{
    if (stream->finishing || stream->broken || stream->closed)
        return;
    stream->finishing = true;
    uv_shutdown_t *request = hearth_alloc(sizeof(*request));
    if (uv_shutdown(request, &stream->uv.stream, on_shut_down))
        hearth_free(request);
}

void hearth_stream_close(struct hearth_stream *stream)
{
    if (!stream)
        return;
    assert(!stream->closed);
    stream->closed = true;
    uv_close(&stream->uv.handle, stream_free);
}

const char *hearth_stream_peer(const struct hearth_stream *stream)
{
    return stream->peer;
}
