/* Keeps blobs as files: DIR/blobs/sha256/ab/abcd…, partial ones in DIR/blobs/partial/<digest of the
 * key>. The folders are held open and names are looked up in them, so that a link that somebody
 * plants there leads nowhere. Private to src/blob/file. */
#ifndef HEARTH_BLOB_FILE_BLOB_FILES_H
#define HEARTH_BLOB_FILE_BLOB_FILES_H

#include "blob/blob_ops.h"

#include <limits.h>

struct hearth_blob_files {
    struct hearth_blob_store base; /* first: the ops are called with it */
    int named, partial;            /* descriptors of the folders sha256/ and partial/ */
    char path[PATH_MAX];           /* of sha256/ */
};

/* Reads what is open from its beginning; `what` is for messages. */
int hearth_blob_scan_descriptor(int descriptor, const char *what, hearth_blob_on_bytes *on_bytes,
                                void *argument, struct hearth_error *error);

/* blob_partial.c */
int hearth_blob_partial_open(struct hearth_blob_store *blobs, const char *name,
                             struct hearth_blob_partial **ret_partial, struct hearth_error *error);
int hearth_blob_partial_scan(struct hearth_blob_partial *partial, hearth_blob_on_bytes *on_bytes,
                             void *argument, struct hearth_error *error);
int hearth_blob_partial_append(struct hearth_blob_partial *partial, const void *bytes,
                               size_t length, struct hearth_error *error);
int hearth_blob_partial_clear(struct hearth_blob_partial *partial, struct hearth_error *error);
int hearth_blob_partial_publish(struct hearth_blob_partial *partial, const char *sha256,
                                struct hearth_error *error);
void hearth_blob_partial_keep(struct hearth_blob_partial *partial);
void hearth_blob_partial_discard(struct hearth_blob_partial *partial);
int hearth_blob_partials_forget(struct hearth_blob_store *blobs, int64_t before_ms,
                                int64_t *ret_bytes, struct hearth_error *error);

#endif
