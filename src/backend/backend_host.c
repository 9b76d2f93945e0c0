#include "backend/backend_host.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/memory.h"

void hearth_host_finish(struct hearth_host *host)
{
    hearth_free(host->streams);
    host->streams = NULL;
}

static uint32_t place_count(const struct hearth_host *host)
{
    uint32_t count = host->started.facts.adapter_places;
    return count < HEARTH_IPC_ADAPTER_PLACES_MAX ? count : HEARTH_IPC_ADAPTER_PLACES_MAX;
}

uint32_t hearth_host_free_places(const struct hearth_host *host)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < place_count(host); i++)
        count += host->places[i].state == HEARTH_PLACE_FREE;
    return count;
}

bool hearth_host_takes_adapters(const struct hearth_host *host)
{
    return place_count(host) > 0;
}

static bool is_twin(uint32_t place)
{
    return place >= HEARTH_IPC_ADAPTER_PLACES_MAX;
}

bool hearth_host_has_guests(const struct hearth_host *host)
{
    for (uint32_t i = 0; i < HEARTH_HOST_PLACES_MAX; i++)
        if (host->places[i].state != HEARTH_PLACE_FREE)
            return true;
    return false;
}

bool hearth_host_is_busy(const struct hearth_host *host)
{
    for (uint32_t i = 0; i < HEARTH_HOST_PLACES_MAX; i++)
        if (host->places[i].state == HEARTH_PLACE_COMES || host->places[i].streams)
            return true;
    return false;
}

static void send_if(struct hearth_host *host, int rc, int descriptor)
{
    if (rc == 0)
        host->send(host->argument, descriptor);
    else
        hearth_buf_clear(host->buf);
}

int hearth_host_take(struct hearth_host *host, const struct hearth_guest *guest, const char *name,
                     int descriptor, uint32_t *ret_place, struct hearth_error *error)
{
    uint32_t place = 0;
    while (place < place_count(host) && host->places[place].state != HEARTH_PLACE_FREE)
        place++;
    if (place == place_count(host))
        return hearth_error_set(error, HEARTH_EQUEUEFULL,
                                "the base has no place for another adapter");
    host->places[place] = (struct hearth_host_place){.state = HEARTH_PLACE_COMES, .guest = guest};
    send_if(host, hearth_ipc_put_adapter(host->buf, place, name), descriptor);
    *ret_place = place;
    return 0;
}

int hearth_host_join(struct hearth_host *host, const struct hearth_guest *guest,
                     uint32_t *ret_place, struct hearth_error *error)
{
    for (uint32_t i = HEARTH_IPC_ADAPTER_PLACES_MAX; i < HEARTH_HOST_PLACES_MAX; i++)
        if (host->places[i].state == HEARTH_PLACE_FREE) {
            host->places[i] =
                (struct hearth_host_place){.state = HEARTH_PLACE_THERE, .guest = guest};
            *ret_place = i;
            return 0;
        }
    return hearth_error_set(error, HEARTH_EQUEUEFULL, "the model has no place for another name");
}

/* Nobody's any more, and nothing of it runs. */
static void clear_place(struct hearth_host *host, uint32_t place)
{
    struct hearth_host_place *one = &host->places[place];
    if (one->guest || one->streams || one->state != HEARTH_PLACE_THERE)
        return;
    one->state = HEARTH_PLACE_FREE;
    if (!is_twin(place))
        send_if(host, hearth_ipc_put_adapter_drop(host->buf, place), -1);
}

void hearth_host_cancel_all(struct hearth_host *host, uint32_t place)
{
    for (size_t i = 0; i < host->count; i++)
        if (host->streams[i].place == place)
            send_if(host, hearth_ipc_put_empty(host->buf, HEARTH_IPC_CANCEL, host->streams[i].wire),
                    -1);
}

void hearth_host_leave(struct hearth_host *host, uint32_t place)
{
    host->places[place].guest = NULL;
    hearth_host_cancel_all(host, place);
    clear_place(host, place);
}

