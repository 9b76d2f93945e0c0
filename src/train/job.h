/* A training job from its order to its files: reads the data, trains, measures, saves checkpoints,
 * and writes the adapter into `artifacts` of the job's folder.
 *
 * With the same order, threads and machine it gives the same bytes, whether it ran in one go or was
 * stopped or killed at any moment and ran again on the same folder. A loss or gradient that is no
 * finite number is told with its layer; the job goes back to its last checkpoint once, with half
 * the rate, or fails. Nothing is written into `artifacts` before the last step was sound.
 *
 * Blocking, for hours; one thread, which the listener is called on. */
#ifndef HEARTH_TRAIN_JOB_H
#define HEARTH_TRAIN_JOB_H

#include "dataset/learnt.h"
#include "train/job_order.h"

struct hearth_job_listener {
    /* Takes the event over: {"type": "plan" | "metrics" | "log" | "checkpoint", …}. */
    void (*on_event)(void *argument, json_t *event);
    /* After the plan was told, with the bytes that the process will have. Not 0 ends the job with
     * that error. May be NULL. */
    int (*on_plan)(void *argument, uint64_t memory_bytes, struct hearth_error *error);
    /* Asked between batches. True: a checkpoint is written and the job ends with HEARTH_ECANCELED.
     */
    bool (*wants_stop)(void *argument);
    /* Called between batches; returns when the job may go on. */
    void (*rest)(void *argument);
    void *argument;
};

/* `ret_result` is {"files": […], "metrics": {…}, "steps", "resumed_from"}, the caller's. */
int hearth_job_run(const struct hearth_job_order *order, const struct hearth_words *words,
                   const struct hearth_job_listener *listener, json_t **ret_result,
                   struct hearth_error *error);
/* The first rows with what of them is learnt, and what hearth_job_run would say of its plan. */
int hearth_job_preview(const struct hearth_job_order *order, const struct hearth_words *words,
                       const struct hearth_job_listener *listener, json_t **ret_result,
                       struct hearth_error *error);
/* A merge has no steps: it cannot be stopped or go on, and a second one begins anew. `ret_result`
 * is
 * {"files": […]}. */
int hearth_job_merge(const struct hearth_job_order *order, json_t **ret_result,
                     struct hearth_error *error);

#endif
