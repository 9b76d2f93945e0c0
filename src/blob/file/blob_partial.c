#include "blob/file/blob_files.h"

#include "base/error.h"
#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct file_partial {
    struct hearth_blob_partial base; /* first: the ops are called with it */
    int descriptor;                  /* locked: one writer a key, in all processes */
    char name[65];
};

static struct file_partial *partial_of(struct hearth_blob_partial *partial)
{
    return (struct file_partial *)partial;
}

static int folder_of(const struct file_partial *partial)
{
    return ((const struct hearth_blob_files *)partial->base.blobs)->partial;
}

/* Whether the name still leads to the open file: its last writer may have renamed it between our
 * opening and our locking it, and it is a blob then. */
static bool is_still_named(int folder, const char *name, int descriptor)
{
    struct stat open_status, named;
    return fstat(descriptor, &open_status) == 0 &&
           fstatat(folder, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           open_status.st_dev == named.st_dev && open_status.st_ino == named.st_ino;
}

/* Before a byte is written: another user may have put something else into the folder. */
static int check_plain(int descriptor, struct hearth_error *error)
{
    struct stat status;
    if (fstat(descriptor, &status))
        return hearth_error_set_errno(error, errno, "a partial blob cannot be read");
    /* A second name would let bytes go elsewhere. */
    if (!S_ISREG(status.st_mode) || status.st_nlink > 1)
        return hearth_error_set(error, HEARTH_EPATH,
                                "something that is not a plain file lies in blobs/partial; "
                                "remove it");
    return 0;
}

/* Opens and locks the partial file, again until the locked file is the one of this name. */
static int open_locked(int folder, const char *name, int *ret_descriptor,
                       struct hearth_error *error)
{
    for (;;) {
        /* O_NONBLOCK: a pipe in the file's place must not hold us up. */
        int descriptor =
            openat(folder, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
        if (descriptor < 0 && (errno == ELOOP || errno == EISDIR || errno == ENXIO))
            return hearth_error_set(error, HEARTH_EPATH,
                                    "a link or a folder lies in blobs/partial; remove it");
        if (descriptor < 0)
            return hearth_error_set_errno(error, errno, "a partial blob cannot be made");
        int rc = check_plain(descriptor, error);
        if (!rc && flock(descriptor, LOCK_EX | LOCK_NB))
            rc = errno == EWOULDBLOCK
                     ? hearth_blob_in_use(error)
                     : hearth_error_set_errno(error, errno, "a partial blob cannot be locked");
        if (!rc && is_still_named(folder, name, descriptor)) {
            *ret_descriptor = descriptor;
            return 0;
        }
        close(descriptor);
        if (rc)
            return rc;
    }
}

/* Left at its end, where the next bytes belong. */
int hearth_blob_partial_open(struct hearth_blob_store *blobs, const char *name,
                             struct hearth_blob_partial **ret_partial, struct hearth_error *error)
{
    int descriptor = -1;
    int rc = open_locked(((struct hearth_blob_files *)blobs)->partial, name, &descriptor, error);
    if (rc)
        return rc;
    struct file_partial *partial = hearth_calloc(1, sizeof(*partial));
    partial->base.blobs = blobs;
    partial->descriptor = descriptor;
    snprintf(partial->name, sizeof(partial->name), "%s", name);
    if (lseek(descriptor, 0, SEEK_END) < 0) {
        rc = hearth_error_set_errno(error, errno, "a partial blob cannot be read");
        hearth_blob_partial_keep(&partial->base);
        return rc;
    }
    *ret_partial = &partial->base;
    return 0;
}

int hearth_blob_partial_scan(struct hearth_blob_partial *partial, hearth_blob_on_bytes *on_bytes,
                             void *argument, struct hearth_error *error)
{
    return hearth_blob_scan_descriptor(partial_of(partial)->descriptor, "a partial blob", on_bytes,
                                       argument, error);
}

/* A limit on the size of files (EFBIG) and a quota are, for a person, a full disk too. */
static int write_fault(int errnum, struct hearth_error *error)
{
    if (errnum == ENOSPC || errnum == EDQUOT || errnum == EFBIG)
        return hearth_error_set(error, HEARTH_ENOSPACE,
                                "the disk is full (%s); make room and try again: it goes on "
                                "where it stopped",
                                strerror(errnum));
    return hearth_error_set_errno(error, errnum, "the file cannot be written");
}

/* A short write is not an error: the rest is tried again, and that one says what is wrong. */
int hearth_blob_partial_append(struct hearth_blob_partial *partial, const void *bytes,
                               size_t length, struct hearth_error *error)
{
    const char *rest = bytes;
    while (length) {
        ssize_t put = write(partial_of(partial)->descriptor, rest, length);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return write_fault(errno, error);
        rest += put;
        length -= (size_t)put;
    }
    return 0;
}

/* The same file goes on, so the lock on it need not be given up. */
int hearth_blob_partial_clear(struct hearth_blob_partial *partial, struct hearth_error *error)
{
    int descriptor = partial_of(partial)->descriptor;
    if (ftruncate(descriptor, 0) || lseek(descriptor, 0, SEEK_SET) < 0)
        return hearth_error_set_errno(error, errno, "a partial blob cannot be begun anew");
    return 0;
}

/* The folder of the blobs whose digest begins like this one's. */
static int open_prefix(const struct hearth_blob_files *files, const char *sha256,
                       int *ret_descriptor, struct hearth_error *error)
{
    char prefix[3] = {sha256[0], sha256[1], '\0'};
    bool is_new = mkdirat(files->named, prefix, 0700) == 0;
    if (!is_new && errno != EEXIST)
        return hearth_error_set_errno(error, errno, "the folder of the blob cannot be made");
    int descriptor = openat(files->named, prefix, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor < 0)
        return hearth_error_set_errno(error, errno, "the folder of the blob cannot be opened");
    /* The new folder's own name must survive a crash too, or the blob in it would be lost. */
    if (is_new)
        fsync(files->named);
    *ret_descriptor = descriptor;
    return 0;
}

/* Closing gives the lock up too. */
static void release(struct file_partial *partial)
{
    close(partial->descriptor);
    hearth_free(partial);
}

int hearth_blob_partial_publish(struct hearth_blob_partial *partial, const char *sha256,
                                struct hearth_error *error)
{
    struct file_partial *file = partial_of(partial);
    int folder = -1;
    /* The bytes first, then their name, then the name's folder: after a crash there is either no
     * blob or a whole one. */
    if (fsync(file->descriptor))
        return write_fault(errno, error);
    int rc = open_prefix((const struct hearth_blob_files *)partial->blobs, sha256, &folder, error);
    if (rc)
        return rc;
    if (renameat(folder_of(file), file->name, folder, sha256))
        rc = hearth_error_set_errno(error, errno, "the blob cannot be given its name");
    else if (fsync(folder))
        rc = hearth_error_set_errno(error, errno, "the blob's folder cannot be written");
    /* A guard against accidents; only now, because a kept partial blob must stay writable. */
    if (!rc)
        (void)!fchmod(file->descriptor, 0444);
    close(folder);
    if (!rc)
        release(file);
    return rc;
}

void hearth_blob_partial_keep(struct hearth_blob_partial *partial)
{
    release(partial_of(partial));
}

/* Unlinked while the lock is still held, so that nobody opens it in between. */
void hearth_blob_partial_discard(struct hearth_blob_partial *partial)
{
    struct file_partial *file = partial_of(partial);
    unlinkat(folder_of(file), file->name, 0);
    release(file);
}

/* The bytes that went, 0 when it stays: it is new, has a writer, or is no partial blob. */
static int64_t forget_old(int folder, const char *name, int64_t before_ms)
{
    struct stat status;
    int64_t gone = 0;
    int descriptor = openat(folder, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (descriptor < 0)
        return 0;
    if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) &&
        flock(descriptor, LOCK_EX | LOCK_NB) == 0 && is_still_named(folder, name, descriptor) &&
        (int64_t)status.st_mtim.tv_sec * 1000 + status.st_mtim.tv_nsec / 1000000 < before_ms &&
        unlinkat(folder, name, 0) == 0)
        gone = (int64_t)status.st_size;
    /* The name leads elsewhere by now: whoever had it has finished, and the next turn makes it
     * anew. */
    close(descriptor);
    return gone;
}

/* Partial blobs whose install never came back would otherwise stay for ever. */
int hearth_blob_partials_forget(struct hearth_blob_store *blobs, int64_t before_ms,
                                int64_t *ret_bytes, struct hearth_error *error)
{
    int folder = ((struct hearth_blob_files *)blobs)->partial;
    /* Not a copy of the descriptor: they would share their place in the folder. */
    int listed = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = listed < 0 ? NULL : fdopendir(listed);
    int64_t bytes = 0;
    if (!entries) {
        int rc = hearth_error_set_errno(error, errno, "blobs/partial cannot be read");
        if (listed >= 0)
            close(listed);
        return rc;
    }
    /* Names that begin with a dot are the folder itself, and what is no partial blob of ours. */
    for (const struct dirent *entry; (entry = readdir(entries));)
        if (entry->d_name[0] != '.')
            bytes += forget_old(folder, entry->d_name, before_ms);
    closedir(entries);
    *ret_bytes = bytes;
    return 0;
}
