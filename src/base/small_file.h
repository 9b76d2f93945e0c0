/* Reads a small file, or what comes through a descriptor, whole into a buffer, and writes through a
 * descriptor what may go in pieces. Blocking; any thread. */
#ifndef HEARTH_BASE_SMALL_FILE_H
#define HEARTH_BASE_SMALL_FILE_H

#include "base/buf.h"
#include "hearth/error.h"

/* Appends the file to the buffer, whose cap is the limit: HEARTH_ETOOLARGE past it.
 * HEARTH_ENOTFOUND when there is none, HEARTH_EIO when it is no regular file: nobody waits for a
 * pipe's writer. */
int hearth_small_file_read(const char *path, struct hearth_buf *buf, struct hearth_error *error);
/* The same for "directory/name"; HEARTH_EPATH when that is too long. */
int hearth_small_file_read_in(const char *directory, const char *name, struct hearth_buf *buf,
                              struct hearth_error *error);
/* Appends what an open descriptor gives until its end, of whatever kind it is; errors call it
 * `name`. It stays open. */
int hearth_descriptor_read(int descriptor, const char *name, struct hearth_buf *buf,
                           struct hearth_error *error);
/* Writes all, also where a write takes less or a signal comes between. 0, or the errno for the
 * caller to put into words; how much was written is then not known. */
int hearth_descriptor_write(int descriptor, const void *bytes, size_t length);
/* A regular file of any size, open for reading, which the caller closes; it is not read. Negative
 * errno; -EINVAL for what is no regular file. */
int hearth_descriptor_open(const char *path, uint64_t *ret_bytes);

#endif
