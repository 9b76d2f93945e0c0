/* llama-server's `timings` and `prompt_progress`: how many tokens were read and written, and how
 * fast. Pure. */
#ifndef HEARTH_TASK_TIMINGS_H
#define HEARTH_TASK_TIMINGS_H

#include "base/buf.h"
#include "serving/inference.h"

/* {"cache_n":…,"prompt_n":…,"prompt_ms":…,…,"predicted_per_second":…} */
void hearth_timings_write(const struct hearth_inference_done *done, struct hearth_buf *buf);
/* {"total":…,"cache":…,"processed":…,"time_ms":…} of a PROGRESS event, so long after its prompt was
 * prepared */
void hearth_progress_write(const struct hearth_event *event, uint64_t us, struct hearth_buf *buf);

#endif
