#include "base/error.h"
#include "loop/loop.h"
#include "loop/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

static char trace[64];

static void mark(void *argument)
{
    strncat(trace, argument, sizeof(trace) - strlen(trace) - 1);
}

static int setup(void **state)
{
    trace[0] = '\0';
    *state = hearth_loop_create();
    return 0;
}

static int teardown(void **state)
{
    hearth_loop_destroy(*state);
    return 0;
}

static void posts_run_in_order_before_the_loop_ends(void **state)
{
    hearth_loop_post(*state, mark, "a");
    hearth_loop_post(*state, mark, "b");
    hearth_loop_run(*state);
    assert_string_equal(trace, "ab");
}

struct poster {
    struct hearth_loop *loop;
    struct hearth_timer *timer;
};

static void stop_timer(void *argument)
{
    struct poster *poster = argument;
    hearth_timer_destroy(poster->timer);
    mark("p");
}

static void *post_from_thread(void *argument)
{
    struct poster *poster = argument;
    usleep(20000);
    hearth_loop_post(poster->loop, stop_timer, poster);
    return NULL;
}

static void a_post_of_another_thread_wakes_the_loop(void **state)
{
    struct poster poster = {.loop = *state};
    poster.timer = hearth_timer_create(*state, mark, "t");
    hearth_timer_start(poster.timer, 20000, 0);
    pthread_t thread;
    pthread_create(&thread, NULL, post_from_thread, &poster);
    hearth_loop_run(*state);
    pthread_join(thread, NULL);
    assert_string_equal(trace, "p");
}

struct deferrer {
    struct hearth_loop *loop;
    int left;
};

static void defer_again(void *argument)
{
    struct deferrer *deferrer = argument;
    mark("d");
    if (--deferrer->left)
        hearth_loop_defer(deferrer->loop, defer_again, deferrer);
}

static void deferred_work_runs_before_the_next_timer(void **state)
{
    struct deferrer deferrer = {.loop = *state, .left = 3};
    struct hearth_timer *timer = hearth_timer_create(*state, mark, "t");
    hearth_timer_start(timer, 1, 0);
    hearth_loop_defer(*state, defer_again, &deferrer);
    hearth_loop_run(*state);
    hearth_timer_destroy(timer);
    assert_string_equal(trace, "dddt");
}

struct repeater {
    struct hearth_timer *timer;
    int count;
};

static void count_time(void *argument)
{
    struct repeater *repeater = argument;
    if (++repeater->count == 3)
        hearth_timer_stop(repeater->timer);
}

static void a_repeating_timer_repeats_until_stopped(void **state)
{
    struct repeater repeater = {0};
    repeater.timer = hearth_timer_create(*state, count_time, &repeater);
    hearth_timer_start(repeater.timer, 1, 1);
    hearth_loop_run(*state);
    hearth_timer_destroy(repeater.timer);
    assert_int_equal(repeater.count, 3);
}

static void stop_on_signal(void *argument, int number)
{
    assert_int_equal(number, SIGUSR1);
    hearth_loop_stop(argument);
    mark("s");
}

static void a_signal_arrives_on_the_loop(void **state)
{
    struct hearth_signal *signal_ = hearth_signal_create(*state, SIGUSR1, stop_on_signal, *state);
    struct hearth_timer *timer = hearth_timer_create(*state, mark, "t");
    hearth_timer_start(timer, 20000, 0);
    kill(getpid(), SIGUSR1);
    hearth_loop_run(*state);
    hearth_signal_destroy(signal_);
    hearth_timer_destroy(timer);
    assert_string_equal(trace, "s");
}

struct task {
    struct hearth_lane *lane;
    pthread_t worked_on, done_on;
    atomic_int *running, *most;
    int done, dropped;
    bool destroy_lane;
};

static void work(void *argument)
{
    struct task *task = argument;
    int now = atomic_fetch_add(task->running, 1) + 1;
    if (now > *task->most)
        *task->most = now;
    usleep(5000);
    task->worked_on = pthread_self();
    atomic_fetch_sub(task->running, 1);
}

static void done(void *argument, bool dropped)
{
    struct task *task = argument;
    task->done++;
    task->dropped += dropped;
    task->done_on = pthread_self();
    if (task->destroy_lane)
        hearth_lane_destroy(task->lane);
}

static void lane_work_is_off_the_loop_and_done_on_it(void **state)
{
    atomic_int running = 0, most = 0;
    struct hearth_lane *lane = hearth_lane_create(*state, "test", 1, 8);
    struct task tasks[8] = {0};
    for (int i = 0; i < 8; i++) {
        tasks[i] = (struct task){.running = &running, .most = &most};
        assert_int_equal(hearth_lane_submit(lane, work, done, &tasks[i]), 0);
    }
    hearth_loop_run(*state);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(tasks[i].done, 1);
        assert_int_equal(tasks[i].dropped, 0);
        assert_true(pthread_equal(tasks[i].done_on, pthread_self()));
        assert_false(pthread_equal(tasks[i].worked_on, pthread_self()));
    }
    assert_int_equal(most, 1);
    hearth_lane_destroy(lane);
}

static void a_full_lane_refuses(void **state)
{
    atomic_int running = 0, most = 0;
    struct hearth_lane *lane = hearth_lane_create(*state, "test", 1, 2);
    struct task tasks[8] = {0};
    int refused = 0;
    for (int i = 0; i < 8; i++) {
        tasks[i] = (struct task){.running = &running, .most = &most};
        refused += hearth_lane_submit(lane, work, done, &tasks[i]) == HEARTH_EQUEUEFULL;
    }
    assert_true(refused >= 5);
    hearth_lane_destroy(lane);
    int finished = 0;
    for (int i = 0; i < 8; i++)
        finished += tasks[i].done;
    assert_int_equal(finished, 8 - refused);
}

static void a_done_may_destroy_its_lane(void **state)
{
    atomic_int running = 0, most = 0;
    struct hearth_lane *lane = hearth_lane_create(*state, "test", 2, 8);
    struct task tasks[6] = {0};
    for (int i = 0; i < 6; i++) {
        tasks[i] = (struct task){.running = &running, .most = &most, .lane = lane};
        tasks[i].destroy_lane = i == 0;
        assert_int_equal(hearth_lane_submit(lane, work, done, &tasks[i]), 0);
    }
    hearth_loop_run(*state);
    for (int i = 0; i < 6; i++)
        assert_int_equal(tasks[i].done, 1);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(posts_run_in_order_before_the_loop_ends),
        CASE(a_post_of_another_thread_wakes_the_loop),
        CASE(deferred_work_runs_before_the_next_timer),
        CASE(a_repeating_timer_repeats_until_stopped),
        CASE(a_signal_arrives_on_the_loop),
        CASE(lane_work_is_off_the_loop_and_done_on_it),
        CASE(a_full_lane_refuses),
        CASE(a_done_may_destroy_its_lane),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
