#include "worker/prefix_folder.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/out_file.h"
#include "base/small_file.h"
#include "worker/prefix_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ENDING ".prefix"
#define PIECE (256u << 10)

bool prefix_folder_open(struct prefix_folder *folder, const char *path,
                        const char identity[HEARTH_SHA256_HEX])
{
    folder->path = NULL;
    folder->directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (folder->directory < 0)
        return false;
    folder->path = hearth_strdup(path);
    memcpy(folder->identity, identity, HEARTH_SHA256_HEX);
    return true;
}

void prefix_folder_close(struct prefix_folder *folder)
{
    if (folder->path)
        close(folder->directory);
    hearth_free(folder->path);
    folder->path = NULL;
}

bool prefix_folder_remove(const struct prefix_folder *folder, const char *name)
{
    return unlinkat(folder->directory, name, 0) == 0;
}

void prefix_entry_free(struct prefix_entry *entry)
{
    hearth_free(entry->tokens);
    hearth_free(entry);
}

int32_t *prefix_tokens_copy(const int32_t *tokens, uint32_t count)
{
    int32_t *copy = hearth_try_alloc(count * sizeof(*copy));
    if (copy)
        memcpy(copy, tokens, count * sizeof(*copy));
    return copy;
}

static int64_t now_s(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec;
}

/* Reading
 * ------- */
/* No link is followed, and no writer of a pipe is waited for. Negative: it is no plain file. */
static int open_plain(const struct prefix_folder *folder, const char *name, struct stat *ret_status)
{
    int descriptor =
        openat(folder->directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (descriptor < 0)
        return -1;
    if (fstat(descriptor, ret_status) == 0 && S_ISREG(ret_status->st_mode) &&
        ret_status->st_nlink == 1)
        return descriptor;
    close(descriptor);
    return -1;
}

static bool read_all(int descriptor, void *bytes, size_t length)
{
    char *at = bytes;
    while (length) {
        ssize_t n = read(descriptor, at, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        length -= (size_t)n;
    }
    return true;
}

/* The head and the tokens of a file, at whose state the descriptor stands then; NULL: it is none of
 * ours. The caller frees it. */
static struct prefix_file_head *read_head(const struct prefix_folder *folder, int descriptor,
                                          uint64_t file_bytes, const int32_t **ret_tokens)
{
    struct prefix_file_head head;
    size_t length = sizeof(head);
    if (!read_all(descriptor, &head, length) ||
        prefix_file_parse(&head, length, file_bytes, folder->identity, &head, ret_tokens) !=
            HEARTH_ENOTFOUND)
        return NULL;
    length += (size_t)head.token_count * sizeof(int32_t);
    struct prefix_file_head *whole = hearth_try_alloc(length);
    if (!whole)
        return NULL;
    *whole = head;
    if (read_all(descriptor, whole + 1, length - sizeof(head)) &&
        !prefix_file_parse(whole, length, file_bytes, folder->identity, &head, ret_tokens))
        return whole;
    hearth_free(whole);
    return NULL;
}

/* A file as an entry, or NULL: it can be of no use. */
struct prefix_entry *prefix_folder_look(const struct prefix_folder *folder, const char *name)
{
    struct stat status;
    size_t length = strlen(name), ending = sizeof(ENDING) - 1;
    if (length != 32 + ending || strcmp(name + 32, ENDING) != 0)
        return NULL;
    int descriptor = open_plain(folder, name, &status);
    if (descriptor < 0)
        return NULL;
    const int32_t *tokens;
    struct prefix_file_head *head =
        read_head(folder, descriptor, (uint64_t)status.st_size, &tokens);
    close(descriptor);
    struct prefix_entry *entry = head ? hearth_try_calloc(1, sizeof(*entry)) : NULL;
    if (entry && !(entry->tokens = prefix_tokens_copy(tokens, (uint32_t)head->token_count))) {
        prefix_entry_free(entry);
        entry = NULL;
    }
    if (entry) {
        memcpy(entry->name, name, length + 1);
        entry->key = head->key;
        entry->bytes = (uint64_t)status.st_size;
        entry->count = (uint32_t)head->token_count;
        entry->used = status.st_mtim.tv_sec;
    }
    hearth_free(head);
    return entry;
}

/* From the file into memory, digested on the way. Negative: it is not what it says, or there is no
 * memory. */
static int read_state(int from, const struct prefix_file_head *head)
{
    char hex[HEARTH_SHA256_HEX];
    char *piece = hearth_try_alloc(PIECE);
    int to = memfd_create("hearth-prefix", MFD_CLOEXEC);
    struct hearth_sha256 *digest = hearth_sha256_create();
    bool good = piece && to >= 0;
    for (uint64_t left = head->state_bytes; good && left;) {
        size_t length = left < PIECE ? (size_t)left : PIECE;
        good = read_all(from, piece, length) && !hearth_descriptor_write(to, piece, length);
        hearth_sha256_update(digest, piece, length);
        left -= length;
    }
    hearth_sha256_hex(digest, hex);
    hearth_sha256_destroy(digest);
    hearth_free(piece);
    if (good && memcmp(hex, head->state, PREFIX_FILE_DIGITS) == 0 && lseek(to, 0, SEEK_SET) == 0)
        return to;
    if (to >= 0)
        close(to);
    return -1;
}

int32_t *prefix_folder_load(const struct prefix_folder *folder, const struct prefix_entry *entry,
                            int *ret_descriptor)
{
    struct stat status;
    const int32_t *tokens;
    int32_t *copy = NULL;
    int descriptor = open_plain(folder, entry->name, &status), state = -1;
    if (descriptor < 0)
        return NULL;
    struct prefix_file_head *head =
        read_head(folder, descriptor, (uint64_t)status.st_size, &tokens);
    if (head && head->key == entry->key && head->token_count == entry->count)
        state = read_state(descriptor, head);
    if (state >= 0)
        copy = prefix_tokens_copy(tokens, entry->count);
    if (copy)
        *ret_descriptor = state;
    else if (state >= 0)
        close(state);
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_nsec = UTIME_NOW}};
    utimensat(folder->directory, entry->name, times, AT_SYMLINK_NOFOLLOW);
    hearth_free(head);
    close(descriptor);
    return copy;
}

