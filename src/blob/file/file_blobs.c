#include "blob/file/file_blobs.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 1 << 20 };

int hearth_file_blob_path(const struct hearth_file_blobs *blobs, const char *sha256, bool folder,
                          char ret_path[PATH_MAX], struct hearth_error *error)
{
    int length = snprintf(ret_path, PATH_MAX, "%s/sha256/%.2s%s%s", blobs->directory, sha256,
                          folder ? "" : "/", folder ? "" : sha256);
    if (length >= PATH_MAX)
        return hearth_error_set(error, HEARTH_ETOOLARGE, "the path of the home is too long");
    return 0;
}

int hearth_file_blob_folder(const char *path, struct hearth_error *error)
{
    if (mkdir(path, 0700) && errno != EEXIST)
        return hearth_error_set_errno(error, errno, "the folder %s cannot be made", path);
    return 0;
}

int hearth_file_blob_digest(int descriptor, const char *name, struct hearth_sha256 *digest,
                            int64_t *ret_size, bool (*is_canceled)(void *argument), void *argument,
                            struct hearth_error *error)
{
    char *piece = hearth_alloc(PIECE);
    int rc = 0;
    *ret_size = 0;
    for (;;) {
        if (is_canceled && is_canceled(argument)) {
            rc = hearth_error_set(error, HEARTH_ECANCELED, "stopped while reading %s", name);
            break;
        }
        ssize_t got = read(descriptor, piece, PIECE);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            rc = hearth_error_set_errno(error, errno, "%s cannot be read", name);
        if (got <= 0)
            break;
        hearth_sha256_update(digest, piece, (size_t)got);
        *ret_size += got;
    }
    hearth_free(piece);
    return rc;
}

static void file_close(struct hearth_blob_store *store)
{
    struct hearth_file_blobs *blobs = (struct hearth_file_blobs *)store;
    hearth_free(blobs->directory);
    hearth_free(blobs);
}

static bool file_exists(struct hearth_blob_store *store, const char *sha256, int64_t *ret_size)
{
    char path[PATH_MAX];
    struct stat status;
    if (hearth_file_blob_path((struct hearth_file_blobs *)store, sha256, false, path, NULL) ||
        lstat(path, &status) || !S_ISREG(status.st_mode))
        return false;
    *ret_size = status.st_size;
    return true;
}

static int file_path(struct hearth_blob_store *store, const char *sha256, char *ret_path,
                     size_t size, struct hearth_error *error)
{
    char path[PATH_MAX];
    int rc = hearth_file_blob_path((struct hearth_file_blobs *)store, sha256, false, path, error);
    if (!rc && snprintf(ret_path, size, "%s", path) >= (int)size)
        rc = hearth_error_set(error, HEARTH_ETOOLARGE, "the path of the home is too long");
    return rc;
}

static int file_verify(struct hearth_blob_store *store, const char *sha256,
                       bool (*is_canceled)(void *argument), void *argument,
                       struct hearth_error *error)
{
    char path[PATH_MAX], found[HEARTH_SHA256_HEX];
    int rc = hearth_file_blob_path((struct hearth_file_blobs *)store, sha256, false, path, error);
    if (rc)
        return rc;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor < 0)
        return hearth_error_set_errno(error, errno, "the blob %s cannot be read", sha256);
    struct hearth_sha256 *digest = hearth_sha256_create();
    int64_t size;
    rc = hearth_file_blob_digest(descriptor, path, digest, &size, is_canceled, argument, error);
    hearth_sha256_hex(digest, found);
    hearth_sha256_destroy(digest);
    close(descriptor);
    if (!rc && strcmp(found, sha256) != 0)
        rc = hearth_error_set(error, HEARTH_EDIGEST, "the bytes of %s have changed", path);
    return rc;
}

static int file_remove(struct hearth_blob_store *store, const char *sha256,
                       struct hearth_error *error)
{
    char path[PATH_MAX];
    struct hearth_file_blobs *blobs = (struct hearth_file_blobs *)store;
    int rc = hearth_file_blob_path(blobs, sha256, false, path, error);
    if (rc)
        return rc;
    if (unlink(path))
        return hearth_error_set_errno(error, errno, "the blob %s cannot be removed", sha256);
    /* The folder goes with its last blob. */
    if (hearth_file_blob_path(blobs, sha256, true, path, NULL) == 0)
        (void)rmdir(path);
    return 0;
}

static const struct hearth_blob_ops file_ops = {
    .name = "files",
    .close = file_close,
    .exists = file_exists,
    .verify = file_verify,
    .remove = file_remove,
    .begin = hearth_file_writer_begin,
    .restart = hearth_file_writer_restart,
    .write = hearth_file_writer_write,
    .publish = hearth_file_writer_publish,
    .end = hearth_file_writer_end,
    .path = file_path,
};

static int make_folders(const struct hearth_file_blobs *blobs, struct hearth_error *error)
{
    static const char *const inner[] = {"", "/sha256", "/partial"};
    int rc = 0;
    for (size_t i = 0; !rc && i < sizeof(inner) / sizeof(inner[0]); i++) {
        char *path = hearth_format("%s%s", blobs->directory, inner[i]);
        rc = hearth_file_blob_folder(path, error);
        hearth_free(path);
    }
    return rc;
}

int hearth_blob_open_files(const char *directory, struct hearth_blob_store **ret_blobs,
                           struct hearth_error *error)
{
    struct hearth_file_blobs *blobs = hearth_calloc(1, sizeof(*blobs));
    blobs->store.ops = &file_ops;
    blobs->directory = hearth_format("%s/blobs", directory);
    int rc = make_folders(blobs, error);
    if (rc) {
        file_close(&blobs->store);
        return rc;
    }
    *ret_blobs = &blobs->store;
    return 0;
}
