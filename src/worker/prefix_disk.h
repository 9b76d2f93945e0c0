/* Kept prefixes on disk: files of one folder (prefix_file.h), and a thread that reads and writes
 * them, so that nobody who computes or talks waits for a disk. Survives the process.
 *
 * Whatever is in the folder that is no whole file of this identity is deleted: damaged, of another
 * model or version, too large, a link, anything else by another name. Where nothing can be written
 * (the disk is full) nothing is, for a while; that is counted, and nobody hears of it.
 *
 * Threads: the verbs are the compute thread's; `wake` is called by the disk's. */
#ifndef HEARTH_WORKER_PREFIX_DISK_H
#define HEARTH_WORKER_PREFIX_DISK_H

#include "base/digest.h"

#include <stdbool.h>
#include <stdint.h>

struct prefix_disk;

struct prefix_disk_counts {
    uint64_t loads, saves; /* that went well */
    uint64_t failed;       /* saves that were given up: the disk is full, or takes nothing */
    uint64_t dropped;      /* files that were deleted because they could not be used */
    uint64_t bytes;        /* on disk, now */
};

/* What a load gave. */
struct prefix_loaded {
    uint64_t ticket, key;
    int32_t *tokens; /* the taker's, to free; NULL: the file could not be used */
    uint32_t count;
    int descriptor; /* a memory file with the state, at its start; the taker's to close; or -1 */
};

/* The folder is there. Begins to look into it at once. */
struct prefix_disk *prefix_disk_create(const char *folder, const char identity[HEARTH_SHA256_HEX],
                                       uint64_t bytes_max, void (*wake)(void *), void *argument);
/* What was given to be saved is saved first, but for at most some seconds. NULL is allowed. */
void prefix_disk_destroy(struct prefix_disk *disk);

/* Is there a file that begins as the tokens for clearly longer than `known`? Then it is being
 * loaded: a ticket, which comes back with what there was; else 0. */
uint64_t prefix_disk_load(struct prefix_disk *disk, uint64_t key, const int32_t *tokens,
                          uint32_t count, uint32_t known);
/* The next load that has ended; false: none. */
bool prefix_disk_take(struct prefix_disk *disk, struct prefix_loaded *ret_loaded);
/* The engine made nothing of what was loaded, digests or not: its file is deleted, and counted. */
void prefix_disk_refuse(struct prefix_disk *disk, const struct prefix_loaded *loaded);

/* Would a save of these be taken now? `ret_settled`: no, and never: it is there already, or does
 * not fit. */
bool prefix_disk_wants(struct prefix_disk *disk, uint64_t key, const int32_t *tokens,
                       uint32_t count, bool *ret_settled);
/* Saves a state, which is all of a memory file; the descriptor is the disk's to close. */
void prefix_disk_save(struct prefix_disk *disk, uint64_t key, const int32_t *tokens, uint32_t count,
                      int descriptor);

struct prefix_disk_counts prefix_disk_counts(struct prefix_disk *disk);

#endif
