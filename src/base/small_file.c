#include "base/small_file.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int hearth_descriptor_read(int descriptor, const char *name, struct hearth_buf *buf,
                           struct hearth_error *error)
{
    for (;;) {
        /* Read in pieces and not by the file's size, which says nothing for /proc, and may change
         * meanwhile. */
        char piece[16384];
        ssize_t got = read(descriptor, piece, sizeof(piece));
        if (got == 0)
            return 0;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return hearth_error_set_errno(error, errno, "%s cannot be read", name);
        /* The buffer's limit is the limit of the file: reading stops there, however long it goes
         * on. */
        if (hearth_buf_append(buf, piece, (size_t)got))
            return buf->failed == HEARTH_ENOMEM
                       ? hearth_error_set(error, HEARTH_ENOMEM,
                                          "there is not enough memory to read %s", name)
                       : hearth_error_set(error, HEARTH_ETOOLARGE, "%s is larger than %zu bytes",
                                          name, buf->max);
    }
}

int hearth_small_file_read(const char *path, struct hearth_buf *buf, struct hearth_error *error)
{
    /* O_NONBLOCK: a pipe in the file's place must not hold us up. */
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return hearth_error_set_errno(error, errno, "%s cannot be read", path);
    struct stat status;
    /* Looked at after opening, so that it is this very file and not one that has taken its name
     * since. */
    int rc;
    if (fstat(descriptor, &status))
        rc = hearth_error_set_errno(error, errno, "%s cannot be read", path);
    else if (!S_ISREG(status.st_mode))
        rc = hearth_error_set(error, HEARTH_EIO, "%s is not a file", path);
    else
        rc = hearth_descriptor_read(descriptor, path, buf, error);
    close(descriptor);
    return rc;
}

int hearth_small_file_read_in(const char *directory, const char *name, struct hearth_buf *buf,
                              struct hearth_error *error)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof(path), "%s/%s", directory, name);
    if (length < 0 || (size_t)length >= sizeof(path))
        return hearth_error_set(error, HEARTH_EPATH, "%s: the path is too long", name);
    return hearth_small_file_read(path, buf, error);
}

int hearth_descriptor_write(int descriptor, const void *bytes, size_t length)
{
    const char *at = bytes;
    while (length > 0) {
        ssize_t written = write(descriptor, at, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return errno;
        at += written;
        length -= (size_t)written;
    }
    return 0;
}

/* Not blocking: a pipe in the file's place must not hold us up. */
int hearth_descriptor_open(const char *path, uint64_t *ret_bytes)
{
    struct stat status;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return -errno;
    int rc = fstat(descriptor, &status) < 0 ? -errno : S_ISREG(status.st_mode) ? 0 : -EINVAL;
    if (rc < 0) {
        close(descriptor);
        return rc;
    }
    *ret_bytes = (uint64_t)status.st_size;
    return descriptor;
}
