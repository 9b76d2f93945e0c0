#include "blob/file/blob_files.h"

#include "base/error.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes that are read and hashed at a time. */
enum { CHUNK = 256 << 10 };

static struct hearth_blob_files *files_of(struct hearth_blob_store *blobs)
{
    return (struct hearth_blob_files *)blobs;
}

/* Also of a store that opened only in part: its descriptors are -1 then. */
static void files_close(struct hearth_blob_store *blobs)
{
    struct hearth_blob_files *files = files_of(blobs);
    if (files->named >= 0)
        close(files->named);
    if (files->partial >= 0)
        close(files->partial);
    hearth_free(files);
}

/* "ab/abcd…": 256 folders, so that none of them has too many entries for tools that list it. */
static void relative_name(const char *sha256, char ret_name[3 + 65])
{
    snprintf(ret_name, 3 + 65, "%.2s/%.64s", sha256, sha256);
}

/* Only a plain file counts: blobs never are links, and a link in one's place leads who knows where.
 */
static bool files_exists(struct hearth_blob_store *blobs, const char *sha256, int64_t *ret_size)
{
    char name[3 + 65];
    struct stat status;
    relative_name(sha256, name);
    if (fstatat(files_of(blobs)->named, name, &status, AT_SYMLINK_NOFOLLOW) ||
        !S_ISREG(status.st_mode))
        return false;
    *ret_size = (int64_t)status.st_size;
    return true;
}

/* pread leaves the descriptor's own place alone, where a writer will append. */
int hearth_blob_scan_descriptor(int descriptor, const char *what, hearth_blob_on_bytes *on_bytes,
                                void *argument, struct hearth_error *error)
{
    /* On the heap, because 256 KiB are much for a thread's stack. */
    char *chunk = hearth_alloc(CHUNK);
    int rc = 0;
    for (off_t offset = 0; !rc;) {
        ssize_t got = pread(descriptor, chunk, CHUNK, offset);
        if (got == 0)
            break;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            rc = hearth_error_set_errno(error, errno, "%s cannot be read", what);
        else
            rc = on_bytes(argument, chunk, (size_t)got);
        offset += got;
    }
    hearth_free(chunk);
    return rc;
}

static int files_scan(struct hearth_blob_store *blobs, const char *sha256,
                      hearth_blob_on_bytes *on_bytes, void *argument, struct hearth_error *error)
{
    char name[3 + 65];
    relative_name(sha256, name);
    int descriptor = openat(files_of(blobs)->named, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor < 0 && errno == ENOENT)
        return hearth_blob_not_found(error, sha256);
    if (descriptor < 0)
        return hearth_error_set_errno(error, errno, "the blob %s cannot be read", sha256);
    int rc = hearth_blob_scan_descriptor(descriptor, sha256, on_bytes, argument, error);
    close(descriptor);
    return rc;
}

/* Readers that have the file open keep it; its room comes back when the last one closes it. */
static int files_remove(struct hearth_blob_store *blobs, const char *sha256,
                        struct hearth_error *error)
{
    char name[3 + 65];
    relative_name(sha256, name);
    if (unlinkat(files_of(blobs)->named, name, 0) == 0)
        return 0;
    if (errno == ENOENT)
        return hearth_blob_not_found(error, sha256);
    return hearth_error_set_errno(error, errno, "the blob %s cannot be deleted", sha256);
}

static int files_path(struct hearth_blob_store *blobs, const char *sha256, char *ret_path,
                      size_t size, struct hearth_error *error)
{
    /* For other programs and threads, which cannot be given the folder's descriptor. */
    int length = snprintf(ret_path, size, "%s/%.2s/%s", files_of(blobs)->path, sha256, sha256);
    if (length < 0 || (size_t)length >= size)
        return hearth_error_set(error, HEARTH_ETOOLARGE, "the path of a blob is too long");
    return 0;
}

static const struct hearth_blob_ops file_blobs = {
    .name = "files",
    .close = files_close,
    .exists = files_exists,
    .scan = files_scan,
    .remove = files_remove,
    .partial_open = hearth_blob_partial_open,
    .partial_scan = hearth_blob_partial_scan,
    .partial_append = hearth_blob_partial_append,
    .partial_clear = hearth_blob_partial_clear,
    .partial_publish = hearth_blob_partial_publish,
    .partial_keep = hearth_blob_partial_keep,
    .partial_discard = hearth_blob_partial_discard,
    .forget_partials = hearth_blob_partials_forget,
    /* optional */
    .path = files_path,
};

/* Makes the folder when it is missing; `parent` may be AT_FDCWD. */
static int open_folder(int parent, const char *name, int flags, int *ret_descriptor,
                       struct hearth_error *error)
{
    if (mkdirat(parent, name, 0700) && errno != EEXIST)
        return hearth_error_set_errno(error, errno, "the folder %s cannot be made", name);
    int descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
    /* With O_DIRECTORY and O_NOFOLLOW Linux answers ENOTDIR for a link, other systems answer ELOOP.
     */
    if (descriptor < 0 && (errno == ELOOP || (errno == ENOTDIR && flags)))
        return hearth_error_set(error, HEARTH_EPATH, "blobs/%s must be a folder, not a link", name);
    if (descriptor < 0)
        return hearth_error_set_errno(error, errno, "the folder %s cannot be opened", name);
    *ret_descriptor = descriptor;
    return 0;
}

int hearth_blob_open_files(const char *directory, struct hearth_blob_store **ret_blobs,
                           struct hearth_error *error)
{
    struct hearth_blob_files *files = hearth_calloc(1, sizeof(*files));
    /* Before anything can fail, because closing looks at them. */
    files->named = files->partial = -1;
    hearth_blob_init(&files->base, &file_blobs);
    char root[PATH_MAX];
    int top = -1, rc = 0;
    int length = snprintf(root, sizeof(root), "%s/blobs", directory);
    /* Room for "/sha256/ab/" and a digest. */
    if (length < 0 || (size_t)length + 80 >= sizeof(root))
        rc = hearth_error_set(error, HEARTH_ETOOLARGE, "the path of the blobs is too long");
    else
        snprintf(files->path, sizeof(files->path), "%.*s/sha256", PATH_MAX - 80, root);
    /* The folder of all blobs may be a link, to another disk; those within it may not. */
    if (!rc)
        rc = open_folder(AT_FDCWD, root, 0, &top, error);
    if (!rc)
        rc = open_folder(top, "sha256", O_NOFOLLOW, &files->named, error);
    if (!rc)
        rc = open_folder(top, "partial", O_NOFOLLOW, &files->partial, error);
    if (top >= 0)
        close(top);
    if (rc) {
        files_close(&files->base);
        return rc;
    }
    *ret_blobs = &files->base;
    return 0;
}