/* Writing
 * ------- */
static void name_of(const struct prefix_save *save, char ret_name[PREFIX_NAME_SIZE])
{
    char hex[HEARTH_SHA256_HEX];
    struct hearth_sha256 *digest = hearth_sha256_create();
    hearth_sha256_update(digest, &save->key, sizeof(save->key));
    hearth_sha256_update(digest, save->tokens, save->count * sizeof(int32_t));
    hearth_sha256_hex(digest, hex);
    hearth_sha256_destroy(digest);
    snprintf(ret_name, PREFIX_NAME_SIZE, "%.32s%s", hex, ENDING);
}

static int write_file(const struct prefix_folder *folder, const struct prefix_save *save,
                      const char *name, const void *state, uint64_t state_bytes)
{
    struct prefix_file_head head;
    struct hearth_error error = {0};
    struct hearth_out_file *file = hearth_try_calloc(1, sizeof(*file));
    if (!file)
        return HEARTH_ENOMEM;
    prefix_file_head_make(&head, folder->identity, save->key, save->tokens, save->count, state,
                          state_bytes);
    int rc = hearth_out_begin(file, folder->path, name, &error);
    if (!rc) {
        hearth_out_write(file, &head, sizeof(head));
        hearth_out_write(file, save->tokens, save->count * sizeof(int32_t));
        hearth_out_write(file, state, (size_t)state_bytes);
        rc = hearth_out_end(file, &error);
    }
    hearth_free(file);
    return rc;
}

struct prefix_entry *prefix_folder_write(const struct prefix_folder *folder,
                                         const struct prefix_save *save)
{
    struct stat status;
    if (fstat(save->descriptor, &status) || status.st_size <= 0)
        return NULL;
    uint64_t bytes = (uint64_t)status.st_size;
    void *state = mmap(NULL, (size_t)bytes, PROT_READ, MAP_SHARED, save->descriptor, 0);
    struct prefix_entry *entry = hearth_calloc(1, sizeof(*entry));
    int rc = state == MAP_FAILED ? HEARTH_ENOMEM : 0;
    name_of(save, entry->name);
    if (!rc) {
        rc = write_file(folder, save, entry->name, state, bytes);
        munmap(state, (size_t)bytes);
    }
    entry->tokens = rc ? NULL : prefix_tokens_copy(save->tokens, save->count);
    if (!entry->tokens) {
        prefix_entry_free(entry);
        return NULL;
    }
    entry->key = save->key;
    entry->count = save->count;
    entry->bytes = sizeof(struct prefix_file_head) + entry->count * sizeof(int32_t) + bytes;
    entry->used = now_s();
    return entry;
}
