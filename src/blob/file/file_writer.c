#include "base/digest.h"
#include "base/error.h"
#include "base/memory.h"
#include "blob/file/file_blobs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* A partial file under DIR/blobs/partial/, locked while it is written; its name is the sha256 of
 * the caller's key, so that any key makes a file name. */
struct file_writer {
    struct hearth_blob_writer writer; /* first */
    int descriptor;
    char path[PATH_MAX];
};

static int write_fault(int errnum, const char *path, struct hearth_error *error)
{
    if (errnum == ENOSPC || errnum == EDQUOT)
        return hearth_error_set(error, HEARTH_ENOSPACE,
                                "the disk is full; make room and run it again: it goes on where it "
                                "stopped");
    return hearth_error_set_errno(error, errnum, "%s cannot be written", path);
}

/* Opens and locks the file; one that another writer published meanwhile is made anew. */
static int open_locked(struct file_writer *writer, struct hearth_error *error)
{
    for (int tries = 0; tries < 10; tries++) {
        struct stat held, named;
        writer->descriptor = open(writer->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (writer->descriptor < 0)
            return write_fault(errno, writer->path, error);
        if (flock(writer->descriptor, LOCK_EX | LOCK_NB))
            return hearth_error_set(error, HEARTH_EINUSE,
                                    "another process is fetching the same file");
        if (fstat(writer->descriptor, &held) == 0 && lstat(writer->path, &named) == 0 &&
            held.st_ino == named.st_ino && held.st_dev == named.st_dev)
            return 0;
        close(writer->descriptor);
        writer->descriptor = -1;
    }
    return hearth_error_set(error, HEARTH_EINUSE, "another process is fetching the same file");
}

int hearth_file_writer_begin(struct hearth_blob_store *store, const char *key,
                             struct hearth_blob_writer **ret_writer, int64_t *ret_offset,
                             struct hearth_error *error)
{
    struct hearth_file_blobs *blobs = (struct hearth_file_blobs *)store;
    struct file_writer *writer = hearth_calloc(1, sizeof(*writer));
    char name[HEARTH_SHA256_HEX];
    int64_t offset = 0;
    hearth_sha256_of(key, strlen(key), name);
    writer->writer.blobs = store;
    writer->writer.digest = hearth_sha256_create();
    writer->descriptor = -1;
    int rc = 0;
    if (snprintf(writer->path, sizeof(writer->path), "%s/partial/%s", blobs->directory, name) >=
        (int)sizeof(writer->path))
        rc = hearth_error_set(error, HEARTH_ETOOLARGE, "the path of the home is too long");
    if (!rc)
        rc = open_locked(writer, error);
    /* Leaves the file's position at its end, where writing goes on. */
    if (!rc)
        rc = hearth_file_blob_digest(writer->descriptor, writer->path, writer->writer.digest,
                                     &offset, NULL, NULL, error);
    if (rc) {
        hearth_file_writer_end(&writer->writer, false);
        return rc;
    }
    writer->writer.size = *ret_offset = offset;
    *ret_writer = &writer->writer;
    return 0;
}

int hearth_file_writer_restart(struct hearth_blob_writer *writer, struct hearth_error *error)
{
    struct file_writer *file = (struct file_writer *)writer;
    if (ftruncate(file->descriptor, 0) || lseek(file->descriptor, 0, SEEK_SET) != 0)
        return write_fault(errno, file->path, error);
    return 0;
}

int hearth_file_writer_write(struct hearth_blob_writer *writer, const void *bytes, size_t length,
                             struct hearth_error *error)
{
    struct file_writer *file = (struct file_writer *)writer;
    const char *from = bytes;
    size_t left = length;
    while (left) {
        ssize_t put = write(file->descriptor, from, left);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0) {
            int errnum = put < 0 ? errno : ENOSPC;
            /* What went in of this piece is not in the digest: take it back. */
            if (ftruncate(file->descriptor, writer->size) == 0)
                (void)lseek(file->descriptor, writer->size, SEEK_SET);
            return write_fault(errnum, file->path, error);
        }
        from += put;
        left -= (size_t)put;
    }
    return 0;
}

/* The new name is durable once its folder is. */
static int sync_folder(const char *path, struct hearth_error *error)
{
    int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = 0;
    if (descriptor < 0 || fsync(descriptor))
        rc = hearth_error_set_errno(error, errno, "the folder %s cannot be synced", path);
    if (descriptor >= 0)
        close(descriptor);
    return rc;
}

int hearth_file_writer_publish(struct hearth_blob_writer *writer, const char *sha256,
                               struct hearth_error *error)
{
    struct file_writer *file = (struct file_writer *)writer;
    struct hearth_file_blobs *blobs = (struct hearth_file_blobs *)writer->blobs;
    char folder[PATH_MAX], path[PATH_MAX];
    int rc = hearth_file_blob_path(blobs, sha256, true, folder, error);
    if (!rc)
        rc = hearth_file_blob_path(blobs, sha256, false, path, error);
    if (!rc)
        rc = hearth_file_blob_folder(folder, error);
    if (!rc && (fsync(file->descriptor) || fchmod(file->descriptor, 0400)))
        rc = write_fault(errno, file->path, error);
    /* The same bytes may be there already; the rename then changes nothing that can be seen. */
    if (!rc && rename(file->path, path))
        rc = write_fault(errno, path, error);
    return rc ? rc : sync_folder(folder, error);
}

void hearth_file_writer_end(struct hearth_blob_writer *writer, bool forget)
{
    struct file_writer *file = (struct file_writer *)writer;
    if (forget)
        (void)unlink(file->path);
    if (file->descriptor >= 0)
        close(file->descriptor);
    hearth_sha256_destroy(writer->digest);
    hearth_free(file);
}
