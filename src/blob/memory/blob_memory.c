#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "blob/blob_ops.h"

#include <pthread.h>
#include <string.h>

/* Most bytes of one blob: this store is for tests and short-lived programs. */
enum { BLOB_MAX = 1 << 30 };

/* A blob in a list: a test has a few. */
struct memory_blob {
    struct memory_blob *next;
    char sha256[65];
    struct hearth_buf bytes;
};

struct memory_partial {
    struct hearth_blob_partial base; /* first: the ops are called with it */
    struct memory_partial *next;
    char name[65];
    bool has_writer;
    int64_t written_ms;      /* when its last writer left it */
    struct hearth_buf bytes; /* the writer's alone while there is one */
};

struct memory_blobs {
    struct hearth_blob_store base; /* first: the ops are called with it */
    pthread_mutex_t lock;          /* of the lists; blobs do not change, but can be deleted */
    struct memory_blob *blobs;
    struct memory_partial *partials;
};

static struct memory_blobs *memory_of(struct hearth_blob_store *blobs)
{
    return (struct memory_blobs *)blobs;
}

static struct memory_partial *partial_of(struct hearth_blob_partial *partial)
{
    return (struct memory_partial *)partial;
}

static void blob_free(struct memory_blob *blob)
{
    hearth_buf_finish(&blob->bytes);
    hearth_free(blob);
}

static void partial_free(struct memory_partial *partial)
{
    hearth_buf_finish(&partial->bytes);
    hearth_free(partial);
}

static void memory_close(struct hearth_blob_store *blobs)
{
    struct memory_blobs *memory = memory_of(blobs);
    for (struct memory_blob *blob = memory->blobs, *next; blob; blob = next) {
        next = blob->next;
        blob_free(blob);
    }
    for (struct memory_partial *partial = memory->partials, *next; partial; partial = next) {
        next = partial->next;
        partial_free(partial);
    }
    pthread_mutex_destroy(&memory->lock);
    hearth_free(memory);
}

/* The link that points to the blob, or to NULL at the end. */
static struct memory_blob **blob_find(struct memory_blobs *memory, const char *sha256)
{
    struct memory_blob **link = &memory->blobs;
    while (*link && strcmp((*link)->sha256, sha256) != 0)
        link = &(*link)->next;
    return link;
}

static bool memory_exists(struct hearth_blob_store *blobs, const char *sha256, int64_t *ret_size)
{
    struct memory_blobs *memory = memory_of(blobs);
    pthread_mutex_lock(&memory->lock);
    const struct memory_blob *blob = *blob_find(memory, sha256);
    if (blob)
        *ret_size = (int64_t)blob->bytes.length;
    pthread_mutex_unlock(&memory->lock);
    return blob != NULL;
}

/* Under the lock throughout: a blob may be deleted by another thread, and nothing counts its
 * readers. */
static int memory_scan(struct hearth_blob_store *blobs, const char *sha256,
                       hearth_blob_on_bytes *on_bytes, void *argument, struct hearth_error *error)
{
    struct memory_blobs *memory = memory_of(blobs);
    pthread_mutex_lock(&memory->lock);
    const struct memory_blob *blob = *blob_find(memory, sha256);
    int rc = blob ? on_bytes(argument, blob->bytes.bytes, blob->bytes.length)
                  : hearth_blob_not_found(error, sha256);
    pthread_mutex_unlock(&memory->lock);
    return rc;
}

static int memory_remove(struct hearth_blob_store *blobs, const char *sha256,
                         struct hearth_error *error)
{
    struct memory_blobs *memory = memory_of(blobs);
    pthread_mutex_lock(&memory->lock);
    struct memory_blob **link = blob_find(memory, sha256), *blob = *link;
    if (blob)
        *link = blob->next;
    /* Freed outside of the lock: nobody can find it any more. */
    pthread_mutex_unlock(&memory->lock);
    if (!blob)
        return hearth_blob_not_found(error, sha256);
    blob_free(blob);
    return 0;
}

/* Found, or made empty; in either case it stays in the list, which owns it. */
static struct memory_partial *partial_get(struct memory_blobs *memory, const char *name)
{
    for (struct memory_partial *partial = memory->partials; partial; partial = partial->next)
        if (strcmp(partial->name, name) == 0)
            return partial;
    struct memory_partial *partial = hearth_calloc(1, sizeof(*partial));
    partial->base.blobs = &memory->base;
    /* Names are digests in hexadecimal: always 64 digits and a NUL. */
    memcpy(partial->name, name, sizeof(partial->name));
    hearth_buf_init(&partial->bytes, BLOB_MAX);
    partial->next = memory->partials;
    memory->partials = partial;
    return partial;
}

/* Marked under the lock, so that of two writers one gets it. */
static int memory_partial_open(struct hearth_blob_store *blobs, const char *name,
                               struct hearth_blob_partial **ret_partial, struct hearth_error *error)
{
    struct memory_blobs *memory = memory_of(blobs);
    pthread_mutex_lock(&memory->lock);
    struct memory_partial *partial = partial_get(memory, name);
    bool is_free = !partial->has_writer;
    partial->has_writer = true;
    pthread_mutex_unlock(&memory->lock);
    if (!is_free)
        return hearth_blob_in_use(error);
    *ret_partial = &partial->base;
    return 0;
}

