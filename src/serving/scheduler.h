/* The life of models and the way of requests: which model is loaded, what waits for it, which
 * worker computes it. Requests go in through inference.h. Loop thread only; never blocks, but for
 * create, which reads the folder of engines.
 *
 * A *served model* is a version that somebody has asked for: it is made at its first request, load
 * or pin, moves through the states of model_state.h, and its counters stay until its version has
 * left the catalogue and nothing of it runs any more. */
#ifndef HEARTH_SERVING_SCHEDULER_H
#define HEARTH_SERVING_SCHEDULER_H

#include "hearth/engine.h"
#include "hearth/error.h"
#include "serving/model_waiters.h"
#include "serving/reports.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hearth_backend_ops;
struct hearth_catalog;
struct hearth_catalog_entry;
struct hearth_dead_letter;
struct hearth_loop;
struct hearth_climate;
struct hearth_machine_climate;
struct hearth_registry;
struct hearth_scheduler;
struct hearth_scheduler_observer;
struct hearth_settings;
struct hearth_vector_cache_state;
struct hearth_vector_digest;

/* What is not a setting. All that is pointed to must outlive the scheduler. */
struct hearth_scheduler_options {
    struct hearth_loop *loop;
    struct hearth_catalog *catalog;
    struct hearth_registry *registry; /* NULL: only files without a registry row can be loaded */
    /* The server's, also where a definition does not say. Read as they are when they are needed. */
    const struct hearth_settings *settings;
    bool forces_shape; /* the settings' replicas and threads hold whatever a definition says */
    const char *worker_path;   /* of hearth-worker; NULL: found beside this program */
    const char *lock_path;     /* with `locked`: a hearth.lock that they must agree with; or NULL */
    const char *prefixes_path; /* folder for what workers keep of prompts; or NULL */
    const struct hearth_scheduler_observer *observer; /* or NULL */
    const struct hearth_backend_ops *backend; /* where models compute; NULL: hearth_backend_local */
    /* For tests: how pressure and heat are measured, and how often; NULL and 0: as ever. */
    void (*read_climate)(struct hearth_machine_climate *ret_climate);
    uint64_t watch_ms;
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

/* Loads without a request (pins, `POST /models/{id}/load`); comes back when it is ready or has
 * failed. What is known at once is returned, without a callback. `on_done` may be NULL. */
int hearth_scheduler_load(struct hearth_scheduler *scheduler, const char *reference,
                          hearth_on_model on_done, void *argument, struct hearth_error *error);
/* Unloads: what runs may finish within the stop timeout, what waits is answered with
 * HEARTH_EDRAINING; `force` kills at once, unless other names run in its process. HEARTH_ENOMODEL;
 * `on_done` (may be NULL) comes when the process is gone, also when none was there. */
int hearth_scheduler_stop(struct hearth_scheduler *scheduler, const char *reference, bool force,
                          hearth_on_model on_done, void *argument, struct hearth_error *error);
/* A client says how long a model ("name:version") is to stay loaded that nobody uses;
 * HEARTH_KEEP_FOREVER, and 0 unloads it as soon as it has no request. One that nobody has asked for
 * is left alone. */
void hearth_scheduler_keep(struct hearth_scheduler *scheduler, const char *model, uint64_t keep_ms);
/* Memory that loaded models hold by their plans, in bytes, for somebody who needs room beside them
 * (a training job). `ret_idle`: what hearth_scheduler_evict_idle can free now. `ret_busy`: all the
 * rest; of models that are used, load, stop, are pinned, or are loaded for less than the shortest
 * residency. */
void hearth_scheduler_room(const struct hearth_scheduler *scheduler, uint64_t *ret_idle,
                           uint64_t *ret_busy);
/* Bytes of what the machine still has free that models which load now are to have. */
uint64_t hearth_scheduler_promised(const struct hearth_scheduler *scheduler);
/* The other way round: bytes that training jobs are to have. From now on no load takes them. */
void hearth_scheduler_reserve(struct hearth_scheduler *scheduler, uint64_t bytes);
/* Unloads idle models that hold at least `bytes` together, no more of them than that takes. Who
 * goes is what domain/residency.h says: large, long unused, quick to load again. `on_done` comes
 * once, later, when their processes are gone; its error is NULL. A model that is asked for
 * meanwhile loads again behind it. HEARTH_EMEMORY: less is idle; nothing goes, and no callback
 * comes. */
int hearth_scheduler_evict_idle(struct hearth_scheduler *scheduler, uint64_t bytes,
                                hearth_on_model on_done, void *argument);
/* For removal. `number` 0: any version of the model. Loaded, loading or draining? */
bool hearth_scheduler_uses(const struct hearth_scheduler *scheduler, const char *name,
                           int64_t number);
/* Kills all of these, also those that a request has just begun to load; `on_done` comes once, when
 * no process is left of them. */
void hearth_scheduler_retire(struct hearth_scheduler *scheduler, const char *name, int64_t number,
                             hearth_on_model on_done, void *argument);

/* All served models, in the order in which they were first asked for. */
void hearth_scheduler_each(struct hearth_scheduler *scheduler,
                           void (*visit)(void *argument, const struct hearth_model_report *report),
                           void *argument);
/* The workers of a model ("name:version"), also those that rest. */
void hearth_scheduler_each_worker(struct hearth_scheduler *scheduler, const char *model,
                                  void (*visit)(void *argument,
                                                const struct hearth_worker_report *worker),
                                  void *argument);
/* Sees to it that memory and CPU time of all workers are known as of the last second, read off the
 * loop (usage_samples.h); then `on_done`. Wakes no model. */
void hearth_scheduler_sample(struct hearth_scheduler *scheduler, void (*on_done)(void *argument),
                             void *argument);
/* False when the model ("name:version") is not ready; `ret_facts`, as loaded, may be NULL. */
bool hearth_scheduler_copy_facts(const struct hearth_scheduler *scheduler, const char *model,
                                 struct hearth_model_facts *ret_facts);
/* Its fingerprint (fingerprint.h); NULL when it is not ready. Valid until the next turn of the
 * loop. */
const char *hearth_scheduler_fingerprint(const struct hearth_scheduler *scheduler,
                                         const char *model);

/* How the machine fares, as of the last look (domain/climate.h). */
const struct hearth_climate *hearth_scheduler_climate(const struct hearth_scheduler *scheduler);

/* The cache of vectors, of all models together: how full it is, how often it helped. */
void hearth_scheduler_vectors_state(const struct hearth_scheduler *scheduler,
                                    struct hearth_vector_cache_state *ret_state);
void hearth_scheduler_forget_vectors(struct hearth_scheduler *scheduler);
/* The *maker* of a model's vectors: a digest of all that makes them what they are beside their
 * input, which is the version, its settings and its files as they are loaded or, when it is not
 * loaded, as they would be. HEARTH_ENOTIMPL without an engine for it. */
int hearth_scheduler_maker(struct hearth_scheduler *scheduler,
                           const struct hearth_catalog_entry *entry,
                           struct hearth_vector_digest *ret_maker);

/* Dead letters (dead_letters.h): requests that were given up because worker after worker ended
 * under them. Visited in the order in which they came. */
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

#endif
