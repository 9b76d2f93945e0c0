#include "cli/local.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "blob/blob.h"

#include <string.h>

static int open_store(struct hearth_local *local, struct hearth_error *error)
{
    const char *path = hearth_home_database(local->home);
    return path ? hearth_store_open_sqlite(path, NULL, &local->store, error)
                : hearth_store_open_memory(NULL, &local->store, error);
}

int hearth_local_open(const struct hearth_invocation *invocation, bool writes,
                      struct hearth_local *ret_local, struct hearth_error *error)
{
    const struct hearth_settings *settings = invocation->settings;
    *ret_local = (struct hearth_local){.home = NULL};
    int rc = hearth_home_open(settings, &ret_local->home, error);
    if (!rc && writes)
        rc = hearth_home_lock(ret_local->home, error);
    if (!rc)
        rc = open_store(ret_local, error);
    if (!rc)
        rc = hearth_blob_open_files(hearth_home_directory(ret_local->home), &ret_local->blobs,
                                    error);
    if (rc) {
        hearth_local_close(ret_local);
        return rc;
    }
    ret_local->sources = (struct hearth_source_options){
        .hf_endpoint = settings->hf_endpoint,
        .hf_token = *settings->hf_token ? settings->hf_token : NULL,
        .base_directory = invocation->origins.project_directory,
        .retries = (uint32_t)settings->download_retries,
    };
    ret_local->registry = (struct hearth_registry){
        .store = ret_local->store,
        .blobs = ret_local->blobs,
        .home = hearth_home_directory(ret_local->home),
        .active_directory = hearth_home_active(ret_local->home),
        .sources = &ret_local->sources,
    };
    return 0;
}

void hearth_local_close(struct hearth_local *local)
{
    hearth_store_close(local->store);
    if (local->blobs)
        hearth_blob_close(local->blobs);
    hearth_home_close(local->home);
    *local = (struct hearth_local){.home = NULL};
}

static int no_such_model(struct hearth_local *local, struct hearth_arena *arena, const char *name,
                         struct hearth_error *error)
{
    struct hearth_model *models = NULL;
    size_t count = 0;
    const struct hearth_model_filter filter = {.limit = 1000};
    const char *near = NULL;
    if (!hearth_store_model_list(local->store, &filter, arena, &models, &count, NULL, NULL)) {
        const char **names = hearth_arena_alloc(arena, (count + 1) * sizeof(*names));
        for (size_t i = 0; names && i < count; i++)
            names[i] = models[i].name;
        near = names ? hearth_nearest_word(name, names) : NULL;
    }
    return hearth_error_set(error, HEARTH_ENOMODEL, "there is no model '%s'%s%s%s", name,
                            near ? "; did you mean '" : "; see hearth list", near ? near : "",
                            near ? "'?" : "");
}

int hearth_local_model(struct hearth_local *local, struct hearth_arena *arena, const char *name,
                       struct hearth_model **ret_model, struct hearth_error *error)
{
    int64_t id;
    int rc = hearth_parse_int(name, 1, INT64_MAX, &id)
                 ? hearth_store_model_get(local->store, name, arena, ret_model, error)
                 : hearth_store_model_get_id(local->store, id, arena, ret_model, error);
    if (rc == HEARTH_ENOMODEL || rc == HEARTH_ENOTFOUND)
        return no_such_model(local, arena, name, error);
    return rc;
}

static json_t *json_of_text(const char *text)
{
    json_t *value = hearth_json_parse(text, strlen(text), NULL);
    return value ? value : json_object();
}

static json_t *json_of_time(int64_t wall_ms)
{
    char text[25];
    hearth_clock_iso8601(wall_ms, text);
    return json_string(text);
}

static json_t *files_json(const struct hearth_version *version, json_int_t *ret_size)
{
    json_t *files = json_array();
    *ret_size = 0;
    for (size_t i = 0; i < version->file_count; i++) {
        const struct hearth_file *file = &version->files[i];
        json_array_append_new(files, json_pack("{s:s, s:I, s:s}", "path", file->path, "size",
                                               (json_int_t)file->size, "sha256", file->sha256));
        *ret_size += file->size;
    }
    return files;
}

