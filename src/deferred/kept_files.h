/* Files of clients: what they upload, and the results of their batches. Each is a record of the
 * store (kind "file": its label is the purpose) and its bytes in the home, files/<id>; while it
 * comes they stand in files/<id>.part, so that no file is ever half a one.
 *
 * A writer takes a file as it comes, on the loop, and hands its bytes to a lane: what waits for the
 * disk is bounded, since whoever writes is told to hold back. Loop thread only, but for what is
 * said to block. */
#ifndef HEARTH_DEFERRED_KEPT_FILES_H
#define HEARTH_DEFERRED_KEPT_FILES_H

#include "base/json.h"
#include "hearth/error.h"
#include "store/record.h"

#include <stdbool.h>
#include <stddef.h>

struct hearth_file_writer;
struct hearth_gateway;
struct hearth_kept_files;

#define HEARTH_KEPT_FILE "file" /* the kind of the records */

/* Blocks: asked on the store's lane before a file goes, by whoever uses files; HEARTH_EINUSE keeps
 * it. What goes with the file goes here. */
typedef int hearth_kept_file_goes_fn(struct hearth_store *store, const char *id,
                                     struct hearth_arena *arena, struct hearth_error *error);

struct hearth_kept_files *hearth_kept_files_create(struct hearth_gateway *gateway);
void hearth_kept_files_destroy(struct hearth_kept_files *files); /* NULL is allowed */
void hearth_kept_files_ask(struct hearth_kept_files *files, hearth_kept_file_goes_fn *goes);

/* files/<name> in the home; the folder is made. False: the path is too long, or there is no folder.
 */
bool hearth_kept_files_path(const struct hearth_kept_files *files, const char *name, char *ret_path,
                            size_t size);
/* Blocks: opens a file for reading. HEARTH_EIO, HEARTH_ENOTFOUND. Any thread. */
int hearth_kept_file_open(const struct hearth_kept_files *files, const char *id,
                          int *ret_descriptor, struct hearth_error *error);
/* Blocks: the bytes of a record that is gone. Any thread. */
void hearth_kept_file_remove_bytes(const struct hearth_kept_files *files, const char *id);
/* On the store's lane: record and bytes, unless somebody needs them. HEARTH_ENOTFOUND,
 * HEARTH_EINUSE. */
int hearth_kept_file_delete(const struct hearth_kept_files *files, struct hearth_store *store,
                            const char *id, struct hearth_arena *arena, struct hearth_error *error);

/* The record of a file whose bytes are in place; texts are the caller's. `expires_ms` 0: never. */
struct hearth_record hearth_kept_file_record(const char *id, const char *principal,
                                             const char *purpose, const char *facts_json,
                                             int64_t bytes, int64_t now_ms, int64_t expires_ms);
/* {"filename"} */
const char *hearth_kept_file_facts(const char *filename, struct hearth_arena *arena);
struct hearth_record_bounds hearth_kept_files_bounds(const struct hearth_gateway *gateway);
/* OpenAI's file object. */
json_t *hearth_kept_file_json(const struct hearth_record *record);

struct hearth_file_writer_events {
    void (*on_room)(void *argument); /* more may be written */
    /* `end` has succeeded (error NULL, the bytes are in place under the id), or the writer failed
     * at any time; nothing comes after it, and the writer is gone. */
    void (*on_end)(void *argument, const struct hearth_error *error);
};

struct hearth_file_writer *hearth_file_writer_create(struct hearth_kept_files *files,
                                                     const char *id,
                                                     const struct hearth_file_writer_events *events,
                                                     void *argument);
/* False: hold back until on_room. The bytes are copied. */
bool hearth_file_writer_write(struct hearth_file_writer *writer, const char *bytes, size_t length);
/* All is written: on_end comes when it is on the disk. */
void hearth_file_writer_end(struct hearth_file_writer *writer);
/* Nothing is kept, and no event comes. NULL is allowed. */
void hearth_file_writer_abandon(struct hearth_file_writer *writer);

#endif
