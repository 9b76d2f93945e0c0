/* A training job from its order to its files: reads the data, trains, measures, saves checkpoints,
 * and writes the adapter, or the model that was trained whole, into `artifacts` of the job's
 * folder.
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

/* The most bytes of JSON that a result has. */
enum { HEARTH_JOB_RESULT_MAX = 128 << 10 };

struct hearth_job_listener {
    /* Takes the event over: {"type": "plan" | "metrics" | "log" | "checkpoint", …}. */
    void (*on_event)(void *argument, json_t *event);
    /* After the plan was told and before memory is taken, with the bytes that the process will
     * have. Not 0 ends the job with that error. May be NULL. */
    int (*on_plan)(void *argument, uint64_t memory_bytes, struct hearth_error *error);
    /* Asked between batches, and between the tensors of a model that is written. True: the job ends
     * with HEARTH_ECANCELED, and goes on from there if it runs again. */
    bool (*wants_stop)(void *argument);
    /* Called between batches; returns when the job may go on. */
    void (*rest)(void *argument);
    void *argument;
};

/* `ret_result` is {"files": […], "metrics": {…}, "steps", "resumed_from"}, the caller's. */
int hearth_job_run(const struct hearth_job_order *order, const struct hearth_words *words,
                   const struct hearth_job_listener *listener, json_t **ret_result,
                   struct hearth_error *error);
/* The first rows with what of them is learnt, and what hearth_job_run would say of its plan.
 * `ret_result` is {"rows": [{"pieces": [{"text", "counts", "tokens"} …], "tokens", "cut_tokens"}
 * …], "faults", "faulty", "format", "shape", "tokens"}: of long rows the first tokens are shown,
 * and how many are not. */
int hearth_job_preview(const struct hearth_job_order *order, const struct hearth_words *words,
                       const struct hearth_job_listener *listener, json_t **ret_result,
                       struct hearth_error *error);
/* How long all rows are, none cut or left out. `ret_result` is {"tokens": what
 * hearth_token_lengths_json has, "learnt_tokens", "context": of the base, 0: it names none,
 * "over_context": rows that are longer, "faulty"}. */
int hearth_job_measure(const struct hearth_job_order *order, const struct hearth_words *words,
                       const struct hearth_job_listener *listener, json_t **ret_result,
                       struct hearth_error *error);
/* A merge rests and stops between tensors, and cannot go on: a second one begins anew. No model is
 * there before it is whole. It tells no event; `ret_result` is {"files": […]}. */
int hearth_job_merge(const struct hearth_job_order *order,
                     const struct hearth_job_listener *listener, json_t **ret_result,
                     struct hearth_error *error);

#endif
