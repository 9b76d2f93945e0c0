/* The event loop. A process has one, run by one thread, and all state that changes belongs to that
 * thread, so that it needs no locks.
 *
 * It is a thin face over libuv, so that no other folder knows libuv. Here are posts from other
 * threads, timers and signals; connections are in stream.h, threads for blocking work in pool.h,
 * child processes in process.h, the channel between gateway and worker in channel.h. Everything is
 * for the loop thread only, except hearth_loop_post.
 *
 * Two rules hold for all of them. If a verb that starts something returns an error, its callback is
 * never called. An object is freed by its `destroy` or `close` verb, which may be called from
 * within its own callbacks, and after which no callback comes. */
#ifndef HEARTH_LOOP_LOOP_H
#define HEARTH_LOOP_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct hearth_loop;

struct hearth_loop *hearth_loop_create(void);
/* Everything made on the loop must be gone; asserts that nothing is left open. */
void hearth_loop_destroy(struct hearth_loop *loop);
/* Runs until nothing is left to wait for, or until stop. */
void hearth_loop_run(struct hearth_loop *loop);
void hearth_loop_stop(struct hearth_loop *loop);
/* Milliseconds of the monotonic clock, as of this turn of the loop. */
uint64_t hearth_loop_now_ms(struct hearth_loop *loop);

/* Any thread: `run` is called on the loop thread, in the order of the posts. The first post keeps
 * the loop alive until it has run. */
void hearth_loop_post(struct hearth_loop *loop, void (*run)(void *argument), void *argument);
/* Loop thread: called once the present callback has returned, before the loop waits again. */
void hearth_loop_defer(struct hearth_loop *loop, void (*run)(void *argument), void *argument);

struct hearth_timer;
struct hearth_timer *hearth_timer_create(struct hearth_loop *loop, void (*on_time)(void *argument),
                                         void *argument);
/* Starts or moves it; `repeat_ms` 0 is once. A timer keeps the loop alive while it runs. */
void hearth_timer_start(struct hearth_timer *timer, uint64_t after_ms, uint64_t repeat_ms);
void hearth_timer_stop(struct hearth_timer *timer);
void hearth_timer_destroy(struct hearth_timer *timer); /* NULL is allowed */

/* Does not keep the loop alive. */
struct hearth_signal;
struct hearth_signal *hearth_signal_create(struct hearth_loop *loop, int number,
                                           void (*on_signal)(void *argument, int number),
                                           void *argument);
void hearth_signal_destroy(struct hearth_signal *signal);

#endif
