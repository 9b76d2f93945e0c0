#include "worker/parcel.h"

#include "base/memory.h"
#include "loop/loop.h"
#include "worker/worker.h"

#define PARCEL_MAX (64u << 20)

struct parcel *parcel_create(struct worker *worker)
{
    struct parcel *parcel = hearth_calloc(1, sizeof(*parcel));
    parcel->worker = worker;
    parcel->descriptor = -1;
    hearth_buf_init(&parcel->frames, PARCEL_MAX);
    return parcel;
}

void parcel_send(struct parcel *parcel)
{
    hearth_loop_post(parcel->worker->loop, worker_deliver, parcel);
}

struct parcel *outbox_parcel(struct outbox *outbox)
{
    if (!outbox->parcel)
        outbox->parcel = parcel_create(outbox->worker);
    return outbox->parcel;
}

void outbox_send(struct outbox *outbox)
{
    if (outbox->parcel)
        parcel_send(outbox->parcel);
    outbox->parcel = NULL;
}
