#include "registry/base_version.h"

#include "base/error.h"

static struct hearth_version *with_id(struct hearth_version *versions, size_t count, int64_t id)
{
    for (size_t i = 0; i < count; i++)
        if (versions[i].id == id)
            return &versions[i];
    return NULL;
}

/* The store finds versions by model and number only. Adapters are made rarely, and a registry has
 * hundreds of models at most, so all are looked through. */
int hearth_base_version_find(struct hearth_store *store, int64_t version_id,
                             struct hearth_arena *arena, struct hearth_model **ret_model,
                             struct hearth_version **ret_version, struct hearth_error *error)
{
    const struct hearth_model_filter all = {0};
    struct hearth_model *models = NULL;
    size_t model_count = 0;
    int rc = hearth_store_model_list(store, &all, arena, &models, &model_count, NULL, error);
    for (size_t i = 0; rc == 0 && i < model_count; i++) {
        struct hearth_version *versions = NULL;
        size_t count = 0;
        rc = hearth_store_version_list(store, models[i].id, arena, &versions, &count, error);
        struct hearth_version *found = rc == 0 ? with_id(versions, count, version_id) : NULL;
        if (found) {
            *ret_model = &models[i];
            *ret_version = found;
            return 0;
        }
    }
    return rc ? rc
              : hearth_error_set(error, HEARTH_ENOTFOUND,
                                 "there is no version with the id %lld to be based on",
                                 (long long)version_id);
}

int hearth_base_version_check(const struct hearth_model *model,
                              const struct hearth_version *version, struct hearth_error *error)
{
    bool is_whole =
        version->state == HEARTH_VERSION_READY || version->state == HEARTH_VERSION_DEPRECATED;
    if (!is_whole)
        return hearth_error_set(
            error, HEARTH_ECONFLICT, "%s:%lld is not ready to be the base of an adapter: it is %s",
            model->name, (long long)version->number, hearth_version_state_name(version->state));
    if (version->base_version_id)
        return hearth_error_set(error, HEARTH_ECONFLICT,
                                "%s:%lld is an adapter itself, so no adapter can be based on it; "
                                "name the version that it is based on",
                                model->name, (long long)version->number);
    return 0;
}
