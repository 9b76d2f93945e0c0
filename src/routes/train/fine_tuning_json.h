/* Training jobs and what they say, as OpenAI's fine-tuning API shows them. Pure. */
#ifndef HEARTH_ROUTES_TRAIN_FINE_TUNING_JSON_H
#define HEARTH_ROUTES_TRAIN_FINE_TUNING_JSON_H

#include "base/json.h"

#include <stdbool.h>
#include <stdint.h>

enum { HEARTH_FINE_TUNING_EVENT_ID = 64 };

/* `job` is what hearth_jobs_json says. `result_file` NULL: there is none. The caller's. */
json_t *hearth_fine_tuning_job_json(const json_t *job, const char *result_file, int64_t now_ms);

/* Of one line of the job's log; the caller's. */
json_t *hearth_fine_tuning_event_json(const json_t *job, const json_t *line);
/* The number in the log of an event of this job; false when the id is none of those. */
bool hearth_fine_tuning_event_number(const char *event_id, const char *job_id, uint64_t *ret);

/* The checkpoint that a job ended with, which is the model; NULL: it has made none. The caller's.
 */
json_t *hearth_fine_tuning_checkpoint_json(const json_t *job);

#endif
