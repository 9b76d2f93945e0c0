/* Bodies of requests to MLflow, of what is to be told (an order, see orders.h).
 * Pure. What is returned is the caller's (json_decref). */
#ifndef HEARTH_TRACK_MLFLOW_BODIES_H
#define HEARTH_TRACK_MLFLOW_BODIES_H

#include "base/json.h"
#include "domain/outbox.h"

/* Tags by which what was made is found again. */
#define HEARTH_TAG_JOB "hearth.job"
#define HEARTH_TAG_MODEL "hearth.model"
#define HEARTH_TAG_VERSION "hearth.version"
#define HEARTH_TAG_INSTALLED "hearth.installed"
/* The value of the last; "" when the order says none. */
void hearth_mlflow_installed(const json_t *order, char ret_text[25]);

json_t *hearth_mlflow_run_create(const json_t *order, const char *experiment_id);
json_t *hearth_mlflow_run_search(const json_t *order, const char *experiment_id);
/* The next of runs/log-batch from `*index` on, which moves on; NULL when there are no more.
 * `entities` is an array of {key, value, …}; one that fits into no batch is left out. */
json_t *hearth_mlflow_batch(const json_t *entities, enum hearth_outbox_entity kind,
                            const char *run_id, size_t *index);
/* NULL when the order has no datasets. */
json_t *hearth_mlflow_inputs(const json_t *order, const char *run_id);
/* `run_id` "": no run made it. */
json_t *hearth_mlflow_version_create(const json_t *order, const char *run_id, const char *source);

/* Those whose step lies behind the last that `steps` (key: step) has of their key. */
json_t *hearth_mlflow_fresh_metrics(const json_t *metrics, const json_t *steps);
/* Writes into `steps` what these metrics reach. */
void hearth_mlflow_note_steps(json_t *steps, const json_t *metrics);

/* The path within the server's artifacts that an artifact_uri means, or NULL when it means another
 * place than the server's own. Points into the text. */
const char *hearth_mlflow_artifact_path(const char *artifact_uri);

#endif
