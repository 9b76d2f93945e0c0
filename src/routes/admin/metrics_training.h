/* The training jobs that are not over, as metrics. Loop thread only. */
#ifndef HEARTH_ROUTES_ADMIN_METRICS_TRAINING_H
#define HEARTH_ROUTES_ADMIN_METRICS_TRAINING_H

struct hearth_buf;
struct hearth_jobs;

/* Appends Prometheus' text form; `jobs` may be NULL. */
void hearth_metrics_write_training(const struct hearth_jobs *jobs, struct hearth_buf *buf);

#endif
