/* Adapters that come to the loaded model and go again. The loop thread takes the frames and knows
 * which places are taken; the compute thread gives the engine what they bring, between two steps.
 */
#include "base/error.h"
#include "base/memory.h"
#include "loop/channel.h"
#include "worker/parcel.h"
#include "worker/plugin.h"
#include "worker/prefixes.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Under the lock, or the compute thread's. */
struct adapter_order {
    struct adapter_order *next;
    struct hearth_ipc_adapter adapter;
    int descriptor; /* of its file; -1: it goes */
};

/* Loop thread. */
static void put_order(struct worker *worker, const struct hearth_ipc_adapter *adapter,
                      int descriptor)
{
    struct adapter_order *order = hearth_calloc(1, sizeof(*order));
    order->adapter = *adapter;
    order->descriptor = descriptor;
    pthread_mutex_lock(&worker->lock);
    struct adapter_order **last = &worker->adapter_orders;
    while (*last)
        last = &(*last)->next;
    *last = order;
    pthread_cond_signal(&worker->changed);
    pthread_mutex_unlock(&worker->lock);
}

/* Nobody is refused a place by the engine's word alone: what an input may name is what has been
 * told to be there. */
bool adapters_has(const struct worker *worker, uint32_t place)
{
    return place < HEARTH_IPC_ADAPTER_PLACES_MAX &&
           atomic_load(&worker->adapter_states[place]) == ADAPTER_THERE;
}

static bool is_used(const struct worker *worker, uint32_t place)
{
    for (size_t i = 0; i < STREAM_BUCKETS; i++)
        for (const struct stream *one = worker->buckets[i]; one; one = one->next_in_bucket)
            if (one->request->input.adapter == place + 1)
                return true;
    return false;
}

int adapters_frame(struct worker *worker, const struct hearth_ipc_frame *frame)
{
    struct hearth_ipc_adapter adapter;
    bool comes = frame->type == HEARTH_IPC_ADAPTER;
    int descriptor = comes ? hearth_channel_take_descriptor(worker->channel) : -1;
    int rc = hearth_ipc_get_adapter(frame, &adapter);
    if (rc == 0 && (comes != (descriptor >= 0) || adapter.place >= worker->adapter_places))
        rc = HEARTH_EPARSE;
    /* A place is free before it is taken, and nobody computes with what goes. */
    if (rc == 0 && atomic_load(&worker->adapter_states[adapter.place]) !=
                       (comes ? ADAPTER_NONE : ADAPTER_THERE))
        rc = HEARTH_EPARSE;
    if (rc == 0 && !comes && is_used(worker, adapter.place))
        rc = HEARTH_EPARSE;
    if (rc) {
        if (descriptor >= 0)
            close(descriptor);
        return rc;
    }
    atomic_store(&worker->adapter_states[adapter.place], comes ? ADAPTER_COMES : ADAPTER_NONE);
    put_order(worker, &adapter, descriptor);
    return 0;
}

/* Compute thread. Mapped and not read: the engine makes its own form of it, and the pages are the
 * file's. The gateway gives blobs, which do not change. */
static int bring(struct worker *worker, const struct adapter_order *order,
                 struct hearth_error *error)
{
    struct stat status;
    if (fstat(order->descriptor, &status) || !S_ISREG(status.st_mode) || status.st_size <= 0)
        return hearth_error_set(error, HEARTH_EMODEL, "adapter '%s' is not a file with content",
                                order->adapter.name);
    size_t length = (size_t)status.st_size;
    void *bytes = mmap(NULL, length, PROT_READ, MAP_PRIVATE, order->descriptor, 0);
    if (bytes == MAP_FAILED)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for adapter '%s'",
                                order->adapter.name);
    int rc = worker->ops->adapter_load(worker->engine, order->adapter.place, order->adapter.name,
                                       bytes, length, error);
    munmap(bytes, length);
    if (rc && !error->code)
        hearth_error_set(error, rc, "adapter '%s' cannot be loaded", order->adapter.name);
    return rc;
}

static void execute(struct worker *worker, const struct adapter_order *order)
{
    struct hearth_error error = {0};
    uint32_t place = order->adapter.place;
    if (order->descriptor < 0) {
        prefixes_forget(worker->prefixes, place);
        worker->ops->adapter_unload(worker->engine, place);
        return;
    }
    int rc = bring(worker, order, &error);
    atomic_store(&worker->adapter_states[place], rc ? ADAPTER_NONE : ADAPTER_THERE);
    struct parcel *parcel = parcel_create(worker);
    hearth_ipc_put_adapter_ready(&parcel->frames, place, &error);
    parcel_send(parcel);
}

void adapters_execute(struct worker *worker, struct adapter_order *orders)
{
    for (struct adapter_order *next; orders; orders = next) {
        next = orders->next;
        execute(worker, orders);
        if (orders->descriptor >= 0)
            close(orders->descriptor);
        hearth_free(orders);
    }
}
