/* What a request to OpenAI's fine-tuning API asks for, in the words of jobs/jobs.h. Pure but for
 * the seed, which is taken at random when none is named. */
#ifndef HEARTH_ROUTES_TRAIN_FINE_TUNING_ORDER_H
#define HEARTH_ROUTES_TRAIN_FINE_TUNING_ORDER_H

#include "base/json.h"
#include "domain/reference.h"

struct hearth_fine_tuning_order {
    const char *training_file, *validation_file; /* the body's; the second may be NULL */
    char model[HEARTH_NAME_MAX];                 /* whose version it will be */
    json_t *parameters;                          /* of the job */
    json_t *client;                              /* what is kept beside the job */
};

/* `body` has passed its schema; `base_name` is the name of the model that it names. HEARTH_EINVAL
 * names the parameter that is at fault; then there is nothing to finish. */
int hearth_fine_tuning_order_read(const json_t *body, const char *base_name,
                                  struct hearth_fine_tuning_order *ret_order,
                                  const char **ret_param, struct hearth_error *error);
void hearth_fine_tuning_order_finish(struct hearth_fine_tuning_order *order);

#endif
