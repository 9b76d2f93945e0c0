/* Frames about adapters that come to a loaded model and go again. Gateway to worker: ADAPTER, with
 * a descriptor of the whole GGUF file beside its bytes, and ADAPTER_DROP; worker to gateway:
 * ADAPTER_READY, one for each ADAPTER. Bounded and checked as all frames are. Pure. */
#ifndef HEARTH_WIRE_IPC_ADAPTER_H
#define HEARTH_WIRE_IPC_ADAPTER_H

#include "wire/ipc.h"

enum { HEARTH_IPC_ADAPTER_PLACES_MAX = 32 };

/* Of all three; what a frame does not have is zero. */
struct hearth_ipc_adapter {
    uint32_t place;            /* below HEARTH_IPC_ADAPTER_PLACES_MAX */
    char name[192];            /* ADAPTER: what messages call it */
    struct hearth_error error; /* ADAPTER_READY: why it is not there; code 0: it is */
};

/* Each appends a whole frame. */
int hearth_ipc_put_adapter(struct hearth_buf *buf, uint32_t place, const char *name);
int hearth_ipc_put_adapter_drop(struct hearth_buf *buf, uint32_t place);
int hearth_ipc_put_adapter_ready(struct hearth_buf *buf, uint32_t place,
                                 const struct hearth_error *error);
/* HEARTH_EPARSE. */
int hearth_ipc_get_adapter(const struct hearth_ipc_frame *frame,
                           struct hearth_ipc_adapter *ret_adapter);

#endif
