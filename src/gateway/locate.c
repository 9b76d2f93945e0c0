#include "gateway/locate.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/memory.h"
#include "gateway/catalog.h"
#include "loop/loop.h"
#include "loop/pool.h"
#include "loop/process_usage.h"
#include "registry/install.h"

#include <stdio.h>
#include <unistd.h>

enum { ARENA_MAX = 16 << 20 };

struct hearth_locating {
    struct hearth_loop *loop;
    struct hearth_lane *lane;
    struct hearth_registry *registry;
    const struct hearth_catalog_entry *entry;
    bool verify;
    void (*on_located)(void *argument, const struct hearth_location *location);
    void *argument;
    bool canceled;
    struct hearth_arena *arena; /* of the rows */
    struct hearth_model *model;
    struct hearth_version *version;
    struct hearth_location location;
};

static void tell(void *argument)
{
    struct hearth_locating *locating = argument;
    if (!locating->canceled)
        locating->on_located(locating->argument, &locating->location);
    hearth_arena_destroy(locating->arena);
    hearth_catalog_entry_release(locating->entry);
    hearth_free(locating);
}

static void tell_fault(struct hearth_locating *locating, int code, const char *text)
{
    hearth_error_set(&locating->location.error, code, "%s", text);
    hearth_loop_defer(locating->loop, tell, locating);
}

/* On our lane */
static void look(void *argument)
{
    struct hearth_locating *locating = argument;
    struct hearth_location *location = &locating->location;
    struct hearth_error *error = &location->error;
    int rc = 0;
    if (locating->entry->path[0])
        snprintf(location->path, sizeof(location->path), "%s", locating->entry->path);
    else
        rc = hearth_registry_path(locating->registry, locating->model, locating->version,
                                  location->path, sizeof(location->path), error);
    if (rc == 0 && access(location->path, R_OK) < 0)
        rc = hearth_error_set(error, HEARTH_EMODEL, "%s: the model's file is not there any more",
                              location->path);
    if (rc == 0 && locating->verify && !locating->entry->path[0])
        rc = hearth_registry_verify(locating->registry, locating->model, locating->version, error);
    error->code = rc;
    location->engine = hearth_engine_for_path(location->path);
    location->memory_available = hearth_memory_available();
}

static void looked(void *argument, _Bool dropped)
{
    struct hearth_locating *locating = argument;
    if (dropped)
        hearth_error_set(&locating->location.error, HEARTH_EDRAINING, "the server is stopping");
    tell(locating);
}

static void look_on_lane(void *argument)
{
    struct hearth_locating *locating = argument;
    if (locating->canceled || locating->location.error.code) {
        tell(locating);
        return;
    }
    if (hearth_lane_submit(locating->lane, look, looked, locating) < 0)
        tell_fault(locating, HEARTH_EQUEUEFULL, "too many models are being looked for");
}

/* On the store's lane */
static void read_rows(struct hearth_store *store, void *argument)
{
    struct hearth_locating *locating = argument;
    struct hearth_error *error = &locating->location.error;
    int rc = hearth_store_model_get_id(store, locating->entry->model_id, locating->arena,
                                       &locating->model, error);
    if (rc == 0)
        rc = hearth_store_version_get(store, locating->entry->model_id, locating->entry->number,
                                      locating->arena, &locating->version, error);
    error->code = rc;
}

struct hearth_locating *
hearth_locate(struct hearth_loop *loop, struct hearth_lane *lane, struct hearth_registry *registry,
              const struct hearth_catalog_entry *entry, bool verify,
              void (*on_located)(void *argument, const struct hearth_location *location),
              void *argument)
{
    struct hearth_locating *locating = hearth_calloc(1, sizeof(*locating));
    locating->loop = loop;
    locating->lane = lane;
    locating->registry = registry;
    locating->entry = hearth_catalog_entry_keep(entry);
    locating->verify = verify;
    locating->on_located = on_located;
    locating->argument = argument;
    if (entry->path[0]) {
        hearth_loop_defer(loop, look_on_lane, locating);
    } else if (!registry) {
        tell_fault(locating, HEARTH_ENOMODEL, "there is no registry");
    } else {
        locating->arena = hearth_arena_create(ARENA_MAX);
        if (hearth_store_submit(registry->store, read_rows, look_on_lane, locating) < 0)
            tell_fault(locating, HEARTH_EQUEUEFULL, "the store has too much to do");
    }
    return locating;
}

void hearth_locate_cancel(struct hearth_locating *locating)
{
    if (locating)
        locating->canceled = true;
}
