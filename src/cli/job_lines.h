/* Events of a training job as lines for people. Pure. */
#ifndef HEARTH_CLI_JOB_LINES_H
#define HEARTH_CLI_JOB_LINES_H

#include "base/json.h"

#include <stdbool.h>
#include <stdint.h>

/* What the figures of an event are shown with: known from an event before it, or from the job. */
struct hearth_job_scale {
    int64_t steps; /* of the whole job; 0: not known yet */
    bool is_brief; /* what is least needed is left out */
};

/* "3m 12s", "2h 05m"; "?" for a negative time. */
void hearth_job_time_text(double seconds, char ret_text[24]);
/* "step 12 of 200, epoch 0.40, loss 1.234, rate 2e-04, 1234 tokens/s, 3m 12s left, 829.0 MiB" */
void hearth_job_figures(struct hearth_buf *buf, const json_t *metrics,
                        const struct hearth_job_scale *scale);
/* The event without a line end, which may hold what came from outside; takes the scale out of a
 * plan. Nothing is written of an event of a kind that is not known. */
void hearth_job_line(struct hearth_buf *buf, const json_t *event, struct hearth_job_scale *scale);

#endif
