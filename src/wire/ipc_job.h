/* What gateway and trainer tell each other beside PING, PONG, STOP, PAUSE, RESUME and FAILED: HELLO
 * with the job's order, JOB_EVENT and JOB_DONE with a JSON object each. What is in the JSON is the
 * business of src/train/job_order.h and job.h. Pure; see ipc.h. */
#ifndef HEARTH_WIRE_IPC_JOB_H
#define HEARTH_WIRE_IPC_JOB_H

#include "base/json.h"
#include "wire/ipc.h"

struct hearth_ipc_job {
    uint32_t version;      /* HEARTH_IPC_VERSION */
    uint32_t sandbox;      /* enum hearth_sandbox_mode of ipc_request.h */
    uint64_t memory_limit; /* bytes that the plan may need; 0: no limit */
    const char *order;     /* JSON; of the frame, not ended by a NUL */
    size_t order_length;
};

/* HEARTH_ETOOLARGE: an order is at most HEARTH_IPC_INLINE_MAX bytes. */
int hearth_ipc_put_job(struct hearth_buf *buf, const struct hearth_ipc_job *job);
/* The texts are the frame's. HEARTH_EPARSE when the order is missing. */
int hearth_ipc_get_job(const struct hearth_ipc_frame *frame, struct hearth_ipc_job *ret_job,
                       struct hearth_error *error);

/* `type` is JOB_EVENT or JOB_DONE. HEARTH_ETOOLARGE likewise. */
int hearth_ipc_put_json(struct hearth_buf *buf, uint8_t type, const char *json, size_t length);
/* A JSON object, the caller's (json_decref); NULL when there is none. */
json_t *hearth_ipc_get_json(const struct hearth_ipc_frame *frame, struct hearth_error *error);

/* A frame without fields: PING, STOP, PAUSE, RESUME. */
int hearth_ipc_put_bare(struct hearth_buf *buf, uint8_t type);

#endif
