#include "blob/blob.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/memory.h"
#include "blob/blob_ops.h"

#include <assert.h>
#include <string.h>

struct hearth_blob_writer {
    const struct hearth_blob_ops *ops;
    struct hearth_blob_partial *partial;
    struct hearth_sha256 *digest; /* of all bytes so far */
    /* Also for texts of strangers, which are simply not there. */
    int64_t size;
    /* The first failure: what lies in the partial blob is then not known, so that only a later try,
     * which reads it again, may go on with it. */
    struct hearth_error failure;
};

/* A back-end that lacks a required verb is a fault of ours, found when it is opened. */
void hearth_blob_init(struct hearth_blob_store *blobs, const struct hearth_blob_ops *ops)
{
    assert(ops->name && ops->close && ops->exists && ops->scan && ops->remove);
    assert(ops->partial_open && ops->partial_scan && ops->partial_append && ops->partial_clear);
    assert(ops->partial_publish && ops->partial_keep && ops->partial_discard);
    assert(ops->forget_partials);
    blobs->ops = ops;
}

void hearth_blob_close(struct hearth_blob_store *blobs)
{
    if (blobs)
        blobs->ops->close(blobs);
}

int hearth_blob_not_found(struct hearth_error *error, const char *sha256)
{
    return hearth_error_set(error, HEARTH_ENOTFOUND, "there is no blob %.64s", sha256);
}

int hearth_blob_in_use(struct hearth_error *error)
{
    return hearth_error_set(error, HEARTH_EINUSE, "the same file is being fetched already");
}

/* The one gate: behind it a digest is safe as the name of a file. */
static int check_sha256(const char *sha256, struct hearth_error *error)
{
    if (hearth_sha256_valid(sha256))
        return 0;
    return hearth_error_set(
        error, HEARTH_EPATH,
        "\"%.80s\" cannot be the name of a blob, which is 64 hexadecimal digits in lower case",
        sha256);
}

bool hearth_blob_exists(struct hearth_blob_store *blobs, const char *sha256, int64_t *ret_size)
{
    int64_t size;
    if (!hearth_sha256_valid(sha256) || !blobs->ops->exists(blobs, sha256, &size))
        return false;
    if (ret_size)
        *ret_size = size;
    return true;
}

/* A path is only given for a blob that is there: the caller will open it at once. */
int hearth_blob_path(struct hearth_blob_store *blobs, const char *sha256, char *ret_path,
                     size_t size, struct hearth_error *error)
{
    int rc = check_sha256(sha256, error);
    if (rc)
        return rc;
    if (!blobs->ops->path)
        return hearth_error_set(error, HEARTH_ENOTIMPL, "blobs in %s have no paths",
                                blobs->ops->name);
    if (!hearth_blob_exists(blobs, sha256, NULL))
        return hearth_blob_not_found(error, sha256);
    return blobs->ops->path(blobs, sha256, ret_path, size, error);
}

/* What verify_bytes works with. */
struct verification {
    struct hearth_sha256 *digest;
    bool (*is_canceled)(void *argument);
    void *argument;
};

/* Asked before each piece, so that a check of many gigabytes ends soon after it is told to. */
static int verify_bytes(void *argument, const void *bytes, size_t length)
{
    struct verification *verification = argument;
    if (verification->is_canceled && verification->is_canceled(verification->argument))
        return HEARTH_ECANCELED;
    hearth_sha256_update(verification->digest, bytes, length);
    return 0;
}

/* Reads all bytes again: the name says what they must hash to. */
int hearth_blob_verify(struct hearth_blob_store *blobs, const char *sha256,
                       bool (*is_canceled)(void *argument), void *argument,
                       struct hearth_error *error)
{
    int rc = check_sha256(sha256, error);
    if (rc)
        return rc;
    struct verification verification = {hearth_sha256_create(), is_canceled, argument};
    rc = blobs->ops->scan(blobs, sha256, verify_bytes, &verification, error);
    char actual[HEARTH_SHA256_HEX];
    hearth_sha256_hex(verification.digest, actual);
    hearth_sha256_destroy(verification.digest);
    if (rc == HEARTH_ECANCELED)
        return hearth_error_set(error, rc, "the check was canceled");
    if (!rc && strcmp(actual, sha256) != 0)
        rc = hearth_error_set(error, HEARTH_EDIGEST,
                              "the bytes have changed: their digest was %s and is now %s", sha256,
                              actual);
    return rc;
}

int hearth_blob_delete(struct hearth_blob_store *blobs, const char *sha256,
                       struct hearth_error *error)
{
    int rc = check_sha256(sha256, error);
    return rc ? rc : blobs->ops->remove(blobs, sha256, error);
}

/* Bytes of an earlier try and bytes that come now go the same way into digest and size. */
static int take_bytes(void *argument, const void *bytes, size_t length)
{
    struct hearth_blob_writer *writer = argument;
    hearth_sha256_update(writer->digest, bytes, length);
    writer->size += (int64_t)length;
    return 0;
}

/* The partial blob has been kept, published or discarded before. */
static void writer_free(struct hearth_blob_writer *writer)
{
    hearth_sha256_destroy(writer->digest);
    hearth_free(writer);
}

