/* What a worker process has taken in beside its own model: adapters, each in a place, and other
 * names of the same model (twins), which cost it nothing; and the streams that use them. Each
 * adapter is a *guest*, which looks to its own model like a backend of its own (backend_guest.c);
 * here its streams are told from the host's.
 *
 * On the wire the host's streams count up from 1 and those of guests down from UINT32_MAX. A guest
 * may leave at any time: its streams are canceled, and its place is free when the worker has ended
 * them. Loop thread only. */
#ifndef HEARTH_BACKEND_BACKEND_HOST_H
#define HEARTH_BACKEND_BACKEND_HOST_H

#include "backend/backend.h"
#include "wire/ipc_adapter.h"

struct hearth_buf;

/* How a guest hears of its host. No callback comes from inside a verb. */
struct hearth_guest {
    const struct hearth_backend_events *events; /* its streams' */
    void *argument;                             /* of those events */
    /* It is there, or why it is not: then it has left. */
    void (*on_arrived)(void *guest, const struct hearth_error *error);
    void (*on_stream_ended)(void *guest); /* after the events of the stream */
    /* The process has ended: it has left, and its streams are gone without a word. */
    void (*on_host_ended)(void *guest, const struct hearth_child_end *end);
    void *guest;
};

enum hearth_host_state { HEARTH_PLACE_FREE, HEARTH_PLACE_COMES, HEARTH_PLACE_THERE };

struct hearth_host_place {
    enum hearth_host_state state;
    const struct hearth_guest *guest; /* NULL: it has left */
    uint32_t streams;
};

/* Twins have the places behind those of adapters. */
#define HEARTH_HOST_TWINS_MAX 64
#define HEARTH_HOST_PLACES_MAX (HEARTH_IPC_ADAPTER_PLACES_MAX + HEARTH_HOST_TWINS_MAX)

struct hearth_host_stream {
    uint32_t wire, stream, place;
};

struct hearth_host {
    /* Set by the owner: what writes frames, and the buffer into which they are put for it. */
    void (*send)(void *argument, int descriptor);
    void *argument;
    struct hearth_buf *buf;
    struct hearth_ipc_started started; /* the worker's; facts as loaded, when it is ready */

    struct hearth_host_place places[HEARTH_HOST_PLACES_MAX];
    struct hearth_host_stream *streams;
    size_t count, capacity;
    uint32_t last_wire;
    bool stopping; /* it takes nothing more, and ends when what runs has ended */
};

/* `host` is zero but for the members that its owner sets. */
void hearth_host_finish(struct hearth_host *host);

/* For guests */

/* Sends the file to a free place. The descriptor stays the caller's; `guest` must live until it has
 * left. HEARTH_EQUEUEFULL when no place is free. */
int hearth_host_take(struct hearth_host *host, const struct hearth_guest *guest, const char *name,
                     int descriptor, uint32_t *ret_place, struct hearth_error *error);
/* The same for a twin, which is there at once: on_arrived does not come. */
int hearth_host_join(struct hearth_host *host, const struct hearth_guest *guest,
                     uint32_t *ret_place, struct hearth_error *error);
void hearth_host_leave(struct hearth_host *host, uint32_t place);
int hearth_host_send(struct hearth_host *host, uint32_t place,
                     const struct hearth_backend_request *request, struct hearth_error *error);
void hearth_host_credit(struct hearth_host *host, uint32_t place, uint32_t stream, uint32_t events);
void hearth_host_cancel(struct hearth_host *host, uint32_t place, uint32_t stream);
void hearth_host_cancel_all(struct hearth_host *host, uint32_t place);
/* Of those for adapters; and whether there are any such, free or not. */
uint32_t hearth_host_free_places(const struct hearth_host *host);
bool hearth_host_takes_adapters(const struct hearth_host *host);
/* Some place is not free. */
bool hearth_host_has_guests(const struct hearth_host *host);
/* Some guest has streams under way, or is just coming. */
bool hearth_host_is_busy(const struct hearth_host *host);

/* For the owner */

/* A frame ADAPTER_READY. HEARTH_EPARSE when none is waited for. */
int hearth_host_take_frame(struct hearth_host *host, const struct hearth_ipc_frame *frame);
/* Whose stream this number of the wire is: fills in guest and number. False: none of a guest. A
 * guest that has left is NULL. */
bool hearth_host_find(const struct hearth_host *host, uint32_t wire,
                      const struct hearth_guest **ret_guest, uint32_t *ret_stream);
/* Its last event has come. Before that event is told. */
void hearth_host_stream_ended(struct hearth_host *host, uint32_t wire);
/* The process has ended: all guests hear it. */
void hearth_host_end(struct hearth_host *host, const struct hearth_child_end *end);

#endif
