/* A worker process on this machine: its messages in, ours out. Whatever the process says is checked
 * against what may come now, because a model file may have made it do anything; one that breaks the
 * rules is ended, and only its own model notices. */
#include "backend/backend_host.h"

#include "backend/supervisor.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/memory.h"

#include <stdbool.h>
#include <unistd.h>

struct local_backend {
    struct hearth_backend backend; /* first */
    struct hearth_child *child;
    const struct hearth_backend_events *events;
    void *argument;
    struct hearth_buf buf; /* of the frame that is being written */
    struct hearth_ipc_event event;
    struct hearth_host host; /* adapters of other models that this process has taken in */
    bool planned, ready, failed;
};

static struct local_backend *local_of(struct hearth_backend *backend)
{
    return (struct local_backend *)backend;
}

/* Frames of the model's life: what each is, and when it may come. */

/* The first message: once, and in our version of the protocol. Everything else waits for it. */
static int take_started(struct local_backend *local, const struct hearth_ipc_frame *frame,
                        struct hearth_error *error)
{
    struct hearth_ipc_started started;
    int rc = local->planned ? HEARTH_EPARSE : hearth_ipc_get_started(frame, &started, error);
    if (rc < 0)
        return rc;
    if (started.version != HEARTH_IPC_VERSION)
        return hearth_error_set(error, HEARTH_EPARSE, "it speaks version %u, this program %u",
                                started.version, HEARTH_IPC_VERSION);
    local->planned = true;
    local->host.started = started;
    local->events->on_planned(local->argument, &started);
    return 0;
}

/* Clamped, not refused: a fraction that is slightly off harms nobody, and NaN falls into the last
 * case. */
static int take_progress(struct local_backend *local, const struct hearth_ipc_frame *frame,
                         struct hearth_error *error)
{
    (void)error;
    float fraction;
    if (!local->planned || local->ready)
        return HEARTH_EPARSE;
    int rc = hearth_ipc_get_progress(frame, &fraction);
    if (rc < 0)
        return rc;
    fraction = fraction > 1 ? 1 : fraction >= 0 ? fraction : 0;
    local->events->on_progress(local->argument, fraction);
    return 0;
}

static int take_ready(struct local_backend *local, const struct hearth_ipc_frame *frame,
                      struct hearth_error *error)
{
    struct hearth_model_facts facts;
    if (!local->planned || local->ready)
        return HEARTH_EPARSE;
    int rc = hearth_ipc_get_ready(frame, &facts, error);
    if (rc < 0)
        return rc;
    local->ready = true;
    local->host.started.facts = facts;
    local->events->on_ready(local->argument, &facts);
    return 0;
}

static int take_failed(struct local_backend *local, const struct hearth_ipc_frame *frame,
                       struct hearth_error *error)
{
    (void)error;
    struct hearth_error failure;
    if (local->ready || local->failed)
        return HEARTH_EPARSE;
    int rc = hearth_ipc_get_failure(frame, &failure);
    if (rc < 0)
        return rc;
    local->failed = true;
    local->events->on_failed(local->argument, &failure);
    return 0;
}

static int take_pong(struct local_backend *local, const struct hearth_ipc_frame *frame,
                     struct hearth_error *error)
{
    (void)error;
    uint64_t counters[HEARTH_COUNTER_COUNT];
    int rc = hearth_ipc_get_pong(frame, counters);
    if (rc == 0)
        local->events->on_counters(local->argument, counters);
    return rc;
}

static int take_adapter(struct local_backend *local, const struct hearth_ipc_frame *frame,
                        struct hearth_error *error)
{
    (void)error;
    return local->ready ? hearth_host_take_frame(&local->host, frame) : HEARTH_EPARSE;
}

/* Whose stream it is: the model's own, or a guest's; `events` is NULL where nobody listens. */
struct listener {
    const struct hearth_backend_events *events;
    void *argument;
    uint32_t stream;
    const struct hearth_guest *guest;
};

static struct listener listener_of(const struct local_backend *local, uint32_t wire)
{
    struct listener to = {.events = local->events, .argument = local->argument, .stream = wire};
    if (!hearth_host_find(&local->host, wire, &to.guest, &to.stream))
        return to;
    to.events = to.guest ? to.guest->events : NULL;
    to.argument = to.guest ? to.guest->argument : NULL;
    return to;
}

