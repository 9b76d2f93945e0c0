/* A whole file, mapped read-only: for weights, which are looked at once, in order. Any thread.
 *
 * Errors have the file's name and not its folder: where a model lies is nobody's business who asks
 * for it. Mapped rather than read, because weights are gigabytes of which a process may need a
 * part. A file that shrinks under its mapping would end the process; blobs do not change. */
#ifndef HEARTH_FORMAT_FILE_MAP_H
#define HEARTH_FORMAT_FILE_MAP_H

#include "hearth/error.h"

#include <stddef.h>

struct hearth_file_map {
    const void *bytes;
    size_t length;
};

/* HEARTH_EMODEL when it is no regular file, or empty. */
int hearth_file_map_open(const char *path, struct hearth_file_map *ret_map,
                         struct hearth_error *error);
void hearth_file_map_close(struct hearth_file_map *map); /* one that is all zeros is allowed */
/* Gives the memory of whole pages within some mapped bytes back, of which the next is read when
 * they are; for who goes through a large file once. */
void hearth_file_map_release(const void *bytes, size_t length);
/* The name that errors have. */
const char *hearth_file_map_name(const char *path);

#endif
