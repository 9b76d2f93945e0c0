/* Which models there are: made when they are first asked for, forgotten when nothing needs them. */
#include "base/error.h"
#include "catalog/catalog.h"
#include "loop/loop.h"
#include "serving/observer.h"
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

static bool make_room(void *argument, struct hearth_served_model *model, uint64_t lacking,
                      uint64_t waited_ms)
{
    return hearth_scheduler_make_room(argument, model, lacking, waited_ms);
}

/* At the end of the list, whose order is that of reports. */
static struct hearth_served_model *add_model(struct hearth_scheduler *scheduler,
                                             const struct hearth_catalog_entry *entry)
{
    static const struct hearth_served_ops ops = {
        .on_settled = on_settled, .on_idle = on_idle, .make_room = make_room};
    const struct hearth_model_identity from = {.loop = scheduler->options.loop,
                                               .server = scheduler->options.settings,
                                               .observer = scheduler->options.observer,
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
