/* What an install fetches: the source as it was typed, or exactly what a lock says of it. */
#include "base/error.h"
#include "blob/blob.h"
#include "config/lock.h"
#include "registry/install_steps.h"

#include <string.h>

/* Is this file here, with the bytes that the lock pins? A blob with others is of no use to anyone
 * and goes, so that it is fetched again. */
static int find_locked(struct hearth_installing *install, const struct hearth_lock_file *file,
                       bool *ret_present)
{
    struct hearth_blob_store *blobs = install->registry->blobs;
    int64_t size;
    /* Having a name is not enough for --locked: the bytes are read and must still have that digest.
     */
    *ret_present = hearth_blob_exists(blobs, file->sha256, &size);
    if (!*ret_present)
        return 0;
    int rc = size == file->size
                 ? hearth_blob_verify(blobs, file->sha256, NULL, NULL, install->error)
                 : HEARTH_EDIGEST;
    if (rc == HEARTH_EDIGEST) {
        *ret_present = false;
        rc = hearth_blob_delete(blobs, file->sha256, install->error);
    }
    if (rc)
        hearth_error_prefix(install->error, "%.200s", file->path);
    return rc;
}

/* What the lock says, as a source whose files are all here already; else NULL. */
static int source_of_lock(struct hearth_installing *install, struct hearth_source **ret_source)
{
    const struct hearth_lock_entry *locked = install->request->locked;
    struct hearth_arena *arena = install->arena;
    struct hearth_source *source = hearth_arena_alloc(arena, sizeof(*source));
    struct hearth_source_file *files =
        hearth_arena_alloc(arena, locked->file_count * sizeof(*files));
    bool is_whole = true;
    *ret_source = NULL;
    if (!source || !files)
        return hearth_install_no_room(install);
    for (size_t i = 0; i < locked->file_count; i++) {
        bool present;
        int rc = find_locked(install, &locked->files[i], &present);
        if (rc)
            return rc;
        /* All are looked at even when one is missing, so that every bad blob goes before the fetch.
         */
        is_whole = is_whole && present;
        files[i] = (struct hearth_source_file){.path = locked->files[i].path,
                                               .size = locked->files[i].size,
                                               .sha256 = locked->files[i].sha256,
                                               .etag = "",
                                               .url = ""};
    }
    *source = (struct hearth_source){.scheme = "file",
                                     .text = locked->source,
                                     .revision = locked->revision,
                                     .name = locked->name,
                                     .files = files,
                                     .file_count = locked->file_count};
    if (is_whole)
        *ret_source = source;
    return 0;
}

/* The source's files in the order of the lock, and no others. */
static int keep_locked_files(struct hearth_installing *install)
{
    const struct hearth_lock_entry *locked = install->request->locked;
    struct hearth_source *source = install->source;
    struct hearth_source_file *kept =
        hearth_arena_alloc(install->arena, locked->file_count * sizeof(*kept));
    if (!kept)
        return hearth_install_no_room(install);
    for (size_t i = 0; i < locked->file_count; i++) {
        size_t at = 0;
        while (at < source->file_count &&
               strcmp(source->files[at].path, locked->files[i].path) != 0)
            at++;
        if (at == source->file_count)
            return hearth_error_set(
                install->error, HEARTH_EDIGEST,
                "hearth.lock names the file %.200s, but %.200s does not have it",
                locked->files[i].path, install->text);
        kept[i] = source->files[at];
        /* The lock's digest is demanded, whatever the source says of itself. */
        kept[i].sha256 = locked->files[i].sha256;
        if (kept[i].size >= 0 && kept[i].size != locked->files[i].size)
            return hearth_error_set(install->error, HEARTH_EDIGEST,
                                    "%.200s has %lld bytes at the source, %lld in hearth.lock",
                                    kept[i].path, (long long)kept[i].size,
                                    (long long)locked->files[i].size);
    }
    source->files = kept;
    source->file_count = locked->file_count;
    /* As the lock has it, so that the same lock comes of it again. */
    source->revision = locked->revision;
    return 0;
}

int hearth_install_resolve(struct hearth_installing *install)
{
    const struct hearth_lock_entry *locked = install->request->locked;
    install->text = locked ? locked->source : install->request->source;
    int rc = locked ? source_of_lock(install, &install->source) : 0;
    if (rc || install->source)
        return rc;
    /* The registry's options with this install's progress, through which resolving can be canceled.
     */
    struct hearth_source_options options = *install->registry->sources;
    options.progress = install->progress;
    rc = hearth_source_resolve(install->text, locked ? locked->revision : NULL, &options,
                               install->arena, &install->source, install->error);
    return rc || !locked ? rc : keep_locked_files(install);
}
