/* Timers and signals over libuv. */
#include "base/memory.h"
#include "loop/loop.h"
#include "loop/loop_private.h"

#include <assert.h>

struct hearth_timer {
    uv_timer_t uv;
    void (*on_time)(void *argument);
    void *argument;
};

struct hearth_signal {
    uv_signal_t uv;
    void (*on_signal)(void *argument, int number);
    void *argument;
};

/* libuv's last word about a handle: its memory is ours again. */
static void free_handle(uv_handle_t *handle)
{
    hearth_free(handle->data);
}

static void time_has_come(uv_timer_t *uv)
{
    struct hearth_timer *timer = uv->data;
    timer->on_time(timer->argument);
}

struct hearth_timer *hearth_timer_create(struct hearth_loop *loop, void (*on_time)(void *argument),
                                         void *argument)
{
    struct hearth_timer *timer = hearth_calloc(1, sizeof(*timer));
    timer->on_time = on_time;
    timer->argument = argument;
    uv_timer_init(&loop->uv, &timer->uv);
    timer->uv.data = timer;
    return timer;
}

void hearth_timer_start(struct hearth_timer *timer, uint64_t after_ms, uint64_t repeat_ms)
{
    /* The cached time may be old when a long callback starts a timer. */
    uv_update_time(timer->uv.loop);
    uv_timer_start(&timer->uv, time_has_come, after_ms, repeat_ms);
}

void hearth_timer_stop(struct hearth_timer *timer)
{
    uv_timer_stop(&timer->uv);
}

/* Within its own callback too: libuv only forgets the handle at the end of the turn. */
void hearth_timer_destroy(struct hearth_timer *timer)
{
    if (timer)
        uv_close((uv_handle_t *)&timer->uv, free_handle);
}

static void signal_has_come(uv_signal_t *uv, int number)
{
    struct hearth_signal *signal = uv->data;
    signal->on_signal(signal->argument, number);
}

/* Unref'd, since waiting for a signal alone is no reason for a loop to go on. */
struct hearth_signal *hearth_signal_create(struct hearth_loop *loop, int number,
                                           void (*on_signal)(void *argument, int number),
                                           void *argument)
{
    struct hearth_signal *signal = hearth_calloc(1, sizeof(*signal));
    signal->on_signal = on_signal;
    signal->argument = argument;
    uv_signal_init(&loop->uv, &signal->uv);
    signal->uv.data = signal;
    int rc = uv_signal_start(&signal->uv, signal_has_come, number);
    assert(rc == 0);
    uv_unref((uv_handle_t *)&signal->uv);
    return signal;
}

void hearth_signal_destroy(struct hearth_signal *signal)
{
    if (signal)
        uv_close((uv_handle_t *)&signal->uv, free_handle);
}
