/* What a job needs to go on as if it had never stopped, in one file that is whole or not there: the
 * adapter's values, the optimizer's moments and how far the job was.
 *
 * The file is tied to the job that wrote it by `identity`, a digest of all that decides its result,
 * and to its own bytes by a digest at its end. One that is damaged or of another job is refused and
 * never trusted. Blocking; one thread. */
#ifndef HEARTH_TRAIN_SAVED_STATE_H
#define HEARTH_TRAIN_SAVED_STATE_H

#include "base/digest.h"
#include "train/optimizer.h"

struct hearth_job_progress {
    uint64_t step;     /* of the optimizer, done */
    uint64_t tokens;   /* that were learnt from */
    double best;       /* the lowest evaluation loss; INFINITY: none yet */
    uint64_t patience; /* evaluations since the best one */
    uint64_t retries;  /* of numbers that were not finite */
    double loss;       /* of the last step */
};

/* Writes `folder`/state. `best_values` (the adapter's count, or NULL) are those of the best
 * evaluation. HEARTH_ENOSPACE, HEARTH_EIO. */
int hearth_saved_state_write(const char *folder, const char *identity,
                             const struct hearth_job_progress *progress,
                             const struct hearth_lora *lora, struct hearth_optimizer *optimizer,
                             const hearth_number *best_values, struct hearth_error *error);
/* HEARTH_ENOTFOUND when there is none, HEARTH_EPARSE when it is damaged or another job's: then
 * nothing has been changed. HEARTH_EIO: reading failed on the way into place, and the values are of
 * no use. Takes no memory beside those. */
int hearth_saved_state_read(const char *folder, const char *identity,
                            struct hearth_job_progress *progress, struct hearth_lora *lora,
                            struct hearth_optimizer *optimizer, hearth_number *best_values,
                            struct hearth_error *error);

#endif
