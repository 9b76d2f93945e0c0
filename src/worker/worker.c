/* The worker's loop thread: the handshake, the frames of the gateway, and how the process ends. */
#include "worker/worker.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "domain/cpu_split.h"
#include "loop/channel.h"
#include "loop/loop.h"
#include "loop/pool.h"
#include "worker/memory_cap.h"
#include "worker/parcel.h"
#include "worker/plugin.h"
#include "worker/sandbox.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREPARE_QUEUE_MAX STREAMS_MAX
/* A gateway that does not read the last frames is not waited for any longer. */
#define END_MS 5000
/* Exit statuses for the gateway's log; 65 is EX_DATAERR and 70 is EX_SOFTWARE of sysexits.h. */
#define EXIT_PROTOCOL 65
#define EXIT_BROKEN 70

uint64_t worker_now_us(void)
{
    return hearth_clock_monotonic_ns() / 1000;
}

static void stop_now(void *argument)
{
    struct worker *worker = argument;
    hearth_loop_stop(worker->loop);
}

/* The last frames are queued: leave once they are gone. */
static void end(struct worker *worker, int status)
{
    if (worker->state == WORKER_ENDING)
        return;
    worker->state = WORKER_ENDING;
    worker->exit_status = status;
    if (hearth_channel_queued(worker->channel))
        hearth_timer_start(worker->end_timer, END_MS, 0);
    else
        hearth_loop_defer(worker->loop, stop_now, worker);
}

/* Everything that was asked is answered: unload. */
static void end_when_drained(struct worker *worker)
{
    if (worker->state != WORKER_DRAINING || worker->stream_count)
        return;
    hearth_lane_destroy(worker->prepare_lane);
    worker->prepare_lane = NULL;
    pthread_mutex_lock(&worker->lock);
    worker->finish = true;
    pthread_cond_signal(&worker->changed);
    pthread_mutex_unlock(&worker->lock);
}

/* What was sent for a stream goes out before its end is counted, so a draining worker has told
 * everything. A worker that is broken says nothing any more: its fault was the last word. */
void worker_deliver(void *argument)
{
    struct parcel *parcel = argument;
    struct worker *worker = parcel->worker;
    if (!worker->broken)
        hearth_channel_write(worker->channel, parcel->frames.bytes, parcel->frames.length,
                             parcel->descriptor);
    if (parcel->descriptor >= 0)
        close(parcel->descriptor);
    for (struct stream *stream = parcel->ended, *next; stream; stream = next) {
        next = stream->next;
        streams_end(worker, stream);
    }
    hearth_buf_finish(&parcel->frames);
    hearth_free(parcel);
    end_when_drained(worker);
}

/* The lane is made only now: before READY nothing is to be prepared. A STOP that came during the
 * load takes effect here. */
void worker_loaded(void *argument)
{
    struct worker *worker = argument;
    worker->prepare_lane = hearth_lane_create(worker->loop, "prepare", 1, PREPARE_QUEUE_MAX);
    watch_pause(worker->watch);
    worker->state = worker->stop_asked ? WORKER_DRAINING : WORKER_READY;
    end_when_drained(worker);
}

/* A load that was given up because of STOP is no failure. */
void worker_failed(void *argument)
{
    struct worker *worker = argument;
    worker->exit_status = worker->hello.probe || worker->stop_asked ? 0 : 1;
}

void worker_compute_ended(void *argument)
{
    struct worker *worker = argument;
    pthread_join(worker->compute, NULL);
    worker->compute_ended = true;
    end(worker, worker->exit_status);
}

/* The fault is on its way; a signal that waits in its thread ends the process with itself. */
static void leave_broken(struct worker *worker)
{
    if (!watch_release(worker->watch))
        hearth_loop_stop(worker->loop);
}

/* The part of the model that was at work, where the engine knows it, is the likely cause. */
static void describe_fault(const struct worker *worker, const struct stream *stream,
                           const char *reason, char *ret_message, size_t size)
{
    const char *why = NULL;
    const char *part =
        worker->ops && PLUGIN_HAS(worker->ops, at_work) ? worker->ops->at_work(&why) : NULL;
    if (part && why)
        snprintf(ret_message, size, "%s %s and was stopped", part, why);
    else if (stream)
        snprintf(ret_message, size, "%s %s while it prepared this input", part ? part : "the model",
                 reason);
    else
        snprintf(ret_message, size, "%s %s", part ? part : "reading the model's files", reason);
}

/* `work` is the stream that was prepared; NULL: the model was described. */
static void on_broken(void *argument, void *work, const char *reason)
{
    struct worker *worker = argument;
    const struct stream *stream = work;
    char message[256];
    describe_fault(worker, stream, reason, message, sizeof(message));
    fprintf(stderr, "hearth-worker: %s\n", message);
    struct parcel *parcel = parcel_create(worker);
    hearth_ipc_put_failure(&parcel->frames, stream ? HEARTH_IPC_ERROR : HEARTH_IPC_FAILED,
                           stream ? stream->id : 0, HEARTH_EMODEL, message);
    worker_deliver(parcel);
    worker->broken = true;
    worker->state = WORKER_ENDING;
    worker->exit_status = EXIT_BROKEN;
    hearth_timer_start(worker->end_timer, END_MS, 0);
    if (!hearth_channel_queued(worker->channel))
        leave_broken(worker);
}

