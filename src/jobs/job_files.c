#include "jobs/job_files.h"

#include "base/arena.h"
#include "base/memory.h"
#include "base/out_file.h"
#include "catalog/catalog.h"
#include "registry/adopt.h"
#include "registry/install.h"

#include <stdio.h>
#include <string.h>

enum { ARENA_MAX = 64 << 20, TEXT_MAX = 1 << 20 };

int hearth_job_folder_make(const char *folder, struct hearth_error *error)
{
    char parent[4096];
    const char *slash = strrchr(folder, '/');
    snprintf(parent, sizeof(parent), "%.*s", (int)(slash - folder), folder);
    return hearth_out_folder(parent, slash + 1, error);
}

static char *text_of(const json_t *value)
{
    struct hearth_buf text;
    hearth_buf_init(&text, TEXT_MAX);
    if (value && hearth_json_dump(&text, value) == 0)
        return hearth_buf_take(&text);
    hearth_buf_finish(&text);
    return hearth_strdup("{}");
}

static int take_files(struct hearth_job_adoption *adoption, struct hearth_error *error)
{
    size_t index;
    json_t *name;
    json_array_foreach(json_object_get(adoption->result, "files"), index, name)
    {
        if (!json_is_string(name) || index >= sizeof(adoption->files) / sizeof(adoption->files[0]))
            return hearth_error_set(error, HEARTH_EPARSE, "the trainer's list of files is none");
        adoption->files[adoption->file_count++] = json_string_value(name);
    }
    return adoption->file_count
               ? 0
               : hearth_error_set(error, HEARTH_EPARSE, "the trainer has written no files");
}

int hearth_job_adoption_init(struct hearth_job_adoption *adoption,
                             const struct hearth_job_adoption_request *request,
                             struct hearth_error *error)
{
    *adoption = (struct hearth_job_adoption){.request = *request};
    const char **const texts[] = {&adoption->request.folder, &adoption->request.model,
                                  &adoption->request.job, &adoption->request.label};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        *texts[i] = adoption->texts[i] = hearth_strdup(*texts[i]);
    adoption->metrics = text_of(json_object_get(request->result, "metrics"));
    adoption->lineage = text_of(request->lineage);
    adoption->facts = hearth_strdup(request->base->facts_json);
    adoption->engine = hearth_strdup(request->base->engine);
    adoption->result = json_deep_copy(request->result);
    adoption->request.base = hearth_catalog_entry_keep(request->base);
    adoption->request.result = adoption->request.lineage = NULL;
    return take_files(adoption, error);
}

void hearth_job_adoption_finish(struct hearth_job_adoption *adoption)
{
    for (size_t i = 0; i < sizeof(adoption->texts) / sizeof(adoption->texts[0]); i++)
        hearth_free(adoption->texts[i]);
    hearth_free(adoption->metrics);
    hearth_free(adoption->lineage);
    hearth_free(adoption->facts);
    hearth_free(adoption->engine);
    json_decref(adoption->result);
    if (adoption->texts[0])
        hearth_catalog_entry_release(adoption->request.base);
}

/* On the lane */

/* What the store is asked on the way. */
struct rows {
    struct hearth_job_adoption *adoption;
    struct hearth_arena *arena;
    const char *source;
    struct hearth_model *model;
    struct hearth_version *version, *older;
    struct hearth_alias *aliases;
    size_t older_count, alias_count;
    int rc;
};

static int on_store(struct rows *rows, void (*work)(struct hearth_store *store, void *argument))
{
    struct hearth_registry *registry = rows->adoption->request.registry;
    if (!registry->on_store) {
        work(registry->store, rows);
        return 0;
    }
    return registry->on_store(registry->on_store_argument, work, rows);
}

/* The version that an earlier attempt has made, whose end a kill kept us from noting. */
static void find_made(struct hearth_store *store, void *argument)
{
    struct rows *rows = argument;
    struct hearth_job_adoption *adoption = rows->adoption;
    struct hearth_version *versions;
    size_t count;
    adoption->rc = hearth_store_version_list(store, adoption->request.model_id, rows->arena,
                                             &versions, &count, &adoption->error);
    for (size_t i = 0; !adoption->rc && i < count; i++)
        if (strcmp(versions[i].source, rows->source) == 0)
            adoption->version_number = versions[i].number;
}

