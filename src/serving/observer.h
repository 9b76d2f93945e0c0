/* What the scheduler tells as it happens, for metrics. Every slot may be NULL; `model` is
 * "name:version" and valid during the call. Loop thread only; a slot calls nothing of the
 * scheduler. */
#ifndef HEARTH_SERVING_OBSERVER_H
#define HEARTH_SERVING_OBSERVER_H

#include "serving/model_state.h"

#include <stdint.h>

struct hearth_scheduler_observer {
    void (*on_state)(void *argument, const char *model, enum hearth_model_state state);
    /* From submit until the request is sent to a worker. */
    void (*on_queue_wait)(void *argument, const char *model, uint64_t wait_ms);
    void (*on_tokenized)(void *argument, const char *model, uint64_t took_us);
    /* Of one request, in the worker: from its first step to its last. */
    void (*on_computed)(void *argument, const char *model, uint64_t took_us);
    void (*on_first_event)(void *argument, const char *model, uint64_t since_submit_us);
    /* Between two events of one stream. */
    void (*on_gap)(void *argument, const char *model, uint64_t gap_us);
    /* `code` 0, or why it ended; `tokens_in` and `tokens_out` as far as they are known. */
    void (*on_end)(void *argument, const char *model, int code, uint64_t tokens_in,
                   uint64_t tokens_out);
    /* The model is in no report any more; another one may have its name later. */
    void (*on_forgotten)(void *argument, const char *model);
    void *argument;
};

#endif
