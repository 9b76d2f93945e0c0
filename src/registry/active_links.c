/* HOME/artifacts/active/NAME/NUMBER/: a version's files under their own names, as links to blobs;
 * and HOME/artifacts/archive likewise, for those that another version has superseded.
 *
 * Hard links, because a confined worker may then be given this folder alone; symbolic ones where
 * the file system has no hard links. A folder is made under another name and renamed, so that it is
 * whole or not there. */
#include "base/error.h"
#include "base/out_file.h"
#include "blob/blob.h"
#include "registry/registry_parts.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A path that does not fit is an error and never a shorter path, which would be another file. */
static int join(char *ret_path, size_t size, struct hearth_error *error, const char *folder,
                const char *name)
{
    int length = snprintf(ret_path, size, "%s/%s", folder, name);
    if (length < 0 || (size_t)length >= size)
        return hearth_error_set(error, HEARTH_ETOOLARGE, "the path of the home is too long");
    return 0;
}

/* HOME/artifacts/active/MODEL/NUMBER (or archive), or below the folder of the settings; number 0 is
 * the model's own folder. */
static int place_of(const struct hearth_registry *registry, bool is_archived, const char *model,
                    int64_t number, char *ret_path, size_t size, struct hearth_error *error)
{
    const char *directory = is_archived ? registry->archive_directory : registry->active_directory;
    /* A name has at most 96 letters and a number at most 19 digits. */
    char below[160];
    if (directory)
        snprintf(below, sizeof(below), "%s/%lld", model, (long long)number);
    else
        snprintf(below, sizeof(below), "artifacts/%s/%s/%lld", is_archived ? "archive" : "active",
                 model, (long long)number);
    if (!number)
        *strrchr(below, '/') = '\0';
    return join(ret_path, size, error, directory ? directory : registry->home, below);
}

static int version_folder(const struct hearth_registry *registry, const char *model, int64_t number,
                          char *ret_path, size_t size, struct hearth_error *error)
{
    return place_of(registry, false, model, number, ret_path, size, error);
}

/* Makes the folders above a file, from the first `/` behind `from` on. */
static int make_parents(char *path, size_t from, struct hearth_error *error)
{
    for (char *slash = strchr(path + from, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int rc = mkdir(path, 0700) && errno != EEXIST
                     ? hearth_error_set_errno(error, errno, "%.300s", path)
                     : 0;
        *slash = '/';
        if (rc)
            return rc;
    }
    return 0;
}

/* The same file by device and number (inode), whatever it is called; a symbolic link is followed.
 */
static bool same_file(const char *a, const char *b)
{
    struct stat left, right;
    return stat(a, &left) == 0 && stat(b, &right) == 0 && left.st_dev == right.st_dev &&
           left.st_ino == right.st_ino;
}

/* The reasons for which a file system refuses hard links: another disk, none at all, too many of
 * one file, or a rule against linking what is not one's own. */
static int link_blob(const char *blob, const char *path, struct hearth_error *error)
{
    if (link(blob, path) == 0)
        return 0;
    bool has_no_hard_links = errno == EXDEV || errno == EPERM || errno == EMLINK ||
                             errno == EOPNOTSUPP || errno == EACCES;
    if (has_no_hard_links && symlink(blob, path) == 0)
        return 0;
    return hearth_error_set_errno(error, errno, "%.300s", path);
}

/* A link that leads elsewhere makes the whole folder stale. */
static bool is_whole(struct hearth_registry *registry, const char *folder,
                     const struct hearth_file *files, size_t count)
{
    char blob[PATH_MAX], path[PATH_MAX];
    for (size_t i = 0; i < count; i++)
        if (hearth_blob_path(registry->blobs, files[i].sha256, blob, sizeof(blob), NULL) ||
            join(path, sizeof(path), NULL, folder, files[i].path) || !same_file(blob, path))
            return false;
    return true;
}

/* Paths were checked when the source was read; here they are checked again, because here they are
 * used. */
static int fill(struct hearth_registry *registry, const char *folder,
                const struct hearth_file *files, size_t count, struct hearth_error *error)
{
    char blob[PATH_MAX], path[PATH_MAX];
    for (size_t i = 0; i < count; i++) {
        int rc = hearth_source_path_check(files[i].path, error);
        if (!rc)
            rc = hearth_blob_path(registry->blobs, files[i].sha256, blob, sizeof(blob), error);
        if (rc) {
            hearth_error_prefix(error, "%.200s", files[i].path);
            return rc;
        }
        rc = join(path, sizeof(path), error, folder, files[i].path);
        if (!rc)
            rc = make_parents(path, strlen(folder) + 1, error);
        if (!rc)
            rc = link_blob(blob, path, error);
        if (rc)
            return rc;
    }
    return 0;
}

/* One thread at a time, so that what a killed process left under the other name can be cleared. */
static int make_folder(struct hearth_registry *registry, const char *folder,
                       const struct hearth_file *files, size_t count, struct hearth_error *error)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    char fresh[PATH_MAX];
    /* The slash at the end lets make_parents make the folder itself too. */
    int length = snprintf(fresh, sizeof(fresh), "%s.new/", folder);
    if (length < 0 || (size_t)length >= sizeof(fresh))
        return hearth_error_set(error, HEARTH_ETOOLARGE, "the path of the home is too long");
    pthread_mutex_lock(&mutex);
    hearth_folder_remove(fresh);
    int rc = make_parents(fresh, 1, error);
    fresh[length - 1] = '\0';
    if (!rc)
        rc = fill(registry, fresh, files, count, error);
    if (!rc) {
        hearth_folder_remove(folder);
        if (rename(fresh, folder))
            rc = hearth_error_set_errno(error, errno, "%.300s", folder);
    }
    if (rc)
        hearth_folder_remove(fresh);
    pthread_mutex_unlock(&mutex);
    return rc;
}

