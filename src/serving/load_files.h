/* What of a model's files its load goes by: where they lie, what loads beside them, and which
 * engine loads them. Loop thread only. */
#ifndef HEARTH_SERVING_LOAD_FILES_H
#define HEARTH_SERVING_LOAD_FILES_H

#include "backend/engines.h"
#include "base/digest.h"
#include "hearth/error.h"

#include <stdbool.h>

struct hearth_catalog_entry;
struct hearth_location;

/* Zeroed memory is that of a model that was not located yet. */
struct hearth_load_files {
    char engine[HEARTH_ENGINE_NAME_MAX];
    char *path;
    char *adapter;          /* what is loaded beside it, or NULL */
    char base[192];         /* of the adapter: "name:number" */
    char *draft, *draft_id; /* path and name of its draft model, or NULL */
    char digest[HEARTH_SHA256_HEX];
    bool adapter_is_file; /* which another process can be given */
    bool verified;        /* they were read once, and their bytes are the recorded ones */
};

/* Takes over what was found, and chooses the engine among `engines`. On failure (the location's
 * own, HEARTH_EMODEL, HEARTH_ENOTIMPL) what was known before stays. */
int hearth_load_files_take(struct hearth_load_files *files, const struct hearth_location *location,
                           const struct hearth_catalog_entry *entry,
                           const struct hearth_engine_set *engines, struct hearth_error *error);
/* Its draft model; both NULL: none. */
void hearth_load_files_draft(struct hearth_load_files *files, const char *path, const char *id);
/* Adapter and base were held against each other at the install. If they do not fit now, one of them
 * has changed since: the error gets the two names, which say what to look at. So it does where a
 * draft model conflicts, of which the engine does not know the names. */
void hearth_load_files_blame(const struct hearth_load_files *files,
                             const struct hearth_catalog_entry *entry, struct hearth_error *error);
void hearth_load_files_finish(struct hearth_load_files *files);

#endif