static int memory_partial_scan(struct hearth_blob_partial *partial, hearth_blob_on_bytes *on_bytes,
                               void *argument, struct hearth_error *error)
{
    (void)error;
    const struct hearth_buf *bytes = &partial_of(partial)->bytes;
    /* Only its writer calls this, so the lock is not needed. */
    return bytes->length ? on_bytes(argument, bytes->bytes, bytes->length) : 0;
}

/* A buffer that has failed takes nothing more; the writer's failure is remembered by blob.c. */
static int memory_partial_append(struct hearth_blob_partial *partial, const void *bytes,
                                 size_t length, struct hearth_error *error)
{
    int rc = hearth_buf_append(&partial_of(partial)->bytes, bytes, length);
    if (!rc)
        return 0;
    /* What was appended before is still good and is kept. */
    partial_of(partial)->bytes.failed = 0;
    return hearth_error_set(error, HEARTH_ENOSPACE, "there is not enough memory for the blob");
}

static int memory_partial_clear(struct hearth_blob_partial *partial, struct hearth_error *error)
{
    (void)error;
    hearth_buf_clear(&partial_of(partial)->bytes);
    return 0;
}

/* Takes it off the list; it is the caller's then. */
static void partial_unlink(struct memory_blobs *memory, struct memory_partial *partial)
{
    struct memory_partial **link = &memory->partials;
    while (*link != partial)
        link = &(*link)->next;
    *link = partial->next;
}

/* The bytes move into the blob without a copy. Where the blob is there already, they are the same
 * bytes and go. */
static int memory_partial_publish(struct hearth_blob_partial *base, const char *sha256,
                                  struct hearth_error *error)
{
    (void)error;
    struct memory_blobs *memory = memory_of(base->blobs);
    struct memory_partial *partial = partial_of(base);
    pthread_mutex_lock(&memory->lock);
    partial_unlink(memory, partial);
    struct memory_blob **link = blob_find(memory, sha256);
    if (!*link) {
        *link = hearth_calloc(1, sizeof(**link));
        memcpy((*link)->sha256, sha256, sizeof((*link)->sha256));
        (*link)->bytes = partial->bytes;
        /* The bytes belong to the blob now: the partial one is freed without them. */
        hearth_buf_init(&partial->bytes, 0);
    }
    pthread_mutex_unlock(&memory->lock);
    partial_free(partial);
    return 0;
}

static void memory_partial_keep(struct hearth_blob_partial *partial)
{
    struct memory_blobs *memory = memory_of(partial->blobs);
    pthread_mutex_lock(&memory->lock);
    partial_of(partial)->has_writer = false;
    partial_of(partial)->written_ms = hearth_clock_wall_ms();
    pthread_mutex_unlock(&memory->lock);
}

static void memory_partial_discard(struct hearth_blob_partial *partial)
{
    struct memory_blobs *memory = memory_of(partial->blobs);
    pthread_mutex_lock(&memory->lock);
    partial_unlink(memory, partial_of(partial));
    pthread_mutex_unlock(&memory->lock);
    partial_free(partial_of(partial));
}

/* `link` points to the pointer that leads to the present one, so that removing needs no second
 * pass. */
static int memory_forget_partials(struct hearth_blob_store *blobs, int64_t before_ms,
                                  int64_t *ret_bytes, struct hearth_error *error)
{
    (void)error;
    struct memory_blobs *memory = memory_of(blobs);
    *ret_bytes = 0;
    pthread_mutex_lock(&memory->lock);
    for (struct memory_partial **link = &memory->partials, *partial; (partial = *link);) {
        if (partial->has_writer || partial->written_ms >= before_ms) {
            link = &partial->next;
            continue;
        }
        *link = partial->next;
        *ret_bytes += (int64_t)partial->bytes.length;
        partial_free(partial);
    }
    pthread_mutex_unlock(&memory->lock);
    return 0;
}

static const struct hearth_blob_ops memory_blobs = {
    .name = "memory",
    .close = memory_close,
    .exists = memory_exists,
    .scan = memory_scan,
    .remove = memory_remove,
    .partial_open = memory_partial_open,
    .partial_scan = memory_partial_scan,
    .partial_append = memory_partial_append,
    .partial_clear = memory_partial_clear,
    .partial_publish = memory_partial_publish,
    .partial_keep = memory_partial_keep,
    .partial_discard = memory_partial_discard,
    .forget_partials = memory_forget_partials,
};

int hearth_blob_open_memory(struct hearth_blob_store **ret_blobs, struct hearth_error *error)
{
    (void)error;
    struct memory_blobs *memory = hearth_calloc(1, sizeof(*memory));
    pthread_mutex_init(&memory->lock, NULL);
    hearth_blob_init(&memory->base, &memory_blobs);
    *ret_blobs = &memory->base;
    return 0;
}
