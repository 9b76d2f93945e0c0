#include "base/out_file.h"

#include "base/error.h"
#include "base/small_file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail(const struct hearth_out_file *file, int errnum, struct hearth_error *error)
{
    return hearth_error_set_errno(error, errnum, "%s cannot be written", file->path);
}

int hearth_out_begin(struct hearth_out_file *file, const char *folder, const char *name,
                     struct hearth_error *error)
{
    file->descriptor = -1;
    file->fault = 0;
    file->written = file->used = 0;
    file->digest = NULL;
    int length = snprintf(file->path, sizeof(file->path), "%s/%s", folder, name);
    int longer = snprintf(file->partial, sizeof(file->partial), "%s/%s.partial", folder, name);
    if (length < 0 || longer < 0 || (size_t)longer >= sizeof(file->partial))
        return hearth_error_set(error, HEARTH_EPATH, "the path of %s is too long", name);
    file->descriptor =
        open(file->partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    return file->descriptor < 0 ? fail(file, errno, error) : 0;
}

static void flush(struct hearth_out_file *file)
{
    if (!file->fault && file->used)
        file->fault = hearth_descriptor_write(file->descriptor, file->room, file->used);
    if (file->digest && file->used)
        hearth_sha256_update(file->digest, file->room, file->used);
    file->used = 0;
}

void hearth_out_write(struct hearth_out_file *file, const void *bytes, size_t length)
{
    const char *from = bytes;
    file->written += length;
    while (length) {
        size_t part = sizeof(file->room) - file->used;
        part = part < length ? part : length;
        memcpy(file->room + file->used, from, part);
        file->used += part;
        from += part;
        length -= part;
        if (file->used == sizeof(file->room))
            flush(file);
    }
}

void hearth_out_pad(struct hearth_out_file *file, size_t alignment)
{
    while (file->written % alignment)
        hearth_out_write(file, "", 1);
}

/* A rename is durable when its folder is. */
static int sync_folder_of(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    int descriptor = open(*folder ? folder : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return errno;
    int fault = fsync(descriptor) ? errno : 0;
    close(descriptor);
    return fault;
}

void hearth_out_digest(struct hearth_out_file *file)
{
    file->digest = hearth_sha256_create();
}

void hearth_out_digest_end(struct hearth_out_file *file, char ret_hex[HEARTH_SHA256_HEX])
{
    flush(file);
    hearth_sha256_hex(file->digest, ret_hex);
    hearth_sha256_destroy(file->digest);
    file->digest = NULL;
}

int hearth_out_end(struct hearth_out_file *file, struct hearth_error *error)
{
    flush(file);
    int fault = file->fault;
    if (!fault && fsync(file->descriptor))
        fault = errno;
    if (close(file->descriptor) && !fault)
        fault = errno;
    file->descriptor = -1;
    if (!fault && rename(file->partial, file->path))
        fault = errno;
    if (!fault)
        fault = sync_folder_of(file->path);
    if (!fault)
        return 0;
    unlink(file->partial);
    return fail(file, fault, error);
}

void hearth_out_drop(struct hearth_out_file *file)
{
    if (file->descriptor < 0)
        return;
    close(file->descriptor);
    file->descriptor = -1;
    unlink(file->partial);
}

int hearth_out_folder(const char *folder, const char *name, struct hearth_error *error)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof(path), "%s/%s", folder, name);
    if (length < 0 || (size_t)length >= sizeof(path))
        return hearth_error_set(error, HEARTH_EPATH, "the path of %s is too long", name);
    int fault = mkdir(path, 0700) && errno != EEXIST ? errno : sync_folder_of(path);
    return fault ? hearth_error_set_errno(error, fault, "%s cannot be made", path) : 0;
}

enum { OPEN_FOLDERS_MAX = 16 };

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)walk;
    return kind == FTW_DP ? rmdir(path) : unlink(path);
}

/* FTW_PHYS: links are removed, never what they lead to. */
void hearth_folder_remove(const char *folder)
{
    nftw(folder, remove_entry, OPEN_FOLDERS_MAX, FTW_DEPTH | FTW_PHYS);
}
