/* Served models and their workers as ps, /health and the metrics show them. Filled by
 * hearth_scheduler_each and hearth_scheduler_each_worker (scheduler.h); what a report points to is
 * valid during the visit. */
#ifndef HEARTH_SERVING_REPORTS_H
#define HEARTH_SERVING_REPORTS_H

#include "domain/queue.h"
#include "hearth/engine.h"
#include "hearth/error.h"
#include "serving/model_state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

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
    uint64_t drafted, accepted;                                 /* the same, tokens */
    const uint64_t *counters;       /* HEARTH_COUNTER_COUNT, of the present processes together */
    const char *breaker;            /* "closed", "open", "half-open" */
    uint64_t retry_after_ms;        /* while resting or with an open breaker */
    struct hearth_error last_error; /* code 0: none yet */
    const char
        *health; /* "unknown", "ok", "failing": by tiny inferences, where settings want them */
    uint64_t probe_ms; /* how long the last one that was answered took */
    bool pinned;
    uint64_t expires_ms; /* wall clock: when it goes if nobody uses it; 0: it stays */
};

/* One process of a served model. */
struct hearth_worker_report {
    pid_t pid;  /* 0: none runs, it waits for its next try */
    bool ready; /* it takes requests */
    uint32_t running, crashes;
    const char *breaker;                  /* "closed", "open", "half-open" */
    const char *cpus;                     /* the cores that it keeps to, "0-3"; "": any */
    uint64_t steps, step_tokens, step_us; /* of the present process */
};

#endif