static struct hearth_host_stream *stream_of(const struct hearth_host *host, uint32_t place,
                                            uint32_t stream)
{
    for (size_t i = 0; i < host->count; i++)
        if (host->streams[i].place == place && host->streams[i].stream == stream)
            return &host->streams[i];
    return NULL;
}

static void add_stream(struct hearth_host *host, uint32_t place, uint32_t stream)
{
    if (host->count == host->capacity) {
        host->capacity = host->capacity * 2 + 16;
        host->streams = hearth_realloc(host->streams, host->capacity * sizeof(*host->streams));
    }
    host->streams[host->count++] =
        (struct hearth_host_stream){.wire = host->last_wire, .stream = stream, .place = place};
    host->places[place].streams++;
}

int hearth_host_send(struct hearth_host *host, uint32_t place,
                     const struct hearth_backend_request *request, struct hearth_error *error)
{
    struct hearth_input input = *request->input;
    int descriptor = -1;
    /* Only what generates knows adapters; tokens are the base's. */
    if (!is_twin(place))
        input.adapter = input.task == HEARTH_TASK_GENERATE ? place + 1 : 0;
    int rc = hearth_ipc_put_request(host->buf, --host->last_wire, &input, request->credit,
                                    request->class_, request->traceparent, &descriptor);
    send_if(host, rc, descriptor);
    if (rc)
        return hearth_error_set(error, rc, "the input is too large for one request");
    add_stream(host, place, request->stream);
    return 0;
}

void hearth_host_credit(struct hearth_host *host, uint32_t place, uint32_t stream, uint32_t events)
{
    const struct hearth_host_stream *one = stream_of(host, place, stream);
    if (one)
        send_if(host, hearth_ipc_put_credit(host->buf, one->wire, events), -1);
}

void hearth_host_cancel(struct hearth_host *host, uint32_t place, uint32_t stream)
{
    const struct hearth_host_stream *one = stream_of(host, place, stream);
    if (one)
        send_if(host, hearth_ipc_put_empty(host->buf, HEARTH_IPC_CANCEL, one->wire), -1);
}

int hearth_host_take_frame(struct hearth_host *host, const struct hearth_ipc_frame *frame)
{
    struct hearth_ipc_adapter adapter;
    if (hearth_ipc_get_adapter(frame, &adapter) || adapter.place >= place_count(host) ||
        host->places[adapter.place].state != HEARTH_PLACE_COMES)
        return HEARTH_EPARSE;
    struct hearth_host_place *place = &host->places[adapter.place];
    const struct hearth_guest *guest = place->guest;
    place->state = adapter.error.code ? HEARTH_PLACE_FREE : HEARTH_PLACE_THERE;
    if (adapter.error.code)
        place->guest = NULL;
    clear_place(host, adapter.place); /* whoever asked for it may have left meanwhile */
    if (guest)
        guest->on_arrived(guest->guest, &adapter.error);
    return 0;
}

static struct hearth_host_stream *on_wire(const struct hearth_host *host, uint32_t wire)
{
    for (size_t i = 0; i < host->count; i++)
        if (host->streams[i].wire == wire)
            return &host->streams[i];
    return NULL;
}

bool hearth_host_find(const struct hearth_host *host, uint32_t wire,
                      const struct hearth_guest **ret_guest, uint32_t *ret_stream)
{
    const struct hearth_host_stream *one = on_wire(host, wire);
    if (!one)
        return false;
    *ret_guest = host->places[one->place].guest;
    *ret_stream = one->stream;
    return true;
}

void hearth_host_stream_ended(struct hearth_host *host, uint32_t wire)
{
    struct hearth_host_stream *one = on_wire(host, wire);
    if (!one)
        return;
    uint32_t place = one->place;
    *one = host->streams[--host->count];
    host->places[place].streams--;
    clear_place(host, place);
}

void hearth_host_end(struct hearth_host *host, const struct hearth_child_end *end)
{
    host->count = 0;
    for (uint32_t i = 0; i < HEARTH_HOST_PLACES_MAX; i++) {
        const struct hearth_guest *guest = host->places[i].guest;
        host->places[i] = (struct hearth_host_place){.state = HEARTH_PLACE_FREE};
        if (guest)
            guest->on_host_ended(guest->guest, end);
    }
}
