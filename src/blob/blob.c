#include "blob/blob.h"

#include "base/digest.h"
#include "base/error.h"
#include "blob/blob_ops.h"

#include <string.h>

enum { KEY_MAX = 4096 };

static bool is_digest(const char *text)
{
    return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

static int check_digest(const char *sha256, struct hearth_error *error)
{
    if (is_digest(sha256))
        return 0;
    return hearth_error_set(error, HEARTH_EPATH, "'%.80s' is not a sha256 in lower-case hex",
                            sha256);
}

void hearth_blob_close(struct hearth_blob_store *blobs)
{
    if (blobs)
        blobs->ops->close(blobs);
}

bool hearth_blob_exists(struct hearth_blob_store *blobs, const char *sha256, int64_t *ret_size)
{
    int64_t size;
    if (!is_digest(sha256) || !blobs->ops->exists(blobs, sha256, &size))
        return false;
    if (ret_size)
        *ret_size = size;
    return true;
}

int hearth_blob_path(struct hearth_blob_store *blobs, const char *sha256, char *ret_path,
                     size_t size, struct hearth_error *error)
{
    int rc = check_digest(sha256, error);
    if (rc)
        return rc;
    if (!blobs->ops->path)
        return hearth_error_set(error, HEARTH_ENOTIMPL, "blobs in %s have no paths",
                                blobs->ops->name);
    if (!hearth_blob_exists(blobs, sha256, NULL))
        return hearth_error_set(error, HEARTH_ENOTFOUND, "the blob %s is missing", sha256);
    return blobs->ops->path(blobs, sha256, ret_path, size, error);
}

int hearth_blob_verify(struct hearth_blob_store *blobs, const char *sha256,
                       bool (*is_canceled)(void *argument), void *argument,
                       struct hearth_error *error)
{
    int rc = check_digest(sha256, error);
    return rc ? rc : blobs->ops->verify(blobs, sha256, is_canceled, argument, error);
}

int hearth_blob_delete(struct hearth_blob_store *blobs, const char *sha256,
                       struct hearth_error *error)
{
    int rc = check_digest(sha256, error);
    return rc ? rc : blobs->ops->remove(blobs, sha256, error);
}

int hearth_blob_write_begin(struct hearth_blob_store *blobs, const char *key,
                            struct hearth_blob_writer **ret_writer, int64_t *ret_offset,
                            struct hearth_error *error)
{
    if (!*key || strlen(key) > KEY_MAX)
        return hearth_error_set(error, HEARTH_EINVAL, "the key of a partial blob is not valid");
    return blobs->ops->begin(blobs, key, ret_writer, ret_offset, error);
}

int hearth_blob_write_restart(struct hearth_blob_writer *writer, struct hearth_error *error)
{
    int rc = writer->blobs->ops->restart(writer, error);
    if (rc)
        return rc;
    hearth_sha256_destroy(writer->digest);
    writer->digest = hearth_sha256_create();
    writer->size = 0;
    return 0;
}

int hearth_blob_write(struct hearth_blob_writer *writer, const void *bytes, size_t length,
                      struct hearth_error *error)
{
    int rc = writer->blobs->ops->write(writer, bytes, length, error);
    if (rc)
        return rc;
    hearth_sha256_update(writer->digest, bytes, length);
    writer->size += (int64_t)length;
    return 0;
}

int hearth_blob_write_commit(struct hearth_blob_writer *writer, const char *expected_sha256,
                             int64_t expected_size, char ret_sha256[65], int64_t *ret_size,
                             struct hearth_error *error)
{
    char sha256[HEARTH_SHA256_HEX];
    int64_t size = writer->size;
    const struct hearth_blob_ops *ops = writer->blobs->ops;
    hearth_sha256_hex(writer->digest, sha256);
    int rc = 0;
    if (expected_size >= 0 && size != expected_size)
        rc = hearth_error_set(error, HEARTH_EDIGEST, "%lld bytes came, %lld were announced",
                              (long long)size, (long long)expected_size);
    else if (expected_sha256 && strcmp(expected_sha256, sha256) != 0)
        rc = hearth_error_set(error, HEARTH_EDIGEST, "the sha256 is %s, not %.64s", sha256,
                              expected_sha256);
    bool is_wrong = rc != 0;
    if (!rc)
        rc = ops->publish(writer, sha256, error);
    /* Right bytes that could not be published, on a full disk say, are kept for the next try. */
    ops->end(writer, is_wrong);
    if (rc)
        return rc;
    memcpy(ret_sha256, sha256, sizeof(sha256));
    if (ret_size)
        *ret_size = size;
    return 0;
}

void hearth_blob_write_suspend(struct hearth_blob_writer *writer)
{
    if (writer)
        writer->blobs->ops->end(writer, false);
}
