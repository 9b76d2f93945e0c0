#include "cli/local.h"

#include "base/error.h"
#include "base/text.h"
#include "blob/blob.h"
#include "gateway/model_json.h"

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
    ret_local->probe = (struct hearth_probe_options){
        .engines_path = settings->engines,
        .sandbox = hearth_sandbox_mode_parse(settings->sandbox),
        .timeout_ms = settings->load_timeout,
    };
    ret_local->registry = (struct hearth_registry){
        .store = ret_local->store,
        .blobs = ret_local->blobs,
        .home = hearth_home_directory(ret_local->home),
        .active_directory = hearth_home_active(ret_local->home),
        .sources = &ret_local->sources,
        .probe = hearth_probe,
        .probe_argument = &ret_local->probe,
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
    int64_t total;
    if (!hearth_store_model_list(local->store, &filter, arena, &models, &count, &total, NULL)) {
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
    int rc = hearth_model_find(local->store, name, arena, ret_model, error);
    return rc == HEARTH_ENOMODEL ? no_such_model(local, arena, name, error) : rc;
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
        rc = hearth_model_json(local->store, &models[i], arena, &one, error);
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
