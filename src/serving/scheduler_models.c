/* Which models there are: made when they are first asked for, forgotten when nothing needs them. */
#include "backend/backend_host.h"
#include "base/error.h"
#include "catalog/catalog.h"
#include "loop/loop.h"
#include "serving/load_files.h"
#include "serving/observer.h"
#include "serving/prefix_folders.h"
#include "serving/scheduler_private.h"

#include <string.h>

int hearth_scheduler_check_open(const struct hearth_scheduler *scheduler,
                                struct hearth_error *error)
{
    return scheduler->draining
               ? hearth_error_set(error, HEARTH_EDRAINING, "the server is shutting down")
               : 0;
}

struct hearth_served_model *hearth_scheduler_find(const struct hearth_scheduler *scheduler,
                                                  const char *id)
{
    for (struct hearth_served_model *model = scheduler->models; model; model = model->next)
        if (strcmp(model->identity.entry->id, id) == 0)
            return model;
    return NULL;
}

bool hearth_scheduler_is_still(const struct hearth_scheduler *scheduler)
{
    for (const struct hearth_served_model *model = scheduler->models; model; model = model->next)
        if (!hearth_served_is_still(model))
            return false;
    return true;
}

/* Not from here, because this is called from within callbacks of what has ended. */
void hearth_scheduler_settle(struct hearth_scheduler *scheduler)
{
    if (scheduler->draining && scheduler->on_drained && hearth_scheduler_is_still(scheduler))
        hearth_timer_start(scheduler->drain_timer, 0, 0);
}

static void on_settled(void *argument)
{
    hearth_scheduler_settle(argument);
}

static void on_idle(void *argument)
{
    hearth_scheduler_forget_soon(argument);
}

static struct hearth_room_answer make_room(void *argument, struct hearth_served_model *model,
                                           struct hearth_memory lacking, uint64_t waited_ms)
{
    return hearth_scheduler_make_room(argument, model, lacking, waited_ms);
}

static struct hearth_memory room_of_others(void *argument, struct hearth_served_model *model)
{
    return hearth_scheduler_room_of_others(argument, model);
}

static enum hearth_host_answer find_host(void *argument, struct hearth_served_model *model,
                                         const char *base, bool asks_anew,
                                         struct hearth_host **ret_host)
{
    return hearth_scheduler_find_host(argument, model, base, asks_anew, ret_host);
}

/* The same bytes, loaded in the same way: one process is enough for both names. */
static bool are_twins(const struct hearth_served_model *one, const struct hearth_load_files *files,
                      const struct hearth_served_model *other)
{
    const struct hearth_catalog_entry *a = one->identity.entry, *b = other->identity.entry;
    const struct hearth_load_files *found = hearth_load_found_files(other->load);
    return one != other && *files->digest && !found->adapter &&
           strcmp(found->digest, files->digest) == 0 && strcmp(found->engine, files->engine) == 0 &&
           strcmp(a->settings_json, b->settings_json) == 0 && strcmp(a->device, b->device) == 0;
}

/* Whoever began to load before is waited for, and never the other way round. A twin that is a guest
 * itself has no host, and is passed over. */
static enum hearth_host_answer find_twin(void *argument, struct hearth_served_model *model,
                                         const struct hearth_load_files *files,
                                         struct hearth_host **ret_host)
{
    const struct hearth_scheduler *scheduler = argument;
    enum hearth_host_answer answer = HEARTH_HOST_NONE;
    if (model->identity.settings.replicas > 1)
        return answer;
    for (struct hearth_served_model *one = scheduler->models; one; one = one->next) {
        enum hearth_model_state state = hearth_life_state(one->life);
        if (!are_twins(model, files, one))
            continue;
        if (state == HEARTH_MODEL_READY && hearth_load_host(one->load)) {
            *ret_host = hearth_load_host(one->load);
            return HEARTH_HOST_THERE;
        }
        if ((state == HEARTH_MODEL_PLANNING || state == HEARTH_MODEL_LOADING) &&
            hearth_load_is_older(one->load, model->load))
            answer = HEARTH_HOST_COMES;
    }
    return answer;
}

/* At the end of the list, whose order is that of reports. */
static struct hearth_served_model *add_model(struct hearth_scheduler *scheduler,
                                             const struct hearth_catalog_entry *entry)
{
    static const struct hearth_served_ops ops = {.on_settled = on_settled,
                                                 .on_idle = on_idle,
                                                 .make_room = make_room,
                                                 .room_of_others = room_of_others,
                                                 .find_host = find_host,
                                                 .find_twin = find_twin};
    const struct hearth_model_identity from = {.loop = scheduler->options.loop,
                                               .server = scheduler->options.settings,
                                               .observer = scheduler->options.observer,
                                               .queues = &scheduler->queues,
                                               .climate =
                                                   hearth_machine_watch_climate(scheduler->watch),
                                               .forces_shape = scheduler->options.forces_shape};
    struct hearth_served_model *model = hearth_served_create(
        &from, entry, &scheduler->place, scheduler->reuse, scheduler->letters, &ops, scheduler);
    model->serial = ++scheduler->last_serial;
    struct hearth_served_model **end = &scheduler->models;
    while (*end)
        end = &(*end)->next;
    *end = model;
    /* Somebody may only have asked for its maker: then it goes again with its version. */
    hearth_scheduler_forget_soon(scheduler);
    return model;
}

