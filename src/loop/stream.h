/* A connection that a listener has accepted, over TCP or a Unix socket, as a stream of bytes.
 *
 * Reading is a callback that can be paused. Writing never blocks: what the kernel does not take is
 * queued without a limit, and the caller looks at hearth_stream_queued to hold its producer back.
 * Loop thread only. */
#ifndef HEARTH_LOOP_STREAM_H
#define HEARTH_LOOP_STREAM_H

#include "hearth/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct hearth_loop;
struct hearth_stream;
struct hearth_listener;

/* The most bytes of one on_read. */
#define HEARTH_LOOP_READ_MAX (64u << 10)

struct hearth_stream_events {
    /* Bytes that arrived; valid during the call. */
    void (*on_read)(void *argument, const char *bytes, size_t length);
    /* The peer has closed its side (error 0), or the stream is broken (negative errno; this may
     * follow the first, when a later write fails). */
    void (*on_end)(void *argument, int error);
    /* The write queue fell to zero after it had not been. */
    void (*on_drained)(void *argument);
};

/* `on_accept` owns the stream, which reads nothing before hearth_stream_start. */
typedef void (*hearth_on_accept)(void *argument, struct hearth_stream *stream);

/* `address` is an IPv4 or IPv6 literal; port 0 takes a free one. EADDRINUSE becomes HEARTH_EINUSE
 * with a message for a person. */
int hearth_listen_tcp(struct hearth_loop *loop, const char *address, uint16_t port,
                      hearth_on_accept on_accept, void *argument,
                      struct hearth_listener **ret_listener, struct hearth_error *error);
/* A stale socket file is replaced, a live one is HEARTH_EINUSE; mode 0600. */
int hearth_listen_unix(struct hearth_loop *loop, const char *path, hearth_on_accept on_accept,
                       void *argument, struct hearth_listener **ret_listener,
                       struct hearth_error *error);
uint16_t hearth_listener_port(const struct hearth_listener *listener);
void hearth_listener_destroy(struct hearth_listener *listener); /* stops accepting; NULL allowed */

/* Begins to read. The events must outlive the stream. */
void hearth_stream_start(struct hearth_stream *stream, const struct hearth_stream_events *events,
                         void *argument);
void hearth_stream_pause(struct hearth_stream *stream, bool paused);
/* Whether the peer has closed its side; for a paused stream, which hears nothing of it. */
bool hearth_stream_peer_closed(const struct hearth_stream *stream);
/* Copies what the kernel does not take at once. Bytes after a failed write are dropped: on_end
 * tells. */
void hearth_stream_write(struct hearth_stream *stream, const void *bytes, size_t length);
/* Copies the head likewise, and sends the bytes behind it from where they lie, in one write.
 * `owned` is the heap memory that they lie in: the stream frees it with hearth_free once they are
 * sent or can no longer be. NULL: they are static. */
void hearth_stream_write_in_place(struct hearth_stream *stream, const void *head,
                                  size_t head_length, const void *bytes, size_t length,
                                  void *owned);
/* Bytes that the kernel has not taken yet. */
size_t hearth_stream_queued(const struct hearth_stream *stream);
/* Bytes of memory that are held for what is queued; static bytes are none. A write that is sent in
 * part holds all its memory until the rest is sent too. */
size_t hearth_stream_held(const struct hearth_stream *stream);
/* Sends what is queued, then FIN. */
void hearth_stream_shutdown(struct hearth_stream *stream);
/* Closes at once and frees; NULL is allowed. */
void hearth_stream_close(struct hearth_stream *stream);
/* "127.0.0.1", "::1" or "unix"; lives as long as the stream. */
const char *hearth_stream_peer(const struct hearth_stream *stream);

#endif
