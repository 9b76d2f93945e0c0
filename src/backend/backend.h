/* The place where a loaded model computes, as the scheduler sees it. Today that is a worker process
 * on this machine, or several of them; a remote machine would be another set of ops.
 *
 * A backend serves one model. It is started with a spec, tells what it needs (on_planned) and how
 * far it is (on_progress), and is ready to compute after on_ready. From then on each request is a
 * *stream*: the caller numbers it and never uses a number again, and its last event is DONE or
 * ERROR. The backend lives until on_end, after which nothing comes.
 *
 * *Credit* bounds the events that may be under way: a stream pauses when it has used up what it was
 * given. Loop thread only. No callback comes from inside a verb. */
#ifndef HEARTH_BACKEND_BACKEND_H
#define HEARTH_BACKEND_BACKEND_H

#include "domain/queue.h"
#include "hearth/engine.h"
#include "hearth/error.h"
#include "wire/ipc_event.h"
#include "wire/ipc_request.h"

#include <stdbool.h>
#include <sys/types.h>

struct hearth_loop;
struct hearth_backend;
struct hearth_child_end;
struct hearth_host;

struct hearth_backend_events {
    /* The header was read, and nothing is loaded yet: facts, memory plan, sandbox. */
    void (*on_planned)(void *argument, const struct hearth_ipc_started *started);
    void (*on_progress)(void *argument, float fraction);
    void (*on_ready)(void *argument, const struct hearth_model_facts *facts);
    /* The load failed, in the model's own words; on_end follows. */
    void (*on_failed)(void *argument, const struct hearth_error *error);
    void (*on_counters)(void *argument, const uint64_t counters[HEARTH_COUNTER_COUNT]);
    void (*on_prepared)(void *argument, uint32_t stream,
                        const struct hearth_ipc_prepared *prepared);
    void (*on_tokens)(void *argument, uint32_t stream, const int32_t *tokens, size_t count);
    /* TEXT, VECTOR, TENSOR, BYTES; DONE and ERROR end the stream. */
    void (*on_event)(void *argument, uint32_t stream, const struct hearth_ipc_event *event);
    /* Optional. How many workers can take requests now; until the first call it is one. */
    void (*on_workers)(void *argument, uint32_t ready);
    /* Optional. One worker of several has ended, and these streams with it. */
    void (*on_lost)(void *argument, const struct hearth_error *error, const uint32_t *streams,
                    size_t count);
    /* Exactly once, the last one; may destroy the backend. */
    void (*on_end)(void *argument, const struct hearth_child_end *end);
};

struct hearth_backend_spec {
    struct hearth_loop *loop;
    const char *model; /* "name:version", for log and process list */
    const char *worker_path;
    struct hearth_ipc_hello hello;
    uint64_t handshake_timeout_ms, heartbeat_timeout_ms;
    const struct hearth_backend_events *events;
    void *argument;
    /* For several workers only: how many there are, what each of them is, after how many ends in a
     * row one of them rests and for how long, and which cores each keeps to (NULL: any). */
    uint32_t replicas, breaker_failures;
    uint64_t breaker_rest_ms;
    const struct hearth_backend_ops *each; /* NULL: hearth_backend_local */
    const char **cpus;
    /* For a guest only: whose process, which is ready, and the adapter's GGUF file, or NULL: it is
     * what computes there already, under another name. */
    struct hearth_host *host;
    const char *adapter;
};

struct hearth_backend_request {
    uint32_t stream;
    const struct hearth_input *input;
    uint32_t credit;
    uint64_t cost; /* estimated tokens */
    enum hearth_class class_;
    const char *traceparent; /* or NULL */
};

/* One of the workers of a backend; valid during the visit. */
struct hearth_backend_worker {
    pid_t pid; /* 0: none runs */
    bool ready;
    uint32_t streams, crashes;
    uint64_t cost;       /* estimated tokens of its streams */
    const char *breaker; /* "closed" … */
    const char *cpus;    /* "": any */
    const uint64_t *counters;
};

struct hearth_backend_ops {
    const char *name;
    int (*start)(const struct hearth_backend_spec *spec, struct hearth_backend **ret_backend,
                 struct hearth_error *error);
    /* HEARTH_ETOOLARGE when the input does not fit into a frame. */
    int (*send)(struct hearth_backend *backend, const struct hearth_backend_request *request,
                struct hearth_error *error);
    void (*credit)(struct hearth_backend *backend, uint32_t stream, uint32_t events);
    /* The stream ends with an ERROR event soon, or with the DONE that was under way. */
    void (*cancel)(struct hearth_backend *backend, uint32_t stream);
    void (*stop)(struct hearth_backend *backend, uint64_t deadline_ms);
    /* `error` is what on_end reports; NULL: asked for. */
    void (*kill)(struct hearth_backend *backend, const struct hearth_error *error);
    void (*destroy)(struct hearth_backend *backend);
    /* optional */
    pid_t (*pid)(const struct hearth_backend *backend);
    void (*each_worker)(const struct hearth_backend *backend,
                        void (*visit)(void *argument, const struct hearth_backend_worker *worker),
                        void *argument);
    /* What adapters and twins may come to (backend_host.h), once it is ready; NULL: none may. */
    struct hearth_host *(*host)(struct hearth_backend *backend);
};

/* The head of every backend's own struct. */
struct hearth_backend {
    const struct hearth_backend_ops *ops;
};

/* A hearth-worker process: ops of this machine. */
extern const struct hearth_backend_ops hearth_backend_local;
/* Several backends of one kind that look like one (spec.replicas of them). */
extern const struct hearth_backend_ops hearth_backend_replicas;
/* An adapter in the process of another backend (spec.host). It ends with that one: for the same
 * reason, or with HEARTH_EDRAINING when that was asked to end. */
extern const struct hearth_backend_ops hearth_backend_guest;

static inline int hearth_backend_send(struct hearth_backend *backend,
                                      const struct hearth_backend_request *request,
                                      struct hearth_error *error)
{
    return backend->ops->send(backend, request, error);
}

static inline void hearth_backend_credit(struct hearth_backend *backend, uint32_t stream,
                                         uint32_t events)
{
    backend->ops->credit(backend, stream, events);
}

static inline void hearth_backend_cancel(struct hearth_backend *backend, uint32_t stream)
{
    backend->ops->cancel(backend, stream);
}

static inline void hearth_backend_stop(struct hearth_backend *backend, uint64_t deadline_ms)
{
    backend->ops->stop(backend, deadline_ms);
}

static inline void hearth_backend_kill(struct hearth_backend *backend,
                                       const struct hearth_error *error)
{
    backend->ops->kill(backend, error);
}

static inline void hearth_backend_destroy(struct hearth_backend *backend)
{
    if (backend)
        backend->ops->destroy(backend);
}

static inline struct hearth_host *hearth_backend_host(struct hearth_backend *backend)
{
    return backend && backend->ops->host ? backend->ops->host(backend) : NULL;
}

static inline pid_t hearth_backend_pid(const struct hearth_backend *backend)
{
    return backend && backend->ops->pid ? backend->ops->pid(backend) : 0;
}

#endif
