/* What is counted, and its text for Prometheus. Series are made when they are first counted; their
 * number is bounded, because route names come from the table and models from the registry. Loop
 * thread only. */
#ifndef HEARTH_GATEWAY_METRICS_H
#define HEARTH_GATEWAY_METRICS_H

#include "base/buf.h"
#include "gateway/scheduler.h"

#include <stdint.h>

struct hearth_metrics;

struct hearth_metrics *hearth_metrics_create(void);
void hearth_metrics_destroy(struct hearth_metrics *metrics); /* NULL is allowed */

/* `model` is of hearth_metrics_model, or NULL: the request was for none. */
void hearth_metrics_request(struct hearth_metrics *metrics, const char *route, const char *model,
                            int status, uint64_t took_us);
/* Writing one answer that holds vectors. */
void hearth_metrics_serialized(struct hearth_metrics *metrics, const char *model, uint64_t took_us);
/* What the scheduler tells; its argument is the metrics. */
struct hearth_scheduler_observer hearth_metrics_observer(struct hearth_metrics *metrics);

/* The name as it is counted: for call->model. It stays until it is released, also when the model
 * is forgotten, with all its series, before that; then it is counted no more. */
const char *hearth_metrics_model(struct hearth_metrics *metrics, const char *model);
void hearth_metrics_release(struct hearth_metrics *metrics, const char *model); /* NULL allowed */

/* Appends what was counted here. */
void hearth_metrics_write(const struct hearth_metrics *metrics, struct hearth_buf *buf);
/* Appends what the scheduler's reports say now. */
void hearth_metrics_write_models(struct hearth_scheduler *scheduler, struct hearth_buf *buf);
/* Appends this process's and the machine's own figures. */
void hearth_metrics_write_process(struct hearth_buf *buf);

#endif
