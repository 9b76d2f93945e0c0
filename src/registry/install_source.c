/* What an install fetches: the source as it was typed, or exactly what a lock says of it. */
#include "base/error.h"
#include "blob/blob.h"
#include "config/lock.h"
#include "registry/install_steps.h"

#include <string.h>

/* What the lock says, as a source whose files are all here already; else NULL. */
static struct hearth_source *source_of_lock(struct hearth_installing *install)
{
    const struct hearth_lock_entry *locked = install->request->locked;
    struct hearth_arena *arena = install->arena;
    struct hearth_source *source = hearth_arena_alloc(arena, sizeof(*source));
    struct hearth_source_file *files =
        hearth_arena_alloc(arena, locked->file_count * sizeof(*files));
    if (!source || !files)
        return NULL;
    for (size_t i = 0; i < locked->file_count; i++) {
        int64_t size;
        if (!hearth_blob_exists(install->registry->blobs, locked->files[i].sha256, &size))
            return NULL;
        files[i] = (struct hearth_source_file){.path = locked->files[i].path,
                                               .size = size,
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
    return source;
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
            return hearth_error_set(install->error, HEARTH_EDIGEST,
                                    "hearth.lock has the file %.200s, but %.200s does not",
                                    locked->files[i].path, install->text);
        kept[i] = source->files[at];
        kept[i].sha256 = locked->files[i].sha256;
        if (kept[i].size >= 0 && kept[i].size != locked->files[i].size)
            return hearth_error_set(install->error, HEARTH_EDIGEST,
                                    "%.200s has %lld bytes at the source, %lld in hearth.lock",
                                    kept[i].path, (long long)kept[i].size,
                                    (long long)locked->files[i].size);
    }
    source->files = kept;
    source->file_count = locked->file_count;
    source->revision = locked->revision;
    return 0;
}

int hearth_install_resolve(struct hearth_installing *install)
{
    const struct hearth_lock_entry *locked = install->request->locked;
    install->text = locked ? locked->source : install->request->source;
    if (locked && (install->source = source_of_lock(install)))
        return 0;
    struct hearth_source_options options = *install->registry->sources;
    options.progress = install->progress;
    int rc = hearth_source_resolve(install->text, locked ? locked->revision : NULL, &options,
                                   install->arena, &install->source, install->error);
    return rc || !locked ? rc : keep_locked_files(install);
}
