/* Finds where a model's files lie, and checks whether their bytes are the recorded ones, before a
 * process is started for it. The work is done on the store's lane and on a lane of files; these
 * verbs are for the loop thread only. */
#ifndef HEARTH_SERVING_LOCATE_H
#define HEARTH_SERVING_LOCATE_H

#include "base/digest.h"
#include "hearth/error.h"

#include <stdbool.h>
#include <stdint.h>

struct hearth_catalog_entry;
struct hearth_lane;
struct hearth_loop;
struct hearth_registry;
struct hearth_locating;

struct hearth_location {
    char path[4096];
    char adapter[4096];   /* to be loaded beside it; "": none */
    bool adapter_is_file; /* one GGUF file, which another process can be given */
    char base[192];       /* "name:number" of what the adapter is based on, at `path`; "" */
    const char *engine;   /* by the look of the files, or NULL */
    /* Tells these files from others: a digest of the recorded digests, or, of a file without a
     * registry row, one of its name, size and time of change. */
    char digest[HEARTH_SHA256_HEX];
    struct hearth_error error; /* code 0: found */
};

/* Of an adapter the path is its base's. `verify` reads every file again and names the one that
 * differs; with a `lock_path` (or NULL, must outlive the call's work) the files must be those that
 * the lock pins. `on_located` comes later, exactly once, unless it is canceled. `registry` may be
 * NULL for an entry with a path. */
struct hearth_locating *
hearth_locate(struct hearth_loop *loop, struct hearth_lane *lane, struct hearth_registry *registry,
              const struct hearth_catalog_entry *entry, bool verify, const char *lock_path,
              void (*on_located)(void *argument, const struct hearth_location *location),
              void *argument);
void hearth_locate_cancel(struct hearth_locating *locating); /* NULL is allowed */

#endif
