/* The life of models and the way of requests: which model is loaded, what waits for it, which
 * worker computes it. Requests go in through inference.h. Loop thread only; never blocks.
 *
 * A served model moves through the states of enum hearth_model_state (diagram in model_state.h).
 * It is made at its first request, load or pin, and its counters stay until its version has left
 * the catalogue and nothing of it runs any more. */
#ifndef HEARTH_SERVING_SCHEDULER_H
#define HEARTH_SERVING_SCHEDULER_H

#include "domain/queue.h"
#include "hearth/engine.h"
#include "hearth/error.h"
#include "wire/ipc_request.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct hearth_backend_ops;
struct hearth_catalog;
struct hearth_loop;
struct hearth_registry;
struct hearth_scheduler;

enum hearth_model_state {
    HEARTH_MODEL_UNLOADED,
    HEARTH_MODEL_PLANNING, /* its files are located, checked, and its memory is planned */
    HEARTH_MODEL_LOADING,
    HEARTH_MODEL_READY,
    HEARTH_MODEL_DRAINING, /* finishes what runs, then unloads */
    HEARTH_MODEL_FAILED,   /* the last load failed; the next request tries again */
    HEARTH_MODEL_RESTING,  /* crashed: waits for its back-off or its breaker */
};
#define HEARTH_MODEL_STATE_COUNT 7
const char *hearth_model_state_name(enum hearth_model_state state); /* "unloaded" … */

/* Called as it happens; for metrics. Slots may be NULL. `model` is "name:version". */
struct hearth_scheduler_observer {
    void (*on_state)(void *argument, const char *model, enum hearth_model_state state);
    /* From submit to the worker's taking it up. */
    void (*on_queue_wait)(void *argument, const char *model, uint64_t wait_ms);
    void (*on_tokenized)(void *argument, const char *model, uint64_t took_us);
    /* Of one request, in the worker: from its first step to its last. */
    void (*on_computed)(void *argument, const char *model, uint64_t took_us);
    void (*on_first_event)(void *argument, const char *model, uint64_t since_submit_us);
    /* Between two events of one stream. */
    void (*on_gap)(void *argument, const char *model, uint64_t gap_us);
    /* `code` 0, or why it ended; `tokens_in` and `tokens_out` as far as they are known. */
    void (*on_end)(void *argument, const char *model, int code, uint64_t tokens_in,
                   uint64_t tokens_out);
    /* It is in no report any more; another one may have its name later. */
    void (*on_forgotten)(void *argument, const char *model);
    void *argument;
};

/* Text and tables must outlive the scheduler. */
struct hearth_scheduler_options {
    struct hearth_loop *loop;
    struct hearth_catalog *catalog;
    struct hearth_registry *registry; /* NULL: only files without a registry row can be loaded */
    const char *worker_path;          /* of hearth-worker; NULL: found beside this program */
    const char *engines_path; /* folder of plug-ins; NULL or "": found beside this program */
    /* From here to idle_unload_ms, but for heartbeat and stop: where a definition does not say. */
    uint32_t context, slots, batch, threads;
    uint32_t replicas;    /* 0: 1 */
    const char *affinity; /* NULL: "auto" */
    bool forces_shape;    /* replicas and threads hold whatever a definition says */
    size_t queue_max;
    uint64_t queue_tokens_max;
    uint64_t request_timeout_ms, load_timeout_ms, heartbeat_timeout_ms, stop_timeout_ms;
    uint64_t idle_unload_ms; /* 0 never */
    uint32_t breaker_failures;
    uint64_t breaker_rest_ms;
    uint64_t memory_headroom, memory_limit; /* bytes; limit 0: what the machine has */
    /* Room for one model by unloading others (domain/residency.h). With 0 and 0 an idle model may
     * go at once, and nothing waits for a busy one. */
    uint64_t shortest_residency_ms, longest_wait_ms;
    uint64_t vector_cache_bytes; /* 0: nothing is kept */
    bool vector_dedup;           /* the same text at the same time is computed once */
    enum hearth_sandbox_mode sandbox;
    bool locked;           /* verify the bytes before the first load */
    const char *lock_path; /* with `locked`: a hearth.lock that they must agree with; or NULL */
    const struct hearth_scheduler_observer *observer; /* or NULL */
    const struct hearth_backend_ops *backend; /* where models compute; NULL: hearth_backend_local */
};

int hearth_scheduler_create(const struct hearth_scheduler_options *options,
                            struct hearth_scheduler **ret_scheduler, struct hearth_error *error);
/* Ends every request with HEARTH_EDRAINING, kills what still runs. Not from a callback of the
 * scheduler. NULL is allowed. */
void hearth_scheduler_destroy(struct hearth_scheduler *scheduler);
/* No new requests; running and queued ones finish until `deadline_ms` (loop's clock), then they end
 * with HEARTH_EDRAINING; workers stop. `on_drained` comes once, when no process is left. */
void hearth_scheduler_drain(struct hearth_scheduler *scheduler, uint64_t deadline_ms,
                            void (*on_drained)(void *argument), void *argument);

/* `error` is NULL on success. */
typedef void (*hearth_on_model)(void *argument, const struct hearth_error *error);

/* Loads without a request (pins, `POST /models/{id}/load`); comes back when it is ready or has
 * failed. What is known at once is returned, without a callback. `on_done` may be NULL. */
int hearth_scheduler_load(struct hearth_scheduler *scheduler, const char *reference,
                          hearth_on_model on_done, void *argument, struct hearth_error *error);
