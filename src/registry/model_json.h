/* Writes rows of the store as the JSON of the hub's API. Any thread, where the store may be read.
 * What it returns is the caller's (json_decref). */
#ifndef HEARTH_REGISTRY_MODEL_JSON_H
#define HEARTH_REGISTRY_MODEL_JSON_H

#include "base/json.h"
#include "store/store.h"

/* By id (all digits) or by name; HEARTH_ENOMODEL. */
int hearth_model_find(struct hearth_store *store, const char *reference, struct hearth_arena *arena,
                      struct hearth_model **ret_model, struct hearth_error *error);
json_t *hearth_version_json(const struct hearth_version *version);
json_t *hearth_alias_json(const struct hearth_alias *alias);
/* With its aliases and versions; NULL and an error when the store fails. */
int hearth_model_json(struct hearth_store *store, const struct hearth_model *model,
                      struct hearth_arena *arena, json_t **ret_json, struct hearth_error *error);

#endif
