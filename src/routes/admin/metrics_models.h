/* The part of /metrics that is read from the scheduler's reports at the moment somebody asks:
 * figures of models, of their workers, and of the cache of vectors. Loop thread only. */
#ifndef HEARTH_ROUTES_ADMIN_METRICS_MODELS_H
#define HEARTH_ROUTES_ADMIN_METRICS_MODELS_H

struct hearth_buf;
struct hearth_scheduler;

/* Appends the figures of each served model, of its workers, and of the cache of vectors. */
void hearth_metrics_write_models(struct hearth_scheduler *scheduler, struct hearth_buf *buf);

#endif
