/* Takes files that a program of ours has made, such as a training job, into the registry as a
 * ready version: no source is fetched, and nothing is left behind as `installing`.
 *
 * Blocking; for a lane of the pool. The files are copied into blobs, whose names are their sha256;
 * the folder stays the caller's, who may delete it afterwards. The row is written last, in one
 * transaction: a kill at any moment leaves either no version or the whole one, and blobs of an
 * adoption that never ended are copied anew by the next one. */
#ifndef HEARTH_REGISTRY_ADOPT_H
#define HEARTH_REGISTRY_ADOPT_H

#include "hearth/error.h"

#include <stddef.h>
#include <stdint.h>

struct hearth_registry;

enum { HEARTH_ADOPTION_FILES_MAX = 64 };

/* Everything belongs to the caller. A text that is NULL counts as empty, or as "{}" for JSON. */
struct hearth_adoption {
    int64_t model_id; /* must be there */
    const char *label, *source, *engine;
    const char *folder;       /* absolute */
    const char *const *files; /* paths relative to the folder, as the version will have them */
    size_t file_count;        /* 1 to HEARTH_ADOPTION_FILES_MAX */
    int64_t base_version_id;  /* the version is an adapter of this one; 0: a whole model */
    const char *metrics_json, *lineage_json, *facts_json; /* objects */
};

/* `ret_version_id` and `ret_number` name the new version. HEARTH_ENOTFOUND when the model, the base
 * or a file is not there; HEARTH_ECONFLICT when the base is not ready or an adapter itself;
 * HEARTH_EPATH for a path out of the folder, HEARTH_EIO for a link; HEARTH_EMODEL for a model file
 * whose header is damaged. Nothing of a failed adoption stays but blobs that others use too. */
int hearth_registry_adopt(struct hearth_registry *registry, const struct hearth_adoption *adoption,
                          int64_t *ret_version_id, int64_t *ret_number, struct hearth_error *error);

#endif
