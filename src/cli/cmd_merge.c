/* merge: makes one model of a base and an adapter, for programs that know no adapters. It works
 * beside a running server, since it only reads the home. */
#include "base/error.h"
#include "base/out_file.h"
#include "cli/command.h"
#include "cli/local.h"
#include "cli/print_json.h"
#include "jobs/job_files.h"
#include "jobs/trainer_process.h"
#include "loop/loop.h"
#include "registry/base_version.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct merging {
    struct hearth_loop *loop;
    struct hearth_trainer *trainer;
    json_t *files;
    struct hearth_error error;
};

static void on_event(void *argument, const json_t *event)
{
    (void)argument, (void)event;
}

static void on_end(void *argument, const struct hearth_trainer_end *end)
{
    struct merging *merging = argument;
    if (end->result)
        merging->files = json_incref(json_object_get(end->result, "files"));
    else
        merging->error = end->error;
    hearth_loop_stop(merging->loop);
}

/* Where base and adapter lie, in the arena. */
struct sources {
    const char *version; /* "name:number" */
    char base[PATH_MAX], adapter[PATH_MAX];
    const char *base_name;
};

static int find_sources(struct hearth_storage *local, struct hearth_arena *arena,
                        const char *reference, struct sources *ret, struct hearth_error *error)
{
    struct hearth_model *model, *base_model;
    struct hearth_version *version, *base;
    int rc = hearth_base_version_resolve(local->store, reference, arena, &model, &version, error);
    if (!rc && !version->base_version_id)
        rc = hearth_error_set(error, HEARTH_EINVAL,
                              "%s:%lld is no adapter: there is nothing to merge", model->name,
                              (long long)version->number);
    if (!rc)
        rc = hearth_base_version_find(local->store, version->base_version_id, arena, &base_model,
                                      &base, error);
    if (!rc)
        rc = hearth_registry_path(&local->registry, base_model, base, ret->base, sizeof(ret->base),
                                  error);
    if (!rc)
        rc = hearth_registry_adapter_path(&local->registry, model, version, ret->adapter,
                                          sizeof(ret->adapter), error);
    if (rc)
        return rc;
    ret->version = hearth_arena_format(arena, "%s:%lld", model->name, (long long)version->number);
    ret->base_name =
        hearth_arena_format(arena, "%s:%lld", base_model->name, (long long)base->number);
    return 0;
}

/* Blocks until the trainer has ended. */
static int merge(const struct hearth_invocation *invocation, const struct sources *sources,
                 const char *folder, json_t **ret_files, struct hearth_error *error)
{
    static const struct hearth_trainer_events events = {.on_event = on_event, .on_end = on_end};
    const char *type = hearth_invocation_option(invocation, "type");
    struct merging merging = {.loop = hearth_loop_create()};
    json_t *order =
        json_pack("{s:s, s:s, s:{s:s, s:s}, s:s, s:s, s:s}", "job", "merge", "work", "merge",
                  "base", "path", sources->base, "name", sources->base_name, "adapter",
                  sources->adapter, "type", type ? type : "keep", "output", folder);
    const struct hearth_trainer_options options = {
        .loop = merging.loop,
        .settings = invocation->settings,
        .subject = sources->version,
        .order = order,
        .events = &events,
        .argument = &merging,
    };
    int rc = hearth_trainer_start(&options, &merging.trainer, error);
    if (!rc) {
        hearth_loop_run(merging.loop);
        hearth_trainer_destroy(merging.trainer);
        rc = merging.error.code;
        *error = merging.error;
    }
    json_decref(order);
    hearth_loop_destroy(merging.loop);
    *ret_files = merging.files;
    return rc;
}

/* One file takes the name that was asked for; several become a folder of that name. */
static int place(const char *folder, const json_t *files, const char *out,
                 struct hearth_error *error)
{
    char from[2 * PATH_MAX];
    if (json_array_size(files) == 1)
        snprintf(from, sizeof(from), "%.4000s/artifacts/%.256s", folder,
                 json_string_value(json_array_get(files, 0)));
    else
        snprintf(from, sizeof(from), "%.4000s/artifacts", folder);
    return rename(from, out) ? hearth_error_set_errno(error, errno, "%.300s", out) : 0;
}

/* Beside the result, so that it appears whole, by a rename. */
static int make(const struct hearth_invocation *invocation, const struct sources *sources,
                const char *out, struct hearth_error *error)
{
    char parent[PATH_MAX], folder[PATH_MAX + 64];
    const char *slash = strrchr(out, '/');
    json_t *files = NULL;
    snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - out + 1) : 2,
             slash ? out : "./");
    if (!realpath(folder, parent))
        return hearth_error_set_errno(error, errno, "%.300s", folder);
    snprintf(folder, sizeof(folder), "%.4000s/.hearth-merge-%d", parent, (int)getpid());
    int rc = hearth_job_folder_make(folder, error);
    if (!rc)
        rc = merge(invocation, sources, folder, &files, error);
    if (!rc)
        rc = place(folder, files, out, error);
    hearth_folder_remove(folder);
    json_decref(files);
    return rc;
}

static int report(const struct hearth_invocation *invocation, const struct sources *sources,
                  const char *out, struct hearth_error *error)
{
    if (invocation->json)
        return hearth_print_json(json_pack("{s:s, s:s, s:s}", "path", out, "version",
                                           sources->version, "base", sources->base_name),
                                 error);
    printf("merged %s into %s: %s\n", sources->version, sources->base_name, out);
    return 0;
}

int hearth_cli_merge(struct hearth_invocation *invocation, struct hearth_error *error)
{
    const char *out = invocation->arguments[1];
    struct hearth_storage local;
    struct sources sources;
    if (access(out, F_OK) == 0)
        return hearth_error_set(error, HEARTH_ECONFLICT, "%.300s is there already", out);
    int rc = hearth_local_open(invocation, false, &local, error);
    if (rc)
        return rc;
    rc = find_sources(&local, invocation->arena, invocation->arguments[0], &sources, error);
    if (!rc)
        rc = make(invocation, &sources, out, error);
    if (!rc)
        rc = report(invocation, &sources, out, error);
    hearth_storage_close(&local);
    return rc;
}
