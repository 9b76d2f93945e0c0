/* The byte channel between gateway and worker: one end of a Unix socketpair, both ways, with
 * descriptors beside the bytes (a memfd carries what is large). What the bytes mean is in
 * src/wire/ipc.h. Loop thread only. */
#ifndef HEARTH_LOOP_CHANNEL_H
#define HEARTH_LOOP_CHANNEL_H

#include "hearth/error.h"

#include <stddef.h>

struct hearth_loop;
struct hearth_channel;

struct hearth_channel_events {
    /* Bytes in order. A descriptor that came with them is taken with
     * hearth_channel_take_descriptor. */
    void (*on_read)(void *argument, const char *bytes, size_t length);
    void (*on_end)(void *argument, int error); /* 0: the peer closed; else negative errno */
    void (*on_drained)(void *argument);
};

/* Two connected, close-on-exec, non-blocking descriptors. */
int hearth_channel_pair(int ret_descriptors[2], struct hearth_error *error);
/* Takes the descriptor over. */
struct hearth_channel *hearth_channel_create(struct hearth_loop *loop, int descriptor,
                                             const struct hearth_channel_events *events,
                                             void *argument);
/* Sends, or queues a copy of what the kernel does not take at once. `descriptor` (or -1) travels
 * with the first byte and stays the caller's. Bytes written after the peer has gone are dropped:
 * on_end tells. */
void hearth_channel_write(struct hearth_channel *channel, const void *bytes, size_t length,
                          int descriptor);
/* Bytes that the kernel has not taken yet. */
size_t hearth_channel_queued(const struct hearth_channel *channel);
/* The oldest received descriptor, now the caller's, or -1; at most 16 are kept, more break the
 * channel. */
int hearth_channel_take_descriptor(struct hearth_channel *channel);
void hearth_channel_close(struct hearth_channel *channel); /* closes, frees; NULL is allowed */

#endif
