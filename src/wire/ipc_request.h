/* What the gateway tells a worker: HELLO and REQUEST as structs, and the frames that need none
 * (CREDIT has one field; CANCEL, PING and STOP have nothing). Not thread-safe. */
#ifndef HEARTH_WIRE_IPC_REQUEST_H
#define HEARTH_WIRE_IPC_REQUEST_H

#include "hearth/engine.h"
#include "wire/ipc.h"

#define HEARTH_IPC_PATH_MAX 4096
#define HEARTH_IPC_STOPS_MAX 64
#define HEARTH_IPC_BREAKERS_MAX 16
#define HEARTH_IPC_BIASES_MAX 4096
#define HEARTH_IPC_ADAPTERS_MAX 64

enum hearth_sandbox_mode { HEARTH_SANDBOX_AUTO, HEARTH_SANDBOX_REQUIRE, HEARTH_SANDBOX_OFF };

/* A context of all that the model can, or of what its memory limit allows. */
#define HEARTH_IPC_CONTEXT_AUTO UINT32_MAX

struct hearth_ipc_hello {
    uint32_t version;
    char engine[64];
    char model_path[HEARTH_IPC_PATH_MAX];
    char plugin_dir[HEARTH_IPC_PATH_MAX];
    uint32_t context, slots, batch, threads; /* 0: the engine's default */
    bool context_is_limit;                   /* as in struct hearth_load_params */
    char device[64];                         /* empty: "cpu" */
    const char *settings_json;               /* or NULL; after get, of the struct (see finish) */
    const char *readable; /* paths of files and folders besides the model, one a line; or NULL */
    enum hearth_sandbox_mode sandbox;
    uint64_t memory_limit; /* bytes that the plan may need; 0: no limit */
    uint64_t
        memory_reach; /* bytes that a plan might need that is proposed where this does not fit */
    char cpus[512];   /* cores to stay on, "0-3,8"; empty: any */
    uint32_t adapter_places; /* of struct hearth_load_params */
    bool probe;              /* STARTED, then end: nothing is loaded */
    /* What preparing an input may take, beside what its length allows; 0: the worker's default. */
    uint32_t prepare_ms;
    /* Where what is kept of prompts may be written; empty: nowhere. */
    char prefix_folder[HEARTH_IPC_PATH_MAX];
    char prefix_identity[256]; /* what tells this model from others, but for how it is computed */
    uint64_t prefix_bytes;
    /* The longest gap between two tokens of a stream that the prompts of others may make; 0: the
     * worker's default. */
    uint32_t gap_max_ms;
    /* Conversations that do not fit into the context lose their oldest turns; else they are
     * refused, unless their request says otherwise. */
    bool drops_turns;
};

/* Appends a whole HELLO frame; see hearth_ipc_end. */
int hearth_ipc_put_hello(struct hearth_buf *buf, const struct hearth_ipc_hello *hello,
                         int *ret_descriptor);
int hearth_ipc_get_hello(const struct hearth_ipc_frame *frame, struct hearth_ipc_hello *ret_hello,
                         struct hearth_error *error);
void hearth_ipc_hello_finish(struct hearth_ipc_hello *hello); /* after a get that went well */

struct hearth_ipc_request {
    uint32_t stream;
    struct hearth_input input; /* its pointers lead into this object */
    struct hearth_sampling sampling;
    uint32_t credit;
    uint32_t class_; /* enum hearth_class of domain/queue.h */
    char traceparent[64];
    char prompt_name[128];
    struct hearth_bytes stops[HEARTH_IPC_STOPS_MAX];
    struct hearth_bytes breakers[HEARTH_IPC_BREAKERS_MAX];
    char *payload; /* the object's copy */
};

/* Appends a whole REQUEST frame. `traceparent` may be NULL. */
int hearth_ipc_put_request(struct hearth_buf *buf, uint32_t stream,
                           const struct hearth_input *input, uint32_t credit, uint32_t class_,
                           const char *traceparent, int *ret_descriptor);
/* A copy that outlives the frame; any thread may read it. */
int hearth_ipc_request_create(const struct hearth_ipc_frame *frame,
                              struct hearth_ipc_request **ret_request, struct hearth_error *error);
void hearth_ipc_request_destroy(struct hearth_ipc_request *request); /* NULL is allowed */

/* A CREDIT frame, and a frame without fields. */
int hearth_ipc_put_credit(struct hearth_buf *buf, uint32_t stream, uint32_t credit);
int hearth_ipc_get_credit(const struct hearth_ipc_frame *frame, uint32_t *ret_credit);
int hearth_ipc_put_empty(struct hearth_buf *buf, uint8_t type, uint32_t stream);

#endif
