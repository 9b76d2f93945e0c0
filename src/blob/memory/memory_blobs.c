/* Blobs in memory: the reference of the conformance suite, and for programs that end soon. */
#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/memory.h"
#include "blob/blob_ops.h"

#include <pthread.h>
#include <string.h>

enum { BLOB_MAX = 1 << 30 };

/* A blob, or under its key a partial one. */
struct entry {
    struct entry *next;
    char *name;
    bool is_partial, is_written; /* by a writer just now */
    struct hearth_buf bytes;
};

struct memory_blobs {
    struct hearth_blob_store store; /* first */
    pthread_mutex_t mutex;
    struct entry *entries;
};

struct memory_writer {
    struct hearth_blob_writer writer; /* first */
    struct entry *entry;
};

static struct entry **find(struct memory_blobs *blobs, const char *name, bool is_partial)
{
    struct entry **at = &blobs->entries;
    while (*at && ((*at)->is_partial != is_partial || strcmp((*at)->name, name) != 0))
        at = &(*at)->next;
    return at;
}

static void drop(struct entry **at)
{
    struct entry *entry = *at;
    *at = entry->next;
    hearth_buf_finish(&entry->bytes);
    hearth_free(entry->name);
    hearth_free(entry);
}

static void memory_close(struct hearth_blob_store *store)
{
    struct memory_blobs *blobs = (struct memory_blobs *)store;
    while (blobs->entries)
        drop(&blobs->entries);
    pthread_mutex_destroy(&blobs->mutex);
    hearth_free(blobs);
}

static bool memory_exists(struct hearth_blob_store *store, const char *sha256, int64_t *ret_size)
{
    struct memory_blobs *blobs = (struct memory_blobs *)store;
    pthread_mutex_lock(&blobs->mutex);
    const struct entry *entry = *find(blobs, sha256, false);
    if (entry)
        *ret_size = (int64_t)entry->bytes.length;
    pthread_mutex_unlock(&blobs->mutex);
    return entry;
}

static int memory_verify(struct hearth_blob_store *store, const char *sha256,
                         bool (*is_canceled)(void *argument), void *argument,
                         struct hearth_error *error)
{
    int64_t size;
    if (!memory_exists(store, sha256, &size))
        return hearth_error_set(error, HEARTH_ENOTFOUND, "the blob %s is missing", sha256);
    /* Nobody but us can change what lies here. */
    if (is_canceled && is_canceled(argument))
        return hearth_error_set(error, HEARTH_ECANCELED, "stopped while reading %s", sha256);
    return 0;
}

static int memory_remove(struct hearth_blob_store *store, const char *sha256,
                         struct hearth_error *error)
{
    struct memory_blobs *blobs = (struct memory_blobs *)store;
    pthread_mutex_lock(&blobs->mutex);
    struct entry **at = find(blobs, sha256, false);
    bool is_there = *at;
    if (is_there)
        drop(at);
    pthread_mutex_unlock(&blobs->mutex);
    if (is_there)
        return 0;
    return hearth_error_set(error, HEARTH_ENOTFOUND, "the blob %s is missing", sha256);
}

static struct entry *add_entry(struct memory_blobs *blobs, const char *name)
{
    struct entry *entry = hearth_calloc(1, sizeof(*entry));
    entry->name = hearth_strdup(name);
    entry->is_partial = true;
    hearth_buf_init(&entry->bytes, BLOB_MAX);
    entry->next = blobs->entries;
    blobs->entries = entry;
    return entry;
}

static int memory_begin(struct hearth_blob_store *store, const char *key,
                        struct hearth_blob_writer **ret_writer, int64_t *ret_offset,
                        struct hearth_error *error)
{
    struct memory_blobs *blobs = (struct memory_blobs *)store;
    pthread_mutex_lock(&blobs->mutex);
    struct entry *entry = *find(blobs, key, true);
    bool is_taken = entry && entry->is_written;
    if (!is_taken) {
        entry = entry ? entry : add_entry(blobs, key);
        entry->is_written = true;
    }
    pthread_mutex_unlock(&blobs->mutex);
    if (is_taken)
        return hearth_error_set(error, HEARTH_EINUSE, "another thread is fetching the same file");
    struct memory_writer *writer = hearth_calloc(1, sizeof(*writer));
    writer->entry = entry;
    writer->writer.blobs = store;
    writer->writer.digest = hearth_sha256_create();
    writer->writer.size = *ret_offset = (int64_t)entry->bytes.length;
    if (entry->bytes.length)
        hearth_sha256_update(writer->writer.digest, entry->bytes.bytes, entry->bytes.length);
    *ret_writer = &writer->writer;
    return 0;
}

static int memory_restart(struct hearth_blob_writer *writer, struct hearth_error *error)
{
    (void)error;
    hearth_buf_clear(&((struct memory_writer *)writer)->entry->bytes);
    return 0;
}

static int memory_write(struct hearth_blob_writer *writer, const void *bytes, size_t length,
                        struct hearth_error *error)
{
    struct entry *entry = ((struct memory_writer *)writer)->entry;
    int rc = hearth_buf_append(&entry->bytes, bytes, length);
    if (!rc)
        return 0;
    entry->bytes.failed = 0; /* what came before is whole */
    return hearth_error_set(error, rc, "a blob in memory may have at most %d bytes", BLOB_MAX);
}

static int memory_publish(struct hearth_blob_writer *writer, const char *sha256,
                          struct hearth_error *error)
{
    (void)error;
    struct memory_blobs *blobs = (struct memory_blobs *)writer->blobs;
    struct memory_writer *memory = (struct memory_writer *)writer;
    pthread_mutex_lock(&blobs->mutex);
    struct entry **same = find(blobs, sha256, false);
    if (*same)
        drop(same);
    hearth_free(memory->entry->name);
    memory->entry->name = hearth_strdup(sha256);
    memory->entry->is_partial = false;
    memory->entry->is_written = false;
    memory->entry = NULL;
    pthread_mutex_unlock(&blobs->mutex);
    return 0;
}

static void memory_end(struct hearth_blob_writer *writer, bool forget)
{
    struct memory_blobs *blobs = (struct memory_blobs *)writer->blobs;
    struct memory_writer *memory = (struct memory_writer *)writer;
    if (memory->entry) {
        pthread_mutex_lock(&blobs->mutex);
        memory->entry->is_written = false;
        if (forget)
            drop(find(blobs, memory->entry->name, true));
        pthread_mutex_unlock(&blobs->mutex);
    }
    hearth_sha256_destroy(writer->digest);
    hearth_free(memory);
}

static const struct hearth_blob_ops memory_ops = {
    .name = "memory",
    .close = memory_close,
    .exists = memory_exists,
    .verify = memory_verify,
    .remove = memory_remove,
    .begin = memory_begin,
    .restart = memory_restart,
    .write = memory_write,
    .publish = memory_publish,
    .end = memory_end,
};

int hearth_blob_open_memory(struct hearth_blob_store **ret_blobs, struct hearth_error *error)
{
    (void)error;
    struct memory_blobs *blobs = hearth_calloc(1, sizeof(*blobs));
    blobs->store.ops = &memory_ops;
    pthread_mutex_init(&blobs->mutex, NULL);
    *ret_blobs = &blobs->store;
    return 0;
}
