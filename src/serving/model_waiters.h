/* Those who wait for something of a model, a load or a stop, and are told once. Loop thread only.
 */
#ifndef HEARTH_SERVING_MODEL_WAITERS_H
#define HEARTH_SERVING_MODEL_WAITERS_H

#include "hearth/error.h"

struct hearth_model_waiter;

/* `error` is NULL on success. */
typedef void (*hearth_on_model)(void *argument, const struct hearth_error *error);

/* A list begins as NULL. `on_done` may be NULL: somebody waits, who need not be told. */
void hearth_model_waiters_add(struct hearth_model_waiter **waiters, hearth_on_model on_done,
                              void *argument);
/* Tells all, and empties the list first: one that waits again is told the next time. */
void hearth_model_waiters_tell(struct hearth_model_waiter **waiters,
                               const struct hearth_error *error);

#endif
