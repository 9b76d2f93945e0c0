#include "train/optimizer.h"

#include "base/error.h"
#include "base/memory.h"
#include "train/rows.h"

#include <math.h>

struct hearth_optimizer {
    struct hearth_optimizer_params params;
    struct hearth_lora *lora;
    hearth_number *first, *second; /* moments, in the order of the values */
    uint32_t step;
    double rate_factor;
};

double hearth_schedule_rate(const struct hearth_optimizer_params *params, uint32_t step)
{
    if (step < params->warm_up)
        return params->rate * (step + 1) / params->warm_up;
    if (params->schedule == HEARTH_SCHEDULE_CONSTANT || params->steps <= params->warm_up)
        return params->rate;
    double done = (double)(step - params->warm_up) / (params->steps - params->warm_up);
    done = done < 1 ? done : 1;
    bool line = params->schedule == HEARTH_SCHEDULE_LINEAR;
    return params->rate * (line ? 1 - done : (1 + cos(3.141592653589793 * done)) / 2);
}

int hearth_optimizer_create(struct hearth_lora *lora, const struct hearth_optimizer_params *params,
                            struct hearth_optimizer **ret_optimizer, struct hearth_error *error)
{
    struct hearth_optimizer *made = hearth_calloc(1, sizeof(*made));
    made->params = *params;
    made->rate_factor = 1;
    made->lora = lora;
    made->first = hearth_try_calloc(lora->count, sizeof(*made->first));
    made->second = hearth_try_calloc(lora->count, sizeof(*made->second));
    if (made->first == NULL || made->second == NULL) {
        hearth_optimizer_destroy(made);
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory for the optimizer");
    }
    *ret_optimizer = made;
    return 0;
}

void hearth_optimizer_destroy(struct hearth_optimizer *optimizer)
{
    if (optimizer == NULL)
        return;
    hearth_free(optimizer->first);
    hearth_free(optimizer->second);
    hearth_free(optimizer);
}

struct hearth_optimizer_state hearth_optimizer_state(struct hearth_optimizer *optimizer)
{
    return (struct hearth_optimizer_state){optimizer->first, optimizer->second, &optimizer->step,
                                           &optimizer->rate_factor};
}

double hearth_optimizer_rate(const struct hearth_optimizer *optimizer)
{
    return optimizer->rate_factor * hearth_schedule_rate(&optimizer->params, optimizer->step);
}

double hearth_optimizer_step(struct hearth_optimizer *optimizer)
{
    const struct hearth_optimizer_params *params = &optimizer->params;
    const struct hearth_train_rows *rows = hearth_train_rows();
    struct hearth_lora *lora = optimizer->lora;
    double rate = optimizer->rate_factor * hearth_schedule_rate(params, optimizer->step++);
    double norm = sqrt(rows->square_sum(lora->gradients, lora->count));
    double shrink = params->clip > 0 && norm > params->clip ? params->clip / norm : 1;
    struct hearth_adam_step step = {
        .beta_1 = (hearth_number)params->beta_1,
        .beta_2 = (hearth_number)params->beta_2,
        .epsilon = (hearth_number)params->epsilon,
        .shrink = (hearth_number)shrink,
        .unbias_1 = (hearth_number)(1 / (1 - pow(params->beta_1, optimizer->step))),
        .unbias_2 = (hearth_number)(1 / (1 - pow(params->beta_2, optimizer->step))),
        .rate = (hearth_number)rate,
        .decay = (hearth_number)params->decay,
    };
    rows->adam(&step, lora->count, lora->gradients, optimizer->first, optimizer->second,
               lora->values);
    hearth_lora_clear_gradients(lora);
    return norm;
}
