#include "config/text_file.h"

#include "base/error.h"
#include "base/small_file.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* U+0000 is refused because every reader of these files takes the text up to a NUL. */
int hearth_text_file_read(const char *path, size_t max, struct hearth_arena *arena,
                          const char **ret_text, size_t *ret_length, struct hearth_error *error)
{
    struct hearth_buf bytes;
    hearth_buf_init(&bytes, max);
    const char *text = NULL;
    int rc = hearth_small_file_read(path, &bytes, error);
    const char *read = bytes.bytes ? bytes.bytes : "";
    if (!rc && (memchr(read, '\0', bytes.length) || !hearth_utf8_valid(read, bytes.length)))
        rc = hearth_error_set(error, HEARTH_EPARSE, "%s is not UTF-8 text", path);
    if (!rc && !(text = hearth_arena_strndup(arena, read, bytes.length)))
        rc = hearth_error_set(error, HEARTH_ENOMEM, "there is not enough memory to read %s", path);
    if (!rc) {
        *ret_text = text;
        *ret_length = bytes.length;
    }
    hearth_buf_finish(&bytes);
    return rc;
}

/* Answers errno, for the caller to put into words. */
static int write_and_sync(int descriptor, const char *text, size_t length)
{
    int reason = hearth_descriptor_write(descriptor, text, length);
    if (reason)
        return reason;
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

/* Written beside the file and renamed over it: a reader sees the old text or the new one, and so
 * does a crash. */
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
    /* Written and synced before it gets its name: after a crash the name never leads to an empty
     * file. */
    int errnum = write_and_sync(descriptor, text, length);
    /* mkostemp makes a file that only its owner may read, but this one is for the project. */
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
