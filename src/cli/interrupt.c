#include "cli/interrupt.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

/* Counted in the handler, read by the work: nothing else is safe in a signal handler. */
static atomic_int pending;

/* The second one before the work has asked ends the process: the work may hang. A shell shows 128
 * plus the number for a process that a signal ended. */
static void remember(int number)
{
    if (atomic_fetch_add(&pending, 1) >= 1)
        _exit(128 + number);
}

void hearth_interrupt_watch(void)
{
    /* Without SA_RESTART: a read that blocks returns with EINTR, and the work looks whether to
     * stop. */
    struct sigaction action = {.sa_handler = remember};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool hearth_interrupted(void)
{
    return atomic_load(&pending) > 0;
}

/* The signals are let in only while it waits: one that came between a look and a read would be
 * remembered, and the read would wait all the same. */
bool hearth_interrupt_wait(int descriptor)
{
    struct pollfd waited = {.fd = descriptor, .events = POLLIN};
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &blocked, &before);
    while (!hearth_interrupted() && ppoll(&waited, 1, NULL, &before) < 0 && errno == EINTR) {
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return !hearth_interrupted();
}

void hearth_interrupt_forget(void)
{
    atomic_store(&pending, 0);
}
