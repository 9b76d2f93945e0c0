/* fake:SCRIPT, fake:@PATH or fake:PATH of a file that exists: a script of the fake engine, as one
 * small file. */
#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/small_file.h"
#include "source/source_parts.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

enum { SCRIPT_MAX = 1 << 20 };

/* Any text is a script; which ones are right is for the engine to say. */
static int check_fake(const char *rest, struct hearth_error *error)
{
    if (*rest && strcmp(rest, "@") != 0)
        return 0;
    return hearth_error_set(error, HEARTH_EINVAL,
                            "fake: needs a script behind it, or @ and the path of one");
}

/* The path that the text names, or NULL when it is the script itself. */
static const char *script_path(const struct hearth_source_query *query)
{
    const char *path = query->rest, *base = query->options->base_directory;
    bool is_said = *path == '@';
    path += is_said;
    if (path[0] != '/' && !is_said && query->options->absolute_only)
        return NULL;
    if (path[0] != '/' && base && strlen(path) < PATH_MAX)
        path = hearth_arena_format(query->arena, "%s/%s", base, path);
    return path && (is_said || access(path, R_OK) == 0) ? path : NULL;
}

/* A larger file is no script, whatever it is; its size is not the disk's fault. */
static int read_script(const char *path, struct hearth_buf *script, struct hearth_error *error)
{
    int rc = hearth_small_file_read(path, script, error);
    if (rc == HEARTH_ETOOLARGE ||
        (!rc && script->length && memchr(script->bytes, '\0', script->length)))
        rc = hearth_error_set(error, HEARTH_EINVAL, "%.300s: a script is text of at most 1 MiB",
                              path);
    return rc;
}

/* The text itself travels as the file's address: there is nothing to fetch. */
static int resolve_fake(const struct hearth_source_query *query, struct hearth_source *source,
                        struct hearth_error *error)
{
    struct hearth_buf script;
    hearth_buf_init(&script, SCRIPT_MAX);
    const char *path = script_path(query);
    int rc = path ? read_script(path, &script, error) : hearth_buf_text(&script, query->rest);
    char sha256[HEARTH_SHA256_HEX];
    hearth_sha256_of(script.bytes ? script.bytes : "", script.length, sha256);
    struct hearth_source_file *file = hearth_arena_alloc(query->arena, sizeof(*file));
    if (!rc && file) {
        file->path = "model.fake";
        file->size = (int64_t)script.length;
        file->sha256 = hearth_arena_strdup(query->arena, sha256);
        file->etag = "";
        file->url =
            hearth_arena_strndup(query->arena, script.bytes ? script.bytes : "", script.length);
        source->files = file;
        source->file_count = 1;
        source->name = "fake";
    }
    if (!rc && (!file || !file->sha256 || !file->url))
        rc = hearth_error_set(error, HEARTH_ETOOLARGE, "there is not enough memory for the script");
    hearth_buf_finish(&script);
    return rc;
}

const struct hearth_source_ops hearth_source_fake_ops = {
    .scheme = "fake",
    .check = check_fake,
    .resolve = resolve_fake,
};
