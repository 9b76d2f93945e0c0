#include "serving/draft_model.h"

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "catalog/catalog.h"
#include "loop/loop.h"
#include "serving/locate.h"

#include <string.h>

struct hearth_draft_search {
    void (*on_found)(void *argument, const struct hearth_draft_model *model);
    void *argument;
    char *wanted_by;
    char *id;                         /* of what was found, or the path */
    struct hearth_locating *locating; /* or NULL */
    struct hearth_error error;
    bool canceled;
};

static void destroy(struct hearth_draft_search *search)
{
    hearth_free(search->wanted_by);
    hearth_free(search->id);
    hearth_free(search);
}

static void tell(struct hearth_draft_search *search, const char *path)
{
    const struct hearth_draft_model model = {
        .id = search->id, .path = path, .error = search->error};
    search->on_found(search->argument, &model);
    destroy(search);
}

/* What needed no look at files: a path, which the engine opens itself, or a name that is none. */
static void tell_later(void *argument)
{
    struct hearth_draft_search *search = argument;
    if (search->canceled)
        destroy(search);
    else
        tell(search, search->error.code == 0 ? search->id : NULL);
}

static void on_located(void *argument, const struct hearth_location *location)
{
    struct hearth_draft_search *search = argument;
    search->error = location->error;
    if (search->error.code != 0)
        hearth_error_prefix(&search->error, "setting 'draft_model' of %s: %s", search->wanted_by,
                            search->id);
    tell(search, search->error.code == 0 ? location->path : NULL);
}

/* A name that means nothing is a fault of the settings, and not of the request for the model. */
static void locate(struct hearth_draft_search *search, const struct hearth_draft_place *place,
                   const char *name)
{
    const struct hearth_catalog_entry *entry;
    if (hearth_catalog_acquire(place->catalog, name, &entry, &search->error) != 0) {
        hearth_error_prefix(&search->error, "setting 'draft_model' of %s", search->wanted_by);
        search->error.code = HEARTH_ECONFLICT;
        hearth_loop_defer(place->loop, tell_later, search);
        return;
    }
    hearth_free(search->id);
    search->id = hearth_strdup(entry->id);
    search->locating = hearth_locate(place->loop, place->lane, place->registry, entry, false,
                                     place->lock_path, on_located, search);
    hearth_catalog_entry_release(entry);
}

struct hearth_draft_search *hearth_draft_search(
    const struct hearth_draft_place *place, const char *engine_json, const char *wanted_by,
    void (*on_found)(void *argument, const struct hearth_draft_model *model), void *argument)
{
    json_t *settings =
        engine_json ? hearth_json_parse(engine_json, strlen(engine_json), NULL) : NULL;
    const char *name = hearth_json_text(settings, "draft_model", "");
    struct hearth_draft_search *search = NULL;
    if (*name) {
        search = hearth_calloc(1, sizeof(*search));
        search->on_found = on_found;
        search->argument = argument;
        search->wanted_by = hearth_strdup(wanted_by);
        search->id = hearth_strdup(name);
        if (*name == '/')
            hearth_loop_defer(place->loop, tell_later, search);
        else
            locate(search, place, name);
    }
    json_decref(settings);
    return search;
}

/* One that is located is freed here, for it is not called back; another one when its turn comes. */
void hearth_draft_search_cancel(struct hearth_draft_search *search)
{
    if (!search)
        return;
    search->canceled = true;
    if (!search->locating)
        return;
    hearth_locate_cancel(search->locating);
    destroy(search);
}
