/* What a worker tells the gateway, as structs: the life of its model (STARTED, PROGRESS, READY,
 * FAILED, PONG) and the events of its streams. Not thread-safe.
 *
 * The gateway allows each stream a number of events, its credit. TEXT, VECTOR, TENSOR and BYTES use
 * up one each; PREPARED, TOKENS, DONE and ERROR are free. Exactly one DONE or ERROR ends a stream;
 * a canceled one ends with ERROR HEARTH_ECANCELED. */
#ifndef HEARTH_WIRE_IPC_EVENT_H
#define HEARTH_WIRE_IPC_EVENT_H

#include "hearth/engine.h"
#include "wire/ipc.h"

#define HEARTH_SANDBOX_FILES (1u << 0)        /* Landlock: files */
#define HEARTH_SANDBOX_SYSTEM_CALLS (1u << 1) /* seccomp */
#define HEARTH_SANDBOX_NETWORK (1u << 2)      /* Landlock: TCP, beside what seccomp refuses */

/* Facts as a JSON object, as frames and the registry carry them. 0, or the buffer's failure. */
int hearth_facts_write(struct hearth_buf *json, const struct hearth_model_facts *facts);
/* The way back; absent members are zero. HEARTH_EPARSE. */
int hearth_facts_read(const char *json, size_t length, struct hearth_model_facts *ret_facts);

struct hearth_ipc_started {
    uint32_t version;
    char engine_version[64];
    uint32_t sandbox; /* what was reached: HEARTH_SANDBOX_… */
    struct hearth_model_facts facts;
    struct hearth_memory_plan plan;
    /* Where the plan is over the limit: what would fit into it; 0: nothing would, or it is not
     * known. */
    uint32_t fitting_context, fitting_slots;
};
int hearth_ipc_put_started(struct hearth_buf *buf, const struct hearth_ipc_started *started);
int hearth_ipc_get_started(const struct hearth_ipc_frame *frame,
                           struct hearth_ipc_started *ret_started, struct hearth_error *error);

int hearth_ipc_put_progress(struct hearth_buf *buf, float fraction);
int hearth_ipc_get_progress(const struct hearth_ipc_frame *frame, float *ret_fraction);
int hearth_ipc_put_ready(struct hearth_buf *buf, const struct hearth_model_facts *facts);
int hearth_ipc_get_ready(const struct hearth_ipc_frame *frame, struct hearth_model_facts *ret_facts,
                         struct hearth_error *error);
/* FAILED (stream 0) and ERROR. The outcome of get is its return; the failure it read is in
 * `ret_failure`. */
int hearth_ipc_put_failure(struct hearth_buf *buf, uint8_t type, uint32_t stream, int code,
                           const char *message);
int hearth_ipc_get_failure(const struct hearth_ipc_frame *frame, struct hearth_error *ret_failure);

int hearth_ipc_put_pong(struct hearth_buf *buf, const uint64_t counters[HEARTH_COUNTER_COUNT]);
/* Counters that an older worker does not know are 0. */
int hearth_ipc_get_pong(const struct hearth_ipc_frame *frame,
                        uint64_t ret_counters[HEARTH_COUNTER_COUNT]);

struct hearth_ipc_prepared {
    uint32_t token_count, truncated_count;
    uint32_t prepare_us; /* 0: not said */
};
int hearth_ipc_put_prepared(struct hearth_buf *buf, uint32_t stream,
                            const struct hearth_ipc_prepared *prepared);
int hearth_ipc_get_prepared(const struct hearth_ipc_frame *frame,
                            struct hearth_ipc_prepared *ret_prepared);
/* The answer of HEARTH_TASK_TOKENIZE; DONE follows. */
int hearth_ipc_put_tokens(struct hearth_buf *buf, uint32_t stream, const int32_t *tokens,
                          size_t count, int *ret_descriptor);
/* `*ret_tokens` points into the frame. */
int hearth_ipc_get_tokens(const struct hearth_ipc_frame *frame, const int32_t **ret_tokens,
                          size_t *ret_count);

struct hearth_ipc_times {
    uint64_t queued_us, prefill_us, decode_us; /* in the worker */
};

/* Any event of an engine, as the frame of its kind. `times` goes with DONE, else NULL. */
int hearth_ipc_put_event(struct hearth_buf *buf, uint32_t stream, const struct hearth_event *event,
                         const struct hearth_ipc_times *times, int *ret_descriptor);

/* An event that was read; may be used again and again. Its pointers lead into the frame and into
 * this object; event.sequence is 0. */
struct hearth_ipc_event {
    struct hearth_event event;
    struct hearth_ipc_times times;
    struct hearth_error failure; /* of ERROR: code and message */
    struct hearth_token *tokens;
    struct hearth_alternative *alternatives;
    size_t token_capacity, alternative_capacity;
};
void hearth_ipc_event_init(struct hearth_ipc_event *event);
void hearth_ipc_event_finish(struct hearth_ipc_event *event);
/* Of TEXT, VECTOR, TENSOR, BYTES, DONE and ERROR frames; others are HEARTH_EPARSE. */
int hearth_ipc_get_event(const struct hearth_ipc_frame *frame, struct hearth_ipc_event *ret_event,
                         struct hearth_error *error);

#endif
