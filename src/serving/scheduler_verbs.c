/* Loading and stopping by name. */
#include "base/error.h"
#include "base/memory.h"
#include "catalog/catalog.h"
#include "loop/loop.h"
#include "serving/prefix_folders.h"
#include "serving/scheduler_private.h"

#include <string.h>

struct later {
    hearth_on_model on_done;
    void *argument;
};

static void tell_later(void *argument)
{
    struct later *later = argument;
    later->on_done(later->argument, NULL);
    hearth_free(later);
}

/* There is nothing to wait for, and no callback comes from inside a verb. */
static void done_already(struct hearth_scheduler *scheduler, hearth_on_model on_done,
                         void *argument)
{
    if (!on_done)
        return;
    struct later *later = hearth_alloc(sizeof(*later));
    *later = (struct later){.on_done = on_done, .argument = argument};
    hearth_loop_defer(scheduler->options.loop, tell_later, later);
}

/* A pin is set by the entry and never taken back here: a model that was pinned once is not unloaded
 * because somebody else loads it by name. */
static int load(struct hearth_scheduler *scheduler, const struct hearth_catalog_entry *entry,
                hearth_on_model on_done, void *argument, struct hearth_error *error)
{
    struct hearth_served_model *model;
    uint32_t retry_after_ms;
    int rc = hearth_scheduler_take_over(scheduler, entry, &model, error);
    if (rc == 0) {
        hearth_life_forgive(model->life);
        rc = hearth_life_admit(model->life, &retry_after_ms, error);
    }
    if (rc < 0)
        return rc;
    if (entry->pin)
        hearth_life_pin(model->life);
    if (hearth_life_state(model->life) == HEARTH_MODEL_READY)
        done_already(scheduler, on_done, argument);
    else
        hearth_life_want_and_tell(model->life, on_done, argument);
    return 0;
}

int hearth_scheduler_load(struct hearth_scheduler *scheduler, const char *reference,
                          hearth_on_model on_done, void *argument, struct hearth_error *error)
{
    const struct hearth_catalog_entry *entry;
    int rc = hearth_scheduler_check_open(scheduler, error);
    if (rc == 0)
        rc = hearth_catalog_acquire(scheduler->options.catalog, reference, &entry, error);
    if (rc < 0)
        return rc;
    rc = load(scheduler, entry, on_done, argument, error);
    hearth_catalog_entry_release(entry);
    return rc;
}

static void stop(struct hearth_scheduler *scheduler, struct hearth_served_model *model, bool force,
                 hearth_on_model on_done, void *argument)
{
    if (!hearth_life_stop(model->life, force, on_done, argument))
        done_already(scheduler, on_done, argument);
}

int hearth_scheduler_stop(struct hearth_scheduler *scheduler, const char *reference, bool force,
                          hearth_on_model on_done, void *argument, struct hearth_error *error)
{
    const struct hearth_catalog_entry *entry;
    /* By its own id also when its version has left the catalogue and its process has not. */
    struct hearth_served_model *model = hearth_scheduler_find(scheduler, reference);
    if (!model) {
        int rc = hearth_catalog_acquire(scheduler->options.catalog, reference, &entry, error);
        if (rc < 0)
            return rc;
        model = hearth_scheduler_find(scheduler, entry->id);
        hearth_catalog_entry_release(entry);
    }
    if (model)
        stop(scheduler, model, force, on_done, argument);
    else
        done_already(scheduler, on_done, argument);
    return 0;
}

void hearth_scheduler_keep(struct hearth_scheduler *scheduler, const char *id, uint64_t keep_ms)
{
    struct hearth_served_model *model = hearth_scheduler_find(scheduler, id);
    if (model)
        hearth_life_keep(model->life, keep_ms);
}

static bool is_version(const struct hearth_served_model *model, const char *name, int64_t number)
{
    const struct hearth_catalog_entry *entry = model->identity.entry;
    return strcmp(entry->name, name) == 0 && (!number || entry->number == number);
}

/* Also while its files are only being looked for: they would be gone before they are opened. */
bool hearth_scheduler_uses(const struct hearth_scheduler *scheduler, const char *name,
                           int64_t number)
{
    for (const struct hearth_served_model *model = scheduler->models; model; model = model->next)
        if (is_version(model, name, number) && hearth_load_is_busy(model->load))
            return true;
    return false;
}

/* Many at once */

struct stops {
    struct hearth_scheduler *scheduler;
    size_t left;
    hearth_on_model on_done;
    void *argument;
};

/* One more than there are models: our own, which comes last and also when there are none. */
static struct stops *begin_stops(struct hearth_scheduler *scheduler, hearth_on_model on_done,
                                 void *argument)
{
    struct stops *stops = hearth_alloc(sizeof(*stops));
    *stops =
        (struct stops){.scheduler = scheduler, .left = 1, .on_done = on_done, .argument = argument};
    return stops;
}

static void one_is_gone(void *argument, const struct hearth_error *error)
{
    struct stops *stops = argument;
    (void)error; /* whatever it says, the process is gone */
    if (--stops->left)
        return;
    hearth_scheduler_forget_soon(stops->scheduler);
    hearth_prefix_folders_sweep_soon(stops->scheduler->prefix_folders);
    if (stops->on_done)
        stops->on_done(stops->argument, NULL);
    hearth_free(stops);
}

static void stop_one(struct stops *stops, struct hearth_served_model *model, bool force)
{
    stops->left++;
    stop(stops->scheduler, model, force, one_is_gone, stops);
}

void hearth_scheduler_retire(struct hearth_scheduler *scheduler, const char *name, int64_t number,
                             hearth_on_model on_done, void *argument)
{
    struct stops *stops = begin_stops(scheduler, on_done, argument);
    for (struct hearth_served_model *model = scheduler->models; model; model = model->next)
        if (is_version(model, name, number))
            stop_one(stops, model, true);
    done_already(scheduler, one_is_gone, stops);
}

static void stop_idle(void *argument, struct hearth_served_model *model)
{
    stop_one(argument, model, false);
}

int hearth_scheduler_evict_idle(struct hearth_scheduler *scheduler, uint64_t bytes,
                                hearth_on_model on_done, void *argument)
{
    struct stops *stops = begin_stops(scheduler, on_done, argument);
    int rc = hearth_scheduler_choose_idle(scheduler, bytes, stop_idle, stops);
    if (rc < 0)
        hearth_free(stops);
    else
        done_already(scheduler, one_is_gone, stops);
    return rc;
}
