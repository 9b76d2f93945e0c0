/* Finds the version that an adapter is based on. Blocking; on the thread where the store is used.
 * Rows are allocated in the arena. */
#ifndef HEARTH_REGISTRY_BASE_VERSION_H
#define HEARTH_REGISTRY_BASE_VERSION_H

#include "store/store.h"

/* The version with this id and its model. HEARTH_ENOTFOUND when there is none. */
int hearth_base_version_find(struct hearth_store *store, int64_t version_id,
                             struct hearth_arena *arena, struct hearth_model **ret_model,
                             struct hearth_version **ret_version, struct hearth_error *error);

/* The version that a person names: "name", "name:2" or "name@alias", where a bare name is what it
 * is to requests (@default, else the newest ready version). HEARTH_ENOMODEL, HEARTH_ENOTFOUND, or
 * what is wrong with the text. */
int hearth_base_version_resolve(struct hearth_store *store, const char *reference,
                                struct hearth_arena *arena, struct hearth_model **ret_model,
                                struct hearth_version **ret_version, struct hearth_error *error);

/* Whether an adapter may be based on it: a ready version (or a deprecated one, which is still
 * served by its number) that is no adapter itself. HEARTH_ECONFLICT says which and why not. */
int hearth_base_version_check(const struct hearth_model *model,
                              const struct hearth_version *version, struct hearth_error *error);

#endif
