#include "track/artifact_list.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct listing {
    const char *folder;
    char *paths[HEARTH_ARTIFACTS_MAX];
    size_t count;
};

static int walk(struct listing *listing, const char *inner, int depth, struct hearth_error *error);

static int take(struct listing *listing, const char *inner, const char *name, int depth,
                struct hearth_error *error)
{
    struct stat facts;
    char *path = *inner ? hearth_format("%s/%s", inner, name) : hearth_strdup(name);
    char *full = hearth_format("%s/%s", listing->folder, path);
    int rc = 0;
    if (lstat(full, &facts))
        rc = errno == ENOENT ? 0 : hearth_error_set_errno(error, errno, "cannot look at %s", full);
    else if (S_ISDIR(facts.st_mode))
        rc = walk(listing, path, depth + 1, error);
    else if (S_ISREG(facts.st_mode) && listing->count == HEARTH_ARTIFACTS_MAX)
        rc = hearth_error_set(error, HEARTH_ETOOLARGE, "%.200s has more than %d files",
                              listing->folder, HEARTH_ARTIFACTS_MAX);
    else if (S_ISREG(facts.st_mode) && hearth_inner_path_valid(path))
        listing->paths[listing->count++] = hearth_strdup(path);
    hearth_free(path);
    hearth_free(full);
    return rc;
}

static int walk(struct listing *listing, const char *inner, int depth, struct hearth_error *error)
{
    if (depth > HEARTH_ARTIFACT_DEPTH_MAX)
        return hearth_error_set(error, HEARTH_ETOOLARGE, "%.200s has folders within folders",
                                listing->folder);
    char *full = hearth_format("%s%s%s", listing->folder, *inner ? "/" : "", inner);
    DIR *open_folder = opendir(full);
    int rc = open_folder ? 0 : hearth_error_set_errno(error, errno, "cannot read %.300s", full);
    const struct dirent *entry;
    while (!rc && (entry = readdir(open_folder)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            rc = take(listing, inner, entry->d_name, depth, error);
    if (open_folder)
        closedir(open_folder);
    hearth_free(full);
    return rc;
}

int hearth_artifact_list(const char *folder, json_t **ret_paths, struct hearth_error *error)
{
    struct listing *listing = hearth_calloc(1, sizeof(*listing));
    listing->folder = folder;
    int rc = walk(listing, "", 0, error);
    qsort(listing->paths, listing->count, sizeof(listing->paths[0]), hearth_text_order);
    *ret_paths = rc ? NULL : json_array();
    for (size_t i = 0; i < listing->count; i++) {
        if (!rc)
            json_array_append_new(*ret_paths, json_string(listing->paths[i]));
        hearth_free(listing->paths[i]);
    }
    hearth_free(listing);
    return rc;
}
