/* Waits for four things at once: the HTTP server, the scheduler, installs and training jobs. Each
 * tells in its own way, so `check` looks at all. */
#include "server/shutdown.h"

#include "base/log.h"
#include "base/memory.h"
#include "config/settings.h"
#include "deferred/deferred.h"
#include "gateway/gateway_state.h"
#include "jobs/jobs.h"
#include "loop/loop.h"
#include "net/server.h"
#include "serving/scheduler.h"
#include "task/installs.h"
#include "track/track.h"

#include <signal.h>
#include <unistd.h>

enum { GRACE_MS = 1000, POLL_MS = 20 }; /* for telling open streams, after the drain timeout */

struct hearth_shutdown {
    struct hearth_gateway *gateway;
    struct hearth_signal *term, *interrupt;
    struct hearth_timer *deadline, *poll;
    const char *run_file;
    bool server_drained, scheduler_drained;
};

static void check(struct hearth_shutdown *shutdown)
{
    if (shutdown->server_drained && shutdown->scheduler_drained &&
        hearth_installs_idle(shutdown->gateway->installs) &&
        hearth_jobs_idle(shutdown->gateway->jobs))
        hearth_loop_stop(shutdown->gateway->loop);
}

static void on_server_drained(void *argument)
{
    struct hearth_shutdown *shutdown = argument;
    shutdown->server_drained = true;
    check(shutdown);
}

static void on_scheduler_drained(void *argument)
{
    struct hearth_shutdown *shutdown = argument;
    shutdown->scheduler_drained = true;
    check(shutdown);
}

/* The scheduler has ended its requests at the drain timeout; a second later whoever is still
 * connected is told and broken off. */
static void on_deadline(void *argument)
{
    struct hearth_shutdown *shutdown = argument;
    hearth_server_abort(shutdown->gateway->server);
}

/* Installs and jobs have no event for their end. */
static void on_poll(void *argument)
{
    check(argument);
}

/* _exit: no destructor of a library may hold up a person who asked twice. 128 + number is the
 * shell's own way to name a signal. */
static void on_signal(void *argument, int number)
{
    struct hearth_shutdown *shutdown = argument;
    struct hearth_gateway *gateway = shutdown->gateway;
    if (gateway->draining) {
        HEARTH_LOG(HEARTH_LOG_WARNING, "server.killed", HEARTH_INT("signal", number));
        unlink(shutdown->run_file);
        _exit(128 + number);
    }
    HEARTH_LOG(HEARTH_LOG_INFO, "server.draining", HEARTH_INT("signal", number));
    gateway->draining = true;
    uint64_t timeout_ms = gateway->settings->drain_timeout;
    hearth_installs_cancel(gateway->installs);
    hearth_deferred_stop(gateway->deferred);
    hearth_jobs_stop(gateway->jobs);
    hearth_track_stop(gateway->track); /* who waits for MLflow need not wait out the drain */
    hearth_timer_start(shutdown->deadline, timeout_ms + GRACE_MS, 0);
    hearth_timer_start(shutdown->poll, POLL_MS, POLL_MS);
    hearth_scheduler_drain(gateway->scheduler, hearth_loop_now_ms(gateway->loop) + timeout_ms,
                           on_scheduler_drained, shutdown);
    hearth_server_drain(gateway->server, on_server_drained, shutdown);
}

struct hearth_shutdown *hearth_shutdown_create(struct hearth_gateway *gateway, const char *run_file)
{
    struct hearth_shutdown *shutdown = hearth_calloc(1, sizeof(*shutdown));
    shutdown->gateway = gateway;
    shutdown->run_file = run_file;
    shutdown->deadline = hearth_timer_create(gateway->loop, on_deadline, shutdown);
    shutdown->poll = hearth_timer_create(gateway->loop, on_poll, shutdown);
    shutdown->term = hearth_signal_create(gateway->loop, SIGTERM, on_signal, shutdown);
    shutdown->interrupt = hearth_signal_create(gateway->loop, SIGINT, on_signal, shutdown);
    return shutdown;
}

void hearth_shutdown_destroy(struct hearth_shutdown *shutdown)
{
    if (!shutdown)
        return;
    hearth_timer_destroy(shutdown->deadline);
    hearth_timer_destroy(shutdown->poll);
    hearth_signal_destroy(shutdown->term);
    hearth_signal_destroy(shutdown->interrupt);
    hearth_free(shutdown);
}
