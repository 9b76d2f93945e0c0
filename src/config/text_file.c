#include "config/text_file.h"

#include "base/error.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_fully(int descriptor, char *bytes, size_t capacity, size_t *ret_length)
{
    size_t length = 0;
    while (length < capacity) {
        ssize_t got = read(descriptor, bytes + length, capacity - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno;
        if (got == 0)
            break;
        length += (size_t)got;
    }
    *ret_length = length;
    return 0;
}

static int read_open(int descriptor, const char *path, size_t max, struct hearth_arena *arena,
                     const char **ret_text, size_t *ret_length, struct hearth_error *error)
{
    struct stat status;
    if (fstat(descriptor, &status))
        return hearth_error_set_errno(error, errno, "%s cannot be read", path);
    if (!S_ISREG(status.st_mode))
        return hearth_error_set(error, HEARTH_EIO, "%s is not a file", path);
    if ((uint64_t)status.st_size > max)
        return hearth_error_set(error, HEARTH_ETOOLARGE, "%s is larger than %zu bytes", path, max);
    size_t length = 0;
    char *text = hearth_arena_alloc(arena, (size_t)status.st_size + 1);
    if (!text)
        return hearth_error_set(error, HEARTH_ENOMEM, "no memory to read %s", path);
    int errnum = read_fully(descriptor, text, (size_t)status.st_size, &length);
    if (errnum)
        return hearth_error_set_errno(error, errnum, "%s cannot be read", path);
    if (memchr(text, '\0', length) || !hearth_utf8_valid(text, length))
        return hearth_error_set(error, HEARTH_EPARSE, "%s is not UTF-8 text", path);
    text[length] = '\0';
    *ret_text = text;
    *ret_length = length;
    return 0;
}

int hearth_text_file_read(const char *path, size_t max, struct hearth_arena *arena,
                          const char **ret_text, size_t *ret_length, struct hearth_error *error)
{
    /* O_NONBLOCK: a pipe in the file's place must not hold us up. */
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return hearth_error_set_errno(error, errno, "%s cannot be read", path);
    int rc = read_open(descriptor, path, max, arena, ret_text, ret_length, error);
    close(descriptor);
    return rc;
}

static int write_and_sync(int descriptor, const char *text, size_t length)
{
    while (length) {
        ssize_t put = write(descriptor, text, length);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return errno;
        text += put;
        length -= (size_t)put;
    }
    return fsync(descriptor) ? errno : 0;
}

/* So that the new name itself survives a crash; a file system that cannot do it is left alone. */
static void sync_folder_of(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) + 1 : 1,
             slash ? path : ".");
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return;
    fsync(descriptor);
    close(descriptor);
}

int hearth_text_file_write(const char *path, const char *text, size_t length,
                           struct hearth_error *error)
{
    char partial[PATH_MAX];
    int written = snprintf(partial, sizeof(partial), "%s.XXXXXX", path);
    if (written < 0 || (size_t)written >= sizeof(partial))
        return hearth_error_set(error, HEARTH_ETOOLARGE, "the path %.80s… is too long", path);
    int descriptor = mkostemp(partial, O_CLOEXEC);
    if (descriptor < 0)
        return hearth_error_set_errno(error, errno, "%s cannot be written", path);
    int errnum = write_and_sync(descriptor, text, length);
    if (!errnum && fchmod(descriptor, 0644))
        errnum = errno;
    if (close(descriptor) && !errnum)
        errnum = errno;
    if (!errnum && rename(partial, path))
        errnum = errno;
    if (errnum) {
        unlink(partial);
        return hearth_error_set_errno(error, errnum, "%s cannot be written", path);
    }
    sync_folder_of(path);
    return 0;
}
