/* The registry of this home, for commands that work without a server. Blocking; main thread. */
#ifndef HEARTH_CLI_LOCAL_H
#define HEARTH_CLI_LOCAL_H

#include "base/json.h"
#include "cli/command.h"
#include "registry/storage.h"

/* hearth_storage_open of this home, without a loop; paths count from the project's folder. */
int hearth_local_open(const struct hearth_invocation *invocation, bool writes,
                      struct hearth_storage *ret_storage, struct hearth_error *error);

/* The model of a name or an id; HEARTH_ENOMODEL with the nearest name. */
int hearth_local_model(struct hearth_storage *local, struct hearth_arena *arena, const char *name,
                       struct hearth_model **ret_model, struct hearth_error *error);
/* Models, as GET /models gives them; the caller frees. */
int hearth_local_models_json(struct hearth_storage *local, struct hearth_arena *arena,
                             const struct hearth_model_filter *filter, json_t **ret_models,
                             struct hearth_error *error);

#endif
