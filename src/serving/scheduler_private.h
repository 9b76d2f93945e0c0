/* What the files of the scheduler share: its own struct, the served model, the request. No other
 * file includes it.
 *
 * scheduler.c    the scheduler as a whole: models, drain, reports
 * model_life.c   one model: from wanted to loaded, crash, rest, stop
 * model_plan.c   what comes before its load: files, engine, memory, process
 * model_room.c   others unload for it
 * model_forget.c what was removed leaves the books
 * dispatch.c     one model's requests: queue → worker → events, deadlines
 * inference.c    the verbs of inference.h
 * vector_reuse.c the same text is computed once
 *
 * A callback of a request may cancel it or any other and may submit new ones. So whatever ends or
 * tells a request does its own books first, calls back last, and touches the request no more. */
#ifndef HEARTH_SERVING_SCHEDULER_PRIVATE_H
#define HEARTH_SERVING_SCHEDULER_PRIVATE_H

#include "backend/backend.h"
#include "catalog/catalog.h"
#include "config/model_settings.h"
#include "domain/breaker.h"
#include "domain/look_ahead.h"
#include "domain/memory_plan.h"
#include "serving/inference.h"
#include "serving/locate.h"
#include "serving/scheduler.h"
#include "serving/shared_input.h"
#include "serving/vector_reuse.h"

struct hearth_lane;
struct hearth_reused;
struct hearth_timer;
struct served_model;

struct hearth_inference {
    struct hearth_queued queued; /* first */
    struct served_model *model;
    struct hearth_inference *next, *previous; /* of all that the model has */
    struct hearth_inference_events events;
    void *argument;
    struct hearth_shared_input *shared;
    struct hearth_input input;       /* the shared one, but for the sampling's seed */
    struct hearth_sampling sampling; /* of a generation */
    uint64_t seed_offset;
    struct request_caller *caller;
    uint32_t credit;  /* all that was ever given */
    uint32_t stream;  /* 0 while it is queued */
    uint32_t crashes; /* workers that ended under it */
    bool in_queue, prepared, begun;
    uint64_t submitted_us, ready_us, sent_us, last_event_us;
    uint64_t tokens_in, tokens_out;
    uint32_t truncated;
    struct hearth_error failure; /* to be told from the timer */
    uint32_t failure_retry_ms;

    /* vector_reuse.c */
    struct hearth_vector_digest key, salt; /* salt: the model's when it was asked */
    struct hearth_vector_digest maker;     /* of its vector, once that has come */
    bool keyed, leads, owed;
    struct hearth_inference *next_leader;
    struct hearth_inference *leader, *followers, *next_follower;
    struct hearth_reused *collected, *ready;
    bool *gone; /* set when it is freed */
};

/* Who asks, the same for all parts of a target: counted, because parts outlive it. */
struct request_caller {
    uint32_t uses;
    char *client, *traceparent, *request_id;
};

struct hearth_inference_target {
    struct hearth_inference_target *next, *previous; /* of the model's */
    struct served_model *model;                      /* NULL: the scheduler is gone */
    const struct hearth_catalog_entry *entry;        /* what the name meant */
    struct request_caller *caller;
    enum hearth_class class_;
    uint64_t deadline_ms;
    uint32_t credit;
};

/* A stream that the worker has; without a request when that was canceled and the worker has not
 * confirmed it yet. */
struct flight {
    uint32_t stream;
    uint64_t cost; /* tokens: estimated, then as prepared */
    struct hearth_inference *inference;
};

/* A walk over a model's requests whose callbacks may end any of them, or begin another walk. */
struct walk {
    struct served_model *model;
    struct hearth_inference *next;
    struct walk *outer;
};

struct model_waiter {
    struct model_waiter *next;
    hearth_on_model on_done;
    void *argument;
};

struct model_counts {
    uint64_t loads, unloads, crashes, failures, requests, cancels, retries, tokens_in, tokens_out;
    uint64_t cache_hits, dedup_hits;
};

struct served_model {
    struct served_model *next;
    struct hearth_scheduler *scheduler;
    uint64_t serial; /* no other one of this scheduler had or has it */
    const struct hearth_catalog_entry *entry;
    struct hearth_model_settings settings; /* the entry's, else the scheduler's options */
    struct hearth_arena *settings_arena;
    enum hearth_model_state state;
    uint64_t since_ms, last_use_ms; /* wall clock */
    uint64_t used_ms;               /* loop's clock */
    uint64_t wanted_ms, ready_ms;   /* loop's clock: began to plan, was loaded */
    bool pinned, verified, waits_to_plan, seeks_room;

    struct hearth_queue *queue;
    struct hearth_inference *inferences; /* queued and running */
    struct walk *walks;                  /* over them, under way */
    struct hearth_inference_target *targets;
    struct flight *flights;
    size_t flight_count, flights_max;
    uint64_t flight_cost;
    uint32_t slots, batch, context, last_stream; /* the first three as loaded */
    double completed_per_s;
    uint64_t completed_us;

    struct hearth_vector_digest
        reuse_salt;             /* of what is loaded, or would be: the maker of vectors */
    uint64_t files_seen;        /* loads that have ended */
    uint32_t replicas, workers; /* asked for at the last start; ready */
    struct hearth_locating *locating;
    char *path; /* where it lies */
    struct hearth_backend *backend;
    char engine[64], engine_version[64];
    float load_fraction;
    struct hearth_memory_plan plan;
    struct hearth_memory_room room;
    struct hearth_model_facts facts;
    uint32_t sandbox;
    struct hearth_error load_error, last_error;
    struct hearth_breaker breaker;
    uint64_t counters[HEARTH_COUNTER_COUNT];
    uint64_t memory_bytes, cpu_ms;
    struct model_counts counts;