/* Engines are looked for in the set that was read at the start: this is called for every request,
 * and asks no disk. */
int hearth_scheduler_take_over(struct hearth_scheduler *scheduler,
                               const struct hearth_catalog_entry *entry,
                               struct hearth_served_model **ret_model, struct hearth_error *error)
{
    if (entry->engine[0] && !hearth_engine_set_has(&scheduler->engines, entry->engine))
        return hearth_error_set(error, HEARTH_ENOTIMPL,
                                "model '%s' needs the engine '%s', which this build does not have",
                                entry->id, entry->engine);
    struct hearth_served_model *model = hearth_scheduler_find(scheduler, entry->id);
    if (model)
        hearth_served_take_entry(model, entry);
    else
        model = add_model(scheduler, entry);
    *ret_model = model;
    return 0;
}

/* Whoever has a place and nothing to do, the one that was used last of all longest ago. */
static struct hearth_served_model *idlest_guest(const struct hearth_scheduler *scheduler,
                                                const struct hearth_host *host)
{
    struct hearth_served_model *idlest = NULL;
    for (struct hearth_served_model *one = scheduler->models; one; one = one->next)
        if (hearth_load_is_guest_of(one->load, host) &&
            hearth_life_state(one->life) == HEARTH_MODEL_READY &&
            !hearth_requests_any(one->requests) &&
            (!idlest ||
             hearth_requests_used_ms(one->requests) < hearth_requests_used_ms(idlest->requests)))
            idlest = one;
    return idlest;
}

/* The settings of an adapter's model are its base's where it has none: other ones want a process of
 * their own. */
static bool may_host(const struct hearth_served_model *base,
                     const struct hearth_served_model *model)
{
    const char *own = model->identity.entry->settings_json;
    return base != model && base->identity.settings.replicas <= 1 &&
           (strcmp(own, "{}") == 0 || strcmp(own, base->identity.entry->settings_json) == 0);
}

static enum hearth_host_answer host_of(struct hearth_scheduler *scheduler,
                                       struct hearth_served_model *base, bool asks_anew,
                                       struct hearth_host **ret_host)
{
    enum hearth_model_state state = hearth_life_state(base->life);
    struct hearth_host *host = hearth_load_host(base->load);
    if (state == HEARTH_MODEL_FAILED && !asks_anew)
        return HEARTH_HOST_NONE;
    if (state != HEARTH_MODEL_READY) {
        hearth_life_want(base->life);
        return HEARTH_HOST_COMES;
    }
    if (!host || !hearth_host_takes_adapters(host))
        return HEARTH_HOST_NONE;
    if (hearth_host_free_places(host) == 0) {
        struct hearth_served_model *idlest = idlest_guest(scheduler, host);
        if (idlest)
            hearth_life_unload(idlest->life, false);
        return HEARTH_HOST_COMES;
    }
    *ret_host = host;
    return HEARTH_HOST_THERE;
}

enum hearth_host_answer hearth_scheduler_find_host(struct hearth_scheduler *scheduler,
                                                   struct hearth_served_model *model,
                                                   const char *base_id, bool asks_anew,
                                                   struct hearth_host **ret_host)
{
    const struct hearth_catalog_entry *entry;
    struct hearth_served_model *base;
    if (scheduler->draining || scheduler->options.settings->adapters_max == 0 ||
        hearth_catalog_acquire(scheduler->options.catalog, base_id, &entry, NULL))
        return HEARTH_HOST_NONE;
    int rc = hearth_scheduler_take_over(scheduler, entry, &base, NULL);
    hearth_catalog_entry_release(entry);
    return rc || !may_host(base, model) ? HEARTH_HOST_NONE
                                        : host_of(scheduler, base, asks_anew, ret_host);
}

/* What was removed leaves the books: reports, metrics, memory. */

void hearth_scheduler_forget_soon(struct hearth_scheduler *scheduler)
{
    hearth_timer_start(scheduler->forget_timer, 0, 0);
}

static void forget(struct hearth_scheduler *scheduler, struct hearth_served_model *model)
{
    const struct hearth_scheduler_observer *observer = scheduler->options.observer;
    if (observer && observer->on_forgotten)
        observer->on_forgotten(observer->argument, model->identity.entry->id);
    hearth_prefix_folders_sweep_soon(scheduler->prefix_folders);
    hearth_served_destroy(model);
}

/* The catalogue decides: a version that is still in it keeps its counters, also when it has not
 * been used for a month. */
void hearth_scheduler_forget(struct hearth_scheduler *scheduler)
{
    for (struct hearth_served_model **at = &scheduler->models; *at;) {
        struct hearth_served_model *model = *at;
        if (!hearth_served_is_superfluous(model) ||
            hearth_catalog_has(scheduler->options.catalog, model->identity.entry)) {
            at = &model->next;
            continue;
        }
        *at = model->next;
        forget(scheduler, model);
    }
}
