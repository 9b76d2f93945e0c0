/* A served model: its parts, and what binds them. The binder calls downwards; what a part has to
 * say upwards it says through ops that are set here, so that no file includes one above it.
 *
 * The parts, from the lowest to the highest:
 *   identity   model_identity.c   who it is: entry, settings, maker of vectors
 *   flights    flights.c          which request has which stream at the workers
 *   requests   model_requests.c   all its requests, and how each ends
 *   dispatch   model_dispatch.c   queue → workers → events (model_deadlines.c: its timer)
 *   load       model_load.c       from a name to a process that is ready (model_process.c: that)
 *   life       model_life.c       states, who waits for what (model_crashes.c: what goes wrong)
 *
 * Loop thread only. */
#ifndef HEARTH_SERVING_SERVED_MODEL_H
#define HEARTH_SERVING_SERVED_MODEL_H

#include "serving/model_life.h"
#include "serving/request_target.h"

struct hearth_dead_letters;

struct hearth_served_model;

/* What a model needs of the scheduler. */
struct hearth_served_ops {
    void (*on_settled)(void *argument); /* something has ended: a drain may be complete */
    void (*on_idle)(void *argument);    /* it may be superfluous */
    /* As of struct hearth_load_ops. */
    struct hearth_room_answer (*make_room)(void *argument, struct hearth_served_model *model,
                                           struct hearth_memory lacking, uint64_t waited_ms);
    struct hearth_memory (*room_of_others)(void *argument, struct hearth_served_model *model);
    /* As of struct hearth_load_ops. */
    enum hearth_host_answer (*find_twin)(void *argument, struct hearth_served_model *model,
                                         const struct hearth_load_files *files,
                                         struct hearth_host **ret_host);
    enum hearth_host_answer (*find_host)(void *argument, struct hearth_served_model *model,
                                         const char *base, bool asks_anew,
                                         struct hearth_host **ret_host);
};

enum hearth_model_health { HEARTH_HEALTH_UNKNOWN, HEARTH_HEALTH_OK, HEARTH_HEALTH_FAILING };

/* What its last probe showed; zeroed memory: it had none. */
struct hearth_model_probe {
    struct hearth_inference *running; /* or NULL */
    uint64_t sent_ms;                 /* loop's clock */
    uint64_t load_ms;                 /* of the load that was probed last */
    uint64_t took_ms;
    uint32_t failures; /* in a row */
    enum hearth_model_health health;
};

struct hearth_served_model {
    struct hearth_served_model *next; /* the scheduler's list */
    uint64_t serial;                  /* no other one of this scheduler had or has it */
    const struct hearth_served_ops *ops;
    void *argument;
    struct hearth_model_identity identity;
    struct hearth_flights *flights;
    struct hearth_model_requests *requests;
    struct hearth_model_dispatch *dispatch;
    struct hearth_model_load *load;
    struct hearth_model_life *life;
    struct hearth_inference_target *targets;
    struct hearth_model_probe probe; /* scheduler_probes.c's */
};

/* `from` has the six members of an identity that its owner sets. */
struct hearth_served_model *hearth_served_create(
    const struct hearth_model_identity *from, const struct hearth_catalog_entry *entry,
    const struct hearth_load_place *place, struct hearth_reuse *reuse,
    struct hearth_dead_letters *letters, const struct hearth_served_ops *ops, void *argument);
/* Ends its process without a word. It is in no list and has no requests. */
void hearth_served_destroy(struct hearth_served_model *model);

/* The entry is newer: from the next load on it is what counts. If it is another version of the same
 * name, the old one's requests fail, its process is killed, and nothing of it may answer any more.
 */
void hearth_served_take_entry(struct hearth_served_model *model,
                              const struct hearth_catalog_entry *entry);
/* Nothing of it runs or waits, and nobody holds it. */
bool hearth_served_is_superfluous(const struct hearth_served_model *model);
/* It has no process, no load and no request. */
bool hearth_served_is_still(const struct hearth_served_model *model);
void hearth_served_report(const struct hearth_served_model *model,
                          struct hearth_model_report *report);
void hearth_served_each_worker(const struct hearth_served_model *model,
                               void (*visit)(void *argument,
                                             const struct hearth_backend_worker *worker),
                               void *argument);

#endif
