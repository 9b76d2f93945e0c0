/* Writes a file that is whole or not there: into a file beside it, which is made durable and then
 * renamed. A kill at any moment leaves the old one or the new one.
 *
 * Lifecycle: begin, write, then end or drop; an object of 70 KiB, for the heap. Errors are
 * remembered, so that only the end need be asked. Blocking; one thread. */
#ifndef HEARTH_BASE_OUT_FILE_H
#define HEARTH_BASE_OUT_FILE_H

#include "base/digest.h"
#include "hearth/error.h"

#include <limits.h>
#include <stdint.h>

enum { HEARTH_OUT_ROOM = 1 << 16 };

struct hearth_out_file {
    int descriptor; /* −1: nothing is open */
    int fault;      /* errno of the first write that failed; or 0 */
    uint64_t written;
    size_t used;
    struct hearth_sha256 *digest; /* NULL: none is made */
    char path[PATH_MAX], partial[PATH_MAX];
    char room[HEARTH_OUT_ROOM];
};

/* HEARTH_EPATH for a path that is too long, else as the system says: HEARTH_ENOSPACE when there is
 * no room. */
int hearth_out_begin(struct hearth_out_file *file, const char *folder, const char *name,
                     struct hearth_error *error);
void hearth_out_write(struct hearth_out_file *file, const void *bytes, size_t length);
/* Zeros until the length is a multiple of `alignment`. */
void hearth_out_pad(struct hearth_out_file *file, size_t alignment);
/* What is written between the two is digested, from the beginning of the file. */
void hearth_out_digest(struct hearth_out_file *file);
void hearth_out_digest_end(struct hearth_out_file *file, char ret_hex[HEARTH_SHA256_HEX]);
int hearth_out_end(struct hearth_out_file *file, struct hearth_error *error);
void hearth_out_drop(struct hearth_out_file *file); /* after end it does nothing */

/* Makes the folder, durably; one that is there is right. */
int hearth_out_folder(const char *folder, const char *name, struct hearth_error *error);
/* Takes a folder away with all that is in it; links are not followed. What is not there, or cannot
 * be removed, is no error. */
void hearth_folder_remove(const char *folder);

#endif
