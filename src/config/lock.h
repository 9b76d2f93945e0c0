/* hearth.lock records exactly which files each installed model consists of, so that the same models
 * can be installed elsewhere. It is sorted JSON, to be kept under version control:
 *
 *     {"version": 1, "models": [{"name", "version", "source", "revision",
 *                                "files": [{"path", "size", "sha256"}]}]}
 *
 * Written atomically. Blocking. */
#ifndef HEARTH_CONFIG_LOCK_H
#define HEARTH_CONFIG_LOCK_H

#include "base/arena.h"
#include "hearth/error.h"

#include <stddef.h>
#include <stdint.h>

/* One file of a version: its path within the model, its digest (64 hex digits), its size in bytes.
 */
struct hearth_lock_file {
    const char *path, *sha256;
    int64_t size;
};

/* One pinned model. `revision` is what the source was resolved to (a commit, an ETag), or "". */
struct hearth_lock_entry {
    const char *name, *source, *revision;
    int64_t version;
    struct hearth_lock_file *files;
    size_t file_count;
};

struct hearth_lock {
    struct hearth_lock_entry *entries;
    size_t count;
};

/* Reads and checks the whole file; everything lies in the arena. HEARTH_ENOTFOUND when there is
 * none, HEARTH_ETOOLARGE beyond 16 MiB or 4,096 models, HEARTH_EPARSE names the faulty entry. */
int hearth_lock_read(const char *path, struct hearth_arena *arena, struct hearth_lock **ret_lock,
                     struct hearth_error *error);
/* Replaces the file atomically. The entries may be in any order; they are not changed. */
int hearth_lock_write(const char *path, const struct hearth_lock *lock, struct hearth_error *error);
/* The entry of a model, or NULL when it is not in the lock. */
const struct hearth_lock_entry *hearth_lock_find(const struct hearth_lock *lock, const char *name);

#endif
