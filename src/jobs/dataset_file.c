#include "jobs/dataset_file.h"

#include "base/error.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_MAX_BYTES = 96 };

static int check_text(const char *path, struct hearth_error *error)
{
    size_t length = strlen(path);
    if (!length || length >= PATH_MAX || !hearth_utf8_valid(path, length))
        return hearth_error_set(error, HEARTH_EPATH, "the path is empty, too long or not UTF-8");
    for (const char *at = path; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            return hearth_error_set(error, HEARTH_EPATH, "a path must not have control characters");
    for (const char *at = path; *at; at += *at == '/') {
        size_t part = strcspn(at, "/");
        if (part == 2 && strncmp(at, "..", 2) == 0)
            return hearth_error_set(error, HEARTH_EPATH, "a path must not have \"..\" in it");
        at += part;
    }
    return 0;
}

static bool lies_within(const char *path, const char *root)
{
    size_t length = strlen(root);
    while (length && root[length - 1] == '/')
        length--;
    return strncmp(path, root, length) == 0 && path[length] == '/';
}

/* By its letters, or by where the root really is; the file itself is not looked at. */
static bool is_under(const char *const *roots, const char *path)
{
    char real[PATH_MAX];
    for (; *roots; roots++)
        if (lies_within(path, *roots) || (realpath(*roots, real) && lies_within(path, real)))
            return true;
    return false;
}

/* The whole path of what was named, which may not be there. */
static int find(const char *const *roots, const char *path, char ret_path[PATH_MAX],
                struct hearth_error *error)
{
    if (*path == '/') {
        snprintf(ret_path, PATH_MAX, "%s", path);
        return 0;
    }
    for (; *roots; roots++) {
        int length = snprintf(ret_path, PATH_MAX, "%s/%s", *roots, path);
        if (length > 0 && length < PATH_MAX && access(ret_path, F_OK) == 0)
            return 0;
    }
    return hearth_error_set(error, HEARTH_ENOTFOUND,
                            "there is no %.300s under the folders of data (dataset_roots)", path);
}

static int refuse_outside(const char *path, struct hearth_error *error)
{
    return hearth_error_set(error, HEARTH_EPATH,
                            "%.300s is not under a folder that data may come from (the setting "
                            "dataset_roots of the server)",
                            path);
}

/* The link of the open file says where it lies, whoever moves folders about meanwhile. */
static int place_of(int descriptor, char ret_path[PATH_MAX])
{
    char link[64];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, ret_path, PATH_MAX - 1);
    if (length < 0)
        return errno;
    ret_path[length] = '\0';
    return 0;
}

/* A device or a pipe is not even opened: that alone may have a side effect, or wait. Files of /proc
 * have no size. */
static int check_kind(const struct stat *status, const char *path, struct hearth_error *error)
{
    if (!S_ISREG(status->st_mode))
        return hearth_error_set(error, HEARTH_EPATH, "%.300s is no regular file", path);
    if (status->st_size == 0)
        return hearth_error_set(error, HEARTH_EFIELDS, "%.300s is empty", path);
    return 0;
}

static int open_real(const char *const *roots, const char *path,
                     struct hearth_dataset_file *ret_file, struct hearth_error *error)
{
    struct stat status;
    int rc;
    if (stat(ret_file->path, &status))
        return hearth_error_set_errno(error, errno, "%.300s", path);
    if ((rc = check_kind(&status, path, error)))
        return rc;
    int descriptor = open(ret_file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (descriptor < 0)
        return hearth_error_set_errno(error, errno, "%.300s cannot be opened", path);
    int reason = fstat(descriptor, &status) ? errno : place_of(descriptor, ret_file->path);
    if (reason)
        rc = hearth_error_set_errno(error, reason, "%.300s cannot be looked at", path);
    else
        rc = check_kind(&status, path, error);
    if (!rc && !is_under(roots, ret_file->path))
        rc = refuse_outside(path, error);
    if (rc) {
        close(descriptor);
        return rc;
    }
    ret_file->descriptor = descriptor;
    ret_file->bytes = (uint64_t)status.st_size;
    ret_file->modified_ns =
        (int64_t)status.st_mtim.tv_sec * 1000000000 + (int64_t)status.st_mtim.tv_nsec;
    return 0;
}

int hearth_dataset_file_open(const char *const *roots, const char *path,
                             struct hearth_dataset_file *ret_file, struct hearth_error *error)
{
    char whole[PATH_MAX];
    int rc = check_text(path, error);
    if (!rc)
        rc = find(roots, path, whole, error);
    if (rc)
        return rc;
    if (!is_under(roots, whole))
        return refuse_outside(path, error);
    if (!realpath(whole, ret_file->path)) {
        bool is_gone = errno == ENOENT || errno == ENOTDIR;
        return hearth_error_set(error, is_gone ? HEARTH_ENOTFOUND : HEARTH_EPATH,
                                is_gone ? "there is no %.300s" : "%.300s cannot be reached", path);
    }
    if (!is_under(roots, ret_file->path))
        return refuse_outside(path, error);
    return open_real(roots, path, ret_file, error);
}

const char *hearth_dataset_name_of(const char *path, struct hearth_arena *arena)
{
    static const char *const endings[] = {".jsonl", ".json", ".csv"};
    const char *slash;
    while ((slash = strpbrk(path, "/\\"))) /* an upload may come from any system */
        path = slash + 1;
    char *name = hearth_arena_strdup(arena, path);
    if (!name)
        return NULL;
    for (char *at = name; *at; at++)
        if ((unsigned char)*at >= 0x80 || !strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrs"
                                                  "tuvwxyz0123456789._-",
                                                  *at))
            *at = '-';
    name += strspn(name, "._-");
    if (strlen(name) > NAME_MAX_BYTES)
        name[NAME_MAX_BYTES] = '\0';
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        char *stem = hearth_text_ends(name, endings[i])
                         ? hearth_arena_strndup(arena, name, strlen(name) - strlen(endings[i]))
                         : NULL;
        if (stem && hearth_model_name_valid(stem))
            return stem;
    }
    return hearth_model_name_valid(name) ? name : NULL;
}
