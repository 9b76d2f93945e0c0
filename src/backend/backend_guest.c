/* An adapter on a worker that runs already, or another name of what runs there, as a backend of its
 * own: its model has its own queue, its own load and its own faults, while the process is its
 * host's. Whatever ends the process ends this backend too, with the same reason. */
#include "backend/backend_host.h"

#include "backend/supervisor.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/small_file.h"
#include "loop/loop.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Bytes of memory for one of the file: values become f32, and quantized ones are a quarter of that.
 */
#define GROWTH 4u

struct guest_backend {
    struct hearth_backend backend; /* first */
    struct hearth_guest guest;
    const struct hearth_backend_events *events;
    void *argument;
    struct hearth_host *host;  /* NULL: it has ended */
    struct hearth_timer *turn; /* its next step, or the deadline of a stop */
    char *name;
    int descriptor;
    uint64_t bytes; /* of the file */
    bool planned, has_place, stopping, ends;
    uint32_t place, streams;
    struct hearth_child_end end;
};

static struct guest_backend *guest_of(struct hearth_backend *backend)
{
    return (struct guest_backend *)backend;
}

static void leave(struct guest_backend *guest)
{
    if (guest->host && guest->has_place)
        hearth_host_leave(guest->host, guest->place);
    guest->has_place = false;
    guest->streams = 0;
}

/* on_end comes from the timer: never from inside a verb, and never in the middle of a frame. */
static void end_soon(struct guest_backend *guest)
{
    leave(guest);
    guest->ends = true;
    hearth_timer_start(guest->turn, 0, 0);
}

static void end_for(struct guest_backend *guest, const struct hearth_error *error)
{
    guest->end.asked = !error;
    if (error)
        guest->end.error = *error;
    end_soon(guest);
}

static bool is_twin(const struct guest_backend *guest)
{
    return guest->descriptor < 0;
}

/* Its own list is the base's with its name behind. */
static void add_name(char *list, size_t size, const char *name)
{
    struct hearth_buf text;
    hearth_buf_init(&text, size);
    size_t length = strlen(list);
    hearth_buf_append(&text, length > 1 ? list : "[", length > 1 ? length - 1 : 1);
    if (length > 1)
        hearth_buf_text(&text, ",");
    hearth_json_write_text(&text, name);
    hearth_buf_text(&text, "]");
    if (!text.failed && text.length < size)
        snprintf(list, size, "%s", hearth_buf_cstr(&text));
    hearth_buf_finish(&text);
}

/* As the host has it, but for its list of adapters and what it takes of memory. */
static struct hearth_ipc_started *started_of(const struct guest_backend *guest)
{
    struct hearth_ipc_started *started = hearth_alloc(sizeof(*started));
    *started = guest->host->started;
    started->plan = (struct hearth_memory_plan){.weights = guest->bytes * GROWTH};
    started->facts.adapter_places = 0;
    if (!is_twin(guest))
        add_name(started->facts.adapters_json, sizeof(started->facts.adapters_json), guest->name);
    return started;
}

static void fail(struct guest_backend *guest, const struct hearth_error *error)
{
    guest->events->on_failed(guest->argument, error);
    if (!guest->ends)
        end_for(guest, NULL);
}

static void be_ready(struct guest_backend *guest)
{
    struct hearth_ipc_started *started = started_of(guest);
    guest->events->on_ready(guest->argument, &started->facts);
    hearth_free(started);
}

/* Whoever hears of the plan may end it; then it never goes to its host. */
static void begin(struct guest_backend *guest)
{
    struct hearth_error error;
    struct hearth_ipc_started *started = started_of(guest);
    guest->planned = true;
    guest->events->on_planned(guest->argument, started);
    hearth_free(started);
    if (guest->ends || !guest->host)
        return;
    int rc = is_twin(guest) ? hearth_host_join(guest->host, &guest->guest, &guest->place, &error)
                            : hearth_host_take(guest->host, &guest->guest, guest->name,
                                               guest->descriptor, &guest->place, &error);
    guest->has_place = rc == 0;
    if (rc)
        fail(guest, &error);
    else if (is_twin(guest))
        be_ready(guest);
}

static void on_turn(void *argument)
{
    struct guest_backend *guest = argument;
    if (guest->ends)
        guest->events->on_end(guest->argument, &guest->end);
    else if (guest->stopping) /* its time is over */
        end_soon(guest);
    else if (!guest->planned)
        begin(guest);
}

