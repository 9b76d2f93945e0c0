#include "registry/base_version.h"

#include "base/error.h"
#include "domain/reference.h"

#include <string.h>

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

static int64_t aliased(const struct hearth_alias *aliases, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(aliases[i].name, name) == 0)
            return aliases[i].number;
    return 0;
}

/* The newest ready one, else the newest; 0: there is none. */
static int64_t latest(const struct hearth_version *versions, size_t count)
{
    for (size_t i = count; i > 0; i--)
        if (versions[i - 1].state == HEARTH_VERSION_READY)
            return versions[i - 1].number;
    return count > 0 ? versions[count - 1].number : 0;
}

/* The number that is meant, or 0. */
static int choose_number(struct hearth_store *store, int64_t model_id,
                         const struct hearth_reference *reference, struct hearth_arena *arena,
                         int64_t *ret_number, struct hearth_error *error)
{
    struct hearth_version *versions = NULL;
    struct hearth_alias *aliases = NULL;
    size_t version_count = 0, alias_count = 0;
    int rc = hearth_store_version_list(store, model_id, arena, &versions, &version_count, error);
    if (rc == 0)
        rc = hearth_store_alias_list(store, model_id, arena, &aliases, &alias_count, error);
    if (rc != 0)
        return rc;
    bool is_latest = strcmp(reference->alias, "latest") == 0;
    *ret_number = reference->number;
    if (*ret_number == 0 && !is_latest)
        *ret_number =
            aliased(aliases, alias_count, *reference->alias ? reference->alias : "default");
    if (*ret_number == 0 && (is_latest || *reference->alias == '\0'))
        *ret_number = latest(versions, version_count);
    return 0;
}

int hearth_base_version_resolve(struct hearth_store *store, const char *reference,
                                struct hearth_arena *arena, struct hearth_model **ret_model,
                                struct hearth_version **ret_version, struct hearth_error *error)
{
    struct hearth_reference parsed;
    int64_t number = 0;
    int rc = hearth_reference_parse(reference, &parsed, error);
    if (rc == 0)
        rc = hearth_store_model_get(store, parsed.name, arena, ret_model, error);
    if (rc == HEARTH_ENOTFOUND || rc == HEARTH_ENOMODEL)
        return hearth_error_set(error, HEARTH_ENOMODEL, "there is no model '%s' to be based on",
                                parsed.name);
    if (rc == 0)
        rc = choose_number(store, (*ret_model)->id, &parsed, arena, &number, error);
    if (rc == 0)
        rc = hearth_store_version_get(store, (*ret_model)->id, number, arena, ret_version, error);
    if (rc == HEARTH_ENOTFOUND)
        return hearth_error_set(error, rc, "there is no version '%.100s' to be based on",
                                reference);
    return rc;
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
