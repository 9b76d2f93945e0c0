/* Lanes: threads that do the work which would block the loop thread, such as hashing a file.
 *
 * Each lane has a name, a fixed number of threads and a bounded queue. With one thread it does its
 * work strictly in order, which is how the store writes. The verbs are for the loop thread only;
 * `work` runs on a thread of the lane, and `done` on the loop thread again. */
#ifndef HEARTH_LOOP_POOL_H
#define HEARTH_LOOP_POOL_H

#include <pthread.h>
#include <stddef.h>

/* Of every thread that runs an engine or blocking work, whatever the shell's limit is: parsers of
 * libraries recurse, and what bounds them counts on it. A guard page lies below. */
#define HEARTH_THREAD_STACK_BYTES (8u << 20)

struct hearth_loop;
struct hearth_lane;

struct hearth_lane *hearth_lane_create(struct hearth_loop *loop, const char *name, unsigned threads,
                                       size_t queue_max);
/* Waits for what is running; what is still queued is dropped after its `done` was called with
 * `dropped` true. NULL is allowed. */
void hearth_lane_destroy(struct hearth_lane *lane);

/* `done` follows on the loop thread, exactly once. HEARTH_EQUEUEFULL when the queue is full (then
 * neither is called). Queued work keeps the loop alive. */
int hearth_lane_submit(struct hearth_lane *lane, void (*work)(void *argument),
                       void (*done)(void *argument, _Bool dropped), void *argument);

/* A thread with a stack of that size, any thread. HEARTH_ENOMEM. */
int hearth_thread_start(pthread_t *ret_thread, void *(*run)(void *argument), void *argument);

#endif
