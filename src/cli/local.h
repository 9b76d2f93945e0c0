/* The registry of this home, for commands that work without a server. Blocking; main thread. */
#ifndef HEARTH_CLI_LOCAL_H
#define HEARTH_CLI_LOCAL_H

#include "base/json.h"
#include "cli/command.h"
#include "config/home.h"
#include "gateway/probe.h"
#include "registry/install.h"

struct hearth_local {
    struct hearth_home *home;
    struct hearth_store *store;
    struct hearth_blob_store *blobs;
    struct hearth_source_options sources;
    struct hearth_probe_options probe;
    struct hearth_registry registry;
};

/* `writes`: takes the home's lock; HEARTH_EINUSE names the process that has it. */
int hearth_local_open(const struct hearth_invocation *invocation, bool writes,
                      struct hearth_local *ret_local, struct hearth_error *error);
void hearth_local_close(struct hearth_local *local);

/* The model of a name or an id; HEARTH_ENOMODEL with the nearest name. */
int hearth_local_model(struct hearth_local *local, struct hearth_arena *arena, const char *name,
                       struct hearth_model **ret_model, struct hearth_error *error);
/* Models, as GET /models gives them; the caller frees. */
int hearth_local_models_json(struct hearth_local *local, struct hearth_arena *arena,
                             const struct hearth_model_filter *filter, json_t **ret_models,
                             struct hearth_error *error);

#endif