    struct hearth_timer *life; /* of the state: load timeout, rest, idle */
    struct hearth_timer *due;  /* deadlines of requests, and what is to be told later */
    uint64_t due_ms;           /* when `due` fires; 0: not running */
    struct model_waiter *load_waiters, *stop_waiters;
};

struct hearth_scheduler {
    struct hearth_scheduler_options options;
    struct hearth_lane *lane;
    struct hearth_reuse *reuse;
    struct hearth_dead_letters *dead_letters;
    char engines_path[4096];
    struct served_model *models;
    struct served_model *planner; /* one plans at a time: memory is counted before the next looks */
    bool draining, closing;
    uint64_t last_serial;
    struct hearth_timer *drain_timer, *room_timer, *forget_timer;
    void (*on_drained)(void *argument);
    void *drained_argument;
    uint32_t random;
};

/* scheduler.c */
struct served_model *hearth_served_find(const struct hearth_scheduler *scheduler, const char *id);
/* The model of an entry, made when it is new; HEARTH_ENOTIMPL when there is no such engine. */
int hearth_served_get(struct hearth_scheduler *scheduler, const struct hearth_catalog_entry *entry,
                      struct served_model **ret_model, struct hearth_error *error);
/* Frees it; it is in no list, and has no requests. */
void hearth_served_destroy(struct served_model *model);
/* Something has ended: is the drain complete? */
void hearth_scheduler_settle(struct hearth_scheduler *scheduler);
bool hearth_scheduler_has_engine(const struct hearth_scheduler *scheduler, const char *engine);

/* model_plan.c */
/* To PLANNING, from wherever it may come. */
void hearth_served_plan(struct served_model *model);
/* It plans no more, or no longer waits to: the next one may. */
void hearth_served_leave_gate(struct served_model *model);

/* Its files are known: its process starts when it is its turn. */
void hearth_served_start(struct served_model *model);
void hearth_served_count_room(struct served_model *model);

/* model_room.c */
/* It does not fit: does it make sense to wait, because others go or might go? */
bool hearth_served_seek_room(struct served_model *model);
void hearth_served_wait_for_room(struct served_model *model);
void hearth_scheduler_room_time(void *argument);

/* model_forget.c */
/* Something may have become superfluous. It is looked at and freed from a timer, where no walk over
 * models or requests is under way and no callback of theirs. */
void hearth_scheduler_forget_soon(struct hearth_scheduler *scheduler);
void hearth_scheduler_forget_time(void *argument);

/* model_life.c */
void hearth_served_move(struct served_model *model, enum hearth_model_state next);
void hearth_served_fail_load(struct served_model *model, const struct hearth_error *failure);
/* Does anything wait for it? */
bool hearth_served_wanted(const struct served_model *model);
void hearth_served_want(struct served_model *model);
/* Nothing is left to do for it: arm the idle timer, or unload when the server drains. */
void hearth_served_rest(struct served_model *model);
void hearth_served_stop(struct served_model *model, bool force);
/* Ends process and plans without a word. */
void hearth_served_abandon(struct served_model *model);
void hearth_served_tell(struct model_waiter **waiters, const struct hearth_error *error);
void hearth_served_life_time(void *argument);
extern const struct hearth_backend_events hearth_served_backend_events;

/* dispatch.c */
void hearth_dispatch(struct served_model *model);
void hearth_dispatch_due_time(void *argument);
/* `due` shall fire at this time at the latest. */
void hearth_dispatch_due(struct served_model *model, uint64_t time_ms);
/* Progress to all that wait. */
void hearth_dispatch_tell_loading(struct served_model *model);
void hearth_dispatch_ready(struct served_model *model);
/* Makes room for what the workers of a model may have, by its facts. */
void hearth_dispatch_resize(struct served_model *model);
/* All queued requests end with this error. */
void hearth_dispatch_fail_queued(struct served_model *model, const struct hearth_error *error,
                                 uint32_t retry_after_ms);
/* The worker is gone: what has sent nothing yet goes back to the queue if `may_retry`, the others
 * end with the error. */
void hearth_dispatch_worker_lost(struct served_model *model, const struct hearth_error *error,
                                 bool may_retry);
/* One worker of several is gone. */
void hearth_dispatch_lost(void *argument, const struct hearth_error *error, const uint32_t *streams,
                          size_t count);
void hearth_dispatch_workers(void *argument, uint32_t ready);
/* Streams of the worker. */
void hearth_dispatch_prepared(void *argument, uint32_t stream,
                              const struct hearth_ipc_prepared *prepared);
void hearth_dispatch_tokens(void *argument, uint32_t stream, const int32_t *tokens, size_t count);
void hearth_dispatch_event(void *argument, uint32_t stream, const struct hearth_ipc_event *event);

/* inference.c */
void hearth_walk_begin(struct walk *walk, struct served_model *model);
/* NULL at the end, and then the walk is over: it must be walked to its end. */
struct hearth_inference *hearth_walk_next(struct walk *walk);
/* Takes it off the model's books and frees it. */
void hearth_inference_drop(struct hearth_inference *inference);
/* Ends it with an error: drop, then the callback. */
void hearth_inference_fail(struct hearth_inference *inference, const struct hearth_error *error,
                           uint32_t retry_after_ms);
/* The same with an answer, also one that no worker gave. */
void hearth_inference_answer(struct hearth_inference *inference,
                             const struct hearth_inference_done *done);
void hearth_inference_complete(struct hearth_inference *inference,
                               const struct hearth_ipc_event *event);
uint64_t hearth_clock_us(void);

/* The model goes: its targets go nowhere from here on. */
void hearth_targets_orphan(struct served_model *model);

#endif