/* A digest cannot be saved in the middle, so what an earlier try left is read again to bring it up
 * to date. That also finds a partial blob whose disk has gone bad, at commit at the latest. */
int hearth_blob_write_begin(struct hearth_blob_store *blobs, const char *key,
                            struct hearth_blob_writer **ret_writer, int64_t *ret_offset,
                            struct hearth_error *error)
{
    if (!*key)
        return hearth_error_set(error, HEARTH_EINVAL, "a partial blob needs a key");
    /* Keys are URLs and paths of strangers: their digest is a name that leads nowhere else. */
    char name[HEARTH_SHA256_HEX];
    hearth_sha256_of(key, strlen(key), name);
    struct hearth_blob_partial *partial;
    int rc = blobs->ops->partial_open(blobs, name, &partial, error);
    if (rc)
        return rc;
    struct hearth_blob_writer *writer = hearth_calloc(1, sizeof(*writer));
    writer->ops = blobs->ops;
    writer->partial = partial;
    writer->digest = hearth_sha256_create();
    rc = writer->ops->partial_scan(partial, take_bytes, writer, error);
    if (rc) {
        writer->ops->partial_keep(partial);
        writer_free(writer);
        return rc;
    }
    *ret_writer = writer;
    *ret_offset = writer->size;
    return 0;
}

/* The failure stays with the writer, since the caller may go on and ask for it later. */
static int note_failure(struct hearth_blob_writer *writer, int rc, struct hearth_error *error)
{
    if (rc && error)
        *error = writer->failure;
    return rc;
}

/* The way out of a failed writer, and of a server that does not continue a transfer. */
int hearth_blob_write_restart(struct hearth_blob_writer *writer, struct hearth_error *error)
{
    writer->failure = (struct hearth_error){0};
    int rc = writer->ops->partial_clear(writer->partial, &writer->failure);
    hearth_sha256_destroy(writer->digest);
    writer->digest = hearth_sha256_create();
    writer->size = 0;
    return note_failure(writer, rc, error);
}

int hearth_blob_write(struct hearth_blob_writer *writer, const void *bytes, size_t length,
                      struct hearth_error *error)
{
    /* A writer that has failed takes nothing more: what would follow the gap could never be right.
     */
    int rc = writer->failure.code;
    if (!rc)
        rc = writer->ops->partial_append(writer->partial, bytes, length, &writer->failure);
    if (!rc)
        take_bytes(writer, bytes, length);
    return note_failure(writer, rc, error);
}

/* 0, or why the bytes are not the right ones; `ret_keep` tells whether more of them could be. */
static int check(const struct hearth_blob_writer *writer, const char *sha256, const char *expected,
                 int64_t expected_size, bool *ret_keep, struct hearth_error *error)
{
    /* The size first: of a transfer that broke off it says more than a digest that differs. */
    if (expected_size >= 0 && writer->size != expected_size) {
        *ret_keep = writer->size < expected_size;
        return hearth_error_set(error, HEARTH_EDIGEST, "the file has %lld bytes in place of %lld",
                                (long long)writer->size, (long long)expected_size);
    }
    if (expected && strcmp(expected, sha256) != 0)
        return hearth_error_set(error, HEARTH_EDIGEST,
                                "the file has other bytes than it should: their digest is %s in "
                                "place of %.64s",
                                sha256, expected);
    return 0;
}

/* What becomes of the partial blob depends on the fault: after one of reading or writing it stays
 * for the next try; wrong bytes are of no use to anybody and go; too few may still become right. */
int hearth_blob_write_commit(struct hearth_blob_writer *writer, const char *expected_sha256,
                             int64_t expected_size, char ret_sha256[65], int64_t *ret_size,
                             struct hearth_error *error)
{
    char sha256[HEARTH_SHA256_HEX];
    bool keep = true;
    int rc = note_failure(writer, writer->failure.code, error);
    /* Ended even after a failure, since a digest can only be freed or read once. */
    hearth_sha256_hex(writer->digest, sha256);
    if (!rc) {
        keep = false;
        rc = check(writer, sha256, expected_sha256, expected_size, &keep, error);
    }
    if (!rc) {
        keep = true;
        rc = writer->ops->partial_publish(writer->partial, sha256, error);
    }
    if (rc && keep)
        writer->ops->partial_keep(writer->partial);
    else if (rc)
        writer->ops->partial_discard(writer->partial);
    if (!rc) {
        memcpy(ret_sha256, sha256, sizeof(sha256));
        if (ret_size)
            *ret_size = writer->size;
    }
    writer_free(writer);
    return rc;
}

/* The bytes stay under the key, and the lock on it is given up. */
void hearth_blob_write_suspend(struct hearth_blob_writer *writer)
{
    if (!writer)
        return;
    writer->ops->partial_keep(writer->partial);
    writer_free(writer);
}

void hearth_blob_write_discard(struct hearth_blob_writer *writer)
{
    writer->ops->partial_discard(writer->partial);
    writer_free(writer);
}

int hearth_blob_forget_partials(struct hearth_blob_store *blobs, int64_t before_ms,
                                int64_t *ret_bytes, struct hearth_error *error)
{
    return blobs->ops->forget_partials(blobs, before_ms, ret_bytes, error);
}