static void fail_at_once(struct worker *worker, const struct hearth_error *error)
{
    struct parcel *parcel = parcel_create(worker);
    hearth_ipc_put_failure(&parcel->frames, HEARTH_IPC_FAILED, 0, error->code, error->message);
    worker_deliver(parcel);
    end(worker, 1);
}

/* Before there are threads, which inherit it. A core that is gone meanwhile is no reason not to
 * serve. */
static void bind_to(const char *list)
{
    struct hearth_cpus cpus;
    cpu_set_t set;
    if (!*list || hearth_cpus_parse(list, strlen(list), &cpus))
        return;
    CPU_ZERO(&set);
    for (unsigned cpu = 0; cpu < HEARTH_CPUS_MAX && cpu < CPU_SETSIZE; cpu++)
        if (hearth_cpus_has(&cpus, cpu))
            CPU_SET(cpu, &set);
    if (sched_setaffinity(0, sizeof(set), &set))
        fprintf(stderr, "hearth-worker: cannot stay on cores %s\n", list);
}

/* Made now: afterwards nothing outside of it can be. */
static const char *prefix_folder(const struct hearth_ipc_hello *hello)
{
    if (!hello->prefix_folder[0])
        return NULL;
    mkdir(hello->prefix_folder, 0700);
    return hello->prefix_folder;
}

/* The order matters. Cores first, because threads inherit them. Then the sandbox, before anything
 * of the model or the plug-in is touched, and before there is any thread that it would not bind;
 * whether it could be had is one of the reasons to refuse. The memory cap comes before the header
 * is read. */
static int greet(struct worker *worker, const struct hearth_ipc_frame *frame,
                 struct hearth_error *error)
{
    int rc = hearth_ipc_get_hello(frame, &worker->hello, error);
    if (rc)
        return rc;
    struct hearth_ipc_hello *hello = &worker->hello;
    worker->state = WORKER_STARTING;
    bind_to(hello->cpus);
    const struct sandbox_paths paths = {.model = hello->model_path,
                                        .plugin_dir = hello->plugin_dir,
                                        .readable = hello->readable,
                                        .writable = prefix_folder(hello),
                                        .device = hello->device};
    if (hello->sandbox != HEARTH_SANDBOX_OFF)
        worker->sandbox = sandbox_enter(&paths);
    uint32_t wanted = HEARTH_SANDBOX_FILES | HEARTH_SANDBOX_SYSTEM_CALLS;
    struct hearth_error refusal = {0};
    if (hello->version != HEARTH_IPC_VERSION)
        hearth_error_set(&refusal, HEARTH_EINTERNAL,
                         "the gateway speaks version %u of the protocol, this worker version %u",
                         hello->version, HEARTH_IPC_VERSION);
    else if (hello->slots > WORKER_SLOTS_MAX)
        hearth_error_set(&refusal, HEARTH_EINVAL, "%u slots are too many; at most %u are possible",
                         hello->slots, WORKER_SLOTS_MAX);
    else if (hello->sandbox == HEARTH_SANDBOX_REQUIRE && (worker->sandbox & wanted) != wanted)
        hearth_error_set(&refusal, HEARTH_EFORBIDDEN,
                         "the sandbox is required, but this system has no %s",
                         worker->sandbox & HEARTH_SANDBOX_FILES ? "seccomp" : "Landlock");
    if (refusal.code) {
        fail_at_once(worker, &refusal);
        return 0;
    }
    memory_cap_header();
    watch_begin(worker->watch);
    worker->compute_started = hearth_thread_start(&worker->compute, compute_run, worker) == 0;
    if (!worker->compute_started)
        return hearth_error_set(error, HEARTH_ENOMEM,
                                "the thread for the engine cannot be started");
    return 0;
}

/* Requests that have no sequence wait: on the lane, or for the compute thread. */
static void answer_ping(struct worker *worker)
{
    uint64_t counters[HEARTH_COUNTER_COUNT];
    struct hearth_buf buf;
    pthread_mutex_lock(&worker->lock);
    memcpy(counters, worker->counters, sizeof(counters));
    pthread_mutex_unlock(&worker->lock);
    counters[HEARTH_COUNT_SEQUENCES_WAITING] =
        worker->stream_count > counters[HEARTH_COUNT_SEQUENCES_BUSY]
            ? worker->stream_count - counters[HEARTH_COUNT_SEQUENCES_BUSY]
            : 0;
    counters[HEARTH_COUNT_PREPARED] = worker->prepared_count;
    counters[HEARTH_COUNT_PREPARE_US] = atomic_load(&worker->prepare_us);
    counters[HEARTH_COUNT_CANCELED] = worker->canceled_count;
    hearth_buf_init(&buf, 4096);
    hearth_ipc_put_pong(&buf, counters);
    hearth_channel_write(worker->channel, buf.bytes, buf.length, -1);
    hearth_buf_finish(&buf);
}

