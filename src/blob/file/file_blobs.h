/* Blobs as files; what file_blobs.c and file_writer.c share. Any thread. */
#ifndef HEARTH_BLOB_FILE_FILE_BLOBS_H
#define HEARTH_BLOB_FILE_FILE_BLOBS_H

#include "blob/blob_ops.h"

#include <limits.h>

struct hearth_file_blobs {
    struct hearth_blob_store store; /* first */
    char *directory;                /* DIR/blobs */
};

/* "DIR/blobs/sha256/ab/abcd…", or the folder of it. */
int hearth_file_blob_path(const struct hearth_file_blobs *blobs, const char *sha256, bool folder,
                          char ret_path[PATH_MAX], struct hearth_error *error);
/* Makes one folder; no error when it is there. */
int hearth_file_blob_folder(const char *path, struct hearth_error *error);
/* Feeds what is left of a file to a digest; `is_canceled` may be NULL. */
int hearth_file_blob_digest(int descriptor, const char *name, struct hearth_sha256 *digest,
                            int64_t *ret_size, bool (*is_canceled)(void *argument), void *argument,
                            struct hearth_error *error);

int hearth_file_writer_begin(struct hearth_blob_store *store, const char *key,
                             struct hearth_blob_writer **ret_writer, int64_t *ret_offset,
                             struct hearth_error *error);
int hearth_file_writer_restart(struct hearth_blob_writer *writer, struct hearth_error *error);
int hearth_file_writer_write(struct hearth_blob_writer *writer, const void *bytes, size_t length,
                             struct hearth_error *error);
int hearth_file_writer_publish(struct hearth_blob_writer *writer, const char *sha256,
                               struct hearth_error *error);
void hearth_file_writer_end(struct hearth_blob_writer *writer, bool forget);

#endif
