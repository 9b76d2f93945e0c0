/* The work of merging: a model of a base and an adapter, in `artifacts` of the job's folder. */
#include "base/error.h"
#include "base/out_file.h"
#include "train/job.h"
#include "train/merge.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static bool is_whole(const char *name)
{
    size_t length = strlen(name), tail = strlen(".partial");
    return name[0] != '.' && !(length > tail && strcmp(name + length - tail, ".partial") == 0);
}

/* By name. */
static void insert(json_t *files, const char *name)
{
    size_t at = 0;
    while (at < json_array_size(files) &&
           strcmp(json_string_value(json_array_get(files, at)), name) < 0)
        at++;
    json_array_insert_new(files, at, json_string(name));
}

static int list_files(const char *path, json_t **ret_result, struct hearth_error *error)
{
    const struct dirent *entry;
    DIR *folder = opendir(path);
    if (!folder)
        return hearth_error_set(error, HEARTH_EIO, "%s cannot be read", path);
    json_t *files = json_array();
    while ((entry = readdir(folder)))
        if (is_whole(entry->d_name))
            insert(files, entry->d_name);
    closedir(folder);
    *ret_result = json_pack("{s:o}", "files", files);
    return 0;
}

int hearth_job_merge(const struct hearth_job_order *order, json_t **ret_result,
                     struct hearth_error *error)
{
    char folder[PATH_MAX];
    int length = snprintf(folder, sizeof(folder), "%s/artifacts", order->output);
    if (length < 0 || (size_t)length >= sizeof(folder))
        return hearth_error_set(error, HEARTH_EPATH, "the path of output is too long");
    int rc = hearth_out_folder(order->output, "artifacts", error);
    if (!rc)
        rc = hearth_merge(order->base_path, order->adapter, order->type, folder, error);
    return rc ? rc : list_files(folder, ret_result, error);
}