static json_t *version_json(const struct hearth_version *version)
{
    json_int_t size;
    json_t *files = files_json(version, &size);
    return json_pack(
        "{s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:I, s:o, s:o, s:o, s:o, s:o}", "model_id",
        (json_int_t)version->model_id, "version", (json_int_t)version->number, "label",
        version->label, "state", hearth_version_state_name(version->state), "reason",
        version->state_reason, "source", version->source, "source_revision",
        version->source_revision, "engine", version->engine, "files", files, "size", size,
        "metrics", json_of_text(version->metrics_json), "lineage",
        json_of_text(version->lineage_json), "facts", json_of_text(version->facts_json),
        "created_at", json_of_time(version->created_ms), "updated_at",
        json_of_time(version->updated_ms));
}

/* The aliases as an object, and which version `default` is. */
static int aliases_json(struct hearth_local *local, struct hearth_arena *arena, int64_t model_id,
                        json_t **ret_aliases, int64_t *ret_default, struct hearth_error *error)
{
    struct hearth_alias *aliases = NULL;
    size_t count = 0;
    int rc = hearth_store_alias_list(local->store, model_id, arena, &aliases, &count, error);
    if (rc)
        return rc;
    *ret_default = 0;
    *ret_aliases = json_object();
    for (size_t i = 0; i < count; i++) {
        json_object_set_new(*ret_aliases, aliases[i].name,
                            json_integer((json_int_t)aliases[i].number));
        if (strcmp(aliases[i].name, "default") == 0)
            *ret_default = aliases[i].number;
    }
    return 0;
}

static json_t *number_or_null(int64_t number)
{
    return number ? json_integer((json_int_t)number) : json_null();
}

/* The version that the bare name means, else the newest; NULL without versions. */
static const struct hearth_version *meant(const struct hearth_version *versions, size_t count,
                                          int64_t number)
{
    for (size_t i = 0; i < count; i++)
        if (versions[i].number == number)
            return &versions[i];
    return count ? &versions[count - 1] : NULL;
}

int hearth_local_model_json(struct hearth_local *local, struct hearth_arena *arena,
                            const struct hearth_model *model, json_t **ret_model,
                            struct hearth_error *error)
{
    struct hearth_version *versions = NULL;
    size_t count = 0;
    json_t *aliases = NULL;
    int64_t chosen = 0, latest = 0;
    int rc = hearth_store_version_list(local->store, model->id, arena, &versions, &count, error);
    if (!rc)
        rc = aliases_json(local, arena, model->id, &aliases, &chosen, error);
    if (rc)
        return rc;
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(list, version_json(&versions[i]));
        if (versions[i].state == HEARTH_VERSION_READY)
            latest = versions[i].number;
    }
    const struct hearth_version *one = meant(versions, count, chosen ? chosen : latest);
    *ret_model = json_pack(
        "{s:I, s:s, s:s, s:s, s:o, s:s, s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:I, s:o, s:o}", "id",
        (json_int_t)model->id, "name", model->name, "task", model->task, "description",
        model->description, "tags", json_of_text(model->tags_json), "base_model", model->base_model,
        "device", model->device, "settings", json_of_text(model->settings_json), "state",
        one ? hearth_version_state_name(one->state) : "registered", "default_version",
        number_or_null(chosen ? chosen : latest), "latest_version", number_or_null(latest),
        "aliases", aliases, "versions", list, "revision", (json_int_t)model->revision, "created_at",
        json_of_time(model->created_ms), "updated_at", json_of_time(model->updated_ms));
    return *ret_model ? 0 : hearth_error_set(error, HEARTH_ENOMEM, "out of memory");
}

int hearth_local_models_json(struct hearth_local *local, struct hearth_arena *arena,
                             const struct hearth_model_filter *filter, json_t **ret_models,
                             struct hearth_error *error)
{
    struct hearth_model *models = NULL;
    size_t count = 0;
    int64_t total = 0;
    int rc = hearth_store_model_list(local->store, filter, arena, &models, &count, &total, error);
    if (rc)
        return rc;
    json_t *list = json_array();
    for (size_t i = 0; !rc && i < count; i++) {
        json_t *one = NULL;
        rc = hearth_local_model_json(local, arena, &models[i], &one, error);
        if (!rc)
            json_array_append_new(list, one);
    }
    if (rc) {
        json_decref(list);
        return rc;
    }
    *ret_models = json_pack("{s:o, s:I, s:i, s:I}", "models", list, "total", (json_int_t)total,
                            "page", 1, "limit", (json_int_t)filter->limit);
    return 0;
}
