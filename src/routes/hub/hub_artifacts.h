/* Models and versions as the hub shows them: with where the files of versions lie. On the store's
 * lane, as the disk is looked at. */
#ifndef HEARTH_ROUTES_HUB_HUB_ARTIFACTS_H
#define HEARTH_ROUTES_HUB_HUB_ARTIFACTS_H

#include "base/json.h"

struct hearth_gateway;
struct hearth_model;
struct hearth_store;
struct hearth_store_job;

/* As hearth_model_json. */
int hearth_hub_model_json(struct hearth_store *store, struct hearth_store_job *job,
                          const struct hearth_model *model, json_t **ret_json);

/* Adds "artifact_path" to a version's JSON, or to each in a list: null where nothing of it lies in
 * this home. */
void hearth_hub_add_artifacts(const struct hearth_gateway *gateway, const char *model,
                              json_t *versions);

#endif