/* During a load STOP only sets give_up, which the engine's progress report hands on; worker_loaded
 * or worker_failed sees the rest. */
static void stop(struct worker *worker)
{
    worker->stop_asked = true;
    atomic_store(&worker->give_up, true);
    if (worker->state == WORKER_NEW) {
        end(worker, 0);
    } else if (worker->state == WORKER_READY) {
        worker->state = WORKER_DRAINING;
        end_when_drained(worker);
    }
}

/* A frame out of order, or of a type that only a worker sends, is a gateway that cannot be trusted:
 * the connection ends. Frames for streams that have ended meanwhile are not, since they crossed the
 * end on the way. */
static int on_frame(void *argument, const struct hearth_ipc_frame *frame)
{
    struct worker *worker = argument;
    struct hearth_error error = {0};
    if (worker->state == WORKER_ENDING)
        return 0;
    switch (frame->type) {
    case HEARTH_IPC_HELLO:
        return worker->state == WORKER_NEW ? greet(worker, frame, &error) : HEARTH_EPARSE;
    case HEARTH_IPC_PING:
        answer_ping(worker);
        return 0;
    case HEARTH_IPC_STOP:
        stop(worker);
        return 0;
    case HEARTH_IPC_REQUEST:
        if (frame->stream == 0 || streams_find(worker, frame->stream))
            return HEARTH_EPARSE;
        streams_request(worker, frame);
        return 0;
    case HEARTH_IPC_CREDIT:
        return streams_credit(worker, frame);
    case HEARTH_IPC_ADAPTER:
    case HEARTH_IPC_ADAPTER_DROP:
        return adapters_frame(worker, frame);
    case HEARTH_IPC_CANCEL:
        streams_cancel(worker, frame->stream);
        return 0;
    default:
        return HEARTH_EPARSE;
    }
}

static void on_read(void *argument, const char *bytes, size_t length)
{
    struct worker *worker = argument;
    struct hearth_error error = {0};
    if (!hearth_ipc_read(worker->reader, bytes, length, on_frame, worker, &error))
        return;
    /* The compute thread may be anywhere: there is nothing to save, so leave at once. */
    fprintf(stderr, "hearth-worker: the gateway broke the protocol%s%s\n", error.code ? ": " : "",
            error.code ? error.message : "");
    _exit(EXIT_PROTOCOL);
}

static void on_end(void *argument, int error)
{
    (void)argument;
    (void)error;
    /* Nobody is left to answer; an engine that computes or loads is not waited for. */
    _exit(0);
}

static void on_drained(void *argument)
{
    struct worker *worker = argument;
    if (worker->broken)
        leave_broken(worker);
    else if (worker->state == WORKER_ENDING)
        hearth_loop_stop(worker->loop);
}

static int take_descriptor(void *argument)
{
    struct worker *worker = argument;
    return hearth_channel_take_descriptor(worker->channel);
}

/* The lane first, since its jobs use everything else; the loop last, since everything is made on
 * it. */
static void worker_finish(struct worker *worker)
{
    hearth_lane_destroy(worker->prepare_lane);
    hearth_timer_destroy(worker->abort_timer);
    hearth_timer_destroy(worker->end_timer);
    watch_destroy(worker->watch);
    hearth_channel_close(worker->channel);
    hearth_ipc_reader_destroy(worker->reader);
    hearth_ipc_hello_finish(&worker->hello);
    hearth_loop_destroy(worker->loop);
    pthread_mutex_destroy(&worker->lock);
    pthread_cond_destroy(&worker->changed);
}

/* An engine that still computes is not waited for: its memory goes with the process, and so do its
 * locks, which a clean end would wait for. */
int worker_run(void)
{
    static const struct hearth_channel_events events = {
        .on_read = on_read, .on_end = on_end, .on_drained = on_drained};
    struct worker *worker = hearth_calloc(1, sizeof(*worker));
    worker->loop = hearth_loop_create();
    pthread_mutex_init(&worker->lock, NULL);
    pthread_cond_init(&worker->changed, NULL);
    worker->arrived_last = &worker->arrived;
    worker->abort_timer = hearth_timer_create(worker->loop, streams_abort_again, worker);
    worker->end_timer = hearth_timer_create(worker->loop, stop_now, worker);
    worker->watch = watch_create(worker->loop, on_broken, worker);
    fcntl(WORKER_CHANNEL, F_SETFD, FD_CLOEXEC);
    worker->channel = hearth_channel_create(worker->loop, WORKER_CHANNEL, &events, worker);
    worker->reader = hearth_ipc_reader_create(take_descriptor, worker);
    hearth_loop_run(worker->loop);
    int status = worker->exit_status;
    if (worker->compute_started && !worker->compute_ended)
        _exit(status);
    bool confined = worker->sandbox & HEARTH_SANDBOX_SYSTEM_CALLS;
    worker_finish(worker);
    hearth_free(worker);
    if (confined) /* a leak checker would start a process at exit, which is refused */
        _exit(status);
    return status;
}
