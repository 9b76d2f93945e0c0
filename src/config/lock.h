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

struct hearth_lock_file {
    const char *path, *sha256;
    int64_t size;
};

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

/* HEARTH_ENOTFOUND when there is none; HEARTH_EPARSE names the fault. */
int hearth_lock_read(const char *path, struct hearth_arena *arena, struct hearth_lock **ret_lock,
                     struct hearth_error *error);
int hearth_lock_write(const char *path, const struct hearth_lock *lock, struct hearth_error *error);
/* NULL when the model is not in it. */
const struct hearth_lock_entry *hearth_lock_find(const struct hearth_lock *lock, const char *name);

#endif
