#include "cli/local.h"

#include "base/error.h"
#include "base/text.h"
#include "jobs/quantizer.h"
#include "registry/model_json.h"
#include "server/probe_settings.h"

#include <string.h>

/* Writing takes the home's lock; reading does not, so that `list` works while a server runs.
 * Relative paths in definitions count from the project's folder, wherever in it the command was
 * typed. */
int hearth_local_open(const struct hearth_invocation *invocation, bool writes,
                      struct hearth_storage *ret_storage, struct hearth_error *error)
{
    struct hearth_probe_options *options = hearth_arena_alloc(invocation->arena, sizeof(*options));
    if (!options)
        return hearth_error_set(error, HEARTH_ENOMEM, "there is not enough memory");
    *options = hearth_probe_settings(invocation->settings);
    const struct hearth_storage_probe probe = {.read = hearth_probe, .argument = options};
    int rc = hearth_storage_open(invocation->settings, NULL, writes, probe, ret_storage, error);
    if (rc)
        return rc;
    ret_storage->sources.base_directory = invocation->origins.project_directory;
    ret_storage->registry.quantizer = hearth_quantizer(invocation->settings);
    return 0;
}

/* Nobody types a name right each time: the nearest one is suggested. */
static int no_such_model(struct hearth_storage *local, struct hearth_arena *arena, const char *name,
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

int hearth_local_model(struct hearth_storage *local, struct hearth_arena *arena, const char *name,
                       struct hearth_model **ret_model, struct hearth_error *error)
{
    int rc = hearth_model_find(local->store, name, arena, ret_model, error);
    return rc == HEARTH_ENOMODEL ? no_such_model(local, arena, name, error) : rc;
}

/* The same members as GET /models answers, so that --json reads alike with and without a server. */
int hearth_local_models_json(struct hearth_storage *local, struct hearth_arena *arena,
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
