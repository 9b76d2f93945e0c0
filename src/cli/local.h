/* Opens the registry of this home for commands that work without a server. Blocking; main thread
 * only. */
#ifndef HEARTH_CLI_LOCAL_H
#define HEARTH_CLI_LOCAL_H

#include "base/json.h"
#include "cli/command.h"
#include "registry/storage.h"

/* Opens the home without a loop; relative paths of sources count from the project's folder. Close
 * it with hearth_storage_close. HEARTH_EINUSE when `writes` and another process holds the home's
 * lock. */
int hearth_local_open(const struct hearth_invocation *invocation, bool writes,
                      struct hearth_storage *ret_storage, struct hearth_error *error);

/* The model with this name or id. HEARTH_ENOMODEL suggests the nearest name. */
int hearth_local_model(struct hearth_storage *local, struct hearth_arena *arena, const char *name,
                       struct hearth_model **ret_model, struct hearth_error *error);
/* The models that pass the filter, in the form of GET /models; the caller frees it (json_decref).
 */
int hearth_local_models_json(struct hearth_storage *local, struct hearth_arena *arena,
                             const struct hearth_model_filter *filter, json_t **ret_models,
                             struct hearth_error *error);

#endif
