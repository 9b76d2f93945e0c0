/* One hearth-trainer at work: starts the process, gives it its order, and tells what it says.
 *
 * Whatever the process sends is checked: one that breaks the rules of wire/ipc_job.h is ended, and
 * only its own job notices. Loop thread only. */
#ifndef HEARTH_JOBS_TRAINER_PROCESS_H
#define HEARTH_JOBS_TRAINER_PROCESS_H

#include "base/json.h"
#include "hearth/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct hearth_loop;
struct hearth_settings;
struct hearth_trainer;

struct hearth_trainer_end {
    const json_t *result;      /* of a job that is done; else NULL, and `error` says why */
    bool told;                 /* the trainer named the error itself: it would meet it again */
    struct hearth_error error; /* HEARTH_ECANCELED when it was asked to end */
};

struct hearth_trainer_events {
    /* An object with a "type", the trainer's until the call ends. May stop the trainer, not destroy
     * it. */
    void (*on_event)(void *argument, const json_t *event);
    /* Exactly once; the process is gone. May destroy the trainer. */
    void (*on_end)(void *argument, const struct hearth_trainer_end *end);
};

struct hearth_trainer_options {
    struct hearth_loop *loop;
    const struct hearth_settings *settings; /* sandbox, heartbeat_timeout */
    const char *program;                    /* NULL: beside this one */
    const char *subject;                    /* the job's id, for log and process list */
    const json_t *order;                    /* as train/job_order.h says */
    const struct hearth_trainer_events *events;
    void *argument;
};

int hearth_trainer_start(const struct hearth_trainer_options *options,
                         struct hearth_trainer **ret_trainer, struct hearth_error *error);
/* It writes a checkpoint and ends, or is killed after `deadline_ms`. */
void hearth_trainer_stop(struct hearth_trainer *trainer, uint64_t deadline_ms);
/* At once. `error` (or NULL) is what on_end shall report. */
void hearth_trainer_kill(struct hearth_trainer *trainer, const struct hearth_error *error);
/* Between two batches it waits, until it is told to go on. */
void hearth_trainer_rest(struct hearth_trainer *trainer, bool rests);
pid_t hearth_trainer_pid(const struct hearth_trainer *trainer);
/* Kills what still runs, without a callback. NULL is allowed. */
void hearth_trainer_destroy(struct hearth_trainer *trainer);

#endif
