/* Runs a loop until something holds. For tests. */
#ifndef HEARTH_TEST_LOOP_WAIT_H
#define HEARTH_TEST_LOOP_WAIT_H

#include "loop/loop.h"

#include <stdbool.h>

struct loop_wait {
    struct hearth_loop *loop;
    bool (*is)(void *argument);
    void *argument;
    uint64_t until_ms;
};

static inline void loop_look(void *argument)
{
    struct loop_wait *wait = argument;
    if (wait->is(wait->argument) || hearth_loop_now_ms(wait->loop) > wait->until_ms)
        hearth_loop_stop(wait->loop);
}

/* Whether it came true within the time. */
static inline bool loop_until(struct hearth_loop *loop, uint64_t most_ms,
                              bool (*is)(void *argument), void *argument)
{
    struct loop_wait wait = {loop, is, argument, hearth_loop_now_ms(loop) + most_ms};
    struct hearth_timer *timer = hearth_timer_create(loop, loop_look, &wait);
    hearth_timer_start(timer, 0, 1);
    hearth_loop_run(loop);
    hearth_timer_destroy(timer);
    return is(argument);
}

/* A condition that a callback makes true. */
static inline bool is_true(void *argument)
{
    return *(bool *)argument;
}

#endif
