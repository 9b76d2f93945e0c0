#include "server/pins_check.h"

#include "base/error.h"
#include "blob/blob.h"
#include "config/lock.h"

enum { LOCK_BYTES_MAX = 64 << 20 };

/* Cheap, because it is done before anything is served: the bytes themselves are read again before
 * a model is loaded. */
static int check_pinned_files(struct hearth_blob_store *blobs, const struct hearth_lock *lock,
                              struct hearth_error *error)
{
    for (size_t i = 0; i < lock->count; i++) {
        const struct hearth_lock_entry *entry = &lock->entries[i];
        for (size_t k = 0; k < entry->file_count; k++) {
            const struct hearth_lock_file *file = &entry->files[k];
            int64_t size;
            bool present = hearth_blob_exists(blobs, file->sha256, &size);
            if (!present || size != file->size)
                return hearth_error_set(error, HEARTH_EDIGEST,
                                        "--locked: %s, file %.200s %s hearth.lock pins; `hearth "
                                        "install --locked` fetches it",
                                        entry->name, file->path,
                                        present ? "has not the size that"
                                                : "is not here with the bytes that");
        }
    }
    return 0;
}

int hearth_pins_check(const char *lock_path, struct hearth_blob_store *blobs,
                      struct hearth_error *error)
{
    struct hearth_lock *lock;
    struct hearth_arena *arena = hearth_arena_create(LOCK_BYTES_MAX);
    int rc = hearth_lock_read(lock_path, arena, &lock, error);
    if (rc == HEARTH_ENOTFOUND)
        hearth_error_set(error, rc, "--locked: there is no %.300s; `hearth lock` writes it",
                         lock_path);
    if (!rc)
        rc = check_pinned_files(blobs, lock, error);
    hearth_arena_destroy(arena);
    return rc;
}