/* Unloads: what runs may finish within the stop timeout, what waits is answered with
 * HEARTH_EDRAINING; `force` kills at once. HEARTH_ENOMODEL; `on_done` (may be NULL) comes when the
 * process is gone, also when none was there. */
int hearth_scheduler_stop(struct hearth_scheduler *scheduler, const char *reference, bool force,
                          hearth_on_model on_done, void *argument, struct hearth_error *error);
/* For removal. `number` 0: any version of the model. Loaded, loading or draining? */
bool hearth_scheduler_uses(const struct hearth_scheduler *scheduler, const char *name,
                           int64_t number);
/* Kills all of these, also those that a request has just begun to load; `on_done` comes once, when
 * no process is left of them. */
void hearth_scheduler_retire(struct hearth_scheduler *scheduler, const char *name, int64_t number,
                             hearth_on_model on_done, void *argument);

/* A served model as ps, /health and the metrics show it. Valid during the visit. */
struct hearth_model_report {
    const char *model; /* "name:version" */
    const char *name, *engine, *engine_version, *device;
    enum hearth_model_state state;
    uint64_t since_ms;                   /* wall clock, of the state */
    uint64_t last_use_ms;                /* wall clock; 0 never */
    float load_fraction;                 /* while loading */
    pid_t pid;                           /* 0 without a process */
    uint32_t sandbox;                    /* HEARTH_SANDBOX_… bits that were reached */
    uint32_t context, slots, slots_busy; /* slots: of all workers that are ready */
    uint32_t replicas, workers;          /* asked for, ready */
    size_t queued, running;              /* requests */
    size_t queued_by_class[HEARTH_CLASS_COUNT];
    uint64_t queued_cost;                   /* estimated tokens */
    uint64_t memory_bytes;                  /* Pss of the process tree, at the last sample */
    uint64_t cpu_ms;                        /* of the present process */
    struct hearth_memory_plan plan;         /* zero before the first */
    const struct hearth_model_facts *facts; /* zero before the first load */
    uint64_t loads, unloads, crashes, failures, requests, cancels, retries;
    uint64_t tokens_in, tokens_out;
    uint64_t cache_hits, dedup_hits;                            /* vectors that were not computed */
    uint64_t steps, step_tokens, step_us, prepared, prepare_us; /* of the present process */
    const uint64_t *counters;       /* HEARTH_COUNTER_COUNT, of the present processes together */
    const char *breaker;            /* "closed", "open", "half-open" */
    uint64_t retry_after_ms;        /* while resting or with an open breaker */
    struct hearth_error last_error; /* code 0: none yet */
    bool pinned;
};
void hearth_scheduler_each(struct hearth_scheduler *scheduler,
                           void (*visit)(void *argument, const struct hearth_model_report *report),
                           void *argument);
/* One process of a served model. Valid during the visit. */
struct hearth_worker_report {
    pid_t pid;  /* 0: none runs, it waits for its next try */
    bool ready; /* it takes requests */
    uint32_t running, crashes;
    const char *breaker;                  /* "closed", "open", "half-open" */
    const char *cpus;                     /* the cores that it keeps to, "0-3"; "": any */
    uint64_t steps, step_tokens, step_us; /* of the present process */
};
/* The workers of a model ("name:version"), also those that rest. */
void hearth_scheduler_each_worker(struct hearth_scheduler *scheduler, const char *model,
                                  void (*visit)(void *argument,
                                                const struct hearth_worker_report *worker),
                                  void *argument);
/* Reads memory and CPU time of all workers again, off the loop; then `on_done`. Wakes no model. */
void hearth_scheduler_sample(struct hearth_scheduler *scheduler, void (*on_done)(void *argument),
                             void *argument);
/* The cache of vectors, of all models together: how full it is, how often it helped. */
struct hearth_vector_cache_state;
void hearth_scheduler_vectors_state(const struct hearth_scheduler *scheduler,
                                    struct hearth_vector_cache_state *ret_state);
void hearth_scheduler_forget_vectors(struct hearth_scheduler *scheduler);

/* Dead letters (dead_letters.h): requests that were given up because worker after worker ended
 * under them. Visited in the order in which they came. */
struct hearth_dead_letter;
void hearth_scheduler_each_dead_letter(const struct hearth_scheduler *scheduler,
                                       void (*visit)(void *argument,
                                                     const struct hearth_dead_letter *letter),
                                       void *argument);
/* Out of the list; the caller destroys it. NULL when there is none of this id. */
struct hearth_dead_letter *hearth_scheduler_take_dead_letter(struct hearth_scheduler *scheduler,
                                                             uint64_t id);
/* A copy goes back to the list, as its newest. */
void hearth_scheduler_add_dead_letter(struct hearth_scheduler *scheduler,
                                      const struct hearth_dead_letter *letter);

/* The *maker* of a model's vectors: a digest of all that makes them what they are beside their
 * input, which is the version, its settings and its files as they are loaded or, when it is not
 * loaded, as they would be. HEARTH_ENOTIMPL without an engine for it. */
struct hearth_catalog_entry;
struct hearth_vector_digest;
int hearth_scheduler_maker(struct hearth_scheduler *scheduler,
                           const struct hearth_catalog_entry *entry,
                           struct hearth_vector_digest *ret_maker);
/* False when the model ("name:version") is not ready; `ret_facts`, as loaded, may be NULL. */
bool hearth_scheduler_copy_facts(const struct hearth_scheduler *scheduler, const char *model,
                                 struct hearth_model_facts *ret_facts);

#endif
