/* One model's load, from a name to a process that is ready, and that process until it ends.
 *
 *   files are located and checked ──▶ its turn at the gate ──▶ the machine is looked at ──▶ the
 *   process starts, reads the header and plans ──fits──▶ it loads ──▶ it is ready
 *                                              └─does not fit──▶ it ends; others are asked to make
 *                                                                room, and it begins again at the
 * gate
 *
 * It knows no states beyond these and decides nothing about retries: `struct hearth_load_ops` tells
 * its owner what has happened. Loop thread only; no callback comes from inside begin. */
#ifndef HEARTH_SERVING_MODEL_LOAD_H
#define HEARTH_SERVING_MODEL_LOAD_H

#include "domain/residency.h"
#include "serving/load_gate.h"
#include "serving/model_process.h"

struct hearth_catalog;
struct hearth_engine_set;
struct hearth_lane;
struct hearth_load_files;
struct hearth_model_load;
struct hearth_registry;

/* What all loads of a scheduler share; outlives them. */
struct hearth_load_place {
    struct hearth_catalog *catalog;
    struct hearth_registry *registry; /* NULL: only files without a registry row */
    struct hearth_lane *files_lane;   /* may take minutes: digests of large files */
    struct hearth_lane *short_lane;   /* for work that takes milliseconds */
    struct hearth_load_gate *gate;
    const struct hearth_engine_set *engines; /* and where they lie */
    const char *worker_path;
    const char *lock_path;                    /* or NULL */
    const char *prefixes_path;                /* folder of prompts' caches on disk; or NULL */
    const struct hearth_backend_ops *backend; /* where models compute */
};

/* No: it has to have a process of its own. Or it is on its way, or has no place just now: ask again
 * later. Or it is there until the next turn of the loop. */
enum hearth_host_answer { HEARTH_HOST_NONE, HEARTH_HOST_COMES, HEARTH_HOST_THERE };

struct hearth_load_ops {
    void (*on_loading)(void *argument); /* it fits, and loads */
    void (*on_progress)(void *argument, float fraction);
    void (*on_ready)(void *argument);
    /* It cannot be loaded, and there is no process: the fault lies with files, settings or room. */
    void (*on_failed)(void *argument, const struct hearth_error *error);
    /* The process has ended, by itself or as asked, and that is not `on_failed`. */
    void (*on_ended)(void *argument, const struct hearth_error *error);
    /* It lacks so much memory and has waited `waited_ms` for them: others are to unload
     * or to be held for it. */
    struct hearth_room_answer (*make_room)(void *argument, struct hearth_memory lacking,
                                           uint64_t waited_ms);
    /* What others have that could go for it, now or later. */
    struct hearth_memory (*room_of_others)(void *argument);
    /* Is the same model there already, or on its way, under another name? */
    enum hearth_host_answer (*find_twin)(void *argument, const struct hearth_load_files *files,
                                         struct hearth_host **ret_host);
    /* May the adapter go to a process of its base ("name:number")? `asks_anew` says that this load
     * has not asked before: then the base is loaded for it. */
    enum hearth_host_answer (*find_host)(void *argument, const char *base, bool asks_anew,
                                         struct hearth_host **ret_host);
};

/* `identity`, `place` and `dispatch` outlive it. */
struct hearth_model_load *hearth_load_create(struct hearth_model_identity *identity,
                                             const struct hearth_load_place *place,
                                             struct hearth_model_dispatch *dispatch,
                                             const struct hearth_load_ops *ops, void *argument);
/* Ends the process and what is under way without a word. */
void hearth_load_destroy(struct hearth_model_load *load);

/* There is no process, and no load is under way. */
void hearth_load_begin(struct hearth_model_load *load);
/* It is ready: requests are sent to it. `on_trial` as of hearth_dispatch_open. */
void hearth_load_open(struct hearth_model_load *load, bool on_trial);
/* It is wanted no more, and is not ready. False: there is no process, nothing will come. Else it is
 * killed, and on_ended comes. */
bool hearth_load_abort(struct hearth_model_load *load);
/* It takes too long: on_failed with this error, at once or when the process has ended. */
void hearth_load_give_up(struct hearth_model_load *load, const struct hearth_error *error);
/* Of a process that is ready: what runs may finish within the stop timeout, or it is killed. */
void hearth_load_stop(struct hearth_model_load *load, bool force);

/* Of a process that is ready and does not work: it is killed, and on_ended comes with this error.
 */
void hearth_load_condemn(struct hearth_model_load *load, const struct hearth_error *error);

/* Another version has the name now: its files are others, and not checked yet. */
void hearth_load_forget_files(struct hearth_model_load *load);

/* Files are being looked for, it waits for its turn or for room, or there is a process. */
bool hearth_load_is_busy(const struct hearth_model_load *load);
/* What its process has planned to hold; none before it has planned. */
struct hearth_memory hearth_load_planned(const struct hearth_model_load *load);
/* What others free for `other`, and `load` may have only when `other` has gone again. */
struct hearth_memory hearth_load_claim_before(const struct hearth_model_load *other,
                                              const struct hearth_model_load *load);
/* What the last process said of the model; until one has said it, all of it is 0. */
const struct hearth_model_facts *hearth_load_facts(const struct hearth_model_load *load);
/* Of what is ready, or was last (fingerprint.h); empty before. */
const char *hearth_load_fingerprint(const struct hearth_model_load *load);
/* Its process, whether one runs or not. */
struct hearth_model_process *hearth_load_process(const struct hearth_model_load *load);
/* How long the load that is under way will still take, if it takes as long as the last one; 0: that
 * is over, or not known. */
uint64_t hearth_load_left_ms(const struct hearth_model_load *load);
/* How long the last load took, from its wish on; and when it was over, on the loop's clock. */
uint64_t hearth_load_took_ms(const struct hearth_model_load *load);
uint64_t hearth_load_ready_ms(const struct hearth_model_load *load);
/* As they were located last; zeroed before. */
const struct hearth_load_files *hearth_load_found_files(const struct hearth_model_load *load);
/* Its load began before that of `other`. */
bool hearth_load_is_older(const struct hearth_model_load *load,
                          const struct hearth_model_load *other);
/* What adapters of other models may come to; NULL: none may. And whether it computes there. */
struct hearth_host *hearth_load_host(const struct hearth_model_load *load);
bool hearth_load_has_guests(const struct hearth_model_load *load);
/* Do requests of other names run in its process? */
bool hearth_load_has_busy_guests(const struct hearth_model_load *load);
bool hearth_load_is_guest_of(const struct hearth_model_load *load, const struct hearth_host *host);
/* Fills in its part of a report, and the process's. */
void hearth_load_report(const struct hearth_model_load *load, struct hearth_model_report *report);

#endif
