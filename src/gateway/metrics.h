/* What the server counts, and its text for Prometheus. A series comes into being when it is first
 * counted. Their number is bounded, because names of routes come from the table and names of models
 * from the registry, and there is a maximum besides. Loop thread only. */
#ifndef HEARTH_GATEWAY_METRICS_H
#define HEARTH_GATEWAY_METRICS_H

#include "base/buf.h"

#include <stdint.h>

struct hearth_metrics;

struct hearth_metrics *hearth_metrics_create(void);
void hearth_metrics_destroy(struct hearth_metrics *metrics); /* NULL is allowed */

/* A request has been answered. `model` is what hearth_metrics_model returned, or NULL when the
 * request was not for a model. */
void hearth_metrics_request(struct hearth_metrics *metrics, const char *route, const char *model,
                            int status, uint64_t took_us);
/* How long it took to write one answer that holds vectors. */
void hearth_metrics_serialized(struct hearth_metrics *metrics, const char *model, uint64_t took_us);

/* The following are about inferences; `model` is "name:version".
 *
 * How long one waited, from its request until a worker took it up. */
void hearth_metrics_queue_wait(struct hearth_metrics *metrics, const char *model, uint64_t wait_ms);
/* How long it took to prepare one input: template, tokens, limits. */
void hearth_metrics_tokenized(struct hearth_metrics *metrics, const char *model, uint64_t took_us);
/* How long a worker computed one, from its first step to its last. */
void hearth_metrics_computed(struct hearth_metrics *metrics, const char *model, uint64_t took_us);
void hearth_metrics_first_event(struct hearth_metrics *metrics, const char *model,
                                uint64_t since_submit_us);
/* The time between two pieces of one answer. */
void hearth_metrics_gap(struct hearth_metrics *metrics, const char *model, uint64_t gap_us);
/* One has ended: `code` is 0, or says why it failed. */
void hearth_metrics_ended(struct hearth_metrics *metrics, const char *model, int code);
/* No report has this model any more: its series go; another one may have its name later. */
void hearth_metrics_forget(struct hearth_metrics *metrics, const char *model);

/* The name as it is counted: for call->model. It stays until it is released, also when the model
 * is forgotten, with all its series, before that; then it is counted no more. */
const char *hearth_metrics_model(struct hearth_metrics *metrics, const char *model);
void hearth_metrics_release(struct hearth_metrics *metrics, const char *model); /* NULL allowed */

/* Appends what was counted here. */
void hearth_metrics_write(const struct hearth_metrics *metrics, struct hearth_buf *buf);
/* This process's and the machine's own figures, at one moment. */
struct hearth_process_figures {
    uint64_t resident_bytes;
    uint64_t memory_available; /* bytes that new processes may still take */
    double cpu_seconds;
};
/* Reads /proc, which may block: from a lane. */
void hearth_process_figures_read(struct hearth_process_figures *ret_figures);
void hearth_metrics_write_process(const struct hearth_process_figures *figures,
                                  struct hearth_buf *buf);

#endif