static int take_prepared(struct local_backend *local, const struct hearth_ipc_frame *frame,
                         struct hearth_error *error)
{
    (void)error;
    struct hearth_ipc_prepared prepared;
    int rc = hearth_ipc_get_prepared(frame, &prepared);
    const struct listener to = listener_of(local, frame->stream);
    if (rc == 0 && to.events)
        to.events->on_prepared(to.argument, to.stream, &prepared);
    return rc;
}

static int take_tokens(struct local_backend *local, const struct hearth_ipc_frame *frame,
                       struct hearth_error *error)
{
    (void)error;
    const int32_t *tokens;
    size_t count;
    int rc = hearth_ipc_get_tokens(frame, &tokens, &count);
    const struct listener to = listener_of(local, frame->stream);
    if (rc == 0 && to.events)
        to.events->on_tokens(to.argument, to.stream, tokens, count);
    return rc;
}

/* The event's memory is ours and is used again for each: it is valid until the callback returns. */
static int take_event(struct local_backend *local, const struct hearth_ipc_frame *frame,
                      struct hearth_error *error)
{
    int rc = hearth_ipc_get_event(frame, &local->event, error);
    if (rc)
        return rc;
    enum hearth_event_kind kind = local->event.event.kind;
    bool ends = kind == HEARTH_EVENT_DONE || kind == HEARTH_EVENT_ERROR;
    const struct listener to = listener_of(local, frame->stream);
    if (ends)
        hearth_host_stream_ended(&local->host, frame->stream);
    if (to.events)
        to.events->on_event(to.argument, to.stream, &local->event);
    if (ends && to.guest)
        to.guest->on_stream_ended(to.guest->guest);
    return 0;
}

/* The whole protocol in one table: which message is taken by whom, and whether it belongs to a
 * stream. A message without a row ends the worker. */
static const struct taker {
    int (*take)(struct local_backend *local, const struct hearth_ipc_frame *frame,
                struct hearth_error *error);
    bool of_stream;
} takers[] = {
    [HEARTH_IPC_STARTED] = {take_started, false},
    [HEARTH_IPC_PROGRESS] = {take_progress, false},
    [HEARTH_IPC_READY] = {take_ready, false},
    [HEARTH_IPC_FAILED] = {take_failed, false},
    [HEARTH_IPC_PONG] = {take_pong, false},
    [HEARTH_IPC_PREPARED] = {take_prepared, true},
    [HEARTH_IPC_TEXT] = {take_event, true},
    [HEARTH_IPC_VECTOR] = {take_event, true},
    [HEARTH_IPC_TOKENS] = {take_tokens, true},
    [HEARTH_IPC_TENSOR] = {take_event, true},
    [HEARTH_IPC_BYTES] = {take_event, true},
    [HEARTH_IPC_DONE] = {take_event, true},
    [HEARTH_IPC_ERROR] = {take_event, true},
    [HEARTH_IPC_PROMPT] = {take_event, true},
    [HEARTH_IPC_PROMPT_READ] = {take_event, true},
    [HEARTH_IPC_ADAPTER_READY] = {take_adapter, false},
};

/* Streams exist only once the model is ready. That one of them is ours is for the caller to know: a
 * stream that we have canceled may still speak. */
static int on_frame(void *argument, const struct hearth_ipc_frame *frame,
                    struct hearth_error *error)
{
    struct local_backend *local = argument;
    if (frame->type >= sizeof(takers) / sizeof(takers[0]) || !takers[frame->type].take)
        return hearth_error_set(error, HEARTH_EPARSE, "a message of unknown type %d", frame->type);
    const struct taker *taker = &takers[frame->type];
    if (taker->of_stream != (frame->stream != 0) || (taker->of_stream && !local->ready))
        return hearth_error_set(error, HEARTH_EPARSE, "a message of type %d out of place",
                                frame->type);
    return taker->take(local, frame, error);
}

static void on_end(void *argument, const struct hearth_child_end *end)
{
    struct local_backend *local = argument;
    hearth_host_end(&local->host, end);
    local->events->on_end(local->argument, end);
}

/* One buffer for all frames: the channel copies what it cannot write at once. A descriptor goes
 * beside the frame when its payload is in shared memory, and is the kernel's once it is sent. */
static void send_frame(struct local_backend *local, int descriptor)
{
    hearth_child_send(local->child, local->buf.bytes, local->buf.length, descriptor);
    if (descriptor >= 0)
        close(descriptor);
    hearth_buf_clear(&local->buf);
}

