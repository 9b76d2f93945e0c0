/* What a job leaves behind: an adapter in the forms that were asked for, or a whole model. */
#include "base/error.h"
#include "train/export.h"
#include "train/export_full.h"
#include "train/job_parts.h"

#include <dirent.h>
#include <string.h>

static bool is_whole(const char *name)
{
    size_t length = strlen(name), tail = strlen(".partial");
    return name[0] != '.' && !(length > tail && strcmp(name + length - tail, ".partial") == 0);
}

static void insert_by_name(json_t *files, const char *name)
{
    size_t at = 0;
    while (at < json_array_size(files) &&
           strcmp(json_string_value(json_array_get(files, at)), name) < 0)
        at++;
    json_array_insert_new(files, at, json_string(name));
}

int hearth_job_list_files(const char *folder, json_t **ret_files, struct hearth_error *error)
{
    const struct dirent *entry;
    DIR *listing = opendir(folder);
    if (!listing)
        return hearth_error_set(error, HEARTH_EIO, "%s cannot be read", folder);
    *ret_files = json_array();
    while ((entry = readdir(listing)))
        if (is_whole(entry->d_name))
            insert_by_name(*ret_files, entry->d_name);
    closedir(listing);
    return 0;
}

static json_t *adapter_files(unsigned forms)
{
    const char *files[HEARTH_EXPORT_FILES_MAX];
    size_t count;
    json_t *list = json_array();
    hearth_export_files(forms, files, &count);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(files[i]));
    return list;
}

/* Blocks of integers are coarser than what a step changes: such a base becomes f16. */
static int write_model(struct hearth_job *job, struct hearth_error *error)
{
    const struct hearth_rewrite_watch watch = {.wants_stop = job->listener->wants_stop,
                                               .argument = job->listener->argument};
    bool rounds = hearth_train_base_is_quantized(job->base);
    return hearth_export_full(job->lora, job->order->base_path,
                              rounds ? HEARTH_REWRITE_F16 : HEARTH_REWRITE_KEEP, job->artifacts,
                              &watch, error);
}

int hearth_job_write(struct hearth_job *job, json_t **ret_files, struct hearth_error *error)
{
    unsigned forms = (unsigned)job->order->parameters.exports;
    hearth_job_end_steps(job);
    if (job->order->parameters.method == HEARTH_TRAINING_FULL) {
        int rc = write_model(job, error);
        return rc ? rc : hearth_job_list_files(job->artifacts, ret_files, error);
    }
    int rc = hearth_export_adapter(job->lora, job->order->base_name, forms, job->artifacts, error);
    if (!rc)
        *ret_files = adapter_files(forms);
    return rc;
}
