/* Watches work for which a model file decides how long it takes and whether it ends: describing the
 * model, and preparing an input (the chat template is a program that comes with the file). Work
 * that exceeds its time, or that crashes, is reported to the gateway as the fault of exactly that
 * work. Then the worker ends, and the gateway treats its other requests as it does after any crash.
 *
 *     IDLE ─enter▶ WORKING ─leave▶ IDLE
 *                     │ time is over, or a deadly signal of that thread
 *                     ▼
 *                  BROKEN: the fault is sent, then the process ends
 *
 * A signal is not handled in its handler, where next to nothing may be called: the thread that
 * broke waits there, on a stack of its own, and the loop thread, which is sound, tells the gateway.
 * A stack that overflows meets the guard page below it and comes here too.
 *
 * Threads: enter and leave on the thread that works, one at a time; the rest on the loop thread. */
#ifndef HEARTH_WORKER_WATCH_H
#define HEARTH_WORKER_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct hearth_loop;
struct watch;

/* `on_broken` once: `reason` is "did not come to an end within 30 s" or "ended its process
 * (Segmentation fault)"; `work` is what enter was given. */
struct watch *watch_create(struct hearth_loop *loop,
                           void (*on_broken)(void *argument, void *work, const char *reason),
                           void *argument);
void watch_destroy(struct watch *watch);

void watch_enter(struct watch *watch, void *work, uint64_t allowed_ms);
/* False: the watch has given the work up meanwhile and the process ends; nothing of it is told. */
bool watch_leave(struct watch *watch);

/* While there may be something to watch: it looks every 100 ms. */
void watch_begin(struct watch *watch);
void watch_pause(struct watch *watch);

/* The fault has been told: a thread that waits in its signal goes on and ends the process by it.
 * False when it was no signal. */
bool watch_release(struct watch *watch);

#endif
