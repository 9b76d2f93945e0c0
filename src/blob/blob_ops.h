/* The functions that a back-end of the blob store implements: for blobs, whose bytes never change,
 * and for partial blobs, which grow until they become one. Digests and names were checked before a
 * back-end is given them. Private to src/blob. */
#ifndef HEARTH_BLOB_BLOB_OPS_H
#define HEARTH_BLOB_BLOB_OPS_H

#include "blob/blob.h"

/* Another code than 0 ends the scan and is its outcome. */
typedef int hearth_blob_on_bytes(void *argument, const void *bytes, size_t length);

/* The first member of each back-end's partial blob; its writer's alone until keep, discard or a
 * successful publish, which free it. */
struct hearth_blob_partial {
    struct hearth_blob_store *blobs;
};

struct hearth_blob_ops {
    const char *name;
    void (*close)(struct hearth_blob_store *blobs);
    bool (*exists)(struct hearth_blob_store *blobs, const char *sha256, int64_t *ret_size);
    /* Gives all bytes, in order. */
    int (*scan)(struct hearth_blob_store *blobs, const char *sha256, hearth_blob_on_bytes *on_bytes,
                void *argument, struct hearth_error *error);
    int (*remove)(struct hearth_blob_store *blobs, const char *sha256, struct hearth_error *error);

    /* `name` is safe as the name of a file. HEARTH_EINUSE while another has it. */
    int (*partial_open)(struct hearth_blob_store *blobs, const char *name,
                        struct hearth_blob_partial **ret_partial, struct hearth_error *error);
    int (*partial_scan)(struct hearth_blob_partial *partial, hearth_blob_on_bytes *on_bytes,
                        void *argument, struct hearth_error *error);
    int (*partial_append)(struct hearth_blob_partial *partial, const void *bytes, size_t length,
                          struct hearth_error *error);
    int (*partial_clear)(struct hearth_blob_partial *partial, struct hearth_error *error);
    /* Atomically and durably; a failure leaves the partial blob as it is. */
    int (*partial_publish)(struct hearth_blob_partial *partial, const char *sha256,
                           struct hearth_error *error);
    void (*partial_keep)(struct hearth_blob_partial *partial);
    void (*partial_discard)(struct hearth_blob_partial *partial);
    int (*forget_partials)(struct hearth_blob_store *blobs, int64_t before_ms, int64_t *ret_bytes,
                           struct hearth_error *error);

    /* optional */
    int (*path)(struct hearth_blob_store *blobs, const char *sha256, char *ret_path, size_t size,
                struct hearth_error *error);
};

/* The first member of each back-end's store. */
struct hearth_blob_store {
    const struct hearth_blob_ops *ops;
};

/* Asserts that no required slot is missing. */
void hearth_blob_init(struct hearth_blob_store *blobs, const struct hearth_blob_ops *ops);

/* The faults that all back-ends tell in the same words. */
int hearth_blob_not_found(struct hearth_error *error, const char *sha256);
int hearth_blob_in_use(struct hearth_error *error);

#endif
