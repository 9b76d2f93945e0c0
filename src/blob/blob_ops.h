/* What a back-end of the blob store does; src/blob/blob.c checks arguments before it gets here. */
#ifndef HEARTH_BLOB_BLOB_OPS_H
#define HEARTH_BLOB_BLOB_OPS_H

#include "blob/blob.h"

struct hearth_blob_ops {
    const char *name;
    void (*close)(struct hearth_blob_store *blobs);
    bool (*exists)(struct hearth_blob_store *blobs, const char *sha256, int64_t *ret_size);
    int (*verify)(struct hearth_blob_store *blobs, const char *sha256,
                  bool (*is_canceled)(void *argument), void *argument, struct hearth_error *error);
    int (*remove)(struct hearth_blob_store *blobs, const char *sha256, struct hearth_error *error);
    int (*begin)(struct hearth_blob_store *blobs, const char *key,
                 struct hearth_blob_writer **ret_writer, int64_t *ret_offset,
                 struct hearth_error *error);
    int (*restart)(struct hearth_blob_writer *writer, struct hearth_error *error);
    int (*write)(struct hearth_blob_writer *writer, const void *bytes, size_t length,
                 struct hearth_error *error);
    /* Makes the bytes durable and gives them their name; the digest was right. */
    int (*publish)(struct hearth_blob_writer *writer, const char *sha256,
                   struct hearth_error *error);
    /* Frees the writer; `forget` drops what was written. */
    void (*end)(struct hearth_blob_writer *writer, bool forget);
    /* optional: a path for readers */
    int (*path)(struct hearth_blob_store *blobs, const char *sha256, char *ret_path, size_t size,
                struct hearth_error *error);
};

/* A back-end's own struct begins with these. */
struct hearth_blob_store {
    const struct hearth_blob_ops *ops;
};

struct hearth_blob_writer {
    struct hearth_blob_store *blobs;
    struct hearth_sha256 *digest; /* of all bytes so far, those of earlier tries included */
    int64_t size;
};

#endif