static void send_of_host(void *argument, int descriptor)
{
    struct local_backend *local = argument;
    hearth_child_send(local->child, local->buf.bytes, local->buf.length, descriptor);
    hearth_buf_clear(&local->buf);
}

/* Without a word to the model itself; its guests still have to hear that they have no host. */
static void local_destroy(struct hearth_backend *backend)
{
    struct local_backend *local = local_of(backend);
    struct hearth_child_end end = {.asked = true};
    hearth_host_end(&local->host, &end);
    hearth_host_finish(&local->host);
    hearth_child_destroy(local->child);
    hearth_buf_finish(&local->buf);
    hearth_ipc_event_finish(&local->event);
    hearth_free(local);
}

/* The hello may be larger than a frame allows, because of the settings; then nothing was started
 * yet. Its descriptor is ours until it is sent. */
static int local_start(const struct hearth_backend_spec *spec, struct hearth_backend **ret_backend,
                       struct hearth_error *error)
{
    static const struct hearth_child_events events = {.on_frame = on_frame, .on_end = on_end};
    struct local_backend *local = hearth_calloc(1, sizeof(*local));
    local->backend.ops = &hearth_backend_local;
    local->events = spec->events;
    local->argument = spec->argument;
    local->host.send = send_of_host;
    local->host.argument = local;
    local->host.buf = &local->buf;
    hearth_buf_init(&local->buf, HEARTH_IPC_PAYLOAD_MAX + 4096);
    hearth_ipc_event_init(&local->event);
    const struct hearth_child_options options = {
        .kind = HEARTH_PROCESS_WORKER,
        .path = spec->worker_path,
        .subject = spec->model,
        .handshake_timeout_ms = spec->handshake_timeout_ms,
        .heartbeat_timeout_ms = spec->heartbeat_timeout_ms,
        .events = &events,
        .argument = local,
    };
    int descriptor = -1;
    int rc = hearth_ipc_put_hello(&local->buf, &spec->hello, &descriptor);
    if (rc < 0)
        hearth_error_set(error, rc, "the model's settings are too large");
    else
        rc = hearth_child_start(spec->loop, &options, &local->child, error);
    if (rc < 0) {
        if (descriptor >= 0)
            close(descriptor);
        local_destroy(&local->backend);
        return rc;
    }
    send_frame(local, descriptor);
    *ret_backend = &local->backend;
    return 0;
}

static int local_send(struct hearth_backend *backend, const struct hearth_backend_request *request,
                      struct hearth_error *error)
{
    struct local_backend *local = local_of(backend);
    int descriptor = -1;
    int rc = hearth_ipc_put_request(&local->buf, request->stream, request->input, request->credit,
                                    request->class_, request->traceparent, &descriptor);
    if (rc < 0) {
        hearth_buf_clear(&local->buf);
        return hearth_error_set(error, rc, "the input is too large for one request");
    }
    send_frame(local, descriptor);
    return 0;
}

static void local_credit(struct hearth_backend *backend, uint32_t stream, uint32_t events)
{
    struct local_backend *local = local_of(backend);
    if (hearth_ipc_put_credit(&local->buf, stream, events) == 0)
        send_frame(local, -1);
}

static void local_cancel(struct hearth_backend *backend, uint32_t stream)
{
    struct local_backend *local = local_of(backend);
    if (hearth_ipc_put_empty(&local->buf, HEARTH_IPC_CANCEL, stream) == 0)
        send_frame(local, -1);
}

static void local_stop(struct hearth_backend *backend, uint64_t deadline_ms)
{
    local_of(backend)->host.stopping = true;
    hearth_child_stop(local_of(backend)->child, deadline_ms);
}

static void local_kill(struct hearth_backend *backend, const struct hearth_error *error)
{
    hearth_child_kill(local_of(backend)->child, error);
}

static pid_t local_pid(const struct hearth_backend *backend)
{
    return hearth_child_pid(((const struct local_backend *)backend)->child);
}

static struct hearth_host *local_host(struct hearth_backend *backend)
{
    struct local_backend *local = local_of(backend);
    return local->ready ? &local->host : NULL;
}

const struct hearth_backend_ops hearth_backend_local = {
    .name = "local",
    .start = local_start,
    .send = local_send,
    .credit = local_credit,
    .cancel = local_cancel,
    .stop = local_stop,
    .kill = local_kill,
    .destroy = local_destroy,
    .pid = local_pid,
    .host = local_host,
};
