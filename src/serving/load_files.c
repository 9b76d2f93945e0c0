#include "serving/load_files.h"

#include "base/error.h"
#include "base/memory.h"
#include "catalog/catalog.h"
#include "serving/locate.h"

#include <stdio.h>

static int choose_engine(struct hearth_load_files *files, const struct hearth_location *location,
                         const struct hearth_catalog_entry *entry,
                         const struct hearth_engine_set *engines, struct hearth_error *error)
{
    const char *engine = entry->engine[0] ? entry->engine : location->engine;
    if (!engine)
        return hearth_error_set(error, HEARTH_EMODEL, "no engine is known for %s", location->path);
    if (!hearth_engine_set_has(engines, engine))
        return hearth_error_set(error, HEARTH_ENOTIMPL, "this build has no engine '%s'", engine);
    snprintf(files->engine, sizeof(files->engine), "%s", engine);
    return 0;
}

void hearth_load_files_draft(struct hearth_load_files *files, const char *path, const char *id)
{
    hearth_free(files->draft);
    hearth_free(files->draft_id);
    files->draft = hearth_strdup(path);
    files->draft_id = hearth_strdup(id);
}

int hearth_load_files_take(struct hearth_load_files *files, const struct hearth_location *location,
                           const struct hearth_catalog_entry *entry,
                           const struct hearth_engine_set *engines, struct hearth_error *error)
{
    if (location->error.code) {
        *error = location->error;
        return error->code;
    }
    int rc = choose_engine(files, location, entry, engines, error);
    if (rc < 0)
        return rc;
    hearth_free(files->path);
    files->path = hearth_strdup(location->path);
    hearth_free(files->adapter);
    files->adapter = *location->adapter ? hearth_strdup(location->adapter) : NULL;
    snprintf(files->base, sizeof(files->base), "%s", location->base);
    snprintf(files->digest, sizeof(files->digest), "%s", location->digest);
    files->adapter_is_file = location->adapter_is_file;
    hearth_load_files_draft(files, NULL, NULL);
    files->verified = true;
    return 0;
}

void hearth_load_files_blame(const struct hearth_load_files *files,
                             const struct hearth_catalog_entry *entry, struct hearth_error *error)
{
    if (files->draft && error->code == HEARTH_ECONFLICT)
        hearth_error_prefix(error, "%s cannot draft for %s", files->draft_id, entry->id);
    if (!files->adapter || (error->code != HEARTH_EMODEL && error->code != HEARTH_ENOTIMPL))
        return;
    hearth_error_prefix(error, "the adapter %s cannot be used with its base %s", entry->id,
                        files->base);
    error->code = HEARTH_ECONFLICT;
}

void hearth_load_files_finish(struct hearth_load_files *files)
{
    hearth_free(files->path);
    hearth_free(files->adapter);
    hearth_load_files_draft(files, NULL, NULL);
}
