/* The process in which a model is loaded and computes, or the several that do it together: its
 * start, what it says, and what is known of it. What it says of streams goes to the model's
 * dispatch.
 *
 * One such part lives as long as its model; the process in it comes and goes. What was learnt of
 * the last one (plan, facts, version) stays for reports until the next one says something else.
 * Loop thread only; no callback comes from inside a verb. */
#ifndef HEARTH_SERVING_MODEL_PROCESS_H
#define HEARTH_SERVING_MODEL_PROCESS_H

#include "backend/backend.h"
#include "serving/model_dispatch.h"
#include "serving/model_identity.h"
#include "serving/reports.h"

struct hearth_machine;
struct hearth_model_process;

struct hearth_process_ops {
    void (*on_planned)(
        void *argument); /* plan and facts are known; it goes on unless it is killed */
    void (*on_progress)(void *argument, float fraction);
    void (*on_ready)(void *argument);
    void (*on_failed)(void *argument, const struct hearth_error *error); /* on_end follows */
    /* It is gone, and everything of it but what reports show. */
    void (*on_end)(void *argument, const struct hearth_error *error);
};

struct hearth_process_start {
    const char *engine, *engines_path, *model_path, *worker_path;
    const char *settings_json, *readable; /* of struct hearth_ipc_hello */
    const struct hearth_machine *machine;
    uint64_t memory_limit;                    /* bytes that its plan may need; 0: nothing is left */
    uint64_t memory_reach;                    /* those that it might need if others went */
    const struct hearth_backend_ops *backend; /* where a worker computes */
    struct hearth_host
        *host;           /* an adapter in another model's process; NULL: a process of its own */
    const char *adapter; /* its GGUF file */
    const char *files_digest, *prefixes_path; /* see struct hearth_load_place */
};

struct hearth_model_process *
hearth_model_process_create(const struct hearth_model_identity *identity,
                            struct hearth_model_dispatch *dispatch,
                            const struct hearth_process_ops *ops, void *argument);
/* Kills what runs, without a word. */
void hearth_model_process_destroy(struct hearth_model_process *process);

/* By the settings of the identity; there is none yet. */
int hearth_model_process_start(struct hearth_model_process *process,
                               const struct hearth_process_start *start,
                               struct hearth_error *error);
/* What runs may finish within the stop timeout, or it is killed. */
void hearth_model_process_stop(struct hearth_model_process *process);
/* Nothing but on_end comes any more. */
void hearth_model_process_kill(struct hearth_model_process *process);
/* The same for a fault of its own, which on_end reports. */
void hearth_model_process_condemn(struct hearth_model_process *process,
                                  const struct hearth_error *error);
/* It is ready: the dispatch sends its requests. `on_trial` as of hearth_dispatch_open. */
void hearth_model_process_open(struct hearth_model_process *process, bool on_trial);

/* What adapters may come to, while it is ready; NULL: none may. */
struct hearth_host *hearth_model_process_host(const struct hearth_model_process *process);

bool hearth_model_process_runs(const struct hearth_model_process *process);
const struct hearth_memory_plan *
hearth_model_process_plan(const struct hearth_model_process *process);
/* Adds to an error about this plan what would fit, as far as the worker knows. */
void hearth_model_process_suggest(const struct hearth_model_process *process,
                                  struct hearth_error *error);
const struct hearth_model_facts *
hearth_model_process_facts(const struct hearth_model_process *process);

/* Its workers. A backend that has one and does not list it is shown as one like `only`, of which
 * streams, cost, crashes and breaker are looked at. */
void hearth_model_process_each_worker(
    const struct hearth_model_process *process, const struct hearth_backend_worker *only,
    void (*visit)(void *argument, const struct hearth_backend_worker *worker), void *argument);
/* What all its workers use, as sampled. */
void hearth_model_process_set_usage(struct hearth_model_process *process, uint64_t memory_bytes,
                                    uint64_t cpu_ms);
/* Counters of an earlier process are forgotten: a load begins. */
void hearth_model_process_clear_counters(struct hearth_model_process *process);
/* Fills in its part of a report. */
void hearth_model_process_report(const struct hearth_model_process *process,
                                 struct hearth_model_report *report);

#endif
