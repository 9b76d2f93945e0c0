/* file:PATH: a GGUF file (with its other parts) or a Hugging Face directory. */
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "format/file_kind.h"
#include "source/source_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* DEPTH_MAX counts folders below the one that was named. */
enum { LISTING_MAX = 1000, DEPTH_MAX = 1 };

/* On the heap, since the files take some 40 KiB. */
struct listing {
    const struct hearth_source_query *query;
    const char *root; /* without links */
    struct hearth_source_file files[LISTING_MAX];
    size_t count;
};

/* Existence is asked later: a definition may name a file that will be there when it is installed.
 */
static int check_file(const char *rest, struct hearth_error *error)
{
    if (!*rest || strlen(rest) >= PATH_MAX)
        return hearth_error_set(error, HEARTH_EINVAL, "file: needs a path behind it");
    for (; *rest; rest++)
        if ((unsigned char)*rest < ' ' || *rest == 0x7f)
            return hearth_error_set(error, HEARTH_EPATH, "a path must not have control characters");
    return 0;
}

static int no_room(struct hearth_error *error)
{
    return hearth_error_set(error, HEARTH_ETOOLARGE,
                            "the directory of a model may have at most %d files", LISTING_MAX);
}

/* What cannot be reached by this path is the path's fault, not the disk's. */
static int set_path_fault(struct hearth_error *error, int errnum, const char *path)
{
    int rc = hearth_error_set_errno(error, errnum, "%.300s", path);
    if (errnum == ENOTDIR)
        rc = HEARTH_ENOTFOUND;
    else if (errnum == EACCES || errnum == EPERM || errnum == ELOOP || errnum == ENAMETOOLONG)
        rc = HEARTH_EPATH;
    if (error)
        error->code = rc;
    return rc;
}

/* Both paths are without links and dots (realpath), so comparing their beginnings is enough. */
static bool lies_within(const char *path, const char *root)
{
    size_t length = strlen(root);
    return strncmp(path, root, length) == 0 && path[length] == '/';
}

/* Adds a file that a model may be made of. A link is followed here and judged once we know whether
 * its file is wanted. */
static int add_file(struct listing *listing, const char *path, struct hearth_error *error)
{
    struct hearth_arena *arena = listing->query->arena;
    struct stat status;
    char resolved[PATH_MAX];
    const char *whole = hearth_arena_format(arena, "%s/%s", listing->root, path);
    if (!hearth_source_is_model_part(path) && !hearth_text_ends(path, ".gguf"))
        return 0;
    int rc = hearth_source_path_check(path, error);
    if (rc)
        return rc;
    if (!whole || listing->count >= LISTING_MAX)
        return no_room(error);
    if (!realpath(whole, resolved) || stat(resolved, &status))
        return hearth_error_set_errno(error, errno, "%.300s", whole);
    if (!S_ISREG(status.st_mode))
        return 0;
    struct hearth_source_file *file = &listing->files[listing->count++];
    *file = (struct hearth_source_file){.path = hearth_arena_strdup(arena, path),
                                        .size = status.st_size,
                                        .sha256 = "",
                                        .etag = "",
                                        .url = hearth_arena_strdup(arena, resolved)};
    return file->path && file->url ? 0 : no_room(error);
}

/* One level down only, into the numbered modules of sentence-transformers (1_Pooling). */
static int read_directory(struct listing *listing, const char *relative, int depth,
                          struct hearth_error *error)
{
    struct hearth_arena *arena = listing->query->arena;
    const char *path = hearth_arena_format(arena, "%s/%s", listing->root, relative);
    DIR *directory = path ? opendir(path) : NULL;
    int rc = 0;
    if (!directory)
        return hearth_error_set_errno(error, errno, "%.300s", path ? path : "");
    for (struct dirent *entry; !rc && (entry = readdir(directory));) {
        /* Only real folders: a link to one (DT_LNK) could lead out of the directory, or in a
         * circle. */
        bool is_module = depth < DEPTH_MAX && entry->d_type == DT_DIR && entry->d_name[0] >= '0' &&
                         entry->d_name[0] <= '9';
        const char *name =
            hearth_arena_format(arena, "%s%s%s", relative, *relative ? "/" : "", entry->d_name);
        if (!name)
            rc = no_room(error);
        else if (is_module)
            rc = read_directory(listing, name, depth + 1, error);
        else if (entry->d_type != DT_DIR)
            rc = add_file(listing, name, error);
    }
    closedir(directory);
    return rc;
}

/* So that the same directory always gives the same order, whatever the disk's. */
static int compare_paths(const void *a, const void *b)
{
    const struct hearth_source_file *left = a, *right = b;
    return strcmp(left->path, right->path);
}

/* The directory may be a stranger's: a link in it could name any file that this user can read. */
static int refuse_links_out(const struct listing *listing, struct hearth_error *error)
{
    for (size_t i = 0; i < listing->count; i++)
        if (!lies_within(listing->files[i].url, listing->root))
            return hearth_error_set(error, HEARTH_EPATH,
                                    "%.300s/%s is a link out of the directory; copy the directory "
                                    "first (cp -rL)",
                                    listing->root, listing->files[i].path);
    return 0;
}

