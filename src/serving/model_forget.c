/* What was removed leaves the books: reports, metrics, memory. */
#include "loop/loop.h"
#include "serving/scheduler_private.h"

void hearth_scheduler_forget_soon(struct hearth_scheduler *scheduler)
{
    hearth_timer_start(scheduler->forget_timer, 0, 0);
}

static bool is_idle(const struct served_model *model)
{
    return (model->state == HEARTH_MODEL_UNLOADED || model->state == HEARTH_MODEL_FAILED) &&
           !model->backend && !model->locating && !model->inferences && !model->walks &&
           !model->targets && !model->load_waiters && !model->stop_waiters;
}

static void forget(struct served_model *model)
{
    const struct hearth_scheduler_observer *observer = model->scheduler->options.observer;
    if (observer && observer->on_forgotten)
        observer->on_forgotten(observer->argument, model->entry->id);
    hearth_served_destroy(model);
}

void hearth_scheduler_forget_time(void *argument)
{
    struct hearth_scheduler *scheduler = argument;
    for (struct served_model **at = &scheduler->models; *at;) {
        struct served_model *model = *at;
        if (!is_idle(model) || hearth_catalog_has(scheduler->options.catalog, model->entry)) {
            at = &model->next;
            continue;
        }
        *at = model->next;
        forget(model);
    }
}