static void read_made(struct hearth_store *store, void *argument)
{
    struct rows *rows = argument;
    struct hearth_job_adoption *adoption = rows->adoption;
    adoption->rc = hearth_store_model_get_id(store, adoption->request.model_id, rows->arena,
                                             &rows->model, &adoption->error);
    if (!adoption->rc)
        adoption->rc =
            hearth_store_version_get(store, adoption->request.model_id, adoption->version_number,
                                     rows->arena, &rows->version, &adoption->error);
}

static int adopt(struct hearth_job_adoption *adoption, const char *source)
{
    char folder[4200];
    snprintf(folder, sizeof(folder), "%s/artifacts", adoption->request.folder);
    const struct hearth_adoption request = {
        .model_id = adoption->request.model_id,
        .label = adoption->request.label,
        .source = source,
        .engine = adoption->engine,
        .folder = folder,
        .files = adoption->files,
        .file_count = adoption->file_count,
        .base_version_id = adoption->request.is_whole ? 0 : adoption->request.base->version_id,
        .metrics_json = adoption->metrics,
        .lineage_json = adoption->lineage,
        .facts_json = adoption->facts,
    };
    return hearth_registry_adopt(adoption->request.registry, &request, &adoption->version_id,
                                 &adoption->version_number, &adoption->error);
}

static int make(struct rows *rows)
{
    struct hearth_job_adoption *adoption = rows->adoption;
    int rc = on_store(rows, find_made);
    if (!rc)
        rc = adoption->rc;
    if (!rc && !adoption->version_number)
        rc = adopt(adoption, rows->source);
    if (!rc)
        rc = on_store(rows, read_made);
    if (!rc)
        rc = adoption->rc;
    return rc ? rc
              : hearth_registry_path(adoption->request.registry, rows->model, rows->version,
                                     adoption->artifact_path, sizeof(adoption->artifact_path),
                                     &adoption->error);
}

/* Older adapters that no alias points at: the aliases' are what somebody has chosen, and whole
 * models may be bases of others. */

static void list_older(struct hearth_store *store, void *argument)
{
    struct rows *rows = argument;
    struct hearth_job_adoption *adoption = rows->adoption;
    rows->rc = hearth_store_version_list(store, adoption->request.model_id, rows->arena,
                                         &rows->older, &rows->older_count, NULL);
    if (!rows->rc)
        rows->rc = hearth_store_alias_list(store, adoption->request.model_id, rows->arena,
                                           &rows->aliases, &rows->alias_count, NULL);
}

static bool is_superseded(const struct rows *rows, const struct hearth_version *version)
{
    for (size_t i = 0; i < rows->alias_count; i++)
        if (rows->aliases[i].number == version->number)
            return false;
    return version->number < rows->version->number && version->base_version_id &&
           version->state == HEARTH_VERSION_READY;
}

/* What cannot be put away stays in use, which does no harm. */
static void archive_older(struct rows *rows)
{
    struct hearth_error ignored;
    if (on_store(rows, list_older) || rows->rc)
        return;
    for (size_t i = 0; i < rows->older_count; i++)
        if (is_superseded(rows, &rows->older[i]))
            hearth_registry_archive(rows->adoption->request.registry, rows->model, &rows->older[i],
                                    &ignored);
}

void hearth_job_adoption_run(struct hearth_job_adoption *adoption)
{
    char source[128];
    struct rows rows = {.adoption = adoption, .arena = hearth_arena_create(ARENA_MAX)};
    snprintf(source, sizeof(source), "job:%s", adoption->request.job);
    rows.source = source;
    adoption->rc = make(&rows);
    if (adoption->rc && !adoption->error.code)
        hearth_error_set(&adoption->error, adoption->rc, "the store cannot be asked now");
    if (!adoption->rc) {
        archive_older(&rows);
        hearth_folder_remove(adoption->request.folder);
    }
    hearth_arena_destroy(rows.arena);
}
