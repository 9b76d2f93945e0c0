/* The watch: who has the work is settled by one compare-and-swap, between the thread that does it,
 * its signal handler, and the loop thread that looks at the clock. */
#include "worker/watch.h"

#include "base/clock.h"
#include "base/memory.h"
#include "loop/loop.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MS 100
/* A loop thread that does not come for a broken thread is broken too. */
#define RELEASE_MS 3000
#define SIGNAL_STACK_BYTES (64u << 10)

/* What `turn` says: each piece of work has an odd number of its own, and nothing is even. Who moves
 * an odd number on has the work: the thread that finishes it, or the watch that gives it up. */
#define TURN_BROKEN UINT64_MAX

struct watch {
    struct hearth_loop *loop;
    struct hearth_timer *timer;
    void (*on_broken)(void *argument, void *work, const char *reason);
    void *argument;
    bool told; /* loop thread */
    _Atomic uint64_t turn;
    atomic_int thread, signal, released;
    _Atomic(void *) work;
    _Atomic uint64_t allowed_ms, until_ms;
};

static const int deadly[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};
enum { DEADLY_COUNT = sizeof(deadly) / sizeof(deadly[0]) };
static struct sigaction before[DEADLY_COUNT];
static _Atomic(struct watch *) watched; /* one worker is one process */

static int this_thread(void)
{
    return (int)syscall(SYS_gettid);
}

/* Back to what was there before us: a sanitizer's handler, or the default that ends the process. */
static void restore(int number)
{
    for (int i = 0; i < DEADLY_COUNT; i++)
        if (deadly[i] == number)
            sigaction(number, &before[i], NULL);
}

static bool is_working(uint64_t turn)
{
    return turn % 2 == 1 && turn != TURN_BROKEN;
}

/* False when that work is over by now. */
static bool give_up(struct watch *watch, uint64_t turn)
{
    return is_working(turn) && atomic_compare_exchange_strong(&watch->turn, &turn, TURN_BROKEN);
}

/* At the end it raises the signal again: without us, the process ends as it would have. */
static void on_signal(int number)
{
    const struct timespec pause = {.tv_nsec = 10 * 1000000L};
    struct watch *watch = atomic_load(&watched);
    if (watch && atomic_load(&watch->thread) == this_thread() &&
        give_up(watch, atomic_load(&watch->turn))) {
        atomic_store(&watch->signal, number);
        for (int ms = 0; ms < RELEASE_MS && !atomic_load(&watch->released); ms += 10)
            nanosleep(&pause, NULL);
    }
    restore(number);
    raise(number);
}

/* SA_ONSTACK, because a stack that has overflowed cannot run a handler; SA_NODEFER, so that raising
 * the signal again in the handler works at once. */
static void take_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK | SA_NODEFER};
    for (int i = 0; i < DEADLY_COUNT; i++)
        sigaction(deadly[i], &action, &before[i]);
}

/* Once for each thread that works, of which a worker has two: the one that loads and computes, and
 * the one that prepares. */
static void give_signal_stack(void)
{
    static char stacks[2][SIGNAL_STACK_BYTES];
    static atomic_uint count;
    static _Thread_local bool given;
    stack_t present;
    if (given)
        return;
    given = true;
    /* A sanitizer has given the thread one, and unmaps at its end whatever it finds there. */
    if (sigaltstack(NULL, &present) == 0 && !(present.ss_flags & SS_DISABLE))
        return;
    unsigned index = atomic_fetch_add(&count, 1);
    if (index >= sizeof(stacks) / sizeof(stacks[0]))
        return;
    const stack_t own = {.ss_sp = stacks[index], .ss_size = SIGNAL_STACK_BYTES};
    sigaltstack(&own, NULL);
}

static void tell(struct watch *watch)
{
    char reason[128];
    int number = atomic_load(&watch->signal);
    if (number)
        snprintf(reason, sizeof(reason), "ended its process (%s)", strsignal(number));
    else
        snprintf(reason, sizeof(reason), "did not come to an end within %llu s",
                 (unsigned long long)(atomic_load(&watch->allowed_ms) + 999) / 1000);
    hearth_timer_stop(watch->timer);
    watch->told = true;
    watch->on_broken(watch->argument, atomic_load(&watch->work), reason);
}

static void look(void *argument)
{
    struct watch *watch = argument;
    /* The turn first: when other work has begun since, its time is not held against this one. */
    uint64_t turn = atomic_load(&watch->turn);
    bool late = hearth_clock_monotonic_ms() > atomic_load(&watch->until_ms);
    if (atomic_load(&watch->signal) || (late && give_up(watch, turn)))
        tell(watch);
}

struct watch *watch_create(struct hearth_loop *loop,
                           void (*on_broken)(void *argument, void *work, const char *reason),
                           void *argument)
{
    struct watch *watch = hearth_calloc(1, sizeof(*watch));
    watch->loop = loop;
    watch->timer = hearth_timer_create(loop, look, watch);
    watch->on_broken = on_broken;
    watch->argument = argument;
    atomic_store(&watched, watch);
    take_signals();
    return watch;
}

void watch_destroy(struct watch *watch)
{
    for (int i = 0; i < DEADLY_COUNT; i++)
        restore(deadly[i]);
    atomic_store(&watched, NULL);
    hearth_timer_destroy(watch->timer);
    hearth_free(watch);
}

/* The turn is moved on last: from then on the watch may judge by what was stored before. */
void watch_enter(struct watch *watch, void *work, uint64_t allowed_ms)
{
    give_signal_stack();
    atomic_store(&watch->work, work);
    atomic_store(&watch->thread, this_thread());
    atomic_store(&watch->allowed_ms, allowed_ms);
    atomic_store(&watch->until_ms, hearth_clock_monotonic_ms() + allowed_ms);
    atomic_fetch_add(&watch->turn, 1);
}

bool watch_leave(struct watch *watch)
{
    uint64_t turn = atomic_load(&watch->turn);
    return is_working(turn) && atomic_compare_exchange_strong(&watch->turn, &turn, turn + 1);
}

void watch_begin(struct watch *watch)
{
    if (!watch->told)
        hearth_timer_start(watch->timer, LOOK_MS, LOOK_MS);
}

void watch_pause(struct watch *watch)
{
    hearth_timer_stop(watch->timer);
}

bool watch_release(struct watch *watch)
{
    atomic_store(&watch->released, 1);
    return atomic_load(&watch->signal) != 0;
}