static void on_arrived(void *argument, const struct hearth_error *error)
{
    struct guest_backend *guest = argument;
    guest->has_place = error->code == 0;
    if (guest->ends)
        return;
    if (error->code) {
        fail(guest, error);
        return;
    }
    be_ready(guest);
}

static void on_stream_ended(void *argument)
{
    struct guest_backend *guest = argument;
    guest->streams -= guest->streams > 0;
    if (guest->stopping && !guest->streams && !guest->ends)
        end_soon(guest);
}

static void on_host_ended(void *argument, const struct hearth_child_end *end)
{
    struct guest_backend *guest = argument;
    guest->host = NULL;
    if (!guest->ends && !guest->stopping)
        guest->end = *end;
    if (guest->end.asked && !guest->end.error.code)
        hearth_error_set(&guest->end.error, HEARTH_EDRAINING,
                         "the process that it shared was unloaded");
    end_soon(guest);
}

static int open_file(struct guest_backend *guest, const char *path, struct hearth_error *error)
{
    guest->descriptor = hearth_descriptor_open(path, &guest->bytes);
    return guest->descriptor >= 0
               ? 0
               : hearth_error_set(error, HEARTH_EMODEL, "the adapter's file cannot be read");
}

static void guest_destroy(struct hearth_backend *backend)
{
    struct guest_backend *guest = guest_of(backend);
    leave(guest);
    hearth_timer_destroy(guest->turn);
    if (guest->descriptor >= 0)
        close(guest->descriptor);
    hearth_free(guest->name);
    hearth_free(guest);
}

static int guest_start(const struct hearth_backend_spec *spec, struct hearth_backend **ret_backend,
                       struct hearth_error *error)
{
    struct guest_backend *guest = hearth_calloc(1, sizeof(*guest));
    guest->backend.ops = &hearth_backend_guest;
    guest->guest = (struct hearth_guest){.events = spec->events,
                                         .argument = spec->argument,
                                         .on_arrived = on_arrived,
                                         .on_stream_ended = on_stream_ended,
                                         .on_host_ended = on_host_ended,
                                         .guest = guest};
    guest->events = spec->events;
    guest->argument = spec->argument;
    guest->host = spec->host;
    guest->name = hearth_strdup(spec->model);
    guest->turn = hearth_timer_create(spec->loop, on_turn, guest);
    guest->descriptor = -1;
    int rc = spec->adapter ? open_file(guest, spec->adapter, error) : 0;
    if (rc) {
        guest_destroy(&guest->backend);
        return rc;
    }
    hearth_timer_start(guest->turn, 0, 0);
    *ret_backend = &guest->backend;
    return 0;
}

/* Without its host the end is on its way, which tells what becomes of the request. */
static int guest_send(struct hearth_backend *backend, const struct hearth_backend_request *request,
                      struct hearth_error *error)
{
    struct guest_backend *guest = guest_of(backend);
    if (!guest->host || !guest->has_place || guest->host->stopping)
        return 0;
    int rc = hearth_host_send(guest->host, guest->place, request, error);
    guest->streams += rc == 0;
    return rc;
}

static void guest_credit(struct hearth_backend *backend, uint32_t stream, uint32_t events)
{
    struct guest_backend *guest = guest_of(backend);
    if (guest->host && guest->has_place)
        hearth_host_credit(guest->host, guest->place, stream, events);
}

static void guest_cancel(struct hearth_backend *backend, uint32_t stream)
{
    struct guest_backend *guest = guest_of(backend);
    if (guest->host && guest->has_place)
        hearth_host_cancel(guest->host, guest->place, stream);
}

static void guest_stop(struct hearth_backend *backend, uint64_t deadline_ms)
{
    struct guest_backend *guest = guest_of(backend);
    if (guest->ends)
        return;
    guest->stopping = true;
    guest->end.asked = true;
    if (guest->streams)
        hearth_timer_start(guest->turn, deadline_ms, 0);
    else
        end_soon(guest);
}

static void guest_kill(struct hearth_backend *backend, const struct hearth_error *error)
{
    struct guest_backend *guest = guest_of(backend);
    if (!guest->ends)
        end_for(guest, error);
}

const struct hearth_backend_ops hearth_backend_guest = {
    .name = "guest",
    .start = guest_start,
    .send = guest_send,
    .credit = guest_credit,
    .cancel = guest_cancel,
    .stop = guest_stop,
    .kill = guest_kill,
    .destroy = guest_destroy,
};
