/* AdamW (Loshchilov and Hutter, arXiv 1711.05101, algorithm 2, as torch.optim.AdamW has it), after
 * gradients are clipped by the norm of all of them; and the rate at a step: a linear warm-up, then
 * constant, or down to 0 by a line or half a cosine.
 *
 * Lifecycle: create, step as often as wanted, destroy. One thread. */
#ifndef HEARTH_TRAIN_OPTIMIZER_H
#define HEARTH_TRAIN_OPTIMIZER_H

#include "train/lora.h"

enum hearth_schedule { HEARTH_SCHEDULE_CONSTANT, HEARTH_SCHEDULE_LINEAR, HEARTH_SCHEDULE_COSINE };

struct hearth_optimizer_params {
    double rate, beta_1, beta_2, epsilon, decay;
    double clip; /* the longest that all gradients may be together; 0: any */
    enum hearth_schedule schedule;
    uint32_t warm_up, steps; /* of the whole job */
};

struct hearth_optimizer;

/* The rate at step `step`, from 0. Pure. */
double hearth_schedule_rate(const struct hearth_optimizer_params *params, uint32_t step);

/* HEARTH_ENOMEM. The adapter must outlive it. */
int hearth_optimizer_create(struct hearth_lora *lora, const struct hearth_optimizer_params *params,
                            struct hearth_optimizer **ret_optimizer, struct hearth_error *error);
void hearth_optimizer_destroy(struct hearth_optimizer *optimizer); /* NULL is allowed */

/* What a job saves beside the adapter's values, to go on as if it had never stopped. Borrowed; may
 * be written. */
struct hearth_optimizer_state {
    hearth_number *first, *second; /* moments, [the adapter's count] */
    uint32_t *step;
    double *rate_factor; /* 1; what all rates are multiplied by */
};
struct hearth_optimizer_state hearth_optimizer_state(struct hearth_optimizer *optimizer);

/* The rate of the next step. */
double hearth_optimizer_rate(const struct hearth_optimizer *optimizer);
/* Changes the adapter's values by its gradients, and clears those. The norm that they had. */
double hearth_optimizer_step(struct hearth_optimizer *optimizer);

#endif
