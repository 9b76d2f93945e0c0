/* Compares definitions with the registry on the store's lane, then starts installs from the
 * loop. */
#include "server/definitions_import.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "config/definition.h"
#include "config/home.h"
#include "config/settings.h"
#include "gateway/gateway_state.h"
#include "store/store.h"
#include "task/installs.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { ARENA_MAX = 64 << 20 };

struct hearth_definitions_import {
    struct hearth_gateway *gateway;
    struct hearth_arena *arena;
    struct hearth_definition *definitions;
    size_t count;
    bool *missing; /* by definition: nothing of its source is installed */
    void (*on_done)(void *argument);
    void *argument;
    bool is_compared;  /* the store's lane has no more to do with it */
    bool is_abandoned; /* nobody waits for it: it frees itself when it is compared */
};

static bool same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* The row as the definition says it. It is written only when something differs: each write is a
 * change that clients of the list of changes see. */
static int update_row(struct hearth_store *store, struct hearth_model *model,
                      const struct hearth_definition *definition, struct hearth_error *error)
{
    if ((!*definition->task || same(model->task, definition->task)) &&
        same(model->device, definition->device) &&
        same(model->description, definition->description) &&
        same(model->tags_json, definition->tags_json) &&
        same(model->settings_json, definition->settings_json))
        return 0;
    if (*definition->task)
        model->task = definition->task;
    model->device = definition->device;
    model->description = definition->description;
    model->tags_json = definition->tags_json;
    model->settings_json = definition->settings_json;
    return hearth_store_model_update(store, model, hearth_clock_wall_ms(), error);
}

/* A version whose install failed or never ended does not count: it is to be tried again. */
static bool has_source(struct hearth_store *store, const struct hearth_model *model,
                       const char *source, struct hearth_arena *arena)
{
    struct hearth_version *versions;
    size_t count;
    struct hearth_error ignored;
    if (hearth_store_version_list(store, model->id, arena, &versions, &count, &ignored))
        return false;
    for (size_t i = 0; i < count; i++)
        if (same(versions[i].source, source) && (versions[i].state == HEARTH_VERSION_READY ||
                                                 versions[i].state == HEARTH_VERSION_DEPRECATED))
            return true;
    return false;
}

/* On the store's lane. One definition that cannot be written does not keep the others from being
 * served. */
static void compare(struct hearth_store *store, void *argument)
{
    struct hearth_definitions_import *import = argument;
    for (size_t i = 0; i < import->count; i++) {
        const struct hearth_definition *definition = &import->definitions[i];
        struct hearth_model *model;
        struct hearth_error error;
        int rc = hearth_store_model_get(store, definition->name, import->arena, &model, &error);
        import->missing[i] = rc || !has_source(store, model, definition->source, import->arena);
        if (!rc && update_row(store, model, definition, &error))
            HEARTH_LOG(HEARTH_LOG_WARNING, "definition.failed",
                       HEARTH_TEXT("file", definition->file), HEARTH_TEXT("reason", error.message));
    }
}

void hearth_definitions_install(struct hearth_definitions_import *import)
{
    /* A locked server serves what the lock says; it fetches nothing by itself. */
    if (import->gateway->settings->locked)
        return;
    for (size_t i = 0; i < import->count; i++) {
        if (!import->missing[i])
            continue;
        const struct hearth_definition *definition = &import->definitions[i];
        const struct hearth_install_order order = {
            .source = definition->source,
            .name = definition->name,
            .task = *definition->task ? definition->task : NULL,
            .description = definition->description,
            .tags_json = definition->tags_json,
            .device = definition->device,
            .settings_json = definition->settings_json,
            .label = *definition->label ? definition->label : NULL,
        };
        struct hearth_error error;
        HEARTH_LOG(HEARTH_LOG_INFO, "definition.install", HEARTH_TEXT("model", definition->name),
                   HEARTH_TEXT("source", definition->source));
        if (hearth_installs_start(import->gateway->installs, &order, NULL, NULL, &error))
            HEARTH_LOG(HEARTH_LOG_WARNING, "definition.failed",
                       HEARTH_TEXT("model", definition->name),
                       HEARTH_TEXT("reason", error.message));
    }
}

/* An import whose owner has gone meanwhile had to stay for the lane; now it can go. */
static void compared(void *argument)
{
    struct hearth_definitions_import *import = argument;
    import->is_compared = true;
    if (import->is_abandoned)
        hearth_definitions_destroy(import);
    else
        import->on_done(import->argument);
}

void hearth_definitions_destroy(struct hearth_definitions_import *import)
{
    if (!import)
        return;
    import->is_abandoned = true;
    if (!import->is_compared)
        return;
    hearth_arena_destroy(import->arena);
    hearth_free(import);
}

/* Faults are told in the form FILE:LINE:COLUMN that editors jump to. */
int hearth_definitions_import(struct hearth_gateway *gateway, void (*on_done)(void *argument),
                              void *argument, struct hearth_definitions_import **ret_import,
                              struct hearth_error *error)
{
    char folder[PATH_MAX];
    const char *project = gateway->origins ? gateway->origins->project_directory : NULL;
    if (!project)
        project = hearth_home_directory(gateway->home);
    if (snprintf(folder, sizeof(folder), "%s/models", project) >= (int)sizeof(folder))
        return hearth_error_set(error, HEARTH_EINVAL, "the path %.200s is too long", project);
    struct hearth_definitions_import *import = hearth_calloc(1, sizeof(*import));
    *import = (struct hearth_definitions_import){.gateway = gateway,
                                                 .arena = hearth_arena_create(ARENA_MAX),
                                                 .on_done = on_done,
                                                 .argument = argument};
    struct hearth_faults faults;
    int rc = hearth_definitions_read(folder, import->arena, &import->definitions, &import->count,
                                     &faults, error);
    for (size_t i = 0; rc == HEARTH_EFIELDS && i < faults.count; i++)
        fprintf(stderr, "%s:%u:%u: %s\n", faults.rows[i].file ? faults.rows[i].file : "",
                faults.rows[i].line, faults.rows[i].column, faults.rows[i].message);
    if (!rc) {
        import->missing = hearth_arena_alloc(import->arena, import->count + 1);
        rc = hearth_store_submit(gateway->store, compare, compared, import);
        if (rc)
            hearth_error_set(error, rc, "the registry cannot be read");
    }
    if (rc) {
        import->is_compared = true;
        hearth_definitions_destroy(import);
        return rc;
    }
    *ret_import = import;
    return 0;
}
