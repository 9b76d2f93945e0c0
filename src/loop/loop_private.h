/* What the files of this folder share: the loop's own struct. No other folder includes it. */
#ifndef HEARTH_LOOP_LOOP_PRIVATE_H
#define HEARTH_LOOP_LOOP_PRIVATE_H

#include "loop/loop.h"
#include "loop/stream.h"

#include <pthread.h>
#include <stddef.h>
#include <uv.h>

struct posted {
    struct posted *next;
    void (*run)(void *argument);
    void *argument;
};

struct posted_list {
    struct posted *first, **last;
};

struct hearth_loop {
    uv_loop_t uv;
    uv_async_t wake;
    uv_prepare_t before_poll;
    uv_check_t after_poll;
    unsigned holds; /* pieces of work elsewhere that keep the loop running */
    bool stopped;
    struct posted_list deferred;

    pthread_mutex_t lock; /* of `posts` alone */
    struct posted_list posts;

    /* One for all streams: reading callbacks never nest. */
    char read_bytes[HEARTH_LOOP_READ_MAX];
};

/* Work that is elsewhere (on a lane) keeps the loop alive between hold and release. */
void hearth_loop_hold(struct hearth_loop *loop);
void hearth_loop_release(struct hearth_loop *loop);

#endif
