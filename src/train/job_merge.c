/* The work of merging: a model of a base and an adapter, in `artifacts` of the job's folder. */
#include "base/error.h"
#include "base/out_file.h"
#include "train/job_parts.h"
#include "train/merge.h"

#include <stdio.h>

static int on_plan(void *argument, uint64_t memory_bytes, struct hearth_error *error)
{
    const struct hearth_job_listener *listener = argument;
    return listener->on_plan ? listener->on_plan(listener->argument,
                                                 memory_bytes + HEARTH_JOB_PROCESS_BYTES, error)
                             : 0;
}

static bool wants_stop(void *argument)
{
    const struct hearth_job_listener *listener = argument;
    listener->rest(listener->argument);
    return listener->wants_stop(listener->argument);
}

int hearth_job_merge(const struct hearth_job_order *order,
                     const struct hearth_job_listener *listener, json_t **ret_result,
                     struct hearth_error *error)
{
    const struct hearth_rewrite_watch watch = {wants_stop, on_plan, (void *)listener};
    char folder[PATH_MAX];
    json_t *files = NULL;
    int length = snprintf(folder, sizeof(folder), "%s/artifacts", order->output);
    if (length < 0 || (size_t)length >= sizeof(folder))
        return hearth_error_set(error, HEARTH_EPATH, "the path of output is too long");
    int rc = hearth_out_folder(order->output, "artifacts", error);
    if (!rc)
        rc = hearth_merge(order->base_path, order->adapter, order->type, folder, &watch, error);
    if (!rc)
        rc = hearth_job_list_files(folder, &files, error);
    if (!rc)
        *ret_result = json_pack("{s:o}", "files", files);
    return rc;
}
