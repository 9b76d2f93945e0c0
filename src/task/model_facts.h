/* What a model is: from the process that has loaded it, else from what was read at its install.
 * Nothing is loaded for it. Loop thread only. */
#ifndef HEARTH_TASK_MODEL_FACTS_H
#define HEARTH_TASK_MODEL_FACTS_H

#include "base/json.h"
#include "catalog/catalog.h"
#include "hearth/engine.h"

struct hearth_gateway;

/* False when neither the registry nor a process can tell. */
bool hearth_model_facts_find(struct hearth_gateway *gateway,
                             const struct hearth_catalog_entry *entry,
                             struct hearth_model_facts *ret_facts);
/* Tokens that an input may have: as loaded, else as it would be; 0: no limit is known. */
uint32_t hearth_model_token_limit(struct hearth_gateway *gateway,
                                  const struct hearth_catalog_entry *entry,
                                  const struct hearth_model_facts *facts);
/* What it is for: "chat", "completion", "embedding", "rerank", "classification". */
const char *hearth_model_kind(const struct hearth_model_facts *facts);
/* All that it can do, a list of these words. */
json_t *hearth_model_capabilities_json(const struct hearth_model_facts *facts);
/* The `hearth` member of /v1/models/{id}: limits, dimensions, pooling, prompts, tasks, precision.
 */
json_t *hearth_model_facts_json(struct hearth_gateway *gateway,
                                const struct hearth_catalog_entry *entry);

#endif
