/* The part of /metrics that the scheduler's reports give at the moment it is asked for. Loop thread
 * only. */
#ifndef HEARTH_ROUTES_ADMIN_METRICS_MODELS_H
#define HEARTH_ROUTES_ADMIN_METRICS_MODELS_H

struct hearth_buf;
struct hearth_scheduler;

/* Appends the figures of each served model, of its workers, and of the cache of vectors. */
void hearth_metrics_write_models(struct hearth_scheduler *scheduler, struct hearth_buf *buf);

#endif
