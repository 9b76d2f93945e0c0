/* The work of quantizing: a GGUF model with fewer bits, in `artifacts` of the job's folder. */
#ifndef HEARTH_TRAINER_QUANTIZE_JOB_H
#define HEARTH_TRAINER_QUANTIZE_JOB_H

#include "train/job.h"

/* Tells events of {"type": "progress", "fraction"}, in [0,1]. It cannot be stopped between: who no
 * longer wants it ends the process. `ret_result` is {"files": […]}, and with a text
 * "source_perplexity", "perplexity" and "perplexity_tokens". */
int trainer_quantize(const struct hearth_job_order *order,
                     const struct hearth_job_listener *listener, json_t **ret_result,
                     struct hearth_error *error);

#endif
