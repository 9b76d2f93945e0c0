/* What is to be told, as JSON: an order, the body of a row of the outbox. A text too long for
 * MLflow is cut at a whole character, bytes that are no UTF-8 become question marks. Pure; what is
 * returned is the caller's (json_decref), NULL when there is nothing to tell or an id is none.
 *
 *     {"verb": "model", "model", "description"}
 *     {"verb": "run", "run", "model", "name", "start_ms", "params", "tags": [{"key", "value"}],
 *      "datasets": [{"name", "sha256", "source", "context", "rows"}]}
 *     {"verb": "metrics", "run", "metrics": [{"key", "value", "step", "timestamp"}]}
 *     {"verb": "end", "run", "status", "end_ms"}
 *     {"verb": "artifacts", "run", "folder", "place"}
 *     {"verb": "version", "model", "number", "run", "installed_ms", "alias", "source",
 *      "description", "tags"}
 *     {"verb": "alias", "model", "alias", "number"}
 *
 * "run" is "" in that of a version which no run made. */
#ifndef HEARTH_TRACK_ORDERS_H
#define HEARTH_TRACK_ORDERS_H

#include "base/json.h"
#include "track/listener.h"

json_t *hearth_order_model(const char *model, const char *description);
json_t *hearth_order_run(const struct hearth_track_run *run);
json_t *hearth_order_metrics(const char *run, const struct hearth_track_metric *metrics,
                             size_t count);
json_t *hearth_order_end(const char *run, enum hearth_track_end end, int64_t end_ms);
json_t *hearth_order_artifacts(const char *run, const char *folder, const char *place);
json_t *hearth_order_version(const struct hearth_track_version *version);
json_t *hearth_order_alias(const char *model, const char *alias, int64_t number);

/* What a model's and a run's subject begin with. */
#define HEARTH_OUTBOX_MODEL "model."
#define HEARTH_OUTBOX_RUN "run."
/* "run." or "model." and the id: whose order it keeps, and under which id it is tracked. */
void hearth_order_subject(const json_t *order, char *ret_subject, size_t size);

#endif
