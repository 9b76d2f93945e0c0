#include "train/saved_state.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/out_file.h"
#include "base/small_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The file: this head, then values, first and second moments and, where `has_best`, the best
 * values, and the digest of all that in 64 digits. Of the machine that wrote it: in its order of
 * bytes. */
struct head {
    char magic[8];
    char identity[HEARTH_SHA256_HEX + 7]; /* whole words */
    uint64_t count, number_bytes, has_best;
    uint64_t optimizer_step;
    double rate_factor;
    struct hearth_job_progress progress;
};

static const char magic[8] = "hearths1";

int hearth_saved_state_write(const char *folder, const char *identity,
                             const struct hearth_job_progress *progress,
                             const struct hearth_lora *lora, struct hearth_optimizer *optimizer,
                             const hearth_number *best_values, struct hearth_error *error)
{
    struct hearth_optimizer_state state = hearth_optimizer_state(optimizer);
    struct head head;
    memset(&head, 0, sizeof(head));
    memcpy(head.magic, magic, sizeof(magic));
    memcpy(head.identity, identity, HEARTH_SHA256_HEX);
    head.count = lora->count;
    head.number_bytes = sizeof(hearth_number);
    head.has_best = best_values != NULL;
    head.optimizer_step = *state.step;
    head.rate_factor = *state.rate_factor;
    head.progress = *progress;
    struct hearth_out_file *file = hearth_calloc(1, sizeof(*file));
    int rc = hearth_out_begin(file, folder, "state", error);
    if (!rc) {
        char digest[HEARTH_SHA256_HEX];
        size_t bytes = lora->count * sizeof(hearth_number);
        hearth_out_digest(file);
        hearth_out_write(file, &head, sizeof(head));
        hearth_out_write(file, lora->values, bytes);
        hearth_out_write(file, state.first, bytes);
        hearth_out_write(file, state.second, bytes);
        if (best_values)
            hearth_out_write(file, best_values, bytes);
        hearth_out_digest_end(file, digest);
        hearth_out_write(file, digest, HEARTH_SHA256_HEX - 1);
        rc = hearth_out_end(file, error);
    }
    hearth_free(file);
    return rc;
}

/* The file under way: read from its beginning to its end twice, once for its digest and once into
 * place, so that no copy of it is ever in memory. It is the same file both times, since a newer one
 * takes its name and not its content. */
struct reading {
    int descriptor;
    uint64_t bytes;
    const char *folder;
};

static int unreadable(const struct reading *reading, int code, const char *why,
                      struct hearth_error *error)
{
    return hearth_error_set(error, code, "the checkpoint in %s cannot be used: %s", reading->folder,
                            why);
}

static int open_state(struct reading *reading, struct hearth_error *error)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof(path), "%s/state", reading->folder);
    if (length < 0 || (size_t)length >= sizeof(path))
        return hearth_error_set(error, HEARTH_EPATH, "the path of the checkpoint is too long");
    reading->descriptor = hearth_descriptor_open(path, &reading->bytes);
    if (reading->descriptor == -EINVAL)
        return unreadable(reading, HEARTH_EPARSE, "it is no file", error);
    return reading->descriptor < 0
               ? hearth_error_set_errno(error, -reading->descriptor, "%s cannot be read", path)
               : 0;
}

/* False: the file ended, or could not be read. */
static bool take_bytes(const struct reading *reading, void *into, size_t length)
{
    char *at = into;
    while (length > 0) {
        ssize_t got = read(reading->descriptor, at, length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += got;
        length -= (size_t)got;
    }
    return true;
}

/* Whether the digest at the end is that of all before it. */
static bool is_whole(const struct reading *reading)
{
    enum { TAIL = HEARTH_SHA256_HEX - 1, PIECE = 1 << 18 };
    char made[HEARTH_SHA256_HEX], told[TAIL];
    char *piece = hearth_alloc(PIECE);
    struct hearth_sha256 *digest = hearth_sha256_create();
    uint64_t left = reading->bytes - TAIL;
    bool read = lseek(reading->descriptor, 0, SEEK_SET) == 0;
    while (read && left > 0) {
        size_t some = left < PIECE ? (size_t)left : PIECE;
        read = take_bytes(reading, piece, some);
        if (read)
            hearth_sha256_update(digest, piece, some);
        left -= some;
    }
    hearth_sha256_hex(digest, made);
    hearth_sha256_destroy(digest);
    hearth_free(piece);
    return read && take_bytes(reading, told, TAIL) && memcmp(made, told, TAIL) == 0;
}

/* NULL: it is sound, and this job's. */
static const char *fault_of(const struct reading *reading, const char *identity, size_t count,
                            struct head *ret_head)
{
    const uint64_t numbers = (uint64_t)count * sizeof(hearth_number);
    const uint64_t least = sizeof(*ret_head) + 3 * numbers + HEARTH_SHA256_HEX - 1;
    if (reading->bytes < sizeof(*ret_head) + HEARTH_SHA256_HEX - 1 ||
        !take_bytes(reading, ret_head, sizeof(*ret_head)))
        return "it is damaged";
    if (memcmp(ret_head->magic, magic, sizeof(magic)) != 0 ||
        ret_head->number_bytes != sizeof(hearth_number))
        return "it is no checkpoint of this program";
    if (!is_whole(reading))
        return "it is damaged";
    if (memcmp(ret_head->identity, identity, HEARTH_SHA256_HEX) != 0 || ret_head->count != count ||
        ret_head->optimizer_step > UINT32_MAX)
        return "it is another job's";
    return reading->bytes == least + (ret_head->has_best ? numbers : 0) ? NULL : "it is damaged";
}

static bool take(const struct reading *reading, const struct head *head, struct hearth_lora *lora,
                 struct hearth_optimizer *optimizer, hearth_number *best_values)
{
    struct hearth_optimizer_state state = hearth_optimizer_state(optimizer);
    const size_t size = lora->count * sizeof(hearth_number);
    if (lseek(reading->descriptor, sizeof(*head), SEEK_SET) != sizeof(*head) ||
        !take_bytes(reading, lora->values, size) || !take_bytes(reading, state.first, size) ||
        !take_bytes(reading, state.second, size) ||
        (best_values && head->has_best && !take_bytes(reading, best_values, size)))
        return false;
    *state.step = (uint32_t)head->optimizer_step;
    *state.rate_factor = head->rate_factor;
    return true;
}

int hearth_saved_state_read(const char *folder, const char *identity,
                            struct hearth_job_progress *progress, struct hearth_lora *lora,
                            struct hearth_optimizer *optimizer, hearth_number *best_values,
                            struct hearth_error *error)
{
    struct reading reading = {.folder = folder};
    struct head head;
    int rc = open_state(&reading, error);
    if (rc)
        return rc;
    const char *fault = fault_of(&reading, identity, lora->count, &head);
    if (fault)
        rc = unreadable(&reading, HEARTH_EPARSE, fault, error);
    else if (!take(&reading, &head, lora, optimizer, best_values))
        rc = unreadable(&reading, HEARTH_EIO, "it could be read once, and not again", error);
    else
        *progress = head.progress;
    close(reading.descriptor);
    return rc;
}
