/* Opens a file of examples that a client has named, and no other: it must lie under one of the
 * folders that the setting dataset_roots lists, also once every link on its way is followed, and be
 * a regular file. Blocking; any thread. */
#ifndef HEARTH_JOBS_DATASET_FILE_H
#define HEARTH_JOBS_DATASET_FILE_H

#include "base/arena.h"
#include "hearth/error.h"

#include <limits.h>
#include <stdint.h>

struct hearth_dataset_file {
    int descriptor; /* the caller closes it */
    uint64_t bytes;
    int64_t modified_ns; /* of the disk's clock: tells only that a file may have changed */
    char path[PATH_MAX]; /* absolute, without links */
};

/* `roots` are absolute, up to a NULL; a relative path is looked for under each of them, in their
 * order. HEARTH_EPATH: it may not be read; HEARTH_ENOTFOUND; HEARTH_EFIELDS: it is empty;
 * HEARTH_EIO. What lies outside is told apart from what is not there only by its name. */
int hearth_dataset_file_open(const char *const *roots, const char *path,
                             struct hearth_dataset_file *ret_file, struct hearth_error *error);

/* A name for a data set after its file: without .jsonl, .json or .csv, and with dashes for what a
 * name may not hold; NULL when nothing of it is a name. */
const char *hearth_dataset_name_of(const char *path, struct hearth_arena *arena);

#endif
