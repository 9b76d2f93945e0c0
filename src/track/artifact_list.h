/* Lists the regular files below a folder, in an order that is the same each time. Symbolic links
 * are passed over. Blocks. */
#ifndef HEARTH_TRACK_ARTIFACT_LIST_H
#define HEARTH_TRACK_ARTIFACT_LIST_H

#include "base/json.h"
#include "hearth/error.h"

enum { HEARTH_ARTIFACTS_MAX = 1000, HEARTH_ARTIFACT_DEPTH_MAX = 8 };

/* Array of paths within the folder, by name; the caller's. HEARTH_ENOTFOUND, HEARTH_EIO;
 * HEARTH_ETOOLARGE when there are more, or deeper ones. */
int hearth_artifact_list(const char *folder, json_t **ret_paths, struct hearth_error *error);

#endif
