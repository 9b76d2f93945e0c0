/* The files of kept prefixes in one folder (prefix_file.h): looked at, loaded, written, removed. No
 * link is followed, no pipe is waited for, and what is written is whole or not there. Blocking; one
 * thread at a time. */
#ifndef HEARTH_WORKER_PREFIX_FOLDER_H
#define HEARTH_WORKER_PREFIX_FOLDER_H

#include "base/digest.h"

#include <stdbool.h>
#include <stdint.h>

#define PREFIX_NAME_SIZE 48u

struct prefix_folder {
    char *path;
    int directory;
    char identity[HEARTH_SHA256_HEX]; /* of what computes */
};

/* What is known of a file without its state. */
struct prefix_entry {
    struct prefix_entry *next;
    char name[PREFIX_NAME_SIZE];
    uint64_t key, bytes;
    int32_t *tokens; /* owned */
    uint32_t count;
    int64_t used;    /* seconds; of the clock on the wall, as the file's own time is */
    uint64_t ticket; /* whoever keeps entries: of the load that runs or waits; 0: none */
};

/* What is to be written: the state is all of a memory file. */
struct prefix_save {
    uint64_t key;
    int32_t *tokens;
    uint32_t count;
    int descriptor;
};

/* False: it is no folder, or a link. */
bool prefix_folder_open(struct prefix_folder *folder, const char *path,
                        const char identity[HEARTH_SHA256_HEX]);
void prefix_folder_close(struct prefix_folder *folder);

/* NULL: it is no file of this identity, or it is damaged. The caller frees it. */
struct prefix_entry *prefix_folder_look(const struct prefix_folder *folder, const char *name);
/* The tokens, the caller's to free, and a memory file with the state, at its start, the caller's to
 * close; NULL: it cannot be used any more. Marks it as used now. */
int32_t *prefix_folder_load(const struct prefix_folder *folder, const struct prefix_entry *entry,
                            int *ret_descriptor);
/* NULL: it was not written. */
struct prefix_entry *prefix_folder_write(const struct prefix_folder *folder,
                                         const struct prefix_save *save);
bool prefix_folder_remove(const struct prefix_folder *folder, const char *name);

void prefix_entry_free(struct prefix_entry *entry);
/* NULL: no memory. */
int32_t *prefix_tokens_copy(const int32_t *tokens, uint32_t count);

#endif
