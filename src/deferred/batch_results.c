#include "deferred/batch_results.h"

#include "base/error.h"
#include "base/log.h"
#include "base/small_file.h"
#include "deferred/batch.h"
#include "deferred/kept_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The digits of the batch's id, so that the same batch has the same files after a restart. */
void hearth_batch_file_id(const struct hearth_batch *batch, bool errors, char ret_id[40])
{
    snprintf(ret_id, 40, "file-%s%s", batch->id + strlen("batch_"), errors ? "e" : "o");
}

static bool part_path(const struct hearth_batch *batch, bool errors, char *path, size_t size)
{
    char name[64];
    snprintf(name, sizeof(name), "%s.%s.part", batch->id, errors ? "errors" : "output");
    return hearth_kept_files_path(batch->all->files, name, path, size);
}

static bool file_path(const struct hearth_batch *batch, bool errors, char *path, size_t size)
{
    char id[40];
    hearth_batch_file_id(batch, errors, id);
    return hearth_kept_files_path(batch->all->files, id, path, size);
}

static void close_one(int *descriptor)
{
    if (*descriptor >= 0)
        close(*descriptor);
    *descriptor = -1;
}

void hearth_batch_close(struct hearth_batch *batch)
{
    close_one(&batch->input);
    close_one(&batch->output);
    close_one(&batch->errors);
}

int hearth_batch_results_open(const struct hearth_batch *batch, bool errors, int *ret_descriptor,
                              struct hearth_error *error)
{
    char part[PATH_MAX], file[PATH_MAX];
    if (!part_path(batch, errors, part, sizeof(part)) ||
        !file_path(batch, errors, file, sizeof(file)))
        return hearth_error_set(error, HEARTH_EIO, "the folder of files cannot be used");
    int descriptor = open(file, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor < 0)
        descriptor = open(part, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0)
        return hearth_error_set_errno(error, errno, "the results of a batch cannot be opened");
    *ret_descriptor = descriptor;
    return 0;
}

int hearth_batch_results_write(int descriptor, const struct hearth_buf *buf,
                               struct hearth_error *error)
{
    off_t before = lseek(descriptor, 0, SEEK_END);
    if (buf->failed)
        return hearth_error_set(error, buf->failed, "a result of a batch does not fit into memory");
    int reason = before < 0 ? errno : hearth_descriptor_write(descriptor, buf->bytes, buf->length);
    if (!reason)
        return 0;
    if (before >= 0 && ftruncate(descriptor, before))
        HEARTH_LOG(HEARTH_LOG_ERROR, "batch.torn_line", HEARTH_TEXT("reason", strerror(errno)));
    return hearth_error_set_errno(error, reason, "a result of a batch cannot be written");
}

int hearth_batch_results_place(const struct hearth_batch *batch, bool errors, int descriptor,
                               int64_t bytes, struct hearth_error *error)
{
    char part[PATH_MAX], file[PATH_MAX];
    part_path(batch, errors, part, sizeof(part));
    file_path(batch, errors, file, sizeof(file));
    if (!bytes) {
        unlink(part);
        return 0;
    }
    if (fsync(descriptor) || (rename(part, file) && errno != ENOENT))
        return hearth_error_set_errno(error, errno,
                                      "the results of a batch cannot be put in place");
    return 0;
}
