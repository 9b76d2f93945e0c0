/* The scheduler's own struct, for the files that are the scheduler. No other file includes it.
 *
 * The files of src/serving are a chain: each includes and calls only what stands before it in the
 * table CHAINS of scripts/check_layers, and `make check` proves it. At the bottom are states,
 * digests and inputs; then come the parts of a model (served_model.h); on top is the scheduler:
 *
 *   scheduler_room.c     which models unload so that another one fits
 *   scheduler_models.c   which models there are
 *   scheduler_verbs.c    loading and stopping by name
 *   scheduler_reports.c  reports, workers, samples, vectors, dead letters
 *   inference.c          the verbs of inference.h
 *   scheduler_probes.c   tiny inferences that show whether models work
 *   scheduler.c          create, drain, destroy
 *
 * Terms:
 *   served model   a version that somebody has asked for, with all that runs and waits for it
 *   target         a model's name, resolved once for all inputs of a call
 *   request        one input on its way: struct hearth_inference
 *   flight         a request's stream that the workers have
 *   credit         how many events a worker may still send for one request
 *   share          a request's part in computing each text once: it leads or follows
 *   maker          digest of what computes vectors: version, settings, files
 *   key            digest of a maker and an input: names one vector
 *   pass, gate     loads pass the gate one by one, so that each counts the memory of the one before
 *   dead letter    a request that was given up because worker after worker ended under it
 */
#ifndef HEARTH_SERVING_SCHEDULER_PRIVATE_H
#define HEARTH_SERVING_SCHEDULER_PRIVATE_H

#include "backend/engines.h"
#include "serving/dead_letters.h"
#include "serving/machine_watch.h"
#include "serving/scheduler.h"
#include "serving/served_model.h"
#include "serving/usage_samples.h"

struct hearth_scheduler {
    struct hearth_scheduler_options options;
    struct hearth_load_place place; /* for all loads */
    struct hearth_engine_set engines;
    char worker_path[HEARTH_ENGINES_PATH_MAX];
    struct hearth_queue_total queues; /* of all models */
    struct hearth_reuse *reuse;
    struct hearth_dead_letters *letters;
    struct hearth_usage_samples *usage;
    struct hearth_machine_watch *watch;
    struct hearth_timer *probe_timer;
    struct hearth_prefix_folders *prefix_folders;
    struct hearth_served_model *models; /* in the order in which they were first asked for */
    bool draining;
    uint64_t last_serial;
    struct hearth_timer *drain_timer, *forget_timer;
    void (*on_drained)(void *argument);
    void *drained_argument;
};

/* scheduler_room.c: as make_room and room_of_others of struct hearth_load_ops. */
struct hearth_room_answer hearth_scheduler_make_room(struct hearth_scheduler *scheduler,
                                                     struct hearth_served_model *model,
                                                     struct hearth_memory lacking,
                                                     uint64_t waited_ms);
struct hearth_memory hearth_scheduler_room_of_others(const struct hearth_scheduler *scheduler,
                                                     const struct hearth_served_model *model);
/* Visits those idle models whose unloading frees `bytes`; HEARTH_EMEMORY, and no visit, when all of
 * them together hold less. */
int hearth_scheduler_choose_idle(struct hearth_scheduler *scheduler, uint64_t bytes,
                                 void (*choose)(void *argument, struct hearth_served_model *model),
                                 void *argument);

/* scheduler_room.c: what the machine's climate asks; `owner` is the scheduler. */
void hearth_scheduler_on_pressure(void *owner);
void hearth_scheduler_on_slow(void *owner, uint32_t slow);

/* scheduler_probes.c: begins to probe, if the settings want it; and leaves it. */
void hearth_scheduler_probe(struct hearth_scheduler *scheduler);
void hearth_scheduler_stop_probes(struct hearth_scheduler *scheduler);

/* scheduler_reports.c: what samples of usage ask the scheduler. */
extern const struct hearth_usage_ops hearth_scheduler_usage_ops;

/* scheduler_models.c */
/* HEARTH_EDRAINING when it takes nothing any more. */
int hearth_scheduler_check_open(const struct hearth_scheduler *scheduler,
                                struct hearth_error *error);
/* NULL when nobody has asked for it. */
struct hearth_served_model *hearth_scheduler_find(const struct hearth_scheduler *scheduler,
                                                  const char *id);
/* The served model of an entry: made when it is new; when another version had its name, that one is
 * ended (hearth_served_take_entry). HEARTH_ENOTIMPL when there is no such engine. */
int hearth_scheduler_take_over(struct hearth_scheduler *scheduler,
                               const struct hearth_catalog_entry *entry,
                               struct hearth_served_model **ret_model, struct hearth_error *error);
/* May the adapter `model` go to the process of its base? As find_host of struct hearth_load_ops. */
enum hearth_host_answer hearth_scheduler_find_host(struct hearth_scheduler *scheduler,
                                                   struct hearth_served_model *model,
                                                   const char *base_id, bool asks_anew,
                                                   struct hearth_host **ret_host);
/* Something may have become superfluous. It is looked at and freed from a timer, where no walk over
 * models or requests is under way and no callback of theirs. */
void hearth_scheduler_forget_soon(struct hearth_scheduler *scheduler);
/* Does it: only from that timer. */
void hearth_scheduler_forget(struct hearth_scheduler *scheduler);
/* No process runs, nothing loads, nothing waits. */
bool hearth_scheduler_is_still(const struct hearth_scheduler *scheduler);
/* Something has ended: if that was the last thing that a drain waits for, its timer comes. */
void hearth_scheduler_settle(struct hearth_scheduler *scheduler);

#endif