/* By its first bytes, so that what is not a model is refused before it is copied. */
static int check_magic(const struct hearth_source_file *file, struct hearth_error *error)
{
    char start[16];
    int descriptor = open(file->url, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (descriptor < 0)
        return set_path_fault(error, errno, file->url);
    ssize_t got = read(descriptor, start, sizeof(start));
    /* close may change errno. */
    int errnum = errno;
    close(descriptor);
    if (got < 0)
        return hearth_error_set_errno(error, errnum, "%.300s", file->url);
    const char *what = hearth_file_kind(start, (size_t)got);
    if (!what)
        return 0;
    /* The usual mistake: the weights were given alone. */
    bool is_safetensors = strcmp(what, "a safetensors file") == 0;
    return hearth_error_set(error, HEARTH_EMODEL, "%.300s is %s%s", file->url, what,
                            is_safetensors
                                ? ": give the directory that also has its config.json"
                                : ", not a model (a GGUF file or a Hugging Face directory)");
}

/* Parts are named NAME-00001-of-00003.gguf (llama.cpp's gguf-split); whichever is given, all are
 * wanted. */
static int list_parts(struct listing *listing, const char *base, struct hearth_error *error)
{
    size_t stem;
    unsigned part, parts;
    if (!hearth_source_split_name(base, &stem, &part, &parts))
        return add_file(listing, base, error);
    if (parts == 0 || parts > LISTING_MAX)
        return no_room(error);
    for (unsigned i = 1; i <= parts; i++) {
        const char *name = hearth_arena_format(listing->query->arena, "%.*s-%05u-of-%05u.gguf",
                                               (int)stem, base, i, parts);
        int rc = name ? add_file(listing, name, error) : no_room(error);
        if (rc)
            return rc;
    }
    return 0;
}

/* One file: its name may be anything, its bytes must be a GGUF's. */
static int resolve_one(struct listing *listing, char *path, int64_t size,
                       struct hearth_error *error)
{
    struct hearth_source_file only = {
        .path = "model.gguf", .size = size, .sha256 = "", .etag = "", .url = path};
    int rc = check_magic(&only, error);
    if (rc)
        return rc;
    char *slash = strrchr(path, '/');
    if (!hearth_text_ends(path, ".gguf") || hearth_source_path_check(slash + 1, NULL)) {
        listing->files[listing->count++] = only;
        return 0;
    }
    listing->root = slash == path
                        ? ""
                        : hearth_arena_strndup(listing->query->arena, path, (size_t)(slash - path));
    rc = listing->root ? list_parts(listing, slash + 1, error) : no_room(error);
    for (size_t i = 0; !rc && i < listing->count; i++)
        rc = check_magic(&listing->files[i], error);
    return rc;
}

/* Links are judged only now, when it is known which files are wanted. */
static int resolve_directory(struct listing *listing, struct hearth_error *error)
{
    int rc = read_directory(listing, "", 0, error);
    if (rc)
        return rc;
    qsort(listing->files, listing->count, sizeof(listing->files[0]), compare_paths);
    rc = hearth_source_select(listing->files, &listing->count, NULL, listing->root, error);
    if (!rc)
        rc = refuse_links_out(listing, error);
    for (size_t i = 0; !rc && i < listing->count; i++)
        if (hearth_text_ends(listing->files[i].path, ".gguf"))
            rc = check_magic(&listing->files[i], error);
    return rc;
}

static int find_path(const struct hearth_source_query *query, char **ret_path,
                     struct stat *ret_status, struct hearth_error *error)
{
    const char *base = query->options->base_directory, *given = query->rest;
    char resolved[PATH_MAX];
    /* From a request: its sender does not share our folder. */
    if (given[0] != '/' && query->options->absolute_only)
        return hearth_error_set(error, HEARTH_EPATH, "%.300s is not an absolute path", given);
    if (given[0] != '/' && base)
        given = hearth_arena_format(query->arena, "%s/%s", base, given);
    if (!given)
        return no_room(error);
    if (!realpath(given, resolved) || stat(resolved, ret_status))
        return set_path_fault(error, errno, given);
    *ret_path = hearth_arena_strdup(query->arena, resolved);
    return *ret_path ? 0 : no_room(error);
}

static int resolve_file(const struct hearth_source_query *query, struct hearth_source *source,
                        struct hearth_error *error)
{
    char *path;
    struct stat status;
    int rc = find_path(query, &path, &status, error);
    if (rc)
        return rc;
    source->name = hearth_source_name(query->arena, path);
    struct listing *listing = hearth_calloc(1, sizeof(*listing));
    listing->query = query;
    listing->root = path;
    if (S_ISDIR(status.st_mode))
        rc = resolve_directory(listing, error);
    else if (S_ISREG(status.st_mode))
        rc = resolve_one(listing, path, status.st_size, error);
    else
        rc =
            hearth_error_set(error, HEARTH_EPATH, "%.300s is neither a file nor a directory", path);
    size_t bytes = listing->count * sizeof(listing->files[0]);
    source->files = rc ? NULL : hearth_arena_alloc(query->arena, bytes);
    if (!rc && !source->files)
        rc = no_room(error);
    if (!rc)
        memcpy(source->files, listing->files, bytes);
    source->file_count = listing->count;
    hearth_free(listing);
    return rc;
}

const struct hearth_source_ops hearth_source_file_ops = {
    .scheme = "file",
    .check = check_file,
    .resolve = resolve_file,
};