/* What cannot be removed is left: links take no room, and the next install clears them. */
static void remove_place(struct hearth_registry *registry, bool is_archived, const char *model,
                         int64_t number)
{
    char folder[PATH_MAX];
    if (place_of(registry, is_archived, model, number, folder, sizeof(folder), NULL))
        return;
    hearth_folder_remove(folder);
    if (number) { /* the model's own folder goes with its last version */
        *strrchr(folder, '/') = '\0';
        rmdir(folder);
    }
}

/* One GGUF, the first part of a split one, or a script is itself what an engine opens. */
static const char *entry_file(const struct hearth_file *files, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(files[i].path);
        bool is_gguf = length > 5 && strcmp(files[i].path + length - 5, ".gguf") == 0;
        if (is_gguf && (count == 1 || strstr(files[i].path, "-00001-of-")))
            return files[i].path;
    }
    return count == 1 ? files[0].path : NULL;
}

int hearth_active_links_make(struct hearth_registry *registry, const char *model, int64_t number,
                             const struct hearth_file *files, size_t count, char *ret_path,
                             size_t size, struct hearth_error *error)
{
    char folder[PATH_MAX];
    int rc = version_folder(registry, model, number, folder, sizeof(folder), error);
    if (rc)
        return rc;
    if (!is_whole(registry, folder, files, count)) {
        rc = make_folder(registry, folder, files, count, error);
        if (rc)
            return rc;
        remove_place(registry, true, model, number);
    }
    /* A model of one file is given as that file, all others as their folder. */
    const char *entry = entry_file(files, count);
    if (entry)
        return join(ret_path, size, error, folder, entry);
    if (strlen(folder) >= size)
        return hearth_error_set(error, HEARTH_ETOOLARGE, "the path of the home is too long");
    memcpy(ret_path, folder, strlen(folder) + 1);
    return 0;
}

void hearth_active_links_remove(struct hearth_registry *registry, const char *model, int64_t number)
{
    remove_place(registry, false, model, number);
    remove_place(registry, true, model, number);
}

int hearth_registry_place(const struct hearth_registry *registry, const char *model, int64_t number,
                          char *ret_path, size_t size, struct hearth_error *error)
{
    for (int is_archived = 0; is_archived < 2; is_archived++) {
        int rc = place_of(registry, is_archived, model, number, ret_path, size, error);
        if (rc || access(ret_path, F_OK) == 0)
            return rc;
    }
    return hearth_error_set(error, HEARTH_ENOTFOUND, "no files of %s:%lld are here", model,
                            (long long)number);
}

/* The new place is whole before the old one goes. */
int hearth_registry_archive(struct hearth_registry *registry, const struct hearth_model *model,
                            const struct hearth_version *version, struct hearth_error *error)
{
    char active[PATH_MAX], archive[PATH_MAX];
    int rc = version_folder(registry, model->name, version->number, active, sizeof(active), error);
    if (rc || access(active, F_OK))
        return rc;
    rc = place_of(registry, true, model->name, version->number, archive, sizeof(archive), error);
    if (!rc)
        rc = make_folder(registry, archive, version->files, version->file_count, error);
    if (!rc)
        remove_place(registry, false, model->name, version->number);
    return rc;
}

int hearth_active_links_check(struct hearth_registry *registry, const char *model, int64_t number,
                              const struct hearth_file *file, struct hearth_error *error)
{
    char folder[PATH_MAX], blob[PATH_MAX], path[PATH_MAX];
    int rc = version_folder(registry, model, number, folder, sizeof(folder), error);
    if (rc || access(folder, F_OK)) /* without a folder there is nothing that could differ */
        return rc;
    rc = hearth_blob_path(registry->blobs, file->sha256, blob, sizeof(blob), error);
    if (!rc)
        rc = join(path, sizeof(path), error, folder, file->path);
    if (!rc && !same_file(blob, path))
        rc = hearth_error_set(error, HEARTH_EDIGEST,
                              "%s was replaced or deleted by another program", path);
    return rc;
}
