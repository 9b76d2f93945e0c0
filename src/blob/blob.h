/* Keeps the bytes that models are made of under the name of their digest: a blob's name is its
 * sha256, so it never changes, and equal files are kept once.
 *
 * Writing is resumable and atomic: bytes gather in a partial file under a key of the caller's
 * choosing, and appear under their name only when their digest is right. Blocking; any thread. A
 * key has one writer at a time; a second one gets HEARTH_EINUSE. */
#ifndef HEARTH_BLOB_BLOB_H
#define HEARTH_BLOB_BLOB_H

#include "hearth/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hearth_blob_store;
struct hearth_blob_writer;

/* Files under DIR/blobs/sha256/ab/abcd…, partial ones under DIR/blobs/partial/. */
int hearth_blob_open_files(const char *directory, struct hearth_blob_store **ret_blobs,
                           struct hearth_error *error);
/* In memory, for tests and short-lived programs; has no paths. */
int hearth_blob_open_memory(struct hearth_blob_store **ret_blobs, struct hearth_error *error);
void hearth_blob_close(struct hearth_blob_store *blobs);

/* Whether the blob is there; `ret_size` (may be NULL) is its size in bytes. A text that is no
 * digest names none. */
bool hearth_blob_exists(struct hearth_blob_store *blobs, const char *sha256, int64_t *ret_size);
/* The path of a blob for readers, into `ret_path` (PATH_MAX); HEARTH_ENOTFOUND, HEARTH_ENOTIMPL. */
int hearth_blob_path(struct hearth_blob_store *blobs, const char *sha256, char *ret_path,
                     size_t size, struct hearth_error *error);
/* Reads it all again; HEARTH_EDIGEST when the bytes have changed. `is_canceled` may be NULL. */
int hearth_blob_verify(struct hearth_blob_store *blobs, const char *sha256,
                       bool (*is_canceled)(void *argument), void *argument,
                       struct hearth_error *error);
/* HEARTH_ENOTFOUND when it is not there. Whether it is still used is the caller's to know. */
int hearth_blob_delete(struct hearth_blob_store *blobs, const char *sha256,
                       struct hearth_error *error);

/* Opens a partial blob; `ret_offset` is how many bytes are already there from an earlier try. */
int hearth_blob_write_begin(struct hearth_blob_store *blobs, const char *key,
                            struct hearth_blob_writer **ret_writer, int64_t *ret_offset,
                            struct hearth_error *error);
/* Forgets what an earlier try left. */
int hearth_blob_write_restart(struct hearth_blob_writer *writer, struct hearth_error *error);
/* After a failure (HEARTH_ENOSPACE …) all that is left is restart, suspend or a commit that fails.
 */
int hearth_blob_write(struct hearth_blob_writer *writer, const void *bytes, size_t length,
                      struct hearth_error *error);
/* Syncs, checks against `expected_sha256` (NULL: whatever it is) and `expected_size` (-1: any), and
 * gives the blob its name. Wrong bytes are HEARTH_EDIGEST and are gone; too few are HEARTH_EDIGEST
 * too, but are kept, as they are after every other failure. Frees the writer in any case. */
int hearth_blob_write_commit(struct hearth_blob_writer *writer, const char *expected_sha256,
                             int64_t expected_size, char ret_sha256[65], int64_t *ret_size,
                             struct hearth_error *error);
/* Keeps the partial bytes for a later try. Frees the writer. NULL is allowed. */
void hearth_blob_write_suspend(struct hearth_blob_writer *writer);
/* Forgets the partial bytes. Frees the writer. */
void hearth_blob_write_discard(struct hearth_blob_writer *writer);
/* Forgets the partial blobs that were last written before this moment (of the wall clock, in ms);
 * those that have a writer stay. `ret_bytes` is what they took. */
int hearth_blob_forget_partials(struct hearth_blob_store *blobs, int64_t before_ms,
                                int64_t *ret_bytes, struct hearth_error *error);

#endif
